"""Secrets taken out of texts: query parameters by name, known values wherever they stand. Not for keeping secrets (settings)."""

import base64
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

HIDDEN = "***"
SHORTEST_KEY = 12  # the keys of all providers are longer; a shorter one may be a word of the answer
_NAMES = r"(?:[a-z0-9_.-]*(?:api[_-]?key|token|secret|password|passwd|signature)|key|auth|sig|crumb)"
_PARAMETER = re.compile(rf"([?&;]{_NAMES}=)[^&;#\s'\"]*", re.IGNORECASE)
_TALKATIVE = ("urllib3.connectionpool", "urllib3.util.retry", "requests_ratelimiter.requests_ratelimiter")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the values of secret query parameters and without the given secrets, plain, percent-encoded or in base64."""
    for form in forms(secrets):
        text = text.replace(form, HIDDEN)
    return _PARAMETER.sub(rf"\g<1>{HIDDEN}", text)


def forms(secrets: Iterable[str]) -> list[str]:
    """Every way a secret is written, the longest first."""
    found = set()
    for secret in secrets:
        found |= {secret, quote(secret, safe=""), quote(secret)}
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(secret.encode()).decode().rstrip("="))
    return sorted(found - {""}, key=len, reverse=True)


def public(address: str) -> str:
    """Scheme, host and port of an address of one's own: user, password, path and parameters may be secrets."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def private(address: str) -> list[str]:
    """What `public` leaves out of it, each part as it would stand in a text."""
    parts = urlsplit(address)
    user, _, _ = parts.netloc.rpartition("@")
    found = (user, parts.password or "", parts.path.rstrip("/"), parts.query)
    return [form for part in found if part for form in dict.fromkeys((part, unquote(part)))]


def without_keys(content: bytes, keys: Iterable[str]) -> bytes:
    """An answer that repeats the key it was asked with ("your API key as ..."), without it: before anybody reads or keeps it."""
    for form in forms(k for k in keys if len(k) >= SHORTEST_KEY):
        content = content.replace(form.encode(), HIDDEN.encode())
    return content


class _Redacting(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage(), self.secrets), ()
        return True


_FILTER = _Redacting()


def quiet_talkative_loggers(secrets: Iterable[str] = ()) -> None:
    """Libraries below us log whole addresses; from here on without their secrets."""
    _FILTER.secrets.update(secrets)
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_FILTER)

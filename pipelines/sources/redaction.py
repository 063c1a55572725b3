"""Secrets taken out of texts: query parameters by name, known values wherever they stand. Not for keeping secrets (settings)."""

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote

HIDDEN = "***"
_NAMES = r"(?:[a-z0-9_.-]*(?:api[_-]?key|token|secret|password|passwd|signature)|key|auth|sig|crumb)"
_PARAMETER = re.compile(rf"([?&;]{_NAMES}=)[^&;#\s'\"]*", re.IGNORECASE)
_TALKATIVE = ("urllib3.connectionpool", "urllib3.util.retry", "requests_ratelimiter.requests_ratelimiter")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the values of secret query parameters and without the given secrets, plain or percent-encoded."""
    for secret in sorted({s for s in secrets if s}, key=len, reverse=True):
        for form in (secret, quote(secret, safe=""), quote(secret)):
            text = text.replace(form, HIDDEN)
    return _PARAMETER.sub(rf"\g<1>{HIDDEN}", text)


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


_FILTER = _Redacting()


def quiet_talkative_loggers() -> None:
    """Libraries below us log whole addresses; from here on without their secrets."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_FILTER)

"""The address of a request, whole and as it may be shown. Not for sending it (http.py) or for texts (redaction.py)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from pipelines.sources.redaction import redact


@dataclass(frozen=True)
class Address:
    """Over https, whatever was given. `request` is what receipts, logs and the archive's index say; `secrets` are what it leaves out."""

    whole: str
    shown: str
    secrets: frozenset[str]

    @property
    def request(self) -> str:
        return f"GET {self.shown}"


def address(url: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None, tokens: Iterable[str]) -> Address:
    """An address with its parameters; the secrets are the tokens and what headers carry."""
    whole = "https://" + url.split("://", 1)[-1]
    if params:
        whole += ("&" if urlsplit(whole).query else "?") + urlencode(params)
    secrets = frozenset((*tokens, *_of_headers(headers or {})))
    return Address(whole, redact(whole, secrets), secrets)


def _of_headers(headers: Mapping[str, str]) -> set[str]:
    """Values of headers that carry secrets, whole and word by word: `Token abc` hides abc too."""
    secret = [v for k, v in headers.items() if k.lower() in ("authorization", "x-api-key", "cookie")]
    return {*secret, *(word for v in secret for word in v.split()[1:])}

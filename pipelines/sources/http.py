"""The one HTTP client: deadlines, retries, a mirror, payloads looked at and archived before anyone reads them. Not for parsing."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Any, Self

import requests
from requests.adapters import BaseAdapter
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout, InvalidSchema, ReadTimeout, RequestException, SSLError, TooManyRedirects
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, ReadTimeoutError

from pipelines.sources.address import address
from pipelines.sources.archive import Archive
from pipelines.sources.interface import Receipt, SourceError
from pipelines.sources.journal import Journal
from pipelines.sources.payload import ASK_LATER, Kind, look_at, snippet
from pipelines.sources.punctual import look_at_clock
from pipelines.sources.redaction import private, quiet_talkative_loggers, redact, without_keys
from pipelines.sources.transport import SEC_HOSTS, SLOW_HOSTS, network, sec_network, through_mirror
from pipelines.sources.unzip import USUAL as USUAL_ARCHIVE
from pipelines.sources.unzip import Limits

log = logging.getLogger(__name__)

ASK_FOR_CONTACT = frozenset({"sec", "nport"})  # providers that refuse requests without an address to write to
MAX_BYTES = 512 << 20
CHUNK = 1 << 16
SAY_EVERY_BYTES = 25 << 20

CURES = {
    401: "The provider wants a token: check that it is set and valid.",
    403: "The provider refuses us: check the token, the contact address, and its terms.",
    404: "The provider does not know this name: correct the symbol in series_catalog.csv.",
    429: "We asked too often: wait, then run again; ask for fewer series if it stays so.",
}


@dataclass(frozen=True)
class Size:
    """How large and how slow one answer may be; a bulk file says so itself."""

    most_bytes: int = MAX_BYTES
    archive: Limits = USUAL_ARCHIVE
    times_deadline: float = 1


USUAL = Size()


@dataclass(frozen=True)
class Payload:
    """The bytes of one answer, looked at and archived. `document` is the parsed JSON, None for other kinds."""

    content: bytes
    receipt: Receipt
    document: Any = field(default=None, repr=False)


class Client:
    """Every request of every provider goes through here.

    Args:
        archive: where payloads are kept before they are read.
        mirror: send requests for https://HOST/PATH to MIRROR/HOST/PATH.
        contact: address named in the User-Agent where a provider asks for one.
        connect_timeout_s: seconds to wait for a connection.
        deadline_s: seconds to wait for the first byte, and seconds a whole body may take, trickling or not.
        retries: further tries after what can pass later: no connection, a reset, 429, 500, 502, 503, 504.
        transport: answers instead of the network.
        now: the clock of the receipts.
        tokens: secrets by provider; never shown.
        asks: what the settings want of a provider that has more than anybody needs, by name.
        tell: hears how a large download goes.
    """

    def __init__(
        self,
        archive: Archive,
        mirror: str | None,
        contact: str | None,
        connect_timeout_s: float,
        deadline_s: float,
        retries: int,
        transport: BaseAdapter | None = None,
        *,
        now: Callable[[], datetime],
        tokens: Mapping[str, str] | None = None,
        asks: Mapping[str, tuple[str, ...]] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._private = private(mirror or "")
        quiet_talkative_loggers(self._private)
        self.asks, self._tell = dict(asks or {}), tell or log.info
        self.archive, self.contact, self.now = archive, contact, now
        self.receipts: list[Receipt] = []
        self._mirrored = mirror is not None  # a mirror may answer out of another day
        self.today = now().date()  # one day for all that is asked, also over midnight
        self.journal: Journal | None = None  # hears of every answer, good or bad
        self.remembered: dict[str, Receipt] | None = None  # answers not to be asked for again
        self._deadline_s, self._timeout = deadline_s, (connect_timeout_s, deadline_s)
        self._tokens = dict(tokens or {})
        self._session = requests.Session()
        self._session.adapters.clear()  # https or nothing: a redirect to plain http finds no way
        if transport is None and mirror is None:
            transport, sec = network(retries, deadline_s), sec_network(retries, deadline_s)
            for host in SEC_HOSTS:
                self._session.mount(f"https://{host}/", sec)
            for host in SLOW_HOSTS:
                self._session.mount(f"https://{host}/", network(retries, deadline_s, per_second=1))
        self._session.mount("https://", transport or through_mirror(str(mirror), retries, deadline_s))
        self._session.auth = lambda request: request  # else ~/.netrc takes the place of our own headers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def token(self, provider: str) -> str | None:
        """The secret of a provider, if one is set."""
        return self._tokens.get(provider)

    def get(
        self,
        provider: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        kind: Kind,
        size: Size = USUAL,
        look: Callable[[Any], None] | None = None,
    ) -> Payload:
        """Fetch, look at and archive one payload. Plain http addresses are asked over https.

        `look` is given the parsed document and may refuse it, before it is archived: some refusals repeat the key.

        Raises:
            SourceError: no usable answer; what was expected, what came, and what to do.
        """
        asked = address(url, params, headers, self._tokens.values())
        if self.remembered is not None and (known := self.remembered.get(asked.request)):
            return self.again(known, kind, size)
        source = f"{provider} ({asked.shown})"
        try:
            status, content = self._fetch(provider, asked.whole, source, dict(headers or {}), size)
            content = without_keys(content, filter(None, [self.token(provider)]))
            document = look_at(source, content, kind, size.archive)
            if look:
                look(document)
        except SourceError as problem:
            clean = SourceError(
                *(redact(t, [*asked.secrets, *self._private]) for t in (problem.source, problem.expected, problem.found, problem.cure))
            )
            if self.journal:
                self.journal.refused(provider, asked.request, clean)
            raise clean from None
        digest = self.archive.store(provider, content)
        receipt = Receipt(provider, asked.request, self.now(), status, len(content), digest)
        self._received(receipt)
        if self.remembered is not None:
            self.remembered[receipt.request] = receipt
        log.info("%s: %s bytes, %s", receipt.request, receipt.size_bytes, digest[:12])
        return Payload(content, receipt, document)

    def again(self, receipt: Receipt, kind: Kind, size: Size = USUAL) -> Payload:
        """The payload of an earlier receipt, out of the archive, looked at like any other."""
        content = self.archive.read(receipt.source, receipt.sha256)
        document = look_at(f"{receipt.source} ({receipt.request})", content, kind, size.archive)
        self._received(receipt)
        return Payload(content, receipt, document)

    def _received(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)
        if self.journal:
            self.journal.answered(receipt)

    def session(self, provider: str, kind: Kind, look: Callable[[Payload], None] | None = None) -> requests.Session:
        """A session for pandas-datareader: whatever it asks goes through this client, so it sees only good payloads.

        Ask it with retry_count=0; failures are SourceErrors, which it does not catch. `look` may refuse a payload first.
        """
        session = requests.Session()
        adapter = _ThroughClient(self, provider, kind, look)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _user_agent(self, provider: str) -> str:
        name = f"rotation/{version('rotation')}"
        if provider not in ASK_FOR_CONTACT:
            return name
        if not self.contact:
            cure = "Set ROTATION_CONTACT to an e-mail address the provider may write to."
            raise SourceError(provider, "a contact address to name in the request", "none set", cure)
        return f"{name} ({self.contact})"

    def _fetch(self, provider: str, address: str, source: str, headers: dict[str, str], size: Size) -> tuple[int, bytes]:
        headers["User-Agent"] = self._user_agent(provider)
        try:
            with self._session.get(address, headers=headers, timeout=self._timeout, stream=True) as response:
                content = self._body(response, source, size)
        except SSLError as problem:
            cure = "Mend the certificates of this machine or of the mirror; TLS is never weakened."
            raise SourceError(source, "a certificate that can be trusted", _reason(problem), cure) from None
        except ConnectTimeout:
            raise SourceError(source, f"a connection within {self._timeout[0]:g} s", "none", ASK_LATER) from None
        except ReadTimeout:
            raise SourceError(source, f"an answer within {self._deadline_s:g} s", "silence, or headers that trickle", ASK_LATER) from None
        except TooManyRedirects:
            raise SourceError(source, "an answer", "endless redirects", ASK_LATER) from None
        except InvalidSchema as problem:
            cure = "TLS is never weakened: find the provider's new address."
            raise SourceError(source, "redirects to https", _reason(problem), cure) from None
        except NoConnection as problem:
            cure = "Check the network, the mirror, and whether the provider is up."
            raise SourceError(source, "a connection", _reason(problem), cure) from None
        except RequestException as problem:
            raise SourceError(source, "an answer", _reason(problem), ASK_LATER) from None
        if response.status_code != 200:
            waits = f", Retry-After {after}" if (after := response.headers.get("Retry-After")) else ""
            found = f"status {response.status_code}{waits}: {snippet(content)}"
            raise SourceError(source, "status 200", found, CURES.get(response.status_code, ASK_LATER))
        if not self._mirrored:
            look_at_clock(source, response.headers, self.now())
        return response.status_code, content

    def _body(self, response: requests.Response, source: str, allowed: Size) -> bytes:
        begun, size, pieces = time.monotonic(), 0, []
        due, deadline_s = response.headers.get("Content-Length", ""), self._deadline_s * allowed.times_deadline
        try:
            for piece in _pieces(response):
                pieces.append(piece)
                size += len(piece)
                if size > allowed.most_bytes:
                    raise SourceError(source, f"at most {allowed.most_bytes:,} bytes", "more", "Do not use this address.")
                if time.monotonic() - begun > deadline_s:
                    found = f"a body that trickles: {size:,} bytes so far"
                    raise SourceError(source, f"a whole body within {deadline_s:g} s", found, ASK_LATER)
                if size // SAY_EVERY_BYTES > (size - len(piece)) // SAY_EVERY_BYTES:
                    self._tell(f"{source}: {size >> 20} MB" + (f" of {int(due) >> 20}" if due.isdigit() else ""))
        except ReadTimeoutError:
            found = f"silence after {size:,} bytes"
            raise SourceError(source, f"a whole body within {self._deadline_s:g} s", found, ASK_LATER) from None
        except (HTTPError, OSError) as problem:
            found = f"half of one: {size:,} bytes, then {_reason(problem)}"
            raise SourceError(source, "a whole body", found, ASK_LATER) from None
        encoded = {"Content-Encoding", "Transfer-Encoding"} & {h.title() for h in response.headers}
        if due.isdigit() and not encoded and int(due) != size:
            raise SourceError(source, f"a whole body of {int(due):,} bytes", f"half of one: {size:,} bytes", ASK_LATER)
        return b"".join(pieces)


class _ThroughClient(BaseAdapter):
    def __init__(self, client: Client, provider: str, kind: Kind, look: Callable[[Payload], None] | None) -> None:
        super().__init__()
        self._client, self._provider, self._kind, self._look = client, provider, kind, look

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        payload = self._client.get(self._provider, str(request.url), kind=self._kind)
        if self._look:
            self._look(payload)
        response = requests.Response()
        response.status_code, response.url, response.request = payload.receipt.status, str(request.url), request
        response.encoding = "utf-8"
        response._content = payload.content
        return response

    def close(self) -> None:
        """Nothing to close: the client outlives its sessions."""


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes: read1 gives what is there, read would wait for a whole chunk as long as bytes trickle."""
    raw = response.raw
    if isinstance(raw, BaseHTTPResponse):
        while piece := raw.read1(CHUNK, decode_content=True):
            yield piece
    else:
        yield from response.iter_content(CHUNK)


def _reason(problem: BaseException) -> str:
    """The words of what lies at the bottom of it."""
    inner = getattr(problem, "reason", None) or next((a for a in problem.args[::-1] if isinstance(a, Exception)), None)
    if isinstance(inner, Exception):
        return _reason(inner)
    said = re.sub(r"^_Punctual\w*\(host='([^']+)', port=(\d+)\)", r"\1:\2", " ".join(str(problem).split()))  # a class of ours: punctual.py
    return said[:300] or type(problem).__name__

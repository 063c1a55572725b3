"""The client of a rebuild: it has the archive and nothing else. Not for asking providers (http.py)."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any

from requests.adapters import BaseAdapter

from pipelines.sources.address import address
from pipelines.sources.archive import Archive
from pipelines.sources.http import USUAL, Client, Payload, Size
from pipelines.sources.interface import SourceError
from pipelines.sources.journal import Answer, Landing
from pipelines.sources.payload import Kind

STAND_IN = "0-stands-for-the-token-0"  # a secret was set then; which one is not known, and is not needed
STAND_IN_CONTACT = "archived@example.org"


class _NoNetwork(BaseAdapter):
    """There is no way out."""

    def send(self, *_: Any, **__: Any) -> Any:
        raise SourceError("archive", "no request to anybody", "one", "This is a fault of ours: please report it.")

    def close(self) -> None:
        """Nothing to close."""


class ArchivedClient(Client):
    """Answers the requests of one landing with what they brought then, good or bad, at the time it came. Never asks a provider.

    `gaps`: requests whose answer is not in the archive. A reader may take such an error for a provider's; the caller must not.
    """

    def __init__(self, archive: Archive, landing: Landing) -> None:
        super().__init__(
            archive, None, STAND_IN_CONTACT if landing.has_contact else None, 1, 1, 0, _NoNetwork(), now=lambda: landing.at,
            tokens={landing.provider: STAND_IN} if landing.has_token else {}, asks=landing.asks,
        )  # fmt: skip
        self.gaps: list[SourceError] = []
        self._answers: dict[str, deque[Answer]] = defaultdict(deque)
        for answer in landing.answers:
            self._answers[answer.request].append(answer)
        self._landing = landing

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
        asked = address(url, params, headers, self._tokens.values())
        waiting = self._answers[asked.request]
        if not waiting:
            found = f"none in the landing of {provider} by run {self._landing.run_id} on {self._landing.as_of}"
            cure = "The reader asks otherwise than it did then: rebuild with the code of that run, or add the series anew with `rotation backfill`."
            self.gaps.append(SourceError(f"archive of {provider}", f"an answer to {asked.request}", found, cure))
            raise self.gaps[-1]
        answer = waiting.popleft()
        if answer.refused is not None:
            raise SourceError(*answer.refused)
        assert answer.receipt is not None
        try:
            payload = self.again(answer.receipt, kind, size)
            if look:
                look(payload.document)
            return payload
        except SourceError as problem:
            self.gaps.append(problem)
            raise

"""Does a provider's host answer, asked once and shortly; not for data, which only http.py fetches."""

import re
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import requests

from pipelines.sources import alphavantage, french, nport, shiller, stooq, tiingo, yahoo
from pipelines.sources.redaction import private, redact
from pipelines.sources.transport import network, through_mirror

# One address of each provider that costs nothing to ask: the front door of the host its reader asks.
DOORS: Mapping[str, str] = {
    yahoo.PROVIDER: "https://query1.finance.yahoo.com/",
    tiingo.PROVIDER: "https://api.tiingo.com/",
    stooq.PROVIDER: "https://stooq.com/",
    alphavantage.PROVIDER: "https://www.alphavantage.co/",
    "fred": "https://fred.stlouisfed.org/",
    french.PROVIDER: "https://mba.tuck.dartmouth.edu/",
    shiller.PROVIDER: "https://www.econ.yale.edu/",
    "ishares": "https://www.ishares.com/",
    "ssga": "https://www.ssga.com/",
    "sec": "https://data.sec.gov/",
    nport.PROVIDER: "https://www.sec.gov/",
}


@dataclass(frozen=True)
class Reach:
    """Whether a host answered, and what it said. Any status is an answer: a front door may well be shut."""

    is_reachable: bool
    said: str


def reach(providers: Iterable[str], mirror: str | None, seconds: float) -> dict[str, Reach]:
    """Ask the doors of the providers, all at once, and wait so many seconds for all of them."""
    found: dict[str, Reach] = {}
    asked = [p for p in providers if p in DOORS]
    threads = [threading.Thread(target=_ask, args=(p, mirror, seconds, found), daemon=True) for p in asked]
    until = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return {p: found.get(p, Reach(False, f"no answer within {seconds:g} s")) for p in asked}


def _ask(provider: str, mirror: str | None, seconds: float, found: dict[str, Reach]) -> None:
    begun = time.monotonic()
    with requests.Session() as session:
        session.mount("https://", through_mirror(mirror, 0, seconds) if mirror else network(0, seconds))
        try:
            with session.get(DOORS[provider], timeout=seconds, stream=True, allow_redirects=False) as answer:
                found[provider] = Reach(True, f"status {answer.status_code} in {time.monotonic() - begun:.1f} s")
        except requests.RequestException as problem:
            found[provider] = Reach(False, _shortly(problem, private(mirror or "")))


def _shortly(problem: BaseException, secrets: Iterable[str]) -> str:
    """The words of the operating system at the bottom of it: "Connection refused", "Name or service not known"."""
    text = " ".join(str(problem).split())
    inner = re.findall(r"\[Errno -?\d+\] ([\w ]+)", text)
    return str(inner[-1]) if inner else redact(text, secrets)[-120:]

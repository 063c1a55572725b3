"""Time told by and to a provider: headers that trickle end at the deadline, a clock that disagrees with theirs is named. Not for bodies (http.py)."""

import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from threading import Event, Timer
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from pipelines.sources.interface import SourceError

# Beyond it a session could be taken for closed while it is open, or the other way round.
MOST_APART = timedelta(minutes=30)


class _Punctual(HTTPConnection):
    """The read timeout is of each piece that comes; here it holds for all headers together."""

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        overdue, wire = Event(), self.sock

        def hang_up() -> None:
            overdue.set()
            try:
                socket.socket.shutdown(wire, socket.SHUT_RDWR)  # of TLS too: the reader must wake, politeness is over
            except (OSError, TypeError):
                overdue.set()  # the other end was faster

        timer = Timer(float(self.timeout or 60), hang_up)
        timer.daemon = True
        timer.start()
        try:
            response = super().getresponse()
        except (OSError, HTTPException):
            if overdue.is_set():
                raise TimeoutError("headers that trickle") from None
            raise
        finally:
            timer.cancel()
        if overdue.is_set():  # headers cut off look like headers that ended
            raise TimeoutError("headers that trickle")
        return response


class _PunctualTLS(_Punctual, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Punctual


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _PunctualTLS


class PunctualAdapter(HTTPAdapter):
    """An adapter whose connections keep the deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
        return manager


def look_at_clock(source: str, headers: Mapping[str, str], now: datetime) -> None:
    """Compare our clock with the provider's, which every answer carries; one out of a cache says how old it is.

    Raises:
        SourceError: the clocks are too far apart to say which session is the last one.
    """
    try:
        theirs = parsedate_to_datetime(headers.get("Date") or "") + timedelta(seconds=int(headers.get("Age") or 0))
        apart = now - theirs
    except (ValueError, TypeError, OverflowError):
        return  # it does not say
    if abs(apart) > MOST_APART:
        ours = "ahead" if apart > timedelta(0) else "behind"
        cure = "Set the clock of this machine (NTP); until then no day can be trusted."
        found = f"one {round(abs(apart).total_seconds() / 60):,} minutes {ours}"
        raise SourceError(source, f"our clock within {MOST_APART.seconds // 60} minutes of the provider's", found, cure)

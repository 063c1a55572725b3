"""How requests leave the house: retries, a polite rate, a mirror. Not for what comes back (http.py)."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.utils import get_auth_from_url
from requests_ratelimiter import LimiterAdapter
from urllib3.exceptions import InvalidHeader, MaxRetryError, ReadTimeoutError
from urllib3.util.retry import Retry

from pipelines.sources.punctual import PunctualAdapter

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse
    from urllib3.connectionpool import ConnectionPool

REQUESTS_A_SECOND = 2  # a host; none of our other providers publishes a lower limit
SLOW_HOSTS = ("www.alphavantage.co",)  # asks for one a second
SEC_REQUESTS_A_SECOND = 8  # the SEC allows ten, of all its hosts together
SEC_HOSTS = ("www.sec.gov", "data.sec.gov")
PASSING = (429, 500, 502, 503, 504)
BACKOFF_S = 0.5


class PatientRetry(Retry):
    """urllib3's Retry, but a silent server is not asked again, and a wait longer than the deadline is not begun."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: "BaseHTTPResponse | None" = None,
        error: Exception | None = None,
        _pool: "ConnectionPool | None" = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if isinstance(error, ReadTimeoutError):
            raise error
        if response is not None and _pool is not None and (self.get_retry_after(response) or 0) >= self.retry_after_max:
            raise MaxRetryError(_pool, url or "", None)
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: "BaseHTTPResponse") -> float | None:
        try:
            return super().get_retry_after(response)
        except InvalidHeader:
            return None  # unreadable: the usual backoff


def _retry(retries: int, deadline_s: float) -> Retry:
    return PatientRetry(
        total=retries,
        other=0,
        status_forcelist=PASSING,
        allowed_methods={"GET"},
        backoff_factor=BACKOFF_S,
        raise_on_status=False,
        retry_after_max=int(deadline_s) or 1,
    )


class _Polite(PunctualAdapter, LimiterAdapter):  # type: ignore[misc]
    """At a rate of ours, and not longer than the deadline."""


def network(retries: int, deadline_s: float, per_second: int = REQUESTS_A_SECOND) -> HTTPAdapter:
    """The providers themselves, each host at a polite rate."""
    adapter: HTTPAdapter = _Polite(per_second=per_second, max_retries=_retry(retries, deadline_s))  # type: ignore[call-arg]
    return adapter


def sec_network(retries: int, deadline_s: float) -> HTTPAdapter:
    """The hosts of the SEC, which counts its requests over all of them."""
    retry = _retry(retries, deadline_s)
    adapter: HTTPAdapter = _Polite(per_second=SEC_REQUESTS_A_SECOND, per_host=False, max_retries=retry)  # type: ignore[call-arg]
    return adapter


class _Mirror(PunctualAdapter):
    def __init__(self, url: str, retries: Retry) -> None:
        super().__init__(max_retries=retries)
        parts = urlsplit(url.rstrip("/"))
        self._url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        user, password = get_auth_from_url(url)
        self._auth = HTTPBasicAuth(user, password) if user or password else None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        moved = request.copy()
        moved.url = f"{self._url}/{str(request.url).split('://', 1)[1]}"
        if self._auth and "Authorization" not in moved.headers:  # one of the provider's own goes through
            moved = self._auth(moved)
        response = super().send(moved, **kwargs | {"proxies": {}})
        response.url, response.request = str(request.url), request  # redirects are followed from the provider's address
        return response


def through_mirror(url: str, retries: int, deadline_s: float) -> HTTPAdapter:
    """A company's cache or a replay: https://HOST/PATH is asked at URL/HOST/PATH, without a rate of ours."""
    return _Mirror(url, _retry(retries, deadline_s))

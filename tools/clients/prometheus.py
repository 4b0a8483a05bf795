"""How is Prometheus (or anything that speaks its API) asked?  Through `prometheus-api-client`, on threads, bounded.

The library blocks, retries by itself and rounds times to seconds. Here it runs on a few threads with a session that
keeps the deadline, the size and the origin; it is given no retry, and exact times.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from tools.base import BackendError, Series
from tools.clients.bounded_session import BoundedSession
from tools.clients.http import origin_of
from tools.clients.threads import Threads
from tools.promql import affordable_step, checked, parsed

T = TypeVar("T")

TYPES = frozenset({"gauge", "counter", "histogram", "summary"})


class Prometheus:
    """`Metrics` over HTTP. Every query is parsed and its cost judged before it is sent."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: timedelta = timedelta(seconds=10),
        at_once: int = 8,
    ) -> None:
        """`url` may hold user and password, and a path when Prometheus lies below one."""
        origin = origin_of(url)
        self._url = origin.address
        self._auth = origin.credentials
        self._headers = dict(headers or {})
        self._deadline = deadline
        self._session = BoundedSession(deadline)
        self._threads = Threads(at_once)
        self._made: Any = None

    async def close(self) -> None:
        self._session.close()

    async def query(self, promql: str, at: datetime) -> list[Series]:
        checked(promql)
        fields = {"time": _seconds(at), "timeout": self._timeout}
        return await self._ask(
            f"{promql!r} at {_iso(at)}", lambda api: _vector(api.custom_query(promql, params=fields))
        )

    async def query_range(self, promql: str, start: datetime, end: datetime, step: timedelta) -> list[Series]:
        """A step too small for the 11,000 points that Prometheus allows is widened."""
        checked(promql)
        wide = affordable_step(start, end, step)
        # The library rounds start and end; what is in `params` wins over its own.
        fields = {"start": _seconds(start), "end": _seconds(end), "timeout": self._timeout}
        asked = f"{promql!r} from {_iso(start)} to {_iso(end)} step {wide.total_seconds():g}s"
        seconds = f"{wide.total_seconds():.3f}"
        return await self._ask(
            asked, lambda api: _matrix(api.custom_query_range(promql, start, end, seconds, params=fields))
        )

    async def series(self, selectors: Sequence[str], start: datetime, end: datetime) -> list[dict[str, str]]:
        for selector in selectors:
            parsed(selector)
        asked = f"series {', '.join(selectors)} from {_iso(start)} to {_iso(end)}"
        wanted = {"match[]": list(selectors)}
        return await self._ask(
            asked, lambda api: [dict(labels) for labels in api.get_series(start, end, params=wanted)]
        )

    async def metadata(self) -> dict[str, str]:
        types = await self._ask("metadata", lambda api: _types(api.get_metric_metadata(None)))
        # OpenMetrics names the family of a counter; its series carries the suffix.
        totals = {f"{name}_total": kind for name, kind in types.items() if kind == "counter"}
        return {**{name: kind for name, kind in totals.items() if not name.endswith("_total_total")}, **types}

    @property
    def _timeout(self) -> str:
        """Prometheus itself gives up then, too."""
        return f"{self._deadline.total_seconds():.3f}"

    async def _ask(self, asked: str, call: Callable[[Any], T]) -> T:
        """What the call makes of the library's client; it reads the answer too, so that any other shape is an error."""
        try:
            return await self._threads.run(lambda: call(self._api()), self._deadline)
        except TimeoutError as error:
            message = f"{asked}: no answer within {self._deadline.total_seconds():g} s"
            raise BackendError(message, retry=True) from error
        except BackendError as error:
            raise BackendError(f"{asked}: {error}", retry=error.retry) from error
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            raise BackendError(f"{asked}: the answer is not one of Prometheus ({type(error).__name__})") from error

    def _api(self) -> Any:
        if self._made is None:
            from prometheus_api_client import PrometheusConnect
            from requests.adapters import Retry

            self._made = PrometheusConnect(
                self._url,
                headers=self._headers,
                auth=self._auth,
                retry=Retry(0),
                session=self._session,
                method="POST",
            )
        return self._made


def _types(found: Any) -> dict[str, str]:
    return {one["metric_name"]: one["type"] if one["type"] in TYPES else "unknown" for one in found}


def _vector(found: Any) -> list[Series]:
    """A scalar, which comes as one pair, is a series without labels."""
    if found and not isinstance(found[0], Mapping):
        return [_series({}, [found])]
    return [_series(one["metric"], [one["value"]]) for one in _with_numbers(found, "value", "histogram")]


def _matrix(found: Any) -> list[Series]:
    return [_series(one["metric"], one["values"]) for one in _with_numbers(found, "values", "histograms")]


def _with_numbers(found: Any, numbers: str, native: str) -> list[Any]:
    """Without the series that are native histograms alone, which have a name of their own; BackendError if all are.

    https://prometheus.io/docs/prometheus/latest/querying/api/#native-histograms
    """
    kept = [one for one in found if numbers in one or native not in one]
    if found and not kept:
        raise BackendError(
            "the answer holds only native histograms: ask for histogram_count(), histogram_sum() or "
            "histogram_quantile() of them"
        )
    return kept


def _series(metric: Mapping[str, str], samples: Sequence[tuple[float, str]]) -> Series:
    times = np.array([float(at) for at, _ in samples], dtype=np.float64)
    values = np.array([float(value) for _, value in samples], dtype=np.float64)
    labels = {name: value for name, value in metric.items() if name != "__name__"}
    return Series(metric.get("__name__", ""), labels, times, values)


def _seconds(at: datetime) -> str:
    return f"{at.timestamp():.3f}"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

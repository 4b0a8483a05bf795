"""How is Loki asked for log lines?  LogQL built from quoted values, times in nanoseconds, errors in its own words."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.base import BackendError, LogLine, LogPage, LogSearch
from tools.clients.http import Http, refusal
from tools.log_levels import level_of, words_for
from tools.promql import selector
from tools.quoting import literal, quoted

MOST_LINES = 5000
"""Loki refuses more in one answer, by default."""
LONGEST_ADDRESS = 2000
"""Characters of a query from which it goes into the body of a POST."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Loki:
    """`Logs` over HTTP."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: timedelta = timedelta(seconds=15),
        service_label: str = "service_name",
    ) -> None:
        """`service_label`: the stream label that names a service; Loki 3 adds one."""
        self._http = Http(url, headers=headers, deadline=deadline)
        self._service_label = service_label

    async def close(self) -> None:
        await self._http.close()

    async def search(self, asked: LogSearch) -> LogPage:
        """`text` is matched as it stands, capitals included."""
        most = min(asked.limit, MOST_LINES)
        logql = self._logql(asked)
        query = f"{logql} in [{asked.start.isoformat()}, {asked.end.isoformat()})"
        fields: dict[str, str | int] = {
            "query": logql,
            "start": nanoseconds(asked.start),
            "end": nanoseconds(asked.end),
            "limit": most,
            "direction": "backward",
        }
        found = await self._ask("/loki/api/v1/query_range", fields, query)
        lines = self._lines(found, query)
        truncated = len(lines) >= most
        total = await self._count(logql, asked, len(lines)) if truncated else len(lines)
        return LogPage(tuple(lines), total, truncated and total > len(lines), query)

    def _logql(self, asked: LogSearch) -> str:
        some = {self._service_label: list(asked.services)}
        streams = selector(one_of=some) if asked.services else "{" + f'{self._service_label}=~".+"' + "}"
        line = f" |= {quoted(asked.text)}" if asked.text else ""
        words = quoted("(?i)" + "|".join(literal(word) for word in words_for(asked.levels)))
        # `detected_level` is Loki 3's; before that, a level is a label if the shipper made it one.
        level = f" | detected_level=~{words} or level=~{words}" if asked.levels else ""
        return streams + line + level

    async def _count(self, logql: str, asked: LogSearch, at_least: int) -> int:
        """All lines that match; `at_least` when Loki does not tell."""
        milliseconds = max(1, (asked.end - asked.start) // timedelta(milliseconds=1))
        query = f"sum(count_over_time({logql} [{milliseconds}ms]))"
        try:
            found = await self._ask("/loki/api/v1/query", {"query": query, "time": nanoseconds(asked.end) - 1}, query)
            return max(at_least, int(float(found[0]["value"][1])) if found else 0)
        except (BackendError, ValueError, KeyError, TypeError, IndexError):
            return at_least

    async def _ask(self, path: str, fields: Mapping[str, str | int], asked: str) -> Any:
        send = self._http.post_form if len(str(fields["query"])) > LONGEST_ADDRESS else self._http.get
        reply = await send(path, fields, asked=asked)
        if reply.status != 200:
            raise refusal(asked, reply)
        try:
            return reply.json(asked)["data"]["result"]
        except (KeyError, TypeError) as error:
            raise BackendError(f"{asked}: the answer is not one of Loki") from error

    def _lines(self, streams: Any, asked: str) -> list[LogLine]:
        """The newest first."""
        try:
            stamped = [
                (int(entry[0]), place, self._line(int(entry[0]), str(entry[1]), stream["stream"]))
                for stream in streams
                for place, entry in enumerate(stream["values"])
            ]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise BackendError(f"{asked}: the answer is not one of Loki") from error
        return [line for _, _, line in sorted(stamped, key=lambda row: (-row[0], row[1]))]

    def _line(self, stamp: int, message: str, labels: Mapping[str, str]) -> LogLine:
        return LogLine(
            at=_EPOCH + timedelta(microseconds=stamp // 1000),
            service=labels.get(self._service_label, ""),
            message=message,
            level=level_of(labels.get("detected_level") or labels.get("level") or ""),
            pod=labels.get("pod", ""),
            trace=next((labels[name] for name in ("trace_id", "traceID", "traceId") if name in labels), ""),
            labels=labels,
        )


def nanoseconds(at: datetime) -> int:
    """Since 1970, exactly: a float would be off by some hundred nanoseconds."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000

"""What did one pod write last?  The end of its log, as kinds of line with counts."""

from datetime import datetime

from pydantic import BaseModel, Field, JsonValue

from tools.base import BackendError, LogLine, ToolResult
from tools.clients.kubernetes import Cluster
from tools.log_templates import Template, group
from tools.observe.cluster_names import Name, Namespace, failed
from tools.observe.window import Span, Window

MOST_KINDS = 20
"""Kinds of line that a result lists; the rest is counted."""
MOST_LINES = 1000
"""Lines of a pod's log that are looked at."""
LONGEST_TEMPLATE = 300


class PodLogArguments(Span):
    pod: Name = Field(min_length=1, description="The pod, as kubernetes_pods names it.")
    namespace: Namespace = Field("", description="Empty: the agent's own.")
    container: Name = Field("", description="Empty: the pod's only one.")
    previous: bool = Field(False, description="Of the container that ended last, to see why it did.")


class PodLogs:
    """The log of a pod as a tool: it works where no log back end is configured, and for a pod that just died."""

    name = "kubernetes_pod_logs"
    description = "The kinds of line in the end of one pod's log, with how often each was written."
    kind = "log"
    arguments: type[BaseModel] = PodLogArguments

    def __init__(self, cluster: Cluster, window: Window) -> None:
        self._cluster = cluster
        self._window = window

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = PodLogArguments.model_validate(arguments.model_dump())
        try:
            start, end = asked.within(self._window)
            namespace = asked.namespace or await self._cluster.home()
            log = await self._cluster.log(
                namespace,
                asked.pod,
                container=asked.container,
                previous=asked.previous,
                since=self._window.now - start,
                lines=MOST_LINES,
            )
        except BackendError as error:
            return failed(self.name, asked, error)
        written = log.text.splitlines()
        lines = [line for raw in written if (line := _log_line(raw, asked.pod)) and start <= line.at < end]
        return _result(
            asked, namespace, lines, (start, end), read=len(written) if log.cut or len(written) >= MOST_LINES else 0
        )


def _result(
    asked: PodLogArguments, namespace: str, lines: list[LogLine], within: tuple[datetime, datetime], *, read: int
) -> ToolResult:
    """`read`: how many of the newest lines, when older ones were not looked at; else 0."""
    kinds = group(lines)
    which = " before its last restart" if asked.previous else ""
    start, end = within
    when = f"from {start:%Y-%m-%dT%H:%M:%SZ} to {end:%Y-%m-%dT%H:%M:%SZ}"
    short = f"{len(lines)} lines of {len(kinds)} kinds from {asked.pod}{which}."
    short += f" Only the newest {read} lines of the log were read." if read else ""
    return ToolResult(
        ok=True,
        text="\n".join([short, *(f"{kind.count}x {kind.text[:LONGEST_TEMPLATE]}" for kind in kinds[:MOST_KINDS])]),
        query=f"log of pod {namespace}/{asked.pod}, {MOST_LINES} lines at most,{which} {when}",
        data=[_facts(kind) for kind in kinds[:MOST_KINDS]],
        entities=(asked.pod,),
        truncated=read > 0 or len(kinds) > MOST_KINDS,
        trust="user-controlled",
        starts_at=start,
        ends_at=end,
    )


def _facts(kind: Template) -> JsonValue:
    return {
        "template": kind.text[:LONGEST_TEMPLATE],
        "count": kind.count,
        "first": kind.first.isoformat(),
        "last": kind.last.isoformat(),
        "example": kind.example,
    }


def _log_line(raw: str, pod: str) -> LogLine | None:
    """A line with its time (in nanoseconds) in front, as it is asked for; None for an empty or a broken one."""
    stamp, _, message = raw.partition(" ")
    try:
        at = datetime.fromisoformat(stamp[:26].rstrip("Z") + "+00:00")
    except ValueError:
        return None
    return LogLine(at=at, service=pod, message=message, pod=pod) if message.strip() else None

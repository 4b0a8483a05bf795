"""What do recorded answers of tools say about a cluster?  Each answer in the shape it has -> facts.

An answer whose shape is not known is text: it is only looked through for error lines, and only when it is a log.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.cluster import logs
from tools.cluster.facts import Monitor, Probe
from tools.cluster.gathered import Gathered
from tools.recording import cluster_json, cut_json, kubectl_describe, kubectl_table, told_logs
from tools.recording.packed import unpacked

LARGEST = 4_000_000
"""Characters of one answer that are looked at."""
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_STREAMS = re.compile(r"(?m)^(?:stdout|stderr):\s*$")
_NAMES = (
    *("service_name", "service", "app_name", "app", "deployment", "deployment_name", "workload", "workload_name"),
    *("component", "pod_name", "pod", "name"),
)
_WORKS = re.compile(
    r"\b(succeeded|success(?:ful)?|open|connected|reachable|active \(running\)|running|healthy|ok)\b", re.IGNORECASE
)
_FAILS = re.compile(
    r"\b(fail(?:ed|ure)?|refused|timed? ?out|unreachable|no route|not (?:open|reachable|running)|unsuccessful"
    r"|inactive|dead|stopped|could not resolve|not known|no such host|nxdomain|bad address)\b",
    re.IGNORECASE,
)
_UNRESOLVED = re.compile(
    r"name resolution|could not (?:be )?resolved?|name or service not known|no such host|nxdomain|bad address",
    re.IGNORECASE,
)
_UNIT = re.compile(r"(?m)^\s*Active:\s+([a-z-]+)")
"""The state in `systemctl status`, before what became of its processes."""
_ALIAS = re.compile(r"(?m)[:-]\s+\*\w")
"""A YAML alias: what a document of a cluster never has, and what makes a small one huge."""
_NO_ALERTS = re.compile(r"\bno\b.*\balerts?\b|\berror:", re.IGNORECASE)
_NO_LOG = re.compile(
    r"\W*no (?:\w+ ){0,2}(?:logs?|errors?|warnings?|lines?|entries|records|resources|events)\b[^:]*$"
    r"|error from server \(\w+\): |error: (?:a container name must be specified|unable to |timed out waiting)",
    re.IGNORECASE,
)
"""What the tool itself says, in one line, when there is no log to show."""
_ALERT = 200
_HEAD = 1_000
"""Characters in which somebody who tried says how it went."""


@dataclass(frozen=True)
class ToolOutput:
    """One recorded call."""

    tool: str
    args: Mapping[str, Any]
    output: Any


def read(path: Path) -> list[ToolOutput]:
    """JSON lines of `tool args output`. BackendError when the file cannot be read."""
    return [ToolOutput(str(one.get("tool", "")), _map(one.get("args")), one.get("output")) for one in _records(path)]


def gathered(outputs: Iterable[ToolOutput]) -> Gathered:
    """All that the answers say."""
    into = Gathered()
    for one in outputs:
        output = decoded(one)
        if isinstance(output, str):
            _take_text(one, output, into)
        else:
            _take_json(one, output, into)
    return into


def decoded(one: ToolOutput) -> Any:
    """What was answered: JSON as what it says, text as text, whatever it was packed in."""
    return _decoded(_unwrapped(_decoded(one.output)))


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    with unpacked(path) as lines:
        for line in lines:
            if line.strip():
                yield _map(json.loads(line))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _decoded(output: Any) -> Any:
    """A string that is JSON is what it says; of one that was cut off, what came before."""
    if not isinstance(output, str):
        return output
    text = _ESCAPES.sub("", output[:LARGEST])
    text = _STREAMS.sub("", text)
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return _loaded(text)
        except (ValueError, RecursionError):
            return text
    return text


def _unwrapped(output: Any) -> Any:
    """The text of an answer that only carries one: lines, MCP's content, or a text of several lines beside numbers."""
    match output:
        case {"content": [*parts]}:
            lines = [str(part["text"]) for part in parts if isinstance(part, Mapping) and "text" in part]
            return "\n".join(lines) if lines else output
        case [str(), *rest] if all(isinstance(line, str) for line in rest):
            return "\n".join(output)
        case Mapping() if not any(isinstance(value, list | Mapping) for value in output.values()):
            texts = {key: value for key, value in output.items() if isinstance(value, str) and "\n" in value}
            # Log lines beside the name of their pod are read as such.
            return output if len(texts) != 1 or "log" in next(iter(texts)).lower() else next(iter(texts.values()))
    return output


def _loaded(text: str) -> Any:
    """Whole, as one object a line, or what came before a cut."""
    try:
        return json.loads(text)
    except ValueError:
        return _loaded_lines(text) or cut_json.loads(text)


def _loaded_lines(text: str) -> list[Any]:
    """The objects of JSON lines, nothing when any line is none."""
    try:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return []
    return found if all(isinstance(one, Mapping) for one in found) else []


def _component(args: Mapping[str, Any]) -> str:
    """Whom the answer is about, as it was asked."""
    return next((str(args[key]) for key in _NAMES if args.get(key)), "")


# JSON


def _take_json(one: ToolOutput, output: Any, into: Gathered) -> None:
    component = _component(one.args)
    if logs.is_records(output):
        into.lines += logs.of_records(output, component, _level(one))
        return
    if found := told_logs.lines(output):
        into.lines += found
        return
    if isinstance(output, Mapping):
        output = {key: value for key, value in output.items() if not _took_logs(key, value, output, component, into)}
    if _about_alerts(one) and isinstance(output, list):
        cluster_json.take_alerts(output, into, component)
    else:
        cluster_json.take(output, into, component)


def _took_logs(key: str, value: Any, whole: Mapping[str, Any], component: str, into: Gathered) -> bool:
    """A field of log records, or of log text beside the name of its pod."""
    if "log" not in key.lower():
        return False
    if logs.is_records(value):
        into.lines += logs.of_records(value, component)
        return True
    if isinstance(value, str):
        into.lines += logs.of_text(value, _component(whole) or component)
        return True
    return False


# Text


def _take_text(one: ToolOutput, text: str, into: Gathered) -> None:
    if tried := _probe(one, text):
        into.probes.append(tried)
    elif kubectl_describe.described(text):
        into.add(kubectl_describe.objects(text, one.args))
    elif items := _manifests(text):
        into.add(items)
    elif rows := kubectl_table.objects(text, one.args):
        into.add(rows)
    elif "log" in one.tool.lower():
        if not _is_no_log(text):
            into.lines += logs.of_text(text, _component(one.args), _level(one))
    elif _about_alerts(one):
        lines = [line.strip() for line in text.splitlines()]
        into.monitors += [Monitor(line[:_ALERT], True, "") for line in lines if line and not _NO_ALERTS.search(line)]


def _is_no_log(text: str) -> bool:
    said = text.strip()
    return "\n" not in said and bool(_NO_LOG.match(said))


def _about_alerts(one: ToolOutput) -> bool:
    return "alert" in one.tool.lower()


def _level(one: ToolOutput) -> str:
    """Of the lines that name none, when only bad ones were asked for."""
    return "error" if "error" in one.tool.lower() else ""


def _probe(one: ToolOutput, text: str) -> Probe | None:
    """Somebody tried a port of a service, or asked for a daemon of a node."""
    service, node, port = (str(one.args.get(key) or "") for key in ("service_name", "node_name", "port"))
    if not service or not (node or port):
        return None
    if (works := _works(text[:_HEAD])) is None:
        return None
    unresolved = not works and not node and bool(_UNRESOLVED.search(text[:_HEAD]))
    what = service if node else f"port {port}"
    return Probe(node or service, what, works=works, node=bool(node), unresolved=unresolved)


def _works(text: str) -> bool | None:
    """What systemd says of a daemon, or what comes first; None when nothing of the kind is said."""
    if unit := _UNIT.search(text):
        return unit[1] in {"active", "reloading"}
    fails, works = _FAILS.search(text), _WORKS.search(text)
    first = min((found for found in (fails, works) if found), key=lambda found: found.start(), default=None)
    return None if first is None else first is works


def _manifests(text: str) -> list[dict[str, Any]]:
    """Objects as YAML."""
    if _ALIAS.search(text) or not (re.search(r"(?m)^\s*apiVersion:", text) and re.search(r"(?m)^\s*kind:", text)):
        return []
    try:
        found = [one for one in yaml.safe_load_all(text) if isinstance(one, dict)]
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    lists = [one["items"] if isinstance(one.get("items"), list) else [one] for one in found]
    return [item for items in lists for item in items if isinstance(item, dict)]

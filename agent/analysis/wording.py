"""How is a finding said in one sentence that a person can check?"""

from datetime import datetime

from agent.analysis.calls import Lost
from agent.analysis.changes import Shift
from agent.analysis.conditions import Unmet
from agent.analysis.excess import Excess
from agent.analysis.log_templates import LineShift
from agent.analysis.log_traces import Spectrum
from agent.analysis.log_unfinished import Unfinished
from agent.analysis.storm import Blame
from agent.analysis.topology import Flow
from agent.domain.wording import counted
from tools.base import Change

_QUOTED = 160


def sentence(text: str) -> str:
    return text if not text or text.endswith((".", "”")) else f"{text}."


def number(value: float) -> str:
    """Three significant digits, no exponent for what people read at a glance."""
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e6:
        digits = f"{value:.3g}"
        return f"{value:.0f}" if "e" in digits else digits
    return f"{value:.2e}"


def clock(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"


def shift(one: Shift) -> str:
    """`pod_cpu_millicores of cart went from 12 to 310 (24.8 times its usual variation)`."""
    where = f"from {one.row.edge[0]} to {one.row.edge[1]}" if one.row.edge else f"of {one.row.component or 'all'}"
    moved = f"went from {number(one.before)} to {number(one.after)}"
    shared = "" if one.own >= 0.8 * one.z else f", {number(one.own)} of it not shared with its peers"
    return f"{one.row.reading.series.name} {where} {moved} ({number(one.z)} times its usual variation{shared})"


def excess(node: str, one: Excess, flow: Flow) -> str:
    what = "latency" if flow.dimension == "time" else "failing share"
    if one.new:
        return f"{node} was not called before the onset; its {what} is {number(one.after)}"
    unit = " s" if flow.dimension == "time" else ""
    before, after = f"{number(one.before)}{unit}", f"{number(one.after)}{unit}"
    # Its middle value may be the same when it was high for the lesser part of the time.
    moved = f"went from {before} to {after}" if before != after else f"left its level of {before} now and then"
    return f"{what} of {node} {moved} ({number(one.z)} times its usual variation)"


def share(node: str, flow: Flow) -> str:
    what, begin = ("extra latency", "begins") if flow.dimension == "time" else ("extra failures", "begin")
    where = node if node != flow.top else f"{node} itself"
    of_all = min(1.0, flow.share.get(node, 0.0))  # Rates sampled apart may add up to a little more than the whole.
    return f"{of_all:.0%} of the {what} of {flow.top} {begin} in {where}, not in what it calls"


def lost(one: Lost) -> str:
    caller, callee = one.edge
    fewer = f"went from {number(one.before)} to {number(one.after)} for each request that reaches {caller}"
    return (
        f"calls from {caller} to {callee} {fewer} ({number(one.z)} times the usual variation, with all that is missing)"
    )


def explained(node: str, flow: Flow, by: str) -> str:
    what = "latency" if flow.dimension == "time" else "failures"
    return f"{node} passes on the extra {what} of {by}, which it depends on"


def lines(one: LineShift) -> str:
    before = "never before" if one.new else f"{number(one.before)} expected from the time before"
    if one.gone:
        return f"{one.component} all but ceased to log {quoted(one.template)}: {one.after} since the onset ({before})"
    return f"{one.component} logged {one.after} lines of one kind since the onset ({before}): {quoted(one.template)}"


def failing(one: Spectrum) -> str:
    past = f"{one.failing_past} of {one.past} that go past it" if one.past else "none goes past it"
    return f"{one.failing} of {one.through} logged requests through {one.component} failed since the onset, {past}"


def unfinished(one: Unfinished) -> str:
    went_on = f"{one.since[0]} of {one.since[1]} requests of {one.component} that logged {quoted(one.template)}"
    return f"since the onset, {went_on} went on to {quoted(one.follows)}, {one.before[0]} of {one.before[1]} before"


def change(one: Change, minutes: float) -> str:
    apart = f"{abs(minutes):.0f} min" if abs(minutes) >= 1 else f"{abs(minutes) * 60:.0f} s"
    when = f"{apart} {'before' if minutes >= 0 else 'after'} the onset"
    return f"{one.kind} of {one.service} at {clock(one.at)}, {when}: {quoted(one.summary)}"


def blame(one: Blame) -> str:
    if not one.telling:
        return f"{counted(one.alerts, 'alert')} {'speaks' if one.alerts == 1 else 'speak'} of {one.component}"
    kind, here, raisers = one.telling[0]
    return (
        f"{counted(one.alerts, 'alert')} {'bears' if one.alerts == 1 else 'bear'} on {one.component}, "
        f"the first at {clock(one.first)}; the most telling, {quoted(kind)}, is raised by {here} of its own "
        f"and by {counted(raisers, 'component')} in all"
    )


def unmet(one: Unmet) -> str:
    when = f"{one.moments} moments from {clock(one.first)} to {clock(one.last)}"
    return f"The alert's own condition does not hold: {quoted(one.expression)} was met at 0 of {when}"


def quoted(text: str) -> str:
    """Untrusted text: one line, capped, in quotation marks."""
    line = " ".join(text.split())
    return f"“{line[:_QUOTED]}…”" if len(line) > _QUOTED else f"“{line}”"

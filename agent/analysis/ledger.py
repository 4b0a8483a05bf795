"""What does a finding rest on?  Each observation as evidence: numbered, with its query, its numbers and a picture."""

import math
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from agent.analysis import onset, pictures, wording
from agent.analysis.calls import Lost
from agent.analysis.changes import Shift
from agent.analysis.cluster_trouble import Trouble
from agent.analysis.conditions import Unmet
from agent.analysis.dossier import Weighed
from agent.analysis.log_templates import LineShift
from agent.analysis.log_traces import Spectrum
from agent.analysis.log_unfinished import Unfinished
from agent.analysis.storm import Blame
from agent.analysis.topology import Flow
from agent.domain.evidence import CallGraph, Curve, Evidence, EvidenceKind
from tools.base import Change, Floats

_SAMPLES = 6
_SOURCE = "analysis"


@dataclass
class Ledger:
    """Numbers evidence as it is cited; the same observation is cited under one id."""

    seen: Weighed
    kept: dict[str, Evidence] = field(default_factory=dict)

    def unmet(self, one: Unmet) -> str:
        return self.add(
            EvidenceKind.METRIC,
            one.expression,
            "",
            wording.sentence(wording.unmet(one)),
            {"met": 0, "moments": one.moments, "first": one.first.isoformat(), "last": one.last.isoformat()},
            untrusted=True,
        )

    def onset(self) -> str:
        rows = onset.symptom_rows(self.seen.table, self.seen.seen.alerts, self.seen.seen.symptom)
        return self.add(
            EvidenceKind.METRIC,
            " or ".join(self.seen.table.rows[row].reading.asked for row in rows),
            "",
            wording.sentence(f"Onset: {self.seen.onset.why}"),
            {"onset": self.seen.onset.at.isoformat(), "windows_before_as_high": _rounded(1 - self.seen.onset.sure)},
        )

    def flow(self, flow: Flow, node: str) -> str:
        excess, share, table = flow.excess[node], flow.share.get(node, 0.0), self.seen.table
        return self.add(
            EvidenceKind.METRIC,
            " or ".join(table.rows[row].reading.asked for row in excess.rows),
            node,
            wording.sentence(wording.excess(node, excess, flow)),
            {
                "before": _rounded(excess.before),
                "after": _rounded(excess.after),
                "deviations": _rounded(excess.z),
                "symptom_of": flow.top,
                "share_of_symptom": _rounded(min(1.0, share)),
                "attribution": wording.share(node, flow) if share > 0 else "",
                "samples": self._samples(excess.levels),
            },
            picture=self._curve(
                "latency" if flow.dimension == "time" else "failing share",
                excess.levels,
                "s" if flow.dimension == "time" else "ratio",
            ),
        )

    def lost(self, lost: Lost) -> str:
        return self.add(
            EvidenceKind.METRIC,
            self.seen.table.rows[lost.row].reading.asked,
            lost.component,
            wording.sentence(wording.lost(lost)),
            {
                "before": _rounded(lost.before),
                "after": _rounded(lost.after),
                "deviations": _rounded(lost.z),
                "samples": self._samples(self.seen.table.values[lost.row]),
            },
            picture=self._curve(self.seen.table.rows[lost.row].reading.series.name, self.seen.table.values[lost.row]),
        )

    def shift(self, shift: Shift) -> str:
        return self.add(
            EvidenceKind.METRIC,
            shift.row.reading.asked,
            shift.row.component,
            wording.sentence(wording.shift(shift)),
            {
                "before": _rounded(shift.before),
                "after": _rounded(shift.after),
                "deviations": _rounded(shift.z),
                "not_shared": _rounded(shift.own),
                "samples": self._samples(self.seen.table.values[shift.index]),
            },
            picture=self._curve(shift.row.reading.series.name, self.seen.table.values[shift.index]),
        )

    def _samples(self, values: Floats) -> JsonValue:
        """The last few samples as [Unix seconds, value]."""
        measured = [(t, v) for t, v in zip(self.seen.table.times, values, strict=True) if v == v]  # noqa: PLR0124 (not NaN)
        return [[float(t), _rounded(float(v))] for t, v in measured[-_SAMPLES:]]

    def lines(self, line: LineShift) -> str:
        return self.add(
            EvidenceKind.LOG,
            f"{self.seen.seen.lines_query or 'log lines'} | template {line.template}",
            line.component,
            wording.sentence(wording.lines(line)),
            {
                "template": line.template,
                "level": line.level,
                "expected": _rounded(line.before),
                "count": line.after,
                "first": line.first.isoformat(),
                "example": line.example,
            },
            untrusted=True,
        )

    def failing(self, one: Spectrum) -> str:
        return self.add(
            EvidenceKind.LOG,
            f"{self.seen.seen.lines_query or 'log lines'} | requests since the onset by trace id",
            one.component,
            wording.sentence(wording.failing(one)),
            {
                "failed": one.failing,
                "requests": one.through,
                "failed_past_it": one.failing_past,
                "requests_past_it": one.past,
                "deviations": _rounded(one.z),
            },
        )

    def unfinished(self, one: Unfinished) -> str:
        return self.add(
            EvidenceKind.LOG,
            f"{self.seen.seen.lines_query or 'log lines'} | lines of one request by trace id | template {one.template}",
            one.component,
            wording.sentence(wording.unfinished(one)),
            {
                "template": one.template,
                "follows": one.follows,
                "followed": one.since[0],
                "requests": one.since[1],
                "followed_before": one.before[0],
                "requests_before": one.before[1],
                "deviations": _rounded(one.z),
            },
            untrusted=True,
        )

    def change(self, change: Change) -> str:
        return self.add(
            EvidenceKind.CHANGE,
            f"changes of {change.service} from {change.source}",
            change.service,
            wording.sentence(
                f"{change.kind} of {change.service} at {wording.clock(change.at)}: {wording.quoted(change.summary)}"
            ),
            {"at": change.at.isoformat(), "kind": change.kind, "summary": change.summary, "author": change.author},
            untrusted=True,
        )

    def trouble(self, trouble: Trouble) -> str:
        return self.add(
            EvidenceKind.PLATFORM,
            trouble.about,
            trouble.component,
            wording.sentence(trouble.text),
            trouble.content,
            untrusted=trouble.untrusted,
        )

    def blame(self, blame: Blame) -> str:
        return self.add(
            EvidenceKind.ALERT,
            f"alerts of this incident that bear on {blame.component}",
            blame.component,
            wording.sentence(wording.blame(blame)),
            {
                "alerts": blame.alerts,
                "first": blame.first.isoformat(),
                "telling": [[kind, here, raisers] for kind, here, raisers in blame.telling],
            },
        )

    def add(
        self,
        kind: EvidenceKind,
        query: str,
        entity: str,
        summary: str,
        content: JsonValue,
        *,
        untrusted: bool = False,
        picture: Curve | CallGraph | None = None,
    ) -> str:
        key = f"{kind}|{query}|{entity}|{summary}"
        if key not in self.kept:
            start, end = self._window()
            self.kept[key] = Evidence(
                id=f"a{len(self.kept) + 1}",
                kind=kind,
                source=_SOURCE,
                query=query,
                entity=entity,
                starts_at=start,
                ends_at=end,
                summary=summary,
                content=content,
                trust="user-controlled" if untrusted else "system",
                picture=picture,
            )
        return self.kept[key].id

    def _curve(self, name: str, values: Floats, unit: str = "") -> Curve | None:
        return pictures.curve(name, self.seen.table.times, values, self.seen.onset.at, unit)

    def _window(self) -> tuple[datetime, datetime]:
        table, now = self.seen.table, self.seen.seen.now
        return (table.at(0) if len(table.times) else self.seen.onset.at), now


def _rounded(value: float) -> float | None:
    """Four significant digits; None for what is not a number."""
    return float(f"{value:.4g}") if math.isfinite(value) else None

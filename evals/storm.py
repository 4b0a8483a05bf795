"""How well do alerts become incidents?  A stream through intake and correlation, judged by the true incidents."""

import itertools
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.correlate.correlator import Correlator
from agent.correlate.standing import Standing
from agent.domain.alert import Placed
from agent.domain.rules import Correlation
from agent.ingest import alertmanager
from evals import case as cases
from tools.recording import files

Correlate = Callable[[Sequence[Mapping[str, Any]], Path], Mapping[str, str]]
"""(raw alerts in time order, the folder they lie in) -> alert id to incident id; ids missing got no incident."""


@dataclass(frozen=True)
class StormScores:
    alerts: int
    incidents: int
    true_incidents: int
    reduction: float
    """1 - incidents / alerts. Worthless alone: one group for everything has the best."""
    ari: float
    """Adjusted Rand index (Hubert and Arabie 1985)."""
    v_measure: float
    """Harmonic mean of homogeneity and completeness (Rosenberg and Hirschberg 2007)."""
    homogeneity: float
    completeness: float
    causes_merged_away: int
    """True incidents whose alerts all ended where another true incident has more: nobody would be shown them."""
    causes_split: int
    """True incidents whose alerts ended in more than one incident."""
    unplaced: int
    """Alerts that ended in no incident (duplicates, silenced, inhibited); each counts as an incident of its own."""


def command(stream: Path, truth: Path, out: Path | None) -> int:
    """Print the figures as a Markdown table, write JSON when asked."""
    alerts = list(cases.records(stream))
    placed = correlate(alerts, stream.parent)
    scores = score(json.loads(truth.read_text("utf-8")), placed)
    if out:
        out.write_text(json.dumps(asdict(scores), indent=1), "utf-8")
    figures = asdict(scores)
    print("| " + " | ".join(figures) + " |\n|" + "---|" * len(figures))
    print("| " + " | ".join(f"{v:.4f}" if isinstance(v, float) else str(v) for v in figures.values()) + " |")
    return 0


def correlate(alerts: Sequence[Mapping[str, Any]], folder: Path) -> Mapping[str, str]:
    """THE SEAM: the one place where intake and correlation are plugged in (see `Correlate`).

    Each alert comes through the webhook parser at its own `startsAt`, and is placed by the default rules with the
    topology that lies beside the stream. An alert that ends as a duplicate keeps the incident it repeats.
    """

    graph = folder / "topology.json"
    standing = Standing(Correlation(), topology=files.topology(graph) if graph.exists() else None)
    numbers = itertools.count(1)
    correlator = Correlator(lambda: f"i{next(numbers):06d}")
    found: dict[str, str] = {}
    for placed in _arrivals(alerts):
        placement = correlator.place(placed, standing)
        standing.apply(placement)
        if placement.placed.incident:
            found[placed.id] = placement.placed.incident
    return found


def _arrivals(alerts: Sequence[Mapping[str, Any]]) -> Iterator[Placed]:
    for raw in sorted(alerts, key=lambda raw: str(raw["startsAt"])):
        at = datetime.fromisoformat(str(raw["startsAt"]))
        bare = {key: value for key, value in raw.items() if key != "id"}
        read, _ = alertmanager.parse(json.dumps({"version": "4", "alerts": [bare]}).encode(), at)
        for alert in read:
            yield Placed(id=str(raw["id"]), alert=alert, receipt="replay", received_at=at)


def score(truth: Mapping[str, str], placed: Mapping[str, str]) -> StormScores:
    """Both map alert ids to incidents; an alert that was not placed stands alone."""
    ids = sorted(truth)
    true: list[Hashable] = [truth[one] for one in ids]
    found: list[Hashable] = [placed.get(one) or ("alone", one) for one in ids]
    incidents = len(set(found))
    homogeneity, completeness = _homogeneity(true, found), _homogeneity(found, true)
    both = homogeneity + completeness
    return StormScores(
        alerts=len(ids),
        incidents=incidents,
        true_incidents=len(set(true)),
        reduction=1 - incidents / len(ids),
        ari=adjusted_rand(true, found),
        v_measure=2 * homogeneity * completeness / both if both else 0.0,
        homogeneity=homogeneity,
        completeness=completeness,
        causes_merged_away=_merged_away(true, found),
        causes_split=_split(true, found),
        unplaced=sum(one not in placed for one in ids),
    )


def adjusted_rand(true: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """1 for the same partition, about 0 for chance."""
    together = sum(math.comb(n, 2) for n in Counter(zip(true, found, strict=True)).values())
    rows = sum(math.comb(n, 2) for n in Counter(true).values())
    columns = sum(math.comb(n, 2) for n in Counter(found).values())
    pairs = math.comb(len(true), 2)
    expected = rows * columns / pairs if pairs else 0.0
    greatest = (rows + columns) / 2
    return 1.0 if greatest == expected else (together - expected) / (greatest - expected)


def _homogeneity(classes: Sequence[Hashable], clusters: Sequence[Hashable]) -> float:
    """1 - H(class | cluster) / H(class); 1 when there is one class only."""
    entropy = _entropy(Counter(classes))
    joint, sizes = Counter(zip(classes, clusters, strict=True)), Counter(clusters)
    rest = -sum(n / len(classes) * math.log(n / sizes[cluster]) for (_, cluster), n in joint.items())
    return 1 - rest / entropy if entropy else 1.0


def _entropy(counts: Counter[Hashable]) -> float:
    total = counts.total()
    return -sum(n / total * math.log(n / total) for n in counts.values())


def _merged_away(true: Sequence[Hashable], found: Sequence[Hashable]) -> int:
    """A true incident is seen when it leads (has most alerts in) at least one incident."""
    members: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for incident, cause in zip(found, true, strict=True):
        members[incident][cause] += 1
    leading = {max(causes, key=lambda cause: (causes[cause], str(cause))) for causes in members.values()}
    return len(set(true) - leading)


def _split(true: Sequence[Hashable], found: Sequence[Hashable]) -> int:
    ended: dict[Hashable, set[Hashable]] = defaultdict(set)
    for cause, incident in zip(true, found, strict=True):
        ended[cause].add(incident)
    return sum(len(incidents) > 1 for incidents in ended.values())

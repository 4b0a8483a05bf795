"""How well do alerts become incidents?  A stream through intake and correlation, judged by the true incidents."""

import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.analysis.waves import waves
from agent.correlate.comparison import adjusted_rand, merged_away, torn
from agent.correlate.shadow import replay
from agent.correlate.standing import Standing
from agent.domain.alert import Fate, Placed
from agent.domain.rules import Correlation
from agent.ingest import alertmanager
from evals import case as cases
from evals import markdown
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
    causes_merged_away_shown: int
    """Of these, those that most alerts of one wave of an incident are of: it says that it may be several."""
    causes_merged_away_unseen: int
    causes_split: int
    """True incidents whose alerts ended in more than one incident."""
    unplaced: int
    """Alerts that ended in no incident (duplicates, silenced, inhibited); each counts as an incident of its own."""
    twins: int = 0
    """Alerts of two true incidents that share series and start, so that nothing can tell them apart."""


@dataclass(frozen=True)
class Retiming:
    """How the true incidents of a stream are moved before it is replayed; their own alerts keep their distances."""

    spacing: float | None = None
    """Seconds from the start of one to the start of the next; 0: drawn between one minute and a quarter of an hour.

    None: as they came.
    """
    half: int = 0
    """1 or 2: only the first or the second half of them, so that one can be tuned on and the other scored; 0: all."""
    seed: int = 0
    """Of their order and of drawn spacings; 0: in the order in which they came."""


def command(stream: Path, truth: Path, out: Path | None, retiming: Retiming) -> int:
    """Print the figures as a Markdown table, write JSON when asked."""
    told = json.loads(truth.read_text("utf-8-sig"))
    alerts, told = retimed(_known(stream, told), told, retiming)
    placed = correlate(alerts, stream.parent)
    scores = replace(score(told, placed, shown(alerts, placed)), twins=twins(alerts, told))
    if out:
        out.write_text(json.dumps(asdict(scores), indent=1), "utf-8")
    figures = asdict(scores)
    cells = [f"{value:.4f}" if isinstance(value, float) else value for value in figures.values()]
    print("\n".join(markdown.table(list(figures), [cells])))
    return 0


def _known(stream: Path, truth: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    """The alerts that the truth tells of. ValueError when there is none, or one does not say when it began."""
    found = list(cases.records(stream))
    known = [one for one in found if str(one.get("id")) in truth]
    if not known:
        raise ValueError(f"{stream}: none of its {len(found)} alerts has an id that the truth knows")
    if timeless := [one["id"] for one in known if not one.get("startsAt")]:
        raise ValueError(f"{stream}: alert {timeless[0]} has no startsAt")
    if len(known) < len(found):
        print(f"{len(found) - len(known)} alerts left out: the truth does not know them", file=sys.stderr)
    return known


def correlate(alerts: Sequence[Mapping[str, Any]], folder: Path) -> Mapping[str, str]:
    """THE SEAM: the one place where intake and correlation are plugged in (see `Correlate`).

    Each alert comes through the webhook parser at its own `startsAt`, and is placed by the default rules with the
    topology that lies beside the stream. An alert that ends as a duplicate keeps the incident it repeats.
    """
    graph = folder / "topology.json"
    standing = Standing(Correlation(), topology=files.topology(graph) if graph.exists() else None)
    placed = replay(_arrivals(alerts), standing)
    return {one.id: one.incident for one in placed.values() if one.incident}


def retimed(
    alerts: Sequence[Mapping[str, Any]], truth: Mapping[str, str], retiming: Retiming
) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, str]]:
    """The stream, and its truth, with the incidents moved."""
    chance = random.Random(retiming.seed)
    starts = _starts(alerts, truth)
    order = sorted(starts, key=lambda incident: starts[incident])
    middle = len(order) // 2
    order = {0: order, 1: order[:middle], 2: order[middle:]}[retiming.half]
    if retiming.seed:
        chance.shuffle(order)
    moves, clock = {}, starts[order[0]]
    for incident in order:
        moves[incident] = timedelta(0) if retiming.spacing is None else clock - starts[incident]
        clock += timedelta(seconds=retiming.spacing or chance.uniform(60, 900))
    kept = {str(one["id"]): truth[str(one["id"])] for one in alerts if truth[str(one["id"])] in moves}
    moved = [_moved(one, moves[kept[str(one["id"])]]) for one in alerts if str(one["id"]) in kept]
    return moved, kept


def twins(alerts: Sequence[Mapping[str, Any]], truth: Mapping[str, str]) -> int:
    """Alerts that nothing tells from one of another true incident: the same series and the same start."""
    causes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in alerts:
        causes[_told(one)].add(truth[str(one["id"])])
    return sum(len(causes[_told(one)]) > 1 for one in alerts)


def _told(alert: Mapping[str, Any]) -> tuple[str, str]:
    return json.dumps(alert["labels"], sort_keys=True), str(alert["startsAt"])


def _starts(alerts: Sequence[Mapping[str, Any]], truth: Mapping[str, str]) -> dict[str, datetime]:
    starts: dict[str, datetime] = {}
    for one in alerts:
        at, incident = _began(one), truth[str(one["id"])]
        starts[incident] = min(at, starts.get(incident, at))
    return starts


def _began(alert: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(alert["startsAt"]))


def _moved(alert: Mapping[str, Any], by: timedelta) -> Mapping[str, Any]:
    at = (_began(alert) + by).astimezone(UTC)
    return {**alert, "startsAt": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}


def _arrivals(alerts: Sequence[Mapping[str, Any]]) -> Iterator[Placed]:
    for raw in sorted(alerts, key=lambda raw: str(raw["startsAt"])):
        at = _began(raw)
        bare = {key: value for key, value in raw.items() if key != "id"}
        read, _ = alertmanager.parse(json.dumps({"version": "4", "alerts": [bare]}).encode(), at)
        for alert in read:
            yield Placed(id=str(raw["id"]), alert=alert, receipt="replay", received_at=at)


def shown(alerts: Sequence[Mapping[str, Any]], placed: Mapping[str, str]) -> Mapping[str, Hashable]:
    """Alert id -> the incident and the wave of it that the alert is in; without those that are in no wave."""
    members: dict[str, list[Placed]] = defaultdict(list)
    for one in _arrivals(alerts):
        if incident := placed.get(one.id):
            members[incident].append(one.model_copy(update={"fate": Fate.INCIDENT, "incident": incident}))
    return {
        alert: (incident, place)
        for incident, those in members.items()
        for place, wave in enumerate(waves(those))
        for alert in wave.alerts
    }


def score(
    truth: Mapping[str, str], placed: Mapping[str, str], within: Mapping[str, Hashable] | None = None
) -> StormScores:
    """`truth` and `placed` map alert ids to incidents; an alert that was not placed stands alone.

    `within` maps those that an incident shows apart from its others to where it shows them.
    """
    ids = sorted(truth)
    true: list[Hashable] = [truth[one] for one in ids]
    found: list[Hashable] = [placed.get(one) or ("alone", one) for one in ids]
    incidents = len(set(found))
    away = merged_away(true, found)
    apart = [(within or {}).get(one, group) for one, group in zip(ids, found, strict=True)]
    unseen = away.keys() & merged_away(true, apart).keys()
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
        causes_merged_away=len(away),
        causes_merged_away_shown=len(away.keys() - unseen),
        causes_merged_away_unseen=len(unseen),
        causes_split=len(torn(true, found)),
        unplaced=sum(one not in placed for one in ids),
    )


def _homogeneity(classes: Sequence[Hashable], clusters: Sequence[Hashable]) -> float:
    """1 - H(class | cluster) / H(class); 1 when there is one class only."""
    entropy = _entropy(Counter(classes))
    joint, sizes = Counter(zip(classes, clusters, strict=True)), Counter(clusters)
    rest = -sum(n / len(classes) * math.log(n / sizes[cluster]) for (_, cluster), n in joint.items())
    return 1 - rest / entropy if entropy else 1.0


def _entropy(counts: Counter[Hashable]) -> float:
    total = counts.total()
    return -sum(n / total * math.log(n / total) for n in counts.values())

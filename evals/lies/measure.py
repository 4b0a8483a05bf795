"""Of so many lies, how many does the check drop; and of as many truths, how many does it keep?"""

import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from agent.domain.hypothesis import Claim, Diagnosis, Verdict
from agent.policy.grounding import ground
from evals import case as cases
from evals import markdown
from evals.lies.sayings import Saying, lies, truths
from evals.lies.scene import Scene, scene

DROPPED, KEPT = 0.99, 0.98
"""The goals: of the lies, and of the truths."""


@dataclass(frozen=True)
class Judged:
    saying: Saying
    kept: bool
    reason: str
    """Why it was dropped."""

    @property
    def right(self) -> bool:
        return self.kept == self.saying.true


def command(root: Path, seed: int, wanted: int, out: Path | None) -> int:
    """Print the table and write `out`; 1 when a goal was missed or there was nothing to judge."""
    scenes = [found for case in cases.find(root) if (found := asyncio.run(scene(case)))]
    judged = judge(scenes, chosen(scenes, seed, wanted))
    print(table(judged))
    if out is not None:
        out.write_text(json.dumps(report(judged, seed), indent=1, ensure_ascii=False), "utf-8")
    if not judged:
        print(f"there is no case with telemetry below {root}", file=sys.stderr)
    return 0 if judged and share(judged, true=False) >= DROPPED and share(judged, true=True) >= KEPT else 1


def chosen(scenes: Iterable[Scene], seed: int, wanted: int) -> list[Saying]:
    """So many lies, as many of each kind as can be, and as many truths; the same for the same seed."""
    chance = Random(seed)
    false: list[Saying] = []
    true: list[Saying] = []
    for one in scenes:
        false += lies(one, chance)
        true += truths(one)
    return _spread(false, wanted, chance) + _spread(true, wanted, chance)


def _spread(sayings: Sequence[Saying], wanted: int, chance: Random) -> list[Saying]:
    """From every kind in turn, until there are enough."""
    piles: dict[str, list[Saying]] = {}
    for one in sorted(sayings, key=lambda one: (one.kind, one.case, one.text, one.evidence)):
        piles.setdefault(one.kind, []).append(one)
    for pile in piles.values():
        chance.shuffle(pile)
    taken: list[Saying] = []
    while len(taken) < wanted and any(piles.values()):
        taken += [pile.pop() for pile in piles.values() if pile]
    return taken[:wanted]


def judge(scenes: Sequence[Scene], sayings: Sequence[Saying]) -> list[Judged]:
    """Each by itself, as the one claim of a model's diagnosis, against all that is stored of its case."""
    by_case = {one.case: one for one in scenes}
    return [_judged(one, by_case[one.case]) for one in sayings]


def _judged(one: Saying, of: Scene) -> Judged:
    said = Diagnosis(
        verdict=Verdict.CAUSE,
        analysed_by="model",
        component=of.evidence[0].entity,
        summary="",
        claims=(Claim(text=one.text, evidence=one.evidence),),
        confidence=0.5,
    )
    checked = ground(said, of.evidence, entities=of.components, onset=of.onset)
    reasons = [fell.reason for fell in checked.dropped if fell.text == one.text]
    return Judged(one, bool(checked.diagnosis.claims), "; ".join(reasons))


def share(judged: Iterable[Judged], *, true: bool) -> float:
    """Of the truths, or the lies, that were judged rightly."""
    asked = [one.right for one in judged if one.saying.true is true]
    return sum(asked) / len(asked) if asked else 0.0


def table(judged: Sequence[Judged]) -> str:
    """Markdown: lies by what was changed, truths by how they are said."""
    rows = []
    for true, what in ((False, "lies, dropped"), (True, "truths, kept")):
        asked = [one for one in judged if one.saying.true is true]
        rows.append(_row(f"**{what}**", asked))
        rows += [_row(kind, [one for one in asked if one.saying.kind == kind]) for kind in kinds(asked)]
    return "\n".join(markdown.table(("sayings", "made", "judged rightly", "share"), rows))


def _row(name: str, asked: Sequence[Judged]) -> tuple[str, int, int, str]:
    right = sum(one.right for one in asked)
    return name, len(asked), right, f"{right / len(asked) if asked else 0:.1%}"


def kinds(judged: Iterable[Judged]) -> list[str]:
    return sorted({one.saying.kind for one in judged})


def report(judged: Sequence[Judged], seed: int) -> dict[str, object]:
    return {
        "seed": seed,
        "dropped": share(judged, true=False),
        "kept": share(judged, true=True),
        "cases": len({one.saying.case for one in judged}),
        "judged": [asdict(one.saying) | {"kept": one.kept, "reason": one.reason} for one in judged],
    }

"""What do the controls refuse where nobody attacks?  The whole agent on recorded incidents, and others' clean logs.

python -m tests.attacks.benign [--cases N] [--logs FILE ...]
"""

import argparse
import asyncio
import json
import lzma
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.errors import AgentError
from agent.domain.event import EventType
from agent.policy.redaction import Redactor
from tests.attacks.world import ROOT
from tests.e2e.line import Line, line

CASES = ROOT / "evals" / "cases" / "lab"
_ADDRESS = re.compile(r"<(ip|email):")
"""What is replaced on purpose wherever it stands: personal data."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Asked:
    """How often a control was asked, and which of the answers were no."""

    asked: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(control, what it said)."""

    @property
    def share(self) -> float:
        return len(self.refused) / max(1, self.asked.total())

    def note(self, control: str, times: int = 1, *refusals: str) -> None:
        self.asked[control] += times
        self.refused += [(control, one) for one in refusals]


async def investigated(case: str, told: Asked) -> None:
    """One recorded incident from the alert to the report, with somebody who says yes; nobody in it attacks."""
    with tempfile.TemporaryDirectory(prefix="benign-") as folder:
        async with line(Path(folder), case) as running:
            await running.post_alert()
            await _say_yes(running, told)
            await _count(running, told)


async def _say_yes(running: Line, told: Asked) -> None:
    keys = running.application.identity.keys
    people = [await keys.authenticate((await keys.create(name, "person", ["approve:high"])).token) for name in "ab"]
    done = asyncio.create_task(running.until(EventType.REPORTED))
    while not done.done():
        await asyncio.wait({done}, timeout=0.1)
        for asked in await running.application.views.approvals(ApprovalStatus.PENDING):
            for who in people[: asked.quorum]:
                try:
                    await running.application.service.people.decide(asked.id, Decision.APPROVE, who, "rest")
                    told.note("a vote of whoever may")
                except AgentError as error:
                    told.note("a vote of whoever may", 1, str(error))
    done.result()


async def _count(running: Line, told: Asked) -> None:
    entries = [entry.event for entry in await running.application.record.journal.after(0)]
    for event in entries:
        match event.type:
            case EventType.ALERT_PLACED:
                told.note("an alert is understood")
            case EventType.DIAGNOSED:
                dropped = int(str(event.facts["claims_dropped"]))
                told.note("a claim stands", dropped, *[event.text] * dropped)
            case EventType.ACTION_PROPOSED:
                told.note("an action may be proposed")
            case EventType.EFFECT_INTENT:
                told.note("an approved step is taken")
            case EventType.ACTION_REFUSED:
                told.note("an action may be proposed", 1, event.text)
    for incident in (await running.application.views.incidents()).incidents:
        seen = await running.application.views.incident(incident.id)
        told.note("a claim stands", sum(len(run.diagnosis.claims) for run in seen.runs if run.diagnosis))


def read(lines: Iterable[str], told: Asked) -> None:
    """Clean lines on their way to a model: one is refused when more than an address is taken out of it."""
    redactor = Redactor(b"0" * 32)
    for text in lines:
        # Colours and the like are for a terminal: that they are taken out costs no word.
        seen = "".join(letter if letter.isprintable() else " " for letter in _COLOUR.sub(" ", text))
        gone = Counter(seen.split()) - Counter(redactor.redact(seen).split())
        lost = [word for word in gone if not _ADDRESS.search(redactor.redact(word))]
        told.note("a line is let through", 1, *([f"{' '.join(lost)[:80]} in {text[:120]}"] if lost else []))


def lines_of(path: Path, most: int) -> Iterator[str]:
    """Of a log its lines, of JSON the lines of every text in it; of a file of JSON lines, of so many of those."""
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as file:
        if path.suffix == ".json":
            yield from _texts(json.load(file))
            return
        for _, text in zip(range(most), file, strict=False):
            yield from _texts(json.loads(text)) if ".jsonl" in path.name else (text.rstrip("\n"),)


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield from value.splitlines()
        case list():
            for one in value:
                yield from _texts(one)
        case dict():
            for name, one in value.items():
                yield name
                yield from _texts(one)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.benign")
    parser.add_argument("--cases", type=int, default=1_000, help="of the laboratory's, at most so many")
    parser.add_argument("--logs", type=Path, nargs="*", default=[], help="files of others' logs, without a secret")
    parser.add_argument("--lines", type=int, default=2_000, help="of each of them, at most")
    options = parser.parse_args()
    agent, texts = Asked(), Asked()
    for case in sorted(path.name for path in CASES.iterdir())[: options.cases]:
        await investigated(case, agent)
        print(case, dict(agent.asked), len(agent.refused), flush=True)
    for path in options.logs:
        read(lines_of(path, options.lines), texts)
    for told in (agent, texts):
        print(f"{len(told.refused)} of {told.asked.total():,} refused: {told.share:.2%}", dict(told.asked))
        for refusal, times in Counter(told.refused).most_common(30):
            print(f"  {times} x {refusal}")


if __name__ == "__main__":
    asyncio.run(main())

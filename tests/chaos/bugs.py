"""Does the checker see anything?  Each planted bug meets the fault where it matters; so does the shipped agent."""

import time
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import deployment, power
from tests.chaos.drills.unheard import COMMITS, broken_off
from tests.chaos.farend import FORGETS
from tests.chaos.planted import BLIND, NORMAL
from tests.chaos.server import ENDED, Deaths, Ground, Outcome, import_all, lived

PHASES = range(6)
"""Nobody hears of each sixth commit of a life, from one of these on. Which of them matter is for the agent to say, and
a life whose connections break has other commits each time."""


@dataclass(frozen=True)
class Bug:
    what: str
    deaths: Deaths = field(default_factory=Deaths)
    run: dict[str, Any] = field(default_factory=dict)


_IN_THE_CALL = Deaths(points=(("ledger:after the call", 1),))
BUGS = {
    "ledger off": Bug("the call is made without a line in the ledger", _IN_THE_CALL),
    "read-back off": Bug("after a crash the call is made again, unasked", _IN_THE_CALL),
    "attempt in the key": Bug("each try has an idempotency key of its own", _IN_THE_CALL),
    "approval not compared": Bug(
        "the INTENT is written without a look at the approval's row", run={"regrets_at": "ledger:before INTENT"}
    ),
    "spent after the call": Bug(
        "the approval is used up after the call, not with the INTENT", run={"regrets_at": "ledger:after the call"}
    ),
    "acknowledged before commit": Bug(
        "the sender is told that it is stored before it is", Deaths(points=(("intake:acked", 1),))
    ),
    "job acknowledged first": Bug(
        "the queue is told that the job is done before it is", Deaths(points=(("node:before survey", 1),))
    ),
    "fencing off": Bug("the ledger does not look whose job it is", run={"zombie": True}),
    "audit off": Bug("nothing is written to the journal"),
}


@dataclass(frozen=True)
class Caught:
    bug: str
    what: str
    caught: bool
    silent: bool
    """Of the agent without the bug, under the same fault, nothing was found."""
    says: str
    """The first thing that was found."""


def caught(ground: Ground) -> list[Caught]:
    """All of them; those that only strace or a PostgreSQL can show where there is one."""
    found = [_caught(ground, name) for name in BUGS]
    found += [] if power.probe() else [_not_synced(ground)]
    return found if deployment.probe() else [*found, _not_asked_about(ground)]


def _not_synced(ground: Ground) -> Caught:
    planted, sound = (power.watched(ground, bug).early for bug in (NORMAL, ""))
    first = next(iter(planted), "")
    what = "a commit is written, and not synced"
    return Caught(NORMAL, what, caught=bool(planted), silent=not sound, says=f"{first} before it was on the disk")


def _not_asked_about(ground: Ground) -> Caught:
    what = "a change whose commit nobody heard of is made again, without asking whether it was done"
    with deployment.shared() as servers:
        placed = ground.on(servers)
        import_all(placed)
        for phase in PHASES:
            if planted := _unheard(placed, BLIND, phase):
                break
        sound = _unheard(placed, "", phase)
    return Caught(BLIND, what, caught=bool(planted), silent=not sound, says=next(iter(planted), ""))


def _unheard(ground: Ground, bug: str, phase: int) -> tuple[str, ...]:
    with ground.run(f"{FORGETS}-{time.monotonic_ns()}", planted=bug) as run:
        commits = range(phase, COMMITS, len(PHASES))
        return broken_off(run, dict.fromkeys(commits, "after"), Deaths()).found.duplicates


def _caught(ground: Ground, name: str) -> Caught:
    found = _lived(ground, name, planted=name).found
    sound = _lived(ground, name, planted="").found
    # A bug that ends the process is not one that the checker saw.
    seen = [one for one in (*found.lost, *found.duplicates, *found.broken) if not one.startswith(ENDED)]
    return Caught(name, BUGS[name].what, caught=bool(seen), silent=not sound, says=next(iter(seen), ""))


def _lived(ground: Ground, name: str, *, planted: str) -> Outcome:
    with ground.run(f"{FORGETS}-{time.monotonic_ns()}", planted=planted, **BUGS[name].run) as run:
        return lived(run, BUGS[name].deaths)

"""How does a seed draw a death, and what must come of it?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from agent.storage.jobs import DELIVERIES
from tests.chaos.attempt import Attempt, Known, Tried
from tests.chaos.check import Found
from tests.chaos.deployment import Shared
from tests.chaos.farend import FORGETS
from tests.chaos.life import STRUCK
from tests.chaos.server import MOST_LIVES, Deaths, Ground, Outcome, lived

LIVES = (1, 2, 3, 4, 5)
"""Deaths of a run as it is shipped: of a job that kills three workers nothing is left to be killed."""
MANY_LIVES = (8, 12, 16, 20)
"""Of every other run, in which a job is not set aside before it has killed so many."""
SOON = 12
"""Points that a life comes by at most, of all kinds, when it is killed while it is still recovering."""
WAITED_AT = ("checkpoint:", "ledger:before", "ledger:after", "intake:", "people:")
"""Points that a life may be held at while something happens outside of it: the others are in the midst of what cannot
wait."""
DAY, HOUR = 86_400, 3_600


@dataclass(frozen=True)
class Fault:
    token: str
    deaths: Deaths = field(default_factory=Deaths)
    run: dict[str, Any] = field(default_factory=dict)


Draw = Callable[[Random, Known], Fault]


def killed(draw: Draw) -> Attempt:
    """The attempt of a row whose faults are kills."""

    def attempt(ground: Ground, seed: int, known: Known) -> Tried:
        outcome = _lived(ground, seed, draw, known)
        return Tried(outcome.kills, outcome.found, outcome.effects, outcome.recovered, outcome.kills)

    return attempt


def struck(draw: Draw) -> Attempt:
    """The attempt of a row whose faults are what happens around a life, and not its death.

    A life that was killed before it came to the place of its strike has met none.
    """

    def attempt(ground: Ground, seed: int, known: Known) -> Tried:
        outcome = _lived(ground, seed, draw, known)
        return Tried(outcome.struck, outcome.found, outcome.effects, outcome.recovered, outcome.kills)

    return attempt


def poisoned(ground: Ground, seed: int, known: Known) -> Tried:
    """A job that kills its worker each time is set aside after the third; an answer given meanwhile is a second job."""
    outcome = _lived(ground, seed, _each_time, known)
    found = outcome.found
    if outcome.kills != DELIVERIES * outcome.dead or outcome.dead not in (1, 2):
        told = f"its job killed {outcome.kills} workers, and {outcome.dead} jobs were set aside"
        found = Found(found.lost, found.duplicates, (*found.broken, told))
    return Tried(outcome.kills, found, outcome.effects, outcome.recovered, outcome.kills)


def _lived(ground: Ground, seed: int, draw: Draw, known: Known) -> Outcome:
    fault = draw(Random(f"{draw.__qualname__}:{seed}"), known)
    strike = ground.deployment.strike if isinstance(ground.deployment, Shared) else None
    with ground.run(f"{fault.token}-{draw.__name__}-{seed}", **fault.run) as run:
        outcome = lived(run, fault.deaths, strike)
        outcome.struck = len(run.log(STRUCK).lines()) if run.strikes else 1
        return outcome


def at_points(*beginnings: str) -> Draw:
    """Wherever such a point is come by; a later life has less before it than the first."""

    def draw(chance: Random, known: Known) -> Fault:
        lives, more = _lives(chance)
        deaths = [_next_death(chance, known, chance.choice(beginnings), life) for life in range(lives)]
        return _story(chance, Deaths(points=tuple(deaths)), more)

    draw.__name__ = draw.__qualname__ = "_".join(one.strip(":") for one in beginnings)
    return draw


def at_random_times(chance: Random, known: Known) -> Fault:
    """Of a later life most is over sooner than of the first."""
    lives, more = _lives(chance)
    after = [chance.uniform(0, 1.1 * known.seconds / (1 + life / 2)) for life in range(lives)]
    return _story(chance, Deaths(after=tuple(after)), more)


def _lives(chance: Random) -> tuple[int, dict[str, Any]]:
    """(how many are killed, what else is so in the run)."""
    if chance.random() < 0.5:
        return chance.choice(LIVES), {}
    return chance.choice(MANY_LIVES), {"deliveries": MOST_LIVES}


def _next_death(chance: Random, known: Known, beginning: str, life: int) -> tuple[str, int]:
    most = len(known.named(beginning))
    if life and chance.random() < 0.5:
        return "", chance.randint(1, SOON)
    return beginning, chance.randint(1, max(1, most // (life + 1)))


def at_the_web_side(point: str) -> Draw:
    def draw(chance: Random, _: Known) -> Fault:
        deaths = Deaths(points=((point, 1),) * chance.choice((1, 2, 3, 4)))
        return Fault(_token(chance), deaths, {"web": True})

    draw.__name__ = draw.__qualname__ = point.replace(":", "-").replace(" ", "-")
    return draw


def _each_time(chance: Random, known: Known) -> Fault:
    """At the entry of one step, whenever it is come to."""
    name, _ = chance.choice([one for one in known.named("node:before ") if one[0] != "node:before __start__"])
    return Fault(_token(chance), Deaths(points=((name, 1),) * 6))


def held_up(chance: Random, _: Known) -> Fault:
    return Fault(FORGETS, run={"zombie": True})


def skewed(chance: Random, _: Known) -> Fault:
    """A second worker's clock is ten minutes ahead, so that it takes the first one's lease for over."""
    return Fault(FORGETS, run={"zombie": True, "past": chance.uniform(60, 600)})


def crowded(chance: Random, _: Known) -> Fault:
    return Fault(_token(chance), run={"crowd": True, "denies": chance.random() < 0.2})


def at_the_last_moment(chance: Random, known: Known) -> Fault:
    """Around the second in which the question expires; the next life's clock is a second later."""
    fault = _story(
        chance, Deaths(points=(("", chance.randint(1, len(known.passed))),) * chance.choice((0, 1, 1, 2))), {}
    )
    seconds = chance.choice((0.0, 0.001, 0.5, 1.0, 2.0, -0.001, -1.0))
    return Fault(fault.token, fault.deaths, {**fault.run, "before_expiry": seconds})


def while_it_works(*what: str) -> Draw:
    """One of these, at any point of the first life; half of those lives are killed somewhere after it, too."""

    def draw(chance: Random, known: Known) -> Fault:
        name, count = chance.choice(known.named(*WAITED_AT))
        later = chance.randint(known.passed.index((name, count)) + 1, len(known.passed))
        fault = _story(chance, Deaths(points=(("", later),) * chance.choice((0, 1))), {})
        return Fault(fault.token, fault.deaths, {**fault.run, "strikes": ((name, count, chance.choice(what)),)})

    draw.__name__ = draw.__qualname__ = what[0].replace(" ", "-")
    return draw


def fallen_back(ground: Ground, seed: int, known: Known) -> Tried:
    """What was committed last is gone, and with it what the record would tell of an action: it is not done again."""
    outcome = _lived(ground, seed, _behind, known)
    found, gone = outcome.found, ("the journal does not tell of", "the ledger says", "the approval")
    told = Found(found.lost, found.duplicates, tuple(one for one in found.broken if not one.startswith(gone)))
    return Tried(outcome.struck // 2, told, outcome.effects, outcome.recovered, outcome.kills)


def _behind(chance: Random, known: Known) -> Fault:
    """A replica that is so far behind takes over; the alert itself it has."""
    places = [point for point in known.named(*WAITED_AT) if not point[0].startswith("intake:")]
    about_to = places.index(("ledger:before INTENT", 1))
    copied = chance.choice((chance.randrange(len(places) - 5), about_to - chance.randint(0, 6)))
    # Not next to each other: what is stored side by side is passed in any order.
    taken_over = min(copied + chance.randint(4, 10), len(places) - 1)
    strikes = ((*places[copied], "postgres copied"), (*places[taken_over], "postgres falls back"))
    # Whoever goes on knows what it did; whoever starts anew knows what the record tells.
    dies = ("", known.passed.index(places[taken_over]) + chance.randint(1, 6))
    deaths = Deaths(points=(dies,) * chance.choice((0, 1, 1)))
    return Fault(_token(chance), deaths, {"strikes": strikes, "waits": True})


def _story(chance: Random, deaths: Deaths, more: Mapping[str, Any]) -> Fault:
    """Most people say yes; some say no, some say no after all."""
    said: Mapping[str, Any] = chance.choice(
        (
            *[{}] * 7,
            {"denies": True},
            {"regrets_at": "ledger:before INTENT"},
            {"regrets_at": "ledger:after the call"},
        )
    )
    return Fault(_token(chance), deaths, {**said, **more})


def _token(chance: Random) -> str:
    return chance.choice(("keeps", FORGETS))

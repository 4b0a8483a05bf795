"""What is tried?  The rows of the fault table: how a seed draws a fault of each, and where the others are tried."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.chaos.farend import FORGETS
from tests.chaos.server import Deaths

Passed = list[tuple[str, int]]


@dataclass(frozen=True)
class Known:
    """What a run that nobody disturbed came by, and how long it took: what seeds draw from."""

    passed: Passed
    seconds: float

    def named(self, *beginnings: str) -> Passed:
        return [point for point in self.passed if point[0].startswith(beginnings)]


@dataclass(frozen=True)
class Fault:
    token: str
    deaths: Deaths
    run: dict[str, Any] = field(default_factory=dict)


Draw = Callable[[Random, Known], Fault]


def drawn(row: str, seed: int, known: Known) -> Fault:
    """The fault of that seed. A moment of F04 is drawn from a time that was measured; all else is the seed alone."""
    return ROWS[row].draw(Random(f"{row}:{seed}"), known)


@dataclass(frozen=True)
class Row:
    what: str
    share: int
    """Of a hundred kills, about."""
    draw: Draw


def _at_points(*beginnings: str) -> Draw:
    def draw(chance: Random, known: Known) -> Fault:
        points = known.named(*beginnings)
        lives = chance.choice((1, 1, 2, 3))
        return _story(chance, Deaths(points=tuple(chance.choice(points) for _ in range(lives))))

    return draw


def _at_random_times(chance: Random, known: Known) -> Fault:
    lives = chance.choice((1, 1, 2, 3))
    return _story(chance, Deaths(after=tuple(chance.uniform(0, 1.1 * known.seconds) for _ in range(lives))))


def _at_the_web_side(point: str) -> Draw:
    def draw(chance: Random, _: Known) -> Fault:
        deaths = Deaths(points=((point, 1),) * chance.choice((1, 1, 2, 3)))
        return Fault(_token(chance), deaths, {"web": True})

    return draw


def _each_time(chance: Random, known: Known) -> Fault:
    """At the entry of one step, whenever it is come to."""
    name, _ = chance.choice([one for one in known.named("node:before ") if one[0] != "node:before __start__"])
    return Fault(_token(chance), Deaths(points=((name, 1),) * 6))


def _held_up(chance: Random, _: Known) -> Fault:
    return Fault(FORGETS, Deaths(), {"zombie": True})


def _story(chance: Random, deaths: Deaths) -> Fault:
    """Most people say yes; some say no, some say no after all."""
    said: Mapping[str, Any] = chance.choice(
        (
            *[{}] * 7,
            {"denies": True},
            {"regrets_at": "ledger:before INTENT"},
            {"regrets_at": "ledger:after the call"},
        )
    )
    return Fault(_token(chance), deaths, dict(said))


def _token(chance: Random) -> str:
    return chance.choice(("keeps", FORGETS))


ROWS = {
    "F01": Row("SIGKILL at the entry or exit of a graph step", 20, _at_points("node:")),
    "F02": Row("SIGKILL at a line of the ledger, or around the job's acknowledgement", 25, _at_points("ledger:")),
    "F03": Row("SIGKILL around the checkpointer's put and put_writes", 20, _at_points("checkpoint:")),
    "F04": Row("SIGKILL at a random time", 20, _at_random_times),
    "F05": Row(
        "SIGKILL of the web side between commit and 2xx, and once after the 2xx",
        5,
        _at_the_web_side("intake:after commit"),
    ),
    "F06": Row(
        "SIGKILL of the web side between body and commit, and once after the 2xx",
        5,
        _at_the_web_side("intake:before commit"),
    ),
    "F08": Row("a job that kills its worker each time", 4, _each_time),
    "F10": Row("a worker held up past its lease, awake again while another is at the job", 1, _held_up),
}

WATCHED = {
    "F12": "power cut: times that somebody was told something, and whether all of it was synced by then (strace)"
}
"""Rows for which nothing is killed: the kernel's own account is read. Only where strace may run."""

_QUEUE = "tests/integration/agent/queue"
_RECORD = "tests/integration/agent/storage"
_MODEL = "tests/integration/agent/llm"
ELSEWHERE = {
    "F11": f"{_QUEUE}/test_contract.py::test_one_of_many_workers_gets_the_job",
    "F14": f"{_RECORD}/test_checkpoints.py::test_a_byte_changed_anywhere_is_seen",
    "F16": f"{_RECORD}/test_anchors.py::test_nothing_is_done_when_the_journal_cannot_be_written",
    "F23": f"{_RECORD}/test_anchors.py::test_the_time_for_deadlines_never_runs_back",
    "F24": f"{_QUEUE}/test_contract.py"
    "::test_a_dead_workers_job_is_taken_over_with_a_higher_epoch_and_its_writes_are_refused",
    "F25": "tests/e2e/test_many.py"
    "::test_what_comes_through_two_webs_is_placed_investigated_and_done_once_though_redis_and_postgres_crash",
    "F26": f"{_QUEUE}/test_redis_streams.py::test_a_wiped_redis_is_filled_again_from_the_record",
    "F27": f"{_QUEUE}/test_redis_streams.py::test_without_room_in_redis_jobs_are_taken_from_the_record",
    "F28": f"{_QUEUE}/test_redis_streams.py::test_a_worker_that_died_before_it_had_the_job_hands_its_announcement_on",
    "F36": f"{_MODEL}/test_chat.py::test_an_answer_that_cannot_be_used_is_mended_by_asking_again",
    "F37": f"{_MODEL}/test_chat.py::test_who_asks_for_eleven_days_is_left_alone_at_once",
    "F38": "tests/unit/agent/llm/test_breaker.py::test_ten_calls_earn_a_retry",
    "F34": f"{_MODEL}/test_chat.py::test_every_misbehaviour_ends_in_model_unavailable_within_the_deadline",
    "F35": f"{_MODEL}/test_chat.py::test_every_misbehaviour_ends_in_model_unavailable_within_the_deadline",
    "F48": f"{_RECORD}/test_schema.py::test_killed_half_way_nothing_has_changed_and_the_next_start_completes_it",
}
"""A test of its own tries the row, or a part of it, once a run and without counts."""

_CLUSTER = "wants a mount, a control group or a network namespace of its own, which this command does not make"
NOT_RUN = {
    "F07": "on one node web and worker are one process: F04 kills both at once",
    "F09": "no drill of rolling restarts under load yet",
    "F13": "no torn blocks yet",
    "F15": _CLUSTER,
    "F17": "no failing fsync yet",
    "F18": _CLUSTER,
    "F19": "no drill without file descriptors yet",
    "F20": _CLUSTER,
    "F21": _CLUSTER,
    "F22": "no drill with a blocked event loop yet",
    "F29": "Redis holds announcements alone, and what is gone from it is announced again: F26",
    "F30": _CLUSTER,
    "F31": _CLUSTER,
    "F32": "no slow network yet",
    "F33": "no dead resolver yet",
    "F39": "no hour without any model yet",
    "F40": "counted by the attack table, S16",
    "F41": "there is no drill of tickets with counts yet",
    "F42": "there is no drill of tickets with counts yet",
    "F43": "there is no drill of tickets with counts yet",
    "F44": "there is no Slack endpoint yet",
    "F45": "there is no Slack endpoint yet",
    "F46": "measured by `make bench` and `make eval`, not under faults",
    "F47": "measured by `make eval`, not under faults",
}

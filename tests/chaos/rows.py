"""What is tried?  The rows of the fault table, and where those are tried that this command does not run."""

from tests.chaos import power
from tests.chaos.attempt import Known, Row, Tried, broken
from tests.chaos.kills import (
    DAY,
    HOUR,
    at_points,
    at_random_times,
    at_the_web_side,
    held_up,
    killed,
    poisoned,
    struck,
    while_it_works,
)
from tests.chaos.server import Ground


def cut_off(ground: Ground, _seed: int, _known: Known) -> Tried:
    moments = power.watched(ground)
    return Tried(moments.told, broken(*moments.early))


ROWS = {
    "F01": Row("SIGKILL at the entry or exit of a graph step", 2500, 400, killed(at_points("node:"))),
    "F02": Row(
        "SIGKILL at a line of the ledger, or around the job's acknowledgement", 2500, 600, killed(at_points("ledger:"))
    ),
    "F03": Row("SIGKILL around the checkpointer's put and put_writes", 2500, 400, killed(at_points("checkpoint:"))),
    "F04": Row("SIGKILL at a random time", 2500, 400, killed(at_random_times)),
    "F05": Row(
        "SIGKILL of the web side between commit and 2xx, and once after the 2xx",
        600,
        100,
        killed(at_the_web_side("intake:after commit")),
    ),
    "F06": Row(
        "SIGKILL of the web side between body and commit, and once after the 2xx",
        600,
        100,
        killed(at_the_web_side("intake:before commit")),
    ),
    "F08": Row("a job that kills its worker each time", 300, 60, poisoned),
    "F10": Row("a worker held up past its lease, awake again while another is at the job", 500, 60, struck(held_up)),
    "F23": Row(
        "the clock steps by 3 days or by an hour, forwards or back, at any point",
        1000,
        60,
        struck(while_it_works(*(f"clock {step}" for step in (3 * DAY, -3 * DAY, HOUR, -HOUR)))),
    ),
    "F25": Row("Redis dies under a worker, at any point", 0, 100, struck(while_it_works("redis dies"))),
    "F26": Row("Redis is wiped, at any point", 0, 100, struck(while_it_works("redis wiped"))),
    "F29": Row("the entries of the queue are deleted, at any point", 0, 100, struck(while_it_works("entry deleted"))),
    "F30": Row(
        "PostgreSQL crashes or restarts, or its sessions are cut, at any point",
        0,
        200,
        struck(while_it_works("postgres crashes", "postgres restarts", "sessions cut")),
    ),
    "F12": Row(
        "power cut: times that somebody was told something, and whether all of it was synced by then (strace)",
        60,
        0,
        cut_off,
        power.probe,
        slow=True,
    ),
}

_QUEUE = "tests/integration/agent/queue"
_RECORD = "tests/integration/agent/storage"
_MODEL = "tests/integration/agent/llm"
ELSEWHERE = {
    "F11": f"{_QUEUE}/test_contract.py::test_one_of_many_workers_gets_the_job",
    "F14": f"{_RECORD}/test_checkpoints.py::test_a_byte_changed_anywhere_is_seen",
    "F16": f"{_RECORD}/test_anchors.py::test_nothing_is_done_when_the_journal_cannot_be_written",
    "F24": f"{_QUEUE}/test_contract.py"
    "::test_a_dead_workers_job_is_taken_over_with_a_higher_epoch_and_its_writes_are_refused",
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

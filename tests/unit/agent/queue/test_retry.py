"""Does waiting grow, stay below its limit, and differ between workers?"""

from datetime import timedelta
from random import Random

from agent.queue.retry import backoff


def test_the_ceiling_doubles_up_to_the_longest() -> None:
    class Most(Random):
        def random(self) -> float:
            return 1.0

    waits = [backoff(attempt, Most()) for attempt in range(1, 9)]
    assert [wait.total_seconds() for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_two_workers_do_not_come_back_together() -> None:
    assert backoff(5, Random(1)) != backoff(5, Random(2))
    assert timedelta(0) <= backoff(5, Random(1)) <= timedelta(seconds=16)

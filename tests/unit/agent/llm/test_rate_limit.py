from agent.domain.rules import ModelLimits
from agent.llm.rate_limit import Bucket, RateLimit, Reservation


def test_a_minutes_worth_is_there_at_once_and_then_it_flows() -> None:
    bucket = Bucket(60)
    bucket.take(60, now=1000)
    assert [bucket.wait(1, now) for now in (1000, 1000.5, 1001)] == [1, 0.5, 0]


def test_who_comes_later_waits_for_those_before() -> None:
    limit = RateLimit(ModelLimits(requests_per_minute=60, tokens_per_minute=1_000_000))
    for _ in range(60):
        limit.reserve(1, now=0, longest=100)
    waits = [reserved.wait for _ in range(3) if (reserved := limit.reserve(1, now=0, longest=100))]
    assert waits == [1, 2, 3]


def test_a_wait_that_is_too_long_takes_nothing() -> None:
    limit = RateLimit(ModelLimits(requests_per_minute=30, tokens_per_minute=1_000_000))
    for _ in range(30):
        assert limit.reserve(10, now=0, longest=5) == Reservation(wait=0, tokens=10)
    assert [limit.reserve(10, now=0, longest=1) for _ in range(3)] == [None, None, None]
    assert limit.reserve(10, now=1, longest=1) == Reservation(wait=1, tokens=10)


def test_tokens_count_too_and_an_estimate_is_corrected() -> None:
    limit = RateLimit(ModelLimits(requests_per_minute=1000, tokens_per_minute=600))
    reserved = limit.reserve(100, now=0, longest=5)
    assert reserved is not None
    limit.settle(reserved, used=600, now=0)
    assert limit.reserve(50, now=0, longest=60) == Reservation(wait=5, tokens=50)


def test_a_prompt_above_the_limit_waits_for_a_full_bucket_rather_than_for_ever() -> None:
    limit = RateLimit(ModelLimits(requests_per_minute=1000, tokens_per_minute=600))
    assert limit.reserve(10_000, now=0, longest=5) == Reservation(wait=0, tokens=10_000)

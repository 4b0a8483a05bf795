from agent.llm.breaker import Breaker, RetryBudget


def failing(breaker: Breaker, times: int, now: float) -> None:
    for _ in range(times):
        breaker.begin()
        breaker.failed(now)


def test_five_failures_in_a_row_open_it_and_a_success_between_does_not() -> None:
    breaker = Breaker()
    failing(breaker, 4, now=0)
    breaker.begin()
    breaker.succeeded()
    failing(breaker, 4, now=0)
    assert breaker.wait(now=0) == 0
    failing(breaker, 1, now=0)
    assert [breaker.wait(now) for now in (0, 10, 29.9, 30)] == [30, 20, 30 - 29.9, 0]


def test_after_the_rest_one_probe_decides() -> None:
    breaker = Breaker()
    failing(breaker, 5, now=0)
    breaker.begin()
    assert breaker.wait(now=31) == 30, "a second call must not join the probe"
    breaker.failed(now=31)
    assert breaker.wait(now=32) == 29
    breaker.begin()
    breaker.succeeded()
    assert breaker.wait(now=32) == 0


def test_a_probe_that_is_abandoned_makes_room_for_the_next() -> None:
    breaker = Breaker()
    failing(breaker, 5, now=0)
    breaker.begin()
    breaker.abandoned()
    assert breaker.wait(now=31) == 0


def test_an_endpoint_may_ask_for_its_own_rest_at_the_first_failure() -> None:
    breaker = Breaker()
    breaker.begin()
    breaker.failed(now=0, rest=100)
    assert (breaker.wait(now=60), breaker.wait(now=100)) == (40, 0)


def test_ten_calls_earn_a_retry() -> None:
    budget = RetryBudget()
    assert [budget.take() for _ in range(3)] == [True, True, False]
    for _ in range(10):
        budget.called()
    assert [budget.take() for _ in range(2)] == [True, False]


def test_retries_are_not_saved_up_without_limit() -> None:
    budget = RetryBudget()
    for _ in range(1000):
        budget.called()
    assert sum(budget.take() for _ in range(1000)) == 10

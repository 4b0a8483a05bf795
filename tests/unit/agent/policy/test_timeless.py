"""What is remembered holds no moment; everything else of the sentence stays."""

import pytest

from agent.policy.timeless import timeless


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "cart is the most probable cause since 22:38:15 UTC. Its pool is full.",
            "cart is the most probable cause. Its pool is full.",
        ),
        (
            "deploy of payment at 22:25:55 UTC, 11 s before the onset: “payment 2.3.1 -> 2.4.0”; 80% fail.",
            "deploy of payment: “payment 2.3.1 -> 2.4.0”; 80% fail.",
        ),
        ("It began 2026-11-01T12:03:10Z, after a change of 2026-10-31.", "It began, after a change of."),
        ("p95 went from 0.012 to 0.347 in pod cart-5:3.", "p95 went from 0.012 to 0.347 in pod cart-5:3."),
        ("timed out after 500 ms on 10.0.0.1:5432", "timed out after 500 ms on 10.0.0.1:5432"),
    ],
)
def test_moments_go_and_the_rest_stays(said: str, kept: str) -> None:
    assert timeless(said) == kept

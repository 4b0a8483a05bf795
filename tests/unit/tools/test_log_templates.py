"""Merging of masked log lines: many become few kinds, and what says what happened keeps them apart."""

import random
import time
from datetime import UTC, datetime, timedelta

from tools.base import LogLine
from tools.log_masks import template
from tools.log_templates import Template, assign, group

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_word_becomes_variable_only_when_many_different_ones_stood_there() -> None:
    few = [f"connection to {name} refused by peer" for name in ("redis", "cart", "mail")]
    many = [f"tenant {name} has no quota left" for name in ("ann", "bob", "cid", "dan", "eve")]
    assert assign([*few, *many]) == [*few, *["tenant <*> has no quota left"] * 5]


def test_what_a_framework_writes_before_each_line_makes_no_two_of_them_alike() -> None:
    said = ["took order", "price is high", "no stock left", "seat plan built", "cabin not free", "retry in vain"]
    lines = [
        f"2026-03-01 12:00:0{n}.123  INFO [cart,{n}bf92f3577b34,a3ce929d0e0e{n}] 1 --- [exec-{n}] c.s.Cart : {what}"
        for n, what in enumerate(said)
    ]
    assert assign(lines) == [f"INFO[c.s.Cart] {what}" for what in said]


def test_status_codes_keep_lines_apart_however_many_there_are() -> None:
    lines = [f"upstream cart answered status={code} on GET" for code in (200, 404, 500, 502, 503, 504)]
    assert assign(lines) == lines


def test_the_outcome_does_not_depend_on_the_order_of_the_lines() -> None:
    lines = [f"job {random.Random(seed).choice('abcdefgh')} step {seed % 3} failed on w" for seed in range(60)]
    shuffled = random.Random(7).sample(lines, len(lines))
    assert dict(zip(lines, assign(lines), strict=True)) == dict(zip(shuffled, assign(shuffled), strict=True))


def test_group_counts_each_kind_by_level_and_service() -> None:
    lines = [
        LogLine(START + timedelta(seconds=2), "cart", "took 12 ms", level="info"),
        LogLine(START, "cart", "took 7 ms\x1b[0m", level="info"),
        LogLine(START + timedelta(seconds=1), "mail", "took 9 ms", level="warning"),
        LogLine(START + timedelta(seconds=9), "cart", "gone", level="error"),
    ]
    assert group(lines) == [
        Template(
            text="took <num> ms",
            count=3,
            first=START,
            last=START + timedelta(seconds=2),
            example="took 7 ms",
            levels={"info": 2, "warning": 1},
            services={"cart": 2, "mail": 1},
        ),
        Template("gone", 1, lines[3].at, lines[3].at, "gone", {"error": 1}, {"cart": 1}),
    ]


def test_a_log_of_random_text_stays_affordable_and_becomes_few_kinds() -> None:
    chance = random.Random(3)
    messages = ["x " + " ".join(f"{chance.getrandbits(40):o}z" for _ in range(8)) for _ in range(5_000)]
    began = time.process_time()
    kinds = len(set(assign(messages)))
    assert kinds <= 64
    assert time.process_time() - began < 60


def test_a_java_stack_trace_is_told_by_what_was_raised_whether_or_not_its_cause_was_cut_off() -> None:
    trace = "request failed for 4711\njava.lang.IllegalStateException: no seat\n\tat com.shop.Seats.find(Seats.java:61)"

    assert template(trace) == "request failed for <num> java.lang.IllegalStateException: no seat"
    assert template(f"{trace}\nCaused by: java.io.IOException: closed\n\tat com.shop.Store") == (
        "request failed for <num> Caused by: java.io.IOException: closed"
    )

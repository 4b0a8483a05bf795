"""Is each told to wait by its own measure alone, and is there always a place for one more?"""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from starlette.exceptions import HTTPException

from agent.domain.rules import Rates
from agent.entrypoints.bodies import Room
from agent.entrypoints.rates import Places, Rate, Turnstile
from agent.telemetry import Meters


class Watch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_a_burst_comes_at_once_and_then_only_as_much_as_the_rate_allows() -> None:
    watch = Watch()
    rate = Rate(4, timedelta(seconds=2), watch)
    assert [rate.wait("a") for _ in range(9)] == [0.0] * 8 + [0.25]
    watch.time += 0.25
    assert [rate.wait("a"), rate.wait("a")] == [0.0, 0.25]
    watch.time += 3600
    assert [rate.wait("a") for _ in range(9)] == [0.0] * 8 + [0.25]


@pytest.mark.attack("S64")
def test_who_comes_a_million_times_waits_alone_and_no_longer_for_it() -> None:
    watch = Watch()
    rate = Rate(4, timedelta(seconds=2), watch)
    refused = [rate.wait("noisy") for _ in range(1_000_000)][8:]
    assert (set(refused), rate.wait("quiet")) == ({0.25}, 0.0)


@pytest.mark.attack("S64")
def test_of_a_million_names_only_the_latest_are_remembered() -> None:
    rate = Rate(1, timedelta(seconds=1), Watch(), remembered=100)
    assert ({rate.wait(str(name)) for name in range(100_000)}, len(rate)) == ({0.0}, 100)


@pytest.mark.attack("S64")
def test_one_sender_holds_at_most_half_of_the_places_and_each_later_one_finds_some() -> None:
    places, held = Places(16), {}
    with ExitStack() as under_way:
        for name in ("noisy", "noisy too", "quiet"):
            held[name] = sum(under_way.enter_context(places.one(name)) for _ in range(1000))
    assert held == {"noisy": 8, "noisy too": 4, "quiet": 2}
    with ExitStack() as under_way:
        assert sum(under_way.enter_context(places.one("noisy")) for _ in range(1000)) == 8


@pytest.mark.attack("S64")
def test_bodies_of_one_sender_leave_room_for_those_of_others() -> None:
    room = Room(16)
    with room.share("noisy") as one, room.share("noisy") as two, room.share("quiet") as three:
        one.take(4)
        two.take(4)
        with pytest.raises(HTTPException, match="Too many bodies"):
            two.take(1)
        three.take(4)
    with room.share("noisy") as all_of_its:
        all_of_its.take(8)


@pytest.mark.attack("S64")
def test_addresses_of_one_network_of_ipv6_are_one_source_and_the_door_decides_the_answer() -> None:
    meters = Meters()
    turnstile = Turnstile(Rates(source=1, burst=timedelta(seconds=1)), meters)
    came = [
        ("2001:db8::1", "/webhooks/generic"),
        ("2001:db8::ffff:2", "/webhooks/generic"),
        ("2001:db8:0:1::1", "/api/incidents"),
        ("2001:db8:0:1::2", "/api/incidents"),
        ("::ffff:192.0.2.1", "/"),
        ("::ffff:192.0.2.2", "/"),
        ("192.0.2.3", "/"),
        ("192.0.2.3", "/"),
        ("", "/"),
    ]
    answers = [turnstile.source(address, path) for address, path in came]
    assert [answer.status_code if answer else None for answer in answers] == [
        *(None, 503, None, 429),
        *(None, None, None, 429),
        None,
    ]
    assert [answer.headers for answer in answers if answer] == [{"Retry-After": "1"}] * 3
    assert b'incident_agent_rate_limited_total{door="api",limit="source"} 2.0' in meters.exposition()

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.domain.rules import Price
from agent.llm.assembly import Tokens
from agent.llm.endpoints import Endpoint
from agent.llm.usage import Meter
from agent.telemetry import Log, Meters, configure, logged_with


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, with every logger put back as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:], root.level = before


def lines(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_in_utc_level_logger_and_fields(written: io.StringIO) -> None:
    configure("info", stream=written)
    Log("agent.worker").info("job finished", incident="inc-1", seconds=1.5, tags=("a", "b"))

    [line] = lines(written)
    assert datetime.fromisoformat(str(line.pop("at"))).tzinfo == UTC
    assert line == {
        "level": "info",
        "logger": "agent.worker",
        "message": "job finished",
        "incident": "inc-1",
        "seconds": 1.5,
        "tags": ["a", "b"],
    }


def test_lines_below_the_level_are_not_written(written: io.StringIO) -> None:
    configure("WARNING", stream=written)
    Log("a").info("quiet")
    Log("a").warning("loud")
    assert [line["message"] for line in lines(written)] == ["loud"]


@pytest.mark.attack("S57")
def test_an_outsiders_text_can_neither_forge_a_line_nor_steer_a_terminal(written: io.StringIO) -> None:
    configure("info", stream=written)
    evil = 'x\r\n{"level":"info","message":"approved"}\x1b]52;c;AAAA\x07\x9b31m\u202e\u2028end'
    Log("a").info("alert stored", name=evil)

    raw = written.getvalue()
    assert raw.count("\n") == 1
    assert not [character for character in raw[:-1] if not character.isprintable()]
    assert lines(written)[0]["name"] == evil


@pytest.mark.attack("S57")
def test_the_form_for_people_is_one_harmless_line_too(written: io.StringIO) -> None:
    configure("info", stream=written, people=True)
    Log("a").info("alert\nstored", name="a\x1b[2Jb")
    [line] = written.getvalue().splitlines()
    assert line.endswith(r"info    alert\u000astored name=a\u001b[2Jb")


def test_a_field_never_takes_the_place_of_the_message_or_the_level(written: io.StringIO) -> None:
    configure("info", stream=written)
    Log("a").info("kept", level="error", logger="other")
    assert {k: lines(written)[0][k] for k in ("level", "logger", "message")} == {
        "level": "info",
        "logger": "a",
        "message": "kept",
    }


@pytest.mark.attack("S65")
def test_secrets_are_written_nowhere(written: io.StringIO) -> None:
    configure("debug", stream=written, secrets=("s3cr3t", "s3cr3t-and-more", ""))
    log = Log("a")
    log.info("starting with s3cr3t-and-more", nested={"jira_token": "t0k3n", "url": "postgresql://u:pa55@db/x"})
    log.error("call failed", because=ValueError("401 for Authorization: Bearer abcdef123456 s3cr3t"))
    logging.getLogger("elsewhere").info("sent %s", "s3cr3t")

    text = written.getvalue()
    assert [word for word in ("s3cr3t", "t0k3n", "pa55", "abcdef123456", "-and-more") if word in text] == []
    assert lines(written)[0]["nested"] == {"jira_token": "***", "url": "postgresql://u:***@db/x"}
    assert lines(written)[1]["error"] == "ValueError: 401 for Authorization: Bearer *** ***"


def test_a_traceback_is_written_at_the_level_debug_alone(written: io.StringIO) -> None:
    def fail() -> None:
        try:
            int("broken")
        except ValueError as error:
            Log("a").error("job failed", because=error)

    configure("info", stream=written)
    fail()
    configure("debug", stream=written)
    fail()
    quiet, loud = lines(written)
    assert (quiet["error"], "traceback" in quiet) == (
        "ValueError: invalid literal for int() with base 10: 'broken'",
        False,
    )
    assert str(loud["traceback"]).startswith("Traceback (most recent call last)")


def test_fields_of_the_surroundings_are_on_every_line_inside_and_on_none_after(written: io.StringIO) -> None:
    configure("info", stream=written)
    log = Log("a")
    with logged_with(incident="inc-1"), logged_with(job="j-2"):
        log.info("inside")
    log.info("after")
    assert [(line.get("incident"), line.get("job")) for line in lines(written)] == [("inc-1", "j-2"), (None, None)]


def test_the_published_numbers_and_those_of_models_share_a_page_under_their_promised_names() -> None:
    meters = Meters()
    place = Endpoint("openai", "m")
    meter = Meter(meters.registry, {"m": Price(input=1, cached=1, output=1)})
    with meter.active(place):
        meter.answered(place, "chat", Tokens(input=3, cached=0, output=1), 1.0)
        meter.failed(place, "chat", "timeout", Tokens(input=0, cached=0, output=0), 1.0)

    samples = {
        sample.name
        for family in text_string_to_metric_families(meters.exposition().decode())
        for sample in family.samples
    }
    assert {
        "llm_requests_total",
        "llm_request_duration_seconds_count",
        "llm_tokens_total",
        "llm_cost_total_usd",
        "llm_active_requests",
        "llm_errors_total",
        "incident_agent_queue_oldest_seconds",
        "incident_agent_actions_paused",
    } - samples == set()


def test_two_sets_of_meters_do_not_meet() -> None:
    one, other = Meters(), Meters()
    one.actions_paused.set(1)
    assert other.registry.get_sample_value("incident_agent_actions_paused") == 0

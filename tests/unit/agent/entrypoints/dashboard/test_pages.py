"""Is everything from outside shown as text, and as what it is?"""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError

from agent.entrypoints.dashboard import pages
from agent.ports import Lesson
from tests.unit.agent.identity.in_memory import NOW


def _rendered(template: str, **variables: object) -> str:
    return pages._environment().from_string(template).render(variables)


@pytest.mark.attack("S55")
def test_markup_from_outside_is_escaped_in_text_and_in_attributes() -> None:
    outside = "\"><script>alert('1')</script>"
    escaped = "&#34;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"
    assert _rendered('<a title="{{ one }}">{{ one }}</a>', one=outside) == f'<a title="{escaped}">{escaped}</a>'


@pytest.mark.attack("S29")
def test_what_could_hide_or_rearrange_is_written_out_and_lines_stay() -> None:
    assert _rendered("{{ one }}", one="a\u202eb\u200b\x1b[2J\n\tc\ud800\r") == (
        "a\\u202eb\\u200b\\u001b[2J\n\tc\\ud800\\u000d"
    )


def test_a_missing_variable_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        _rendered("{{ nobody_set_this }}")


@pytest.mark.parametrize(
    ("address", "clickable"),
    [
        ("https://prometheus/graph", True),
        ("http://prometheus/graph", True),
        ("javascript:alert(1)", False),
        ("\tjavascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//elsewhere", False),
    ],
)
@pytest.mark.attack("S18", "S55")
def test_only_addresses_of_pages_can_be_clicked(address: str, clickable: bool) -> None:
    assert _rendered("{{ one is link }}", one=address) == str(clickable)


@pytest.mark.parametrize(
    ("away", "says"),
    [
        (timedelta(0), "now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(minutes=119), "119 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(minutes=-12), "in 12 min"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(away: timedelta, says: str) -> None:
    assert pages.ago(NOW - away, NOW) == says


def test_long_evidence_is_cut_and_says_so() -> None:
    assert _rendered("{{ one | content }}", one="x" * (pages.LONGEST + 7)) == "x" * pages.LONGEST + (
        "\n… 7 characters more"
    )


def test_a_new_style_has_a_new_address() -> None:
    assert pages.address_of("dashboard.css").startswith("/static/dashboard.css?v=")
    assert b"@import" not in pages.static("dashboard.css")
    assert b"url(" not in pages.static("dashboard.css")


@pytest.mark.attack("S55")
def test_the_script_makes_no_page_out_of_text_and_asks_nobody_else() -> None:
    script = pages.static("dashboard.js").decode()
    assert re.findall(r"innerHTML|outerHTML\s*=|insertAdjacent|document\.write|eval\(|https?://|import\(", script) == []


@pytest.mark.attack("S55")
def test_no_template_has_a_script_or_a_style_of_its_own_or_turns_escaping_off() -> None:
    environment = pages._environment()
    assert environment.loader is not None
    forbidden = re.compile(
        r"<script(?! src=\"{{ script }}\" defer></script>)|<style|style=|\bon\w+=|\|\s*safe|autoescape|Markup"
    )
    found = {
        name: forbidden.findall(environment.loader.get_source(environment, name)[0])
        for name in environment.list_templates()
    }
    assert found == {name: [] for name in found}
    assert "incident.html" in found


@pytest.mark.parametrize(
    ("status", "left", "said"),
    [
        ("spent", timedelta(hours=-1), "carried out"),
        ("denied", timedelta(hours=1), "denied"),
        ("expired", timedelta(hours=-1), "expired"),
        ("expired", timedelta(hours=1), "withdrawn"),
    ],
)
def test_a_question_whose_time_was_not_up_was_withdrawn(status: str, left: timedelta, said: str) -> None:
    asked = SimpleNamespace(status=status, expires_at=NOW + left)
    assert _rendered('{% import "parts.html" as parts %}{{ parts.outcome(one, now) }}', one=asked, now=NOW) == said


@pytest.mark.parametrize(
    ("q", "count", "said"),
    [("", 2, "Only the latest 2 are shown: search for others."), ("", 1, None), ("disk", 2, "Only the latest 2")],
)
def test_memory_says_who_confirmed_a_lesson_and_when_there_may_be_more(q: str, count: int, said: str | None) -> None:
    lesson = Lesson(
        incident="jira:OPS-1", title="Disk full", service="db", alert_names=(), symptom="errors", component="db",
        fault="unknown", cause="Logs.", remedy="", outcome="no_action", confirmed_by="", closed_at=NOW, source="jira",
    )  # fmt: skip
    page = _rendered(
        '{% extends "memory.html" %}',
        lessons=[lesson] * count,
        q=q,
        most=2,
        style="",
        script="",
        visitor=None,
    )
    assert "<dt>Confirmed by</dt><dd>nobody; closed <time" in page
    assert (said in page) if said else ("Only the latest" not in page)

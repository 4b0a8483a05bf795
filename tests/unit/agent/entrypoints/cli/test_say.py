import json
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from agent.entrypoints.cli.say import moment, say, say_json, say_markdown, say_table, seconds

EVIL = "\x1b]8;;http://evil\x07click\x1b]8;;\x07\r\x1b[2J\u202egnp"


def test_no_text_can_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say(EVIL)
    say_json({"title": EVIL})
    say_table(("title",), [(EVIL,)], empty="")
    say_markdown(EVIL)
    told = capsys.readouterr().out
    assert [c for c in told if not c.isprintable() and c != "\n"] == []
    assert told.count(r"\u001b]8;;http://evil\u0007click") == 4


def test_json_stays_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    value: JsonValue = {"title": EVIL, "lone": "\udcff", "name": "größer 🙂", "list": [1, None, True]}
    say_json(value)
    assert json.loads(capsys.readouterr().out) == value


def test_a_table_takes_no_markup_from_data(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("id", "title"), [("inc-1", "[red]x[/red] [link=http://evil]y[/link]")], empty="none")
    assert capsys.readouterr().out.split() == [
        *("id", "title", "inc-1", "[red]x[/red]"),
        *("[link=http://evil]y[/link]",),
    ]


def test_a_row_stays_one_line_for_the_next_program(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("title",), [("word " * 40,)], empty="none")
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("id",), [], empty="There are no incidents.")
    assert capsys.readouterr().out == "There are no incidents.\n"


def test_a_moment_is_told_in_the_readers_time_zone() -> None:
    at = datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)
    assert (moment(at), moment(None)) == (at.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z"), "")


@pytest.mark.parametrize(
    ("length", "told"), [(0.2, "0 s"), (59.6, "1 min"), (3600, "1 h"), (3905, "1 h 5 min"), (65, "1 min 5 s")]
)
def test_a_length_of_time_is_told_in_two_units(length: float, told: str) -> None:
    assert seconds(length) == told

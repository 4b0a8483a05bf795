import json

import pytest

from tools.recording.cut_json import loads

WHOLE = {"a": [{"b": 'x,"{y', "c": [1, 2, {"d": None}]}, {"e": "f"}], "g": {"h": 1.5}}
TEXT = json.dumps(WHOLE)


def test_what_is_whole_is_read_whole_whatever_follows_it() -> None:
    assert loads(f"{TEXT}\n... [truncated]") == WHOLE


def test_a_cut_at_any_place_leaves_what_came_before_it() -> None:
    found = [loads(TEXT[:end]) for end in range(1, len(TEXT))]

    assert found[0] == {}
    assert [one["a"][0] for one in found if len(one.get("a", ())) > 1] == [WHOLE["a"][0]] * (  # type: ignore[index]
        len(TEXT) - 1 - TEXT.index('{"e"')
    )


@pytest.mark.parametrize("text", ["", "plain words", '{"a": 1]', "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        loads(text)

import pytest
from pydantic import JsonValue

from tools.act.observation import observation
from tools.base import BackendError

STATE: JsonValue = {"pid": 7, "started_at": "now", "flags": {"dark_mode": True}, "pool_size": None}


def test_only_the_named_fields_are_compared() -> None:
    assert observation(STATE, ["pid", "pool_size"], "GET /x") == {"pid": 7, "pool_size": None}


def test_a_field_can_be_given_a_name() -> None:
    assert observation(STATE, {"enabled": "flags.dark_mode"}, "GET /x") == {"enabled": True}


def test_without_fields_the_whole_answer_is() -> None:
    assert observation(STATE, [], "GET /x") == STATE


@pytest.mark.parametrize("path", ["version", "flags.light_mode", "pid.x", "flags.dark_mode.x"])
def test_a_field_that_is_missing_is_no_such_target(path: str) -> None:
    with pytest.raises(BackendError, match=rf"GET /x: the answer has no field '{path}'\."):
        observation(STATE, [path], "GET /x")

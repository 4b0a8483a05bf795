"""Is of whatever Slack delivers nothing left that cannot be kept?"""

import json
from urllib.parse import urlencode

import pytest

from agent.entrypoints.slack.incoming import Command, Event, Submitted, again, kept, parsed

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_what_no_database_takes_as_text_is_not_in_it(odd: str) -> None:
    asked = {"type": "message", "user": "U0ANN", "text": f"why{odd}?", "ts": "1.1", "thread_ts": "1.0", "channel": "C0"}
    event = {"type": "event_callback", "team_id": "T0", "event_id": "E1", "event": asked}
    typed = {f"words{odd}": {f"words{odd}": {"value": f"no{odd}"}}}
    form = {
        "type": "view_submission",
        "user": {"id": "U0ANN"},
        "team": {"id": "T0"},
        "trigger_id": "1.trigger",
        "view": {"callback_id": "deny", "state": {"values": typed}},
    }
    heard = parsed("application/json", json.dumps(event).encode())
    denied = parsed(FORM, urlencode({"payload": json.dumps(form)}).encode())
    assert isinstance(heard, Event)
    assert isinstance(denied, Submitted)
    left = odd.encode("utf-8", "replace").decode().replace("\0", "")
    assert (heard.event.text, denied.typed) == (f"why{left}?", f"no{left}")
    assert (again(kept(heard)), again(kept(denied))) == (heard, denied)


def test_a_command_with_a_nul_is_the_command_without_it() -> None:
    said = {"command": "/incident", "text": "deny inc-1 no\0", "user_id": "U0", "team_id": "T0", "trigger_id": "1.t"}
    heard = parsed(FORM, urlencode(said).encode())
    assert isinstance(heard, Command)
    assert heard.text == "deny inc-1 no"

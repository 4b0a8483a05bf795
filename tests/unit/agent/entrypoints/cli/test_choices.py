"""The choices of an option are written out, since what they name takes long to import: are they still the same?"""

from typing import get_args

from agent.domain import key
from agent.entrypoints.cli.investigate import Integration
from agent.entrypoints.cli.keys import Scope
from agent.ingest.senders import PARSERS


def test_whatever_can_send_alerts_can_be_investigated() -> None:
    assert get_args(Integration) == tuple(PARSERS)


def test_a_key_can_be_made_with_every_scope_there_is() -> None:
    assert get_args(Scope) == get_args(key.Scope)

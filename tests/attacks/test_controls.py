"""Is each control necessary? With it an attack is refused; with it taken out, the same attack gets through."""

import os
import subprocess
import sys
from importlib import import_module

import pytest

from agent.config import Config
from agent.settings import Settings
from tests.attacks.control import Control, Handed
from tests.attacks.controls import CONTROLS, HANDED
from tests.attacks.episodes import HOLE_SEEDS, attack
from tests.attacks.holes import credulous
from tests.attacks.rows import ROWS


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.what)
async def test_the_attack_gets_through_only_without_it(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    assert control.row in ROWS
    assert not await control.attack()
    module, _, name = control.place.partition(":")
    owner, _, name = name.rpartition(".")
    place = import_module(module)
    monkeypatch.setattr(getattr(place, owner) if owner else place, name, control.without)
    assert await control.attack()


@pytest.mark.parametrize("control", HANDED, ids=lambda control: control.what)
async def test_the_attack_gets_through_only_where_another_object_is_handed_in(control: Handed) -> None:
    assert control.row in ROWS
    assert not await control.got_through(None)
    assert await control.got_through(control.without)


async def test_hostile_episodes_find_a_hole_when_there_is_one() -> None:
    """Otherwise that they find none says nothing."""
    tally = await attack(40, HOLE_SEEDS[0], hole=credulous)
    assert tally.unauthorised != []
    assert all("strangers approve" in one for one in tally.unauthorised)


@pytest.mark.attack("S53")
def test_no_environment_lets_a_checkpoint_bring_back_more_than_plain_types() -> None:
    told = (
        "import agent.bootstrap; from langgraph.checkpoint.serde import _msgpack as m; print(m.STRICT_MSGPACK_ENABLED)"
    )
    environment = os.environ | {"LANGGRAPH_STRICT_MSGPACK": "false"}
    ran = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, env=environment, check=True, timeout=60
    )
    assert ran.stdout == "True\n"


def test_no_setting_switches_a_control_off() -> None:
    """Names that would: nothing in the environment or the configuration is called like a switch."""
    switches = ("disable", "skip", "insecure", "unsafe", "no_", "off", "bypass", "allow_all", "verify", "debug")
    names = [*Settings.model_fields, *Config.model_fields]
    assert [name for name in names if name.startswith(switches) or name.endswith(("_off", "_disabled"))] == []

"""Is each control necessary? With it an attack is refused; with it taken out, the same attack gets through."""

from importlib import import_module

import pytest

from agent.config import Config
from agent.settings import Settings
from tests.attacks.control import Control
from tests.attacks.controls import CONTROLS
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


def test_no_setting_switches_a_control_off() -> None:
    """Names that would: nothing in the environment or the configuration is called like a switch."""
    switches = ("disable", "skip", "insecure", "unsafe", "no_", "off", "bypass", "allow_all", "verify", "debug")
    names = [*Settings.model_fields, *Config.model_fields]
    assert [name for name in names if name.startswith(switches) or name.endswith(("_off", "_disabled"))] == []

"""Is what was there at the start left alone, and what comes later still let go?"""

import gc
import weakref
from collections.abc import Iterator

import pytest

from agent.entrypoints.garbage import SELDOM, starting, steady


class Ring:
    """Refers to itself, so that only the collector can let go of it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def afterwards_as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.enable()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("afterwards_as_before")
def test_what_is_there_is_not_looked_at_again_and_what_comes_later_is_let_go() -> None:
    starting()
    there, before = Ring(), weakref.ref(Ring())
    assert not gc.isenabled()
    steady()
    assert (before(), gc.isenabled(), gc.get_threshold()[2]) == (None, True, SELDOM)
    assert not any(one is there for one in gc.get_objects())
    later = weakref.ref(Ring())
    assert later() is not None
    gc.collect()
    assert later() is None

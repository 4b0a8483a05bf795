"""How does a process that serves for months keep from standing still?  Garbage is looked for seldom, among few.

A full collection of CPython's looks at every object there is, and nobody is answered meanwhile: with all that is
imported and some hundred investigations under way that is a third of a second, several times a minute.
"""

import gc

SELDOM = 50
"""Collections of the middle generation before a full one, for CPython's 10: some 350,000 objects more than before."""


def starting() -> None:
    """Call it first: what is imported and opened from here on is there to stay, and looking through it takes time."""
    gc.disable()


def steady() -> None:
    """Call it once everything is open: what is there by now is not looked at again."""
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, SELDOM)
    gc.enable()

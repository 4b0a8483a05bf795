"""Is that number in the evidence? Rounded as it is written, in its unit, of its component, and counting the same."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from agent.policy.observed import Observed, Value
from agent.policy.statements import Number, Statement

SECONDS: Mapping[str, float] = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES: Mapping[str, tuple[float, ...]] = {
    "b": (1.0,),
    "kb": (1e3, 1024.0),
    "mb": (1e6, 1024.0**2),
    "gb": (1e9, 1024.0**3),
    "tb": (1e12, 1024.0**4),
    "kib": (1024.0,),
    "mib": (1024.0**2,),
    "gib": (1024.0**3,),
    "tib": (1024.0**4,),
}
"""Who writes MB may mean either."""
_OTHER: Mapping[str, tuple[float, ...]] = {
    "k": (1.0, 1e-3),
    "M": (1.0, 1e-6),
    "g": (1.0, 1e-9),
    "m": (1.0, 1 / 60, 1e3),
    "milli": (1.0, 1e3),
}
_MOST_SHARE = 2.0
"""What is greater is in percent already, whatever it is called."""
_STAMPED = 1.0
"""Seconds: times are told in whole ones, so a stretch between two of them is off by up to this."""


def valued(one: Number, said: Statement, seen: Observed, onset: datetime | None) -> bool:
    """Whether the evidence holds the number, as a value or as what lies between two of them."""
    meant = [value for value in seen.values if belongs(value, said)]
    meant += [value for at, value in seen.samples if any(instant.means(at) for instant in said.instants)]
    if one.unit == "x":
        # A factor is no value; only `45 times` may count something.
        told = ("x", "count") if one.text.endswith("times") else ("x",)
        meant = [value for value in meant if value.unit in told]
    counted = [value for value in meant if value.nouns & one.nouns]
    return (
        any(same(one, value) for value in counted or meant)
        or _between(one, said, seen)
        or _lasting(one, said, seen, onset)
    )


def belongs(value: Value, said: Statement) -> bool:
    """Whether it may be meant: a sentence that names components means values of theirs."""
    return not value.of or not said.entities or bool(value.of & said.entities)


def same(one: Number, value: Value) -> bool:
    """Rounded, and in the unit that is named; a fall may be told without its sign."""
    return any(abs(abs(value.number * scale) - abs(one.value)) <= one.slack for scale in _scales(one, value))


def alike(one: Number, other: Number) -> bool:
    """Whether two written numbers may be the same one: each is off by half of its last digit at most."""
    stored = Value(other.value, frozenset(), other.unit)
    return any(
        abs(abs(other.value * scale) - abs(one.value)) <= one.slack + other.slack * scale
        for scale in _scales(one, stored)
    )


def _scales(one: Number, value: Value) -> Iterable[float]:
    """What the stored number may have been multiplied by; nothing when the units do not fit."""
    if one.unit == "%":
        return _as_percent(value)
    if one.unit in SECONDS:
        return _as_time(one.unit, value)
    if one.unit in _BYTES:
        return _as_size(one.unit, value)
    return _OTHER.get(one.unit, (1.0, 0.01) if value.unit == "%" and not one.unit else (1.0,))


def _as_percent(value: Value) -> Iterable[float]:
    match value.unit:
        case "%":
            return (1.0,)
        case "share" if abs(value.number) <= _MOST_SHARE:
            return (100.0,)
        case "share":
            return (1.0,)
        case "":
            # Only what is a share can be told in percent, whatever else is a hundred times as much.
            return (1.0, 100.0) if abs(value.number) <= _MOST_SHARE else (1.0,)
    return ()


def _as_time(unit: str, value: Value) -> Iterable[float]:
    if value.unit in SECONDS:
        return (SECONDS[value.unit] / SECONDS[unit],)
    # Where nothing says what is stored, it may be any of the units that back ends store.
    return [SECONDS[stored] / SECONDS[unit] for stored in ("s", "ms", "us", unit)] if not value.unit else ()


def _as_size(unit: str, value: Value) -> Iterable[float]:
    if value.unit and value.unit not in _BYTES:
        return ()
    return [stored / told for stored in _BYTES[value.unit or "b"] for told in _BYTES[unit]] + [1.0] * (not value.unit)


def _between(one: Number, said: Statement, seen: Observed) -> bool:
    """A difference or a factor, of two values of the evidence or of two that the sentence gives itself."""
    moves = [(old, new) for old, new in seen.moves if belongs(old, said)]
    factors = [new.number / old.number for old, new in moves if old.number]
    factors += [new.value / old.value for old, new in said.moves if old.value and old.unit == new.unit]
    return (one.by and any(same(one, replace(new, number=abs(new.number - old.number))) for old, new in moves)) or any(
        _is_factor(one, factor) for factor in factors
    )


def _is_factor(one: Number, factor: float) -> bool:
    match one.unit:
        case "x":
            return abs(factor - one.value) <= one.slack
        case "%":
            return abs(abs(factor - 1) * 100 - one.value) <= one.slack
    return False


def _lasting(one: Number, said: Statement, seen: Observed, onset: datetime | None) -> bool:
    """A duration: from the onset to a time of the evidence, between two times that are named, or what was looked at."""
    seconds = SECONDS.get("min" if one.unit == "m" else one.unit)
    if seconds is None:
        return False
    spans = [abs(apart) for apart in _apart(said, seen, onset)]
    return any(abs(span / seconds - one.value) <= one.slack + _STAMPED / seconds for span in spans)


def _apart(said: Statement, seen: Observed, onset: datetime | None) -> Iterable[float]:
    """Seconds."""
    if onset is not None:
        yield from ((time - onset).total_seconds() for time in seen.times)
    named = [one.on(one.day) for one in said.instants]
    yield from ((later - earlier).total_seconds() for earlier in named for later in named)
    if len(seen.bounds) > 1:
        yield (max(seen.bounds) - min(seen.bounds)).total_seconds()

"""What is an alert's identity made of?  Its labels, within caps that never make two alerts one.

Identity itself is `Alert.identity`: our own hash. A sender's fingerprint or group key never enters it, since
whoever may send could forge one to hide in another's incident.
"""

from collections.abc import Iterable

from pydantic import JsonValue

from agent.domain.base import digest
from agent.ingest.fields import text
from agent.ingest.strict_json import Unusable

MAX_LABELS = 64
MAX_LABEL_NAME = 128
MAX_LABEL = 1_024
MAX_ANNOTATIONS = 64
MAX_ANNOTATION = 16_384

Capped = tuple[dict[str, str], str]
"""What is kept, and a sentence about what was not; empty when all was."""


def labels(found: JsonValue) -> Capped:
    """Label names to values. A label with an empty value is no label, as in Prometheus. Unusable when not an object."""
    kept, note = _capped(found, "label", MAX_LABELS, MAX_LABEL)
    return {name: value for name, value in kept.items() if value}, note


def annotations(found: JsonValue) -> Capped:
    return _capped(found, "annotation", MAX_ANNOTATIONS, MAX_ANNOTATION)


def _capped(found: JsonValue, what: str, most: int, longest: int) -> Capped:
    if found is None:
        return {}, ""
    if not isinstance(found, dict):
        raise Unusable(f"The {what}s are not an object of names and texts.")
    # Sorted, so that the same labels in another order keep the same ones.
    names = sorted(_checked(name, what) for name in found)
    long = [name for name in names[:most] if len(text(found[name])) > longest]
    kept = {name: _shortened(_text(found[name], name), longest) for name in names[:most]}
    return kept, _note(what, len(names), most, long, longest)


def _checked(name: str, what: str) -> str:
    if not name or len(name) > MAX_LABEL_NAME or not name.isprintable():
        raise Unusable(f"{name[:40]!r} cannot be the name of a {what}.")
    return name


def _text(value: JsonValue, name: str) -> str:
    if isinstance(value, list | dict):
        raise Unusable(f"The value of {name[:40]!r} is not a text.")
    return text(value)


def _shortened(value: str, longest: int) -> str:
    """Two values that differ beyond the cap still differ."""
    return value if len(value) <= longest else f"{value[: longest - 20]}… {digest(value)[:16]}"


def _note(what: str, count: int, most: int, long: Iterable[str], longest: int) -> str:
    notes = [f"It has {count} {what}s; the first {most} by name were used."] if count > most else []
    notes += [f"The {what} {name!r} has more than {longest} characters; they were cut." for name in long]
    return " ".join(notes[:3])


def merged(*parts: Capped) -> Capped:
    """The union; the first to name a label wins."""
    kept: dict[str, str] = {}
    for values, _ in parts:
        kept = {**values, **kept}
    return kept, " ".join(note for _, note in parts if note)

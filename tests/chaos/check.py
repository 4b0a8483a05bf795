"""Was anything lost, done twice, or done unasked?  A pure function of what others wrote down.

The far end's journal, the sender's log and the people's are believed. The agent's own word is taken for one thing: what
became of a receipt; all else that it says is only compared with them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

Line = Mapping[str, Any]

OVER = frozenset({"resolved", "closed", "parked"})
FATES = frozenset({"incident", "duplicate", "silenced", "inhibited"})


@dataclass(frozen=True)
class Seen:
    """What the parties of one run wrote down."""

    effects: Sequence[Line]
    """The far end: what took effect there."""
    sent: Sequence[Line]
    """The sender: which receipts it was given."""
    clicks: Sequence[Line]
    """The people: what they were shown, what they said, and what they were told."""
    ending: Mapping[str, Any]
    """The agent, when nothing was due any more."""


@dataclass(frozen=True)
class Found:
    lost: tuple[str, ...]
    duplicates: tuple[str, ...]
    broken: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.lost or self.duplicates or self.broken)


def check(seen: Seen) -> Found:
    unsound = chain(_unallowed(seen), _against_a_no(seen), _untold(seen), _unfinished(seen), _unspent(seen))
    return Found(lost=tuple(_lost(seen)), duplicates=tuple(_twice(seen)), broken=tuple(unsound))


def _lost(seen: Seen) -> Iterator[str]:
    """Each accepted alert ended in exactly one place, and its incident is one that people can find."""
    for line in seen.sent:
        if "acked" not in line:
            continue
        fates = seen.ending["fates"].get(line["acked"])
        if fates is None or len(fates) != line["accepted"]:
            yield f"{line['acked']}: accepted {line['accepted']}, found {fates}"
            continue
        for fate, incident in fates:
            if fate not in FATES or (fate == "incident" and incident not in seen.ending["incidents"]):
                yield f"{line['acked']}: an alert ended as {fate} in {incident}"


def _twice(seen: Seen) -> Iterator[str]:
    by_key = Counter(line["key"] for line in seen.effects)
    by_what = Counter((line["method"], line["path"]) for line in seen.effects)
    yield from (f"{key} took effect {times} times" for key, times in by_key.items() if times > 1)
    yield from (f"{what} took effect {times} times" for what, times in by_what.items() if times > 1)
    if len(seen.ending["incidents"]) > 1:
        yield f"one alert became {len(seen.ending['incidents'])} incidents"


def _unallowed(seen: Seen) -> Iterator[str]:
    """Before each effect a person was shown exactly it, and said yes; its key is of nothing else."""
    for effect in seen.effects:
        if not any(
            click.get("clicks") == "approve"
            and click["at"] < effect["at"]
            and effect["key"] in click["keys"].values()
            and effect["path"] in click["shown"]
            for click in seen.clicks
        ):
            yield f"nobody allowed {effect['method']} {effect['path']} under the key {effect['key']}"


def _against_a_no(seen: Seen) -> Iterator[str]:
    """A no that was taken means that nothing was done, and nothing is."""
    keys = {click["approval"]: set(click["keys"].values()) for click in seen.clicks if "clicks" in click}
    denied = {click["approval"] for click in seen.clicks if click.get("took") == "deny"}
    for effect in seen.effects:
        if any(effect["key"] in keys[approval] for approval in denied):
            yield f"{effect['path']} took effect although a no was taken"


def _untold(seen: Seen) -> Iterator[str]:
    """The journal is whole and tells of each effect, and of each alert."""
    if seen.ending["audit"]["wrong"]:
        yield f"the journal is broken: {seen.ending['audit']['wrong']}"
    yield from (
        f"the journal does not tell of {effect['key']}"
        for effect in seen.effects
        if effect["key"] not in seen.ending["intents"]
    )
    if any("acked" in line for line in seen.sent) and not seen.ending["placed"]:
        yield "the journal does not tell where the alert ended"


def _unfinished(seen: Seen) -> Iterator[str]:
    """Nothing is due, so everything is over, or waits for a human; the ledger says of each effect what came of it."""
    if not any("acked" in line for line in seen.sent):
        yield "the sender never got its 2xx, however often it tried"
    for incident, status in seen.ending["incidents"].items():
        if status not in OVER:
            yield f"{incident} is {status}, and nobody works on it"
    done = {effect["key"] for effect in seen.effects}
    for key, status in seen.ending["effects"].items():
        if status == "intent":
            yield f"what came of {key} was never written down"
        if (status == "done" and key not in done) or (status == "failed" and key in done):
            yield f"the ledger says {status} of {key}, the far end does not"


def _unspent(seen: Seen) -> Iterator[str]:
    """What was allowed once and done cannot be done again."""
    keys = {click["approval"]: set(click["keys"].values()) for click in seen.clicks if "clicks" in click}
    done = {effect["key"] for effect in seen.effects}
    for approval, status in seen.ending["approvals"].items():
        if keys.get(approval, set()) & done and status != "spent":
            yield f"the approval {approval} was used, and is {status}"

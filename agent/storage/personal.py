"""How does an event lie in the journal?  What is about a person under that person's key, addresses as pseudonyms.

What somebody said or did is sealed as a whole; of its facts, only those that name no person stay open. In what the
agent says itself, e-mail addresses are replaced by the id of a subject, and put back for whoever reads while the key
is there.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, select

from agent.domain.base import canonical
from agent.domain.event import Event, EventType
from agent.policy.secrets.patterns import PATTERNS
from agent.storage import subjects
from agent.storage.sealing import opened, seal
from agent.storage.subjects import ID, Subject
from agent.storage.tables import journal
from agent.storage.tables import subjects as table

NOBODY = frozenset({"agent", "policy", "system"})
"""Actors that are no person."""
GONE = "Deleted at the request of the person it was about."

_OPEN = frozenset(
    {"approval", "decision", "episode", "from", "key", "kind", "proposal", "quorum", "silence", "status", "to", "via"}
)
"""Facts that are ids, counts or of a closed set: they stay readable when the person is gone."""
_TOKEN = re.compile(rf"\[({ID.pattern})\]")
_ADDRESS = next(pattern for pattern in PATTERNS if pattern.label == "email")


def written(connection: Connection, event: Event, at: datetime) -> dict[str, Any]:
    """Its columns, as the hash is taken over them."""
    said = event.model_dump(mode="json", exclude={"subject"})
    about = event.subject or ("" if event.actor in NOBODY else event.actor)
    hide = _hider(connection, at)
    if not about:
        return said | {"text": hide(event.text), "facts": _each_text(said["facts"], hide)}
    subject = subjects.of(connection, about, at)
    actor = subjects.of(connection, event.actor, at).id if event.actor not in NOBODY else event.actor
    private = {"text": event.text, "facts": {name: value for name, value in said["facts"].items() if name not in _OPEN}}
    return said | {
        "actor": actor,
        "text": "",
        "facts": {name: value for name, value in said["facts"].items() if name in _OPEN},
        "subject": subject.id,
        "sealed": seal(subject.key, canonical(private)),
    }


def as_it_lies(row: Row[Any]) -> dict[str, Any]:
    """The same columns, of a row: what was hashed. ValueError when it is of no type there is."""
    lying = {"type": EventType(row.type), "text": row.text, "incident": row.incident, "actor": row.actor}
    told = Event.model_validate(lying | {"facts": row.facts}).model_dump(mode="json", exclude={"subject"})
    return told | ({"subject": row.subject, "sealed": row.sealed} if row.subject or row.sealed else {})


def read(connection: Connection, rows: Sequence[Row[Any]]) -> list[Event]:
    """As they were told, but for what is about somebody who was deleted."""
    known = subjects.among(connection, {found for row in rows for found in _mentioned(row)})
    return [_event(row, known) for row in rows]


def unexplained(connection: Connection) -> int:
    """The first entry whose key is gone without a deletion that the journal tells of; 0 when there is none."""
    told = connection.scalars(select(journal.c.facts).where(journal.c.type == EventType.PERSON_DELETED)).all()
    there = select(journal.c.sequence, journal.c.subject).where(journal.c.subject.is_not(None))
    gone = there.where(journal.c.subject.not_in(select(table.c.id))).order_by(journal.c.sequence)
    deleted = {facts.get("subject") for facts in told}
    return next((row.sequence for row in connection.execute(gone) if row.subject not in deleted), 0)


def _event(row: Row[Any], known: dict[str, Subject]) -> Event:
    def put_back(text: str) -> str:
        return _TOKEN.sub(lambda found: known[found[1]].name if found[1] in known else found[0], text)

    text, facts = put_back(row.text), _each_text(row.facts, put_back)
    if row.sealed:
        private = _opened(row.sealed, known.get(row.subject))
        text, facts = private["text"], {**facts, **private["facts"]}
    named = {id_: one.name for id_, one in known.items()}
    about = "" if row.subject in {None, row.actor} else named.get(row.subject, row.subject)
    return Event(
        type=EventType(row.type),
        text=text,
        incident=row.incident,
        actor=named.get(row.actor, row.actor),
        facts=facts,
        subject=about,
    )


def _opened(sealed: str, subject: Subject | None) -> dict[str, Any]:
    if subject is None:
        return {"text": GONE, "facts": {}}
    private: dict[str, Any] = json.loads(opened(subject.key, sealed))
    return private


def _mentioned(row: Row[Any]) -> Iterator[str]:
    yield from (one for one in (row.actor, row.subject) if one and ID.fullmatch(one))
    if "[sub-" in row.text:
        yield from _TOKEN.findall(row.text)
    for text in _texts(row.facts):
        if "[sub-" in text:
            yield from _TOKEN.findall(text)


def _hider(connection: Connection, at: datetime) -> Callable[[str], str]:
    def hide(text: str) -> str:
        if "[sub-" in text:
            # Only looks like a pseudonym: it must not be read as somebody's address.
            text = _TOKEN.sub(r"(\1)", text)
        if "@" not in text:
            return text
        return _ADDRESS.regex.sub(pseudonym, text)

    def pseudonym(found: re.Match[str]) -> str:
        return f"[{subjects.of(connection, found[0], at).id}]" if _ADDRESS.check(found[0]) else found[0]

    return hide


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case list():
            return [_each_text(item, change) for item in value]
        case dict():
            return {name: _each_text(item, change) for name, item in value.items()}
    return value


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)

"""What did Slack deliver?  Of a payload only what is used; what a message looked like, says our own record."""

import json
from typing import Annotated, Literal, TypeVar
from urllib.parse import parse_qs

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


def _storable(text: str) -> str:
    """Without what no database takes as text: NUL, and halves of a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


_Text = Annotated[str, AfterValidator(_storable)]
_Id = Annotated[_Text, Field(max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Named(_Part):
    id: _Id


class _Pressed(_Part):
    action_id: _Id
    value: Annotated[_Text, Field(max_length=2_000)] = ""


class Click(_Part):
    """Somebody clicked a button."""

    type: Literal["block_actions"]
    user: _Named
    team: _Named
    trigger_id: _Id
    response_url: _Text = ""
    actions: Annotated[list[_Pressed], Field(min_length=1, max_length=1)]


class _Typed(_Part):
    value: _Text | None = None


class _State(_Part):
    values: dict[_Text, dict[_Text, _Typed]] = {}


class _View(_Part):
    callback_id: _Id
    private_metadata: Annotated[_Text, Field(max_length=3_000)] = ""
    state: _State = _State()


class Submitted(_Part):
    """Somebody filled in a dialog."""

    type: Literal["view_submission"]
    user: _Named
    team: _Named
    trigger_id: _Id
    view: _View

    @property
    def typed(self) -> str:
        """What stands in its one field."""
        return next((one.value or "" for block in self.view.state.values.values() for one in block.values()), "")


class Command(_Part):
    """`/incident …`"""

    text: _Text = ""
    user_id: _Id
    team_id: _Id
    trigger_id: _Id
    response_url: _Text = ""


class Written(_Part):
    """Somebody wrote into a channel we are in."""

    type: Literal["message", "app_mention"]
    user: _Id
    text: _Text = ""
    ts: _Id
    thread_ts: _Id
    channel: _Id
    bot_id: Literal[""] = ""
    subtype: Literal[""] = ""


class Event(_Part):
    type: Literal["event_callback"]
    team_id: _Id
    event_id: _Id
    event: Written


class Challenge(_Part):
    """Slack asks whether this is the right address."""

    type: Literal["url_verification"]
    challenge: Annotated[_Text, Field(max_length=1_000)]


Shape = TypeVar("Shape")
Delivered = Click | Submitted | Command | Event | Challenge
_POSTED: TypeAdapter[Event | Challenge] = TypeAdapter(Event | Challenge)
_KEPT: TypeAdapter[Delivered] = TypeAdapter(Delivered)
_INTERACTED: TypeAdapter[Click | Submitted] = TypeAdapter(Click | Submitted)


def parsed(kind: str, body: bytes) -> Delivered | None:
    """None for what we do not listen to. ValueError or RecursionError when it is not even well-formed."""
    if kind == "application/json":
        return _known(_POSTED, json.loads(body))
    form = {name: values[-1] for name, values in parse_qs(body.decode(), max_num_fields=100).items()}
    if "payload" in form:
        return _known(_INTERACTED, json.loads(form["payload"]))
    return _known(TypeAdapter(Command), form) if "command" in form else None


def enveloped(kind: str, payload: object) -> Delivered | None:
    """The same out of an envelope of Socket Mode: its payload is what Slack would have posted."""
    match kind:
        case "events_api":
            return _known(_POSTED, payload)
        case "interactive":
            return _known(_INTERACTED, payload)
        case "slash_commands":
            return _known(TypeAdapter(Command), payload)
    return None


def id_of(delivered: Delivered) -> str:
    """The same each time it is delivered."""
    match delivered:
        case Event():
            return delivered.event_id
        case Challenge():
            return ""
    return delivered.trigger_id


def kept(delivered: Delivered) -> str:
    """As `again` reads it."""
    return _KEPT.dump_json(delivered).decode()


def again(text: str) -> Delivered:
    """What was kept."""
    return _KEPT.validate_json(text)


def workspace_of(delivered: Delivered) -> str:
    match delivered:
        case Challenge():
            return ""
        case Click() | Submitted():
            return delivered.team.id
    return delivered.team_id


def _known(shape: TypeAdapter[Shape], found: object) -> Shape | None:
    try:
        return shape.validate_python(found)
    except ValidationError:
        return None

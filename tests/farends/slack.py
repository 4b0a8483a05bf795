"""What does Slack say to its Web API, and what does it post when somebody clicks? A strict one, as real Slack is.

It knows the messages as their readers see them: `messages`, and `whispers` for what one person alone was shown.
`click`, `submit`, `command` and `said` are the signed requests that people cause; `deliver_down_the_line` brings the
same by Socket Mode.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

from tests.farends.answers import Answer
from tests.farends.loopback import Asked, FarEnd
from tests.farends.slack_socket import SocketEnd

TOKEN = "xoxb-for-tests"
APP_TOKEN = "xapp-for-tests"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
"""That of Slack's own example."""
CHANNELS = {"C0INCIDENTS": "incidents", "C0PAYMENTS": "payments"}
TEAM = "T0TEAM"
BOT = "U0AGENT"
USERS = {BOT: "agent", "U0ANN": "ann", "U0BERT": "bert", "U0EVE": "eve"}
LONGEST_SECTION = 3_000
LONGEST_FIELD = 2_000
LONGEST_BUTTON = 75
LONGEST_VALUE = 2_000
MOST_BLOCKS = 50
_MARKED = re.compile(r"<[!@#][^>]*>|<[a-z]+:[^>]*>")


@dataclass
class Message:
    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    files: list["File"] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """Every text that is displayed, in order."""
        return "\n".join(_texts(self.blocks)) or self.text

    @property
    def buttons(self) -> dict[str, str]:
        """action_id -> value."""
        return {
            one["action_id"]: one["value"]
            for block in self.blocks
            if block["type"] == "actions"
            for one in block["elements"]
        }


@dataclass
class File:
    name: str
    length: int
    alt: str
    title: str = ""
    content: bytes = b""


@dataclass(frozen=True)
class Posted:
    """A request of Slack's to the application."""

    body: bytes
    headers: Mapping[str, str]


class SlackFarEnd(FarEnd):
    def __init__(self, *, record: Path | None = None) -> None:
        super().__init__(record=record)
        self.messages: list[Message] = []
        self.views: list[dict[str, Any]] = []
        """The dialogs that were opened, the latest last."""
        self.whispers: list[tuple[str, str]] = []
        """(user or response_url's path, text): what one person alone was shown."""
        self._counter = count(1)
        self._triggers: dict[str, str] = {}
        self._replies: dict[str, Message | None] = {}
        """response_url's path -> the message that it may replace."""
        self.scopes = {"files:write"}
        self._uploads: dict[str, File] = {}
        self.shared: dict[str, File] = {}
        """By their ids, those that a card may show."""
        self.socket = SocketEnd()

    def __enter__(self) -> Self:
        self.socket.start()
        return super().__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        self.socket.stop()

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    def answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/respond/"):
            return self._respond(asked)
        if asked.path.startswith("/upload/"):
            return self._uploaded(asked)
        if not asked.path.startswith("/api/"):
            return Answer(404, "")
        if asked.path == "/api/apps.connections.open":
            return _yes(url=self.socket.ticket()) if _bearer(asked) == APP_TOKEN else _no("invalid_auth")
        if _bearer(asked) != TOKEN:
            return _no("invalid_auth")
        given = asked.json() if asked.headers.get("content-type", "").startswith("application/json") else _form(asked)
        methods = {
            "auth.test": lambda _: _yes(team="Ops", user="agent", team_id=TEAM, user_id=BOT),
            "users.info": self._user,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "conversations.history": self._history,
            "conversations.replies": self._history,
            "views.open": self._open,
            "files.getUploadURLExternal": self._upload_address,
            "files.completeUploadExternal": self._complete_upload,
        }
        method = methods.get(asked.path.removeprefix("/api/"))
        return method(given) if method else _no("unknown_method")

    def card(self) -> Message:
        """The one message that is nobody's answer."""
        [card] = [one for one in self.messages if not one.thread_ts]
        return card

    def thread(self, card: Message) -> list[str]:
        return [one.shown for one in self.messages if one.thread_ts == card.ts]

    def click(self, button: str, user: str, at: datetime, *, message: Message | None = None, value: str = "") -> Posted:
        """Somebody clicks; `value` in the place of the button's own is what a forger would send."""
        where = message or self.card()
        with self.lock:
            carried = value or where.buttons[button]
            payload = {
                "type": "block_actions",
                "team": {"id": TEAM, "domain": "ops"},
                "user": {"id": user, "username": USERS.get(user, user), "team_id": TEAM},
                "api_app_id": "A0",
                "trigger_id": self._trigger(user),
                "response_url": self._response_url(where),
                "container": {"type": "message", "message_ts": where.ts, "channel_id": where.channel},
                "channel": {"id": where.channel, "name": CHANNELS[where.channel]},
                "message": {"ts": where.ts, "text": where.text, "blocks": where.blocks},
                "actions": [
                    {"type": "button", "action_id": button, "value": carried, "action_ts": f"{at.timestamp():.6f}"}
                ],
            }
        return self.signed(urlencode({"payload": json.dumps(payload)}).encode(), at)

    def submit(self, user: str, at: datetime, **typed: str) -> Posted:
        """Somebody fills in the latest dialog and sends it."""
        view = self.views[-1]
        state = {
            block["block_id"]: {block["element"]["action_id"]: {"type": "plain_text_input", "value": value}}
            for block, value in zip(view["blocks"], typed.values(), strict=True)
        }
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "trigger_id": self._trigger(user),
            "view": {**view, "id": f"V{len(self.views)}", "state": {"values": state}},
        }
        return self.signed(urlencode({"payload": json.dumps(payload)}).encode(), at)

    def command(self, text: str, user: str, at: datetime) -> Posted:
        form = {
            "command": "/incident",
            "text": text,
            "user_id": user,
            "team_id": TEAM,
            "channel_id": "C0INCIDENTS",
            "trigger_id": self._trigger(user),
            "response_url": self._response_url(None),
        }
        return self.signed(urlencode(form).encode(), at)

    def said(self, text: str, user: str, at: datetime, *, thread: Message, kind: str = "message") -> Posted:
        """Somebody writes into a thread."""
        number = next(self._counter)
        event = {
            "type": kind,
            "user": user,
            "text": text,
            "ts": f"{int(at.timestamp())}.{number:06}",
            "thread_ts": thread.ts,
            "channel": thread.channel,
        }
        body = {"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{number}", "event": event}
        return self.signed(json.dumps(body).encode(), at, "application/json")

    async def deliver_down_the_line(self, posted: Posted) -> dict[str, Any] | None:
        """The same request in an envelope; what the acknowledgement says to it."""
        kind, payload = _enveloped(posted)
        answers = kind == "slash_commands" or payload.get("type") == "view_submission"
        told: dict[str, Any] | None = (await self.socket.deliver(kind, payload, answers=answers)).get("payload")
        return told

    def signed(self, body: bytes, at: datetime, kind: str = "application/x-www-form-urlencoded") -> Posted:
        timestamp = str(int(at.timestamp()))
        return Posted(
            body,
            {
                "Content-Type": kind,
                "X-Slack-Request-Timestamp": timestamp,
                "X-Slack-Signature": signature(body, timestamp),
            },
        )

    def _trigger(self, user: str) -> str:
        trigger = f"{next(self._counter)}.trigger"
        self._triggers[trigger] = user
        return trigger

    def _response_url(self, message: Message | None) -> str:
        path = f"/respond/{next(self._counter)}"
        self._replies[path] = message
        return self.url + path

    def _post(self, given: dict[str, Any]) -> Answer:
        channel = _channel(given.get("channel", ""))
        if channel is None:
            return _no("channel_not_found")
        if problem := _problem(given, self.shared):
            return _no(problem)
        thread = given.get("thread_ts", "")
        if thread and not any(one.ts == thread for one in self.messages):
            return _no("thread_not_found")
        ts = f"1700000000.{next(self._counter):06}"
        message = Message(
            channel, ts, given.get("text", ""), given.get("blocks", []), thread, given.get("metadata", {})
        )
        self.messages.append(message)
        self.took_effect(effect="reply" if thread else "post", channel=channel, ts=ts, text=message.text)
        return _yes(channel=channel, ts=ts, message={"text": message.text, "ts": ts})

    def _update(self, given: dict[str, Any]) -> Answer:
        channel = given.get("channel", "")
        found = next((one for one in self.messages if (one.channel, one.ts) == (channel, given.get("ts"))), None)
        if found is None:  # chat.update knows channels by id alone
            return _no("message_not_found" if channel in CHANNELS else "channel_not_found")
        if problem := _problem(given, self.shared):
            return _no(problem)
        found.text, found.blocks = given.get("text", ""), given.get("blocks", [])
        self.took_effect(effect="update", channel=channel, ts=found.ts, text=found.text)
        return _yes(channel=channel, ts=found.ts, text=found.text)

    def _whisper(self, given: dict[str, Any]) -> Answer:
        if _channel(given.get("channel", "")) is None:
            return _no("channel_not_found")
        if given.get("user") not in USERS:
            return _no("user_not_in_channel")
        self.whispers.append((given["user"], given.get("text", "")))
        return _yes(message_ts=f"1700000000.{next(self._counter):06}")

    def _history(self, given: dict[str, Any]) -> Answer:
        channel, thread = given.get("channel", ""), given.get("ts", "")
        if channel not in CHANNELS:
            return _no("channel_not_found")
        found = [one for one in self.messages if one.channel == channel]
        found = [one for one in found if (thread in {one.ts, one.thread_ts} if thread else not one.thread_ts)]
        shown = [_told(one, with_metadata=given.get("include_all_metadata") in {"1", "true"}) for one in found]
        if not thread:
            shown.reverse()  # a channel's newest come first, a thread's oldest
        return _yes(messages=shown[: int(given.get("limit", "100"))], has_more=False)

    def _open(self, given: dict[str, Any]) -> Answer:
        if self._triggers.pop(given.get("trigger_id", ""), None) is None:
            return _no("expired_trigger_id")
        view = given["view"] if isinstance(given["view"], dict) else json.loads(given["view"])
        if len(view["title"]["text"]) > 24 or len(view.get("private_metadata", "")) > 3_000:
            return _no("invalid_arguments")
        self.views.append(view)
        return _yes(view={**view, "id": f"V{len(self.views)}"})

    def _upload_address(self, given: dict[str, Any]) -> Answer:
        if "files:write" not in self.scopes:
            return _no("missing_scope")
        if not given.get("filename") or not str(given.get("length", "")).isdecimal():
            return _no("invalid_arguments")
        name = f"F{next(self._counter)}"
        self._uploads[name] = File(given["filename"], int(given["length"]), given.get("alt_txt", ""))
        return _yes(upload_url=f"{self.url}/upload/{name}", file_id=name)

    def _uploaded(self, asked: Asked) -> Answer:
        """Needs no token: the address is the secret."""
        file = self._uploads.get(asked.path.removeprefix("/upload/"))
        if file is None or len(asked.body) != file.length:
            return Answer(400, "")
        file.content = asked.body
        return Answer(200, f"OK - {file.length}")

    def _complete_upload(self, given: dict[str, Any]) -> Answer:
        """The file is shared where it says; shared nowhere, nobody would see it."""
        files = [self._uploads.pop(one["id"], None) for one in given["files"]]
        found = [one for one in files if one is not None and one.content]
        if len(found) != len(files):
            return _no("file_not_found")
        channel, thread = _channel(given.get("channel_id", "")), given.get("thread_ts", "")
        if channel is None or (thread and not any(one.ts == thread for one in self.messages)):
            return _no("channel_not_found")
        for file, asked in zip(found, given["files"], strict=True):
            file.title = asked.get("title", "")
            self.shared[asked["id"]] = file
        ts = f"1700000000.{next(self._counter):06}"
        self.messages.append(Message(channel, ts, "", [], thread, files=found))
        self.took_effect(effect="picture", channel=channel, ts=ts, text=found[0].title)
        return _yes(files=[{"id": one["id"], "title": one.get("title", "")} for one in given["files"]])

    def _user(self, given: dict[str, Any]) -> Answer:
        user = given.get("user", "")
        return _yes(user={"id": user, "name": USERS[user], "tz": "UTC"}) if user in USERS else _no("user_not_found")

    def _respond(self, asked: Asked) -> Answer:
        """A response_url: good for what was clicked, needs no token."""
        if asked.path not in self._replies:
            return Answer(404, "used_url")
        given, message = asked.json(), self._replies[asked.path]
        if given.get("replace_original") and message is not None:
            if problem := _problem(given, self.shared):
                return Answer(400, problem)
            message.text, message.blocks = given.get("text", ""), given.get("blocks", [])
            self.took_effect(effect="update", channel=message.channel, ts=message.ts, text=message.text)
        else:
            self.whispers.append((asked.path, given.get("text", "")))
        return Answer(200, "ok")


def signature(body: bytes, timestamp: str) -> str:
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()


def marked(message: Message) -> list[str]:
    """What a reader would see as a mention or a link."""
    return [one for text in [*_texts(message.blocks), message.text] for one in _MARKED.findall(text)]


def _bearer(asked: Asked) -> str:
    return asked.headers.get("authorization", "").removeprefix("Bearer ")


def _enveloped(posted: Posted) -> tuple[str, dict[str, Any]]:
    if posted.headers["Content-Type"] == "application/json":
        return "events_api", json.loads(posted.body)
    form = {name: values[0] for name, values in parse_qs(posted.body.decode(), keep_blank_values=True).items()}
    return ("interactive", json.loads(form["payload"])) if "payload" in form else ("slash_commands", form)


def _channel(named: str) -> str | None:
    return next((id_ for id_, name in CHANNELS.items() if named in {id_, name, f"#{name}"}), None)


def _problem(given: Mapping[str, Any], files: Collection[str] = ()) -> str:
    blocks = given.get("blocks") or []
    if not given.get("text") and not blocks:
        return "no_text"
    if len(given.get("text", "")) > 40_000:
        return "msg_too_long"
    return "" if len(blocks) <= MOST_BLOCKS and all(_sound(one, files) for one in blocks) else "invalid_blocks"


def _sound(block: Mapping[str, Any], files: Collection[str]) -> bool:
    match block["type"]:
        case "section":
            texts, fields = [block["text"]] if "text" in block else [], block.get("fields", [])
            return (
                bool(texts or fields)
                and all(1 <= len(one["text"]) <= LONGEST_SECTION for one in texts)
                and len(fields) <= 10
                and all(1 <= len(one["text"]) <= LONGEST_FIELD for one in fields)
            )
        case "context":
            return 1 <= len(block["elements"]) <= 10 and all(one["text"] for one in block["elements"])
        case "actions":
            names = [one["action_id"] for one in block["elements"]]
            return 1 <= len(names) <= 25 and len(set(names)) == len(names) and all(map(_button, block["elements"]))
        case "divider":
            return True
        case "image":
            return block["slack_file"]["id"] in files and 1 <= len(block["alt_text"]) <= LONGEST_FIELD
    return False


def _button(one: Mapping[str, Any]) -> bool:
    known = {"type", "action_id", "text", "value", "style", "confirm"}
    return (
        one["type"] == "button"
        and set(one) <= known
        and one["text"]["type"] == "plain_text"
        and len(one["text"]["text"]) <= LONGEST_BUTTON
        and len(one["value"]) <= LONGEST_VALUE
        and one.get("style", "primary") in {"primary", "danger"}
    )


def _texts(blocks: list[dict[str, Any]]) -> list[str]:
    found = []
    for block in blocks:
        parts = [block.get("text"), *block.get("fields", [])]
        parts += block.get("elements", []) if block["type"] == "context" else []
        found += [one["text"] for one in parts if one]
    return found


def _told(one: Message, *, with_metadata: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "message",
        "ts": one.ts,
        "text": one.text,
        "thread_ts": one.thread_ts,
        "bot_id": "B0",
    }
    shown |= {"files": [{"name": file.name, "title": file.title} for file in one.files]} if one.files else {}
    return {**shown, "metadata": one.metadata} if with_metadata else shown


def _form(asked: Asked) -> dict[str, str]:
    sent = asked.form if asked.method == "POST" else asked.query
    return {name: values[0] for name, values in sent.items()}


def _yes(**more: Any) -> Answer:
    return Answer(200, {"ok": True, **more})


def _no(error: str) -> Answer:
    return Answer(200, {"ok": False, "error": error})


def rate_limited(seconds: int = 1) -> Answer:
    return Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(seconds)})

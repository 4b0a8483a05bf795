"""How does Slack take a message, and what is known when it does not answer?

Slack knows no idempotency key. So a message carries its key as metadata, by which it is found again; an update says how
a message should look and may be said twice. When Slack tells us to slow down, nothing is sent until that time is over.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from agent.domain.clocks import passed
from agent.ports import Clock
from tools.base import BackendError, Unsure

if TYPE_CHECKING:
    import aiohttp
    from slack_sdk.errors import SlackApiError

METADATA = "incident_agent"
"""The event type of the metadata that our messages carry."""
LONGEST_QUIET = timedelta(minutes=5)
"""Then Slack is asked again, however much longer it said: people wait for what it is to tell them."""
LOOKED_AT = 100
"""The newest messages of a channel or thread, among which a key is looked for."""
HOOKS = "https://hooks.slack.com/"
FILES = "https://files.slack.com/"
_LINES = re.compile(r"wss://(?:[a-z0-9-]+\.)+slack\.com/")
"""Where lines of Socket Mode are opened."""

_PASSING = {"ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org"}
_OURS_TO_MEND = {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope"}
"""Nothing can be told until somebody mends it; what waits is told then."""
_HALF_DONE = {"fatal_error", "internal_error"}
"""Some of it may have happened, says Slack's reference."""

Block = dict[str, JsonValue]


@dataclass(frozen=True)
class Place:
    """Where a message stands."""

    channel: str
    ts: str


@dataclass(frozen=True)
class Text:
    """What is shown: the blocks, and in a notification the text."""

    text: str
    blocks: Sequence[Block] = ()


@dataclass(frozen=True)
class Shared:
    """A picture that was uploaded."""

    file: str
    """Slack's id of it."""
    said: str
    """The same in a sentence."""


@dataclass(frozen=True)
class Picture:
    title: str
    said: str
    """The same in a sentence, for whoever cannot see it."""
    png: bytes


class SlackApi:
    def __init__(
        self, token: str, clock: Clock, *, base_url: str = "", deadline: timedelta = timedelta(seconds=15)
    ) -> None:
        self._token = token
        self._clock = clock
        self._base_url = base_url
        self._deadline = deadline
        self._quiet: tuple[datetime, timedelta] | None = None
        """Since when it is wanted, and for how long."""

    def busy(self) -> str:
        """Why nothing should be asked at the moment; empty when it may be."""
        if self._quiet is None or passed(*self._quiet, self._clock.now()):
            return ""
        since, length = self._quiet
        return f"Slack wants quiet until {since + length:%H:%M:%S} UTC."

    async def post(self, channel: str, shown: Text, key: str, thread: str = "") -> Place:
        """A new message, below `thread` when one is named. Unsure when it may have been posted."""
        answer = await self._write(
            "chat.postMessage",
            channel=channel,
            **_shown(shown),
            **({"thread_ts": thread} if thread else {}),
            metadata={"event_type": METADATA, "event_payload": {"key": key}},
            link_names=False,
            unfurl_links=False,
            unfurl_media=False,
        )
        return Place(str(answer["channel"]), str(answer["ts"]))

    async def update(self, place: Place, shown: Text) -> None:
        await self._write("chat.update", channel=place.channel, ts=place.ts, **_shown(shown), link_names=False)

    async def find(self, key: str, channel: str, thread: str = "") -> Place | None:
        """Our message with this key, if it is among the newest."""
        where = {"ts": thread} if thread else {}
        messages = await self._messages("conversations.replies" if thread else "conversations.history", channel, where)
        return next((Place(channel, str(one["ts"])) for one in messages if _key(one) == key), None)

    async def upload(self, below: Place, name: str, picture: Picture) -> str:
        """A picture into a thread; Slack's id of it. Unsure when it may be there."""
        given = {"filename": name, "length": len(picture.png), "alt_txt": picture.said[:1_000]}
        got = await self._call("files.getUploadURLExternal", data=given)
        await self._send(str(got.get("upload_url", "")), picture.png)
        await self._write(
            "files.completeUploadExternal",
            files=[{"id": got.get("file_id", ""), "title": picture.title[:200]}],
            channel_id=below.channel,
            thread_ts=below.ts,
        )
        return str(got.get("file_id", ""))

    async def find_file(self, name: str, below: Place) -> Place | None:
        """Where a file of this name stands in the thread, if it is among its newest."""
        messages = await self._messages("conversations.replies", below.channel, {"ts": below.ts})
        named = [one for one in messages for file in one.get("files", ()) if file.get("name") == name]
        return next((Place(below.channel, str(one["ts"])) for one in named), None)

    async def key_at(self, place: Place) -> str:
        """The key that the first message of a thread carries; empty when it is none of ours."""
        messages = await self._messages("conversations.replies", place.channel, {"ts": place.ts})
        return next((_key(one) for one in messages if one.get("ts") == place.ts), "")

    async def open_dialog(self, trigger: str, view: dict[str, JsonValue]) -> None:
        """Must be asked within three seconds of the click."""
        await self._write("views.open", trigger_id=trigger, view=view)

    async def socket_address(self, app_token: str) -> str:
        """Where a line for Socket Mode may be opened, once and within half a minute."""
        answer = await self._call("apps.connections.open", token=app_token)
        url = str(answer.get("url", ""))
        if not (_LINES.match(url) or (self._base_url and url.startswith(("wss://", "ws://127.0.0.1:")))):
            raise BackendError("apps.connections.open: no address of Slack's came.")
        return url

    async def respond(self, url: str, shown: Text, *, replace: bool = False) -> None:
        """Answer a click or a command where it was made: to that person alone, or in the place of the message."""
        if not url.startswith((HOOKS, self._own("respond/", HOOKS))):
            raise BackendError("The address to answer at is not Slack's.")
        import aiohttp
        from slack_sdk.webhook.async_client import AsyncWebhookClient

        kind: dict[str, Any] = {"replace_original": True} if replace else {"response_type": "ephemeral"}
        try:
            async with self._session() as session:
                client = AsyncWebhookClient(url, session=session)
                answer = await client.send_dict({**_shown(shown), "replace_original": replace, **kind})
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unsure(f"Slack did not answer: {type(error).__name__}") from error
        if answer.status_code >= 400:
            raise BackendError(f"Slack answered {answer.status_code} to a reply.")

    async def _send(self, url: str, content: bytes) -> None:
        """Nothing has happened that anybody sees until the upload is completed."""
        if not url.startswith((FILES, self._own("upload/", FILES))):
            raise BackendError("The address to upload to is not Slack's.")
        import aiohttp

        deadline = aiohttp.ClientTimeout(total=self._deadline.total_seconds())
        try:
            async with (
                aiohttp.ClientSession(timeout=deadline, trust_env=True) as session,
                session.post(url, data=content, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise BackendError(f"Slack answered {answer.status} to an upload.", retry=answer.status >= 429)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise BackendError(f"An upload to Slack broke: {type(error).__name__}.", retry=True) from error

    def _own(self, path: str, otherwise: str) -> str:
        """A Slack of a test answers for itself, at its own origin; else the one address there is."""
        return self._base_url.removesuffix("api/") + path if self._base_url else otherwise

    async def _messages(self, method: str, channel: str, where: dict[str, str]) -> list[dict[str, Any]]:
        given = {"channel": channel, "limit": LOOKED_AT, "include_all_metadata": "true", **where}
        return list((await self._call(method, http_verb="GET", params=given)).get("messages", []))

    async def _write(self, method: str, **given: Any) -> dict[str, Any]:
        return await self._call(method, json=given)

    async def _call(self, method: str, *, token: str = "", **sent: Any) -> dict[str, Any]:
        import aiohttp
        from slack_sdk.errors import SlackApiError
        from slack_sdk.web.async_client import AsyncWebClient

        try:
            async with self._session() as session:
                # Without its own retries: on a broken connection they would send a message again that may have arrived.
                client = AsyncWebClient(
                    token or self._token,
                    base_url=self._base_url or AsyncWebClient.BASE_URL,
                    session=session,
                    retry_handlers=[],
                )
                answer = await client.api_call(method, **sent)
        except SlackApiError as error:
            raise self._refused(method, error) from error
        except aiohttp.ClientConnectorError as error:
            raise BackendError(f"{method}: Slack cannot be reached.", retry=True) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unsure(f"{method}: no answer ({type(error).__name__}).") from error
        return dict(answer.data) if isinstance(answer.data, dict) else {}

    def _session(self) -> "aiohttp.ClientSession":
        """For one call. The library would follow a redirect to wherever it points, message and all; this does not."""
        import aiohttp

        async def refuse(*_: object) -> None:
            raise aiohttp.ClientError("Slack answered with a redirect, which is not followed")

        watched = aiohttp.TraceConfig()
        watched.on_request_redirect.append(refuse)
        deadline = aiohttp.ClientTimeout(total=self._deadline.total_seconds())
        return aiohttp.ClientSession(timeout=deadline, trace_configs=[watched])

    def _refused(self, method: str, error: "SlackApiError") -> BackendError | Unsure:
        status = int(getattr(error.response, "status_code", 0))
        data = getattr(error.response, "data", None)
        reason = str(data.get("error", "")) if isinstance(data, dict) else ""
        if status == 429:
            after = str(getattr(error.response, "headers", {}).get("Retry-After", ""))
            self._quiet = self._clock.now(), _pause(after)
            return BackendError(f"{method}: too fast for Slack.", retry=True)
        if reason in _HALF_DONE or not reason:
            return Unsure(f"{method}: {reason or f'HTTP {status}'}.")
        return BackendError(f"{method}: {reason}.", retry=reason in _PASSING | _OURS_TO_MEND)


def _pause(seconds: str) -> timedelta:
    """What Retry-After asks for; a second when it makes no sense."""
    if not seconds.isdecimal():
        return timedelta(seconds=1)
    # As many digits as no length of time is too long for.
    return min(timedelta(seconds=int(seconds[:9])), LONGEST_QUIET)


def _shown(shown: Text) -> dict[str, Any]:
    return {"text": shown.text, "blocks": list(shown.blocks)}


def _key(message: dict[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != METADATA:
        return ""
    return str((metadata.get("event_payload") or {}).get("key", ""))

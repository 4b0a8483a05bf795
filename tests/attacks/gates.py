"""Controls at the doors, in and out: how often, as whom, to where, and what a browser makes of it."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt

from agent.domain.errors import Unauthenticated
from agent.domain.rules import Budgets, Person, Rates
from agent.entrypoints.dashboard import pages
from agent.entrypoints.rates import Turnstile
from agent.graph.conversation.meter import Meter
from agent.identity import tokens
from agent.identity.signers import signers
from agent.telemetry import Meters
from tests.attacks.control import Control
from tests.clocks import FastClock
from tests.farends.issuer import NAME, Issuer
from tools.base import BackendError
from tools.clients.judged import Judged
from tools.clients.origin import origin_of
from tools.clients.outcome import Unanswered

SCRIPT = "<script>hacked()</script>"


async def _a_thousand_calls_of_tools() -> bool:
    meter = Meter(Budgets(tool_calls=24))
    return all(meter.take_tool_call() == "" for _ in range(1_000))


async def _never_too_often() -> bool:
    turnstile = Turnstile(Rates(source=1, burst=timedelta(seconds=1)), Meters())
    return all(turnstile.source("203.0.113.7", "/api/incidents") is None for _ in range(1_000))


async def _a_script_on_a_page() -> bool:
    told = {
        "title": "Not found",
        "detail": SCRIPT,
        "incident": "",
        "visitor": None,
        "style": "",
        "script": "",
        "here": "",
    }
    return SCRIPT in pages._environment().get_template("refused.html").render(told)


async def _a_token_made_for_somebody_else() -> bool:
    issuer, clock = Issuer(), FastClock()
    with tempfile.TemporaryDirectory(prefix="attacks-issuer-") as folder:
        keys = signers(issuer.write_jwks(Path(folder)), "RS256")
    ours = tokens.Issuer(algorithm="RS256", keys=keys, name=NAME, audience="incident-agent")
    people = {"ann": Person(subject="ann@example.org", scopes=("read",))}
    try:
        tokens.Tokens(ours, people, clock).caller(issuer.token(clock.now(), aud="another program"))
    except Unauthenticated:
        return False
    return True


async def _the_name_is_looked_up_again() -> bool:
    """The judged address is 127.0.0.2; whoever asks for the name once more is sent to 127.0.0.1, who notes it."""
    heard: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())
        writer.close()

    async def first(_: str, __: int) -> list[str]:
        return ["127.0.0.2"]

    async with await asyncio.start_server(note, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        try:
            await Judged(timedelta(seconds=20), first).ask(
                origin_of(f"http://localhost:{port}"), "GET", "/", headers={}
            )
        except (BackendError, Unanswered):
            return bool(heard)
    return True


_decode = jwt.decode


def _for_anybody(token: str, key: Any, **how: Any) -> Any:
    return _decode(token, key, **{**how, "audience": None, "options": {**how["options"], "verify_aud": False}})


_environment = pages._environment


GATES = (
    Control(
        "what an incident may cost is limited",
        "S16",
        "agent.graph.conversation.meter:tools_exhausted",
        lambda *_: "",
        _a_thousand_calls_of_tools,
    ),
    Control("nobody comes too often", "S64", "agent.entrypoints.rates:Rate.wait", lambda *_: 0.0, _never_too_often),
    Control(
        "pages escape what they show",
        "S55",
        "agent.entrypoints.dashboard.pages:_environment",
        lambda: _environment().overlay(autoescape=False),
        _a_script_on_a_page,
    ),
    Control("a token must be made for us", "S59", "jwt:decode", _for_anybody, _a_token_made_for_somebody_else),
    Control(
        "the connection is made to the address that was judged",
        "S51",
        "tools.clients.origin:Origin.url_at",
        lambda origin, _, path: origin.url(path),
        _the_name_is_looked_up_again,
    ),
)

"""Does anything secret leave with a ticket?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from pydantic import JsonValue

from agent.domain.errors import Refused
from agent.notify.outbound import Shielded
from agent.policy.redaction import Redactor

SECRET = "AKIA" + "Q3EXAMPLEKEY7ABC"
"""The shape of an AWS key."""


@dataclass
class Written:
    """A ticket system that keeps what it is told."""

    texts: list[str] = field(default_factory=list)

    async def create(self, key: str, title: str, body: str, fields: Mapping[str, JsonValue]) -> str:
        self.texts += [key, title, body, *map(str, fields.values())]
        return "OPS-1"

    async def find(self, key: str) -> str | None:
        return f"found {key}"

    async def comment(self, ticket: str, key: str, body: str) -> None:
        self.texts += [ticket, key, body]

    async def transition(self, ticket: str, to: str) -> None:
        self.texts += [ticket, to]


@pytest.mark.attack("S19", "S65")
async def test_what_is_secret_or_personal_does_not_leave() -> None:
    written = Written()
    tickets = Shielded(written, lambda text: Redactor(b"k" * 32).abstract(text))
    body = f"cart logs “login of ann@example.org with {SECRET} failed”."
    assert await tickets.create("k1", f"cart fails with {SECRET}", body, {"project": "OPS"}) == "OPS-1"
    await tickets.comment("OPS-1", "n1", f"rolled back; token={SECRET}")
    told = "\n".join(written.texts)
    assert SECRET not in told
    assert "ann@example.org" not in told
    assert "cart fails with" in told
    assert "rolled back" in told


async def test_the_rest_goes_through_as_it_is() -> None:
    written = Written()
    tickets = Shielded(written, str)
    assert await tickets.find("k1") == "found k1"
    await tickets.transition("OPS-1", "Done")
    assert written.texts == ["OPS-1", "Done"]


async def test_what_cannot_be_cleaned_is_not_sent() -> None:
    def refuse(text: str) -> str:
        raise Refused(f"{len(text)} characters are too many")

    written = Written()
    with pytest.raises(Refused):
        await Shielded(written, refuse).comment("OPS-1", "n1", "x")
    assert written.texts == []

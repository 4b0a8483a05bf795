"""What may a channel be told? Nothing that is secret or personal, and nothing that an outsider wrote."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from agent.domain.errors import Refused
from agent.ports import Tickets


class Shielded:
    """`ports.Tickets` whose texts have been cleaned before they leave."""

    def __init__(self, tickets: Tickets, clean: Callable[[str], str]) -> None:
        """`clean` raises Refused for what it cannot clean; nothing is sent then."""
        self._tickets = tickets
        self._clean = clean

    async def create(self, key: str, title: str, body: str, fields: Mapping[str, JsonValue]) -> str:
        return await self._tickets.create(key, self._clean(title), self._clean(body), fields)

    async def find(self, key: str) -> str | None:
        return await self._tickets.find(key)

    async def comment(self, ticket: str, key: str, body: str) -> None:
        await self._tickets.comment(ticket, key, self._clean(body))

    async def transition(self, ticket: str, to: str) -> None:
        await self._tickets.transition(ticket, to)


def careful(clean: Callable[[str], str]) -> Callable[[str], str]:
    """The same for a text that is part of more: what cannot be cleaned is not shown, and that is said."""

    def cleaned(text: str) -> str:
        try:
            return clean(text)
        except Refused as reason:
            return f"(not shown: {reason})"

    return cleaned

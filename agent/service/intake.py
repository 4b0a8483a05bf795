"""A webhook's body comes in: parsed once, on the disk before anybody is told so."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from agent.domain.errors import NotFound
from agent.ports import Clock, Parser, Unparsed
from agent.storage import alerts, changes
from agent.storage.alerts import Arrival, Receipt
from agent.storage.database import Database
from tools.base import Change

Ids = Callable[[str], str]
"""Prefix -> a new id that sorts by time."""
QUICK = 64 * 1024
"""Bytes of a body that are parsed in a few milliseconds; a larger one is parsed beside the event loop."""
Found = TypeVar("Found")
ChangeParser = Callable[[bytes, datetime], tuple[list[Change], list[Unparsed]]]


class Intake:
    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        new_id: Ids,
        parsers: Mapping[str, Parser],
        parse_changes: ChangeParser,
        arrived: Callable[[], None],
    ) -> None:
        """`arrived` wakes whoever places alerts."""
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._parsers = parsers
        self._parse_changes = parse_changes
        self._arrived = arrived

    async def receive(self, integration: str, sender: str, body: bytes) -> Receipt:
        """Store what the body holds; it is on the disk when this returns. QueueFull when the disk is too far behind."""
        if (parser := self._parsers.get(integration)) is None:
            raise NotFound(f"There is no integration {integration!r}.")
        now = self._clock.now()
        found, unparsed = await _parsed(parser, body, now)
        receipt = self._receipt(integration, sender, now, len(found), sum(part.count for part in unparsed))
        arrival = Arrival(receipt, [(self._new_id("al"), alert) for alert in found], unparsed)
        await self._database.write(lambda connection: alerts.store(connection, arrival))
        self._arrived()
        return receipt

    async def receive_changes(self, sender: str, body: bytes) -> Receipt:
        """The same for changes: deploys, flags, configuration."""
        now = self._clock.now()
        found, unparsed = await _parsed(self._parse_changes, body, now)
        receipt = self._receipt("changes", sender, now, len(found), sum(part.count for part in unparsed))
        arrival = Arrival(receipt, [], unparsed)
        await self._database.write(lambda connection: changes.store(connection, arrival, found))
        return receipt

    def _receipt(self, integration: str, sender: str, now: datetime, accepted: int, quarantined: int) -> Receipt:
        return Receipt(
            id=self._new_id("rc"),
            integration=integration,
            sender=sender,
            received_at=now,
            accepted=accepted,
            quarantined=quarantined,
        )


async def _parsed(
    parse: Callable[[bytes, datetime], tuple[list[Found], list[Unparsed]]], body: bytes, now: datetime
) -> tuple[list[Found], list[Unparsed]]:
    return parse(body, now) if len(body) <= QUICK else await asyncio.to_thread(parse, body, now)

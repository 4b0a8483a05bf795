"""S62: in Slack, too, another team's incident does not exist for whoever is limited to one."""

from pathlib import Path

import pytest

from agent.storage import reads
from tests.integration.agent.entrypoints.slack.office import office


@pytest.mark.attack("S62")
async def test_another_teams_incident_is_neither_shown_nor_decided(tmp_path: Path) -> None:
    async with office(tmp_path, {"ann": ("admin",)}) as here:
        await here.application.identity.keys.create("eve", "person", ["admin"], ["payments"])
        await here.incident("inc-1", team="shop", title="Not for eve")
        await here.incident("inc-2", team="payments", title="For eve")
        asked = await here.ask("inc-1")
        about = ("show", "ask", "ack", "approve", "deny", "mute", "feedback")
        words = {"ask": "why?", "mute": "60", "feedback": "right"}
        told = [await here.command(f"{verb} inc-1 {words.get(verb, '')}", "U0EVE") for verb in about]
        by_id = await here.command(f"approve {asked.id}", "U0EVE")
        listed = await here.command("list", "U0EVE")

        assert told == ["There is no incident inc-1."] * len(about)
        assert by_id == f"There is no approval {asked.id}."
        assert ("For eve" in listed, "Not for eve" in listed) == (True, False)
        assert (await here.approval(asked.id)).votes == ()
        assert "Not for eve" in await here.command("show inc-1", "U0ANN")


async def test_whoever_looks_or_asks_in_slack_is_noted(tmp_path: Path) -> None:
    async with office(tmp_path, {"ann": ("read", "ask")}) as here:
        await here.incident("inc-1")
        for said in ("show inc-1", "ask inc-1 why?", "show inc-none", "list"):
            await here.command(said)
        database = here.application.record.database
        found = await database.read(lambda connection: reads.listed(connection, who="ann"))
        assert sorted({(one.incident, one.what) for one in found}) == [("inc-1", "slack ask"), ("inc-1", "slack show")]

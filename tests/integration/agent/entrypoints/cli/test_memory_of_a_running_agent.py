"""Do the commands of the memory work while the agent runs on the folder?  They ask it, as anybody else does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.bootstrap import Application, bootstrap
from agent.entrypoints.cli.frame import run
from agent.entrypoints.serving import serving
from agent.settings import Settings
from tests.integration.agent.entrypoints.cli.test_memory import PAST


@asynccontextmanager
async def _running(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Application]:
    """An agent on that folder, and commands that know of the folder and of the port alone."""
    for name in (
        "AGENT_DATABASE_URL",
        "AGENT_SECRET_KEY",
        "AGENT_CHROMA_URL",
        "AGENT_EMBEDDINGS",
        "AGENT_URL",
        "AGENT_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    settings = Settings.model_validate({"data": folder / "data", "runbooks": folder / "none", "port": 0})
    async with bootstrap(settings) as application, serving(application, works=False) as running:
        monkeypatch.setenv("AGENT_DATA", str(settings.data))
        monkeypatch.setenv("AGENT_PORT", running.url.rpartition(":")[2])
        yield application


async def _told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert await asyncio.to_thread(run, [*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


async def test_the_running_agent_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "past.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in PAST))
    async with _running(tmp_path, monkeypatch) as application:
        assert await _told(capsys, "memory", "import", str(file)) == {
            "imported": 2,
            "unusable": [{"where": "line 3", "reason": "cause: Field required"}],
        }
        found = await _told(capsys, "memory", "search", "no connection left in the pool")
        assert [one["title"] for one in found] == ["Checkout fails", "Disk of db-2 full"]
        assert await asyncio.to_thread(run, ["memory", "forget", found[0]["incident"], "inc-none"]) == 0
        assert capsys.readouterr().out == "Forgotten: 1 of 2.\n"
        assert await asyncio.to_thread(run, ["memory", "forget", found[0]["incident"]]) == 1
        assert capsys.readouterr().err == "None of these was remembered.\n"
        kept = await application.views.lessons()
        journal = [(one.event.actor, one.event.text) for one in await application.views.audit()]
    assert [one.title for one in kept] == ["Disk of db-2 full"]
    assert journal[-2:] == [
        ("local-operator", "local-operator brought in 2 past incidents."),
        ("local-operator", f"local-operator had forgotten what was learned from {found[0]['incident']}."),
    ]


async def test_a_long_file_comes_in_parts_and_its_lines_keep_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long = {**PAST[0], "symptom": "x" * 9_000}
    lines = [json.dumps({**long, "title": f"Incident {one}"}) for one in range(7)]
    (tmp_path / "past.jsonl").write_text("\n".join([*lines, "", "no JSON"]))
    async with _running(tmp_path, monkeypatch):
        told = await _told(capsys, "memory", "import", str(tmp_path / "past.jsonl"))
    assert (told["imported"], [one["where"] for one in told["unusable"]]) == (7, ["line 9"])

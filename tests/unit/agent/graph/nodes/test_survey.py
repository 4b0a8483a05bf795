import asyncio
import json
from datetime import timedelta
from pathlib import Path

from agent.domain.incident import Symptom
from agent.graph.context import Sources
from agent.graph.nodes.survey import LOG_LINES, LOG_PAGES, observe
from tests.unit.agent.analysis.made import NOW, STEP, alert
from tools.clients.recorded import RecordedLogs


def test_pages_full_of_new_lines_do_not_hide_what_was_usual(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    old, new = (NOW - timedelta(minutes=minutes) for minutes in (20, 1))
    kinds = [(old, "served", 10), (new, "gave up", LOG_PAGES * LOG_LINES + 5)]
    lines = [
        {"ts": at.timestamp() + n / 1000, "service": "cart", "level": "INFO", "message": said}
        for at, said, count in kinds
        for n in range(count)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    sources = Sources(logs=RecordedLogs(path), step=STEP)

    seen = asyncio.run(observe(sources, [alert("HighErrorRate", NOW)], Symptom.ERRORS, NOW, []))

    said = [line.message for line in seen.lines]
    assert (said.count("served"), said.count("gave up")) == (10, LOG_PAGES * LOG_LINES + 5)
    assert [line.at for line in seen.lines] == sorted(line.at for line in seen.lines)
    assert seen.lines_query.count("recorded logs") == 3


def test_newest_lines_that_fill_the_pages_do_not_hide_what_broke_before_them(tmp_path: Path) -> None:
    """Of a log so busy that the pages hold its last minute, each part of the time before is heard, too."""
    path = tmp_path / "logs.jsonl"
    often = (LOG_PAGES * LOG_LINES + 5) / 60
    busy = [(NOW.timestamp() - n / often, "served") for n in range(round(often * 60))]
    broken = [(NOW.timestamp() - 300 + n, "gave up") for n in range(120)]
    steady = [(NOW.timestamp() - n, "swept") for n in range(1, 1500, 2)]
    lines = [
        {"ts": at, "service": "cart", "level": "INFO", "message": said}
        for at, said in sorted([*busy, *broken, *steady])
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    sources = Sources(logs=RecordedLogs(path), step=STEP)

    seen = asyncio.run(observe(sources, [alert("HighErrorRate", NOW)], Symptom.ERRORS, NOW, []))

    said = [line.message for line in seen.lines]
    assert (said.count("gave up"), said.count("swept")) == (120, 750)
    assert [line.at for line in seen.lines] == sorted(line.at for line in seen.lines)
    assert len({(line.at, line.message) for line in seen.lines}) == len(seen.lines)

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
    assert (said.count("served"), said.count("gave up")) == (10, LOG_PAGES * LOG_LINES)
    assert [line.at for line in seen.lines] == sorted(line.at for line in seen.lines)
    assert seen.lines_query.count("recorded logs") == 2

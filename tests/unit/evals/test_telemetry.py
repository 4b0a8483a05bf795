import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evals.case import Case
from evals.telemetry import lookback, recorded_sources, server
from tools.base import Change, LogSearch

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_prometheus_answers_when_it_is_installed_and_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    without = server("auto")
    for name in ("prometheus", "promtool"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)

    assert [without, server("auto"), server("prometheus"), server("recorded")] == [
        "recorded",
        "prometheus",
        "prometheus",
        "recorded",
    ]


def test_prometheus_that_is_wanted_and_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ValueError, match="not installed: prometheus and promtool"):
        server("prometheus")


def test_a_sample_stands_for_two_steps_at_least() -> None:
    minutes = [timedelta(seconds=15), timedelta(minutes=5)]

    assert [lookback(step) for step in minutes] == [timedelta(minutes=5), timedelta(minutes=10)]


async def test_series_that_tools_answered_stand_in_for_metrics_that_were_not_recorded(tmp_path: Path) -> None:
    told = {"label": "cpu", "timestamps": ["2026-03-26T11:20:00Z", "2026-03-26T11:21:00Z"], "values": [1, 2]}
    answers = tmp_path / "tool_outputs.jsonl"
    answers.write_text(json.dumps({"tool": "get_metric_data", "args": {}, "output": told}))
    case = Case("made/one", tmp_path)
    metrics = recorded_sources(case).metrics
    assert metrics is not None
    assert await metrics.metadata() == {"cpu": "unknown"}

    answers.write_text(json.dumps({"tool": "get_pods", "args": {}, "output": "No resources found"}))
    assert recorded_sources(case).metrics is None
    (tmp_path / "metrics.om").write_text("# TYPE load gauge\nload 1 1\n# EOF\n")
    recorded = recorded_sources(case).metrics
    assert recorded is not None
    assert await recorded.metadata() == {"load": "gauge"}


BROKEN = [
    b'{"ts": 1, "mess',
    b"[1]",
    b'{"message": "no time"}',
    b'{"ts": 1e300, "message": "no time either"}',
    b"[" * 10**5,
]


async def _logged(folder: Path, lines: Sequence[bytes]) -> list[str] | None:
    """What a case with these lines says, the newest first; None when it has no logs."""
    (folder / "logs.jsonl").write_bytes(b"\n".join(lines))
    logs = recorded_sources(Case("made/one", folder)).logs
    if logs is None:
        return None
    return [line.message for line in (await logs.search(LogSearch(T0, T0 + timedelta(days=1)))).lines]


async def test_broken_lines_of_a_log_are_left_out_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = [b'{"ts": %d, "message": "m%d"}' % (T0.timestamp() + number, number) for number in range(45)]

    assert await _logged(tmp_path, BROKEN + sound) == [f"m{number}" for number in reversed(range(45))]
    assert (
        capsys.readouterr().err
        == f"{tmp_path.name}/logs.jsonl: answered without 5 of its lines, which cannot be read\n"
    )

    assert await _logged(tmp_path, BROKEN + sound[1:]) is None
    assert "5 of its 49 lines cannot be read, the first on line 1: JSONDecodeError" in capsys.readouterr().err


async def test_bytes_of_another_encoding_lose_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = b'{"ts": %d, "message": "caf\xe9 is full"}' % T0.timestamp()

    assert await _logged(tmp_path, [line]) == ["caf\N{REPLACEMENT CHARACTER} is full"]
    assert capsys.readouterr().err == ""


async def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change = {"at": T0.isoformat(), "service": "cart", "kind": "deploy", "summary": "v2", "source": "ci"}
    files = {
        "meta.json": {"now": T0.isoformat()},
        "alert.json": {"status": "resolved", "alerts": [{"status": "resolved"}]},
        "changes.json": [change],
        "topology.json": {"nodes": ["cart"], "edges": []},
        "logs.jsonl": {"ts": T0.timestamp(), "message": "m"},
        "tool_outputs.jsonl": {"tool": "get_pods", "args": {}, "output": ""},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8-sig")
    case = Case("made/one", tmp_path)
    sources = recorded_sources(case)
    (changes,), (topology,), logs = sources.changes, sources.topology, sources.logs
    drawn = await topology.topology(T0)

    assert case.now == T0
    assert json.loads(case.alert.decode("utf-8")) == files["alert.json"]
    assert json.loads(case.bodies)["alerts"] == [{"status": "firing"}]
    assert await changes.between(T0, T0) == [Change(T0, "cart", "deploy", "v2", "ci")]
    assert drawn is not None
    assert drawn.nodes == {"cart"}
    assert logs is not None
    assert (await logs.search(LogSearch(T0, T0 + timedelta(seconds=1)))).total == 1
    assert capsys.readouterr().err == ""

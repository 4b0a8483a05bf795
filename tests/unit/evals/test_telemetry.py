import json
from datetime import timedelta
from pathlib import Path

import pytest

from evals.case import Case
from evals.telemetry import lookback, recorded_sources, server


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

from datetime import timedelta
from pathlib import Path

import pytest

from evals.telemetry import lookback, server


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

"""Does a process that was stopped as it started keep the others from starting?"""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.bootstrap.machine import one_at_a_time


def test_whoever_is_stopped_in_the_middle_of_its_start_is_not_waited_for_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with one_at_a_time(tmp_path), one_at_a_time(tmp_path, timedelta(seconds=0.1)):
        told = [record.getMessage() for record in caplog.records]
    assert told == ["another process has been starting on the data folder for long; it is not waited for"]
    with one_at_a_time(tmp_path):
        assert len(caplog.records) == 1

import re

import pytest

from evals.progress import Progress


def test_the_line_tells_how_far_it_is_and_what_failed() -> None:
    progress = Progress(4)
    progress.tick()
    progress.tick(failed=True)

    assert re.fullmatch(r"\[#{15}\.{15}\] 2/4, 1 failed, 0 min +\d s left ", progress.line())


def test_nothing_is_written_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(1).tick()

    assert capsys.readouterr() == ("", "")

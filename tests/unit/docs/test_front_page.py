"""Is what the front page says was measured what the page that it names says?"""

import re
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_ROW = re.compile(r"^\| [^|]+ \| ([^|]+) \| \[(docs/[a-z]+\.md)\]\(\2\) \|$", re.MULTILINE)
_FIGURE = re.compile(r"(?<![\w.,])(?:\d+[.,]\d+|\.\d+|\d{2,})(?![\w]|[.,]\d)")


def test_every_figure_stands_on_the_page_that_it_is_from() -> None:
    section = (_ROOT / "README.md").read_text("utf-8").partition("## What was measured\n")[2].partition("\n## ")[0]
    told = [(page, figure) for found, page in _ROW.findall(section) for figure in _FIGURE.findall(found)]
    assert len(told) >= 9

    written = {page: set(_FIGURE.findall((_ROOT / page).read_text("utf-8"))) for page, _ in told}
    assert [(page, figure) for page, figure in told if figure not in written[page]] == []

"""How is a run of the lab told on the terminal, kept, and drawn as a picture of that terminal?"""

import io
import re
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from tools.invisible import written_out

WIDTH = 112
_INDENT = 23
"""Columns before what is said: the time and who says it."""

Who = Literal["lab", "shop", "alertmanager", "agent", "prometheus", "you", ""]
_STYLES: dict[str, str] = {
    "lab": "dim",
    "shop": "#ff8b7b",
    "alertmanager": "#e5b567",
    "agent": "#7fd7e6",
    "prometheus": "#d7a6f0",
    "you": "bold #7bd88f",
}


@dataclass(frozen=True)
class Said:
    """One thing that was told."""

    at: float
    """Seconds since the run began."""
    who: Who
    """Empty for what somebody quotes: the question as it is shown."""
    text: str

    def lines(self) -> list[str]:
        """As it stands on the terminal."""
        if not self.who:
            return [f"{'':{_INDENT}}| {line}" for part in self.text.splitlines() for line in _wrapped(part, 2)]
        first, *rest = _wrapped(self.text, 0)
        return [f"{self.at:5.0f} s  {self.who:<12}  {first}", *(f"{'':{_INDENT}}{line}" for line in rest)]


class Transcript:
    """Everything that was said, in order; `out` prints a line at once."""

    def __init__(self, out: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._began = clock()
        self.said: list[Said] = []

    def say(self, who: Who, text: str) -> None:
        """Whatever the text holds, it cannot steer a terminal."""
        said = Said(self._clock() - self._began, who, written_out(text, lines=True))
        self.said.append(said)
        for line in said.lines():
            self._out(line)

    def quote(self, text: str) -> None:
        self.say("", text)


def draw(said: Sequence[Said], title: str, path: Path) -> None:
    """The lines as a picture (SVG) of a terminal, in whatever fixed-width font the viewer has."""
    console = Console(record=True, width=WIDTH + 1, file=io.StringIO(), highlight=False)
    for one in said:
        for number, line in enumerate(one.lines()):
            console.print(_styled(one, line, first=number == 0), soft_wrap=True)
    svg = console.export_svg(title=escape(title), code_format=_own_fonts(CONSOLE_SVG_FORMAT), unique_id="lab")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg, encoding="utf-8")


def _own_fonts(form: str) -> str:
    """Without the two faces that rich fetches from a content network."""
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", form, flags=re.DOTALL)
    return form.replace("Fira Code, monospace", "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace")


def _styled(said: Said, line: str, *, first: bool) -> Text:
    text = Text(line, no_wrap=True)
    if not said.who:
        text.stylize("bright_white")
    elif first:
        text.stylize("dim", 0, 7)
        text.stylize(_STYLES[said.who], 7, _INDENT)
    return text


def _wrapped(text: str, less: int) -> list[str]:
    return textwrap.wrap(text, WIDTH - _INDENT - less, break_on_hyphens=False) or [""]

from pathlib import Path
from xml.etree import ElementTree

from evals.lab.transcript import WIDTH, Said, Transcript, draw


def test_what_is_said_stands_under_its_time_and_speaker_and_what_is_quoted_is_barred() -> None:
    printed: list[str] = []
    times = iter([100.0, 107.4, 108.0])
    told = Transcript(printed.append, clock=lambda: next(times))

    told.say("agent", "Diagnosed: " + "payment " * 12)
    told.quote("Roll back?\n  service = payment")

    assert printed == [
        "    7 s  agent         Diagnosed: payment payment payment payment payment payment payment payment payment",
        "                       payment payment payment",
        "                       | Roll back?",
        "                       |   service = payment",
    ]
    assert max(map(len, printed)) <= WIDTH


def test_nothing_that_is_said_can_steer_the_terminal() -> None:
    printed: list[str] = []

    Transcript(printed.append, clock=lambda: 0.0).say("shop", "\x1b[2Jgone\u202e")

    assert printed == ["    0 s  shop          \\u001b[2Jgone\\u202e"]


def test_the_picture_holds_the_words_and_fetches_nothing(tmp_path: Path) -> None:
    draw([Said(1.0, "lab", "FAULT ON <payment>"), Said(2.0, "", "Approve?")], "make lab", tmp_path / "lab.svg")

    svg = (tmp_path / "lab.svg").read_text(encoding="utf-8")
    words = " ".join("".join(ElementTree.fromstring(svg).itertext()).replace("\xa0", " ").split())
    assert "FAULT ON <payment>" in words
    assert "| Approve?" in words
    assert "url(http" not in svg
    assert "@font-face" not in svg

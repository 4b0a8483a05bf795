"""Is a report, written as Markdown, read as what it says, and nothing in it as HTML or as a link?"""

import pytest

from agent.entrypoints.dashboard.markdown import Block, Span, blocks


def _text(*texts: str) -> tuple[tuple[Span, ...], ...]:
    return tuple((Span(kind="text", text=text),) for text in texts)


def test_headings_paragraphs_lists_and_tables_are_read() -> None:
    report = "# What\n\nIt was **bad**: `up == 0`.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    words = (
        Span(kind="text", text="It was "),
        Span(kind="strong", text="bad"),
        Span(kind="text", text=": "),
        Span(kind="code", text="up == 0"),
        Span(kind="text", text="."),
    )
    found = blocks(report)
    assert found == [
        Block(kind="heading", level=1, items=_text("What")),
        Block(kind="paragraph", items=(words,)),
        Block(kind="list", items=_text("one", "two")),
        Block(kind="table", columns=2, items=_text("a", "b", "1", "2")),
    ]
    assert found[3].rows == [_text("a", "b"), _text("1", "2")]


@pytest.mark.attack("S55")
@pytest.mark.parametrize(
    "said", ["<script>x()</script>", "[a](javascript:x())", "![a](http://x/y)", "<http://evil>", "&lt;"]
)
def test_html_links_and_images_stay_the_text_they_are(said: str) -> None:
    assert blocks(said) == [Block(kind="paragraph", items=_text(said))]

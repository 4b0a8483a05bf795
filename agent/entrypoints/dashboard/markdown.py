"""How does a report, which is Markdown, become a page?  As data for the template, which escapes it.

Only what reports are written with is understood: headings, paragraphs, lists, tables, strong words and code. Links,
images and HTML, should any be there, stay the text that they are.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from agent.domain.base import Noun

_UNDERSTOOD = ["heading", "list", "table", "emphasis", "backticks", "escape"]


class Span(Noun):
    kind: Literal["text", "strong", "code"]
    text: str


class Block(Noun):
    """`items`: one line of a heading or paragraph, those of a list, or the cells of a table one after the other."""

    kind: Literal["heading", "paragraph", "list", "table"]
    level: int = 0
    """Of a heading: 1 is the report's title."""
    columns: int = 0
    """Of a table, whose first row is its head."""
    items: tuple[tuple[Span, ...], ...]

    @property
    def rows(self) -> list[tuple[tuple[Span, ...], ...]]:
        """Of a table."""
        return [self.items[at : at + self.columns] for at in range(0, len(self.items), self.columns)]


def blocks(text: str) -> list[Block]:
    """The report in order."""
    tokens = _parser().parse(text)
    found: list[Block] = []
    at = 0
    while at < len(tokens):
        end = _end(tokens, at)
        found.extend(_block(tokens[at : end + 1]))
        at = end + 1
    return found


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("zero").enable(_UNDERSTOOD)


def _end(tokens: Sequence[Token], begin: int) -> int:
    """Where the block that begins there is closed."""
    depth = 0
    for at in range(begin, len(tokens)):
        depth += tokens[at].nesting
        if depth == 0:
            return at
    return len(tokens) - 1


def _block(tokens: Sequence[Token]) -> Iterator[Block]:
    items = tuple(tuple(_spans(token)) for token in tokens if token.type == "inline")
    match tokens[0].type:
        case "heading_open":
            yield Block(kind="heading", level=int(tokens[0].tag[1:]), items=items)
        case "paragraph_open":
            yield Block(kind="paragraph", items=items)
        case "bullet_list_open" | "ordered_list_open":
            yield Block(kind="list", items=items)
        case "table_open":
            yield Block(kind="table", columns=sum(token.type == "th_open" for token in tokens), items=items)


def _spans(inline: Token) -> Iterator[Span]:
    strong = 0
    for child in inline.children or ():
        strong += child.nesting if child.type.startswith("strong") else 0
        if child.type == "code_inline":
            yield Span(kind="code", text=child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            yield Span(kind="text", text=" ")
        elif child.content:
            yield Span(kind="strong" if strong else "text", text=child.content)

"""What a finder found, as text."""

from collections.abc import Callable, Iterator

from agent.policy.secrets.spans import Found

Finder = Callable[[str, str], Iterator[Found]]


def said(finder: Finder, text: str) -> list[str]:
    """The parts of the text that it would hide."""
    return [text[one.start : one.end] for one in finder(text, text.lower())]

"""How is a text that somebody else wrote fitted into a line of ours?"""

from tools.invisible import visible


def one_line(text: str) -> str:
    """What is visible of it, with every run of blanks and line ends as one blank."""
    return " ".join(visible(text).split())


def cut(text: str, most: int) -> str:
    """At most so many characters; an ellipsis is the last when there are more."""
    return text if len(text) <= most else text[: most - 1] + "…"

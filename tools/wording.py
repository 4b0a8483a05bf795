"""How is a text that somebody else wrote, or a name that they gave, fitted into a line of ours?"""

import re

from tools.invisible import visible

_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")


def one_line(text: str) -> str:
    """What is visible of it, with every run of blanks and line ends as one blank."""
    return " ".join(visible(text).split())


def cut(text: str, most: int) -> str:
    """At most so many characters; an ellipsis is the last when there are more."""
    return text if len(text) <= most else text[: most - 1] + "…"


def parted(name: str) -> str:
    """With a stroke between words that capitals alone part: `p95CPUSeconds` -> `p95_CPU_Seconds`."""
    return _BETWEEN_WORDS.sub("_", name)


def in_url(host: str) -> str:
    """A host as it stands in an address: one of IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host

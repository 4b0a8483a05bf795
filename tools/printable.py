"""What of a text from outside can be shown?  What steers a terminal, reorders or hides is left out."""

import re


def printable(message: str) -> str:
    """Without terminal escapes, control, bidirectional, zero-width and tag characters; line ends are kept."""
    if message.isascii() and message.isprintable():
        return message
    return _UNPRINTABLE.sub("", _ESCAPES.sub("", message)).replace("\t", " ")


_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?")
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)

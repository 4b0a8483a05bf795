"""Which characters does nobody see, though they steer a terminal, reorder, hide or forge what is seen?  One table.

A reader, human or model, gets a text without them (`visible`). Where the very characters matter, in a log, on a
terminal, in a question to an approver, they are spelt out (`written_out`).
"""

import re


def visible(text: str) -> str:
    """Without them and without terminal escapes; tabs stay, line ends of any kind become line feeds."""
    if text.isascii() and not _ASCII_CONTROLS.search(text):
        return text
    text = _SURROGATES.sub("\ufffd", _LINE_ENDS.sub("\n", _ESCAPES.sub("", text)))
    return _INVISIBLE.sub("", text)


def written_out(text: str, *, lines: bool = False) -> str:
    r"""Each of them as `\u001b`, by its UTF-16 units, so that JSON stays JSON; with `lines`, newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return (_INVISIBLE if lines else _INVISIBLE_OR_BREAK).sub(_escaped, text)


# Unicode's Cc, Cf, Cs, Co, Zl and Zp, and what is ignorable by default (Trojan Source, CVE-2021-42574; TR 36), but
# not tab, line feed and the two selectors of how a sign is drawn, as text or as an emoji.
_RANGES = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\uf8ff\ufe00-\ufe0d\ufeff\uffa0"
    r"\ufff0-\ufffc\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
_INVISIBLE = re.compile(f"[{_RANGES}]")
_INVISIBLE_OR_BREAK = re.compile(rf"[\t\n{_RANGES}]")
_ASCII_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

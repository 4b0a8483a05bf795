"""Does a text look like what it is not? Letters of other alphabets, invisible ones, other ways of writing the same."""

import re
import unicodedata

from tools.invisible import visible

_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2212\ufe63\uff0d", "-") | {"\u03bc": "u", "\u00b5": "u"})
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_FOREIGN = ("CYRILLIC", "GREEK", "CHEROKEE", "ARMENIAN", "COPTIC")
_TWINS = str.maketrans("авгсԁеһіјкӏмнорԛѕтԝхуαβεηικνορτυχγ", "abrcdehijklmhopqstwxyabeniknoptuxy")
"""Small letters of other alphabets, and the Latin ones they are taken for (Unicode TR 39, the common part)."""


def plain(text: str) -> str:
    """The text as one writes it on a keyboard: full-width letters and digits narrow, nothing invisible, one hyphen."""
    text = visible(text)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_DASHES)


def disguised(text: str) -> str:
    """A word that mixes alphabets, or that reads as a Latin word and is none; empty when there is no such word."""
    if text.isascii():
        return ""
    return next((word for word in _LETTERS.findall(text) if not word.isascii() and _deceives(word)), "")


def _deceives(word: str) -> bool:
    alphabets = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
    foreign = alphabets & set(_FOREIGN)
    return bool(foreign) and ("LATIN" in alphabets or word.casefold().translate(_TWINS).isascii())

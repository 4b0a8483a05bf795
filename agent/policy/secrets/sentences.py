"""What are the words of a sentence, and where does it end? Without quotes about them and signs behind them."""

import re
from typing import NamedTuple

from agent.policy.secrets.values import plausible

_WINDOW = 200
WORD = re.compile(r"\S+")
LEAD = "`*\"'“”«„([{_"
_POD = re.compile(
    r"[a-z0-9-]+-[0-9a-f]{8,10}-[a-z0-9]{5}|[a-z0-9-]+-(?:[bcdfghjklmnpqrstvwxz2456789]{5,10}-)?(?=[a-z]*\d)[bcdfghjklmnpqrstvwxz2456789]{5}"
)
"""The letters that Kubernetes draws the ends of names from (k8s.io/apimachinery/pkg/util/rand)."""
_FILE = re.compile(
    r"\.(?:json|ya?ml|toml|ini|conf|cfg|env|properties|xml|log|txt|sh|py|js|internal|local|com|net|org|io)\Z"
)
_PASSPHRASE = re.compile(r"[a-z]{3,}(?:[-_.][a-z0-9]{2,}){2,}(?:[-_.]\d{1,4})?")
_MEMBER = re.compile(r"\\{0,5}\"\s?,\s?\\{0,5}\"[\w.@ -]{1,40}\\{0,5}\"\s?:")
"""Where the next field of JSON begins."""
NUMBERED = re.compile(r"[A-Za-z]{4,}\d{2,}")
TYPED = re.compile(r"(?=.*[A-Z])(?=.*\d)(?=.*[A-Za-z][a-z]{2})[\w.!#$%&*+@^~=-]{8,40}")


class Word(NamedTuple):
    """Without quotes around it and the signs of a sentence behind it."""

    text: str
    start: int
    end: int
    quoted: bool


def window(text: str, at: int) -> int:
    end = min(len(text), at + _WINDOW)
    line = text.find("\n", at, end)
    end = line if line >= 0 else end
    member = _MEMBER.search(text, at, end)
    return member.start() if member else end


def bare_word(found: re.Match[str]) -> Word:
    word = found[0].lstrip("\\").lstrip(LEAD)
    start = found.end() - len(word)
    lead = found[0][: len(found[0]) - len(word)]
    quoted = bool(lead)
    marks = ('\\"', "`", '"', "'", "”", "»") if quoted else ("`", '"')
    cuts = [cut for mark in marks if (cut := word.find(mark, 3)) >= 0]
    if cuts and (quoted or not word[min(cuts) + 1 :].isalnum()):
        core = word[: min(cuts)].rstrip(")]}" if lead.endswith(("(", "[", "{")) else "")
        return Word(core, start, start + len(core), quoted)
    core = word.rstrip(",;:)}]*_" if quoted else ",;:)}]").removesuffix(".")
    return Word(core, start, start + len(core), quoted)


def slug(word: str) -> bool:
    return (
        len(word) >= 16
        and not _POD.fullmatch(word)
        and not _FILE.search(word)
        and bool(_PASSPHRASE.fullmatch(word))
        and plausible(word)
        and sum(not plausible(part) for part in re.split(r"[-_.]", word)) < 2
    )

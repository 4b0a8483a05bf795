"""Does a name say that what stands under it is a secret? Judged by its words, however they are joined.

`dbPassword`, `DB_PASSWORD`, `db.password` and `--db-password` mean the same. The last word that is about secrets
decides, unless a word behind it says that the value is something else: `password_ttl`, `token_id`, `secretName`.
"""

import re
from enum import Enum
from functools import lru_cache

from agent.policy.secrets import words as vocabulary


class Trust(Enum):
    """What a value must look like under such a name, to be taken for a secret."""

    CHOSEN = "anything that people choose"
    ISSUED = "something that machines give out: long, or with digits or signs in it"
    DRAWN = "long, of one piece, and drawn by chance"
    GROUPED = "groups of letters and digits, as licences are written"
    NUMBER = "a few digits, or something issued"
    HANDLE = "an id as machines give it out, where the id is what lets one in"


_SPLIT = re.compile(r"[sS]3(?=[_-]|[A-Z]|$)|[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")
_PUBLIC = frozenset({"public", "pub", "publishable"})
_ONLY_BEHIND: dict[str, tuple[frozenset[str], Trust]] = {
    "community": (frozenset({"snmp"}), Trust.CHOSEN),
    "code": (vocabulary.CODES, Trust.NUMBER),
    "codes": (vocabulary.CODES, Trust.NUMBER),
    "serial": (frozenset(), Trust.GROUPED),
    "licence": (frozenset(), Trust.DRAWN),
    "license": (frozenset(), Trust.DRAWN),
}
"""Words that are about a secret only when one of others stands before them, and what their values look like."""
_PAIRS = {
    ("saml", "response"): Trust.ISSUED,
    ("client", "assertion"): Trust.ISSUED,
    ("device", "code"): Trust.DRAWN,
    ("code", "verifier"): Trust.DRAWN,
    ("redis", "auth"): Trust.CHOSEN,
    ("enable", "secret"): Trust.CHOSEN,
    **dict.fromkeys((("shared", "secret"), ("radius", "secret"), ("tacacs", "secret")), Trust.CHOSEN),
    **dict.fromkeys(
        ((of, "phrase") for of in ("seed", "recovery", "pass", "mnemonic", "backup", "wallet", "secret")), Trust.CHOSEN
    ),
    ("community", "string"): Trust.CHOSEN,
}
_HALVES = frozenset({"hash", "block"})
"""Before `key`: of a database's index, unless it is what payments or cookies are signed with."""
_PLACES = frozenset({"next", "previous", "prev", "first", "last", "start", "current", "result", "the", "a"})
"""Before `page_token`: of a list; of anything else, `status_page_token`, it lets one in."""
_ABOUT_IDS = frozenset({"session", "sess"})
_ROLES = frozenset({"vault", "role", "approle", "bao", "openbao", "consul", "nomad", "hashi", "hashicorp"})
"""Of these `secret_id` is what one logs in with; of others it is the name of a secret."""


def words_of(name: str) -> tuple[str, ...]:
    """In lower case: `pgBindPW2` is pg, bind, pw and 2."""
    return tuple(word.lower() for word in _SPLIT.findall(name))


@lru_cache(4096)
def trust(name: str) -> Trust | None:
    """What its value must look like to be a secret; None when a value under that name is none."""
    words = words_of(name)
    for at in range(len(words) - 1, -1, -1):
        word = words[at]
        if word.isdigit() and word != "2":
            continue
        found = _trust_of_word(words, at)
        if found:
            return _with_rest(found, word, words[at + 1 :])
        if word in ("key", "keys", "sid"):
            return None
        if _says_other(words, at):
            return None
    return None


def _says_other(words: tuple[str, ...], at: int) -> bool:
    """`session_id` and `secret_id` are what one logs in with; every other id is a name."""
    before = words[at - 1] if at else ""
    if words[at] in ("id", "ids"):
        return before not in _ABOUT_IDS
    return words[at] in vocabulary.SAYS_OTHER and at > 0


def _trust_of_word(words: tuple[str, ...], at: int) -> Trust | None:
    word, before = words[at], words[at - 1] if at else ""
    if word in ("key", "keys"):
        return _trust_of_key(words[:at], plural=word == "keys")
    if (before, word) in _PAIRS:
        return _PAIRS[before, word]
    if word == "id" or word in _ONLY_BEHIND:
        return _trust_of_id(words[: at - 1], before) if word == "id" else _trust_behind(words[:at], word)
    if word in vocabulary.PASSWORDS:
        return None if word == "pass" and before in ("first", "second", "test") else Trust.CHOSEN
    if before == "page" and at > 1 and words[at - 2] not in _PLACES:
        return Trust.ISSUED
    return None if _of_no_secret(words, at) else _trust_of_issued(word)


def _trust_behind(before: tuple[str, ...], word: str) -> Trust | None:
    needed, kind = _ONLY_BEHIND[word]
    return kind if needed.intersection(before) or not needed else None


def _trust_of_id(role: tuple[str, ...], before: str) -> Trust | None:
    """Of a role in a vault; and the id of its root token is the token."""
    if before == "token" and role[-1:] == ("root",):
        return Trust.CHOSEN
    named = not _ROLES.isdisjoint(role) or vocabulary.NEUTRAL.issuperset(role)
    return Trust.HANDLE if before == "secret" and named else None


def _of_no_secret(words: tuple[str, ...], at: int) -> bool:
    word, before = words[at], words[at - 1] if at else ""
    if word == "sid":
        return before in vocabulary.SIDS
    if word in ("token", "tokens") and (before in vocabulary.PAGES or "public" in words[:at]):
        return True
    return before in vocabulary.OF_NO_SECRET


def _trust_of_issued(word: str) -> Trust | None:
    if word in vocabulary.NUMBERS:
        return Trust.NUMBER
    if word in vocabulary.NO_ENDS:
        return None
    if word in vocabulary.ISSUED or word.endswith(vocabulary.ENDS_ISSUED):
        return Trust.ISSUED
    return Trust.CHOSEN if word.endswith(vocabulary.ENDS_CHOSEN) else None


def _trust_of_key(before: tuple[str, ...], *, plural: bool) -> Trust | None:
    if not before or before[-1] in vocabulary.KEYS_OF_NO_SECRET or _PUBLIC.intersection(before):
        return None
    if before[-1] in vocabulary.KEYS:
        return Trust.ISSUED
    if before[-1] in _HALVES:
        return Trust.ISSUED if any(word.startswith(vocabulary.SIGNED) for word in before) else None
    return None if plural else Trust.DRAWN


def _with_rest(found: Trust, head: str, rest: tuple[str, ...]) -> Trust | None:
    """Words behind it that are no known ones, `password_checkout`, leave less trust."""
    if not {word for word in rest if not word.isdigit()} - vocabulary.NEUTRAL or (
        head in _ABOUT_IDS and rest == ("id",)
    ):
        return found
    if head in vocabulary.LAST or head in ("key", "keys"):
        return None
    return Trust.DRAWN if found is not Trust.CHOSEN else Trust.ISSUED

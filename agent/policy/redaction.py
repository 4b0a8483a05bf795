"""What may leave in a text? Secrets and personal data go out as pseudonyms, invisible characters not at all.

One Redactor an incident: the same value gets the same pseudonym, `<email:1>`, so that a model can still tell two
apart and can still ask a tool about one. Personal data can be put back (`restore`); secrets cannot: of them only a
keyed fingerprint is kept, to recognise them again. Whatever fails raises Refused, and nothing goes out.
"""

import hmac
import re
from collections.abc import Mapping

from pydantic import JsonValue

from agent.domain.errors import Refused
from agent.policy.secrets.finding import PERSONAL_LABELS, SECRET_LABELS, findings
from agent.policy.secrets.patterns import encoded
from agent.policy.secrets.spans import Found
from agent.policy.user_fields import abstracted, named
from tools.invisible import visible

MOST_CHARACTERS = 8_000_000
MOST_DEPTH = 64
_SHORT = 200
_MOST_HARMLESS = 10_000

_USER_LABELS = ("ua", "referer", "query", "path", "user", "header")
_LABELS = "|".join(sorted({*SECRET_LABELS, *PERSONAL_LABELS, *_USER_LABELS, "encoded"}))
_PSEUDONYM = re.compile(rf"<((?:{_LABELS}):\d+)>")
_SECRET = re.compile(rf"<(?:{'|'.join(sorted(SECRET_LABELS))}):\d+>")
_TORN = re.compile(r"%(?:[0-9A-Fa-f]{2})?\Z")
_WORD_ENDS = re.compile(r"[\s\"']|\Z")


class Redactor:
    """The pseudonyms of one incident. `key` derives from the root secret; `mapping` is what was kept of it before."""

    def __init__(self, key: bytes, mapping: Mapping[str, str] | None = None) -> None:
        self._key = key
        self._pseudonyms: dict[str, str] = {}
        self._originals: dict[str, str] = {}
        self._given: set[str] = set()
        self._harmless: set[str] = set()
        """Short texts that were left as they are: names of fields and of services come again and again."""
        self._count: dict[str, int] = {}
        for pseudonym, original in (mapping or {}).items():
            self._remember(pseudonym, original)

    @property
    def mapping(self) -> dict[str, str]:
        """Pseudonym to original, for the caller to keep under the incident's own key. No secret is in it."""
        return dict(self._originals)

    def redact(self, text: str) -> str:
        """Without secrets, personal data and invisible characters."""
        if text in self._harmless:
            return text
        if len(text) > MOST_CHARACTERS:
            raise Refused(f"A text of {len(text)} characters is too long to be redacted, so it is not passed on.")
        told = self._redacted(text)
        if told == text and len(text) <= _SHORT and len(self._harmless) < _MOST_HARMLESS:
            self._harmless.add(text)
        return told

    def _redacted(self, text: str) -> str:
        return self._decoded(self._hidden(_PSEUDONYM.sub(self._neutralised, visible(text))))

    def abstract(self, text: str) -> str:
        """As `redact`, and without the parts that anybody outside can write: for logs, tickets and chat."""
        return self.redact(abstracted(visible(text), self._pseudonym_of_field))

    def redact_json(self, value: JsonValue) -> JsonValue:
        """Every text in it, names of fields included."""
        return self._walk(value, MOST_DEPTH, fields=False)

    def abstract_json(self, value: JsonValue) -> JsonValue:
        """As `redact_json`; fields whose names say that anybody outside can write them are replaced as a whole."""
        return self._walk(value, MOST_DEPTH, fields=True)

    def restore(self, text: str) -> str:
        """With the personal data put back: for a tool's arguments, and for checking a claim. Never for sending out."""
        return _PSEUDONYM.sub(lambda found: self._originals.get(found[0], found[0]), text)

    def restore_json(self, value: JsonValue) -> JsonValue:
        match value:
            case str():
                return self.restore(value)
            case list():
                return [self.restore_json(item) for item in value]
            case dict():
                return {self.restore(name): self.restore_json(item) for name, item in value.items()}
        return value

    def _walk(self, value: JsonValue, depth: int, *, fields: bool) -> JsonValue:
        if depth == 0:
            raise Refused("A value nested this deeply cannot be redacted, so it is not passed on.")
        match value:
            case str():
                return self.abstract(value) if fields else self.redact(value)
            case list():
                return [self._walk(item, depth - 1, fields=fields) for item in value]
            case dict():
                return {
                    self.redact(name): self._member(_named(name, value), item, depth, fields=fields)
                    for name, item in value.items()
                }
        return value

    def _member(self, name: str, value: JsonValue, depth: int, *, fields: bool) -> JsonValue:
        """A secret's name may be all that gives it away: `{"password": "hunter2"}`."""
        if not isinstance(value, str):
            return self._walk(value, depth - 1, fields=fields)
        if fields and (replaced := named(name, visible(value), self._pseudonym_of_field)) is not None:
            return replaced
        found = self._walk(value, depth - 1, fields=fields)
        prefix = f"{name}="
        told = self.redact(f'{prefix}"{found}"') if isinstance(found, str) and '"' not in found else ""
        return told[len(prefix) :].strip('"') if told.startswith(prefix) and told != f'{prefix}"{found}"' else found

    def _hidden(self, text: str) -> str:
        kept, at = [], 0
        for one in _besides(findings(text), text):
            value = text[one.start : one.end]
            if one.start >= at:
                kept += [text[at : one.start], self._pseudonym(one.label, value, personal=one.personal)]
                at = one.end
        return "".join([*kept, text[at:]]) if kept else text

    def _decoded(self, text: str) -> str:
        """Without words in base64 or percent signs that say something of that kind."""
        text = self._mended(text) if "%" in text else text
        told = [(start, end) for start, end, said in encoded(text) if findings(said)]
        for start, end in sorted(told, reverse=True):
            text = text[:start] + self._pseudonym("encoded", text[start:end], personal=False) + text[end:]
        return text

    def _mended(self, text: str) -> str:
        """Without the rest of a secret in percent signs of which only a part was found: the whole word goes."""
        kept, at = [], 0
        for found in _SECRET.finditer(text):
            torn = _TORN.search(text, max(at, found.start() - 3), found.start()) or text.startswith("%", found.end())
            if found.start() >= at and torn:
                start = max(at, *(text.rfind(sign, at, found.start()) + 1 for sign in " \t\n\"'"))
                end = _end_of_word(text, found.end())
                kept += [text[at:start], self._pseudonym("encoded", text[start:end], personal=False)]
                at = end
        return "".join([*kept, text[at:]])

    def _pseudonym_of_field(self, label: str, value: str) -> str:
        return self._pseudonym(label, value, personal=True)

    def _pseudonym(self, label: str, value: str, *, personal: bool) -> str:
        known = f"{label}:{value if personal else hmac.digest(self._key, value.encode(), 'sha256').hex()}"
        if known not in self._pseudonyms:
            self._count[label] = self._count.get(label, 0) + 1
            self._pseudonyms[known] = f"<{label}:{self._count[label]}>"
            self._given.add(self._pseudonyms[known])
            if personal:
                self._originals[self._pseudonyms[known]] = value
        return self._pseudonyms[known]

    def _remember(self, pseudonym: str, original: str) -> None:
        label, _, number = pseudonym.strip("<>").rpartition(":")
        self._pseudonyms[f"{label}:{original}"] = pseudonym
        self._given.add(pseudonym)
        self._originals[pseudonym] = original
        self._count[label] = max(self._count.get(label, 0), int(number))

    def _neutralised(self, found: re.Match[str]) -> str:
        """What only looks like a pseudonym must not be given somebody's data when texts are restored."""
        return found[0] if found[0] in self._given else f"[{found[1]}]"


def _besides(found: list[Found], text: str) -> list[Found]:
    """Those that touch no pseudonym: it stands for what was found before."""
    taken = [one.span() for one in _PSEUDONYM.finditer(text)] if found and "<" in text else []
    return (
        [one for one in found if not any(start < one.end and one.start < end for start, end in taken)]
        if taken
        else found
    )


def _named(name: str, among: Mapping[str, JsonValue]) -> str:
    """Its name; of `{"name": "DB_PASSWORD", "value": ...}` that which stands beside it."""
    beside = among.get("name") or among.get("key") if name == "value" else None
    return beside if isinstance(beside, str) else name


def _end_of_word(text: str, at: int) -> int:
    found = _WORD_ENDS.search(text, at)
    return found.start() if found else len(text)

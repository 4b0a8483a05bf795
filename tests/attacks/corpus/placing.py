"""How a secret is spelled where it stands: escaped in JSON, encoded in an address, and cut off by a logger."""

import json
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

from tests.attacks.corpus.drawing import Draw, Sample
from tests.attacks.corpus.filling import fill, spellings
from tests.attacks.corpus.issued import Credential

ODD = {"json": "\"'\\ ;,", "shell": '" \\;,', "double": "' ;,", "xml": "\"' ;&", "url": "@/:& "}


@dataclass(frozen=True)
class Context:
    """A text with slots: ``<secret>``, the spellings of its name, ``<other>`` for a second secret, and fields."""

    name: str
    template: str
    spelling: str = "raw"


def spelled(value: str, spelling: str) -> str:
    """Spell a value as the language around it would."""
    if spelling == "json":
        return json.dumps(value)[1:-1]
    if spelling == "url":
        return quote(value, safe="")
    return escape(value) if spelling == "xml" else value


def oddity(draw: Draw, value: str, spelling: str) -> str:
    """Put a sign that needs quoting into a password that stands within quotes."""
    marks = ODD.get(spelling)
    if not marks or len(value) < 4:
        return value
    at = draw.number(2, len(value) - 2)
    return value[:at] + draw.one(marks) + value[at:]


def place(draw: Draw, credential: Credential, context: Context) -> Sample:
    """Put a drawn secret, and a second one where the text asks for it, into a text."""
    value = credential.make(draw)
    if credential.human and draw.chance(0.2):
        value = oddity(draw, value, context.spelling)
    first = spelled(value, context.spelling)
    if context.spelling == "cut":
        first = value[: max(16, min(len(value) - 4, draw.number(24, 40)))]
    given = spellings(credential.words) | {"secret": first}
    secrets = [first]
    if "<other>" in context.template:
        given["other"] = spelled(credential.make(draw), context.spelling)
        secrets.append(given["other"])
    return Sample(credential.kind, context.name, fill(draw, context.template, given), tuple(secrets))

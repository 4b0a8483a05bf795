"""What do the same log lines look like from other programs?"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from evals.probes.recording import Recorded

_WORD = re.compile(r"[A-Za-z]{3,}")


def as_json(recorded: Recorded, chance: Random) -> Recorded:  # noqa: ARG001 (probes are asked alike)
    """Each line one JSON object with a time and an id of its own; the store was not told which field is the level."""
    return replace(recorded, lines=tuple(_object(line) for line in recorded.lines))


def foreign(recorded: Recorded, chance: Random) -> Recorded:
    """Every word that is no component's name in a language that nobody speaks, and no level."""
    names, seed = {str(line.get("service")) for line in recorded.lines}, chance.random()

    def word(found: re.Match[str]) -> str:
        return found[0] if found[0] in names else _strange(f"{seed} {found[0].lower()}", len(found[0]))

    lines = ({**line, "level": "", "message": _WORD.sub(word, str(line["message"]))} for line in recorded.lines)
    return replace(recorded, lines=tuple(lines))


def _object(line: Mapping[str, Any]) -> dict[str, Any]:
    told = {"time": line["ts"], "severity": line.get("level"), "trace_id": line.get("trace"), "msg": line["message"]}
    return {**line, "level": "", "message": json.dumps(told)}


def _strange(seed: str, length: int) -> str:
    chance = Random(seed)
    return "".join(chance.choice("aeioubdfgklmnprstvz") for _ in range(length))

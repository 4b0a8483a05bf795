"""What does a case look like when every component has another name?  Everywhere the same random word."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from agent.analysis.signals import COMPONENT_LABELS, SOURCE_LABELS, TARGET_LABELS
from evals.case import Case, records
from tools.recording import files, openmetrics
from tools.recording.packed import unpacked

_PLACES = frozenset((*COMPONENT_LABELS, *SOURCE_LABELS, *TARGET_LABELS))
_SERIES = re.compile(r'([^\s{]+)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?')
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Names:
    """Each component's name and the word that stands for it."""

    new: dict[str, str]

    @classmethod
    def of(cls, names: Iterable[str], seed: int) -> "Names":
        """A part keeps what its name adds to that of the whole: of `a` and `a-1`, the second is `<word>-1`."""
        new: dict[str, str] = {}
        for name in sorted({one for one in names if re.search(r"[A-Za-z]", one)}, key=lambda one: (len(one), one)):
            whole = next((known for known in reversed(list(new)) if _begins(name, known)), "")
            new[name] = new[whole] + name[len(whole) :] if whole else _word(f"{seed} {name}", set(new.values()))
        return cls(new)

    def there(self, text: str) -> str:
        return _replaced(text, self.new)

    def back(self, text: str) -> str:
        return _replaced(text, {new: old for old, new in self.new.items()})


def names_of(case: Case) -> set[str]:
    """Every component that the topology, a log line, a change, an alert or a series' place names."""
    found = set(_labelled(_alerts(case)))
    if path := case.file("topology.json"):
        found |= files.topology(path).nodes
    if path := case.file("metrics.om"):
        found |= set(_labelled([track.labels for track in openmetrics.read(path).tracks]))
    if path := case.file("logs.jsonl"):
        found |= {str(line.get(field) or "") for line in records(path) for field in ("service", "pod")}
    if path := case.file("changes.json"):
        found |= {str(change.get("service") or "") for change in json.loads(path.read_text("utf-8-sig"))}
    return found - {""}


def renamed_copy(case: Case, names: Names) -> None:
    """Put the new names into the case's files, whose folder is ours to write to; links are replaced."""
    for name in ("alert.json", "topology.json", "changes.json"):
        _rewrite(case, name, lambda path: [json.dumps(_through(json.loads(path.read_text("utf-8-sig")), names.there))])
    for name in ("alerts.jsonl", "logs.jsonl", "tool_outputs.jsonl"):
        _rewrite(case, name, lambda path: (json.dumps(_through(one, names.there)) + "\n" for one in records(path)))
    _rewrite(case, "metrics.om", lambda path: _metrics(path, names.there))


def _alerts(case: Case) -> list[dict[str, str]]:
    return [alert.get("labels", {}) for alert in json.loads(case.bodies)["alerts"]]


def _labelled(sets: Iterable[dict[str, str]]) -> Iterator[str]:
    return (value for labels in sets for label, value in labels.items() if label in _PLACES)


def _begins(name: str, whole: str) -> bool:
    return name.startswith(whole) and not name[len(whole)].isalnum()


def _word(seed: str, taken: set[str]) -> str:
    """Pronounceable, so that it looks like a name; means nothing."""
    chance = Random(seed)
    while (word := "".join(chance.choice("bdfgklmnprtvz") + chance.choice("aeiou") for _ in range(4))) in taken:
        pass
    return word


def _replaced(text: str, words: dict[str, str]) -> str:
    return _pattern(tuple(words)).sub(lambda found: words[found[0]], text) if words else text


@lru_cache(maxsize=4)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    longest = sorted(names, key=len, reverse=True)
    begins = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-F]{2}))"  # Or after an escaped character of a link.
    return re.compile(rf"{begins}(?:{'|'.join(map(re.escape, longest))})(?![A-Za-z0-9])")


def _through(value: Any, change: Callable[[str], str]) -> Any:
    """The same with every string changed but the names of fields."""
    match value:
        case dict():
            return {field: _through(inner, change) for field, inner in value.items()}
        case list():
            return [_through(inner, change) for inner in value]
        case str():
            return change(value)
    return value


def _rewrite(case: Case, name: str, made: Callable[[Path], Iterable[str]]) -> None:
    path = case.file(name)
    if path is None:
        return
    written = case.folder / f"{name}.new"
    with written.open("w", encoding="utf-8") as file:
        file.writelines(made(path))
    path.unlink()
    written.rename(case.folder / name)


def _metrics(path: Path, change: Callable[[str], str]) -> Iterator[str]:
    """Names of metrics and values of labels; a label's own name says what it is and stays."""
    known: dict[str, str] = {}
    with unpacked(path) as lines:
        for line in lines:
            if line.startswith("#"):
                yield change(line)
                continue
            found = _SERIES.match(line)
            series = found[0] if found else ""
            if series not in known:
                known[series] = _series(series, change)
            yield known[series] + line[len(series) :]


def _series(series: str, change: Callable[[str], str]) -> str:
    name, opened, labels = series.partition("{")
    return change(name) + opened + _VALUE.sub(lambda value: f'"{change(value[1])}"', labels)

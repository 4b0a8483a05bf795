"""What of an analysis stays as it was when a constant moves?  Whatever no such constant is read for is done once.

The analysis is a row of stages; a search moves one constant at a time, and most stages read none of it. So what came of
a stage is kept under what it was given and the values of those constants that its code can read, its callees included.
"""

import inspect
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from agent.analysis import ranking
from agent.analysis.onset import Onset
from evals.constants import TUNED, Values

_FEW = 1_000
"""Answers of one stage: of every question, those of the last values or two."""
_MANY = 200_000
STAGES: Mapping[str, int] = {
    "ranking.tabulate": _FEW,
    "onset.find": _FEW,
    "topology.graph": _FEW,
    "excess.excesses": _FEW,
    "topology.flows": _FEW,
    "changes.shifts": _FEW,
    "calls.lost": _FEW,
    "log_templates.hear": _FEW,
    "log_templates.failing": _FEW,
    "storm.blame": _FEW,
    "standing.felt": _FEW,
    "standing.unusual": _FEW,
    "standing.strays": _MANY,
}
"""module.name, as whoever calls it finds it -> how many of its answers are kept, the last used."""
_ANALYSIS = ranking.__name__.rpartition(".")[0]
_Place = tuple[str, str]
"""Module, name."""


class Kept:
    """The answers of all stages; for one process, and analyses one after the other."""

    def __init__(self) -> None:
        self._answers: dict[str, OrderedDict[object, tuple[object, Any]]] = {name: OrderedDict() for name in STAGES}

    @contextmanager
    def used(self, values: Values) -> Iterator[None]:
        """Until it is left, by whatever is analysed; `values`: what `constants.put` has put."""
        before = [(module, name, getattr(module, name)) for module, name in map(_found, STAGES)]
        try:
            for (module, name, real), stage in zip(before, STAGES, strict=True):
                setattr(module, name, self._keeping(stage, real, values))
            yield
        finally:
            for module, name, real in before:
                setattr(module, name, real)

    def _keeping(self, stage: str, real: Callable[..., Any], values: Values) -> Callable[..., Any]:
        read = tuple((name, values.get(name)) for name in sorted(reads(stage)))
        answers, most = self._answers[stage], STAGES[stage]

        @wraps(real)
        def kept(*given: object) -> Any:
            key = (read, tuple(map(_same, given)))
            if key in answers:
                answers.move_to_end(key)
            else:
                # What was given is kept, too: while it is, nothing else has its identity.
                answers[key] = given, real(*given)
                while len(answers) > most:
                    answers.popitem(last=False)
            return answers[key][1]

        return kept


@lru_cache(maxsize=len(STAGES))
def reads(stage: str) -> frozenset[str]:
    """The constants that its code names, and that of all it may call: rather one too many."""
    constants, methods = _constants(), _methods()
    module, name = _found(stage)
    waiting = [inspect.unwrap(getattr(module, name))]
    seen: set[FunctionType] = set()
    found: set[str] = set()
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        names = set(_names(function.__code__))
        for module in _modules(function, names):
            for name in names & vars(module).keys():
                found |= constants.get((_stem(module), name), set())
                waiting.extend(_functions(vars(module)[name]))
        waiting.extend(method for name in names for method in methods.get(name, ()))
    return frozenset(found)


def _found(place: str) -> tuple[ModuleType, str]:
    module, _, name = place.rpartition(".")
    return import_module(f"{_ANALYSIS}.{module}"), name


def _constants() -> dict[_Place, set[str]]:
    """Wherever a constant is known; no stage is given the weights, of which some are constants, too."""
    found: dict[_Place, set[str]] = defaultdict(set)
    for one in TUNED:
        owner, name = one.name.split(".")[:2]
        for module in filter(None, (owner, one.also)):
            found[module, name].add(one.name)
    return found


@lru_cache(maxsize=1)
def _methods() -> Mapping[str, list[FunctionType]]:
    """By name alone: of whose class it is, code does not tell."""
    found: dict[str, list[FunctionType]] = defaultdict(list)
    modules = (import_module(f"{_ANALYSIS}.{path.stem}") for path in Path(ranking.__file__).parent.glob("[a-z]*.py"))
    for module in modules:
        for of in filter(inspect.isclass, vars(module).values()):
            for name, member in vars(of).items():
                found[name] += _functions(member.fget if isinstance(member, property) else member)
    return found


def _modules(function: FunctionType, names: Set[str]) -> Iterator[ModuleType]:
    """Its own, and those of the analysis that it names."""
    yield import_module(function.__module__)
    for name in names & function.__globals__.keys():
        if inspect.ismodule(module := function.__globals__[name]) and module.__name__.startswith(_ANALYSIS):
            yield module


def _functions(one: object) -> list[FunctionType]:
    """Itself, when it is a function of the analysis."""
    real = inspect.unwrap(one) if callable(one) else one
    return [real] if inspect.isfunction(real) and real.__module__.startswith(_ANALYSIS) else []


def _names(code: CodeType) -> Iterator[str]:
    """What it and the functions within it name that is not their own."""
    yield from code.co_names
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _names(one)


def _stem(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _same(given: object) -> object:
    """Equal for what is the same: small things by what they are, large ones, which nobody changes, by identity."""
    match given:
        case int() | float() | str() | datetime() | timedelta() | Onset():
            return given
        case set() | frozenset():
            return frozenset(given)
        case list() if all(isinstance(one, int) for one in given):
            return tuple(given)
    return id(given)

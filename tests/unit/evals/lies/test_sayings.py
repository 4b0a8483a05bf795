"""Lies are lies, truths are truths, and both are the same for the same seed."""

import asyncio
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from evals.case import Case
from evals.lies.facts import Logged, facts
from evals.lies.measure import chosen
from evals.lies.sayings import KINDS, Saying, lies, truths
from evals.lies.scene import Scene, folded, scene
from evals.lies.variants import variants

LAB = Path(__file__).parents[4] / "evals" / "cases" / "lab"
CASES = ("pool-cart", "deploy-payment", "leak-checkout", "crash-inventory", "healthy-campaign")


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    found = [asyncio.run(scene(Case(f"lab/{name}", LAB / name))) for name in CASES]
    return [one for one in found if one is not None]


def log_of(one: Scene) -> Iterator[str]:
    """The messages as they were recorded, read without the code under test."""
    with lzma.open(LAB / one.case.removeprefix("lab/") / "logs.jsonl.xz", "rt", encoding="utf-8") as lines:
        yield from (folded(json.loads(line)["message"]) for line in lines)


def of_kind(sayings: list[Saying], kind: str) -> list[Saying]:
    return [one for one in sayings if one.kind == kind]


def test_no_lie_is_something_that_is_true(scenes: list[Scene]) -> None:
    for one in scenes:
        true = {(folded(said.text), said.evidence) for said in truths(one)}
        sentences = {text for text, _ in true}
        false = lies(one, Random(1))

        assert not {(folded(said.text), said.evidence) for said in false} & true
        assert not {folded(said.text) for said in false if said.kind != "another evidence"} & sentences


def test_every_kind_of_lie_is_made_of_the_recorded_cases(scenes: list[Scene]) -> None:
    assert {one.kind for found in scenes for one in lies(found, Random(1))} == set(KINDS)


def test_lies_and_truths_cite_what_is_stored_unless_the_citation_is_the_lie(scenes: list[Scene]) -> None:
    for one in scenes:
        stored = {evidence.id for evidence in one.evidence}
        told = [*truths(one), *lies(one, Random(1))]

        assert {cited for said in told if said.kind != "another evidence" for cited in said.evidence} <= stored


def test_the_same_seed_tells_the_same_and_another_seed_tells_other_lies(scenes: list[Scene]) -> None:
    assert chosen(scenes, 7, 60) == chosen(scenes, 7, 60)
    assert chosen(scenes, 7, 60) != chosen(scenes, 8, 60)


def test_as_many_truths_as_lies_and_of_every_kind_about_as_many(scenes: list[Scene]) -> None:
    told = chosen(scenes, 7, 4 * len(KINDS))
    false = [one for one in told if not one.true]

    assert (len(told), len(false)) == (8 * len(KINDS), 4 * len(KINDS))
    assert {kind: len(of_kind(false, kind)) for kind in KINDS} == dict.fromkeys(KINDS, 4)


def test_nobody_logged_what_is_misquoted(scenes: list[Scene]) -> None:
    for one in scenes:
        logged = list(log_of(one))
        for said in of_kind(lies(one, Random(1)), "a quote not in the log"):
            quote = folded(said.text.split("“")[-1].split("”")[0] if "“" in said.text else said.text.split('"')[1])

            assert not any(quote in line for line in logged), said.text


def test_what_is_quoted_truly_was_logged(scenes: list[Scene]) -> None:
    for one in scenes:
        logged = list(log_of(one))
        for said in of_kind(truths(one), "logs"):
            assert any(folded(said.text.split("“")[1].split("”")[0]) in line for line in logged), said.text


def test_a_changed_number_is_nowhere_near_anything_measured(scenes: list[Scene]) -> None:
    numbers = [
        (one, fact, variant)
        for one in scenes
        for fact in facts(one)
        for variant in variants(fact, one, Random(1))
        if variant.kind == "another number" and variant.field in {"before", "after", "last"}
    ]

    assert len(numbers) > 100
    for one, fact, variant in numbers:
        wrong, true = vars(variant.fact)[variant.field], vars(fact)[variant.field]
        measured = [
            float(value)
            for reading in one.seen.readings
            if fact.component in reading.series.labels.values() and reading.series.name == vars(fact)["metric"]
            for value in reading.series.values
        ]
        assert abs(wrong - true) > 0.1 * abs(true)
        assert not [value for value in measured if abs(value - wrong) < 0.1 * abs(wrong)]


def test_callees_are_not_turned_into_callers_that_call_back(scenes: list[Scene]) -> None:
    for one in scenes:
        assert one.seen.topology is not None
        for said in of_kind(lies(one, Random(1)), "caller and callee swapped"):
            words = said.text.replace(",", "").split()
            caller, callee = words[words.index("from") + 1], words[words.index("to") + 1]

            assert (callee, caller) in one.seen.topology.edges
            assert (caller, callee) not in one.seen.topology.edges


def test_a_line_that_was_written_before_is_never_told_as_new(scenes: list[Scene]) -> None:
    told = [(one, fact) for one in scenes for fact in facts(one) if isinstance(fact, Logged)]

    for one, fact in told:
        earlier = [at for at in one.lines(fact.component, fact.kinds[0]) if at < fact.first]
        assert (len(earlier), fact.new and bool(earlier)) == (fact.before, False)
    assert any(fact.new for _, fact in told)
    assert any(not fact.new for _, fact in told)

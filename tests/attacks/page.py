"""Writes what was measured into docs/security.md, between its two marks."""

from pathlib import Path
from typing import Any

from tests.attacks.controls import CONTROLS, HANDED
from tests.attacks.episodes import WITHIN

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
FIRST, LAST = "<!-- measured: `make attacks ARGS=--page` writes from here -->", "<!-- to here -->"


def write(told: dict[str, Any]) -> None:
    before, _, rest = PAGE.read_text("utf-8").partition(FIRST)
    _, _, after = rest.partition(LAST)
    PAGE.write_text(f"{before}{FIRST}\n\n{made(told)}\n{LAST}{after}", "utf-8")


def made(told: dict[str, Any]) -> str:
    return (
        "\n".join([*_rows(told), "", *_episodes(told), "", *_secrets(told), "", *_prompts(told), "", *_controls()])
        + "\n"
    )


def _rows(told: dict[str, Any]) -> list[str]:
    rows = told["rows"]
    passed = sum(0 < row["tried"] == row["passed"] for row in rows)
    tests = sum(row["tried"] for row in rows)
    if not tests:
        return []
    return [f"{passed} of the {len(rows)} rows of the attack table are tried and refused, by {tests} tests."]


def _episodes(told: dict[str, Any]) -> list[str]:
    effects = (
        f"{told['unauthorised']} effects that nobody allowed, {told['effects']:,} that people or the policy allowed"
    )
    found = _after(told["found_after"])
    return [
        f"{told['episodes']:,} hostile episodes, on {told['commit']}: {effects}.",
        f"Where everybody's yes is taken, an effect that nobody allowed comes after {found} episodes: three seeds.",
        f"Honest tasks done right beside it: {told['utility']:.0%}.",
    ]


def _after(found: list[int]) -> str:
    return ", ".join(str(episodes) if episodes else f"more than {WITHIN}" for episodes in found)


def _secrets(told: dict[str, Any]) -> list[str]:
    lines = ["| secrets and personal data in a log line | samples | kinds | found |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {one['way']} | {one['samples']:,} | {one['kinds']} | {one['recall']:.2%} |" for one in told["secrets"]
    ]
    clean = told["clean"]
    return [
        *lines,
        "",
        f"Of {clean['words']:,} words of clean logs, {clean['precision']:.3%} came through as they were.",
        f"In {clean['taken']:,} of {clean['texts']:,} operational texts without a secret, something is taken for one.",
    ]


def _prompts(told: dict[str, Any]) -> list[str]:
    reaching, kept = told["prompts"]["reaching"], told["prompts"]["kept"]
    return [
        f"Of an attacker's bytes in the fields of a request, in three forms of logs, {reaching:.2%} reach a prompt;",
        f"of the words beside them that a diagnosis needs, {kept:.1%} do.",
    ]


def _controls() -> list[str]:
    lines = ["| control | without it, this row's attack gets through |", "| --- | --- |"]
    return [*lines, *(f"| {control.what} | {control.row} |" for control in (*HANDED, *CONTROLS))]

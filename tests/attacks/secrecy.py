"""How much of what must stay secret leaves in a text, and how much else is lost with it?

python -m tests.attacks.secrecy [--each 40] [--logs FILE...]

A secret counts as kept when no run of 12 of its characters, nor all of it if it is shorter, is in what leaves.
"""

import argparse
import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import quote

from agent.policy.redaction import Redactor
from tests.attacks import corpus
from tests.attacks.personal import PERSONAL
from tests.attacks.shapes import BARE, HELD, NAMED, UNSEEN, drawn

_LABEL = re.compile(r"<([a-z-]+):\d+>")
_PERSONAL = frozenset({"ip", "email", "iban", "card"})
_BEGINS = base64.b64encode(b"-----BEGIN ").decode()[:14]
"""No part of a secret, and certificates beside it begin so, too."""
RUN = 12
"""Characters of a secret in a row that give it away."""
LINES = (
    "{}",
    "2026-11-01T12:00:00.123Z ERROR [auth] request failed: {}",
    'level=error ts=2026-11-01T12:00:00Z caller=client.go:88 msg="cannot use {}" attempt=3',
    '{{"time":"2026-11-01T12:00:00Z","level":"warn","message":"sent {} to upstream","code":401}}',
    "Nov  1 12:00:00 web-0 app[31]: config dump: {} (from /etc/app.yaml)",
    "panic: upstream said 403 for {}\n\tat client.Do(client.go:12)",
)
NAMINGS = ("{}={}", "{}: {}", '"{}": "{}"', "{}='{}'", '{}="{}"', "export {}={}", '{{"{}":"{}"}}', "{} = {}")
WAYS: dict[str, Callable[[str, str], str]] = {
    "plain": lambda text, _: text,
    "in the query of an address": lambda text, secret: text.replace(secret, quote(secret, safe="")),
    "all of it with percent signs": lambda text, _: quote(text, safe=""),
    "all of it in base64": lambda text, _: base64.b64encode(text.encode()).decode(),
    "in a JSON string": lambda text, _: json.dumps({"log": text}),
    "broken over two lines": lambda text, secret: text.replace(
        secret, secret[: len(secret) // 2] + "\n" + secret[len(secret) // 2 :]
    ),
}


@dataclass(frozen=True)
class Sample:
    """A line of a log with something in it that must not leave."""

    kind: str
    text: str
    secret: str

    def leaks(self, told: str) -> bool:
        """Whether a part of the secret is still there."""
        lines = [line.strip() for line in self.secret.splitlines()]
        parts = [line.removeprefix(_BEGINS) for line in lines if line and not line.startswith(("-----", "="))]
        return any(part[at : at + RUN] in told for part in parts for at in range(max(1, len(part) - RUN + 1)))


@dataclass
class Score:
    tried: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    shown: dict[str, str] = field(default_factory=dict)
    """Of each kind that was missed, one line as it left: made-up secrets, so that they may be shown."""

    def add(self, sample: Sample, told: str) -> None:
        self.tried[sample.kind] += 1
        if sample.leaks(told):
            self.missed[sample.kind] += 1
            self.shown.setdefault(sample.kind, told)

    @property
    def recall(self) -> float:
        return 1 - self.missed.total() / max(1, self.tried.total())


def samples(each: int, seed: int = 1) -> Iterator[Sample]:
    """So many of each kind."""
    chance = Random(seed)
    for kind, shape in BARE.items():
        for _ in range(each):
            secret = drawn(shape, chance)
            yield Sample(kind, chance.choice(LINES).format(secret), secret)
    for kind, (names, shape) in NAMED.items():
        for _ in range(each):
            secret = drawn(shape, chance)
            told = chance.choice(NAMINGS).format(chance.choice(names.split()), secret)
            yield Sample(kind, chance.choice(LINES).format(told), secret)
    for kind, (place, shape) in HELD.items():
        for _ in range(each):
            secret = drawn(shape, chance)
            yield Sample(kind, chance.choice(LINES).format(place.format(secret)), secret)
    for kind, make in PERSONAL.items():
        for _ in range(each):
            value = make(chance)
            yield Sample(kind, chance.choice(LINES).format(f"of {value} now"), value)


def unseen(each: int, seed: int = 1) -> Iterator[Sample]:
    """So many of each kind that nobody mended the redactor for."""
    chance = Random(seed)
    for kind, shape in UNSEEN.items():
        for _ in range(each):
            secret = drawn(shape, chance)
            yield Sample(kind, chance.choice(LINES).format(secret), secret)


def operational(each: int, seed: int = 1) -> Iterator[Sample]:
    """Each secret of texts as they are met in operation, written by somebody who has not seen the redactor."""
    for one in corpus.samples(each, seed):
        yield from (Sample(one.kind, one.text, secret) for secret in one.secrets)


def mistaken(each: int, seed: int = 1) -> tuple[list[str], int]:
    """Texts of the same kinds without a secret: as they left, those in which something was taken for one; of all."""
    clean = [one.text for one in corpus.samples(each, seed) if not one.secrets]
    told = [Redactor(b"0" * 32).redact(text) for text in clean]
    return [left for left in told if {found[1] for found in _LABEL.finditer(left)} - _PERSONAL], len(clean)


def measured(each: int, way: str = "plain", seed: int = 1) -> Score:
    return scored(samples(each, seed), way)


def scored(told: Iterable[Sample], way: str = "plain") -> Score:
    score = Score()
    for sample in told:
        score.add(sample, Redactor(b"0" * 32).redact(WAYS[way](sample.text, sample.secret)))
    return score


def figures(each: int) -> list[dict[str, str | int | float]]:
    """What is printed and published: each way, and the kinds that the redactor was not made for."""
    found = [(way, measured(each, way)) for way in WAYS]
    found.append(("plain, of kinds it was not made for", scored(unseen(each))))
    found.append(("in operational text (`tests/attacks/corpus`)", scored(operational(each))))
    return [
        {"way": way, "samples": score.tried.total(), "kinds": len(score.tried), "recall": score.recall}
        for way, score in found
    ]


@dataclass
class Loss:
    """Of clean text."""

    words: int = 0
    lost: int = 0
    shown: list[tuple[str, str]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return 1 - self.lost / max(1, self.words)


def lost_of(lines: Iterable[str]) -> Loss:
    """Words of clean lines that do not come through as they are."""
    loss = Loss()
    for line in lines:
        told = Counter(Redactor(b"0" * 32).redact(line).split())
        gone = Counter(line.split()) - told
        loss.words += len(line.split())
        loss.lost += gone.total()
        if gone:
            loss.shown.append((line, " ".join(told)))
    return loss


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.secrecy")
    parser.add_argument("--each", type=int, default=40, help="samples of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=Path, nargs="*", default=[], help="files of clean lines")
    options = parser.parse_args()
    for way in WAYS:
        score = measured(options.each, way, options.seed)
        print(f"{way}: {score.recall:.4f} of {score.tried.total():,} in {len(score.tried)} kinds")
        for kind, count in score.missed.most_common() if way == "plain" else ():
            print(f"  {kind}: {count} of {score.tried[kind]}: {score.shown[kind][:200]!r}")
    score = scored(unseen(options.each, options.seed))
    print(f"kinds it was not made for: {score.recall:.4f} of {score.tried.total():,} in {len(score.tried)} kinds")
    score = scored(operational(options.each, options.seed))
    print(f"in operational text: {score.recall:.4f} of {score.tried.total():,} in {len(score.tried)} kinds")
    for kind, count in score.missed.most_common():
        print(f"  {kind}: {count} of {score.tried[kind]}: {score.shown[kind][:200]!r}")
    taken, texts = mistaken(options.each, options.seed)
    print(f"something is taken for a secret in {len(taken):,} of {texts:,} such texts without one")
    for path in options.logs:
        loss = lost_of(path.read_text("utf-8", "replace").splitlines())
        print(f"{path}: {loss.precision:.5f} of {loss.words:,} words")
        for line, told in loss.shown[:5]:
            print(f"  {line[:200]!r}\n  {told[:200]!r}")


if __name__ == "__main__":
    main()

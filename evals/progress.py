"""How far is it?  One line on a terminal, rewritten; silent when standard error is a file."""

import sys
import time
from dataclasses import dataclass, field

_WIDTH = 30


@dataclass
class Progress:
    total: int
    done: int = 0
    failed: int = 0
    _began: float = field(default_factory=time.monotonic)

    def tick(self, *, failed: bool = False) -> None:
        self.done += 1
        self.failed += failed
        if sys.stderr.isatty():
            end = "" if self.done < self.total else "\n"
            print(f"\r{self.line()}", end=end, file=sys.stderr, flush=True)

    def line(self) -> str:
        full = _WIDTH * self.done // max(1, self.total)
        left = (time.monotonic() - self._began) / self.done * (self.total - self.done) if self.done else 0.0
        failed = f", {self.failed} failed" if self.failed else ""
        bar = "#" * full + "." * (_WIDTH - full)
        return f"[{bar}] {self.done}/{self.total}{failed}, {left / 60:.0f} min {left % 60:2.0f} s left "

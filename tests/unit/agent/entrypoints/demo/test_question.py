import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent.entrypoints.demo.question import answered


class Asked:
    """A question, what was said about it, and the lines that are typed at it: one at each prompt."""

    def __init__(self, terminal: int, keyboard: int, *typed: bytes, looks: int = 1_000) -> None:
        self._terminal, self._keyboard, self._typed = terminal, keyboard, list(typed)
        self._looks = looks
        self.said: list[str] = []

    async def answer(self) -> str | None:
        return await answered(self._terminal, self._waits, self._say)

    def _say(self, text: str) -> None:
        self.said.append(text)
        if self._typed:
            os.write(self._keyboard, self._typed.pop(0))

    async def _waits(self) -> bool:
        self._looks -= 1
        return self._looks >= 0


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    terminal, keyboard = os.pipe()
    try:
        yield terminal, keyboard
    finally:
        os.close(terminal)
        os.close(keyboard)


@pytest.mark.parametrize(("typed", "answer"), [(b"y\n", "approve"), (b" Yes\n", "approve"), (b"n\n", "deny")])
async def test_yes_approves_and_no_denies(typed: bytes, answer: str) -> None:
    with pipe() as ends:
        asked = Asked(*ends, typed)
        assert (await asked.answer(), asked.said) == (answer, ["Approve? [y/n] "])


async def test_anything_else_is_no_answer_and_it_is_asked_again() -> None:
    with pipe() as ends:
        asked = Asked(*ends, b"\n", b"\xff what?\n", b"y\n")
        assert await asked.answer() == "approve"
    assert asked.said == ["Approve? [y/n] ", "Please answer y or n: ", "Please answer y or n: "]


async def test_what_is_decided_elsewhere_is_waited_for_no_more() -> None:
    with pipe() as ends:
        assert await Asked(*ends, looks=3).answer() is None


async def test_a_terminal_that_is_gone_leaves_the_question_open() -> None:
    terminal, keyboard = os.pipe()
    os.close(keyboard)
    try:
        assert await Asked(terminal, keyboard).answer() is None
    finally:
        os.close(terminal)

"""Has exactly this been asked before? Then the answer is at hand, and costs nothing."""

from collections import OrderedDict
from collections.abc import Sequence

from pydantic import JsonValue

from agent.domain.base import digest
from agent.ports import Message


class Cache:
    """The latest answers, in memory, oldest out first. Only answers that passed every check are kept.

    A key covers everything that was sent: the models, all messages, the tools or the shape. There is nothing a
    tenant or an environment could differ in beside it.
    """

    def __init__(self, most: int = 256, seconds: float = 600.0) -> None:
        self._most = most
        self._seconds = seconds
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def get(self, key: str, now: float) -> str | None:
        """`now` is monotonic seconds, here and below."""
        at, answer = self._kept.get(key, (now - self._seconds, ""))
        return answer if now - at < self._seconds else None

    def put(self, key: str, answer: str, now: float) -> None:
        self._kept[key] = (now, answer)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)


def key(models: Sequence[str], prompt: Sequence[Message], offered: JsonValue) -> str:
    return digest([list(models), [message.model_dump(mode="json") for message in prompt], offered])

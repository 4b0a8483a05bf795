"""What do tests, evaluations and replays put in the place of the world? Parts that ship with the product."""

from collections.abc import Sequence

from agent.ports import Lesson, Recalled


class NoMemory:
    """`ports.Memory` of somebody who has seen nothing before, and keeps nothing."""

    async def recall(self, title: str, service: str, alert_names: Sequence[str], symptom: str) -> list[Recalled]:  # noqa: ARG002 (there is nothing to look in)
        return []

    async def search(self, text: str, limit: int = 10) -> list[tuple[Lesson, float]]:  # noqa: ARG002 (the same)
        return []

    async def remember(self, lessons: Sequence[Lesson]) -> None:
        pass

    async def forget(self, incidents: Sequence[str]) -> int:  # noqa: ARG002 (there is nothing to forget)
        return 0

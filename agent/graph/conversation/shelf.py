"""What has been found, and how much of it is read at once? Big results stay in the store and are read in slices."""

import json
from collections.abc import Iterable

from pydantic import BaseModel, Field

from agent.domain.evidence import Evidence
from agent.graph.conversation.means import Store
from tools.base import ToolResult

NAME = "read_evidence"
SHOWN = 1_200
"""Characters of a result that stand in the conversation, and of a slice."""
_LONGEST_LINE = 400


class Slice(BaseModel):
    id: str = Field(max_length=20, description="An evidence id such as e7.")
    find: str = Field("", max_length=200, description="Only lines that hold these words; empty: all.")
    from_line: int = Field(1, ge=1, le=100_000, description="Begin with this line.")


class ReadEvidence:
    """The tool as the model sees it. It is answered from the store, asks nobody and costs no call of a tool."""

    name = NAME
    description = (
        "Read more of a piece of evidence that was shown in part: a slice of it, or the lines with some words."
    )
    kind = "memory"
    arguments: type[BaseModel] = Slice

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        return ToolResult(ok=True, text=Slice.model_validate(arguments.model_dump()).id, query=NAME)


class Shelf:
    """The incident's evidence by id."""

    def __init__(self, known: Iterable[Evidence], store: Store) -> None:
        self._by_id = {one.id: one for one in known}
        self._store = store

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(self._by_id)

    async def keep(self, draft: Evidence) -> Evidence:
        kept = await self._store(draft)
        self._by_id[kept.id] = kept
        return kept

    def slice(self, asked: Slice) -> ToolResult:
        """Its lines, numbered, as many as are shown at once."""
        query = f"{NAME} {asked.id}"
        if (one := self._by_id.get(asked.id)) is None:
            return ToolResult(ok=False, text=f"There is no evidence {asked.id!r}.", query=query)
        lines = [
            (number, line) for number, line in enumerate(_lines(one), 1) if asked.find.casefold() in line.casefold()
        ]
        left = [f"{number}: {line[:_LONGEST_LINE]}" for number, line in lines if number >= asked.from_line]
        return ToolResult(ok=True, text=shown("\n".join(left) or "No such line.", asked.id), query=query)


def shown(text: str, id_: str) -> str:
    """The beginning of it, by whole lines, and where the rest is."""
    if len(text) <= SHOWN:
        return text
    begin = text[:SHOWN].rsplit("\n", 1)[0]
    line = begin.count("\n") + 2
    return f"{begin}\n… {len(text) - len(begin):,} characters more: {NAME} {id_}, from line {line} of this text"


def _lines(one: Evidence) -> list[str]:
    """What a tool said in words first, then the data behind it."""
    match one.content:
        case {"text": str(text), "data": data}:
            return [*text.splitlines(), *_written(data)]
    return [one.summary, *_written(one.content)]


def _written(content: object) -> list[str]:
    return [] if content is None else json.dumps(content, ensure_ascii=False, indent=0).splitlines()

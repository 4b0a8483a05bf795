"""What do the team's own runbooks advise?  Lists and reads the `SKILL.md` files of the runbooks folder."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from tools.base import ToolResult

LARGEST_FILE = 64 * 1024
"""Bytes of a SKILL.md."""
LONGEST_TEXT = 8000
"""Characters of a runbook that are handed on."""

LONGEST_FIELD = 500
"""Characters of an optional field."""

_FIELDS = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FRONT_MATTER = re.compile(r"---\r?\n(?P<head>.*?)\r?\n---\r?\n(?P<body>.*)", re.DOTALL)


class BadRunbook(Exception):
    """A SKILL.md that cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Skill:
    """A runbook: front matter and human text, in the shape of Agent Skills."""

    name: str
    description: str
    body: str


def read_skill(file: Path) -> Skill:
    """The runbook in the file. Raises BadRunbook."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise BadRunbook(f"is larger than {LARGEST_FILE} bytes.")
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadRunbook(f"cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadRunbook("is not UTF-8.") from error
    found = _FRONT_MATTER.fullmatch(text)
    if not found:
        raise BadRunbook("does not begin with front matter between two lines of `---`.")
    return _skill(file, _head(found["head"]), found["body"].strip())


def skill_files(folder: Path) -> list[Path]:
    """The SKILL.md of each runbook in the folder, by name. Links that lead out of the folder are left out."""
    root = folder.resolve()
    files = sorted(folder.glob("*/SKILL.md"))
    return [file for file in files if file.resolve().is_relative_to(root) and is_name(file.parent.name)]


def is_name(text: str) -> bool:
    """Lower-case words joined by hyphens, at most 64 characters: what a runbook may be called."""
    return len(text) <= 64 and _NAME.fullmatch(text) is not None


class RunbookArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=64, description="The runbook to read; leave it empty to list them all.")


class ReadRunbook:
    """The runbooks as a tool."""

    name = "read_runbook"
    description = "Read one of the team's runbooks, or list them with what each is for."
    kind = "runbook"
    arguments: type[BaseModel] = RunbookArguments

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        name = RunbookArguments.model_validate(arguments.model_dump()).name
        readable = await asyncio.to_thread(_readable, self._folder)
        if not name:
            return _listing(readable)
        # Looked up among the names found, never joined to a path: nothing outside the folder can be named.
        skill = next((skill for skill in readable if skill.name == name), None)
        return _content(skill) if skill else _unknown(name, readable)


def _head(text: str) -> dict[str, object]:
    try:
        head = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadRunbook(f"has front matter that is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(head, dict):
        raise BadRunbook("has front matter that is not a mapping.")
    return head


def _skill(file: Path, head: dict[str, object], body: str) -> Skill:
    name, description = head.get("name"), head.get("description")
    if name != file.parent.name or not is_name(file.parent.name):
        raise BadRunbook(f"has the name {name!r}; it must be its folder's: lower-case words joined by hyphens.")
    if not isinstance(description, str) or not 0 < len(description.strip()) <= 1024:
        raise BadRunbook("needs a description of 1 to 1024 characters: what it is for and when to use it.")
    if not body:
        raise BadRunbook("has no text below its front matter.")
    _check_optional(head)
    return Skill(name=file.parent.name, description=" ".join(description.split()), body=body)


def _check_optional(head: dict[str, object]) -> None:
    """What the specification allows beside name and description (https://agentskills.io/specification)."""
    if unknown := sorted(str(key) for key in head.keys() - _FIELDS):
        raise BadRunbook(f"has {unknown[0]!a} in its front matter; own keys belong under `metadata`.")
    for key in ("license", "compatibility", "allowed-tools"):
        if not isinstance(head.get(key, ""), str) or len(str(head.get(key, ""))) > LONGEST_FIELD:
            raise BadRunbook(f"has a {key} that is not text of at most {LONGEST_FIELD} characters.")
    metadata = head.get("metadata", {})
    if not isinstance(metadata, dict) or not all(isinstance(one, str) for pair in metadata.items() for one in pair):
        raise BadRunbook("has `metadata` that does not map text to text.")


def _readable(folder: Path) -> list[Skill]:
    skills: list[Skill] = []
    for file in skill_files(folder):
        try:
            skills.append(read_skill(file))
        except BadRunbook:
            continue  # `runbooks lint` tells people about it; an investigation goes on with the others.
    return skills


def _listing(skills: list[Skill]) -> ToolResult:
    text = "\n".join([f"{len(skills)} runbooks.", *(f"{skill.name}: {skill.description}" for skill in skills)])
    return ToolResult(
        ok=True,
        text=text[:LONGEST_TEXT],
        query="runbooks",
        truncated=len(text) > LONGEST_TEXT,
        data=[{"name": skill.name, "description": skill.description} for skill in skills],
    )


def _content(skill: Skill) -> ToolResult:
    text = f"{skill.name}: {skill.description}\n\n{skill.body}"
    return ToolResult(
        ok=True,
        text=text[:LONGEST_TEXT],
        query=f"runbook {skill.name}",
        data={"name": skill.name, "description": skill.description, "body": skill.body[:LONGEST_TEXT]},
        truncated=len(text) > LONGEST_TEXT,
    )


def _unknown(name: str, skills: list[Skill]) -> ToolResult:
    known = ", ".join(skill.name for skill in skills) or "none"
    return ToolResult(ok=False, text=f"There is no runbook {name!a}; there are: {known}.", query=f"runbook {name!a}")

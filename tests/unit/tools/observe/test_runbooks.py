from pathlib import Path

import pytest

from tools.base import Tool, ToolResult
from tools.observe.runbooks import LARGEST_FILE, LONGEST_TEXT, BadRunbook, ReadRunbook, RunbookArguments, read_skill


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("restart", "Turn it off and on."), ("roll-back", "x" * 9000)):
        (tmp_path / "runbooks" / name).mkdir(parents=True)
        skill = f"---\nname: {name}\ndescription: How to {name}.\n---\n\n{text}\n"
        (tmp_path / "runbooks" / name / "SKILL.md").write_text(skill, encoding="utf-8")
    return tmp_path / "runbooks"


async def _read(folder: Path, name: str = "") -> ToolResult:
    tool: Tool = ReadRunbook(folder)
    return await tool(RunbookArguments(name=name))


async def test_the_runbooks_are_listed_with_what_each_is_for(folder: Path) -> None:
    assert await _read(folder) == ToolResult(
        ok=True,
        text="2 runbooks.\nrestart: How to restart.\nroll-back: How to roll-back.",
        query="runbooks",
        data=[
            {"name": "restart", "description": "How to restart."},
            {"name": "roll-back", "description": "How to roll-back."},
        ],
    )


async def test_a_runbook_is_read_by_its_name(folder: Path) -> None:
    assert await _read(folder, "restart") == ToolResult(
        ok=True,
        text="restart: How to restart.\n\nTurn it off and on.",
        query="runbook restart",
        data={"name": "restart", "description": "How to restart.", "body": "Turn it off and on."},
    )


async def test_a_long_runbook_is_cut_and_says_so(folder: Path) -> None:
    result = await _read(folder, "roll-back")
    assert (len(result.text), result.truncated) == (LONGEST_TEXT, True)


async def test_a_runbook_whose_head_alone_makes_it_too_long_says_so(folder: Path) -> None:
    whole = folder / "roll-back" / "SKILL.md"
    whole.write_text(whole.read_text().replace("x" * 9000, "x" * LONGEST_TEXT))
    result = await _read(folder, "roll-back")
    assert (len(result.text), result.truncated) == (LONGEST_TEXT, True)


async def test_a_list_of_runbooks_that_is_cut_says_so(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"r{number}").mkdir()
        (tmp_path / f"r{number}" / "SKILL.md").write_text(f"---\nname: r{number}\ndescription: {'x' * 1000}\n---\ny")
    result = await _read(tmp_path)
    assert (len(result.text), result.truncated) == (LONGEST_TEXT, True)


@pytest.mark.parametrize("name", ["../secret", "restart/SKILL.md", "..", "/etc", "restart\0", "RESTART", "none"])
@pytest.mark.attack("S09")
async def test_nothing_but_a_runbook_can_be_named(folder: Path, name: str) -> None:
    (folder.parent / "secret").mkdir()
    (folder.parent / "secret" / "SKILL.md").write_text("---\nname: secret\ndescription: x\n---\ny")
    assert await _read(folder, name) == ToolResult(
        ok=False, text=f"There is no runbook {name!a}; there are: restart, roll-back.", query=f"runbook {name!a}"
    )


@pytest.mark.attack("S09")
async def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "SKILL.md").write_text("---\nname: outside\ndescription: x\n---\ny")
    (folder / "outside").symlink_to(outside)
    assert not (await _read(folder, "outside")).ok


async def test_a_runbook_that_cannot_be_used_is_left_out(folder: Path) -> None:
    (folder / "restart" / "SKILL.md").write_text("no front matter")
    assert (await _read(folder)).text == "1 runbooks.\nroll-back: How to roll-back."


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe", "is not UTF-8."),
        (b"x" * (LARGEST_FILE + 1), "is larger than 65536 bytes."),
        (b"---\n- a\n---\nx", "has front matter that is not a mapping."),
        (None, "cannot be read: No such file or directory."),
    ],
)
def test_what_is_wrong_with_a_runbook_is_said(tmp_path: Path, content: bytes | None, why: str) -> None:
    file = tmp_path / "SKILL.md"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadRunbook) as error:
        read_skill(file)
    assert str(error.value) == why


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("license: Apache-2.0\ncompatibility: Needs kubectl\nmetadata: {owner: shop}\nallowed-tools: read_runbook", ""),
        ("owner: shop", "has 'owner' in its front matter; own keys belong under `metadata`."),
        ("metadata: {owner: 7}", "has `metadata` that does not map text to text."),
        ("metadata: shop", "has `metadata` that does not map text to text."),
        ("license: [MIT]", "has a license that is not text of at most 500 characters."),
        (f"compatibility: {'x' * 501}", "has a compatibility that is not text of at most 500 characters."),
    ],
)
def test_front_matter_is_that_of_the_open_specification(tmp_path: Path, more: str, problem: str) -> None:
    file = tmp_path / "restart" / "SKILL.md"
    file.parent.mkdir()
    file.write_text(f"---\nname: restart\ndescription: Restart it.\n{more}\n---\n\nText.\n", encoding="utf-8")
    try:
        found = read_skill(file).name
    except BadRunbook as error:
        found = str(error)
    assert found == (problem or "restart")

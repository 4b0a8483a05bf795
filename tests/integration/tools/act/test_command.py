import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tools.act.command import MAX_OUTPUT, Command, CommandExecutor
from tools.base import ActResult, BackendError, Unsure

METACHARACTERS = ["$(id)", ";", "|", "a\nb", "--flag", "'$(x)'", "`id`", "*", "&", "> /tmp/x", "\\", "é"]


def _program(folder: Path, body: str, name: str = "program") -> str:
    path = folder / name
    path.write_text(f"#!{sys.executable} -I\nimport json, os, sys, time\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def _executor(path: str, deadline: float = 10, read_back: str = "") -> CommandExecutor:
    return CommandExecutor({"tool": Command(path, read_back)}, deadline=timedelta(seconds=deadline))


def _call(*arguments: str | int) -> dict[str, Any]:
    return {"command": "tool", "arguments": list(arguments)}


@pytest.mark.attack("S48")
async def test_arguments_arrive_as_they_are_and_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not for children")
    path = _program(tmp_path, "print(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd(), sys.stdin.read()]))")
    result = await _executor(path).run(_call(*METACHARACTERS, 7), "key-1")
    assert isinstance(result.data, dict)
    arguments, environment, folder, typed = json.loads(str(result.data["output"]))
    environment.pop("LC_CTYPE", None)  # Python itself adds it.
    assert (arguments, folder, typed) == ([*METACHARACTERS, "7"], "/", "")
    assert environment == {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "INCIDENT_AGENT_KEY": "key-1"}


async def test_the_exit_code_says_whether_it_was_done(tmp_path: Path) -> None:
    path = _program(tmp_path, "print('told'); sys.exit(int(sys.argv[1]))")
    results = [await _executor(path).run(_call(code), "key-1") for code in (0, 3)]
    assert results == [
        ActResult(ok=True, detail=f'start ["{path}", "0"]: it ended with 0.', data={"exit": 0, "output": "told\n"}),
        ActResult(ok=False, detail=f'start ["{path}", "3"]: it ended with 3.', data={"exit": 3, "output": "told\n"}),
    ]


async def test_output_is_cut_but_the_program_is_not_held_up(tmp_path: Path) -> None:
    path = _program(tmp_path, "sys.stdout.write('x' * 1_000_000); sys.stderr.write('y')")
    result = await _executor(path).run(_call(), "key-1")
    assert (result.ok, result.data) == (True, {"exit": 0, "output": "x" * MAX_OUTPUT})


async def test_a_program_past_its_deadline_is_ended_with_what_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    path = _program(
        tmp_path,
        f"child = os.fork()\nopen({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\ntime.sleep(60)",
    )
    with pytest.raises(Unsure, match=r"did not end within 0\.5 s"):
        await _executor(path, deadline=0.5).run(_call(), "key-1")
    started = [int(line) for line in pids.read_text().split()]
    assert len(started) == 2
    assert _all_gone(started)


async def test_a_program_ended_by_a_signal_may_have_done_it(tmp_path: Path) -> None:
    path = _program(tmp_path, "os.kill(os.getpid(), 9)")
    with pytest.raises(Unsure, match="ended by signal 9"):
        await _executor(path).run(_call(), "key-1")


async def test_what_a_program_leaves_running_on_purpose_goes_on(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    path = _program(
        tmp_path,
        f"child = os.fork()\nif child:\n open({str(pid)!r}, 'w').write(str(child))\n"
        "else:\n os.close(1); os.close(2)\n time.sleep(30)",
    )
    assert (await _executor(path).run(_call(), "key-1")).ok
    left = int(pid.read_text())
    os.kill(left, 0)
    os.kill(left, 9)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ({"command": "other"}, "no command 'other'; the configuration names tool"),
        ({"command": "tool", "shell": True}, "shell: Extra inputs"),
        ({"command": "tool", "arguments": "a b"}, "arguments: Input should be a valid list"),
        ({"command": "tool", "arguments": ["a\0b"]}, "NUL"),
        ({"command": "tool", "arguments": [["a"]]}, "arguments.0"),
    ],
)
@pytest.mark.attack("S48")
async def test_a_call_of_another_shape_starts_nothing(tmp_path: Path, call: dict[str, Any], why: str) -> None:
    mark = tmp_path / "started"
    executor = _executor(_program(tmp_path, f"open({str(mark)!r}, 'w')"))
    result = await executor.run(call, "key-1")
    assert (result.ok, why in result.detail, mark.exists()) == (False, True, False)
    with pytest.raises(BackendError):
        executor.describe(call)


@pytest.mark.attack("S48")
async def test_only_a_program_at_an_absolute_path_that_not_everyone_can_change_is_started(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    writable = _program(tmp_path, f"open({str(mark)!r}, 'w')", "writable")
    Path(writable).chmod(0o757)
    plain = tmp_path / "plain"
    plain.write_text("x")
    wrong = {
        "true": "is not an absolute path",
        "./program": "is not an absolute path",
        str(tmp_path / "none"): "No such file",
        str(plain): "is not a program",
        str(tmp_path): "is not a program",
        writable: "may be changed by every user",
    }
    for path, why in wrong.items():
        result = await _executor(path).run(_call(), "key-1")
        assert (result.ok, why in result.detail) == (False, True), path
    assert not mark.exists()


async def test_a_program_that_cannot_be_started_did_nothing(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_text("#!/none/such\n")
    path.chmod(0o755)
    result = await _executor(str(path)).run(_call(), "key-1")
    assert (result.ok, "cannot be started" in result.detail) == (False, True)


async def test_a_program_can_tell_whether_an_effect_was_done(tmp_path: Path) -> None:
    done = tmp_path / "done"
    program = _program(tmp_path, f"open({str(done)!r}, 'a').write(os.environ['INCIDENT_AGENT_KEY'])")
    teller = _program(
        tmp_path,
        "if sys.argv[1] == '?':\n sys.exit(2)\n"
        f"sys.exit(os.environ['INCIDENT_AGENT_KEY'] not in open({str(done)!r}).read())",
        "teller",
    )
    executor = _executor(program, read_back=teller)
    await executor.run(_call("a"), "key-1")
    found = [await executor.read_back(_call("a"), key) for key in ("key-1", "key-2")]
    assert [(one.ok, one.data) for one in found if one] == [(True, {"output": ""}), (False, {"absent": True})]
    assert await executor.read_back(_call("?"), "key-1") is None
    assert await _executor(program).read_back(_call("a"), "key-1") is None


async def test_a_program_is_no_precondition(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot be a precondition"):
        await _executor(_program(tmp_path, "")).read(_call())


def _all_gone(pids: list[int]) -> bool:
    """The children are ours or init's to reap; a zombie counts as gone."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if not any(_alive(pid) for pid in pids):
            return True
    return False


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False

"""Does the code keep the promises that a reader, not a type checker, would have to check?"""

import ast
import re
from collections.abc import Callable
from pathlib import PurePosixPath

import pytest

from tests.architecture.sources import ROOT, calls, dotted, sources

OUTERMOST = {
    "agent/storage/database.py",  # the writer thread hands every error to the caller that waits for its change
    "agent/entrypoints/cli/frame.py",  # a person gets a sentence, whatever went wrong
    "tools/clients/threads.py",  # what a thread raises is handed to whoever waits for it
    "agent/entrypoints/problems.py",  # a caller gets a sentence, whatever went wrong
    "agent/service/placement.py",  # whatever an alert brings about, it is set aside with it and the next one is placed
    "agent/entrypoints/worker.py",  # whatever a job raises, the worker goes on with the next one
}
"""Where errors of every kind may be caught: the frames that nothing stands around. Raising again is no catching."""

ENVIRONMENT = ("agent/settings.py", "agent/bootstrap")
"""Where the environment may be read or set."""


@pytest.mark.attack("S48")
def test_no_shell_is_ever_started() -> None:
    shells = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}

    def starts_a_shell(name: str, call: ast.Call) -> bool:
        return (
            name in shells
            or name.endswith("create_subprocess_shell")
            or any(keyword.arg == "shell" for keyword in call.keywords)
        )

    assert _where(starts_a_shell) == []


@pytest.mark.attack("S54")
def test_nothing_is_evaluated_or_unpickled() -> None:
    forbidden = {
        "eval",
        "exec",
        "compile",
        "pickle.load",
        "pickle.loads",
        "marshal.loads",
        "yaml.unsafe_load",
    }
    assert _where(lambda name, _: name in forbidden) == []


def test_only_the_outermost_frames_catch_everything() -> None:
    assert [
        f"{source.path}:{node.lineno}"
        for source in sources("agent", "tools", "prompts")
        if source.path not in OUTERMOST
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
    ] == []


def test_the_environment_is_read_in_the_settings_alone() -> None:
    reads = {"os.environ", "os.getenv", "os.putenv"}
    assert [
        f"{source.path}:{node.lineno}"
        for source in sources("agent", "tools", "prompts")
        if not source.path.startswith(ENVIRONMENT)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute | ast.Name) and dotted(node) in reads
    ] == []


def test_every_module_says_first_which_question_it_answers() -> None:
    assert [source.path for source in sources() if source.text.strip() and not ast.get_docstring(source.tree)] == []


def test_every_ignore_carries_its_code_and_its_reason() -> None:
    ignore = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?P<code>[:\[]\s*[\w, -]+\]?)?(?P<reason>.*)")
    bare = [
        f"{source.path}:{number}: {line.strip()}"
        for source in sources("agent", "tools", "prompts", "evals")
        for number, line in enumerate(source.text.splitlines(), 1)
        for match in ignore.finditer(line)
        if not match["code"] or len(re.findall(r"[^\W\d_]", match["reason"])) < 4
    ]
    assert bare == []


def test_unit_tests_lie_where_what_they_test_lies() -> None:
    assert [path for path in _unit_tests() if not _mirrors(path)] == []


def _where(matches: Callable[[str, ast.Call], bool]) -> list[str]:
    return [
        f"{source.path}:{call.lineno}"
        for source in sources()
        for name, call in calls(source.tree)
        if matches(name, call)
    ]


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None:
        return False
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in caught)


def _unit_tests() -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "tests/unit").rglob("test_*.py"))]


def _mirrors(test: str) -> bool:
    """tests/unit/agent/policy/test_approval.py: agent/policy is a package, or agent/policy/approval.py a module."""
    package = PurePosixPath(test).relative_to("tests/unit").parent
    return (ROOT / package / "__init__.py").exists()

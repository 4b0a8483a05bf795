import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.domain.errors import ConfigurationError
from agent.entrypoints.cli.commands import app
from agent.entrypoints.cli.frame import run
from agent.settings import load

ALLOWED = {
    "typer",
    "rich",
    "markdown_it",
    "mdurl",
    "pygments",
    "annotated_doc",
    "shellingham",
    "attr",
    "agent",
    "tools",
}
"""What `--help` may import of what is not Python's own."""


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments],
        env={"PATH": os.environ["PATH"], "AGENT_DATA": "/nonexistent/data", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['incident-agent', '--help']\n"
        "from agent.__main__ import main\n"
        "code = main()\n"
        "print(code, *sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60).stdout
    code, *modules = told.splitlines()[-1].split()
    own = {name for name in modules if not name.startswith("_")} - {"sitecustomize"}
    assert (code, sorted(own - ALLOWED)) == ("0", [])


def test_every_command_has_help_with_one_example() -> None:
    without = []
    groups = [("", app), *((f"{group.name} ", group.typer_instance) for group in app.registered_groups)]
    for prefix, group in groups:
        assert group is not None
        for one in group.registered_commands:
            assert one.callback is not None
            name = one.name or one.callback.__name__
            if not (one.callback.__doc__ and (one.epilog or "").startswith(f"Example: incident-agent {prefix}{name}")):
                without.append(prefix + name)
    assert without == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["incidents", "show"],
        ["incidents", "list", "--status", "open,wrong"],
        ["approvals", "list", "--status", "wrong"],
        ["feedback", "inc-1", "--verdict", "maybe"],
        ["capacity", "--target", "0"],
        ["--nosuch"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    done = command(*arguments)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)


def test_a_failure_is_one_sentence_on_standard_error_and_ends_with_1() -> None:
    done = command("incidents", "list", AGENT_URL="http://127.0.0.1:1")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("No incident-agent answers at http://127.0.0.1:1 (Connection refused). ")


def test_a_setting_that_cannot_be_used_is_named() -> None:
    done = command("doctor", AGENT_PORT="eighty")
    assert (done.returncode, done.stderr) == (1, "AGENT_PORT: this is a whole number.\n")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("AGENT_PORT", "65536", "AGENT_PORT: Input should be less than or equal to 65535."),
        ("AGENT_LOG_LEVEL", "loud", "AGENT_LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'."),
        ("PROMETHEUS_URL", "prometheus:9090", "PROMETHEUS_URL: this is an address such as `http://host:9090`."),
        ("OPENAI_BASE_URL", "gateway:4000", "OPENAI_BASE_URL: this is an address such as `http://host:9090`."),
        ("DD_SITE", "datadog hq", "DD_SITE: this is a name such as `datadoghq.eu`."),
        ("AGENT_DATABASE_URL", "mysql://x/y", "AGENT_DATABASE_URL: this begins with `postgresql://` or `sqlite:///`."),
    ],
)
def test_a_value_that_there_is_not_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"^{re.escape(says)}$"):
        load()


def test_a_mistake_of_ours_shows_no_traceback(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    @app.command("break-on-purpose", hidden=True)
    def break_on_purpose() -> None:
        """Fail as a bug would."""
        known: dict[str, str] = {}
        known["\x1b[2J"]

    try:
        code = run(["break-on-purpose"])
    finally:
        app.registered_commands.pop()
    told = capsys.readouterr()
    assert (code, told.out) == (1, "")
    assert told.err == "This is a mistake in incident-agent, not yours: KeyError: '\\x1b[2J'\n"


def test_a_reader_that_goes_away_is_no_failure_anybody_hears_of() -> None:
    pipe = f"{sys.executable} -m agent runbooks list --json | head -c 1"
    done = subprocess.run(["sh", "-c", pipe], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("[", "")


def test_version_is_told_to_people_and_programs() -> None:
    told = json.loads(command("version", "--json").stdout)
    assert sorted(told) == ["python", "version"]
    assert command("version").stdout == f"incident-agent {told['version']}, Python {told['python']}\n"

import re
import subprocess
from pathlib import Path

from tests.system import program

ROOT = Path(__file__).parents[3]


def test_the_image_is_built_as_a_linter_of_dockerfiles_wants_it() -> None:
    hadolint = program("hadolint", "make check, which installs it into .venv")
    told = subprocess.run(
        [hadolint, "deploy/Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (told.stdout + told.stderr, told.returncode) == ("", 0)


def test_everything_the_image_copies_reaches_the_build_and_nothing_private_does() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", _dockerfile(), re.MULTILINE))
    wanted = {name for line in copied for name in line.split()}
    allowed = {line.removeprefix("!").split("/")[0] for line in _ignored() if line.startswith("!")}
    assert (_ignored()[0], sorted(wanted - allowed), sorted(n for n in wanted if not (ROOT / n).exists())) == (
        "*",
        [],
        [],
    )


def test_the_image_runs_as_nobody_in_particular() -> None:
    last_stage = _dockerfile().rsplit("\nFROM ", 1)[1]
    assert re.findall(r"^USER (.+)$", last_stage, re.MULTILINE) == ["10001:10001"]


def _dockerfile() -> str:
    return (ROOT / "deploy/Dockerfile").read_text()


def _ignored() -> list[str]:
    return (ROOT / ".dockerignore").read_text().splitlines()

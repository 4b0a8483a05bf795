"""Programs of the operating system that tests drive: real ones, or a skip that says how to get them."""

import os
import shutil
import sys
from pathlib import Path

import pytest

_ALSO = ["/usr/sbin", *(str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
"""Where Debian keeps programs that are not in everyone's PATH."""


def program(name: str, how: str) -> str:
    """The path of the program, or a skipped test. `how` says how to get it: `apt-get install nginx`."""
    if path := found(name):
        return path
    pytest.skip(f"{name} is not installed; get it with: {how}")


def found(name: str) -> str | None:
    """The path of the program, where it is installed."""
    beside_python = str(Path(sys.executable).parent)
    return shutil.which(name, path=os.pathsep.join([beside_python, os.environ.get("PATH", ""), *_ALSO]))

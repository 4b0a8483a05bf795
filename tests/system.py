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
    beside_python = str(Path(sys.executable).parent)
    folders = [beside_python, os.environ.get("PATH", ""), *_ALSO]
    if found := shutil.which(name, path=os.pathsep.join(folders)):
        return found
    pytest.skip(f"{name} is not installed; get it with: {how}")

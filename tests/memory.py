"""Where do servers and processes of tests keep their files?  In memory, if there is room.

A disk that others keep busy takes half a minute to forget the databases of one test file; and a killed process loses
nothing that it has written, here or there.
"""

import os
import shutil
from pathlib import Path

ROOM = 1 << 30
"""Bytes that must be free: containers are often given 64 MB."""
_HERE = Path("/dev/shm")


def in_memory() -> Path | None:
    """The folder for `tempfile`'s `dir`; None: where it puts files anyway."""
    return _HERE if os.access(_HERE, os.W_OK) and shutil.disk_usage(_HERE).free > ROOM else None

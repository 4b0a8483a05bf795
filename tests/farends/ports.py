"""Which port may a program be told to listen on, that cannot be told to choose one?"""

import socket


def free_port() -> int:
    """Of 127.0.0.1, free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

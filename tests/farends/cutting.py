"""A line to a server that is cut at one word: before the server has heard it, or before its answer comes back."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

When = Literal["before", "after"]


class CuttingLine:
    """Passes everything on, until it is told to cut; it cuts once, and the next connection passes."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._word = b""
        self._when: When = "before"
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, word: bytes, when: When) -> None:
        self._word, self._when = word, when

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._target)
                threading.Thread(target=self._there, args=(near, far), daemon=True).start()
                threading.Thread(target=self._back, args=(near, far), daemon=True).start()

    def _there(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while content := near.recv(65536):
                if self._word and self._word in content:
                    self._word = b""
                    self.cuts += 1
                    # The near end first: whatever is answered from here on is lost.
                    _hang_up(near)
                    if self._when == "after":
                        far.sendall(content)
                        far.shutdown(socket.SHUT_WR)
                        while far.recv(65536):
                            pass
                    break
                far.sendall(content)
        _hang_up(near)
        _hang_up(far)

    @staticmethod
    def _back(near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while content := far.recv(65536):
                near.sendall(content)
        _hang_up(near)
        _hang_up(far)


@contextmanager
def cutting_line(port: int) -> Iterator[CuttingLine]:
    line = CuttingLine(port)
    try:
        yield line
    finally:
        line.close()


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()

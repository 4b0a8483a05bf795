"""How did a call to a back end end, when it ended badly?  Whoever changes the world must know which it was."""

from tools.base import BackendError


class Answered(BackendError):
    """The back end answered, and the answer was no: the call had no effect, unless `status` is 5xx."""

    def __init__(self, message: str, status: int, *, retry: bool = False) -> None:
        super().__init__(message, retry=retry)
        self.status = status


class Unanswered(BackendError):
    """The call was sent, or may have been, and no usable answer came: it may or may not have had an effect."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry=True)

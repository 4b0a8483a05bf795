"""What does a person see when a command fails?  One sentence and an exit code, never a traceback."""

import os
import sys
from collections.abc import Sequence

from agent.domain.errors import AgentError
from agent.entrypoints.cli.say import complain

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    from agent.entrypoints.cli.commands import app

    try:
        app(list(arguments), prog_name="incident-agent")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except AgentError as error:
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`| head`); what Python would still flush at its end must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001 (the outermost frame: nothing stands around it but the person)
        complain(_told(error))
        return FAILED
    return DONE


def _told(error: Exception) -> str:
    # Its library takes long to import; where the record was not opened, no error is one of its.
    if type(error).__module__.startswith("sqlalchemy."):
        from agent.storage.engine import said

        return f"The record cannot be written or read: {said(error)}. `incident-agent doctor` says more."
    return f"This is a mistake in incident-agent, not yours: {type(error).__name__}: {error}"

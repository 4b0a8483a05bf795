"""`python -m agent`, also installed as `incident-agent`."""

import sys


def main() -> int:
    """The exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    # Imported here, so that importing this module for its name does nothing.
    from agent.entrypoints.cli.frame import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

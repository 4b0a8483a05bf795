"""A process that migrates a database and stops in the middle; its argument is the address.

It says `half-way` when every statement has run and nothing is committed, and then waits to be killed.
"""

import sys
import time

from sqlalchemy import Connection

from agent.storage import schema
from agent.storage.database import Database


def _half_way(connection: Connection) -> None:
    schema._upgrade(connection)
    print("half-way", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    Database(sys.argv[1]).write_now(_half_way)

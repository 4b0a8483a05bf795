"""Where Alembic runs: on the connection it is handed, inside its transaction, so that a migration is done or not."""

from alembic import context

from agent.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()

"""How Alembic reaches the plan store: over the connection, and inside the transaction, of `services.store.migrate`."""

from alembic import context

from services.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()

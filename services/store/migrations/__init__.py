"""The steps from an empty file to the newest schema of the plan store, run by `services.store.migrate`."""

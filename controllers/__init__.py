"""Adapters to devices: everything that speaks Modbus, and the rules that bind whoever writes to a plant.

`registers` is the pure codec, `profiles` turns DEVICES_FILE into checked descriptions, `connection` is a Modbus client
that believes no answer it has not checked, `modbus` implements the Plant port on it, `law` is the arithmetic of the
fast loop, `release` and `release_socket` are the ways to stop that need no store, and `spool` is the local record kept
while the store is away. Nothing here decides what to do: `dash_app.workflows.dispatch` does.
"""

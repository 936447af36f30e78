"""Adapters to devices: everything that speaks Modbus, and the rules that bind whoever writes to a plant.

`registers` is the pure codec; `points`, `commands` and `descriptions` are the parts of a device description, which
`profiles` reads from DEVICES_FILE and the profiles shipped in `data`. `sunspec` finds a model's points on a device.
`connection` is a Modbus client that believes no answer it has not checked; on it `reading` asks in few requests,
`look` makes sure before a write, `limits` is the last gate, `writing` sends and repeats nothing blindly, `inspecting`
compares what stands in the registers then. `commissioning` tries a device, `commissioned` remembers which have passed,
`kept` what they held before.
`modbus` implements the Plant port with all of them. `law` is the arithmetic of the fast loop, `release` and
`release_socket` are the ways to stop that need no store, and `spool` is the local record kept while the store is away.
Nothing here decides what to do: `dash_app.workflows.dispatch` does.
"""

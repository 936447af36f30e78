"""Adapters to the outside: HTTP, disk and files; each implements a port of `dash_app.domain.ports`.

`transport` makes one bounded HTTP exchange and turns every failure into one of our errors; `parsing` and `series`
read what came back, tolerantly but never silently; `published` reads prices and CO2; `listing` names measurands;
`energy_api` puts these together as the EnergyApi port. `cache` is a disk cache that may fail without hurting anybody,
`rows` is what stands in it, `history` keeps whole past days, and `measurements` is the Measurements port on top.
`sites` reads SITES_FILE. `store` is the durable plan store and knows nothing of the rest.
"""

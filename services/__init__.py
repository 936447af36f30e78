"""Adapters to the outside: HTTP, disk and files; each implements a port of `dash_app.domain.ports`.

The energy API: `transport` makes one exchange, bounded by `deadline`, and turns every failure into one of our errors;
`retry` says how often; `parsing`, `listing`, `series` and `published` read what came, tolerantly but never silently;
`windows` puts series together; `energy_api` is the EnergyApi port on top. `ceilings` knows what is plausible.

The measurement cache: `cache` is a disk cache that may fail without hurting anybody, on `cache_folder` and `json_disk`;
`rows` is what stands in it; `prefetch` asks for the last 48 h and their missing tails; `recent` keeps that row,
`history` whole past days, `remembered` short answers; `outage` leaves a failing API alone; `place` is what they share;
`measurements` is the Measurements port on top.

`sites` reads SITES_FILE. `store` is the durable plan store and knows nothing of the rest.
"""

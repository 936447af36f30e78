"""The embedded edge: what stands at a customer's site, rebuilt from measured data so that the app has something real.

It shares nothing with the app but the wire (HTTP with JSON, Modbus TCP and the connection card). The map:

- `sites`, `demo/`      the five demo sites as tables: measurands, market series, batteries, limits
- `replay`, `source`    measured data of the past served at the present; `data/` holds the files and their licences
- `battery`, `plant/`   the batteries' physics and one Modbus TCP server per controllable site
- `market`, `streamer`  what is published when, and the box that polls the plant and posts to the API
- `accounts`, `tokens`  who may sign in, and the signed tokens that prove it
- `archive`, `past`     the samples that were posted, and the simulated batteries' past
- `api/`                the energy API over HTTP
- `cli`, `up`           the commands, and the starter that keeps the three processes alive
"""

"""The plant's process: three sites on loopback ports, moved every second, remembered every ten."""

import asyncio
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from slothbox.clock import shifted_clock
from slothbox.files import make_private_folder, write_private, write_private_json
from slothbox.plant.control import SOCKET_NAME, serve_faults
from slothbox.plant.memory import Memory, load_memory, save_memory
from slothbox.plant.profile import devices_text
from slothbox.plant.server import LOOPBACK, PlantServer
from slothbox.plant.site import Clock, Plant, PlantSite
from slothbox.plant.write_log import WriteLog
from slothbox.replay import load_replay
from slothbox.sites import DemoSite, controllable_sites

TICK_S = 1.0
SAVE_EVERY_TICKS = 10
CARD_NAME, DEVICES_NAME, LOG_NAME = "plant.json", "devices.yaml", "plant-writes.jsonl"


def run_plant(state_dir: Path, *, clock_offset_s: float = 0.0) -> int:
    """Serve the plants until SIGINT or SIGTERM.

    Writes `devices.yaml` and `plant.json` (`{"project": {"host", "port", "device"}}`) into `state_dir` when every port
    is bound, and removes `plant.json` at the end. `clock_offset_s` is added to the time of day.
    """
    asyncio.run(_serve(make_private_folder(state_dir), system_clock(clock_offset_s)))
    return 0


def system_clock(offset_s: float = 0.0) -> Clock:
    """Return the machine's clocks with the time of day moved by `offset_s` seconds."""
    return Clock(moment=shifted_clock(offset_s), monotonic_s=time.monotonic)


def plant_site(site: DemoSite) -> PlantSite:
    """Return what stands at a demo site; ValueError when it has no battery."""
    if site.battery is None:
        raise ValueError(f"{site.project_id} has no battery")
    rating_kw = sum(spec.kwp or 0.0 for spec in site.measurands)
    return PlantSite(
        project_id=site.project_id, device_id=site.battery_device, battery=site.battery, pv_rating_kw=rating_kw
    )


def build_plant(site: DemoSite, memory: Memory, clock: Clock) -> Plant:
    """Return the plant of a demo site, started once more than `memory` knows."""
    described, replay = plant_site(site), load_replay(site.project_id)
    soc = memory.soc_after_gap(replay, described.battery, clock.moment())
    return Plant(described, replay, clock, soc=soc, boots=memory.boots + 1)


async def _serve(state_dir: Path, clock: Clock) -> None:
    (state_dir / CARD_NAME).unlink(missing_ok=True)
    stop = _stop_event()
    servers = [await _start(state_dir, site, clock) for site in controllable_sites()]
    _save(state_dir, servers)
    write_private(state_dir / DEVICES_NAME, devices_text(servers))
    control = await serve_faults(state_dir, {server.plant.site.project_id: server for server in servers})
    write_private_json(state_dir / CARD_NAME, _card(servers))
    try:
        await _tick_until(stop, state_dir, servers)
    finally:
        (state_dir / CARD_NAME).unlink(missing_ok=True)
        control.close()
        (state_dir / SOCKET_NAME).unlink(missing_ok=True)
        _save(state_dir, servers)
        for server in servers:
            await server.stop()


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    for received in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(received, stop.set)
    return stop


async def _start(state_dir: Path, site: DemoSite, clock: Clock) -> PlantServer:
    memory = load_memory(_memory_path(state_dir, site.project_id))
    server = PlantServer(build_plant(site, memory, clock), WriteLog(state_dir / LOG_NAME))
    await server.start(memory.port)
    return server


async def _tick_until(stop: asyncio.Event, state_dir: Path, servers: Sequence[PlantServer]) -> None:
    ticks = 0
    while not stop.is_set():
        for server in servers:
            server.plant.advance()
        ticks += 1
        if ticks % SAVE_EVERY_TICKS == 0:
            _save(state_dir, servers)
        try:
            await asyncio.wait_for(stop.wait(), TICK_S)
        except TimeoutError:
            continue


def _save(state_dir: Path, servers: Sequence[PlantServer]) -> None:
    for server in servers:
        plant = server.plant
        memory = Memory(soc=plant.soc, boots=plant.boots, port=server.port, saved_at=plant.moment().isoformat())
        save_memory(_memory_path(state_dir, plant.site.project_id), memory)


def _memory_path(state_dir: Path, project_id: str) -> Path:
    return state_dir / "plant" / f"{project_id}.json"


def _card(servers: Sequence[PlantServer]) -> dict[str, dict[str, object]]:
    return {
        server.plant.site.project_id: {"host": LOOPBACK, "port": server.port, "device": server.plant.site.device_id}
        for server in servers
    }

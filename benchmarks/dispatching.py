"""What one dispatcher can carry: how long a turn over 200 devices takes, and how soon a slot is verified.

The plants are slothbox's, served from a process of their own; store, driver and loop are the product's. Powers are
approved for slots of 30 s, and the ledger's own stamps say when each order was read back and followed.
Run: `python -m benchmarks.dispatching [--devices 200]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

SLOT = timedelta(seconds=30)
SLOTS = 3
POLL_S = 5.0
SECRET = "a secret of at least thirty-two characters"
CAPACITY_KWH, POWER_KW = 100.0, 50.0


def main() -> None:
    """Serve, or measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve is not None:
        asyncio.run(serve(args.serve, args.devices))
        return
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps(measured(Path(folder), args.devices)) + "\n")


async def serve(folder: Path, devices: int) -> None:
    """Serve so many plants, describe them in `folder`, and move them until killed."""
    from slothbox.battery import BatterySpec
    from slothbox.plant.process import system_clock
    from slothbox.plant.profile import devices_text
    from slothbox.plant.server import PlantServer
    from slothbox.plant.site import Plant, PlantSite
    from slothbox.plant.write_log import WriteLog

    spec = BatterySpec(
        capacity_kwh=CAPACITY_KWH,
        charge_kw=POWER_KW,
        discharge_kw=POWER_KW,
        charge_efficiency=0.95,
        discharge_efficiency=0.95,
        soc_min=0.1,
        soc_max=0.9,
    )
    servers = []
    for number in range(devices):
        site = PlantSite(project_id=f"site{number}", device_id=f"site{number}-ess1", battery=spec, pv_rating_kw=0.0)
        server = PlantServer(Plant(site, Constant(), system_clock(), soc=0.5, boots=1), WriteLog(None))
        await server.start()
        servers.append(server)
    (folder / "writing.yaml").write_text(devices_text(servers))
    (folder / "writing.yaml").rename(folder / "devices.yaml")
    await asyncio.Event().wait()


class Constant:
    """A site with a load of 20 kW and no sun."""

    def load_kw(self, _moment: datetime) -> float:
        """Return the load."""
        return 20.0

    def pv_kw(self, _moment: datetime) -> float:
        """Return the production."""
        return 0.0


def measured(folder: Path, devices: int) -> dict[str, object]:
    """Return what was measured with so many devices."""
    command = [sys.executable, "-m", "benchmarks.dispatching", "--devices", str(devices), "--serve", str(folder)]
    plants = subprocess.Popen(command)
    try:
        while not (folder / "devices.yaml").exists():
            time.sleep(0.1)
        return _turns(folder, devices)
    finally:
        plants.kill()
        plants.wait()


def _turns(folder: Path, devices: int) -> dict[str, object]:
    from dash_app.dispatcher import Dispatcher, Timing
    from dash_app.domain.dispatch import Stage
    from services.store import open_store

    store = open_store(f"sqlite:///{folder / 'plans.sqlite'}", secret_key=SECRET)
    dispatcher = Dispatcher(_ports(store, folder), _plants(folder), "bench", Timing(), lambda _: nullcontext())
    first = datetime.now(tz=UTC) + timedelta(seconds=20 + devices / 10)
    _approve(store, devices, first)
    idle, busy = [], []
    while datetime.now(tz=UTC) < first + SLOTS * SLOT - timedelta(seconds=2):
        began, cpu = time.perf_counter(), time.process_time()
        slot_running = datetime.now(tz=UTC) >= first
        dispatcher.turn()
        took = time.perf_counter() - began
        (busy if slot_running else idle).append((took, time.process_time() - cpu))
        time.sleep(max(0.0, dispatcher.pause_s() - took))
    rows = [row for n in range(devices) for row in store.ledger.rows(f"site{n}", first - SLOT, 1000)]
    after = {
        stage.value: sorted((row.at - row.slot_start).total_seconds() for row in rows if row.stage is stage)
        for stage in (Stage.READ_BACK, Stage.FOLLOWED)
    }
    dispatcher.shut_down()
    dispatcher.close()
    store.close()
    return {
        "devices": devices,
        "orders": devices * SLOTS,
        **{f"{name}_orders": len(times) for name, times in after.items()},
        **{f"{name}_median_s": _median(times) for name, times in after.items()},
        **{f"{name}_p95_s": _p95(times) for name, times in after.items()},
        "turn_idle_s": _median([took for took, _ in idle[1:]]),
        "turn_busy_s": _median([took for took, _ in busy]),
        "idle_cpu_share_of_a_core": _median([cpu / POLL_S for _, cpu in idle[1:]]),
    }


def _ports(store: object, folder: Path) -> object:
    from controllers.law import setpoint_kw
    from controllers.spool import JsonLinesSpool
    from dash_app.workflows.dispatch_gate import Gate
    from dash_app.workflows.dispatch_state import DispatchPorts
    from services.sites import NoSites

    names = ("recommendations", "ledger", "leases", "alarms", "states", "audit")
    return DispatchPorts(
        **{name: getattr(store, name) for name in names},
        sites=NoSites(),
        spool=JsonLinesSpool(folder / "spool.jsonl"),
        gate=Gate(),
        law=setpoint_kw,
        clock=_now,
        monotonic=time.monotonic,
    )


def _plants(folder: Path) -> tuple[object, ...]:
    from controllers.modbus import open_plants
    from controllers.profiles import load_devices

    return tuple(open_plants(load_devices(folder / "devices.yaml"), _now))


def _approve(store: object, devices: int, first: datetime) -> None:
    from dash_app.domain.recommendation import State
    from tests.fakes.payloads import a_payload, a_step

    for number in range(devices):
        steps = tuple(
            a_step(first + place * SLOT, end=first + (place + 1) * SLOT, battery_kw=10.0 * (-1) ** place)
            for place in range(SLOTS)
        )
        payload = a_payload(f"site{number}", start=first, steps=steps)
        plan = store.recommendations.add(payload, by="planner")  # type: ignore[attr-defined]
        store.recommendations.move(  # type: ignore[attr-defined]
            plan.recommendation_id,
            version=plan.version,
            digest=plan.digest,
            before={State.PROPOSED},
            after=State.APPROVED,
            who="bench",
        )


def _now() -> datetime:
    return datetime.now(tz=UTC)


def _median(times: list[float]) -> float | None:
    return round(statistics.median(times), 3) if times else None


def _p95(times: list[float]) -> float | None:
    return round(sorted(times)[int(0.95 * (len(times) - 1))], 3) if times else None


if __name__ == "__main__":
    main()

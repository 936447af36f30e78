"""Devices polled per second of one core: a full checked reading beside raw pymodbus asking for the same registers.

`python -m benchmarks.modbus_polling`: the demo's plant runs in its own process, so only the client's processor time
counts. "batched" is what raw pymodbus needs for the very requests that we send, "one by one" a request for each number.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pymodbus.client import ModbusTcpClient

from controllers.batches import Span, span_of, together
from controllers.modbus import ModbusPlant
from controllers.points import Table
from controllers.telemetry import read_points
from tests.contract.test_plant import demo_plant

READINGS, ROUNDS = 200, 5


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, demo_plant(Path(folder)) as plant:
        if not isinstance(plant, ModbusPlant):
            raise TypeError("the demo's plant is driven over Modbus")
        plant.read()
        spans = _spans(plant)
        batched = [read for read, _ in together(spans, most=125, gap=0)]
        plant.close()
        client = ModbusTcpClient("127.0.0.1", port=plant.description.device.port, retries=0)
        client.connect()  # type: ignore[no-untyped-call]
        measured = {
            "raw, one by one": lambda: [_ask(client, span) for span in spans],
            "raw, batched": lambda: [_ask(client, span) for span in batched],
            "checked reading": plant.read,
        }
        requests = {"raw, one by one": len(spans), "raw, batched": len(batched), "checked reading": len(batched)}
        found = {name: [_per_second(poll) for _ in range(ROUNDS)] for name, poll in measured.items()}
        client.close()  # type: ignore[no-untyped-call]
    for name, rounds in found.items():
        core, wall = (statistics.median(column) for column in zip(*rounds, strict=True))
        sys.stdout.write(
            f"{name:16} {requests[name]:3} requests  {core:6.0f} devices/s of one core  {wall:5.0f} devices/s\n"
        )


def _spans(plant: ModbusPlant) -> list[Span]:
    at = plant.reader.opened()
    return [span_of(point, at.device.unit) for point in read_points(at) if point is not None]


def _ask(client: ModbusTcpClient, span: Span) -> object:
    ask = client.read_holding_registers if span.table is Table.HOLDING else client.read_input_registers
    return ask(span.addr, count=span.count, device_id=span.unit)


def _per_second(poll: Callable[[], object]) -> tuple[float, float]:
    """Return polls per second of processor time, and per second on the wall."""
    core, wall = time.process_time(), time.perf_counter()
    for _ in range(READINGS):
        poll()
    return READINGS / (time.process_time() - core), READINGS / (time.perf_counter() - wall)


if __name__ == "__main__":
    main()

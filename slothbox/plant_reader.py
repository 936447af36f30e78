"""What SlothBox reads from a plant: battery and grid meter over Modbus TCP, as measurands of the energy API.

Powers come out as non-negative pairs in kW (charge/discharge, import/export), the state of charge in percent. What
the plant calls unknown is left out.
"""

import struct
from collections.abc import Callable
from typing import Any, Protocol

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from slothbox.plant.registers import (
    GRID_POWER_W,
    UNKNOWN_INT32,
    UNKNOWN_UINT16,
    BatteryInput,
    Unit,
    int32_of,
)

TIMEOUT_S = 1.5
Address = tuple[str, int]
Reading = dict[str, float]


class Wire(Protocol):
    """The part of a Modbus client that is used here."""

    def connect(self) -> bool:
        """Return whether the device accepted a connection."""

    def close(self) -> None:
        """Close the connection."""

    def read_input_registers(self, address: int, *, count: int = 1, device_id: int = 1) -> Any:
        """Return the answer, an exception answer included."""


class PlantSilent(Exception):
    """A plant did not answer, or not with what was asked."""


class PlantReader:
    """One connection to one plant, opened when needed and closed after any trouble."""

    def __init__(self, address: Callable[[], Address]) -> None:
        """Ask `address` for host and port at every new connection: a plant that restarts may have moved."""
        self._address = address
        self._client: Wire | None = None

    def read(self) -> Reading:
        """Return the present values by measurand code; PlantSilent when there are none."""
        try:
            power = self._input(Unit.BATTERY, BatteryInput.POWER_W, 2)
            soc = self._input(Unit.BATTERY, BatteryInput.SOC_PERMILLE, 1)[0]
            grid = self._input(Unit.GRID, GRID_POWER_W, 2)
        except (ModbusException, OSError, struct.error, ValueError) as problem:
            self.close()
            raise PlantSilent(str(problem)) from problem
        reading = _pair("P_ESS_discharge", "P_ESS_charge", int32_of(*power))
        reading |= _pair("P_PEG_import", "P_PEG_export", int32_of(*grid))
        return reading if soc == UNKNOWN_UINT16 else reading | {"SOC": soc / 10}

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _input(self, unit: Unit, address: int, count: int) -> list[int]:
        answer = self._connected().read_input_registers(int(address), count=count, device_id=int(unit))
        if answer.isError() or answer.function_code != 4 or len(answer.registers) != count:
            raise ValueError(f"unit {int(unit)} answered {answer} to a read of {count} registers at {int(address)}")
        return list(answer.registers)

    def _connected(self) -> Wire:
        if self._client is None:
            host, port = self._address()
            wire: Wire = ModbusTcpClient(host, port=port, timeout=TIMEOUT_S, retries=0)
            self._client = wire
            if not wire.connect():
                raise OSError(f"nothing listens at {host}:{port}")
        return self._client


def _pair(positive: str, negative: str, power_w: int) -> Reading:
    if power_w == UNKNOWN_INT32:
        return {}
    return {positive: max(0, power_w) / 1000, negative: max(0, -power_w) / 1000}

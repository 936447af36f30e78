"""A plant double on somebody else's Modbus server: the generic battery map on pyModbusTCP, registers per unit."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from pyModbusTCP.constants import EXP_DATA_ADDRESS, EXP_DATA_VALUE, EXP_NONE, EXP_SLAVE_DEVICE_FAILURE
from pyModbusTCP.server import DataBank, DataHandler, ModbusServer

HOLDING = {0: 0xBA77, 1: 1, 2: 3}
WRITABLE = range(10, 15)
LIMIT_W = 75_000
UPTIME = 11


class DoubleHandler(DataHandler):
    """The battery's own rules; `refuse` is an exception code for writes, `stuck` acknowledges and ignores them."""

    def __init__(self) -> None:
        self.units = {unit: DataBank(h_regs_size=64, i_regs_size=64) for unit in (1, 2, 3, 4)}
        super().__init__(self.units[1])
        self.refuse, self.stuck = 0, False
        self.writes: list[tuple[int, tuple[int, ...]]] = []
        self.lock = threading.Lock()
        self.began = time.monotonic()

    def read_h_regs(self, address: int, count: int, srv_info: Any) -> Any:
        return self._found(self._bank(srv_info).get_holding_registers(address, count))

    def read_i_regs(self, address: int, count: int, srv_info: Any) -> Any:
        self.set_input(1, UPTIME, 600 + int(time.monotonic() - self.began))
        return self._found(self._bank(srv_info).get_input_registers(address, count))

    def write_h_regs(self, address: int, words_l: list[int], srv_info: Any) -> Any:
        with self.lock:
            if self.refuse:
                return DataHandler.Return(exp_code=self.refuse)
            if not all(addr in WRITABLE for addr in range(address, address + len(words_l))):
                return DataHandler.Return(exp_code=EXP_DATA_ADDRESS)
            if address == 10 and abs(signed(words_l)) > LIMIT_W:
                return DataHandler.Return(exp_code=EXP_DATA_VALUE)
            self.writes.append((address, tuple(words_l)))
            if not self.stuck:
                self._bank(srv_info).set_holding_registers(address, words_l)
                self._follow()
            return DataHandler.Return(exp_code=EXP_NONE)

    def set_input(self, unit: int, address: int, value: int) -> None:
        """Set a 32-bit input."""
        self.units[unit].set_input_registers(address, [value >> 16 & 0xFFFF, value & 0xFFFF])

    def set_load_w(self, load_w: int) -> None:
        """Change the load; the grid meter shows it."""
        with self.lock:
            self.set_input(4, 0, load_w)
            self._follow()

    def _follow(self) -> None:
        battery = self.units[1]
        enabled = battery.get_holding_registers(12, 1) == [1]
        setpoint = battery.get_holding_registers(10, 2)
        battery.set_input_registers(0, setpoint if enabled else [0, 0])
        battery.set_input_registers(4, [2 if enabled else 1])
        load_w, pv_w = (signed(self.units[unit].get_input_registers(0, 2)) for unit in (4, 2))
        self.set_input(3, 4, load_w - pv_w - signed(battery.get_input_registers(0, 2)))

    def _bank(self, srv_info: Any) -> DataBank:
        return self.units[srv_info.recv_frame.mbap.unit_id]

    def _found(self, registers: list[int] | None) -> Any:
        if registers is None:
            return DataHandler.Return(exp_code=EXP_SLAVE_DEVICE_FAILURE)
        return DataHandler.Return(exp_code=EXP_NONE, data=registers)


class ModbusDouble:
    """A running server on loopback; use as a context manager."""

    def __init__(self) -> None:
        self.port = free_port()
        self.handler = DoubleHandler()
        for addr, value in HOLDING.items():
            self.handler.units[1].set_holding_registers(addr, [value])
        self.handler.units[1].set_input_registers(2, [500])
        self.handler.units[1].set_input_registers(4, [1])
        self.handler.set_input(1, 5, LIMIT_W)
        self.handler.set_input(1, 7, LIMIT_W)
        self.handler.set_input(2, 0, 12_000)
        self.handler.set_input(3, 4, 18_000)
        self.handler.set_input(4, 0, 30_000)
        self._server = ModbusServer(host="127.0.0.1", port=self.port, no_block=True, data_hdl=self.handler)

    def __enter__(self) -> ModbusDouble:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def signed(words: list[int]) -> int:
    value = words[0] << 16 | words[1]
    return value - (1 << 32) if value >> 31 else value

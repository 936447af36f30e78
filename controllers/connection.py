"""One Modbus TCP connection that believes no answer it has not checked.

pymodbus hands over whatever arrives: a wrong echo, a short list of registers, another function's answer. It also keeps
a socket that has gone silent and repeats writes on its own. So: no retries, our own checks, our own close after every
input or output error, one owner at a time.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadInputRegistersResponse,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterResponse,
)

from controllers.points import Table
from dash_app.domain.errors import BadAnswer, DeviceRefused, DeviceUnreachable, OutOfLimits

MAX_READ = 125
MAX_WRITE = 123
CAUGHT = (ModbusException, OSError, struct.error, ValueError, OverflowError, IndexError)
"""Everything the client is known to raise when the wire misbehaves."""

Answer = TypeVar("Answer", bound=ModbusPDU)
Sleep = Callable[[float], None]


class Connection:
    """The only owner of one endpoint. `generation` grows with every new TCP connection."""

    def __init__(
        self, host: str, port: int, *, timeout_s: float = 1.5, pause_s: float = 0.0, sleep: Sleep = time.sleep
    ) -> None:
        self.lock = threading.RLock()
        self.generation = 0
        self._where = f"{host}:{port}"
        self._pause_s, self._sleep = pause_s, sleep
        self._client = ModbusTcpClient(host, port=port, timeout=timeout_s, retries=0)

    def connect(self) -> int:
        """Connect unless connected; return the generation; raise DeviceUnreachable."""
        with self.lock:
            if not self._client.connected:
                if not self._client.connect():  # type: ignore[no-untyped-call]
                    raise DeviceUnreachable(f"{self._where} does not accept a connection")
                self.generation += 1
            return self.generation

    def read(self, table: Table, addr: int, count: int, *, unit: int) -> tuple[int, ...]:
        """Return `count` registers; raise DeviceUnreachable, DeviceRefused or BadAnswer."""
        if not 1 <= count <= MAX_READ:
            raise OutOfLimits(f"{count} registers cannot be read at once (1 to {MAX_READ})")
        with self.lock:
            if table is Table.HOLDING:
                answer = self._ask(
                    lambda: self._client.read_holding_registers(addr, count=count, device_id=unit),
                    ReadHoldingRegistersResponse,
                )
            else:
                answer = self._ask(
                    lambda: self._client.read_input_registers(addr, count=count, device_id=unit),
                    ReadInputRegistersResponse,
                )
            if len(answer.registers) != count:
                raise self._bad(f"{len(answer.registers)} registers for {count} asked at {addr}")
            return tuple(answer.registers)

    def write(self, addr: int, registers: tuple[int, ...], *, unit: int, write_fc: int) -> None:
        """Write once, never repeat; raise DeviceUnreachable without an acknowledgement, DeviceRefused or BadAnswer."""
        if not 1 <= len(registers) <= MAX_WRITE:
            raise OutOfLimits(f"{len(registers)} registers cannot be written at once (1 to {MAX_WRITE})")
        with self.lock:
            if write_fc == 6:
                self._write_one(addr, registers, unit)
            else:
                self._write_many(addr, registers, unit)

    def close(self) -> None:
        """Close the socket; the next question opens a new one."""
        with self.lock:
            self._client.close()  # type: ignore[no-untyped-call]

    def _write_one(self, addr: int, registers: tuple[int, ...], unit: int) -> None:
        (value,) = registers
        answer = self._ask(
            lambda: self._client.write_register(addr, value, device_id=unit), WriteSingleRegisterResponse
        )
        if (answer.address, tuple(answer.registers)) != (addr, registers):
            raise self._bad(f"echo {answer.address}={answer.registers} of a write {addr}=[{value}]")

    def _write_many(self, addr: int, registers: tuple[int, ...], unit: int) -> None:
        answer = self._ask(
            lambda: self._client.write_registers(addr, list(registers), device_id=unit), WriteMultipleRegistersResponse
        )
        if (answer.address, answer.count) != (addr, len(registers)):
            raise self._bad(f"echo {answer.count} at {answer.address} of a write of {len(registers)} at {addr}")

    def _ask(self, question: Callable[[], ModbusPDU], expected: type[Answer]) -> Answer:
        self.connect()
        if self._pause_s:
            self._sleep(self._pause_s)
        try:
            answer = question()
        except CAUGHT as error:
            self.close()
            raise DeviceUnreachable(f"{self._where} did not answer: {error}") from error
        return self._checked(answer, expected)

    def _checked(self, answer: ModbusPDU, expected: type[Answer]) -> Answer:
        if isinstance(answer, ExceptionResponse):
            if answer.function_code & 0x7F != expected.function_code:
                raise self._bad(f"exception of function {answer.function_code & 0x7F}, not {expected.function_code}")
            code = answer.exception_code
            raise DeviceRefused(f"{self._where} answered Modbus exception {code}", exception_code=code)
        if type(answer) is not expected:
            raise self._bad(f"{type(answer).__name__} where {expected.__name__} was due")
        return answer

    def _bad(self, what: str) -> BadAnswer:
        self.close()
        return BadAnswer(f"{self._where}: {what}")

"""Other people's Modbus servers around one bank of registers: pyModbusTCP (Python) and libmodbus (C)."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import select
import threading
from typing import Any

from pyModbusTCP.constants import EXP_DATA_ADDRESS, EXP_NONE
from pyModbusTCP.server import DataBank, DataHandler, ModbusServer

from tests.fakes.modbus_double import free_port
from tests.fakes.register_bank import HOLDING, INPUT, Bank


class _Handler(DataHandler):
    def __init__(self, bank: Bank) -> None:
        super().__init__(DataBank())
        self.bank = bank

    def read_h_regs(self, address: int, count: int, srv_info: Any) -> Any:
        return self._read(HOLDING, address, count, srv_info)

    def read_i_regs(self, address: int, count: int, srv_info: Any) -> Any:
        return self._read(INPUT, address, count, srv_info)

    def write_h_regs(self, address: int, words_l: list[int], srv_info: Any) -> Any:
        unit = srv_info.recv_frame.mbap.unit_id
        with self.bank.lock:
            if code := self.bank.refused(unit, address, words_l):
                return DataHandler.Return(exp_code=code)
            self.bank.put(unit, HOLDING, address, words_l)
            self.bank.wrote(unit, address, words_l)
            return DataHandler.Return(exp_code=EXP_NONE)

    def _read(self, table: str, address: int, count: int, srv_info: Any) -> Any:
        unit = srv_info.recv_frame.mbap.unit_id
        with self.bank.lock:
            self.bank.heard(unit, table, address, count)
            found = self.bank.get(unit, table, address, count)
        if found is None:
            return DataHandler.Return(exp_code=EXP_DATA_ADDRESS)
        return DataHandler.Return(exp_code=EXP_NONE, data=found)


class PyModbusTcp:
    """The bank behind pyModbusTCP; use as a context manager."""

    def __init__(self, bank: Bank) -> None:
        self.port = free_port()
        self._server = ModbusServer(host="127.0.0.1", port=self.port, no_block=True, data_hdl=_Handler(bank))

    def __enter__(self) -> PyModbusTcp:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


class _Mapping(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("nb_bits", "start_bits", "nb_input_bits", "start_input_bits")),
        *((name, ctypes.c_int) for name in ("nb_in", "start_in", "nb_holding", "start_holding")),
        *((name, ctypes.POINTER(ctypes.c_uint8)) for name in ("bits", "input_bits")),
        *((name, ctypes.POINTER(ctypes.c_uint16)) for name in ("input", "holding")),
    )


class Libmodbus:
    """The bank behind libmodbus, which answers one connection at a time; use as a context manager."""

    def __init__(self, bank: Bank) -> None:
        self.port = free_port()
        self._bank = bank
        self._c = _library()
        self._context = ctypes.c_void_p(self._c.modbus_new_tcp(b"127.0.0.1", self.port))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Libmodbus:
        self._listener = self._c.modbus_tcp_listen(self._context, 4)
        assert self._listener >= 0, "libmodbus cannot listen"
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        os.close(self._listener)
        self._c.modbus_free(self._context)

    def _serve(self) -> None:
        while not self._stop.is_set():
            if select.select([self._listener], [], [], 0.02)[0]:
                self._c.modbus_tcp_accept(self._context, ctypes.byref(ctypes.c_int(self._listener)))
                self._talk(self._c.modbus_get_socket(self._context))
                self._c.modbus_close(self._context)

    def _talk(self, line: int) -> None:
        query = (ctypes.c_uint8 * 260)()
        while not self._stop.is_set():
            if not select.select([line], [], [], 0.02)[0]:
                continue
            length = self._c.modbus_receive(self._context, query)
            if length < 0:
                return
            with self._bank.lock:
                self._answer(query, bytes(query[:length]), length)

    def _answer(self, query: Any, asked: bytes, length: int) -> None:
        unit, function, addr = asked[6], asked[7], int.from_bytes(asked[8:10], "big")
        values = _written(function, asked)
        if values and (code := self._bank.refused(unit, addr, values)):
            self._c.modbus_reply_exception(self._context, query, code)
            return
        if function in (3, 4):
            self._bank.heard(unit, HOLDING if function == 3 else INPUT, addr, int.from_bytes(asked[10:12], "big"))
        self._c.modbus_reply(self._context, query, length, ctypes.byref(self._mapping(unit)))
        if values:
            self._bank.wrote(unit, addr, values)

    def _mapping(self, unit: int) -> _Mapping:
        mapping = _Mapping()
        for table, shown in ((HOLDING, "holding"), (INPUT, "in")):
            if (area := self._bank.areas.get((unit, table))) is not None:
                setattr(mapping, f"nb_{shown}", len(area.words))
                setattr(mapping, f"start_{shown}", area.start)
                pointer = ctypes.cast(area.words, ctypes.POINTER(ctypes.c_uint16))
                setattr(mapping, "holding" if shown == "holding" else "input", pointer)
        return mapping


def _written(function: int, asked: bytes) -> list[int]:
    if function == 6:
        return [int.from_bytes(asked[10:12], "big")]
    if function == 16:
        return [int.from_bytes(asked[at : at + 2], "big") for at in range(13, 13 + asked[12], 2)]
    return []


def _library() -> Any:
    name = ctypes.util.find_library("modbus") or "libmodbus.so.5"
    library = ctypes.CDLL(name)
    library.modbus_new_tcp.restype = ctypes.c_void_p
    library.modbus_mapping_new.restype = ctypes.c_void_p
    return library


STRANGERS = {"pyModbusTCP": PyModbusTcp, "libmodbus": Libmodbus}

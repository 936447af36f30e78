"""The checked client against a server that lies, is silent, late, or cuts the line."""

from __future__ import annotations

import struct
import time

import pytest

from controllers.connection import Connection
from controllers.points import Table
from dash_app.domain.errors import BadAnswer, DeviceRefused, DeviceUnreachable, OutOfLimits
from tests.fakes.liar import Liar

TIMEOUT_S = 0.3


def read_answer(values: tuple[int, ...], function: int = 3) -> bytes:
    return struct.pack(f">BB{len(values)}H", function, 2 * len(values), *values)


def connect(liar: Liar) -> Connection:
    return Connection("127.0.0.1", liar.port, timeout_s=TIMEOUT_S)


@pytest.mark.parametrize(
    "lie",
    [
        read_answer((1,)),
        read_answer(()),
        read_answer((1, 2, 3)),
        read_answer((1, 2), function=4),
        struct.pack(">BHH", 6, 10, 1),
        struct.pack(">BB", 0x84, 2),
    ],
    ids=["short", "empty", "long", "other function", "a write's echo", "exception of another function"],
)
def test_an_answer_that_does_not_fit_a_read_is_rejected(lie: bytes) -> None:
    with Liar(lambda *_: lie) as liar:
        link = connect(liar)
        with pytest.raises((BadAnswer, DeviceUnreachable)):
            link.read(Table.HOLDING, 10, 2, unit=1)
        link.close()


@pytest.mark.parametrize(
    "lie",
    [
        struct.pack(">BHH", 16, 11, 2),
        struct.pack(">BHH", 16, 10, 1),
        struct.pack(">BHH", 6, 10, 2),
        read_answer((1, 2)),
    ],
    ids=["other address", "other count", "other function", "a read's answer"],
)
def test_an_echo_that_does_not_fit_a_write_is_rejected(lie: bytes) -> None:
    with Liar(lambda *_: lie) as liar:
        link = connect(liar)
        with pytest.raises(BadAnswer):
            link.write(10, (1, 2), unit=1, write_fc=16)
        link.close()


@pytest.mark.parametrize("lie", [struct.pack(">BHH", 6, 12, 2), struct.pack(">BHH", 6, 13, 1)])
def test_an_echo_of_another_value_is_rejected(lie: bytes) -> None:
    with Liar(lambda *_: lie) as liar:
        link = connect(liar)
        with pytest.raises(BadAnswer, match="echo"):
            link.write(12, (1,), unit=1, write_fc=6)
        link.close()


def test_a_right_answer_is_believed() -> None:
    with Liar(lambda *_: read_answer((7, 8))) as liar:
        link = connect(liar)
        assert link.read(Table.HOLDING, 10, 2, unit=1) == (7, 8)
        link.close()


def test_a_modbus_exception_carries_its_code_and_keeps_the_connection() -> None:
    with Liar(lambda *_: struct.pack(">BB", 0x83, 2)) as liar:
        link = connect(liar)
        for _ in range(2):
            with pytest.raises(DeviceRefused) as refused:
                link.read(Table.HOLDING, 10, 2, unit=1)
        assert (refused.value.exception_code, liar.connections) == (2, 1)
        link.close()


def test_a_silent_device_costs_one_time_limit_and_gets_one_request() -> None:
    with Liar(lambda *_: None) as liar:
        link = connect(liar)
        began = time.monotonic()
        with pytest.raises(DeviceUnreachable):
            link.write(12, (1,), unit=1, write_fc=6)
        assert time.monotonic() - began < 3 * TIMEOUT_S
        assert len(liar.requests) == 1
        link.close()


def test_what_arrives_after_the_time_limit_is_never_used() -> None:
    answers = iter([read_answer((1, 1)), read_answer((2, 2))])

    def late_once(_: int, request: bytes) -> bytes:
        answer = next(answers)
        if answer == read_answer((1, 1)):
            time.sleep(1.5 * TIMEOUT_S)
        return answer

    with Liar(late_once) as liar:
        link = connect(liar)
        with pytest.raises(DeviceUnreachable):
            link.read(Table.HOLDING, 10, 2, unit=1)
        assert link.read(Table.HOLDING, 10, 2, unit=1) == (2, 2)
        assert liar.connections == 2
        link.close()


def test_every_new_connection_is_a_new_generation() -> None:
    with Liar(lambda *_: read_answer((7, 8))) as liar:
        link = connect(liar)
        assert link.connect() == link.connect() == 1
        link.close()
        assert link.connect() == 2
        link.close()


def test_a_refused_connection_is_unreachable() -> None:
    with Liar(lambda *_: None) as liar:
        port = liar.port
    with pytest.raises(DeviceUnreachable, match="does not accept a connection"):
        Connection("127.0.0.1", port, timeout_s=TIMEOUT_S).connect()


def test_too_many_registers_are_refused_here_not_by_the_wire() -> None:
    link = Connection("127.0.0.1", 1)
    with pytest.raises(OutOfLimits, match="124 registers"):
        link.write(0, (0,) * 124, unit=1, write_fc=16)
    with pytest.raises(OutOfLimits, match="126 registers"):
        link.read(Table.INPUT, 0, 126, unit=1)


def test_the_pause_between_requests_is_kept() -> None:
    pauses: list[float] = []
    with Liar(lambda *_: read_answer((7, 8))) as liar:
        link = Connection("127.0.0.1", liar.port, timeout_s=TIMEOUT_S, pause_s=0.05, sleep=pauses.append)
        link.read(Table.HOLDING, 10, 2, unit=1)
        link.read(Table.HOLDING, 10, 2, unit=1)
        link.close()
    assert pauses == [0.05, 0.05]

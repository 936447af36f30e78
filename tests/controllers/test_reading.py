"""Reading: few requests, none over a gap, and what each key of a register does to its number."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.batches import Span, together
from controllers.descriptions import MeterDescription
from controllers.modbus import connection_of
from controllers.points import Table
from controllers.profiles import load_all
from controllers.reading import DeviceReader
from controllers.telemetry import ASK_AGAIN_S, Neighbours, read_telemetry
from dash_app.domain.dispatch import Mode, Telemetry
from dash_app.domain.errors import BadAnswer
from tests.fakes.bench_clock import SleepyClock
from tests.fakes.register_bank import HOLDING, INPUT, Bank
from tests.fakes.strangers import Libmodbus

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
SPANS = st.builds(
    Span,
    unit=st.sampled_from([1, 2]),
    table=st.sampled_from(Table),
    addr=st.integers(0, 60),
    count=st.sampled_from([1, 2, 4]),
)


def covered(spans: list[Span]) -> set[tuple[int, Table, int]]:
    return {(span.unit, span.table, addr) for span in spans for addr in range(span.addr, span.end)}


@given(st.lists(SPANS, min_size=1, max_size=30), st.integers(4, 125), st.integers(0, 10))
def test_every_wanted_register_is_read_once_and_nothing_beyond_the_gaps(
    wanted: list[Span], most: int, gap: int
) -> None:
    batches = together(wanted, most=most, gap=gap)
    reads = [read for read, _ in batches]
    assert all(read.count <= most for read in reads)
    assert covered(wanted) <= covered(reads)
    assert gap > 0 or covered(reads) == covered(wanted)
    assert {inner for _, inside in batches for inner in inside} == set(wanted)
    for read, inside in batches:
        for inner in inside:
            assert read.addr <= inner.addr and inner.end <= read.end


def test_a_part_of_what_was_read_is_where_it_stands() -> None:
    read = Span(unit=1, table=Table.INPUT, addr=5, count=4)
    assert read.part((10, 11, 12, 13), Span(unit=1, table=Table.INPUT, addr=6, count=2)) == (11, 12)


@pytest.fixture
def bank() -> Bank:
    made = Bank()
    made.add(1, HOLDING, 0, 40)
    made.add(1, INPUT, 0, 12)
    made.put(1, HOLDING, 0, [7])
    return made


@contextmanager
def reader_of(folder: Path, bank: Bank, meters: str, device: str = "") -> Iterator[DeviceReader[MeterDescription]]:
    with Libmodbus(bank) as served:
        path = folder / "meter.yaml"
        path.write_text(
            f"device: {{id: m, host: 127.0.0.1, port: {served.port}, timeout_s: 0.5{device}}}\n"
            f"identity: [{{addr: {1 if device else 0}, equals: 7}}]\nmeters: {meters}\n"
        )
        (told,) = load_all(path)
        reader = DeviceReader(told, connection_of(told))
        yield reader
        reader.link.close()


@pytest.mark.parametrize(
    ("words", "point", "kw"),
    [
        ((0, 12_000), "{addr: 10, type: uint32}", 12.0),
        ((12_000, 0), "{addr: 10, type: uint32, word_order: little}", 12.0),
        ((0xE02E, 0), "{addr: 10, type: uint32, word_order: little, byte_order: little}", 12.0),
        ((0, 120, 2), "{addr: 10, type: uint32, scale_from: {addr: 12, type: int16}}", 12.0),
        ((0, 120, 0xFFFF), "{addr: 10, type: uint32, scale_from: {addr: 12, type: int16}}", 0.012),
        ((0, 120, 0x8000), "{addr: 10, type: uint32, scale_from: {addr: 12, type: int16}}", None),
        ((0, 120), "{addr: 10, type: uint32, scale: 10, offset: 800}", 2.0),
        ((2500, 8000), "{addr: 10, scale: 0.01, percent_of: {addr: 11}}", 2.0),
        ((2500, 0xFFFF), "{addr: 10, scale: 0.01, percent_of: {addr: 11}}", None),
        ((2000, 3000), "[{addr: 10}, {addr: 11, scale: -1}]", -1.0),
        ((2000, 0xFFFF), "[{addr: 10}, {addr: 11}]", None),
        ((9000,), "{addr: 10, at_most: 8999}", None),
        ((9000,), "{addr: 10, at_most: 9000}", 9.0),
        ((0xFFF6,), "{addr: 10, type: int16, at_least: 0}", None),
        ((1234,), "{addr: 10, unknown: [1234]}", None),
    ],
)
def test_a_number_is_what_its_keys_make_of_its_registers(
    tmp_path: Path, bank: Bank, words: tuple[int, ...], point: str, kw: float | None
) -> None:
    bank.put(1, HOLDING, 10, words)
    with reader_of(tmp_path, bank, f"{{load: {point}}}") as reader:
        load_kw = read_telemetry(reader, NOW).load_kw
    assert load_kw == (None if kw is None else pytest.approx(kw))


def test_where_the_manual_counts_from_1_so_does_the_file(tmp_path: Path, bank: Bank) -> None:
    bank.put(1, HOLDING, 10, [4000])
    with reader_of(tmp_path, bank, "{load: {addr: 11}}", ", first_address: 1") as reader:
        assert read_telemetry(reader, NOW).load_kw == 4.0
    assert (1, HOLDING, 10, 1) in bank.reads


def test_neighbours_are_read_together_and_a_refused_batch_one_by_one(tmp_path: Path, bank: Bank) -> None:
    bank.put(1, INPUT, 9, [1000, 2000, 3000])
    meters = "{pv: {table: input, addr: 9}, grid: {table: input, addr: 10}, load: {table: input, addr: 11}}"
    with reader_of(tmp_path, bank, meters) as reader:
        telemetry = read_telemetry(reader, NOW)
        assert (telemetry.pv_kw, telemetry.grid_kw, telemetry.load_kw) == (1.0, 2.0, 3.0)
    assert [read for read in bank.reads if read[1] == INPUT] == [(1, INPUT, 9, 3)]
    beyond = meters.replace("addr: 11", "addr: 12").replace("addr: 10", "addr: 11")
    with reader_of(tmp_path, bank, beyond) as reader:
        telemetry = read_telemetry(reader, NOW)
    assert (telemetry.pv_kw, telemetry.grid_kw, telemetry.load_kw) == (1.0, 3.0, None)


def test_a_scale_factor_that_is_none_is_a_bad_answer(tmp_path: Path, bank: Bank) -> None:
    bank.put(1, HOLDING, 10, [5, 40])
    factor = "{load: {addr: 10, scale_from: {addr: 11, type: int16}}}"
    with reader_of(tmp_path, bank, factor) as reader, pytest.raises(BadAnswer, match=r"10\^40 is none of SunSpec's"):
        read_telemetry(reader, NOW)


def test_the_example_with_the_small_word_first_reads_its_registers(tmp_path: Path) -> None:
    bank = Bank()
    bank.add(71, HOLDING, 0, 800)

    def put(addr: int, words: Sequence[int]) -> None:
        bank.put(71, HOLDING, addr, words)

    name = b"PLENTICORE plus 10".ljust(32, b"\0")
    put(768, [int.from_bytes(name[at : at + 2], "big") for at in range(0, 32, 2)])
    put(514, [64])
    put(582, [0x10000 - 1500])
    for addr, watts in ((252, -820.0), (106, 300.0), (108, 0.0), (116, 1200.0)):
        high, low = struct.unpack(">2H", struct.pack(">f", watts))
        put(addr, [low, high])
    with Libmodbus(bank) as served:
        path = tmp_path / "kostal.yaml"
        path.write_text(f"profile: kostal-plenticore\ndevice: {{id: k, host: 127.0.0.1, port: {served.port}}}\n")
        (told,) = load_all(path)
        reader = DeviceReader(told, connection_of(told))
        telemetry = read_telemetry(reader, NOW)
        reader.link.close()
    assert (telemetry.soc, telemetry.battery_kw) == (0.64, -1.5)
    assert (telemetry.grid_kw, telemetry.load_kw) == (pytest.approx(-0.82), pytest.approx(1.5))


def nothing_known() -> Telemetry:
    known = dict.fromkeys(Telemetry.__slots__)
    return Telemetry(**{**known, "device_id": "a", "at": NOW, "mode": Mode.LOCAL})  # type: ignore[arg-type]


def test_a_silent_neighbour_is_asked_again_only_after_a_while(tmp_path: Path, bank: Bank) -> None:
    clock = SleepyClock()
    bank.put(1, HOLDING, 10, [4000])
    with reader_of(tmp_path, bank, "{load: {addr: 10}}") as reader:
        neighbours = Neighbours([reader], clock.monotonic)
        assert neighbours.complete(nothing_known()).load_kw == 4.0
        bank.put(1, HOLDING, 0, [8])
        reader.forget()
        asked = []
        for now_s in (0.0, 5.0, ASK_AGAIN_S - 1, ASK_AGAIN_S):
            clock.now_s = now_s
            bank.reads.clear()
            assert neighbours.complete(nothing_known()).load_kw is None
            asked.append(bool(bank.reads))
        assert asked == [True, False, False, True]
        bank.put(1, HOLDING, 0, [7])
        clock.now_s = 3 * ASK_AGAIN_S
        assert neighbours.complete(nothing_known()).load_kw == 4.0


def test_a_reading_without_gaps_asks_no_neighbour(tmp_path: Path, bank: Bank) -> None:
    with reader_of(tmp_path, bank, "{load: {addr: 10}}") as reader:
        whole = replace(nothing_known(), load_kw=1.0, pv_kw=2.0, grid_kw=3.0)
        assert Neighbours([reader]).complete(whole) == whole
    assert bank.reads == []

"""`energy-dashboard devices`: check without writing, commission, restore; on a stranger's server."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from controllers.commissioning import Commissioning
from controllers.release_socket import ReleaseServer
from dash_app import device_wiring
from dash_app.cli import main
from dash_app.settings import Settings
from tests.controllers.test_commissioning import falls_back
from tests.fakes.bench_clock import SleepyClock
from tests.fakes.devices import devices_file
from tests.fakes.generic_battery import generic_battery
from tests.fakes.register_bank import HOLDING, Bank
from tests.fakes.strangers import Libmodbus
from tests.fakes.sunspec_plant import SunSpecPlant

Said = pytest.CaptureFixture[str]


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    """A battery behind libmodbus, its DEVICES_FILE, and a clock for whoever commissions it."""
    made = generic_battery()
    clock = SleepyClock(on_sleep=falls_back(made, 60))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(
        device_wiring,
        "Commissioning",
        lambda *args, **more: Commissioning(*args, **more, sleep=clock.sleep, monotonic=clock.monotonic),
    )
    with Libmodbus(made) as served:
        monkeypatch.setenv("DEVICES_FILE", str(devices_file(tmp_path, served.port)))
        yield made
    structlog.reset_defaults()


def test_checking_says_what_each_device_is_and_asks_nobody(bank: Bank, capsys: Said) -> None:
    assert main(["devices", "check"]) == 0
    assert "monash-ess1: 127.0.0.1:" in (said := capsys.readouterr().out) and "may be controlled" in said
    assert bank.reads == bank.writes == []


def test_probing_reads_identity_ranges_and_telemetry_and_writes_nothing(bank: Bank, capsys: Said) -> None:
    assert main(["devices", "check", "--probe"]) == 0
    said = capsys.readouterr().out
    for line in (
        "identity: as described", "mode: local", "state of charge: 50.0%", "PV: 12 kW", "grid (import +): 18 kW",
        "load: 30 kW", "most charging: 75 kW", "writing: locked, it has not been commissioned",
    ):  # fmt: skip
        assert line in said
    assert bank.writes == []


def test_probing_names_the_models_of_sunspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    with Libmodbus(SunSpecPlant().bank) as served:
        file = tmp_path / "hybrid.yaml"
        file.write_text(
            f"profile: sunspec-battery\ndevice: {{id: ess1, host: 127.0.0.1, port: {served.port}}}\n"
            "setpoint: {min: -5000, max: 4000}\n"
        )
        assert main(["devices", "check", str(file), "--probe"]) == 0
    said = capsys.readouterr().out
    assert "serial number S-4711" in said and "SunSpec models: 1, 103, 120, 124" in said
    structlog.reset_defaults()


def test_another_device_and_a_silent_one_fail_with_a_sentence(bank: Bank, capsys: Said) -> None:
    bank.put(1, HOLDING, 0, [1])
    assert main(["devices", "check", "--probe"]) == 1
    assert "FAIL: monash-ess1: register 0 holds 1, not 47735" in capsys.readouterr().out


def test_a_wrong_file_is_one_sentence_with_its_line(bank: Bank, tmp_path: Path, capsys: Said) -> None:
    wrong = devices_file(tmp_path, 1502, ("deadband: 50", "dedband: 50"))
    assert main(["devices", "check", str(wrong)]) == 1
    assert "devices.yaml:8 devices.0.setpoint.dedband" in capsys.readouterr().err


def test_commissioning_unlocks_and_restoring_puts_back(bank: Bank, tmp_path: Path, capsys: Said) -> None:
    bank.put(1, HOLDING, 13, [9])
    assert main(["devices", "commission", "monash-ess1", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "ok    own timer: fell back by itself after" in said and "it may be controlled" in said
    row = json.loads((tmp_path / "state" / "commissioned.jsonl").read_text())
    assert row["device"] == "monash-ess1" and "charging: told -4.5 kW, the meter shows -4.5 kW" in row["found"]
    main(["devices", "check", "--probe"])
    assert "writing: allowed" in capsys.readouterr().out
    assert main(["devices", "restore", "monash-ess1"]) == 0
    assert bank.get(1, HOLDING, 13, 1) == [9]
    assert main(["devices", "restore", "monash-ess1"]) == 1
    assert "nothing is kept of it" in capsys.readouterr().err


def test_without_a_yes_nothing_is_written(bank: Bank, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert main(["devices", "commission", "monash-ess1"]) == 1
    assert bank.writes == []


def test_a_walk_that_fails_leaves_the_lock(bank: Bank, tmp_path: Path, capsys: Said) -> None:
    bank.follow = lambda _: None
    assert main(["devices", "commission", "monash-ess1", "--yes"]) == 1
    assert "not commissioned, it stays locked" in capsys.readouterr().out
    assert not (tmp_path / "state" / "commissioned.jsonl").exists()


def test_beside_a_dispatcher_nothing_is_tried(bank: Bank, tmp_path: Path, capsys: Said) -> None:
    state = tmp_path / "state"
    state.mkdir()
    with ReleaseServer(Settings.from_env(state_dir=state).dispatcher_socket, lambda *_: {}):
        assert main(["devices", "commission", "monash-ess1", "--yes"]) == 1
        assert "dispatcher is running" in capsys.readouterr().err
        assert main(["devices", "check", "--probe"]) == 1
        assert "it serves one connection" in capsys.readouterr().out
    assert bank.reads == bank.writes == []


def test_an_unknown_device_is_one_sentence(bank: Bank, capsys: Said) -> None:
    assert main(["devices", "commission", "atlantis", "--yes"]) == 1
    assert "names no device 'atlantis'" in capsys.readouterr().err

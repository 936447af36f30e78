"""What DEVICES_FILE promises about a device, for showing: in kW and seconds, unknown where the file cannot be read."""

from pathlib import Path

from controllers.rules import FileRules
from dash_app.domain.dispatch import DeviceRules

FILE = """
allow_hosts: [127.0.0.1]
devices:
  - device: {id: monash-ess1, project: monash, host: 127.0.0.1, port: 1502}
    identity: [{table: holding, addr: 0, type: uint16, equals: 0xBA77}]
    setpoint: {addr: 10, type: int32, unit: W, scale: 1, sign: discharge_positive, min: -75000, max: 75000,
               deadband: 50, volatile: true, verify: {readback: same, tolerance: 1,
               telemetry: {table: input, addr: 0, type: int32, tolerance: 1500, settle_s: 10}}}
    watchdog: {addr: 13, seconds: 60, refresh_s: 25}
    arm: [watchdog, setpoint, {addr: 12, value: 1}]
    release: [{addr: 10, type: int32, value: 0}, {addr: 12, value: 0}]
    soc: {table: input, addr: 2, type: uint16, scale: 0.1, unknown: [0xFFFF], max_age_s: 30}
"""


def test_rules_are_in_kw_and_seconds(tmp_path: Path) -> None:
    path = tmp_path / "devices.yaml"
    path.write_text(FILE, encoding="utf-8")
    rules = FileRules(path)
    assert rules("monash-ess1") == DeviceRules(tolerance_kw=1.5, watchdog_s=60, refresh_s=25)
    assert rules("another") is None


def test_a_file_that_comes_later_is_read_then(tmp_path: Path) -> None:
    path = tmp_path / "devices.yaml"
    rules = FileRules(path)
    assert rules("monash-ess1") is None
    path.write_text(FILE, encoding="utf-8")
    assert rules("monash-ess1") is not None


def test_a_broken_file_only_means_that_nothing_is_known(tmp_path: Path) -> None:
    path = tmp_path / "devices.yaml"
    path.write_text("devices: 7", encoding="utf-8")
    assert FileRules(path)("monash-ess1") is None
    assert FileRules(None)("monash-ess1") is None

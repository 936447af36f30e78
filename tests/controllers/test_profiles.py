"""DEVICES_FILE: what is accepted, and how each fault is named with its line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from controllers.descriptions import DeviceDescription
from controllers.points import Point
from controllers.profiles import load_all, load_devices, profile_names
from controllers.registers import RegisterType
from dash_app.domain.errors import ConfigError
from tests.fakes.devices import a_device, devices_file

DOCUMENT = Path(__file__).parents[2] / "docs" / "devices.md"
SHORT = """\
device: {id: ess1, host: 127.0.0.1, port: 1502, unit: 1, max_connections: 1, pause_ms: 50, timeout_s: 1.5}
identity: [{table: holding, addr: 0, type: uint16, equals: 0xBA77}]
setpoint: {addr: 10, write_fc: 16, type: int32, word_order: big, unit: W, scale: 1, sign: discharge_positive,
           min: -5000, max: 5000, max_from: {table: input, addr: 7, type: uint32}, deadband: 50,
           verify: {readback: same, tolerance: 1, telemetry: {table: input, addr: 0, type: int32, tolerance: 150,
                    settle_s: 10}}, volatile: true}
watchdog: {addr: 13, seconds: 60, refresh_s: 25, expect_fallback_within_s: 90}
arm:      [watchdog, setpoint, {addr: 12, value: 1}]      # order matters
release:  [{addr: 10, type: int32, value: 0}, {addr: 12, value: 0}]
soc: {table: input, addr: 2, type: uint16, scale: 0.1, unknown: [0xFFFF], max_age_s: 30}
reboot_marker: {table: holding, addr: 2}
"""


def test_the_example_of_the_documentation_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "devices.yaml"
    path.write_text(DOCUMENT.read_text().split("```yaml\n")[1].split("```")[0])
    battery, meter = load_all(path)
    assert [battery.device.id, meter.device.id] == ["ess1", "meter1"]
    assert isinstance(battery, DeviceDescription) and not isinstance(meter, DeviceDescription)
    assert load_devices(path) == (battery,)


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_needs_only_where_the_device_is_and_how_strong(tmp_path: Path, name: str) -> None:
    path = tmp_path / "devices.yaml"
    strength = "setpoint: {min: -5000, max: 5000}\n" if "battery" in name else ""
    path.write_text(f"profile: {name}\ndevice: {{id: a, host: 127.0.0.1}}\n{strength}")
    (device,) = load_all(path)
    assert isinstance(device, DeviceDescription) == ("battery" in name)
    assert device.tried_on_hardware == (name not in ("fronius-gen24", "kostal-plenticore"))


def test_the_profiles_named_in_the_documentation_are_those_that_are_shipped() -> None:
    assert [name for name in profile_names() if f"`{name}`" not in DOCUMENT.read_text()] == []


def test_what_a_site_says_is_laid_over_the_profile(tmp_path: Path) -> None:
    path = tmp_path / "devices.yaml"
    path.write_text(
        "profile: generic-battery\ndevice: {id: a, host: 127.0.0.1}\n"
        "setpoint: {min: -5000, max: 5000, verify: {telemetry: {tolerance: 7}}}\nuptime: {addr: 9}\n"
    )
    (device,) = load_devices(path)
    assert (device.setpoint.min, device.setpoint.addr, device.setpoint.verify.tolerance) == (-5000, 10, 1)
    assert (device.setpoint.verify.telemetry.tolerance, device.setpoint.verify.telemetry.settle_s) == (7, 10)
    assert device.uptime is not None and device.uptime.addr == 9


def test_the_documented_registers_are_accepted(tmp_path: Path) -> None:
    device = a_device(tmp_path)
    assert (device.device.id, device.project_id, device.identity[0].equals) == ("monash-ess1", "monash", 0xBA77)


def test_the_short_form_of_one_device_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "devices.yaml"
    path.write_text(SHORT)
    (device,) = load_devices(path)
    assert (device.device.id, device.project_id, device.watchdog.refresh_every_s) == ("ess1", "ess1", 25)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("addr: 13, sec", "addr: 70000, sec", r"devices.yaml:11 .*watchdog.addr: .*65535"),
        ("deadband: 50", "dedband: 50", r"devices.yaml:8 .*setpoint.dedband: Extra"),
        ("refresh_s: 25", "refresh_s: 31", r"devices.yaml:11 .*later than half"),
        ("[watchdog, setpoint,", "[setpoint, watchdog,", r"never enabled unguarded"),
        ("[watchdog, setpoint,", "[watchdog, setpoit,", r"devices.yaml:12 .*'setpoit' is neither"),
        ("timeout_s: 0.4", "timeout_s: 9", r"devices.yaml:3 .*timeout_s.*less than or equal to 2"),
        ("min: -75000, max: 75000", "min: 1, max: 75000", r"must enclose 0"),
        ("write_fc: 16", "write_fc: 6", r"write_fc 6 writes one register"),
        ("host: 127.0.0.1", "host: 169.254.169.254", r"devices.yaml:3 devices.0.device.host: .*not in allow_hosts"),
        ("volatile: true", "volatile: false", r"devices.yaml:8 .*volatile"),
        ("word_order: big", "word_order: litle", r"devices.yaml:5 .*word_order"),
        ("addr: 10, write_fc", "sunspec: 704.WSett, write_fc", r"devices.yaml:5 .*setpoint.*704.WSett.*WSetEna"),
        ("addr: 10, write_fc", "write_fc", r"devices.yaml:5 .*setpoint.*needs either addr or sunspec"),
        ("addr: 10, write_fc", "addr: 10, sunspec: 704.WSet, write_fc", r"needs either addr or sunspec"),
        ("scale: 0.1", "scale: 0", r"devices.yaml:14 .*soc.*scale must be a number other than 0"),
        ("[watchdog, setpoint,", "[watchdog, setpoint, heartbeat,", r"names heartbeat, which is not described"),
        ("equals: 0xBA77", "equals: Acme", r"devices.yaml:4 .*identity.*needs length"),
        ("unit: 1, max", "first_address: 1, unit: 1, max", r"an address is below first_address"),
        ("  - device: {id", "  - profile: acme\n    device: {id", r"devices.yaml:3 devices.0.profile: 'acme' is not"),
        ("    arm: [watchdog, setpoint, {addr: 12, value: 1}]\n", "", r"devices.yaml:3 devices.0.arm: Field required"),
    ],
)
def test_a_fault_is_named_with_its_line_and_key(tmp_path: Path, before: str, after: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load_devices(devices_file(tmp_path, 1502, (before, after)))


def test_hosts_may_be_allowed_by_subnet(tmp_path: Path) -> None:
    changes = (("allow_hosts: [127.0.0.1]", "allow_hosts: [10.1.0.0/16]"), ("host: 127.0.0.1", "host: 10.1.7.9"))
    assert a_device(tmp_path, 1502, *changes).device.host == "10.1.7.9"


def test_without_a_list_only_this_machine_is_allowed(tmp_path: Path) -> None:
    path = devices_file(tmp_path, 1502, ("allow_hosts: [127.0.0.1]\n", ""), ("host: 127.0.0.1", "host: 10.1.7.9"))
    with pytest.raises(ConfigError, match=r"10\.1\.7\.9 is not in allow_hosts"):
        load_devices(path)


def test_a_device_is_named_once(tmp_path: Path) -> None:
    path = devices_file(tmp_path)
    text = path.read_text()
    path.write_text(text + text.split("devices:\n")[1])
    with pytest.raises(ConfigError, match=r"devices.yaml:22 .*named twice"):
        load_devices(path)


@pytest.mark.parametrize("text", ["", "[]", "devices: 3", "devices: [", "a: b"])
def test_what_is_not_such_a_file_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "devices.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"devices.yaml"):
        load_devices(path)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_devices(tmp_path / "none.yaml")


def test_sentinels_and_not_a_number_are_unknown() -> None:
    assert Point(addr=0).value_of((0xFFFF,)) is None
    assert Point(addr=0, unknown=()).value_of((0xFFFF,)) == 65535
    assert Point(addr=0, type=RegisterType.FLOAT32).value_of((0x7FC0, 0)) is None
    assert Point(addr=0, scale=0.1).value_of((640,)) == pytest.approx(64.0)

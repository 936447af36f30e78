"""A DEVICES_FILE for tests: the generic battery of docs/files.md on any port."""

from __future__ import annotations

from pathlib import Path

from controllers.profiles import DeviceDescription, load_devices

TEXT = """\
allow_hosts: [127.0.0.1]
devices:
  - device: {id: monash-ess1, project: monash, host: 127.0.0.1, port: 1502, unit: 1, max_connections: 1, timeout_s: 0.4}
    identity: [{table: holding, addr: 0, type: uint16, equals: 0xBA77}]
    setpoint: {addr: 10, write_fc: 16, type: int32, word_order: big, unit: W, scale: 1, sign: discharge_positive,
               min: -75000, max: 75000,
               max_from: {table: input, addr: 7, type: uint32}, min_from: {table: input, addr: 5, type: uint32},
               deadband: 50, volatile: true,
               verify: {readback: same, tolerance: 1,
                        telemetry: {table: input, addr: 0, type: int32, tolerance: 1500, settle_s: 10}}}
    watchdog: {addr: 13, seconds: 60, refresh_s: 25, expect_fallback_within_s: 90}
    arm: [watchdog, setpoint, {addr: 12, value: 1}]
    release: [{addr: 10, type: int32, value: 0}, {addr: 12, value: 0}]
    soc: {table: input, addr: 2, type: uint16, scale: 0.1, unknown: [0xFFFF], max_age_s: 30}
    mode: {table: input, addr: 4, type: uint16, values: {1: local, 2: remote, 3: fallback}}
    reboot_marker: {table: holding, addr: 2, type: uint16}
    uptime: {table: input, addr: 11, type: uint32}
    meters:
      pv:   {unit: 2, table: input, addr: 0, type: uint32}
      grid: {unit: 3, table: input, addr: 4, type: int32}
      load: {unit: 4, table: input, addr: 0, type: uint32}
"""


def devices_file(folder: Path, port: int = 1502, *changes: tuple[str, str]) -> Path:
    """Write the file with a port and literal changes; every change must find its text."""
    text = TEXT.replace("port: 1502", f"port: {port}")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    path = folder / "devices.yaml"
    path.write_text(text)
    return path


def a_device(folder: Path, port: int = 1502, *changes: tuple[str, str]) -> DeviceDescription:
    """Return the one device of such a file."""
    (device,) = load_devices(devices_file(folder, port, *changes))
    return device

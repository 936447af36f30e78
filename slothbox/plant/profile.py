"""The plant's own description as a DEVICES_FILE: what may be controlled and how, scaled to each site's battery."""

from collections.abc import Sequence

import yaml

from slothbox.plant.registers import (
    GRID_POWER_W,
    IDENTITY,
    LOAD_POWER_W,
    PV_POWER_W,
    UNKNOWN_INT32,
    UNKNOWN_UINT16,
    UNKNOWN_UINT32,
    BatteryHolding,
    BatteryInput,
    Mode,
    Unit,
    watts,
)
from slothbox.plant.server import LOOPBACK, PlantServer

WATCHDOG_S, REFRESH_S, FALLBACK_WITHIN_S = 60, 25, 90
Entry = dict[str, object]


def devices_text(servers: Sequence[PlantServer]) -> str:
    """Return the DEVICES_FILE of running servers as YAML."""
    document = {"allow_hosts": [LOOPBACK], "devices": [_device_entry(server) for server in servers]}
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=120)


def _device_entry(server: PlantServer) -> Entry:
    site = server.plant.site
    setpoint, enable = int(BatteryHolding.SETPOINT_W), int(BatteryHolding.REMOTE_ENABLE)
    return {
        "device": _connection(server),
        "identity": [{"table": "holding", "addr": 0, "type": "uint16", "equals": IDENTITY}],
        "setpoint": _setpoint(watts(site.battery.charge_kw), watts(site.battery.discharge_kw)),
        "watchdog": {
            "addr": int(BatteryHolding.WATCHDOG_S),
            "seconds": WATCHDOG_S,
            "refresh_s": REFRESH_S,
            "expect_fallback_within_s": FALLBACK_WITHIN_S,
        },
        "arm": ["watchdog", "setpoint", {"addr": enable, "value": 1}],
        "release": [{"addr": setpoint, "type": "int32", "value": 0}, {"addr": enable, "value": 0}],
        "soc": _input(BatteryInput.SOC_PERMILLE, "uint16", scale=0.1, unknown=[UNKNOWN_UINT16], max_age_s=30),
        "mode": _input(BatteryInput.MODE, "uint16", values={int(mode): mode.name.lower() for mode in Mode}),
        "reboot_marker": {"table": "holding", "addr": int(BatteryHolding.BOOTS), "type": "uint16"},
        "uptime": _input(BatteryInput.UPTIME_S, "uint32"),
        "meters": _meters(has_pv=site.pv_rating_kw > 0),
    }


def _connection(server: PlantServer) -> Entry:
    return {
        "id": server.plant.site.device_id,
        "project": server.plant.site.project_id,
        "host": LOOPBACK,
        "port": server.port,
        "unit": int(Unit.BATTERY),
        "max_connections": 1,
        "simulated": True,
        "pause_ms": 0,
        "timeout_s": 1.5,
    }


def _setpoint(charge_w: int, discharge_w: int) -> Entry:
    """Return the set-point's entry; tolerances are 2 % of the power, at least 100 W."""
    strongest_w = max(charge_w, discharge_w)
    telemetry = _input(BatteryInput.POWER_W, "int32", tolerance=max(100, strongest_w // 50), settle_s=10)
    return {
        "addr": int(BatteryHolding.SETPOINT_W),
        "write_fc": 16,
        "type": "int32",
        "word_order": "big",
        "unit": "W",
        "scale": 1,
        "sign": "discharge_positive",
        "min": -charge_w,
        "max": discharge_w,
        "max_from": _input(BatteryInput.MAX_DISCHARGE_W, "uint32"),
        "min_from": _input(BatteryInput.MAX_CHARGE_W, "uint32"),
        "deadband": max(20, strongest_w // 1500),
        "volatile": True,
        "verify": {"readback": "same", "tolerance": 1, "telemetry": telemetry},
    }


def _meters(*, has_pv: bool) -> Entry:
    meters: Entry = {}
    if has_pv:
        meters["pv"] = {"unit": int(Unit.PV)} | _input(PV_POWER_W, "uint32", unknown=[UNKNOWN_UINT32])
    meters["grid"] = {"unit": int(Unit.GRID)} | _input(GRID_POWER_W, "int32", unknown=[UNKNOWN_INT32 & 0xFFFFFFFF])
    meters["load"] = {"unit": int(Unit.LOAD)} | _input(LOAD_POWER_W, "uint32", unknown=[UNKNOWN_UINT32])
    return meters


def _input(address: int, kind: str, **more: object) -> Entry:
    return {"table": "input", "addr": int(address), "type": kind, **more}

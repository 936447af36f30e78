"""What the SunSpec image says about a plant at one moment: the physics of the generic registers in other units."""

import math
from dataclasses import dataclass
from enum import IntEnum

from slothbox.battery import BatterySpec
from slothbox.plant.sunspec_map import Key, Value

MAKER, MODEL_NAME, VERSION = "SlothBox", "Simulated hybrid", "1"
PHASE_V, GRID_HZ, CABINET_C, DC_V = 230.0, 50.0, 30.0, 400.0
FULL, EMPTY = 0.001, 0.001
ROOM = 10
"""By how much a power on the meter may exceed the plant's rating."""
Values = dict[Key, Value | None]


class ChargeStatus(IntEnum):
    """What the battery is doing (models 124 and 802)."""

    EMPTY = 2
    DISCHARGING = 3
    CHARGING = 4
    FULL = 5
    HOLDING = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A plant at one moment: kW, discharge and import positive, None where it is not known; energies in Wh."""

    battery_kw: float | None
    pv_kw: float | None
    grid_kw: float | None
    soc: float | None
    uptime_s: int
    pv_wh: float = 0.0
    import_wh: float = 0.0
    export_wh: float = 0.0


def telemetry(reading: Reading, spec: BatterySpec, pv_rating_kw: float, serial: str) -> Values:
    """Return every value that is not a control, by model and point."""
    scale = _factor(ROOM * max(spec.charge_kw, spec.discharge_kw, pv_rating_kw))
    battery = _factor(max(spec.charge_kw, spec.discharge_kw))
    return (
        _common(serial)
        | _inverter(reading, scale)
        | _ratings(spec, pv_rating_kw, scale)
        | _strings(reading, scale)
        | _meter(reading, scale)
        | _der(reading, spec, pv_rating_kw, scale)
        | _battery(reading, spec, battery)
    )


def _common(serial: str) -> Values:
    return {(1, "Mn"): MAKER, (1, "Md"): MODEL_NAME, (1, "Vr"): VERSION, (1, "SN"): serial, (1, "DA"): 126}


def _inverter(reading: Reading, scale: int) -> Values:
    """Model 103: what the hybrid gives to the site, PV and battery together."""
    ac_w = _w(_sum(reading.pv_kw, reading.battery_kw))
    amps = None if ac_w is None else abs(ac_w) / (3 * PHASE_V)
    values: Values = {
        (103, "A_SF"): 0, (103, "V_SF"): -1, (103, "W_SF"): scale, (103, "Hz_SF"): -2, (103, "WH_SF"): 0,
        (103, "Tmp_SF"): -1, (103, "A"): amps, (103, "W"): ac_w, (103, "Hz"): GRID_HZ,
        (103, "WH"): reading.pv_wh % 2**32, (103, "TmpCab"): CABINET_C, (103, "St"): 4, (103, "Evt1"): 0,
        (103, "Evt2"): 0,
    }  # fmt: skip
    for phase in "ABC":
        values[103, f"Aph{phase}"] = None if amps is None else amps / 3
        values[103, f"PhVph{phase}"] = PHASE_V
    return values


def _ratings(spec: BatterySpec, pv_rating_kw: float, scale: int) -> Values:
    rated_w = max(spec.discharge_kw, pv_rating_kw) * 1000
    values: Values = {
        (120, "DERTyp"): 82 if pv_rating_kw else 80, (120, "WRtg"): rated_w, (120, "WRtg_SF"): scale,
        (120, "VARtg"): rated_w, (120, "VARtg_SF"): scale, (120, "VArRtg_SF"): scale, (120, "PFRtg_SF"): -2,
        (120, "ARtg"): rated_w / (3 * PHASE_V), (120, "ARtg_SF"): 0,
        (120, "WHRtg"): spec.capacity_kwh * 1000, (120, "WHRtg_SF"): _factor(spec.capacity_kwh),
        (120, "MaxChaRte"): spec.charge_kw * 1000, (120, "MaxChaRte_SF"): _factor(spec.charge_kw),
        (120, "MaxDisChaRte"): spec.discharge_kw * 1000, (120, "MaxDisChaRte_SF"): _factor(spec.discharge_kw),
        (121, "WMax"): rated_w, (121, "WMax_SF"): scale, (121, "VRef"): PHASE_V, (121, "VRef_SF"): 0,
        (121, "VRefOfs"): 0, (121, "VRefOfs_SF"): 0, (121, "ECPNomHz"): GRID_HZ, (121, "ECPNomHz_SF"): 0,
    }  # fmt: skip
    return values | {(120, f"{name}Q{q}"): 0 for name in ("VArRtg", "PFRtg") for q in range(1, 5)}


def _strings(reading: Reading, scale: int) -> Values:
    """Model 160: the arrays as one string, and, as many hybrids have it, the battery as another."""
    battery_w = _w(reading.battery_kw)
    modules = (("PV", _w(reading.pv_kw)), ("Battery", None if battery_w is None else abs(battery_w)))
    values: Values = {(160, "DCA_SF"): 0, (160, "DCV_SF"): 0, (160, "DCW_SF"): scale, (160, "DCWH_SF"): 0}
    values |= {(160, "Evt"): 0, (160, "N"): len(modules)}
    for number, (name, watts) in enumerate(modules, 1):
        values[160, f"module{number}.ID"], values[160, f"module{number}.IDStr"] = number, name
        values[160, f"module{number}.DCW"], values[160, f"module{number}.DCV"] = watts, DC_V
        values[160, f"module{number}.DCA"] = None if watts is None else watts / DC_V
    return values


def _meter(reading: Reading, scale: int) -> Values:
    """Model 203 at the grid connection: import positive."""
    grid_w = _w(reading.grid_kw)
    amps = None if grid_w is None else grid_w / (3 * PHASE_V)
    values: Values = {
        (203, "A_SF"): 0, (203, "V_SF"): -1, (203, "Hz_SF"): -2, (203, "W_SF"): scale, (203, "TotWh_SF"): 0,
        (203, "W"): grid_w, (203, "A"): amps, (203, "PhV"): PHASE_V, (203, "PPV"): PHASE_V * math.sqrt(3),
        (203, "Hz"): GRID_HZ, (203, "TotWhImp"): reading.import_wh % 2**32, (203, "Evt"): 0,
        (203, "TotWhExp"): reading.export_wh % 2**32,
    }  # fmt: skip
    for phase, line in (("A", "AB"), ("B", "BC"), ("C", "CA")):
        values[203, f"Aph{phase}"] = None if amps is None else amps / 3
        values[203, f"PhVph{phase}"], values[203, f"PhVph{line}"] = PHASE_V, PHASE_V * math.sqrt(3)
    return values


def _der(reading: Reading, spec: BatterySpec, pv_rating_kw: float, scale: int) -> Values:
    """Models 701 and 702: the hybrid as a distributed resource."""
    rated_w = max(spec.discharge_kw, pv_rating_kw) * 1000
    values: Values = {
        (701, "ACType"): 3, (701, "St"): 1, (701, "InvSt"): 3, (701, "ConnSt"): 1, (701, "Alrm"): 0,
        (701, "W"): _w(_sum(reading.pv_kw, reading.battery_kw)), (701, "W_SF"): scale,
        (701, "LNV"): PHASE_V, (701, "V_SF"): -1, (701, "Hz"): GRID_HZ, (701, "Hz_SF"): -2, (702, "W_SF"): scale,
    }  # fmt: skip
    for ending in ("Rtg", ""):
        values[702, f"WMax{ending}"] = rated_w
        values[702, f"WChaRteMax{ending}"] = spec.charge_kw * 1000
        values[702, f"WDisChaRteMax{ending}"] = spec.discharge_kw * 1000
    return values


def _battery(reading: Reading, spec: BatterySpec, scale: int) -> Values:
    """Models 124, 713, 715 and 802 without their controls."""
    soc = None if reading.soc is None else reading.soc * 100
    stored = None if reading.soc is None else reading.soc * spec.capacity_kwh * 1000
    wh = _factor(spec.capacity_kwh)
    status, beat = _charge_status(reading, spec), reading.uptime_s
    return {
        (124, "WChaMax"): max(spec.charge_kw, spec.discharge_kw) * 1000, (124, "WChaMax_SF"): scale,
        (124, "WChaGra"): 100, (124, "WDisChaGra"): 100, (124, "WChaDisChaGra_SF"): 0, (124, "ChaState"): soc,
        (124, "ChaState_SF"): -2, (124, "ChaSt"): status, (124, "InOutWRte_SF"): -2,
        (713, "WHRtg"): spec.capacity_kwh * 1000, (713, "WHAvail"): stored, (713, "WH_SF"): wh, (713, "SoC"): soc,
        (713, "SoH"): 100, (713, "Sta"): 0, (713, "Pct_SF"): -2, (715, "LocRemCtl"): 0, (715, "DERHb"): beat,
        (802, "AHRtg"): spec.capacity_kwh * 1000 / DC_V, (802, "AHRtg_SF"): 0,
        (802, "WHRtg"): spec.capacity_kwh * 1000, (802, "WHRtg_SF"): wh,
        (802, "WChaRteMax"): spec.charge_kw * 1000, (802, "WDisChaRteMax"): spec.discharge_kw * 1000,
        (802, "WChaDisChaMax_SF"): scale, (802, "SoCMax"): spec.soc_max * 100, (802, "SoCMin"): spec.soc_min * 100,
        (802, "SoCRsvMin"): spec.soc_min * 100, (802, "SoC"): soc, (802, "SoC_SF"): -2, (802, "ChaSt"): status,
        (802, "LocRemCtl"): 0, (802, "Hb"): beat % 0xFFFF, (802, "AlmRst"): 0, (802, "Typ"): 4, (802, "State"): 3,
        (802, "Evt1"): 0, (802, "Evt2"): 0, (802, "EvtVnd1"): 0, (802, "EvtVnd2"): 0, (802, "V"): DC_V,
        (802, "V_SF"): 0, (802, "CellV_SF"): -3, (802, "A_SF"): 0, (802, "AMax_SF"): 0, (802, "SetOp"): 1,
        (802, "A"): None if reading.battery_kw is None else reading.battery_kw * 1000 / DC_V,
        (802, "W"): _w(reading.battery_kw), (802, "W_SF"): scale, (802, "SetInvState"): 3,
    }  # fmt: skip


def _charge_status(reading: Reading, spec: BatterySpec) -> int | None:
    if reading.battery_kw is None or reading.soc is None:
        return None
    if reading.battery_kw > 0:
        return ChargeStatus.DISCHARGING
    if reading.battery_kw < 0:
        return ChargeStatus.CHARGING
    if reading.soc >= spec.soc_max - FULL:
        return ChargeStatus.FULL
    return ChargeStatus.EMPTY if reading.soc <= spec.soc_min + EMPTY else ChargeStatus.HOLDING


def _factor(most_kilo: float) -> int:
    """Return the scale factor with which so many thousands of a unit still fit into 15 bits."""
    return max(0, math.ceil(math.log10(max(1.0, most_kilo * 1000 / 0x7FFF))))


def _w(power_kw: float | None) -> float | None:
    return None if power_kw is None else power_kw * 1000


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other

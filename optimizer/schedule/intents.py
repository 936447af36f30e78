"""From a plan to the steps that a person approves and a controller executes: intents, not only numbers.

The rule, for each step with expected net load `n = load - pv`, battery power `b` (discharge positive) and grid power
`g` (import positive):

    b = 0                                       idle       the battery is held at 0
    b < 0 and nothing imported                  follow     it takes PV surplus: hold g, take what comes
    b < 0 and something imported                charge     it is charged from the grid: -b, whatever the site does
    b > 0 and nothing exported                  follow     it covers a deficit: hold g, give what is missing
    b > 0 and something exported                discharge  it is discharged into the grid: b, whatever the site does
    b > 0 and g the most the site may import    limit      it keeps the import there, and rests where less is needed
    b < 0 and -g the most the site may export   limit      it keeps the export there, and rests where less is left

Bands (battery power, discharge positive): `follow` the device's limits both ways, `charge` [-target, 0], `discharge`
[0, target], `idle` [0, 0], `limit` the device's limit one way. A step with a table of the value of stored energy is
executed by that table, so its band is the device's limits; its intent says what is expected. The corridor is
floor..ceiling of the battery; where the plan starts outside of it, because the battery did, the corridor reaches as
far as that start, and the band allows only the way back in.
Powers are rounded to 1 W: what a device can be told, and what an approval can be compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dash_app.domain.frames import Plan
from dash_app.domain.schedule import Intent, Step
from dash_app.domain.site import Battery, GridConnection
from dash_app.domain.time import TimeGrid
from dash_app.domain.value_table import ValueTable
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Flows

NOTHING_KW = 0.0005
"""Half a watt: below this nothing flows."""
NOTHING_SOC = 1e-9


def build_steps(
    flows: Flows,
    *,
    battery: Battery,
    grid: TimeGrid,
    soc_now: float,
    connection: GridConnection | None = None,
    tables: Sequence[ValueTable] = (),
) -> tuple[Step, ...]:
    """Return one step per slot of `grid` for the site's battery; `soc_now` is the SoC (0..1) the plan starts from.

    `tables` belong to the first steps. Without a `connection` no step is a `limit`.
    """
    soc_end = flows.stored_kwh[battery.battery_id] / battery.capacity_kwh
    soc_start = np.concatenate(([soc_now], soc_end[:-1]))
    battery_kw, grid_kw = _watts(flows.battery_kw), _watts(flows.grid_kw)
    battery_kw = np.clip(battery_kw, -battery.charge_kw, battery.discharge_kw)
    return tuple(
        _step(
            grid,
            index,
            battery,
            connection,
            battery_kw=float(battery_kw[index]),
            grid_kw=float(grid_kw[index]),
            soc_start=float(soc_start[index]),
            soc_end=float(np.clip(soc_end[index], 0.0, 1.0)),
            table=tables[index] if index < len(tables) else None,
        )
        for index in range(grid.steps)
    )


def intent_of(battery_kw: float, grid_kw: float, connection: GridConnection | None = None) -> Intent:
    """Return the intent of a step from its expected battery power and grid power.

    >>> intent_of(-3.0, -1.0), intent_of(-3.0, 5.0), intent_of(3.0, 0.0), intent_of(3.0, -1.0), intent_of(0.0, 4.0)
    (<Intent.FOLLOW: 'follow'>, <Intent.CHARGE: 'charge'>, <Intent.FOLLOW: 'follow'>, <Intent.DISCHARGE: 'discharge'>, \
<Intent.IDLE: 'idle'>)
    """
    if abs(battery_kw) < NOTHING_KW:
        return Intent.IDLE
    if connection is not None and _is_at_the_limit(battery_kw, grid_kw, connection):
        return Intent.LIMIT
    if battery_kw < 0:
        return Intent.CHARGE if grid_kw > NOTHING_KW else Intent.FOLLOW
    return Intent.DISCHARGE if grid_kw < -NOTHING_KW else Intent.FOLLOW


def _is_at_the_limit(battery_kw: float, grid_kw: float, connection: GridConnection) -> bool:
    """Return whether the battery gives or takes what the connection does not carry; a limit of 0 is followed."""
    beyond, limit = (grid_kw, connection.import_limit_kw) if battery_kw > 0 else (-grid_kw, connection.export_limit_kw)
    return limit > NOTHING_KW and beyond >= limit - NOTHING_KW


def _step(
    grid: TimeGrid,
    index: int,
    battery: Battery,
    connection: GridConnection | None,
    *,
    battery_kw: float,
    grid_kw: float,
    soc_start: float,
    soc_end: float,
    table: ValueTable | None,
) -> Step:
    intent = intent_of(battery_kw, grid_kw, connection)
    lowest_kw, highest_kw = _band(Intent.VALUE if table else intent, battery_kw, battery)
    below, above = soc_start < battery.soc_floor - NOTHING_SOC, soc_start > battery.soc_max + NOTHING_SOC
    targets = {Intent.FOLLOW: grid_kw, Intent.LIMIT: grid_kw, Intent.IDLE: 0.0}
    return Step(
        start=grid.start + index * grid.step,
        end=grid.start + (index + 1) * grid.step,
        intent=intent,
        target_kw=targets.get(intent, abs(battery_kw)),
        battery_kw=battery_kw,
        grid_kw=grid_kw,
        power_min_kw=0.0 if above else lowest_kw,
        power_max_kw=0.0 if below else highest_kw,
        soc_min=round(min(battery.soc_floor, soc_start), 9) if below else battery.soc_floor,
        soc_max=round(max(battery.soc_max, soc_start), 9) if above else battery.soc_max,
        soc_end=round(soc_end, 9),
        table=table,
    )


def _band(intent: Intent, battery_kw: float, battery: Battery) -> tuple[float, float]:
    if intent in (Intent.FOLLOW, Intent.VALUE):
        return -battery.charge_kw, battery.discharge_kw
    if intent is Intent.LIMIT:
        return (0.0, battery.discharge_kw) if battery_kw > 0 else (-battery.charge_kw, 0.0)
    return min(battery_kw, 0.0), max(battery_kw, 0.0)


def _watts(
    power_kw: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return kW rounded to 1 W, without the negative zero."""
    return np.round(power_kw, 3) + 0.0


def plan_columns(problem: Problem, flows: Flows) -> dict[str, list[float]]:
    """Return the plan as columns of frames.Plan, batteries summed up; the CO2 column only where CO2 is known."""
    columns = {
        Plan.HOURS: problem.hours,
        Plan.LOAD_KW: problem.load_kw,
        Plan.PV_KW: problem.pv_kw,
        Plan.IMPORT_KW: flows.import_kw,
        Plan.EXPORT_KW: flows.export_kw,
        Plan.CHARGE_KW: sum(flows.charge_kw.values(), np.zeros(problem.steps)),
        Plan.DISCHARGE_KW: flows.discharged_kw,
        Plan.CURTAILED_KW: flows.curtailed_kw,
        Plan.STORED_KWH: sum(flows.stored_kwh.values(), np.zeros(problem.steps)),
        Plan.IMPORT_PRICE: problem.import_price,
        Plan.EXPORT_PRICE: problem.export_price,
    }
    if problem.co2_kg_per_kwh is not None:
        columns[Plan.CO2_KG_PER_KWH] = problem.co2_kg_per_kwh
    return {column.value: values.tolist() for column, values in columns.items()}

"""The one-step choice by the value of stored energy: against brute force, against a rule, and inside every limit."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.value_table import ClassWorth, ValueTable, Won, class_of, power_by_value

NOW = datetime(2020, 9, 28, 12, tzinfo=UTC)
KWH = st.floats(0, 100)
PRICE = st.floats(-0.2, 0.6)
KW = st.floats(-60, 60)


def linear_table(worth_per_kwh: float, **changes: object) -> ValueTable:
    """Return a table by which each stored kWh is worth the same: two points, one model, one class."""
    known: dict[str, object] = {
        "computed_at": NOW,
        "stored_kwh": (0.0, 100.0),
        "models": (ClassWorth(net_kw=(0.0,), cost=((0.0, -100.0 * worth_per_kwh),)),),
        "import_price": 0.30,
        "export_price": 0.10,
        "capacity_kwh": 100.0,
        "charge_efficiency": 0.9,
        "discharge_efficiency": 0.8,
        "wear_per_kwh": 0.02,
    }
    return ValueTable(**{**known, **changes})  # type: ignore[arg-type]


@st.composite
def tables(draw: st.DrawFn) -> ValueTable:
    """Return tables of two models with any prices and any straight pieces."""
    points = draw(st.integers(2, 6))
    stored = tuple(np.linspace(draw(st.floats(0, 20)), draw(st.floats(30, 100)), points).tolist())
    classes = draw(st.integers(1, 3))
    rows = st.lists(st.floats(-30, 30), min_size=points, max_size=points).map(tuple)
    models = tuple(
        ClassWorth(
            net_kw=tuple(sorted(draw(st.lists(KW, min_size=classes, max_size=classes)))),
            cost=tuple(draw(rows) for _ in range(classes)),
        )
        for _ in range(2)
    )
    return linear_table(
        0.0,
        stored_kwh=stored,
        models=models,
        import_price=draw(PRICE),
        export_price=draw(PRICE),
        peak_price=draw(st.sampled_from([0.0, 5.0])),
        peak_kw=draw(st.floats(0, 40)),
    )


def cost_by_hand(table: ValueTable, net_kw: float, stored_kwh: float, charge_kw: float, hours: float) -> float:
    """Return the cost of one power in plain arithmetic, charging positive."""
    grid = net_kw + charge_kw
    cost = hours * (table.import_price * grid if grid > 0 else table.export_price * grid)
    if charge_kw < 0:
        cost += hours * table.wear_per_kwh * -charge_kw
        then = stored_kwh + hours * charge_kw / table.discharge_efficiency
    else:
        then = stored_kwh + hours * charge_kw * table.charge_efficiency
    if table.peak_price and grid > table.peak_kw:
        cost += table.peak_price * (grid - table.peak_kw)
    ahead = 0.0
    for model in table.models:
        place = class_of(np.array(model.net_kw), net_kw)
        for row, share in ((int(place), 1 - place % 1), (int(place) + 1, place % 1)):
            if share:
                ahead += share * float(np.interp(then, table.stored_kwh, model.cost[row])) / len(table.models)
    return cost + ahead


@settings(max_examples=80, deadline=None)
@given(table=tables(), net=KW, soc=st.floats(0, 1), hours=st.sampled_from([0.02, 0.25, 1.0]))
def test_no_power_on_a_fine_grid_is_cheaper_than_the_choice(
    table: ValueTable, net: float, soc: float, hours: float
) -> None:
    choice = power_by_value(table, net_load_kw=net, soc=soc, hours=hours, low_kw=-20, high_kw=15)
    fine = np.linspace(-15, 20, 141)
    ends = soc * 100 + hours * np.where(fine > 0, fine * 0.9, fine / 0.8)
    costs = [cost_by_hand(table, net, soc * 100, kw, hours) for kw in fine[(ends >= 0) & (ends <= 100)]]
    chosen = cost_by_hand(table, net, soc * 100, -choice.battery_kw, hours)
    assert chosen <= min(costs) + 1e-5


@settings(max_examples=200, deadline=None)
@given(
    table=tables(),
    net=st.floats(-1e4, 1e4),
    soc=st.floats(-0.1, 1.1),
    hours=st.floats(1e-3, 1),
    one=KW,
    other=KW,
    corridor=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    limit=st.none() | st.floats(0, 100),
    age_h=st.floats(0, 4),
)
def test_the_choice_lies_inside_the_band_and_goes_no_further_out_of_the_corridor(
    table: ValueTable,
    net: float,
    soc: float,
    hours: float,
    one: float,
    other: float,
    corridor: tuple[float, float],
    limit: float | None,
    age_h: float,
) -> None:
    low, high = sorted((one, other))
    floor, ceiling = sorted(corridor)
    table = replace(table, import_limit_kw=limit, export_limit_kw=limit)
    choice = power_by_value(
        table, net_load_kw=net, soc=soc, hours=hours, low_kw=low, high_kw=high, soc_min=floor, soc_max=ceiling
    )
    power = choice.battery_kw
    assert low <= power <= high
    then = soc * 100 + hours * (-power * 0.9 if power < 0 else -power / 0.8)
    if low <= 0 <= high and limit is None:
        assert min(soc, floor) * 100 - 1e-6 <= then <= max(soc, ceiling) * 100 + 1e-6
    aged = power_by_value(
        table, net_load_kw=net, soc=soc, hours=hours, low_kw=low, high_kw=high, at=NOW + timedelta(hours=age_h)
    )
    assert low <= aged.battery_kw <= high
    assert (aged.won is Won.TOO_OLD) == (age_h > 2)


@pytest.mark.parametrize(
    ("worth", "net", "power", "won"),
    [
        # covering a deficit saves 0.30, costs worth / 0.8 + 0.02 of wear: worth it below 0.224
        (0.22, 8.0, 8.0, Won.FOLLOW),
        (0.23, 8.0, 0.0, Won.IDLE),
        # selling brings 0.10: worth it below 0.064
        (0.06, 8.0, 10.0, Won.DISCHARGE_MOST),
        (0.07, -8.0, 0.0, Won.IDLE),
        # storing a surplus forgoes 0.10 for 0.9 of the worth: worth it above 0.111
        (0.12, -8.0, -8.0, Won.FOLLOW),
        (0.11, -8.0, 0.0, Won.IDLE),
        # buying costs 0.30: worth it above 0.333
        (0.33, -8.0, -8.0, Won.FOLLOW),
        (0.34, -8.0, -10.0, Won.CHARGE_MOST),
    ],
)
def test_energy_that_is_worth_the_same_at_any_level_is_used_by_thresholds(
    worth: float, net: float, power: float, won: Won
) -> None:
    choice = power_by_value(linear_table(worth), net_load_kw=net, soc=0.5, hours=0.25, low_kw=-10, high_kw=10)
    assert choice.won is won
    assert choice.battery_kw == pytest.approx(power)


def test_among_equal_costs_the_battery_follows_the_net_load() -> None:
    lossless = linear_table(0.3, charge_efficiency=1.0, discharge_efficiency=1.0, wear_per_kwh=0.0)
    choice = power_by_value(lossless, net_load_kw=6.0, soc=0.5, hours=1.0, low_kw=-10, high_kw=10)
    assert (choice.battery_kw, choice.won) == (6.0, Won.FOLLOW)


def test_energy_is_kept_from_the_point_on_where_it_is_worth_more() -> None:
    table = linear_table(
        0.0, stored_kwh=(0.0, 45.0, 100.0), models=(ClassWorth(net_kw=(0.0,), cost=((22.5, 0.0, 0.0),)),)
    )
    choice = power_by_value(table, net_load_kw=9.0, soc=0.5, hours=1.0, low_kw=-10, high_kw=10)
    assert choice.won is Won.STORED
    assert choice.battery_kw == pytest.approx(5.0 * 0.8)


def test_a_dear_peak_is_held_and_a_limit_of_the_connection_too() -> None:
    table = linear_table(0.5, peak_price=10.0, peak_kw=20.0)
    choice = power_by_value(table, net_load_kw=26.0, soc=0.5, hours=0.25, low_kw=-10, high_kw=10)
    assert choice.won is Won.PEAK
    assert choice.battery_kw == pytest.approx(6.0)
    limited = replace(table, peak_price=0.0, import_limit_kw=30.0)
    assert power_by_value(limited, net_load_kw=26.0, soc=0.5, hours=0.25, low_kw=-10, high_kw=10).battery_kw == -4.0


def test_two_models_count_alike_and_classes_between_are_mixed() -> None:
    worth = [0.0, -100.0 * 0.4, -100.0 * 0.2]
    models = (
        ClassWorth(net_kw=(0.0, 20.0), cost=((0.0, worth[0]), (0.0, worth[1]))),
        ClassWorth(net_kw=(5.0,), cost=((0.0, worth[2]),)),
    )
    at_15_kw = linear_table(0.0, models=models)  # 0.75 of 0.4 and 0.2, halved: 0.25 per kWh
    assert power_by_value(at_15_kw, net_load_kw=15.0, soc=0.5, hours=0.25, low_kw=-9, high_kw=9).won is Won.IDLE
    dearer = replace(at_15_kw, import_price=0.25 / 0.8 + 0.021)
    assert power_by_value(dearer, net_load_kw=15.0, soc=0.5, hours=0.25, low_kw=-9, high_kw=9).battery_kw == 9.0


@given(table=tables())
def test_a_table_comes_back_from_json_as_it_was(table: ValueTable) -> None:
    text = json.dumps(asdict(table), default=lambda moment: moment.isoformat())
    assert ValueTable.from_json(json.loads(text)) == table


@pytest.mark.parametrize(
    "changes",
    [
        {"stored_kwh": (100.0, 0.0)},
        {"stored_kwh": (0.0,)},
        {"stored_kwh": (0.0, float("nan"))},
        {"models": ()},
        {"models": (ClassWorth(net_kw=(0.0, 1.0), cost=((0.0, 1.0),)),)},
        {"models": (ClassWorth(net_kw=(0.0,), cost=((0.0, 1.0, 2.0),)),)},
        {"models": (ClassWorth(net_kw=(0.0,), cost=((0.0, float("inf")),)),)},
        {"models": (ClassWorth(net_kw=(1.0, 0.0), cost=((0.0, 1.0), (0.0, 1.0))),)},
        {"import_price": float("nan")},
        {"capacity_kwh": 0.0},
        {"charge_efficiency": 1.5},
    ],
)
def test_a_table_that_does_not_fit_together_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        linear_table(0.2, **changes)


@pytest.mark.parametrize("wrong", [{"net_load_kw": float("nan")}, {"hours": 0.0}, {"low_kw": 11.0}])
def test_a_choice_from_what_is_no_number_is_refused(wrong: dict[str, float]) -> None:
    given = {"net_load_kw": 1.0, "soc": 0.5, "hours": 0.25, "low_kw": -10.0, "high_kw": 10.0}
    with pytest.raises(ValueError, match="no power"):
        power_by_value(linear_table(0.2), **{**given, **wrong})  # type: ignore[arg-type]

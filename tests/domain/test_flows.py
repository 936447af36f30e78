"""Energy flows: In is Out for any frame, by one rule, and nothing that does not fit is hidden."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.flow_parts import FlowParts, flow_parts, sub_meters
from dash_app.domain.flows import (
    Attributed,
    Edge,
    Further,
    Source,
    Use,
    attribute,
    co2_rates,
    cost_rates,
    edges_of,
    excess_of,
    price_difference,
)
from dash_app.domain.kpi import load_sources
from dash_app.domain.own_use import self_consumption, self_sufficiency
from dash_app.domain.site import Quantity
from tests.fakes.metered import HOUR, meter, parts_of, window_of

POWER = st.one_of(st.just(0.0), st.floats(0.001, 500.0))
STEPS = 5
METERS = ("pv a", "pv b", "load", "charge", "discharge", "sub heat", "sub car")
GRID = ("import", "export")


def frames(*names: str) -> st.SearchStrategy[dict[str, list[float]]]:
    """Return any powers of these meters, a few steps long."""
    return st.fixed_dictionaries({name: st.lists(POWER, min_size=STEPS, max_size=STEPS) for name in names})


def balance_of(edges: list[Edge]) -> dict[str, float]:
    """Return what comes in minus what goes out of every node that has both."""
    into: dict[str, float] = defaultdict(float)
    out: dict[str, float] = defaultdict(float)
    for edge in edges:
        out[edge.source] += edge.amount
        into[edge.target] += edge.amount
    return {node: into[node] - out[node] for node in set(into) & set(out)}


def ends_of(edges: list[Edge]) -> tuple[float, float]:
    """Return what leaves the first nodes and what reaches the last ones."""
    sources, targets = {edge.source for edge in edges}, {edge.target for edge in edges}
    into = sum(edge.amount for edge in edges if edge.source not in targets)
    return into, sum(edge.amount for edge in edges if edge.target not in sources)


def to(edges: list[Edge], target: str) -> float:
    return sum(edge.amount for edge in edges if edge.target == target)


def out_of(edges: list[Edge], source: str) -> float:
    return sum(edge.amount for edge in edges if edge.source == source)


def kwh(parts: FlowParts, quantity: Quantity) -> float:
    return float(parts.total(quantity).sum() * parts.step_h)


@given(powers=frames(*METERS, *GRID))
@settings(max_examples=30, deadline=None)
def test_in_is_out_whatever_the_meters_say(powers: dict[str, list[float]]) -> None:
    parts = parts_of(powers)
    attributed = attribute(parts)
    edges = edges_of(attributed)
    into, out = ends_of(edges)
    assert into == pytest.approx(out, abs=1e-6)
    assert all(abs(rest) < 1e-6 for rest in balance_of(edges).values())
    assert all(edge.amount >= 0 for edge in edges)
    assert all((power >= 0).all() for power in attributed.flows.values())
    assert attributed.in_kwh == pytest.approx(
        sum(kwh(parts, q) for q in (Quantity.PV_KW, Quantity.DISCHARGE_KW, Quantity.IMPORT_KW)), abs=1e-6
    )


@given(powers=frames(*METERS, *GRID))
@settings(max_examples=30, deadline=None)
def test_every_node_holds_what_its_meter_says(powers: dict[str, list[float]]) -> None:
    edges = edges_of(attribute(parts_of(powers)))
    total = {name: sum(values) for name, values in powers.items()}
    assert out_of(edges, Source.PV) == pytest.approx(total["pv a"] + total["pv b"], abs=1e-6)
    assert out_of(edges, "pv:pv a") == pytest.approx(total["pv a"], abs=1e-6)
    assert out_of(edges, Source.BATTERY) == pytest.approx(total["discharge"], abs=1e-6)
    assert out_of(edges, Source.GRID) == pytest.approx(total["import"], abs=1e-6)
    assert to(edges, Use.LOAD) == pytest.approx(total["load"], abs=1e-6)
    assert to(edges, Use.CHARGE) == pytest.approx(total["charge"], abs=1e-6)
    assert to(edges, Use.EXPORT) == pytest.approx(total["export"], abs=1e-6)
    assert to(edges, "sub:sub car") == pytest.approx(total["sub car"], abs=1e-6)


@given(powers=frames(*METERS))
@settings(max_examples=30, deadline=None)
def test_the_shares_are_those_of_the_overview(powers: dict[str, list[float]]) -> None:
    attributed = attribute(parts_of(powers))
    balance = attributed.parts.balance()
    sources = load_sources(balance, HOUR)
    assert attributed.kwh(Source.PV, Use.LOAD) == pytest.approx(sources.pv_kwh, abs=1e-6)
    assert attributed.kwh(Source.BATTERY, Use.LOAD) == pytest.approx(sources.battery_kwh, abs=1e-6)
    assert attributed.kwh(Source.GRID, Use.LOAD) == pytest.approx(sources.grid_kwh, abs=1e-6)
    own = attributed.kwh(Source.PV, Use.LOAD) + attributed.kwh(Source.BATTERY, Use.LOAD)
    assert own == pytest.approx(self_sufficiency(balance, HOUR).part_kwh, abs=1e-6)
    used = attributed.kwh(Source.PV, Use.LOAD) + attributed.kwh(Source.PV, Use.CHARGE)
    assert used == pytest.approx(self_consumption(balance, HOUR).part_kwh, abs=1e-6)
    assert attributed.residual in (None, pytest.approx(0.0, abs=1e-9))


@given(powers=frames(*METERS, *GRID), price=st.lists(st.floats(-0.2, 0.6), min_size=STEPS, max_size=STEPS))
@settings(max_examples=30, deadline=None)
def test_money_balances_and_the_grid_is_what_was_paid(powers: dict[str, list[float]], price: list[float]) -> None:
    attributed = attribute(parts_of(powers))
    buy, sell = np.array(price), np.array(price) - 0.1
    edges = [*edges_of(attributed, cost_rates(buy, sell)), price_difference(attributed, buy, sell)]
    into, out = ends_of(edges)
    assert into == pytest.approx(out, abs=1e-6)
    paid = sum(power * cost for power, cost in zip(powers["import"], price, strict=True))
    earned = sum(power * (cost - 0.1) for power, cost in zip(powers["export"], price, strict=True))
    assert out_of(edges, Source.GRID) == pytest.approx(paid, abs=1e-6)
    assert to(edges, Use.EXPORT) == pytest.approx(earned, abs=1e-6)


@given(powers=frames(*METERS, *GRID), kg=st.lists(st.floats(0, 0.9), min_size=STEPS, max_size=STEPS))
@settings(max_examples=25, deadline=None)
def test_only_the_grid_brings_co2_and_all_of_it_goes_somewhere(powers: dict[str, list[float]], kg: list[float]) -> None:
    edges = edges_of(attribute(parts_of(powers)), co2_rates(np.array(kg)))
    into, out = ends_of(edges)
    brought = sum(power * each for power, each in zip(powers["import"], kg, strict=True))
    assert into == pytest.approx(brought, abs=1e-6)
    assert out == pytest.approx(brought, abs=1e-6)


def flows(attributed: Attributed) -> dict[tuple[str, str], float]:
    """Return the flows that are not nothing, kWh."""
    return {(s.value, u.value): attributed.kwh(s, u) for s, u in attributed.flows if attributed.kwh(s, u)}


def test_pv_serves_the_load_then_the_battery_and_the_rest_is_exported() -> None:
    powers = {"pv": [10.0], "load": [4.0], "charge": [3.0], "discharge": [0.0]}
    assert flows(attribute(parts_of(powers))) == {("pv", "load"): 4.0, ("pv", "charge"): 3.0, ("pv", "export"): 3.0}


def test_the_battery_serves_what_pv_leaves_and_the_grid_the_rest() -> None:
    powers = {"pv": [1.0], "load": [10.0], "charge": [0.0], "discharge": [5.0]}
    found = flows(attribute(parts_of(powers)))
    assert found == {("pv", "load"): 1.0, ("discharge", "load"): 5.0, ("import", "load"): 4.0}


def test_both_directions_of_a_meter_in_one_step_meet() -> None:
    powers = {"pv": [3.0], "load": [2.0], "import": [0.5], "export": [1.5]}
    found = flows(attribute(parts_of(powers)))
    assert found == {("pv", "load"): 2.0, ("pv", "export"): 1.0, ("import", "export"): 0.5}


def test_what_no_meter_explains_stands_on_the_side_that_lacks_it() -> None:
    more_in = attribute(parts_of({"pv": [5.0], "load": [3.0], "import": [0.0], "export": [1.0]}))
    assert flows(more_in)["pv", "unknown-use"] == 1.0
    assert more_in.residual == pytest.approx(0.2)
    more_out = attribute(parts_of({"pv": [5.0], "load": [3.0], "import": [0.0], "export": [4.0]}))
    assert flows(more_out)["unknown-source", "export"] == 2.0
    assert more_out.residual == pytest.approx(0.4)


def test_a_grid_that_is_not_measured_closes_the_balance() -> None:
    parts = parts_of({"pv": [5.0, 0.0], "load": [3.0, 4.0]})
    assert not parts.grid_measured
    assert list(parts.total(Quantity.EXPORT_KW)) == [2.0, 0.0]
    assert list(parts.total(Quantity.IMPORT_KW)) == [0.0, 4.0]
    only_import = parts_of({"pv": [5.0], "load": [3.0], "import": [0.5]})
    assert list(only_import.total(Quantity.EXPORT_KW)) == [2.5]
    only_export = parts_of({"pv": [5.0], "load": [8.0], "export": [0.5]})
    assert list(only_export.total(Quantity.IMPORT_KW)) == [3.5]


def test_loads_share_a_flow_by_their_power_in_each_step() -> None:
    powers = {"pv": [6.0, 0.0], "load one": [3.0, 1.0], "load two": [1.0, 3.0]}
    found = {(edge.source, edge.target): edge.amount for edge in edges_of(attribute(parts_of(powers)))}
    assert found["pv", "load:load one"] == pytest.approx(3.0)
    assert found["pv", "load:load two"] == pytest.approx(1.0)
    assert found["import", "load:load one"] == pytest.approx(1.0)
    assert found["import", "load:load two"] == pytest.approx(3.0)


def test_a_missing_value_leaves_out_its_step_for_all_and_is_counted() -> None:
    parts = parts_of({"pv": [1.0, None, 1.0, 1.0], "load": [2.0, 2.0, None, 2.0]})
    assert (parts.steps, parts.left_out, parts.left_out_h) == (2, 2, 2.0)
    assert to(edges_of(attribute(parts)), Use.LOAD) == pytest.approx(4.0)


def test_a_value_that_is_only_late_is_not_yet_missing() -> None:
    parts = parts_of({"pv": [1.0, 1.0, None, None], "load": [2.0, 2.0, 2.0, 2.0]})
    assert (parts.steps, parts.left_out) == (2, 0)
    assert parts_of({"pv": [1.0, None, None, None], "load": [2.0] * 4}).left_out == 3


def test_without_any_value_every_step_is_left_out_and_nothing_flows() -> None:
    parts = parts_of({"pv": [None, None], "load": [1.0, 1.0]})
    assert (parts.steps, parts.left_out) == (0, 2)
    attributed = attribute(parts)
    assert ends_of(edges_of(attributed)) == (0.0, 0.0)
    assert attributed.residual is None


def test_a_meter_that_says_nothing_at_all_is_missing_and_not_zero() -> None:
    window, meters = window_of({"load": [1.0, 1.0]})
    parts = flow_parts(window, (*meters, meter("pv")), HOUR, window.start, window.end)
    assert (parts.steps, parts.left_out) == (0, 2)


def test_zeros_flow_nowhere() -> None:
    attributed = attribute(parts_of({"pv": [0.0], "load": [0.0], "charge": [0.0], "discharge": [0.0]}))
    assert flows(attributed) == {}
    assert ends_of(edges_of(attributed)) == (0.0, 0.0)


def test_what_no_site_can_draw_and_what_is_below_zero_is_counted_and_does_no_harm() -> None:
    parts = parts_of({"pv": [-0.2, 1e300, 2.0], "load": [1.0, 1.0, 1.0]})
    assert (parts.steps, parts.left_out, parts.negative) == (2, 1, 1)
    assert list(parts.total(Quantity.PV_KW)) == [0.0, 2.0]


def test_sub_meters_leave_a_rest_that_is_never_below_zero() -> None:
    parts = parts_of({"load": [10.0, 4.0, 0.0], "sub heat": [6.0, 3.0, 0.5], "sub car": [1.0, 3.0, 0.0]})
    found = {(edge.source, edge.target): edge.amount for edge in edges_of(attribute(parts))}
    assert found["load", "other-uses"] == pytest.approx(3.0)
    assert found["load", "sub:sub heat"] + found["excess", "sub:sub heat"] == pytest.approx(9.5)
    assert found["excess", "sub:sub heat"] == pytest.approx(1.0 + 0.5)
    excess = excess_of(parts)
    assert (excess.steps, excess.kwh) == (2, pytest.approx(2.5))


def test_a_sub_meter_without_a_value_leaves_no_step_out_but_counts_as_other_uses() -> None:
    parts = parts_of({"load": [10.0, 10.0], "sub heat": [6.0, None]})
    found = {(edge.source, edge.target): edge.amount for edge in edges_of(attribute(parts))}
    assert parts.left_out == 0
    assert found["load", "sub:sub heat"] == pytest.approx(6.0)
    assert found["load", "other-uses"] == pytest.approx(14.0)


def test_sub_meters_of_two_loads_are_not_attributed() -> None:
    parts = parts_of({"load one": [3.0], "load two": [1.0], "sub heat": [2.0]})
    assert Further.OTHER_USES not in {edge.target for edge in edges_of(attribute(parts))}


def test_measured_flows_between_parts_of_a_site_are_no_sub_meters() -> None:
    codes = ("P_PV_ESS", "P_ESS_Con", "P_PEG_Con", "Con", "con_ev", "other_gas")
    others = [replace(meter("sub heat"), code=code) for code in codes]
    assert [m.code for m in sub_meters(others)] == ["con_ev", "other_gas"]


def test_what_is_not_on_the_connection_is_never_summed() -> None:
    window, meters = window_of({"load": [1.0], "load far": [50.0], "sub far": [9.0]})
    away = tuple(m if m.measurand_id == "load" else meter(m.measurand_id, on_connection=False) for m in meters)
    parts = flow_parts(window, away, HOUR, window.start, window.end)
    assert list(parts.total(Quantity.LOAD_KW)) == [1.0]
    assert parts.subs.shape[1] == 0

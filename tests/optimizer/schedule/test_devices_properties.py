"""Devices against second formulations that share nothing with the model: sums written out, and every pattern tried."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Status
from optimizer.schedule.solve import solve_schedule

N = 5
seeds = st.integers(0, 100_000)
few = settings(max_examples=10, deadline=None)


def site(rng: np.random.Generator, **more: Any) -> dict[str, Any]:
    """Return a site without a battery, import always dearer than export, wide limits."""
    price = rng.uniform(0.1, 0.5, N)
    return {
        "steps": N,
        "dt_h": float(rng.choice([0.25, 0.5, 1.0])),
        "load_kw": rng.uniform(0, 8, N).tolist(),
        "pv_kw": (rng.uniform(0, 10, N) * (rng.random(N) < 0.5)).tolist(),
        "import_price": price.tolist(),
        "export_price": (price * rng.uniform(0, 0.9, N)).tolist(),
        "grid": {"import_limit_kw": 100.0, "export_limit_kw": 100.0},
        **more,
    }


def objective(raw: dict[str, Any]) -> float | None:
    solution = solve_schedule(Problem.from_json(raw))
    assert solution.status in (Status.OPTIMAL, Status.INFEASIBLE)
    return solution.objective


def grid_cost(raw: dict[str, Any], net_kw: np.ndarray) -> float:
    """Return what a net load costs, in plain arithmetic."""
    buy, sell = np.array(raw["import_price"]), np.array(raw["export_price"])
    return float(raw["dt_h"] * (buy @ np.maximum(net_kw, 0) - sell @ np.maximum(-net_kw, 0)))


def net_of(raw: dict[str, Any]) -> np.ndarray:
    return np.array(raw["load_kw"]) - np.array(raw["pv_kw"])


class Linear:
    """A linear programme in import, export and other powers of N steps each, written out row by row."""

    def __init__(self, raw: dict[str, Any], powers: dict[str, tuple[float, np.ndarray]]) -> None:
        """Declare powers by name: +1 for what takes and -1 for what gives, and the most of each step."""
        self.names = ["import", "export", *powers]
        self.columns = N * len(self.names) + 1
        self.cost = np.zeros(self.columns)
        self.cost[self.at("import")] = raw["dt_h"] * np.array(raw["import_price"])
        self.cost[self.at("export")] = -raw["dt_h"] * np.array(raw["export_price"])
        self.most = np.full(self.columns, np.inf)
        self.rows: list[tuple[np.ndarray, float]] = []
        self.equal = np.zeros((N, self.columns))
        self.right = net_of(raw)
        signs = {"import": 1.0, "export": -1.0} | {name: -sign for name, (sign, _) in powers.items()}
        for name in self.names:
            self.equal[np.arange(N), self.at(name)] = signs[name]
        for name, (_, most) in powers.items():
            self.most[self.at(name)] = most

    def at(self, name: str) -> np.ndarray:
        return N * self.names.index(name) + np.arange(N)

    def row(self, **weights: Any) -> np.ndarray:
        """Return one row; `peak` is the last column."""
        row = np.zeros(self.columns)
        for name, weight in weights.items():
            if name == "peak":
                row[-1] = weight
            else:
                row[self.at(name)] = weight
        return row

    def at_most(self, limit: float, **weights: Any) -> None:
        self.rows.append((self.row(**weights), limit))

    def solve(self, least_peak: float = 0.0) -> float | None:
        lower = np.zeros(self.columns)
        lower[-1] = least_peak
        rows = np.array([row for row, _ in self.rows]) if self.rows else None
        limits = [limit for _, limit in self.rows] if self.rows else None
        bounds = np.stack([lower, self.most], axis=1)
        found = linprog(self.cost, A_ub=rows, b_ub=limits, A_eq=self.equal, b_eq=self.right, bounds=bounds)
        return float(found.fun) if found.status == 0 else None


def until(step: int) -> np.ndarray:
    return (np.arange(N) <= step).astype(float)


def agree(raw: dict[str, Any], wanted: float | None) -> None:
    found = objective(raw)
    assert (found is None) == (wanted is None)
    if wanted is not None:
        assert found == pytest.approx(wanted, rel=1e-6, abs=1e-6)


@few
@given(seed=seeds)
def test_a_vehicle_costs_what_sums_of_its_powers_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrive, margin = int(rng.integers(0, 3)), int(rng.integers(0, 2))
    depart = int(rng.integers(arrive + 1, N + 1))
    car = {
        "id": "car",
        "capacity_kwh": 12.0,
        "charge_kw": 7.0,
        "soc_init": 0.3,
        "soc_max": 0.9,
        "eta_charge": 0.9,
        "soc_target": float(rng.uniform(0.2, 0.8)),
        "arrive_step": arrive,
        "depart_step": depart,
        "margin_steps": margin,
    }
    raw = site(rng, vehicles=[car])
    here = (np.arange(N) >= arrive) & (np.arange(N) < depart)
    second = Linear(raw, {"car": (1.0, np.where(here, 7.0, 0.0))})
    for step in range(N):
        gained = raw["dt_h"] * 0.9 * until(step)
        second.at_most(12.0 * 0.6, car=gained)
        if here[step] and step >= depart - 1 - margin:
            second.at_most(-12.0 * (car["soc_target"] - 0.3), car=-gained)
    agree(raw, second.solve())


@few
@given(seed=seeds)
def test_a_heat_pump_costs_what_sums_of_its_heat_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    heat, cop, dt = rng.uniform(0, 6, N), rng.uniform(2, 4, N), 0.5
    pump = {
        "id": "hp",
        "max_kw": 2.0,
        "cop": cop.tolist(),
        "heat_load_kw": heat.tolist(),
        "heat_max_kwh": 5.0,
        "heat_init_kwh": 3.0,
        "heat_min_kwh": 0.5,
        "heat_end_min_kwh": 2.0,
        "loss_per_h": 0.1,
    }
    raw = {**site(rng, heat_pumps=[pump]), "dt_h": dt}
    second, kept = Linear(raw, {"hp": (1.0, np.full(N, 2.0))}), 0.9**dt
    for step in range(N):
        share = np.where(np.arange(N) <= step, kept ** (step - np.arange(N)), 0.0)
        known = 3.0 * kept ** (step + 1) - dt * share @ heat
        second.at_most(5.0 - known, hp=dt * share * cop)
        least = 2.0 if step == N - 1 else 0.5
        second.at_most(known - least, hp=-dt * share * cop)
    agree(raw, second.solve())


def runs_of(on: tuple[int, ...], ran: bool) -> list[tuple[int, int]]:
    """Return (first, length) of every run that starts within the horizon."""
    edges = np.diff([1 if ran else 0, *on, 0])
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(first), int(ends[ends > first][0] - first)) for first in starts]


@few
@given(seed=seeds)
def test_a_deferrable_load_costs_what_the_best_of_all_patterns_costs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shortest, most, ones = int(rng.integers(1, 4)), int(rng.integers(1, 3)), int(rng.integers(1, 5))
    first, end = int(rng.integers(0, 2)), int(rng.integers(3, N + 1))
    raw = site(rng)
    raw["deferrable_loads"] = [
        {
            "id": "w",
            "energy_kwh": 3.0 * ones * raw["dt_h"],
            "max_kw": 3.0,
            "min_kw": 3.0,
            "start_step": first,
            "end_step": end,
            "min_run_steps": shortest,
            "max_starts": most,
        }
    ]
    allowed = [
        on
        for on in product((0, 1), repeat=N)
        if sum(on) == ones
        and not any(on[:first])
        and not any(on[end:])
        and len(runs_of(on, False)) <= most
        and all(length >= shortest for _, length in runs_of(on, False))
    ]
    agree(raw, min((grid_cost(raw, net_of(raw) + 3.0 * np.array(on)) for on in allowed), default=None))


@few
@given(seed=seeds)
def test_a_generator_costs_what_the_best_of_all_patterns_costs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shortest, ran = int(rng.integers(1, 3)), int(rng.integers(0, 2))
    gen: dict[str, Any] = {"id": "g", "max_kw": 6.0, "min_kw": 2.0, "cost_per_kwh": 0.2, "cost_per_h_on": 0.1}
    gen |= {"cost_per_start": float(rng.uniform(0, 0.5)), "min_run_steps": shortest, "ran_steps": ran}
    raw = site(rng, generators=[gen])
    net, dt, costs = net_of(raw), raw["dt_h"], []
    for on in product((0, 1), repeat=N):
        runs = runs_of(on, ran > 0)
        too_short = any(length < shortest and begin + length < N for begin, length in runs)
        if too_short or (ran and ran < shortest and not on[0]):
            continue
        cost = gen["cost_per_start"] * len(runs)
        for step in range(N):
            # piecewise linear in the power: the best is an end or the net load itself
            candidates = [2.0, 6.0, float(np.clip(net[step], 2.0, 6.0))] if on[step] else [0.0]
            buy, sell = raw["import_price"][step], raw["export_price"][step]
            cost += dt * min(
                buy * max(net[step] - p, 0) - sell * max(p - net[step], 0) + 0.2 * p + 0.1 * on[step]
                for p in candidates
            )
        costs.append(cost)
    agree(raw, min(costs))


def with_battery(rng: np.random.Generator, **more: Any) -> tuple[dict[str, Any], Linear]:
    """Return a site with a battery and the same as sums: 10 kWh, 4 kW, 0.95 each way, half full."""
    battery = {
        "capacity_kwh": 10.0,
        "charge_kw": 4.0,
        "discharge_kw": 4.0,
        "eta_charge": 0.95,
        "eta_discharge": 0.95,
        "soc_min": 0.1,
        "soc_max": 0.9,
        "soc_init": 0.5,
        "soc_end_min": 0.5,
    }
    raw = site(rng, battery=battery | more)
    raw["dt_h"] = 1.0
    second = Linear(raw, {"charge": (1.0, np.full(N, 4.0)), "discharge": (-1.0, np.full(N, 4.0))})
    for step in range(N):
        second.at_most(4.0, charge=0.95 * until(step), discharge=-until(step) / 0.95)
        least = 5.0 if step == N - 1 else 1.0
        second.at_most(5.0 - least, charge=-0.95 * until(step), discharge=until(step) / 0.95)
    return raw, second


@few
@given(seed=seeds)
def test_a_reserve_costs_what_sums_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    raw, second = with_battery(rng)
    energy, power = rng.uniform(0, 6, N), rng.uniform(0, 5, N)
    raw["reserve"] = {"energy_kwh": energy.tolist(), "power_kw": power.tolist()}
    for step in range(N):
        least = 1.0 + energy[step] / 0.95
        second.at_most(5.0 - least, charge=-0.95 * until(step), discharge=until(step) / 0.95)
        now = (np.arange(N) == step).astype(float)
        second.at_most(4.0 - power[step], discharge=now, charge=-now)
    agree(raw, second.solve())


@few
@given(seed=seeds, known=st.booleans(), of_grid=st.booleans())
def test_a_ramp_limit_costs_what_sums_say(seed: int, known: bool, of_grid: bool) -> None:
    rng = np.random.default_rng(seed)
    raw, second = with_battery(rng)
    ramp, before = float(rng.uniform(1, 6)), float(rng.uniform(-3, 3)) if known else None
    raw["grid" if of_grid else "battery"] |= {"ramp_kw_per_step": ramp, "power_before_kw": before}
    gives, takes = ("import", "export") if of_grid else ("discharge", "charge")
    for step in range(0 if known else 1, N):
        change = (np.arange(N) == step).astype(float) - (np.arange(N) == step - 1)
        start = (before or 0.0) if step == 0 else 0.0
        second.at_most(ramp + start, **{gives: change, takes: -change})
        second.at_most(ramp - start, **{gives: -change, takes: change})
    agree(raw, second.solve())


@few
@given(seed=seeds, length=st.integers(1, 3), offset=st.integers(0, 2))
def test_a_capacity_charge_costs_what_sums_say(seed: int, length: int, offset: int) -> None:
    rng = np.random.default_rng(seed)
    raw, second = with_battery(rng)
    offset, first = min(offset, length - 1), int(rng.integers(0, N))
    incurred = float(rng.uniform(0, 4))
    charge = {"price_per_kw": 0.7, "already_incurred_kw": incurred, "averaging_steps": length}
    raw["capacity_charges"] = [{**charge, "averaging_offset": offset, "windows": [[first, N]], "running_kwh": 1.0}]
    second.cost[-1] = 0.7
    for interval in range(N + 1):
        steps = [step for step in range(N) if (step + offset) // length == interval]
        if steps and steps[0] >= first:
            hours = length if interval == 0 else len(steps)
            mean = np.isin(np.arange(N), steps) / hours
            second.at_most(-1.0 / hours if interval == 0 else 0.0, **{"import": mean, "peak": -1.0})
    agree(raw, second.solve(least_peak=incurred))


@few
@given(seed=seeds)
def test_a_dimming_signal_costs_what_a_lower_limit_costs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    raw, second = with_battery(rng)
    first, limit = int(rng.integers(0, N)), float(rng.uniform(0, 8))
    raw["battery"]["soc_init"] = 0.3
    second.rows = [(row, limit_kwh + (2.0 if i % 2 == 0 else -2.0)) for i, (row, limit_kwh) in enumerate(second.rows)]
    raw["dimming"] = [{"start_step": first, "end_step": N, "limit_kw": limit}]
    lowered = np.maximum(net_of(raw), 0.0) + max(limit, 4.2)
    second.most[second.at("import")] = np.where(np.arange(N) >= first, lowered, np.inf)
    agree(raw, second.solve())


@settings(max_examples=5, deadline=None)
@given(seed=seeds)
def test_switching_costs_what_the_best_of_all_directions_costs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost = float(rng.uniform(0, 0.5))
    raw, second = with_battery(rng, switching_cost=cost)
    costs = []
    for way in product((0.0, 1.0), repeat=N):
        second.most[second.at("charge")] = 4.0 * np.array(way)
        second.most[second.at("discharge")] = 4.0 * (1.0 - np.array(way))
        found = second.solve()
        if found is not None:
            costs.append(found + cost * sum(one != other for one, other in pairwise(way)))
    agree(raw, min(costs))

"""What is wrong with a problem, found before any solve: each check raises InvalidProblem with the JSON key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import check_number, check_positive, check_series

if TYPE_CHECKING:
    from optimizer.schedule.problem import FlexibleLoad, Problem, SocTarget, Storage


def check_problem(problem: Problem) -> None:
    """Raise InvalidProblem for the first thing that is wrong."""
    _check_series(problem)
    _check_money(problem)
    for storage in problem.storages:
        _check_storage(problem, storage)
    for index, load in enumerate(problem.flexible_loads):
        _check_flexible(problem, load, f"flexible_loads[{index}]")
    seen: set[str] = set()
    for device in problem.devices:
        if device.device_id in seen:
            raise InvalidProblem(f"{device.key}: the id {device.device_id!r} is used twice")
        seen.add(device.device_id)
        device.check(problem)


def check_lengths(problem: Problem) -> None:
    """Raise InvalidProblem where number or length of the steps is wrong."""
    if problem.steps < 1:
        raise InvalidProblem(f"steps: {problem.steps} must be at least 1")
    check_positive("dt_h", problem.dt_h)
    if problem.first_h is not None:
        check_positive("first_h", problem.first_h)
        check_number("first_h", problem.first_h, high=problem.dt_h)


def _check_series(problem: Problem) -> None:
    steps = problem.steps
    check_series("load_kw", problem.load_kw, steps, low=0.0)
    check_series("pv_kw", problem.pv_kw, steps, low=0.0)
    check_series("import_price", problem.import_price, steps)
    check_series("export_price", problem.export_price, steps)
    check_series("grid.import_limit_kw", problem.import_limit_kw, steps, low=0.0, unlimited=True)
    check_series("grid.export_limit_kw", problem.export_limit_kw, steps, low=0.0, unlimited=True)
    if problem.co2_kg_per_kwh is not None:
        check_series("co2_kg_per_kwh", problem.co2_kg_per_kwh, steps, low=0.0)


def _check_money(problem: Problem) -> None:
    check_number("energy_weight", problem.energy_weight, low=0.0)
    check_number("co2_price_per_kg", problem.co2_price_per_kg, low=0.0)
    check_number("degradation_cost_per_kwh_discharged", problem.degradation_cost_per_kwh_discharged, low=0.0)
    if problem.demand_charge is not None:
        check_number("demand_charge.price_per_kw", problem.demand_charge.price_per_kw, low=0.0)
        check_number("demand_charge.already_incurred_kw", problem.demand_charge.already_incurred_kw, low=0.0)
    if problem.co2_limit_kg is not None:
        check_number("co2_limit_kg", problem.co2_limit_kg, low=0.0)
    if problem.co2_kg_per_kwh is None and (problem.co2_price_per_kg > 0 or problem.co2_limit_kg is not None):
        raise InvalidProblem("co2_kg_per_kwh: needed by co2_price_per_kg and co2_limit_kg")


def _check_storage(problem: Problem, storage: Storage) -> None:
    key = problem.key_of(storage)
    check_positive(f"{key}.capacity_kwh", storage.capacity_kwh)
    check_number(f"{key}.charge_kw", storage.charge_kw, low=0.0)
    check_number(f"{key}.discharge_kw", storage.discharge_kw, low=0.0)
    for name, eta in (("eta_charge", storage.eta_charge), ("eta_discharge", storage.eta_discharge)):
        check_positive(f"{key}.{name}", eta)
        check_number(f"{key}.{name}", eta, high=1.0)
    check_number(f"{key}.soc_min", storage.soc_min, low=0.0, high=1.0)
    check_number(f"{key}.soc_max", storage.soc_max, low=0.0, high=1.0)
    check_number(f"{key}.soc_init", storage.soc_init, low=0.0, high=1.0)
    check_number(f"{key}.self_discharge_per_h", storage.self_discharge_per_h, low=0.0, high=1.0)
    if storage.soc_min > storage.soc_max:
        raise InvalidProblem(f"{key}.soc_min: {storage.soc_min:g} is above soc_max {storage.soc_max:g}")
    if storage.soc_end_min is not None:
        check_number(f"{key}.soc_end_min", storage.soc_end_min, low=0.0, high=1.0)
    for index, target in enumerate(storage.soc_targets):
        _check_target(problem, target, f"{key}.soc_targets[{index}]")


def _check_target(problem: Problem, target: SocTarget, key: str) -> None:
    if not 0 <= target.after_step < problem.steps:
        raise InvalidProblem(f"{key}.after_step: {target.after_step} is not one of the steps 0..{problem.steps - 1}")
    check_number(f"{key}.min", target.minimum, low=0.0, high=1.0)
    if target.maximum is not None:
        check_number(f"{key}.max", target.maximum, low=0.0, high=1.0)
        if target.maximum < target.minimum:
            raise InvalidProblem(f"{key}.max: {target.maximum:g} is below min {target.minimum:g}")


def _check_flexible(problem: Problem, load: FlexibleLoad, key: str) -> None:
    check_number(f"{key}.energy_kwh", load.energy_kwh, low=0.0)
    check_number(f"{key}.max_kw", load.max_kw, low=0.0)
    if not 0 <= load.start_step <= load.end_step <= problem.steps:
        raise InvalidProblem(f"{key}: start_step {load.start_step}, end_step {load.end_step} of {problem.steps} steps")

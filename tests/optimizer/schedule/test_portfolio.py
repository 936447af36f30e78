"""Many sites: the answers of each alone, in their own order, and one that fails stops no other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from optimizer.schedule import portfolio
from optimizer.schedule.portfolio import order_of, solve_portfolio
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution, Status
from optimizer.schedule.solve import solve_schedule
from tests.optimizer.schedule.problems import EXAMPLE, changed, random_problem

SITES = [Problem.from_json(random_problem(np.random.default_rng(seed), steps=12)) for seed in range(12)]


def test_each_site_gets_the_answer_it_gets_alone() -> None:
    together = solve_portfolio(SITES)
    for problem, answer in zip(SITES, together, strict=True):
        alone = solve_schedule(problem)
        assert isinstance(answer, Solution)
        assert answer.status is alone.status
        if alone.status is Status.OPTIMAL:
            assert answer.objective == pytest.approx(alone.objective, rel=1e-7, abs=1e-7)


def test_the_order_visits_every_site_once_and_keeps_one_structure_together() -> None:
    order = order_of(SITES)
    assert sorted(order) == list(range(len(SITES)))
    structures = [portfolio._structure(SITES[index]) for index in order]
    assert len(set(structures)) == 1 + sum(a != b for a, b in pairwise(structures)) > 2


def test_alike_sites_are_neighbours() -> None:
    # two kinds of sites, alternating: the chain finishes one kind before it begins the other
    kinds = [
        changed(EXAMPLE, load_kw=[0.0, 40.0 + i]) if i % 2 else changed(EXAMPLE, load_kw=[40.0 + i, 0.0])
        for i in range(8)
    ]
    order = order_of([Problem.from_json(raw) for raw in kinds])
    assert [index % 2 for index in order] == [0] * 4 + [1] * 4


def test_an_infeasible_site_is_said_and_the_others_are_planned() -> None:
    good, bad = Problem.from_json(EXAMPLE), Problem.from_json(changed(EXAMPLE, load_kw=[0.0, 900.0]))
    answers = solve_portfolio([good, bad, good])
    assert [answer.status for answer in answers if isinstance(answer, Solution)] == ["optimal", "infeasible", "optimal"]

"""A search in its own process: the same answer, a limit that holds against anything, and deaths that are said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dash_app.domain.errors import SolverFailed
from optimizer.schedule import isolated
from optimizer.schedule.compiled import Compiled
from optimizer.schedule.exact import directions_by_price
from optimizer.schedule.highs import Matrices, Outcome, solve_here
from optimizer.schedule.isolated import Worker, solve_apart
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Status
from optimizer.schedule.solve import solve_schedule
from tests.optimizer.schedule.problems import EXAMPLE, changed, random_problem

DEARER_EXPORT = changed(EXAMPLE, export_price=[0.2, 0.5])


def matrices_of(problem: Problem) -> Matrices:
    return Compiled(directions_by_price(problem).shape(problem), problem).matrices(problem)


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker(grace_s=0.3)
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def test_the_answer_is_the_one_of_a_search_in_this_process() -> None:
    problem = Problem.from_json({**random_problem(np.random.default_rng(3), hard_prices=True)})
    matrices = matrices_of(problem)
    apart, here = solve_apart(matrices, [], 60.0), solve_here(matrices, time_limit_s=60.0)
    assert apart.outcome is here.outcome
    assert matrices.cost @ apart.plans[0] == pytest.approx(matrices.cost @ here.plans[0])


def test_a_process_that_does_not_answer_is_killed_when_its_time_is_over(worker: Worker) -> None:
    matrices = matrices_of(Problem.from_json(DEARER_EXPORT))
    assert worker.solve(matrices, [], 5.0).outcome is Outcome.OPTIMAL
    os.kill(worker.process.pid, signal.SIGSTOP)
    began = time.monotonic()
    answer = worker.solve(matrices, [], 0.2)
    assert (answer.outcome, answer.plans) == (Outcome.TIME_LIMIT, ())
    assert time.monotonic() - began < 5.0
    assert worker.process.poll() == -signal.SIGKILL
    assert not worker.alive


def test_a_killed_process_is_a_failed_search_and_the_next_one_works() -> None:
    problem = Problem.from_json(DEARER_EXPORT)
    best = solve_schedule(problem)
    assert best.status is Status.OPTIMAL
    killed = isolated._OWN.worker.process
    os.kill(killed.pid, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (killed.pid, signal.SIGKILL)).start()
    with pytest.raises(SolverFailed, match="ended with -9"):
        solve_schedule(problem)
    assert solve_schedule(problem).objective == pytest.approx(best.objective)


def test_a_search_that_overruns_has_no_plan_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem.from_json(DEARER_EXPORT)
    solve_schedule(problem)
    stopped = isolated._OWN.worker
    monkeypatch.setattr(stopped, "_grace_s", 0.1)
    os.kill(stopped.process.pid, signal.SIGSTOP)
    solution = solve_schedule(problem, time_limit_s=0.1)
    assert (solution.status, solution.flows, solution.objective) == (Status.TIME_LIMIT, None, None)


def test_the_process_ends_with_its_owner() -> None:
    program = (
        "from tests.optimizer.schedule.test_isolated import *\n"
        "solve_schedule(Problem.from_json(DEARER_EXPORT))\n"
        "print(isolated._OWN.worker.process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    pid, until = int(ran.stdout), time.monotonic() + 10.0
    while _runs(pid):
        assert time.monotonic() < until, "the process outlived its owner"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

"""`energy-dashboard optimise`: a problem of problem format v1 as JSON in, its schedule as JSON out."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any, NoReturn

from dash_app.domain.errors import InvalidProblem, SolverFailed
from optimizer.schedule.solution import Solution, Status

EXIT_CODES = {"optimal": 0, "feasible": 1, "infeasible": 1, "time_limit": 1, "invalid": 2}
EXIT_FAILED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("problem", help="a JSON file, or - for standard input")
    parser.add_argument("--time-limit", type=_seconds, default=60.0, metavar="S", help="seconds to search (default 60)")
    parser.add_argument("--fast", action="store_true", help="no binaries: a feasible plan with its gap")
    parser.add_argument(
        "--front", type=int, metavar="N", help="N (5 to 9) plans more, from the cheapest to the cleanest"
    )


def run(args: argparse.Namespace) -> int:
    """Write the answer to stdout; return 0 only for an optimal plan."""
    try:
        answer = _answer(args)
    except InvalidProblem as error:
        answer = {**Solution(status=Status.INVALID).as_json(), "error": str(error)}
        sys.stderr.write(f"optimise: {error}\n")
    except SolverFailed as error:
        sys.stderr.write(f"optimise: the solver failed: {error}\n")
        return EXIT_FAILED
    sys.stdout.write(json.dumps(answer, allow_nan=False) + "\n")
    return EXIT_CODES[answer["status"]]


def _answer(args: argparse.Namespace) -> dict[str, Any]:
    from optimizer.schedule.pareto import pareto_front
    from optimizer.schedule.problem import Problem
    from optimizer.schedule.solve import solve_schedule, solve_schedule_fast

    problem = Problem.from_json(_read(args.problem))
    solve = solve_schedule_fast if args.fast else solve_schedule
    answer = solve(problem, time_limit_s=args.time_limit).as_json()
    if args.front is not None:
        front = pareto_front(problem, points=args.front, time_limit_s=args.time_limit)
        answer["front"] = [{"cost": p.cost, "co2_kg": p.co2_kg, **p.solution.as_json()} for p in front]
    return answer


def _read(name: str) -> dict[str, Any]:
    """Return the JSON object of a file or of standard input; raise InvalidProblem naming what is wrong with it."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        raw = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_without_doubles)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InvalidProblem(f"{name}: {error}") from None
    if not isinstance(raw, dict):
        raise InvalidProblem(f"{name}: one JSON object is needed, got a {type(raw).__name__}")
    return raw


def _refuse_constant(text: str) -> NoReturn:
    raise InvalidProblem(f"{text}: not a number of JSON")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        raise InvalidProblem(f"{twice[0]}: this key stands there twice")
    return dict(pairs)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not math.isfinite(seconds) or seconds <= 0:
        raise argparse.ArgumentTypeError(f"{text!r}: a time limit is more than 0 s")
    return seconds

"""Policies side by side in the closed loop, on measured data: what each costs, and how much of the best it captures.

Rolling control: once an hour a policy plans from what was known then, and every step of the data is executed on the
measured net load by the law of the fast loop. Cases and windows are those of `cases.yaml`; results are appended to a
file, and what is there already is not run again. Run, for example:

    python -m benchmarks.closed_loop --case fontana_1 --policy all
    python -m benchmarks.closed_loop --case all --window all --prices all
    python -m benchmarks.closed_loop --report
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.cases import load_case, names
from benchmarks.closed_loop_report import report
from benchmarks.outlooks import forecasts_of
from benchmarks.policies import PRICES, Bench, policies_of, run

FOLDER = Path(tempfile.gettempdir()) / "energy-dashboard-closed-loop"
Row = dict[str, Any]


def main() -> None:
    """Run what was asked for and is not there yet; print rows as they come, then the report."""
    args = _arguments()
    results = args.folder / "results.jsonl"
    if not args.report:
        for case, window, prices in _wanted(args):
            _run_case(case, window, prices, args, results)
    sys.stdout.write(report(read(results)))


def read(results: Path) -> list[Row]:
    """Return all rows, the newest of each case, window, prices and policy."""
    if not results.exists():
        return []
    rows = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    return list({_key(row): row for row in rows}.values())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", default="all", help=f"all, or one of {', '.join(names())}")
    parser.add_argument("--window", default="test", help="test, other or all")
    parser.add_argument("--prices", default="known", help="known (for 48 h), published or all")
    parser.add_argument("--policy", nargs="+", default=["all"], help="all, or some by their names in the table")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where forecasts and results are kept")
    parser.add_argument("--again", action="store_true", help="run what is there already, too")
    parser.add_argument("--report", action="store_true", help="only print what is there")
    return parser.parse_args()


def _wanted(args: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    for case, windows in names().items():
        for window in windows:
            for prices in PRICES:
                asked = zip((case, window, prices), (args.case, args.window, args.prices), strict=True)
                if all(wanted in ("all", name) for name, wanted in asked):
                    yield case, window, prices


def _run_case(name: str, window: str, prices: str, args: argparse.Namespace, results: Path) -> None:
    case = load_case(name, window)
    if prices == "published" and case.published == "always":
        return
    there = set() if args.again else {_key(row) for row in read(results)}
    missing = [
        policy
        for policy in policies_of(case)
        if ("all" in args.policy or policy in args.policy) and (name, window, prices, policy) not in there
    ]
    if not missing:
        return
    bench = Bench.of(case, forecasts_of(case, args.folder), prices)
    for policy in missing:
        row: Row = {"case": name, "window": window, "kind": case.kind, "prices": prices, "policy": policy}
        row |= {"start": case.start.isoformat(), "steps": case.measured.steps, "currency": case.currency}
        row |= run(bench, policy)
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


def _key(row: Row) -> tuple[str, str, str, str]:
    return row["case"], row["window"], row["prices"], row["policy"]


if __name__ == "__main__":
    main()

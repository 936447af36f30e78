"""`energy-dashboard backtest`: what the forecaster would have been worth on a history, printed as a table."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from dash_app.commands.history_file import add_history_arguments, check_place, read_history
from dash_app.domain.errors import ConfigError

if TYPE_CHECKING:
    from optimizer.forecast.backtest import Backtest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_history_arguments(parser)
    parser.add_argument("--origins", type=int, default=60, help="rolling origins to score, 6 h apart (default: 60)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def run(args: argparse.Namespace) -> int:
    """Write the scores to stdout and return 0; raise ConfigError naming what is wrong with the input."""
    from optimizer.forecast.backtest import backtest
    from optimizer.forecast.history import build_history
    from optimizer.forecast.model import components_for

    check_place(args)
    if args.origins < 1:
        raise ConfigError(f"--origins: {args.origins} is not a positive number")
    series = read_history(args.history)
    end = series.index[-1] + (series.index[1] - series.index[0])
    try:
        history = build_history(series, zone=args.timezone, issued_at=end, positive=args.kind == "load")
        components = components_for(args.kind, history, latitude=args.latitude, longitude=args.longitude)
        result = backtest(history, components, origins=args.origins, horizon=args.horizon)
    except ValueError as error:
        raise ConfigError(f"{args.history}: {error}") from None
    sys.stdout.write(json.dumps(asdict(result)) + "\n" if args.json else table(result))
    return 0


def table(result: Backtest) -> str:
    """Return the scores as aligned text, best first."""
    buckets = list(result.scores[0].by_bucket)
    head = f"{'forecaster':24}{'MAE kW':>10}{'MASE':>8}{'skill':>8}" + "".join(f"{name:>10}" for name in buckets)
    rows = [
        f"{score.name:24}{score.mae:10.3f}{score.mase:8.3f}{score.skill:8.3f}"
        + "".join(f"{score.by_bucket[name]:10.3f}" for name in buckets)
        for score in sorted(result.scores, key=lambda score: score.mae)
    ]
    foot = (
        f"{result.origins} origins; P10-P90 covers {result.coverage:.1%}; pinball {result.pinball:.3f} kW; "
        f"{result.seconds:.1f} s; MASE and skill against the weekly naive on the same targets"
    )
    return "\n".join([head, *rows, foot]) + "\n"

"""`energy-dashboard backtest`: what the forecaster would have been worth on a history, printed as a table."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from dash_app.commands.history_file import add_history_arguments, check_place, read_history
from dash_app.commands.training import add_model_argument, history_for, wants_training
from dash_app.domain.errors import ConfigError

if TYPE_CHECKING:
    from optimizer.forecast.backtest import Backtest
    from optimizer.forecast.history import History
    from optimizer.forecast.training import Trained


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_history_arguments(parser)
    parser.add_argument("--origins", type=int, default=60, help="rolling origins to score, 6 h apart (default: 60)")
    add_model_argument(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def run(args: argparse.Namespace) -> int:
    """Write the scores to stdout and return 0; raise ConfigError naming what is wrong with the input."""
    check_place(args)
    if args.origins < 1:
        raise ConfigError(f"--origins: {args.origins} is not a positive number")
    try:
        result = _scores(args, read_history(args.history))
    except ValueError as error:
        raise ConfigError(f"{args.history}: {error}") from None
    sys.stdout.write(json.dumps(asdict(result)) + "\n" if args.json else table(result))
    return 0


def _scores(args: argparse.Namespace, series: pd.Series) -> Backtest:
    from optimizer.forecast.backtest import backtest_recipe
    from optimizer.forecast.model import recipe_for
    from optimizer.forecast.training import train

    end = series.index[-1] + (series.index[1] - series.index[0])
    history = history_for(args, series, end.to_pydatetime())
    recipe = recipe_for(args.kind, history, latitude=args.latitude, longitude=args.longitude)

    def retrain(known: History, previous: Trained | None) -> Trained:
        return train(recipe, known, trained_at=end.to_pydatetime(), previous=previous)

    trains = wants_training(args, history, spare_days=args.origins / 4 + 3)
    return backtest_recipe(
        recipe, history, origins=args.origins, horizon=args.horizon, retrain=retrain if trains else None
    )


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
        f"{result.origins} origins; P10-P90 covers {result.coverage:.1%}, P5-P95 {result.coverage_90:.1%}; "
        f"pinball {result.pinball:.3f} kW; CRPS {result.crps:.3f} kW; {result.seconds:.1f} s, trained "
        f"{len(result.train_s)} times in {sum(result.train_s):.1f} s of these; "
        "MASE and skill against the weekly naive on the same targets"
    )
    return "\n".join([head, *rows, foot]) + "\n"

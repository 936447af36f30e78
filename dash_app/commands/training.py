"""Whether the headless commands train a model first: the same rule for `forecast` and `backtest`."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from optimizer.forecast.history import History


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the argument that chooses between the simple models and a trained one."""
    parser.add_argument(
        "--model",
        choices=("auto", "simple", "trained"),
        default="auto",
        help="simple models only, or trained on the history first (auto: trained from nine weeks on)",
    )


def history_for(args: argparse.Namespace, series: pd.Series, issued_at: datetime) -> History:
    """Return what is known of a series at a moment, as far back as the chosen model looks; ValueError if too little."""
    from optimizer.forecast.history import LOOKBACK, TRAINED_LOOKBACK, build_history

    lookback = LOOKBACK if args.model == "simple" else TRAINED_LOOKBACK
    return build_history(
        series, zone=args.timezone, issued_at=issued_at, positive=args.kind == "load", lookback=lookback
    )


def wants_training(args: argparse.Namespace, history: History, spare_days: float = 0.0) -> bool:
    """Return whether to train; `spare_days` of the history are not there yet at the first origin.

    A trained forecaster's record is of 48 h: a longer horizon is left to the simple models unless it is asked for.
    """
    from optimizer.forecast.record import LEADS
    from optimizer.forecast.training import LEAST_DAYS

    if args.model == "auto":
        return bool(history.days - spare_days >= LEAST_DAYS and args.horizon <= LEADS)
    return bool(args.model == "trained")

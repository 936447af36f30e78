"""`energy-dashboard forecast`: a history as CSV in, a forecast with its band as CSV out."""

from __future__ import annotations

import argparse
import sys

import pandas as pd

from dash_app.commands.history_file import add_history_arguments, check_place, parse_moment, read_history
from dash_app.domain.errors import ConfigError
from dash_app.domain.time import TimeGrid


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_history_arguments(parser)
    parser.add_argument("--quantiles", type=_quantiles, default=(0.1, 0.5, 0.9), help="as 0.1,0.5,0.9")
    parser.add_argument(
        "--issued-at", type=parse_moment, help="nothing after this is used (default: the last step's end)"
    )
    parser.add_argument("--weather", help="not supported yet: refused, never ignored")


def run(args: argparse.Namespace) -> int:
    """Write the forecast to stdout and return 0; raise ConfigError naming what is wrong with the input."""
    from optimizer.forecast.history import build_history
    from optimizer.forecast.model import components_for, forecast_from

    check_place(args)
    if args.weather:
        raise ConfigError("--weather: forecasts from weather are not supported yet")
    series = read_history(args.history)
    step = series.index[1] - series.index[0]
    issued_at = args.issued_at or (series.index[-1] + step).to_pydatetime()
    try:
        history = build_history(series, zone=args.timezone, issued_at=issued_at, positive=args.kind == "load")
    except ValueError as error:
        raise ConfigError(f"{args.history}: {error}") from None
    grid = TimeGrid.between(issued_at, issued_at + args.horizon, step.to_pytimedelta())
    components = components_for(args.kind, history, latitude=args.latitude, longitude=args.longitude)
    frame = forecast_from(history, components, grid, issued_at=issued_at, quantiles=args.quantiles).frame
    sys.stdout.write(_as_csv(frame, issued_at.isoformat()))
    return 0


def _as_csv(frame: pd.DataFrame, issued_at: str) -> str:
    stamps = [stamp.isoformat() for stamp in frame.index]
    out = frame.round(6).reset_index(drop=True)
    out.insert(0, "valid_at", stamps)
    out.insert(0, "issued_at", issued_at)
    return out.to_csv(index=False, lineterminator="\n")


def _quantiles(text: str) -> tuple[float, ...]:
    try:
        quantiles = tuple(sorted(float(part) for part in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list such as 0.1,0.5,0.9") from None
    if not quantiles or any(not 0.0 < quantile < 1.0 for quantile in quantiles):
        raise argparse.ArgumentTypeError(f"{text!r}: quantiles lie between 0 and 1")
    return quantiles

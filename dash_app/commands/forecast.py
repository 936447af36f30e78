"""`energy-dashboard forecast`: a forecast with its band as CSV, from a history as CSV or from the ledger."""

from __future__ import annotations

import argparse
import sys

from dash_app.commands.forecast_ledger import as_csv, show_ledger
from dash_app.commands.history_file import add_history_arguments, check_place, parse_moment, read_history
from dash_app.commands.training import add_model_argument, history_for, wants_training
from dash_app.domain.errors import ConfigError
from dash_app.domain.time import TimeGrid


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_history_arguments(parser, required=False)
    parser.add_argument("--project", help="instead of a history: the forecast that this project's plans were made from")
    parser.add_argument("--quantiles", type=_quantiles, default=(0.1, 0.5, 0.9), help="as 0.1,0.5,0.9")
    parser.add_argument(
        "--issued-at",
        type=parse_moment,
        help="nothing after this is used (default: the last step's end; of a project: the newest)",
    )
    add_model_argument(parser)
    parser.add_argument("--weather", help="not supported yet: refused, never ignored")


def run(args: argparse.Namespace) -> int:
    """Write the forecast to stdout, what it stands on to stderr, and return 0; raise ConfigError for a bad input."""
    from optimizer.forecast.forecasting import forecast_with
    from optimizer.forecast.model import recipe_for
    from optimizer.forecast.training import train

    if args.project:
        return show_ledger(args.project, args.kind, args.issued_at, history=args.history)
    if args.history is None:
        raise ConfigError("forecast: name a history, or a --project")
    check_place(args)
    if args.weather:
        raise ConfigError("--weather: forecasts from weather are not supported yet")
    series = read_history(args.history)
    step = series.index[1] - series.index[0]
    issued_at = args.issued_at or (series.index[-1] + step).to_pydatetime()
    grid = TimeGrid.between(issued_at, issued_at + args.horizon, step.to_pytimedelta())
    try:
        history = history_for(args, series, issued_at)
        recipe = recipe_for(args.kind, history, latitude=args.latitude, longitude=args.longitude)
        trained = train(recipe, history, trained_at=issued_at) if wants_training(args, history) else None
        forecast = forecast_with(recipe, history, grid, issued_at=issued_at, trained=trained, quantiles=args.quantiles)
    except ValueError as error:
        raise ConfigError(f"{args.history}: {error}") from None
    sys.stderr.write(_stands_on(forecast.basis, forecast.left_out, forecast.missing))
    sys.stdout.write(as_csv(forecast.frame, issued_at.isoformat()))
    return 0


def _stands_on(basis: str, left_out: dict[str, int], missing: int) -> str:
    faults = "".join(f"; {count} left out: {name.replace('_', ' ')}" for name, count in left_out.items())
    return f"{basis}; {missing} missing{faults}\n"


def _quantiles(text: str) -> tuple[float, ...]:
    try:
        quantiles = tuple(sorted(float(part) for part in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list such as 0.1,0.5,0.9") from None
    if not quantiles or any(not 0.0 < quantile < 1.0 for quantile in quantiles):
        raise argparse.ArgumentTypeError(f"{text!r}: quantiles lie between 0 and 1")
    return quantiles

"""The CSV that `forecast` and `backtest` read: `timestamp_utc` (start of the step), `value_kw` (empty = missing)."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from dash_app.domain.errors import ConfigError
from dash_app.domain.time import check_utc

COLUMNS = ["timestamp_utc", "value_kw"]


def add_history_arguments(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Declare what both commands need to know about a history."""
    parser.add_argument(
        "history",
        nargs=None if required else "?",
        help="CSV with timestamp_utc (start of the step) and value_kw; '-' reads stdin",
    )
    parser.add_argument("--kind", choices=("load", "pv"), default="load", help="what the values are (default: load)")
    parser.add_argument("--horizon", type=parse_horizon, default=timedelta(hours=48), help="how far ahead, as 48h")
    parser.add_argument("--timezone", type=parse_zone, default=ZoneInfo("UTC"), help="the site's zone (default: UTC)")
    parser.add_argument("--latitude", type=float, help="degrees north; needed for --kind pv")
    parser.add_argument("--longitude", type=float, help="degrees east; needed for --kind pv")


def read_history(name: str) -> pd.Series:
    """Return the regular UTC series of a history file, NaN where missing; raise ConfigError naming what is wrong."""
    source = sys.stdin if name == "-" else Path(name)
    try:
        raw = pd.read_csv(source)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ConfigError(f"{name}: {error}") from None
    if list(raw.columns[:2]) != COLUMNS:
        raise ConfigError(f"{name}: the columns must be {COLUMNS}, not {list(raw.columns)}")
    stamps = pd.to_datetime(raw["timestamp_utc"], utc=True, errors="coerce")
    values = pd.to_numeric(raw["value_kw"], errors="coerce")
    broken = stamps.isna() | (values.isna() & raw["value_kw"].notna())
    if broken.any():
        row = int(broken.to_numpy().argmax())
        raise ConfigError(f"{name}: line {row + 2} is not a time and a number: {raw.iloc[row].tolist()}")
    return _regular(pd.Series(values.to_numpy(dtype=float), index=pd.DatetimeIndex(stamps, name="time")), name)


def parse_horizon(text: str) -> timedelta:
    """Return a duration written as 48h, 90min or 2d; raise ArgumentTypeError for anything else."""
    try:
        horizon = pd.Timedelta(text).to_pytimedelta()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 48h") from None
    if horizon <= timedelta(0) or horizon > timedelta(days=14):
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 14 days")
    return timedelta(seconds=horizon.total_seconds())


def parse_zone(text: str) -> ZoneInfo:
    """Return a time zone by name; raise ArgumentTypeError for an unknown one."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time zone such as Europe/London") from None


def parse_moment(text: str) -> datetime:
    """Return an aware moment in UTC; raise ArgumentTypeError for anything else."""
    try:
        return check_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time with its offset: {error}") from None


def check_place(args: argparse.Namespace) -> None:
    """Raise ConfigError when a PV forecast is asked for without a place."""
    if args.kind == "pv" and (args.latitude is None or args.longitude is None):
        raise ConfigError("--kind pv needs --latitude and --longitude: the sun depends on them")


def _regular(series: pd.Series, name: str) -> pd.Series:
    if series.index.has_duplicates:
        raise ConfigError(f"{name}: the time {series.index[series.index.duplicated()][0]} stands twice")
    ordered = series.sort_index()
    if len(ordered) < 2:
        raise ConfigError(f"{name}: {len(ordered)} rows are too few")
    step = pd.Series(ordered.index).diff().dropna().mode()[0]
    return ordered.reindex(pd.date_range(ordered.index[0], ordered.index[-1], freq=step, name="time"))

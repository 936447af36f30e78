"""What `energy-dashboard devices` may be told."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `check`, `commission` and `restore`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="read the file and, with --probe, the devices; writes nothing")
    check.add_argument("file", nargs="?", type=Path, help="the file (default: DEVICES_FILE)")
    check.add_argument("--probe", action="store_true", help="ask each device who it is and what it measures")
    commission = actions.add_parser("commission", help="try a small power each way, then unlock the device")
    commission.add_argument("--power-kw", type=float, help="the power to try (default: 2 %% of the range)")
    commission.add_argument("--without-timer", action="store_true", help="do not wait for the device's own watchdog")
    commission.add_argument("--yes", action="store_true", help="do not ask before writing")
    restore = actions.add_parser(
        "restore", help="release a device and put back what it held before the first take-over"
    )
    for action in (commission, restore):
        action.add_argument("device", help="the device's id")
        action.add_argument("--file", type=Path, help="the file (default: DEVICES_FILE)")

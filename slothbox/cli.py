"""The command `slothbox`: `up` starts everything; the other commands are its processes and a test's switches.

Each command imports what it needs when it runs, so that the starter stays light.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    args = _parser(given[:1]).parse_args(given)
    run = {"up": _up, "past": _past, "plant": _plant, "streamer": _streamer, "fault": _fault, "faults": _faults}[
        args.command
    ]
    return run(args)


def _parser(chosen: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="slothbox", description="The embedded edge: measured sites, live.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add(commands, "up", "start the energy API, the plants and the streamer, and keep them running")
    _add(commands, "past", "compute the simulated batteries' past up to now")
    _add(commands, "plant", "serve the plants over Modbus TCP")
    _add(commands, "streamer", "poll the plants and post to the energy API").add_argument(
        "--api-url", required=True, help="base URL of the energy API"
    )
    fault = commands.add_parser("fault", help="switch a fault of a running plant, for tests")
    listed = commands.add_parser("faults", help="list the faults that can be switched")
    if chosen == ["fault"]:
        _add_fault_arguments(fault)
    elif chosen == ["faults"]:
        _add_list_arguments(listed)
    return parser


def _add_fault_arguments(command: argparse.ArgumentParser) -> None:
    from slothbox.plant.control import add_fault_arguments

    add_fault_arguments(command)


def _add_list_arguments(command: argparse.ArgumentParser) -> None:
    from slothbox.plant.control import add_list_arguments

    add_list_arguments(command)


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_text)
    command.add_argument("--state-dir", type=Path, required=True, help="folder for everything that is kept")
    command.add_argument(
        "--clock-offset", type=float, default=0.0, metavar="S", help="run S seconds ahead of real time"
    )
    return command


def _up(args: argparse.Namespace) -> int:
    from slothbox.up import run_up

    return run_up(args.state_dir.resolve(), clock_offset_s=args.clock_offset)


def _past(args: argparse.Namespace) -> int:
    from slothbox.clock import shifted_clock
    from slothbox.past import fill_past

    fill_past(args.state_dir, shifted_clock(args.clock_offset)())
    return 0


def _plant(args: argparse.Namespace) -> int:
    from slothbox.plant.process import run_plant

    return run_plant(args.state_dir, clock_offset_s=args.clock_offset)


def _streamer(args: argparse.Namespace) -> int:
    from slothbox.streamer import run_streamer

    return run_streamer(args.state_dir, args.api_url, clock_offset_s=args.clock_offset)


def _fault(args: argparse.Namespace) -> int:
    from slothbox.plant.control import run_fault

    return run_fault(args)


def _faults(args: argparse.Namespace) -> int:
    from slothbox.plant.control import run_list

    return run_list(args)

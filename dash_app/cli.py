"""`energy-dashboard`: every way to use the product without a browser. Errors are one sentence on stderr."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from threading import Event

from dash_app.domain.errors import EnergyError
from dash_app.settings import Settings, check_keys, check_production, check_reserved

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 not done, 2 wrong words."""
    args = _parser().parse_args(argv)
    try:
        code: int = args.command(args)
    except EnergyError as error:
        sys.stderr.write(f"energy-dashboard: {error}\n")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    from dash_app.commands import backtest, forecast, optimise

    parser = argparse.ArgumentParser(prog="energy-dashboard", description="See, plan, approve, dispatch and prove.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add(commands, "run", "start everything: the app, the planner, the dispatcher and, unless told otherwise, the demo",
         _run, _listen_arguments)  # fmt: skip
    _add(commands, "plan", "run the planner, or with --once compute one recommendation now", _plan, _plan_arguments)
    _add(commands, "dispatch", "run the dispatcher", _dispatch)
    _add(
        commands, "release", "return devices to their own safe mode, now; needs no store", _release, _release_arguments
    )
    _add(commands, "optimise", "solve a problem given as JSON", optimise.run, optimise.add_arguments)
    _add(commands, "forecast", "forecast a history given as CSV", forecast.run, forecast.add_arguments)
    _add(commands, "backtest", "score the forecaster on a history", backtest.run, backtest.add_arguments)
    _add(commands, "audit", "verify or export the audit trail", _audit, _audit_arguments)
    _add(commands, "devices", "check, try and unlock the devices that may be controlled", _devices, _devices_arguments)
    _add(commands, "doctor", "check settings, API, store, cache and devices", _doctor)
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    help_text: str,
    command: Command,
    add_arguments: Callable[[argparse.ArgumentParser], None] | None = None,
) -> None:
    parser = commands.add_parser(name, help=help_text, description=help_text[0].upper() + help_text[1:] + ".")
    if add_arguments:
        add_arguments(parser)
    parser.set_defaults(command=command)


def _listen_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (HOST)")
    parser.add_argument("--port", type=int, help="port of the app (PORT)")
    parser.add_argument("--state-dir", help="everything durable (STATE_DIR)")
    parser.add_argument("--energy-api-url", help="the energy API (ENERGY_API_URL)")
    parser.add_argument("--sites-file", help="SITES_FILE")
    parser.add_argument("--devices-file", help="DEVICES_FILE")
    parser.add_argument("--public-url", help="the https address people use (PUBLIC_URL)")


def _plan_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", metavar="PROJECT", help="compute one recommendation for this project and print it")
    parser.add_argument("--objective", choices=("cost", "co2"), default="cost", help="what to minimise")


def _release_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", nargs="?", help="only this project's devices (default: all)")


def _audit_arguments(parser: argparse.ArgumentParser) -> None:
    from dash_app.commands import audit

    audit.add_arguments(parser)


def _devices_arguments(parser: argparse.ArgumentParser) -> None:
    from dash_app.commands import device_arguments

    device_arguments.add_arguments(parser)


def _settings(args: argparse.Namespace) -> Settings:
    """Return the checked settings of this process: flags go before the environment."""
    from dash_app import keys, log

    names = ("host", "port", "state_dir", "energy_api_url", "sites_file", "devices_file", "public_url")
    settings = Settings.from_env(**{name: getattr(args, name, None) for name in names})
    log.configure(settings.log_level)
    check_reserved(settings)
    check_keys(settings)
    if settings.production:
        check_production(settings, secret_generated=not settings.secret_key)
    keys.secret_key(settings)
    return settings


def _run(args: argparse.Namespace) -> int:
    from dash_app.chore_wiring import check_notices
    from dash_app.supervisor import run

    settings = _settings(args)
    check_notices(settings)
    return run(settings)


def _plan(args: argparse.Namespace) -> int:
    from dash_app import wiring
    from dash_app.chores import start_chores
    from dash_app.commands.train_models import trainer_for
    from dash_app.planner import run_planner, stay_off

    settings = _settings(args)
    if args.once:
        from dash_app.commands.plan_once import run_once

        return run_once(settings, args.once, args.objective)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    workspace, off = wiring.build(settings, patient=True), wiring.why_clock_is_off(settings)
    start_chores(wiring.chores(settings), Event())
    if off:
        stay_off(workspace, off, Event())
    run_planner(workspace, wiring.service_session(settings), Event(), trainer_for(settings, workspace))
    return 0


def _dispatch(args: argparse.Namespace) -> int:
    from dash_app import wiring

    wiring.run_dispatcher(_settings(args))
    return 0


def _release(args: argparse.Namespace) -> int:
    from dash_app.commands.release import run_release

    return run_release(_settings(args), args.project)


def _audit(args: argparse.Namespace) -> int:
    from dash_app.commands.audit import run_audit

    return run_audit(_settings(args), args)


def _devices(args: argparse.Namespace) -> int:
    from dash_app.commands.devices import run_devices

    return run_devices(_settings(args), args)


def _doctor(args: argparse.Namespace) -> int:
    from dash_app.commands.doctor import run_doctor

    return run_doctor(_settings(args))

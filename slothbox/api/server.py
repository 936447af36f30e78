"""The entry point for gunicorn: `gunicorn "slothbox.api.server:serve('STATE_DIR', 0.0)"`."""

from pathlib import Path

from flask import Flask

from slothbox.api.app import create_api
from slothbox.api.context import build_context
from slothbox.clock import shifted_clock


def serve(state_dir: str, clock_offset_s: float) -> Flask:
    """Return the API over the accounts and archives in `state_dir`, its clock moved by so many seconds."""
    return create_api(build_context(Path(state_dir), shifted_clock(clock_offset_s)))

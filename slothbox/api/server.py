"""The entry point for gunicorn: `gunicorn "slothbox.api.server:serve('STATE_DIR', 0.0)"`."""

import threading
from pathlib import Path

from flask import Flask

from slothbox.api.app import create_api
from slothbox.api.context import build_context
from slothbox.clock import shifted_clock
from slothbox.replay import load_replay
from slothbox.sites import demo_sites


def serve(state_dir: str, clock_offset_s: float) -> Flask:
    """Return the API over the accounts and archives in `state_dir`, its clock moved by so many seconds.

    The shipped files are read in the background, so that the first request need not wait for them.
    """
    app = create_api(build_context(Path(state_dir), shifted_clock(clock_offset_s)))
    threading.Thread(target=read_all_sites, daemon=True).start()
    return app


def read_all_sites() -> None:
    """Read the measurements of every site into memory."""
    for project_id in demo_sites():
        replay = load_replay(project_id)
        for code in replay.codes:
            replay.first_served(code)

"""Right after sign-in, behind the page: what the first screen of the project used last will need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from dash_app.domain.errors import EnergyError
from dash_app.domain.ports import Measurements, Session

log = structlog.get_logger()

FIRST_SCREEN = timedelta(hours=48)


def prefetch_last_used(
    measurements: Measurements,
    session: Session,
    project_id: str,
    *,
    clock: Callable[[], datetime],
    run: Callable[[Callable[[], None]], object],
) -> None:
    """Let `run` load the last 48 h of a project, uncounted; a project that is gone, or a failure, changes nothing."""
    project = session.project(project_id)
    if project is None:
        return

    def load() -> None:
        now = clock()
        try:
            measurements.load_window(session, project, now - FIRST_SCREEN, now)
        except EnergyError as error:
            log.info("prefetch_failed", project_id=project_id, why=str(error))

    run(load)

"""Jobs: computations people asked for, one alive per project, their progress where every process sees it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from dash_app.domain.errors import DecisionConflict, NotFound
from dash_app.domain.jobs import SILENT_FOR, SILENT_WORDS, Job, JobState
from services.store.engine import Database
from services.store.tables import jobs


class SqlJobs:
    """The Jobs port."""

    def __init__(self, database: Database, silent_for: timedelta = SILENT_FOR) -> None:
        self._database = database
        self._silent_for = silent_for

    def start(self, project_id: str, who: str) -> Job:
        """Return a new running job; raise DecisionConflict while another one of the project is alive."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            known = _newest(connection, project_id)
            if known is not None and self._seen(known, now).state is JobState.RUNNING:
                raise DecisionConflict(f"{known.who} is computing already.", who=known.who, at=known.started_at)
            job = Job(job_id=uuid.uuid4().hex, project_id=project_id, who=who, state=JobState.RUNNING, fraction=0.0,
                      word="", started_at=now, seen_at=now)  # fmt: skip
            connection.execute(insert(jobs).values(**_values(job)))
        return job

    def advance(self, job_id: str, fraction: float, word: str) -> Job:
        """Record progress and return the job."""
        return self._change(job_id, fraction=fraction, word=word)

    def finish(self, job_id: str, state: JobState, *, result: str = "", error: str = "") -> Job:
        """Record how the job ended."""
        return self._change(job_id, state=state, result=result, error=error)

    def request_cancel(self, job_id: str) -> None:
        """Ask the job to end at its next step."""
        with self._database.writing() as connection:
            connection.execute(update(jobs).where(jobs.c.job_id == job_id).values(cancel_requested=True))

    def newest(self, project_id: str) -> Job | None:
        """Return the project's newest job; one that fell silent comes back as FAILED."""
        with self._database.reading() as connection:
            known = _newest(connection, project_id)
            return None if known is None else self._seen(known, self._database.now(connection))

    def _change(self, job_id: str, **values: Any) -> Job:
        with self._database.writing() as connection:
            mine = jobs.c.job_id == job_id
            connection.execute(update(jobs).where(mine).values(seen_at=self._database.now(connection), **values))
            found = connection.execute(select(jobs).where(mine)).first()
        if found is None:
            raise NotFound(f"There is no job {job_id}.")
        return _job(found)

    def _seen(self, job: Job, now: datetime) -> Job:
        if job.state is JobState.RUNNING and now - job.seen_at > self._silent_for:
            return replace(job, state=JobState.FAILED, error=SILENT_WORDS)
        return job


def _newest(connection: Connection, project_id: str) -> Job | None:
    wanted = select(jobs).where(jobs.c.project_id == project_id)
    found = connection.execute(wanted.order_by(jobs.c.started_at.desc(), jobs.c.job_id).limit(1)).first()
    return None if found is None else _job(found)


def _values(job: Job) -> dict[str, Any]:
    return {column.name: getattr(job, column.name) for column in jobs.columns}


def _job(found: Row[Any]) -> Job:
    return Job(**{**found._mapping, "state": JobState(found.state)})

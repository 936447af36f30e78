"""A whole fake of the Jobs port, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dash_app.domain.errors import DecisionConflict
from dash_app.domain.jobs import SILENT_FOR, SILENT_WORDS, Job, JobState
from dash_app.domain.time import Clock


class FakeJobs:
    """Jobs in a dictionary, by id; the newest of a project is the one started last."""

    def __init__(self, clock: Clock, silent_for: timedelta = SILENT_FOR) -> None:
        self._clock, self._silent_for = clock, silent_for
        self._kept: dict[str, Job] = {}

    def start(self, project_id: str, who: str) -> Job:
        known = self.newest(project_id)
        if known is not None and known.state is JobState.RUNNING:
            raise DecisionConflict(f"{known.who} is computing already.", who=known.who, at=known.started_at)
        now = self._clock()
        job = Job(
            job_id=f"job-{len(self._kept) + 1}", project_id=project_id, who=who, state=JobState.RUNNING,
            fraction=0.0, word="", started_at=now, seen_at=now,
        )  # fmt: skip
        self._kept[job.job_id] = job
        return job

    def advance(self, job_id: str, fraction: float, word: str) -> Job:
        return self._put(replace(self._kept[job_id], fraction=fraction, word=word))

    def finish(self, job_id: str, state: JobState, *, result: str = "", error: str = "") -> Job:
        return self._put(replace(self._kept[job_id], state=state, result=result, error=error))

    def request_cancel(self, job_id: str) -> None:
        self._kept[job_id] = replace(self._kept[job_id], cancel_requested=True)

    def newest(self, project_id: str) -> Job | None:
        mine = [job for job in self._kept.values() if job.project_id == project_id]
        if not mine:
            return None
        job = mine[-1]
        if job.state is JobState.RUNNING and self._clock() - job.seen_at > self._silent_for:
            return replace(job, state=JobState.FAILED, error=SILENT_WORDS)
        return job

    def _put(self, job: Job) -> Job:
        self._kept[job.job_id] = replace(job, seen_at=self._clock())
        return self._kept[job.job_id]

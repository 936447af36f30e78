"""What the Jobs port promises: one alive per project, progress for everybody, no job that hangs for ever."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from dash_app.domain.errors import DecisionConflict, NotFound
from dash_app.domain.jobs import SILENT_FOR, JobState
from services.store import PlanStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import NOON
from tests.fakes.store import FakeStore

Store = PlanStore | FakeStore


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture(params=["file", "fake"])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    if request.param == "fake":
        yield FakeStore(clock)
        return
    real = open_store(f"sqlite:///{tmp_path / 'plans.sqlite'}", secret_key="k" * 40, clock=clock)
    yield real
    real.close()


def test_no_job_has_run_before_the_first(store: Store) -> None:
    assert store.jobs.newest("monash") is None


def test_progress_is_seen_by_everybody(store: Store) -> None:
    job = store.jobs.start("monash", "ada@example.org")
    store.jobs.advance(job.job_id, 0.4, "forecasting")
    seen = store.jobs.newest("monash")
    assert seen is not None
    assert (seen.job_id, seen.state, seen.fraction, seen.word) == (job.job_id, JobState.RUNNING, 0.4, "forecasting")


def test_a_second_job_of_the_project_is_refused_and_told_whose_runs(store: Store) -> None:
    store.jobs.start("monash", "ada@example.org")
    with pytest.raises(DecisionConflict, match="ada@"):
        store.jobs.start("monash", "max@example.org")
    assert store.jobs.start("fontana-1", "max@example.org").state is JobState.RUNNING


def test_a_finished_job_keeps_its_result_and_lets_the_next_one_start(store: Store, clock: FakeClock) -> None:
    first = store.jobs.start("monash", "ada@example.org")
    store.jobs.finish(first.job_id, JobState.DONE, result="r-1")
    assert store.jobs.newest("monash").result == "r-1"
    clock.advance(timedelta(seconds=1))
    second = store.jobs.start("monash", "max@example.org")
    assert store.jobs.newest("monash").job_id == second.job_id


def test_a_wish_to_cancel_reaches_the_job_at_its_next_step(store: Store) -> None:
    job = store.jobs.start("monash", "ada@example.org")
    assert not store.jobs.advance(job.job_id, 0.1, "reading").cancel_requested
    store.jobs.request_cancel(job.job_id)
    assert store.jobs.advance(job.job_id, 0.2, "forecasting").cancel_requested


def test_a_job_that_fell_silent_has_failed_and_blocks_nobody(store: Store, clock: FakeClock) -> None:
    store.jobs.start("monash", "ada@example.org")
    clock.advance(SILENT_FOR + timedelta(seconds=1))
    assert store.jobs.newest("monash").state is JobState.FAILED
    assert store.jobs.start("monash", "max@example.org").state is JobState.RUNNING


def test_an_unknown_job_cannot_advance(store: Store) -> None:
    with pytest.raises(NotFound):
        store.jobs.advance("nobody", 0.5, "reading")


def test_of_fifty_clicks_at_once_one_computes(store: Store) -> None:
    def click(_number: int) -> bool:
        try:
            store.jobs.start("monash", "ada@example.org")
        except DecisionConflict:
            return False
        return True

    with ThreadPoolExecutor(max_workers=10) as clicks:
        assert sum(clicks.map(click, range(50))) == 1

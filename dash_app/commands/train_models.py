"""The process that trains: started by the planner, of the lowest priority where it calculates, gone when it is done."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from dash_app import wiring
from dash_app.settings import Settings
from dash_app.trainer import Trainer, TrainingProcess
from dash_app.workflows.forecasting import LoadedModels
from dash_app.workflows.training import TrainingPorts, look_after
from dash_app.workspace import Workspace

LOWEST = 19
PR_SET_PDEATHSIG = 1

Result = TypeVar("Result")


def trainer_for(settings: Settings, workspace: Workspace) -> Trainer:
    """Return the planner's trainer."""
    return Trainer(lambda: start_training(settings), workspace.alarms, workspace.clock)


def start_training(settings: Settings) -> TrainingProcess:
    """Start the process: a fresh one, which shares nothing with this one and ends with it."""
    process = multiprocessing.get_context("spawn").Process(
        target=train_models, args=(settings,), name="training", daemon=True
    )
    process.start()
    return process


def train_models(settings: Settings) -> None:
    """Look after the models of every site once; the whole program of the process."""
    from dash_app import log

    end_with_the_planner()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    log.configure(settings.log_level)
    workspace = wiring.build(settings, patient=True)
    look_after(training_ports(workspace), wiring.service_session(settings)())


def end_with_the_planner() -> None:
    """Let the system kill this process when its parent dies, also if that has happened already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    if parent is not None and os.getppid() != parent.pid:
        raise SystemExit(1)


def training_ports(workspace: Workspace) -> TrainingPorts:
    """Return what training needs of a workspace."""
    return TrainingPorts(
        measurements=workspace.measurements,
        sites=workspace.sites,
        forecasts=workspace.forecasts,
        files=workspace.model_files,
        alarms=workspace.alarms,
        clock=workspace.clock,
        models=LoadedModels(workspace.model_files),
        processor_s=time.process_time,
        quietly=at_the_lowest_priority,
    )


def at_the_lowest_priority(work: Callable[[], Result]) -> Result:
    """Return what `work` does in a thread that only gets what nobody else wants of the processor.

    Only the calculating is slowed down: who reads and writes here may hold a lock that others wait for.
    """
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="calculating")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]

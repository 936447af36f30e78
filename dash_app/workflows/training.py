"""Train, compare, switch: what keeps the forecast models of a site good. It runs beside the planner, never in its way.

Every six hours the rivals of each champion forecast beside it, and those that are past are judged on the ledger. A
model is trained anew every four weeks; in between its record is continued, so that weights and intervals follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import structlog

from dash_app.domain.errors import EnergyError, NotFound
from dash_app.domain.forecasting import (
    FORECAST_QUANTITIES,
    SIMPLE_MODEL_ID,
    ModelFiles,
    ModelKind,
    ModelRecord,
    ModelSwitch,
    Role,
    SwitchReason,
    champion_of,
)
from dash_app.domain.measurement import total_of
from dash_app.domain.ports import Alarms, Forecasts, Measurements, Session, Sites
from dash_app.domain.site import Quantity, Site
from dash_app.domain.time import Clock, TimeGrid, floor_to
from dash_app.workflows.fitting import continued, first_measured, fitted
from dash_app.workflows.forecasting import LoadedModels, ModelInUse, Past, issue
from dash_app.workflows.judging import Verdict, judge

if TYPE_CHECKING:
    from optimizer.forecast.training import Trained

TRAINED_ON = timedelta(weeks=58)
"""A year to learn from, and the weeks before it that the first of its forecasts look back on."""
HORIZON = timedelta(hours=48)
ALARM = "training"
SHORT_NAMES = {Quantity.LOAD_KW: "load", Quantity.PV_KW: "pv"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPorts:
    """What training needs; `quietly` does work at the lowest priority, `processor_s` counts what it takes."""

    measurements: Measurements
    sites: Sites
    forecasts: Forecasts
    files: ModelFiles
    alarms: Alarms
    clock: Clock
    models: LoadedModels
    processor_s: Callable[[], float]
    quietly: Callable[[Callable[[], Trained]], Trained]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stable:
    """The models of one quantity of a site as they stand: the champion's id, and the newest that was trained."""

    past: Past
    champion: str
    newest: ModelRecord | None

    @property
    def rivals(self) -> tuple[str, ...]:
        """Return the ids of what forecasts beside the champion: the simple mix, and a newer model."""
        others = (SIMPLE_MODEL_ID, self.newest.model_id if self.newest else SIMPLE_MODEL_ID)
        return tuple(dict.fromkeys(one for one in others if one != self.champion))


def look_after(ports: TrainingPorts, session: Session) -> None:
    """Look after the models of every controllable site; one that fails has an alarm and does not stop the others."""
    for site in ports.sites.all_sites():
        if not site.controllable:
            continue
        try:
            for past in gather_past(ports, session, site):
                look_after_models(ports, past)
        except EnergyError as error:
            log.warning("models not looked after", project=site.project_id, why=str(error))
            ports.alarms.raise_alarm(site.project_id, ALARM, str(error))
        else:
            ports.alarms.clear(site.project_id, ALARM)
    ports.files.drop_others(_in_use(ports))


def gather_past(ports: TrainingPorts, session: Session, site: Site) -> tuple[Past, ...]:
    """Return what was measured of everything that is forecast at a site; raise NotFound for somebody else's project."""
    project, now = session.project(site.project_id), ports.clock()
    if project is None:
        raise NotFound(f"There is no project {site.project_id!r} for this account.")
    measurands = [
        one
        for one in ports.measurements.measurands(session, project)
        if one.on_connection and one.quantity in FORECAST_QUANTITIES
    ]
    ids = tuple(one.measurand_id for one in measurands)
    window = ports.measurements.load_window(session, project, now - TRAINED_ON, now, ids)
    pasts = []
    for quantity in FORECAST_QUANTITIES:
        mine = [one for one in measurands if one.quantity is quantity]
        step = max((one.resolution for one in mine), default=timedelta(0))
        shift = max((one.measured_shift for one in mine), default=timedelta(0))
        values = total_of(window, tuple(measurands), quantity, step) if mine else pd.Series(dtype=float)
        if values.notna().any():
            pasts.append(Past(site=site, quantity=quantity, values=values, now=now, shift=shift))
    return tuple(pasts)


def look_after_models(ports: TrainingPorts, past: Past) -> None:
    """Let the rivals forecast, judge them, and train what is due; raise StaleData for what cannot be trained on."""
    stable = _switched_if_lost(ports, _stable(ports, past))
    challenge(ports, stable)
    verdict = judge(ports.forecasts, past, stable.champion, stable.newest, stable.rivals)
    if verdict is not None:
        stable = _switch(ports, stable, verdict)
    _train_or_continue(ports, stable)


def challenge(ports: TrainingPorts, stable: Stable) -> None:
    """Put on the ledger what the champion's rivals say now."""
    past = stable.past
    step = past.site.plan_step
    grid = TimeGrid(start=floor_to(past.now, step), step=step, steps=HORIZON // step)
    for model_id in stable.rivals:
        model = None if model_id == SIMPLE_MODEL_ID else ports.models.get(model_id)
        if model is None and model_id != SIMPLE_MODEL_ID:
            continue
        said = issue(past, grid, model, Role.CHALLENGER)
        if said.model_id == model_id:
            ports.forecasts.record([said])


def _stable(ports: TrainingPorts, past: Past) -> Stable:
    project_id, quantity = past.site.project_id, past.quantity
    models = ports.forecasts.models(project_id, quantity)
    champion = champion_of(ports.forecasts.switches(project_id, quantity))
    return Stable(past=past, champion=champion, newest=models[-1] if models else None)


def _switched_if_lost(ports: TrainingPorts, stable: Stable) -> Stable:
    if stable.champion == SIMPLE_MODEL_ID or ports.models.get(stable.champion) is not None:
        return stable
    return _switch(ports, stable, Verdict(model_id=SIMPLE_MODEL_ID, reason=SwitchReason.MODEL_LOST))


def _switch(ports: TrainingPorts, stable: Stable, verdict: Verdict) -> Stable:
    switch = ModelSwitch(
        project_id=stable.past.site.project_id,
        quantity=stable.past.quantity,
        at=ports.clock(),
        from_model=stable.champion,
        to_model=verdict.model_id,
        reason=verdict.reason,
        from_error_kw=verdict.champion_kw,
        to_error_kw=verdict.rival_kw,
        scored=verdict.scored,
    )
    ports.forecasts.add_switch(switch)
    log.info("champion", project=switch.project_id, quantity=switch.quantity.value, model=switch.to_model,
             before=switch.from_model, why=switch.reason.value, error_kw=switch.to_error_kw,
             before_kw=switch.from_error_kw)  # fmt: skip
    return replace(stable, champion=verdict.model_id)


def _train_or_continue(ports: TrainingPorts, stable: Stable) -> None:
    from optimizer.forecast.training import LEAST_DAYS, REFIT_EVERY

    newest, past = stable.newest, stable.past
    model = None if newest is None else ports.models.get(newest.model_id)
    if newest is not None and model is not None and past.now < newest.trained_at + REFIT_EVERY:
        for model_id in {newest.model_id, stable.champion} - {SIMPLE_MODEL_ID}:
            _continue(ports, past, ports.models.get(model_id))
    elif past.now - first_measured(past) >= timedelta(days=LEAST_DAYS + 1):
        _train(ports, stable, None if model is None else model.trained)


def _continue(ports: TrainingPorts, past: Past, model: ModelInUse | None) -> None:
    """Let a kept model's record go on up to now, and keep it so."""
    from optimizer.forecast.kept import to_bytes

    if model is None:
        return
    further = ports.quietly(lambda: continued(past, model.trained))
    if len(further.record.origins) > len(model.trained.record.origins):
        ports.files.keep(model.model_id, to_bytes(further))


def _train(ports: TrainingPorts, stable: Stable, previous: Trained | None) -> None:
    from optimizer.forecast.kept import to_bytes
    from optimizer.forecast.recipe import LOAD_TUNING, PV_TUNING
    from optimizer.forecast.standing import standing_of

    past, began = stable.past, ports.processor_s()
    trained = ports.quietly(lambda: fitted(past, previous))
    stands = standing_of(trained, LOAD_TUNING if past.quantity is Quantity.LOAD_KW else PV_TUNING)
    model = ModelRecord(
        model_id=f"{past.site.project_id}-{SHORT_NAMES[past.quantity]}-{past.now:%Y%m%dT%H%M%SZ}",
        project_id=past.site.project_id,
        quantity=past.quantity,
        kind=ModelKind.TRAINED,
        trained_at=past.now,
        days_of_history=round(trained.days, 1),
        error_kw=None if stands is None else stands.trained_kw,
        rival_error_kw=None if stands is None else stands.simple_kw,
        scored=0 if stands is None else stands.scored,
        took_s=round(ports.processor_s() - began, 1),
    )
    ports.files.keep(model.model_id, to_bytes(trained))
    ports.forecasts.add_model(model)
    log.info("trained", project=model.project_id, model=model.model_id, took_s=model.took_s, error_kw=model.error_kw)
    if stable.champion == SIMPLE_MODEL_ID and stands is not None and stands.trained_kw <= stands.simple_kw:
        verdict = Verdict(model_id=model.model_id, reason=SwitchReason.FIRST_TRAINED, champion_kw=stands.simple_kw,
                          rival_kw=stands.trained_kw, scored=stands.scored)  # fmt: skip
        _switch(ports, stable, verdict)


def _in_use(ports: TrainingPorts) -> set[str]:
    """Return every model that forecasts or may come to."""
    found: set[str] = set()
    for site in ports.sites.all_sites():
        for quantity in FORECAST_QUANTITIES:
            found |= {model.model_id for model in ports.forecasts.models(site.project_id, quantity)[-1:]}
            found.add(champion_of(ports.forecasts.switches(site.project_id, quantity)))
    return found

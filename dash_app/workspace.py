"""The application's ports, put together by `dash_app.wiring` and by tests with fakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from dash_app.domain import ports
from dash_app.domain.dispatch import DeviceRules
from dash_app.domain.forecasting import ModelFiles, NoModelFiles
from dash_app.domain.jobs import Jobs
from dash_app.domain.notices import NoNotices, Notices
from dash_app.settings import Settings
from dash_app.workflows.audit import Verification


def no_rules(_device_id: str) -> DeviceRules | None:
    """Return None: nothing is known about devices without DEVICES_FILE."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Everything the web app, the planner and the dispatcher are given. `demo` says that the plant is simulated.

    `rules` tells what is promised about a device, by its id; `verify_audit` walks along the audit trail and its
    exported heads.
    """

    settings: Settings
    clock: Callable[[], datetime]
    api: ports.EnergyApi
    measurements: ports.Measurements
    sites: ports.Sites
    sessions: ports.Sessions
    recommendations: ports.Recommendations
    ledger: ports.Ledger
    leases: ports.Leases
    audit: ports.Audit
    alarms: ports.Alarms
    states: ports.States
    jobs: Jobs
    forecasts: ports.Forecasts
    link: ports.DispatcherLink
    rules: Callable[[str], DeviceRules | None] = no_rules
    notices: Notices = field(default_factory=NoNotices)
    verify_audit: Callable[[], Verification] | None = None
    demo: bool = False
    model_files: ModelFiles = field(default_factory=NoModelFiles)

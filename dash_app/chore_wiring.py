"""Which adapters stand behind the audit trail's heads, the notices, and what else the planner's process does beside."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from dash_app import keys
from dash_app.chores import Chore, Chores, holder
from dash_app.connection import Connection
from dash_app.domain.ports import Sites
from dash_app.domain.time import Clock
from dash_app.setting_facts import setting_facts
from dash_app.settings import Settings
from dash_app.workflows.audit import AuditPorts, export_when_due, record_settings
from dash_app.workflows.notices import NoticePorts, deliver, refresh
from services.audit_heads import Ed25519Signer, HeadFolder
from services.store import PlanStore

SETTINGS_EVERY = timedelta(minutes=1)
HEAD_EVERY = timedelta(minutes=10)
NOTICES_EVERY = timedelta(seconds=15)
MESSAGES_EVERY = timedelta(seconds=10)


def audit_ports(settings: Settings, store: PlanStore, clock: Clock) -> AuditPorts:
    """Return what verifies the audit trail and exports its signed heads."""
    return AuditPorts(
        audit=store.audit,
        heads=HeadFolder(settings.audit_path),
        signer=Ed25519Signer(settings.audit_key or keys.secret_key(settings)[0]),
        alarms=store.alarms,
        clock=clock,
    )


def chores(settings: Settings, store: PlanStore, connection: Connection, sites: Sites, clock: Clock) -> Chores:
    """Return what the planner's process does beside planning."""
    files = {"sites_file": connection.sites_file, "devices_file": connection.devices_file}
    facts = partial(setting_facts, settings, key=keys.secret_key(settings)[0], files=files)
    told = notice_ports(settings, store, sites, clock)
    every = (
        Chore(name="settings", every=SETTINGS_EVERY, do=lambda: record_settings(store.audit, facts(), "planner")),
        Chore(name="audit head", every=HEAD_EVERY, do=partial(export_when_due, audit_ports(settings, store, clock))),
        Chore(name="notices", every=NOTICES_EVERY, do=partial(refresh, told)),
        Chore(name="messages", every=MESSAGES_EVERY, do=partial(deliver, told)),
    )
    return Chores(every, store.leases, clock, holder())


def notice_ports(settings: Settings, store: PlanStore, sites: Sites, clock: Clock) -> NoticePorts:
    """Return what opens notices and sends messages about them."""
    return NoticePorts(
        notices=store.notices,
        recommendations=store.recommendations,
        alarms=store.alarms,
        sites=sites,
        senders={},
        targets=(),
        quiet=None,
        clock=clock,
    )

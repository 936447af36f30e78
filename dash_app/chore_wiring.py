"""Which adapters stand behind the audit trail's heads, the notices, and what else the planner's process does beside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from dash_app import keys
from dash_app.chores import Chore, Chores, holder
from dash_app.connection import Connection
from dash_app.domain.errors import ConfigError
from dash_app.domain.notices import Channel, Sender
from dash_app.domain.ports import Sites
from dash_app.domain.quiet import parse_quiet_hours
from dash_app.domain.time import Clock
from dash_app.setting_facts import setting_facts
from dash_app.settings import Settings
from dash_app.workflows.audit import AuditPorts, export_when_due, record_settings
from dash_app.workflows.notices import NoticePorts, deliver, refresh
from services.audit_heads import Ed25519Signer, HeadFolder
from services.mail import SmtpSender, mail_server
from services.store import PlanStore
from services.webhook import WebhookSender, allowed_from, check_hook

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
    senders, targets = _ways_out(settings, partial(_place_of, sites))
    return NoticePorts(
        notices=store.notices,
        recommendations=store.recommendations,
        alarms=store.alarms,
        sites=sites,
        senders=senders,
        targets=targets,
        quiet=parse_quiet_hours(settings.quiet_hours),
        clock=clock,
    )


def check_notices(settings: Settings) -> None:
    """Refuse settings of notices that could never work; raise ConfigError with one sentence."""
    parse_quiet_hours(settings.quiet_hours)
    _ways_out(settings, lambda project_id: project_id)


def _ways_out(
    settings: Settings, place_of: Callable[[str], str]
) -> tuple[dict[Channel, Sender], tuple[tuple[Channel, str], ...]]:
    """Return a sender for each channel that is set up, and the addresses."""
    senders: dict[Channel, Sender] = {}
    mails, hooks = _listed(settings.notify_email), _listed(settings.notify_webhook)
    if mails and not settings.smtp_url:
        raise ConfigError("NOTIFY_EMAIL: SMTP_URL is not set, so no e-mail can be sent.")
    if mails:
        sender = settings.notify_from or mails[0]
        senders[Channel.EMAIL] = SmtpSender(mail_server(settings.smtp_url), sender, place_of, settings.public_url)
    if hooks:
        allowed = allowed_from(settings.webhook_allow)
        for hook in hooks:
            check_hook(hook, allowed)
        senders[Channel.WEBHOOK] = WebhookSender(allowed, settings.webhook_secret, place_of, settings.public_url)
    return senders, (*((Channel.EMAIL, mail) for mail in mails), *((Channel.WEBHOOK, hook) for hook in hooks))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in (one.strip() for one in text.split(",")) if part)


def _place_of(sites: Sites, project_id: str) -> str:
    site = sites.site_of(project_id)
    return site.name if site else project_id

"""The account: who is signed in, with which roles; the language; another e-mail or password; signing out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
import structlog
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from flask import current_app

from components.aria import aria
from components.badges import Tone
from components.icons import Icon, icon
from components.shell import page_head
from components.states import banner, loading
from components.words import LANGUAGES, _
from dash_app.account_attempts import Attempts
from dash_app.domain.errors import ApiError
from dash_app.domain.ports import Audit, EnergyApi, Session, Sessions
from dash_app.domain.time import Clock
from dash_app.language import AUTOMATIC, choice, remember
from dash_app.workflows.account import LONGEST, LONGEST_EMAIL, SHORTEST, Outcome, Verdict, Wanted, can_change
from dash_app.workflows.account import change_credentials as change
from pages.account_views import AGAIN, EMAIL, NEW, OLD, field_of, roles_view, verdict_view, who_view

PATH = "/account"
BROWSERS_CHOICE = "auto"
log = structlog.get_logger()


class Id(StrEnum):
    """The page's parts."""

    START = "account-start"
    WHO = "account-who"
    ROLES = "account-roles"
    FORM = "account-form"
    OFF = "account-off"
    EMAIL = "account-email"
    OLD = "account-old"
    NEW = "account-new"
    AGAIN = "account-again"
    CHANGE = "account-change"
    SAID = "account-said"
    LANGUAGE = "account-language"
    SPOKEN = "account-spoken"
    SPOKEN_SET = "account-spoken-set"


FIELDS = {EMAIL: Id.EMAIL, OLD: Id.OLD, NEW: Id.NEW, AGAIN: Id.AGAIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the page works with."""

    who: Callable[[], Session]
    api: EnergyApi
    sessions: Sessions
    audit: Audit
    attempts: Attempts


def layout() -> html.Div:
    """Return the page without data."""
    left = [
        _card(_("Who you are"), [html.Div(loading(64, _("Loading your account")), id=Id.WHO), _sign_out()]),
        _card(_("Language"), [_language(), dcc.Store(id=Id.SPOKEN), html.Div(id=Id.SPOKEN_SET, hidden=True)]),
    ]
    roles = _card(_("Your roles"), html.Div(loading(120, _("Loading your roles")), id=Id.ROLES))
    right = _card(_("Change e-mail or password"), _form())
    return html.Div(
        [
            dcc.Store(id=Id.START, data=1),
            page_head(_("Account"), _("Your sign-in, your roles and your language")),
            html.Div([html.Div(left), html.Div(right), html.Div(roles)], className="sb-account-cards"),
        ]
    )


def register(
    app: Dash, *, who: Callable[[], Session], api: EnergyApi, sessions: Sessions, audit: Audit, clock: Clock
) -> None:
    """Add the page's callbacks."""
    ports = Ports(who=who, api=api, sessions=sessions, audit=audit, attempts=Attempts(clock))

    @app.callback(
        Output(Id.WHO, "children"),
        Output(Id.ROLES, "children"),
        Output(Id.EMAIL, "value"),
        Output(Id.OFF, "children"),
        Output(Id.CHANGE, "disabled"),
        Input(Id.START, "data"),
    )
    def show(_start: int) -> tuple[Any, ...]:
        session = ports.who()
        reason = why_off(ports.api)
        off = banner(reason, Tone.NEUTRAL, Icon.LOCK) if reason else None
        return who_view(session.person), roles_view(session.projects), session.person.email, off, bool(reason)

    _register_change(app, ports)
    _register_language(app)


def why_off(api: EnergyApi) -> str:
    """Return why credentials cannot be changed here, or nothing."""
    try:
        offered = can_change(api)
    except ApiError as error:
        log.warning("capabilities unknown", error=type(error).__name__)
        return _("We cannot reach the server, so nothing can be changed now.")
    if offered:
        return ""
    return _("Your organisation keeps the accounts elsewhere; e-mail and password are changed there.")


def _register_change(app: Dash, ports: Ports) -> None:
    @app.callback(
        Output(Id.SAID, "children"),
        *[Output(part, "invalid") for part in FIELDS.values()],
        Output(Id.OLD, "value"),
        Output(Id.NEW, "value"),
        Output(Id.AGAIN, "value"),
        Output(Id.WHO, "children", allow_duplicate=True),
        Input(Id.CHANGE, "n_clicks"),
        *[Input(part, "n_submit") for part in FIELDS.values()],
        *[State(part, "value") for part in FIELDS.values()],
        running=[(Output(Id.CHANGE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def change_them(*given: Any) -> tuple[Any, ...]:
        email, old, new, again = (value if isinstance(value, str) else "" for value in given[-len(FIELDS) :])
        outcome = attempt(ports, Wanted(email=email, old=old, new=new, again=again))
        wrong = field_of(outcome)
        marks = [name == wrong for name in FIELDS]
        if outcome.verdict is not Verdict.CHANGED:
            return verdict_view(outcome), *marks, *[no_update] * 4
        return verdict_view(outcome), *marks, "", "", "", who_view(replace(ports.who().person, email=outcome.email))


def attempt(ports: Ports, wanted: Wanted) -> Outcome:
    """Return what became of a wish; after too many wrong passwords nobody is asked for a while."""
    session = ports.who()
    user_id = session.person.user_id
    wait_s = ports.attempts.wait_s(user_id)
    if wait_s:
        return Outcome(verdict=Verdict.TOO_OFTEN, wait_s=wait_s)
    outcome = change(ports.api, ports.sessions, ports.audit, session, wanted)
    if outcome.verdict is Verdict.WRONG_OLD:
        ports.attempts.failed(user_id)
    elif outcome.verdict is Verdict.CHANGED:
        ports.attempts.succeeded(user_id)
    return outcome


def _register_language(app: Dash) -> None:
    @app.callback(Output(Id.SPOKEN, "data"), Input(Id.LANGUAGE, "value"), prevent_initial_call=True)
    def speak(chosen: str) -> Any:
        code = chosen if chosen in LANGUAGES else AUTOMATIC
        if code == choice():
            return no_update
        remember(ctx.response, code, secure=bool(current_app.config["SESSION_COOKIE_SECURE"]))
        return code or BROWSERS_CHOICE

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("account", "reload"), Output(Id.SPOKEN_SET, "children"), Input(Id.SPOKEN, "data")
    )


def _card(title: str, body: Any) -> html.Section:
    return html.Section(
        [html.H2(title, className="sb-card-title"), html.Div(body)], className="sb-card sb-account-card"
    )


def _sign_out() -> html.Form:
    button = html.Button([icon(Icon.SIGN_OUT), _("Sign out")], type="submit", className="btn sb-secondary")
    return html.Form(button, action="/logout", method="POST", className="sb-account-out")


def _language() -> html.Div:
    options = [{"label": _("As the browser"), "value": BROWSERS_CHOICE}]
    options += [{"label": name, "value": code} for code, name in LANGUAGES.items()]
    buttons = dbc.RadioItems(
        id=Id.LANGUAGE,
        options=options,
        value=choice() or BROWSERS_CHOICE,
        inline=True,
        className="sb-choice",
        inputClassName="btn-check",
        labelClassName="sb-choice-item",
        labelCheckedClassName="active",
    )
    return html.Div(buttons, role="radiogroup", **aria(label=_("Language")))


def _form() -> html.Form:
    """Return the form; Enter in a field does what the button does, and nothing is ever sent as a form."""
    button = dbc.Button(_("Change"), id=Id.CHANGE, type="button", color="primary")
    hint = _("At least %(shortest)d characters. Leave both empty to keep your password.", shortest=SHORTEST)
    return html.Form(
        [
            html.Div(id=Id.OFF),
            _field(Id.EMAIL, _("E-mail"), "email", "username"),
            _field(Id.OLD, _("Current password"), "password", "current-password"),
            _field(Id.NEW, _("New password"), "password", "new-password", hint),
            _field(Id.AGAIN, _("New password again"), "password", "new-password"),
            html.Div(id=Id.SAID, role="alert"),
            html.Div(
                [button, html.Span(_("All your other sessions end with the change."), className="sb-muted")],
                className="sb-account-do",
            ),
        ],
        id=Id.FORM,
    )


def _field(part: Id, label: str, kind: str, autocomplete: str, hint: str = "") -> html.Div:
    told = [html.Span(hint, className="sb-account-hint")] if hint else []
    longest = LONGEST_EMAIL if kind == "email" else LONGEST
    box = dbc.Input(id=part, type=kind, autocomplete=autocomplete, maxLength=longest, invalid=False)
    return html.Div([html.Label([label, *told], htmlFor=part), box], className="sb-account-field")

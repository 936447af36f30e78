"""What the account page says: who, which roles in words, and what became of a change. Pure views."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from components.badges import Tone
from components.icons import Icon
from components.role_words import role_words
from components.states import banner
from components.words import _, mark, ngettext
from dash_app.domain.project import Person, Project, Right, Role, rights_of
from dash_app.navigation import home_of
from dash_app.workflows.account import SHORTEST, Outcome, Verdict

RIGHT_WORDS: Mapping[Right, str] = {
    Right.VIEW: mark("see and export"),
    Right.RECOMPUTE: mark("compute plans"),
    Right.STOP: mark("pause and stop"),
    Right.APPROVE: mark("approve plans"),
    Right.DEVICES: mark("set up users and devices"),
    Right.STATUS: mark("open the status"),
}
EMAIL, OLD, NEW, AGAIN = "email", "old", "new", "again"
"""The fields of the form, as `field_of` names them."""

VERDICT_WORDS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.NO_EMAIL: (mark("Enter an e-mail address, for example name@example.org."), EMAIL),
    Verdict.NO_OLD: (mark("Enter your current password."), OLD),
    Verdict.NOTHING_NEW: (mark("Nothing to change: this is your e-mail, and no new password is entered."), NEW),
    Verdict.MISMATCH: (mark("The two new passwords are not the same."), AGAIN),
    Verdict.SAME: (mark("The new password is the current one. Choose another one."), NEW),
    Verdict.TOO_SHORT: (mark("The new password is too short: at least %(shortest)d characters."), NEW),
    Verdict.TOO_LONG: (mark("The new password is too long: at most 200 characters."), NEW),
    Verdict.TOO_SIMPLE: (mark("The new password is easy to guess. Several unrelated words are hard to guess."), NEW),
    Verdict.WRONG_OLD: (mark("Your current password is not right. Nothing was changed."), OLD),
    Verdict.REFUSED: (
        mark("The server did not accept this e-mail or password; the e-mail may be taken. Nothing was changed."),
        EMAIL,
    ),
    Verdict.NOT_OFFERED: (mark("The server does not let you change your credentials here. Nothing was changed."), ""),
    Verdict.NOT_REACHED: (mark("We cannot reach the server. Nothing was changed. Please try again later."), ""),
    Verdict.NOT_POSSIBLE: (mark("This is not possible now. Nothing was changed. Please try again later."), ""),
    Verdict.TOO_OFTEN: (mark("Too many attempts. Please wait %(wait)d s. Nothing was changed."), ""),
    Verdict.UNCLEAR: (
        mark("The answer was lost: we cannot tell which credentials are valid now. Sign in again to find out."),
        "",
    ),
}
"""Verdict -> its sentence and the field to correct."""


def who_view(person: Person) -> html.Dl:
    """Return name and e-mail of the person."""
    facts = [(_("Name"), person.name), (_("E-mail"), person.email)]
    return html.Dl(
        [html.Div([html.Dt(label), html.Dd(value or "–")]) for label, value in facts], className="sb-account-facts"
    )


def roles_view(projects: Sequence[Project]) -> Any:
    """Return the person's roles on each project, and what they allow there."""
    if not projects:
        return html.P(_("No project is open to you. Your administrator can change that."), className="sb-muted")
    heads = [html.Th(words, scope="col") for words in (_("Project"), _("Role"), _("You may"))]
    rows = [
        html.Tr(
            [
                html.Td(html.A(project.name, href=home_of(project))),
                html.Td(role_words(project.roles)),
                html.Td(right_words(project.roles)),
            ]
        )
        for project in projects
    ]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="sb-table sb-account-roles")
    return html.Div(table, className="sb-table-frame")


def right_words(roles: frozenset[Role]) -> str:
    """Return what roles allow.

    >>> right_words(frozenset({Role.ADMIN}))
    'see and export, pause and stop, set up users and devices, open the status'
    """
    return ", ".join(_(words) for right, words in RIGHT_WORDS.items() if right in rights_of(roles))


def verdict_view(outcome: Outcome) -> Any:
    """Return the strip that says what became of a change."""
    if outcome.verdict is not Verdict.CHANGED:
        return banner(verdict_words(outcome), Tone.DANGER, Icon.EXCLAMATION_TRIANGLE)
    return banner(verdict_words(outcome), Tone.OK, Icon.CHECK_CIRCLE)


def verdict_words(outcome: Outcome) -> str:
    """Return the sentences for a verdict."""
    if outcome.verdict is not Verdict.CHANGED:
        words, _field = VERDICT_WORDS[outcome.verdict]
        return _(words, shortest=SHORTEST, wait=math.ceil(outcome.wait_s))
    done = _("Changed. From now on you sign in as %(email)s.", email=outcome.email)
    if not outcome.ended:
        return done
    ended = ngettext(
        "%(num)d other session of yours has ended.", "%(num)d other sessions of yours have ended.", outcome.ended
    )
    return f"{done} {ended}"


def field_of(outcome: Outcome) -> str:
    """Return the field to correct, empty where none is wrong."""
    return VERDICT_WORDS.get(outcome.verdict, ("", ""))[1]

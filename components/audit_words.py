"""What a row of the audit trail says, in words: the trail itself is written in one language, for machines."""

from __future__ import annotations

from components.plan_words import state_words
from components.words import _, mark
from dash_app.domain.audit_view import Kind
from dash_app.domain.recommendation import State

KINDS: dict[Kind, str] = {
    Kind.ALL: mark("Everything"),
    Kind.DECISIONS: mark("Decisions"),
    Kind.DISPATCH: mark("Dispatch"),
    Kind.SIGN_IN: mark("Sign-in"),
    Kind.SETTINGS: mark("Settings"),
    Kind.REFUSED: mark("Refused"),
}

SAID: dict[str, str] = {
    "recommendation proposed": mark("Plan proposed"),
    "recommendation awaiting_second": mark("Plan approved by a first person"),
    "recommendation approved": mark("Plan approved"),
    "recommendation active": mark("Plan active"),
    "recommendation completed": mark("Plan completed"),
    "recommendation rejected": mark("Plan rejected"),
    "recommendation withdrawn": mark("Approval withdrawn"),
    "recommendation expired": mark("Plan expired"),
    "recommendation superseded": mark("Plan superseded"),
    "recommendation stopped": mark("Plan stopped"),
    "recommendation rolled_back": mark("Plan rolled back"),
    "stop": mark("Stop"),
    "recompute": mark("Recompute"),
    "device released": mark("Device released"),
    "order begins": mark("Order begins"),
    "order followed": mark("Order followed"),
    "order unverified": mark("Order not verified"),
    "order refused": mark("Order refused"),
    "order not sent": mark("Order not sent"),
    "order missed": mark("Order missed"),
    "signed in": mark("Signed in"),
    "signed out": mark("Signed out"),
    "sign-in refused": mark("Sign-in refused"),
    "sign-in locked": mark("Sign-in locked"),
    "change of credentials asked": mark("Change of credentials asked"),
    "credentials changed": mark("Credentials changed"),
    "change of credentials failed": mark("Change of credentials failed"),
    "refused: approve": mark("Refused: may not approve"),
    "refused: stop": mark("Refused: may not stop"),
    "refused: recompute": mark("Refused: may not recompute"),
    "notice acknowledged": mark("Notice acknowledged"),
    "audit trail taken over": mark("Audit trail taken over"),
}
SETTING = "setting "


def what_words(what: str) -> str:
    """Return what happened; what is not known stands as it was written.

    >>> what_words("recommendation approved"), what_words("setting port"), what_words("something new")
    ('Plan approved', 'Setting: port', 'something new')
    """
    if what in SAID:
        return _(SAID[what])
    if what.startswith(SETTING):
        return _("Setting: %(name)s", name=what.removeprefix(SETTING))
    return what


def value_words(what: str, value: str) -> str:
    """Return what stood before or after; states of a plan by their names.

    >>> value_words("recommendation approved", "proposed"), value_words("setting port", "8050")
    ('Proposed', '8050')
    """
    if what.startswith("recommendation ") and value in set(State):
        return state_words(State(value))
    return _("not set") if what.startswith(SETTING) and value == "not set" else value

"""What people see when a callback fails: one sentence they can act on, or a reference to the log; never a traceback."""

from __future__ import annotations

import secrets

import structlog
from dash import ctx, set_props

from components.words import _
from dash_app.auth import EXIT_ID
from dash_app.domain import errors
from dash_app.domain.errors import EnergyError
from dash_app.way_in import sign_in_path

NOTICE_ID = "shell-notice"
log = structlog.get_logger()


def words_for(error: Exception) -> str | None:
    """Return the sentence for an error that people can do something about, None for a fault of ours."""
    match error:
        case errors.ApiUnavailable():
            return _("We cannot reach the server.")
        case errors.ApiUnreadable():
            return _("The server sent an unreadable answer.")
        case errors.RateLimited():
            return _("The server asks us to wait %(s)d s.", s=round(error.retry_after_s))
        case errors.NotPermitted():
            return _("Your role does not allow this.")
        case errors.NotFound():
            return _("There is no such project or record.")
        case errors.StoreUnavailable():
            return _("Nothing was saved: the plan store cannot be written.")
        case EnergyError():
            return str(error)
        case _:
            return None


def show_fault(error: Exception) -> None:
    """Handle whatever a callback let out: sign in again, a sentence, or a reference."""
    if isinstance(error, errors.SessionEnded):
        set_props(EXIT_ID, {"href": sign_in_path("", ended=True)})
        return
    words = words_for(error)
    if words is None:
        reference = secrets.token_hex(2)
        log.exception("callback failed", ref=reference, output=str(ctx.outputs_list)[:200], exc_info=error)
        words = _("Something went wrong here. Ref %(ref)s.", ref=reference)
    else:
        log.warning("callback refused", error=type(error).__name__, reason=str(error))
    set_props(NOTICE_ID, {"children": words})

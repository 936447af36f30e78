"""The callbacks of the dialog: open it for the open card, decide, close it or say why nothing was decided."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from components.badges import Tone
from components.icons import Icon
from components.states import banner
from components.words import _
from dash_app.domain.ports import Session
from dash_app.workflows.board import BoardPorts, board_of, project_of_path
from dash_app.workflows.review import ReviewPorts, approve, reject, stop, withdraw
from pages.recommendations_address import parse_address
from pages.recommendations_cards import Ask
from pages.recommendations_dialog import (
    Act,
    Asked,
    asked_for,
    body_of,
    done_words,
    outcome,
    reason_label,
    stopped_words,
    title_of,
)
from pages.recommendations_layout import Id

ACTS = {Ask.APPROVE: Act.APPROVE, Ask.REJECT: Act.REJECT, Ask.WITHDRAW: Act.WITHDRAW, Ask.STOP: Act.STOP}
Decide = Callable[[Session, Any, str, str], str]
"""Takes the session, what the dialog showed, the reason and the address; returns the words of what was decided."""

RESULTS = (Id.APPROVED, Id.REJECTED, Id.WITHDRAWN, Id.STOPPED)
BUTTONS = {
    Act.APPROVE: Id.DO_APPROVE,
    Act.REJECT: Id.DO_REJECT,
    Act.WITHDRAW: Id.DO_WITHDRAW,
    Act.STOP: Id.DO_STOP,
}


def register_decisions(app: Dash, ports: BoardPorts, review: ReviewPorts, who: Callable[[], Session]) -> None:
    """Add the dialog's callbacks."""
    _register_asking(app)
    _register_dialog(app, ports, who)
    decisions = (approved, rejected, withdrawn, stopped)
    for act, result, decide in zip(BUTTONS, RESULTS, decisions, strict=True):
        _register_act(app, act, result, who, partial(decide, review))


def _register_asking(app: Dash) -> None:
    """Keep which button was pressed.

    The buttons come and go with the cards, and each coming calls this function; the dialog's own callback must not
    be called then, because a second call makes the browser drop the answer to the first.
    """

    @app.callback(
        Output(Id.ASKING, "data"),
        [Input(ask, "n_clicks", allow_optional=True) for ask in ACTS],
        State(Id.ASKING, "data"),
        prevent_initial_call=True,
    )
    def keep_asked(*clicks: Any) -> Any:
        *asks, kept = clicks
        if ctx.triggered_id not in ACTS or not any(asks):
            return no_update
        return {"act": ACTS[Ask(ctx.triggered_id)].value, "count": (kept or {}).get("count", 0) + 1}


def _register_dialog(app: Dash, ports: BoardPorts, who: Callable[[], Session]) -> None:
    @app.callback(
        output=_dialog_outputs(),
        inputs={
            "asking": Input(Id.ASKING, "data"),
            "back": Input(Id.BACK, "n_clicks"),
            "results": [Input(name, "data") for name in RESULTS],
        },
        state={"search": State(Id.ADDRESS, "search"), "pathname": State(Id.ADDRESS, "pathname")},
        prevent_initial_call=True,
    )
    def show_dialog(asking: Any, back: Any, results: Any, search: str, pathname: str) -> dict[str, Any]:
        unchanged = dict.fromkeys(_dialog_outputs(), no_update)
        if ctx.triggered_id in RESULTS:
            return unchanged | after_decision(results[RESULTS.index(Id(ctx.triggered_id))])
        if ctx.triggered_id != Id.ASKING or not asking:
            return unchanged | {"open": False}
        board, act = board_of(who(), pathname, ports), Act(asking["act"])
        plan = board.in_force if act is Act.STOP else board.find(parse_address(search).number) or board.find(None)
        return unchanged if plan is None else unchanged | question(act, plan, board)


def question(act: Act, plan: Any, board: Any) -> dict[str, Any]:
    """Return the dialog for one act on one plan."""
    label = reason_label(act)
    return {
        "open": True,
        "question": title_of(act, plan),
        "subject": body_of(act, plan, board),
        "asked": asked_for(act, plan).as_data(),
        "reason_hidden": not label,
        "reason_label": label,
        "reason": "",
        "refusal": None,
        "outcome": None,
        **{one.value: one is not act for one in BUTTONS},
    }


def after_decision(result: Any) -> dict[str, Any]:
    """Return what follows a decision: the dialog closes and the page says so, or it stays and says why."""
    if not result:
        return {}
    if result["ok"]:
        return {"open": False, "outcome": banner(result["words"], Tone.OK, Icon.CHECK_CIRCLE)}
    return {"refusal": banner(result["words"], Tone.DANGER, Icon.EXCLAMATION_TRIANGLE)}


def _dialog_outputs() -> dict[str, Any]:
    return {
        "open": Output(Id.DIALOG, "is_open"),
        "question": Output(Id.QUESTION, "children"),
        "subject": Output(Id.SUBJECT, "children"),
        "asked": Output(Id.ASKED, "data"),
        "reason_hidden": Output(Id.REASON_FRAME, "hidden"),
        "reason_label": Output(Id.REASON_LABEL, "children"),
        "reason": Output(Id.REASON, "value"),
        "refusal": Output(Id.REFUSAL, "children"),
        "outcome": Output(Id.OUTCOME, "children"),
        **{act.value: Output(button, "hidden") for act, button in BUTTONS.items()},
    }


def _register_act(app: Dash, act: Act, result: Id, who: Callable[[], Session], decide: Decide) -> None:
    """Let the dialog's button of `act` decide; how it ended goes into `result`."""

    @app.callback(
        Output(result, "data"),
        Input(BUTTONS[act], "n_clicks"),
        State(Id.ASKED, "data"),
        State(Id.REASON, "value"),
        State(Id.ADDRESS, "pathname"),
        prevent_initial_call=True,
        running=[(Output(BUTTONS[act], "disabled"), True, False)],
    )
    def act_now(clicks: int | None, sent: Any, reason: str | None, pathname: str) -> Any:
        session, why = who(), (reason or "").strip()
        if not clicks:
            return no_update
        if act is Act.REJECT and not why:
            return {"ok": False, "words": _("Please give a reason: others will read it.")}
        return outcome(lambda: decide(session, sent, why, pathname))


def approved(review: ReviewPorts, session: Session, sent: Any, _why: str, _pathname: str) -> str:
    """Approve what the dialog showed; return the words for the person."""
    asked = Asked.from_data(sent)
    plan = approve(review, session, asked.recommendation_id, version=asked.version, digest=asked.digest)
    return done_words(plan, review.sites.site_of(plan.payload.project_id))


def rejected(review: ReviewPorts, session: Session, sent: Any, why: str, _pathname: str) -> str:
    """Reject what the dialog showed; return the words for the person."""
    asked = Asked.from_data(sent)
    plan = reject(review, session, asked.recommendation_id, version=asked.version, digest=asked.digest, reason=why)
    return done_words(plan, review.sites.site_of(plan.payload.project_id))


def withdrawn(review: ReviewPorts, session: Session, sent: Any, why: str, _pathname: str) -> str:
    """Withdraw what the dialog showed; return the words for the person."""
    asked = Asked.from_data(sent)
    plan = withdraw(review, session, asked.recommendation_id, version=asked.version, digest=asked.digest, reason=why)
    return done_words(plan, review.sites.site_of(plan.payload.project_id))


def stopped(review: ReviewPorts, session: Session, _sent: Any, why: str, pathname: str) -> str:
    """Stop whatever runs at the project of the address; return the words for the person."""
    ended = stop(review, session, project_of_path(session, pathname).project_id, reason=why)
    return stopped_words(released=ended.released, plan=ended.recommendation)

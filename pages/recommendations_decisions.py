"""The callbacks of the dialog: open it for the open card, decide, close it or say why nothing was decided."""

from __future__ import annotations

from collections.abc import Callable
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
    _register_approve(app, review, who)
    _register_reject(app, review, who)
    _register_withdraw(app, review, who)
    _register_stop(app, review, who)


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


def _register_approve(app: Dash, review: ReviewPorts, who: Callable[[], Session]) -> None:
    @app.callback(
        Output(Id.APPROVED, "data"),
        Input(Id.DO_APPROVE, "n_clicks"),
        State(Id.ASKED, "data"),
        State(Id.ADDRESS, "pathname"),
        prevent_initial_call=True,
        running=[(Output(Id.DO_APPROVE, "disabled"), True, False)],
    )
    def approve_now(clicks: int | None, sent: Any, _pathname: str) -> Any:
        session = who()

        def decide() -> str:
            asked = Asked.from_data(sent)
            plan = approve(review, session, asked.recommendation_id, version=asked.version, digest=asked.digest)
            return done_words(plan, review.sites.site_of(plan.payload.project_id))

        return outcome(decide) if clicks else no_update


def _register_reject(app: Dash, review: ReviewPorts, who: Callable[[], Session]) -> None:
    @app.callback(
        Output(Id.REJECTED, "data"),
        Input(Id.DO_REJECT, "n_clicks"),
        State(Id.ASKED, "data"),
        State(Id.REASON, "value"),
        State(Id.ADDRESS, "pathname"),
        prevent_initial_call=True,
        running=[(Output(Id.DO_REJECT, "disabled"), True, False)],
    )
    def reject_now(clicks: int | None, sent: Any, reason: str | None, _pathname: str) -> Any:
        session = who()
        if not (reason or "").strip():
            return {"ok": False, "words": _("Please give a reason: others will read it.")} if clicks else no_update

        def decide() -> str:
            asked = Asked.from_data(sent)
            plan = reject(
                review,
                session,
                asked.recommendation_id,
                version=asked.version,
                digest=asked.digest,
                reason=reason or "",
            )
            return done_words(plan, review.sites.site_of(plan.payload.project_id))

        return outcome(decide) if clicks else no_update


def _register_withdraw(app: Dash, review: ReviewPorts, who: Callable[[], Session]) -> None:
    @app.callback(
        Output(Id.WITHDRAWN, "data"),
        Input(Id.DO_WITHDRAW, "n_clicks"),
        State(Id.ASKED, "data"),
        State(Id.REASON, "value"),
        State(Id.ADDRESS, "pathname"),
        prevent_initial_call=True,
        running=[(Output(Id.DO_WITHDRAW, "disabled"), True, False)],
    )
    def withdraw_now(clicks: int | None, sent: Any, reason: str | None, _pathname: str) -> Any:
        session = who()

        def decide() -> str:
            asked = Asked.from_data(sent)
            plan = withdraw(
                review,
                session,
                asked.recommendation_id,
                version=asked.version,
                digest=asked.digest,
                reason=reason or "",
            )
            return done_words(plan, review.sites.site_of(plan.payload.project_id))

        return outcome(decide) if clicks else no_update


def _register_stop(app: Dash, review: ReviewPorts, who: Callable[[], Session]) -> None:
    @app.callback(
        Output(Id.STOPPED, "data"),
        Input(Id.DO_STOP, "n_clicks"),
        State(Id.REASON, "value"),
        State(Id.ADDRESS, "pathname"),
        prevent_initial_call=True,
        running=[(Output(Id.DO_STOP, "disabled"), True, False)],
    )
    def stop_now(clicks: int | None, reason: str | None, pathname: str) -> Any:
        session = who()

        def decide() -> str:
            project = project_of_path(session, pathname)
            stopped = stop(review, session, project.project_id, reason=reason or "")
            return stopped_words(released=stopped.released, plan=stopped.recommendation)

        return outcome(decide) if clicks else no_update

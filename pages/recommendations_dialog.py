"""The dialog in which a decision is confirmed: exactly what would happen, and what became of it in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from dash import html

from components.numbers import clock_time, duration, moment_words, money
from components.plan_data import saving
from components.plan_words import band_words, battery_words, corridor_words, order_words, state_words, title_words
from components.tables import table
from components.words import _, inside_sentence
from dash_app.domain import errors
from dash_app.domain.errors import EnergyError
from dash_app.domain.recommendation import IN_FORCE, Payload, Recommendation
from dash_app.domain.site import Site
from dash_app.workflows.board import Board

FIRST_STEPS = 4
log = structlog.get_logger()


class Act(StrEnum):
    """What a person can do with a plan."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the dialog was opened for: the act, and the exact plan that the person looked at."""

    act: Act
    recommendation_id: str
    version: int
    digest: str

    def as_data(self) -> dict[str, Any]:
        """Return what the browser keeps and sends back."""
        return {
            "act": self.act.value,
            "id": self.recommendation_id,
            "version": self.version,
            "digest": self.digest,
        }

    @classmethod
    def from_data(cls, sent: Any) -> Asked:
        """Return what the browser sent; raise NotFound for anything that no dialog of ours made."""
        try:
            return cls(
                act=Act(sent["act"]),
                recommendation_id=str(sent["id"]),
                version=int(sent["version"]),
                digest=str(sent["digest"]),
            )
        except (KeyError, TypeError, ValueError):
            raise errors.NotFound("There is no such recommendation.") from None


def asked_for(act: Act, plan: Recommendation) -> Asked:
    """Return the question about a plan as it stands."""
    return Asked(act=act, recommendation_id=plan.recommendation_id, version=plan.version, digest=plan.digest)


def title_of(act: Act, plan: Recommendation) -> str:
    """Return the dialog's question."""
    return {
        Act.APPROVE: _("Approve %(plan)s?", plan=plan.label),
        Act.REJECT: _("Reject %(plan)s?", plan=plan.label),
        Act.WITHDRAW: _("Withdraw %(plan)s?", plan=plan.label),
        Act.STOP: _("Stop %(plan)s and return to safe rules?", plan=plan.label),
    }[act]


def body_of(act: Act, plan: Recommendation, board: Board) -> list[Any]:
    """Return what the person is about to sign, or what the other acts mean."""
    if act is Act.APPROVE:
        return _to_sign(plan, board)
    words = {
        Act.REJECT: _("Others will read the reason. The plan is not offered again; the next one may be."),
        Act.WITHDRAW: _("No order of this plan was sent yet. The battery keeps to its own rules."),
        Act.STOP: _("The battery is released at once and follows its own safe rules. The plan ends here."),
    }
    return [html.P(title_words(plan.payload, board.now, board.zone), className="sb-emphasis"), html.P(words[act])]


def reason_label(act: Act) -> str:
    """Return the label of the reason, empty where none is asked."""
    if act is Act.REJECT:
        return _("Reason (needed)")
    return "" if act is Act.APPROVE else _("Reason (if you like)")


def outcome(decide: Callable[[], str]) -> dict[str, Any]:
    """Return how a decision ended: `ok` and the words for the person. Faults of ours and ended sessions go on."""
    try:
        return {"ok": True, "words": decide()}
    except errors.SessionEnded:
        raise
    except EnergyError as error:
        log.info("not decided", error=type(error).__name__, reason=str(error))
        return {"ok": False, "words": refusal_words(error)}


def refusal_words(error: EnergyError) -> str:
    """Return why a decision was not taken, as a sentence that says what stands instead."""
    match error:
        case errors.ApiUnavailable() | errors.ApiUnreadable() | errors.RateLimited():
            return _("We cannot reach the server to check your role, so nothing was decided. Please try again.")
        case errors.StoreUnavailable():
            return str(error) if "battery" in str(error) else _("Nothing was saved: the plan store cannot be written.")
        case errors.Infeasible():
            return _("The battery cannot follow this plan now: %(why)s", why=str(error))
        case _:
            return str(error)


def done_words(plan: Recommendation, site: Site | None) -> str:
    """Return what was decided; a plan in force says until when."""
    state = inside_sentence(state_words(plan.state))
    if plan.state not in IN_FORCE or site is None:
        return _("%(plan)s is %(state)s.", plan=plan.label, state=state)
    until = moment_words(plan.payload.steps[-1].end, site.timezone)
    return _("%(plan)s is %(state)s, in force until %(until)s.", plan=plan.label, state=state, until=until)


def stopped_words(*, released: bool, plan: Recommendation | None) -> str:
    """Return what a stop did; an unconfirmed release is never called one."""
    ended = _("%(plan)s is stopped.", plan=plan.label) if plan else _("No plan was in force.")
    if released:
        return _("The battery follows its own rules. %(ended)s", ended=ended)
    return _("The dispatcher did not confirm the release: check the plant. %(ended)s", ended=ended)


def _to_sign(plan: Recommendation, board: Board) -> list[Any]:
    payload, zone = plan.payload, board.zone
    left = duration(max(payload.expires_at - board.now, board.now - board.now))
    facts = (
        (_("Money"), _money_words(payload)),
        (_("Battery power"), _limits(payload)),
        (_("State of charge"), corridor_words(*_corridor(payload))),
        (_("Approve until"), _("%(time)s, in %(left)s", time=moment_words(payload.expires_at, zone), left=left)),
        (_("In force until"), moment_words(payload.steps[-1].end, zone)),
        (_("Hash"), html.Code(plan.digest[:16], title=plan.digest)),
    )
    listed = html.Dl([part for name, value in facts for part in (html.Dt(name), html.Dd(value))], className="sb-facts")
    title = title_words(payload, board.now, zone)
    return [html.P(title, className="sb-emphasis"), listed, html.H3(_("First steps")), _steps(plan, board)]


def _money_words(payload: Payload) -> str:
    return _(
        "%(expected)s expected, %(without)s without: saves %(saved)s",
        expected=money(payload.expected.cost, payload.currency),
        without=money(payload.without_battery.cost, payload.currency),
        saved=money(saving(payload), payload.currency),
    )


def _limits(payload: Payload) -> str:
    return band_words(
        min(step.power_min_kw for step in payload.steps), max(step.power_max_kw for step in payload.steps)
    )


def _corridor(payload: Payload) -> tuple[float, float]:
    return min(step.soc_min for step in payload.steps), max(step.soc_max for step in payload.steps)


def _steps(plan: Recommendation, board: Board) -> html.Div:
    """Return the next steps as they would be sent: order, band, corridor."""
    ahead = [step for step in plan.payload.steps if step.end > board.now][:FIRST_STEPS]
    rows = [
        [
            clock_time(step.start, board.zone),
            [order_words(step), html.Span(battery_words(step), className="sb-row-about")],
            band_words(step.power_min_kw, step.power_max_kw),
            corridor_words(step.soc_min, step.soc_max),
        ]
        for step in ahead
    ]
    head = [_("Time"), _("Order"), _("Battery may"), _("SoC")]
    return table(_("First steps of %(plan)s", plan=plan.label), head, rows)

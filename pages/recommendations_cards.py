"""The cards of the recommendations page: what waits, what is in force, and what a person may do with each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dash import html

from components.aria import aria, data
from components.badges import Tone, badge
from components.icons import Icon
from components.numbers import duration, moment_words, money, number, with_unit
from components.plan_data import co2_change_kg, differing_steps, saving
from components.plan_words import goal_words, signed, state_words, title_words, why_words
from components.recommendation_card import RecommendationCard, recommendation_card
from components.states import no_permission
from components.words import _, inside_sentence
from dash_app.domain.project import Right
from dash_app.domain.recommendation import IN_FORCE, Payload, Recommendation, State
from dash_app.domain.schedule import Objective
from dash_app.workflows.board import WAITING, Board
from dash_app.workflows.review import CHANGED, EXPIRED, ONLY_MANAGERS
from pages.recommendations_address import Address

SOON = timedelta(minutes=30)
MOST_BADGES = 3
EARLIER = 5
TONES = {
    State.APPROVED: Tone.OK,
    State.ACTIVE: Tone.OK,
    State.COMPLETED: Tone.OK,
    State.AWAITING_SECOND: Tone.INFO,
    State.EXPIRED: Tone.WARNING,
    State.STOPPED: Tone.WARNING,
    State.ROLLED_BACK: Tone.WARNING,
}


class Ask(StrEnum):
    """The buttons of the open card; each opens the dialog."""

    APPROVE = "recommendations-ask-approve"
    REJECT = "recommendations-ask-reject"
    WITHDRAW = "recommendations-ask-withdraw"
    STOP = "recommendations-ask-stop"


def cards_view(board: Board, open_plan: Recommendation, address: Address, pathname: str, address_id: str) -> list[Any]:
    """Return the cards: what waits (newest first), what is in force, the open one if it is neither, what was."""
    found = {plan.number: plan for plan in (*board.waiting, board.in_force, open_plan) if plan is not None}
    shown = list(found.values())
    cards = []
    for plan in shown:
        href = pathname + address.query(number=plan.number)
        cards.append(recommendation_card(_card(plan, board, plan.number == open_plan.number, href), address_id))
    rest = [plan for plan in board.plans if plan.number not in found][:EARLIER]
    return [*cards, *_earlier(rest, address, pathname, address_id)]


def is_expired(plan: Recommendation, now: datetime) -> bool:
    """Return whether the plan can no longer be decided on because of its age, whatever the store says yet."""
    return plan.state is State.EXPIRED or (plan.state in WAITING and plan.payload.expires_at <= now)


def state_badge(plan: Recommendation, board: Board) -> html.Span:
    """Return until when the plan can be decided on, or its state."""
    left = plan.payload.expires_at - board.now
    if is_expired(plan, board.now):
        return badge(state_words(State.EXPIRED), Tone.WARNING, Icon.CLOCK)
    if plan.state not in WAITING:
        return badge(state_words(plan.state), TONES.get(plan.state, Tone.NEUTRAL))
    tone = Tone.WARNING if left <= SOON else Tone.NEUTRAL
    return badge(_("Expires in %(left)s", left=duration(left)), tone, Icon.CLOCK)


def meaning_badges(payload: Payload) -> list[html.Span]:
    """Return CO2, a higher peak, cycles, limits: at most three, costs first; a cost is a warning with its sign."""
    change = co2_change_kg(payload)
    higher_kw = payload.expected.peak_import_kw - payload.without_battery.peak_import_kw
    badges = []
    if change is not None:
        worse = change > 0
        text = f"{signed(change, 'kg', 0)} CO₂"
        badges.append(badge(text, Tone.WARNING if worse else Tone.OK, Icon.ARROW_UP if worse else Icon.ARROW_DOWN))
    if higher_kw > 0.05:
        badges.append(badge(_("Peak %(power)s", power=signed(higher_kw, "kW")), Tone.WARNING, Icon.ARROW_UP))
    badges.append(badge(_("%(cycles)s cycles", cycles=number(payload.expected.cycles, 1)), symbol=Icon.ARROW_REPEAT))
    badges.append(badge(_("Within limits"), symbol=Icon.SHIELD_CHECK))
    return badges[:MOST_BADGES]


def gain_words(payload: Payload) -> tuple[str, str]:
    """Return what the plan gains by its own goal, and the rest beside it."""
    saved, change = saving(payload), co2_change_kg(payload)
    amount = money(saved, payload.currency)
    if payload.objective is Objective.CO2 and change is not None:
        note = _("CO₂ less, %(amount)s saved", amount=amount)
        return with_unit(-change, "kg", 0), note
    note = _("saved") if saved >= 0 else _("saved: it costs more than doing nothing")
    return amount, note


def differs_words(plan: Recommendation, board: Board) -> str:
    """Return how the plan differs from what is in force now."""
    other = board.in_force
    if plan.state in IN_FORCE:
        when = moment_words(plan.changed_at, board.zone)
        return _("%(state)s by %(who)s, %(when)s.", state=state_words(plan.state), who=plan.changed_by, when=when)
    if other is None:
        return _("Nothing is in force: the battery follows its own rules now.")
    count, common = differing_steps(plan.payload, other.payload, board.now)
    return _("Differs from %(other)s, in force, in %(n)d of %(all)d steps.", other=other.label, n=count, all=common)


def _card(plan: Recommendation, board: Board, selected: bool, href: str) -> RecommendationCard:
    gain, note = gain_words(plan.payload)
    simulated = board.site is not None and board.site.battery is not None and board.site.battery.simulated
    goal = goal_words(plan.payload.objective)
    return RecommendationCard(
        label=_("%(plan)s · %(goal)s", plan=plan.label, goal=inside_sentence(goal)),
        badge=state_badge(plan, board),
        title=title_words(plan.payload, board.now, board.zone),
        gain=gain,
        gain_note=note,
        badges=meaning_badges(plan.payload),
        href=href,
        why=why_words(plan.payload),
        differs=" ".join([differs_words(plan, board), _("Simulated battery.") if simulated else ""]).strip(),
        actions=_actions(plan, board) if selected else (),
        selected=selected,
    )


def _actions(plan: Recommendation, board: Board) -> list[Any]:
    """Return the buttons that fit the plan's state, disabled with the reason where the role does not allow them."""
    if is_expired(plan, board.now):
        return [_approve(disabled=True), _reason(EXPIRED)]
    if plan.state is State.SUPERSEDED:
        return [_approve(disabled=True), _reason(CHANGED)]
    managing = board.project.allows(Right.APPROVE)
    if plan.state in WAITING:
        if not managing:
            return [no_permission(_approve(disabled=True), _(ONLY_MANAGERS), "recommendations-reason")]
        return [_approve(), _button(Ask.REJECT, _("Reject"), "sb-secondary")]
    actions = []
    if plan.state is State.APPROVED and managing:
        actions.append(_button(Ask.WITHDRAW, _("Withdraw"), "sb-secondary"))
    if plan.state in IN_FORCE and board.project.allows(Right.STOP):
        actions.append(_button(Ask.STOP, _("Stop"), "sb-danger"))
    return actions


def _approve(*, disabled: bool = False) -> html.Button:
    described = aria(describedby="recommendations-reason") if disabled else {}
    return _button(Ask.APPROVE, _("Approve"), "btn-primary sb-grow", disabled=disabled, **described)


def _button(ask: Ask, words: str, look: str, **more: Any) -> html.Button:
    return html.Button(words, id=ask, type="button", className=f"btn {look}", **more)


def _reason(words: str) -> html.P:
    return html.P(_(words), id="recommendations-reason", className="sb-reason")


def _earlier(plans: Sequence[Recommendation], address: Address, pathname: str, address_id: str) -> list[Any]:
    if not plans:
        return []
    entries = [
        html.Li(
            [
                html.A(plan.label, href=pathname + address.query(number=plan.number), **data(address=address_id)),
                f" {inside_sentence(state_words(plan.state))}",
            ]
        )
        for plan in plans
    ]
    return [html.Div([html.Span(_("Earlier:")), html.Ul(entries)], className="sb-earlier")]

"""The findings of the data quality page: by measurand, worst first, each with when, how much and why it matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any
from urllib.parse import quote

from dash import html

from components.aria import aria, data
from components.badges import badge
from components.cards import card
from components.numbers import duration, moment_words, number, step_words
from components.states import empty, notes
from components.words import _, ngettext
from dash_app.domain.quality import Finding, Rule
from dash_app.domain.site import Measurand
from dash_app.workflows.quality import Quality
from pages.quality_words import SEVERITIES, TITLES, WHY, how_much, treatment, when

ADDRESS = "quality-address"
SHOWN_AT_ONCE = 3
MOST_LISTED = 40


def findings_card(quality: Quality) -> html.Section:
    """Return what looks wrong, grouped by measurand, worst first, with links that filter by rule."""
    shown = quality.shown
    words = ngettext("%(num)d finding, worst first", "%(num)d findings, worst first", len(shown))
    body: list[Any] = [_filters(quality)] if quality.findings else []
    body.append(_table(quality, shown) if shown else empty(_nothing_words(quality)))
    return card(_("Findings"), body, meta=words if shown else "", class_name="sb-findings-card")


def _nothing_words(quality: Quality) -> str:
    view = quality.view
    edges = {"a": moment_words(view.start, view.zone), "b": moment_words(view.until, view.zone)}
    if quality.presence_in_all().there == 0:
        return _("No values between %(a)s and %(b)s.", **edges)
    if quality.findings and quality.rule is not None:
        return _("No “%(rule)s” between %(a)s and %(b)s.", rule=_(TITLES[quality.rule]), **edges)
    return _("Nothing suspicious between %(a)s and %(b)s.", **edges)


def unknown_rule_notes(quality: Quality) -> list[Any]:
    """Name a rule of the address that does not exist."""
    if not quality.asked_rule or quality.rule is not None:
        return []
    return [notes([_("“%(given)s” is not a rule we know. Showing all.", given=quality.asked_rule[:40])])]


def _filters(quality: Quality) -> html.Nav:
    counts = Counter(one.rule for one in quality.findings)
    every = _filter(_("All"), len(quality.findings), _address(quality, None), quality.rule is None)
    links = [
        _filter(_(TITLES[rule]), counts[rule], _address(quality, rule), quality.rule is rule)
        for rule in Rule
        if counts[rule] or quality.rule is rule
    ]
    return html.Nav(
        html.Ul([html.Li(link) for link in (every, *links)]), className="sb-filters", **aria(label=_("Rule"))
    )


def _filter(words: str, count: int, href: str, current: bool) -> html.A:
    more = aria(current="true") if current else {}
    return html.A(
        [words, html.Span(number(count, 0), className="sb-filter-count")],
        href=href,
        className="sb-filter",
        **data(address=ADDRESS),
        **more,
    )


def _address(quality: Quality, rule: Rule | None) -> str:
    """Return the address of the page with another rule; everything else stays as it is."""
    others = dict(quality.view.others) | {"rule": rule.value if rule else ""}
    view = replace(quality.view, others=tuple((name, text) for name, text in others.items() if text))
    return f"/p/{quote(quality.place.project.project_id, safe='')}/quality{view.query()}"


def _table(quality: Quality, findings: Sequence[Finding]) -> html.Div:
    head = [
        html.Th(words, scope="col")
        for words in (_("Finding"), _("When, how much"), _("Why it matters"), _("What we do"))
    ]
    bodies = [_group(quality, measurand_id, mine) for measurand_id, mine in _by_measurand(findings)]
    table = html.Table(
        [html.Caption(_("Findings"), className="visually-hidden"), html.Thead(html.Tr(head)), *bodies],
        className="sb-table sb-findings",
    )
    return html.Div(table, className="sb-table-frame")


def _by_measurand(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return the findings by measurand; the measurand with the worst one first, as they come."""
    order = list(dict.fromkeys(one.measurand_id for one in findings))
    return [(name, [one for one in findings if one.measurand_id == name]) for name in order]


def _group(quality: Quality, measurand_id: str, findings: Sequence[Finding]) -> html.Tbody:
    measurand = next((m for m in quality.checked if m.measurand_id == measurand_id), None)
    name = measurand.name if measurand else _("The site as a whole")
    about = about_words(measurand) if measurand else ""
    head = html.Th(
        [html.Span(name, className="sb-findings-name"), html.Span(about, className="sb-findings-about")],
        scope="rowgroup",
        colSpan=4,
    )
    order = {rule: place for place, rule in reversed(list(enumerate(one.rule for one in findings)))}
    by_rule = groupby(sorted(findings, key=lambda one: order[one.rule]), key=lambda one: one.rule)
    rows = [_row(quality, measurand, rule, list(mine)) for rule, mine in by_rule]
    return html.Tbody([html.Tr(head, className="sb-findings-group"), *rows])


def _row(quality: Quality, measurand: Measurand | None, rule: Rule, findings: list[Finding]) -> html.Tr:
    words, tone, symbol = SEVERITIES[max(one.severity for one in findings)]
    count = html.Span(f"× {len(findings)}", className="sb-finding-count") if len(findings) > 1 else None
    title = html.Div([html.Span(_(TITLES[rule]), className="sb-finding-title"), count], className="sb-finding-line")
    why, what = _(WHY[rule]), treatment(rule, measurand)
    return html.Tr(
        [
            html.Td([title, badge(_(words), tone, symbol)], className="sb-finding"),
            html.Td([*_occurrences(quality, measurand, findings), _folded(why, what)], className="sb-finding-when"),
            html.Td(why, className="sb-finding-why"),
            html.Td(what, className="sb-finding-what"),
        ],
        **data(rule=rule.value),
    )


def _folded(why: str, what: str) -> html.Details:
    """Return both explanations behind one line, for phones, where they have no columns of their own."""
    label = _("Why it matters, what we do")
    return html.Details([html.Summary(label), html.P(why), html.P(what)], className="sb-finding-folded")


def _occurrences(quality: Quality, measurand: Measurand | None, findings: list[Finding]) -> list[Any]:
    items = [_occurrence(quality, measurand, one) for one in findings[:MOST_LISTED]]
    if len(items) <= SHOWN_AT_ONCE + 1:
        return [html.Ul(items, className="sb-occurrences")]
    rest = len(findings) - SHOWN_AT_ONCE
    folded: list[Any] = [
        html.Summary(_("%(num)d more", num=rest)),
        html.Ul(items[SHOWN_AT_ONCE:], className="sb-occurrences"),
    ]
    if len(findings) > MOST_LISTED:
        left = len(findings) - MOST_LISTED
        folded.append(html.P(_("%(num)d are not listed: choose a shorter range.", num=left)))
    return [
        html.Ul(items[:SHOWN_AT_ONCE], className="sb-occurrences"),
        html.Details(folded, className="sb-occurrences-more"),
    ]


def _occurrence(quality: Quality, measurand: Measurand | None, finding: Finding) -> html.Li:
    known_from = quality.known_from(finding.measurand_id)
    unit = measurand.unit if measurand else "kW"
    length = duration(finding.length)
    return html.Li(
        [
            html.Span(when(finding, quality.view.zone, known_from), className="sb-dq-when"),
            html.Span(_("%(length)s · %(much)s", length=length, much=how_much(finding, unit)), className="sb-dq-much"),
        ]
    )


def about_words(measurand: Measurand) -> str:
    """Return what kind of series this is."""
    about = step_words(measurand.resolution)
    return about if measurand.on_connection else _("%(step)s · not on the connection", step=about)

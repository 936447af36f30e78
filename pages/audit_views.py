"""What the audit page shows: the head of the chain, the filters' notes, the rows, and the rows as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from dash import html

from components.aria import aria, data
from components.audit_table import audit_table
from components.audit_words import value_words, what_words
from components.badges import Tone, badge
from components.cards import card
from components.icons import Icon, icon
from components.numbers import clock_time, day_words, number
from components.states import banner, empty, notes
from components.words import _, ngettext
from dash_app.domain.audit import Flaw
from dash_app.domain.audit_view import AuditView
from dash_app.domain.export import ExportColumn, ExportTable
from dash_app.workflows.audit import Verification
from dash_app.workflows.audit_page import MOST_EXPORTED, Trail

ADDRESS = "audit-address"


def about_words(trail: Trail) -> str:
    """Return the line under the title."""
    if trail.fault:
        return _("The plan store cannot be read.")
    count = ngettext("%(num)d row", "%(num)d rows", trail.count)
    where = _("of all your projects") if trail.view.everywhere else _("of %(project)s", project=trail.title)
    return _("%(count)s %(where)s, newest first", count=count, where=where)


def notes_view(trail: Trail) -> list[Any]:
    """Name what the address said wrongly."""
    if not trail.view.faults:
        return []
    words = _("“%(given)s” is not known for “%(name)s”. Showing without it.")
    return [notes([words % {"given": text, "name": name} for name, text in trail.view.faults])]


def rows_view(trail: Trail) -> html.Section:
    """Return the rows, or why there are none."""
    if trail.fault:
        words = _("The audit trail cannot be read now: %(why)s", why=trail.fault)
        return card(_("Rows"), banner(words, Tone.DANGER, Icon.DATABASE))
    if not trail.rows:
        return card(_("Rows"), _nothing(trail))
    names = trail.names if trail.view.everywhere else {}
    body = [audit_table(trail.rows, trail.zone, names), _further(trail)]
    return card(_("Rows"), body, actions=_download(trail), caption=_caption(trail))


def chain_view(found: Verification | None, trail: Trail, fault: str = "") -> html.Section:
    """Return whether the chain holds, when that was verified, and its head."""
    title = _("Chain")
    if found is None:
        words = _("Could not be verified now: %(why)s", why=fault)
        return card(title, html.P(words, className="sb-quiet"), actions=badge(_("Not verified"), Tone.WARNING))
    if not found.whole:
        return card(title, html.P(_flaw_words(found)), actions=badge(_("Changed"), Tone.DANGER))
    chain = found.chain
    when = _("Verified at %(time)s", time=found.at.astimezone(trail.zone).strftime("%H:%M:%S"))
    facts = [
        html.P([when, " · ", ngettext("%(num)d row", "%(num)d rows", chain.rows), " · ", _signed_words(found, trail)]),
        html.P([_("Newest hash"), " ", html.Code(f"{chain.head_row}:{chain.head}")], className="sb-audit-head"),
    ]
    if chain.earlier_form:
        words = _(
            "Rows 1 to %(last)s are of an earlier form, without before and after.", last=number(chain.earlier_form, 0)
        )
        facts.append(html.P(words, className="sb-quiet"))
    return card(title, facts, actions=badge(_("Chain whole"), Tone.OK, Icon.SHIELD_CHECK))


def trail_table(trail: Trail) -> ExportTable:
    """Return the rows as a table for a file, oldest first, in the trail's own words beside ours."""
    rows = list(reversed(trail.rows))
    texts: dict[str, Sequence[str | None]] = {
        "time_utc": [row.at.isoformat(timespec="milliseconds").replace("+00:00", "Z") for row in rows],
        "time_local": [row.at.astimezone(trail.zone).isoformat(timespec="milliseconds") for row in rows],
        "row": [str(row.row_id) for row in rows],
        "who": [row.who for row in rows],
        "what": [row.what for row in rows],
        "words": [what_words(row.what) for row in rows],
        "project": [row.project_id for row in rows],
        "before": [value_words(row.what, row.before) for row in rows],
        "after": [value_words(row.what, row.after) for row in rows],
        "detail": [row.detail for row in rows],
        "hash": [row.chain for row in rows],
    }
    columns = tuple(ExportColumn(name=name, values=values) for name, values in texts.items())
    return ExportTable(title=_("Audit trail"), columns=columns)


def export_address(trail: Trail) -> str:
    """Return the address of the file with what is shown, from its newest row to its oldest."""
    search = replace(trail.view, below=None).search()
    return f"/p/{quote(trail.project.project_id, safe='')}/export/audit/rows.csv{search}"


def _nothing(trail: Trail) -> Any:
    if trail.view.filtered or trail.view.below:
        here = f"/p/{quote(trail.project.project_id, safe='')}/audit"
        return empty(_("No rows fit."), href=here, link=_("Show everything"))
    return empty(_("Nothing was recorded yet."))


def _download(trail: Trail) -> html.A:
    words: list[Any] = [icon(Icon.DOWNLOAD), _("Download CSV")]
    return html.A(words, href=export_address(trail), className="btn sb-tertiary sb-small", download="")


def _caption(trail: Trail) -> str:
    if trail.count > MOST_EXPORTED:
        most = number(MOST_EXPORTED, 0)
        return _("The file holds the newest %(most)s rows; `energy-dashboard audit export` writes all.", most=most)
    return ""


def _further(trail: Trail) -> html.Nav | None:
    """Return the links to older rows and back to the newest."""
    view, links = trail.view, []
    if view.below is not None:
        links.append(_link(_("Newest"), replace(view, below=None), trail))
    if trail.more:
        links.append(_link(_("Older"), replace(view, below=trail.rows[-1].row_id), trail))
    return html.Nav(links, className="sb-audit-further", **aria(label=_("More rows"))) if links else None


def _link(words: str, view: AuditView, trail: Trail) -> html.A:
    href = f"/p/{quote(trail.project.project_id, safe='')}/audit{view.search()}"
    return html.A(words, href=href, className="btn sb-secondary sb-small", **data(address=ADDRESS))


def _signed_words(found: Verification, trail: Trail) -> str:
    if found.newest is None:
        return _("no signed hash exported yet")
    local = found.newest.signed_at.astimezone(trail.zone)
    when = f"{day_words(local.date())} {clock_time(found.newest.signed_at, trail.zone)}"
    return _("signed hash exported %(when)s, row %(row)s", when=when, row=number(found.newest.row_id, 0))


def _flaw_words(found: Verification) -> str:
    row = number(found.chain.flaw_row or 0, 0)
    words = {
        Flaw.CHANGED: _("Row %(row)s was changed after it was written.", row=row),
        Flaw.MISSING: _("Row %(row)s is missing.", row=row),
        Flaw.TRUNCATED: _("Row %(row)s and all after it are missing.", row=row),
        Flaw.FORGED: _("Row %(row)s is not the one whose hash was signed.", row=row),
    }
    flaw = found.chain.flaw
    return words[flaw] if flaw else _("An exported hash is not what was signed.")

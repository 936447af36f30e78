"""Charts as files: `/p/<project>/export/<page>/<chart>.csv|xlsx`, with the query of the page that shows the chart.

The guard lets only signed-in people this far; a project that is not theirs does not exist here either. CSV is sent a
few rows at a time; one workbook is written at a time, into a file that is gone once it is sent.
"""

from __future__ import annotations

import re
import tempfile
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, jsonify, request, send_file
from flask.typing import ResponseReturnValue

from components.numbers import period_words
from components.range_words import fallback_words
from components.words import _
from dash_app.domain.errors import EnergyError, RateLimited, SessionEnded
from dash_app.domain.export import ExportTable, csv_chunks
from dash_app.domain.ports import Measurements, Session, Sites
from dash_app.domain.project import Right
from dash_app.domain.time import Clock
from dash_app.faults import words_for
from dash_app.workbook import MOST_CELLS, cells_of, write_workbook
from dash_app.workflows.measured import Measured, find_place, view_of
from dash_app.workspace import Workspace
from pages.range_export import PageTables, table_of, tables_of

RULE = "/p/<path:project_id>/export/<page>/<chart>.<any(csv, xlsx):kind>"
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TURN_S = 20.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """What answers the route; `turn` is held while a workbook is written. `demo` is said in the file."""

    server: Flask
    who: Callable[[], Session]
    measurements: Measurements
    sites: Sites
    clock: Clock
    demo: bool
    turn: threading.Lock

    def answer(self, project_id: str, page: str, chart: str, kind: str) -> ResponseReturnValue:
        """Return the file, or a JSON object whose `error` is a sentence."""
        project = self.who().project(project_id)
        offered = tables_of(self.server).get(page)
        unknown = offered is None or offered.chart(chart) is None or (offered.csv_only and kind != "csv")
        if project is None or not project.allows(Right.VIEW) or offered is None or unknown:
            return _refusal(404, _("There is no such project or chart."))
        try:
            loaded, table = self._table(project_id, offered, chart)
        except SessionEnded as fault:
            return _refusal(401, str(fault))
        except EnergyError as fault:
            log.warning("export without data", page=page, chart=chart, reason=str(fault))
            return _refusal(429 if isinstance(fault, RateLimited) else 503, words_for(fault) or "")
        if table is None or not table.rows:
            return _refusal(404, _("There are no values in this range."))
        name = filename(loaded, page, chart, kind)
        if kind == "csv":
            return _attached(Response(csv_chunks(table, loaded.view.zone), content_type=CSV), name)
        return self._workbook(loaded, table, name)

    def _table(self, project_id: str, offered: PageTables, chart: str) -> tuple[Measured, ExportTable | None]:
        session = self.who()
        pathname = f"/p/{quote(project_id, safe='')}/"
        place = find_place(session, pathname, measurements=self.measurements, sites=self.sites)
        view = view_of(place, request.query_string.decode(), self.clock)
        loaded = offered.load(session, place, view, opening=False)
        slot = offered.chart(chart)
        return loaded, None if slot is None else table_of(slot, loaded)

    def _workbook(self, loaded: Measured, table: ExportTable, name: str) -> ResponseReturnValue:
        if cells_of(table) > MOST_CELLS:
            return _refusal(413, _("Too much for a worksheet: choose a shorter range, or CSV."))
        if not self.turn.acquire(timeout=TURN_S):
            return _refusal(503, _("Another file is being made. Please try again."))
        try:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - closed once it is sent
            write_workbook(table, loaded.view.zone, self._about(loaded, table), file)
        finally:
            self.turn.release()
        file.seek(0)
        return _attached(send_file(file, mimetype=XLSX), name)

    def _about(self, loaded: Measured, table: ExportTable) -> list[tuple[str, str]]:
        """Return what the second sheet of a workbook says."""
        view, window = loaded.view, loaded.window
        source = _("The energy API of this project")
        if self.demo:
            source = _("Demo: measured data replayed; the plant is simulated.")
        if window.saved:
            source += " " + _("Saved data of %(time)s, the server was not reached.", time=_utc(window.fetched_at))
        span = _("%(first)s to %(last)s (end not included)", first=_utc(view.start), last=_utc(view.end))
        facts = [
            (_("Project"), loaded.place.title),
            (_("Chart"), table.title),
            (_("Range"), period_words(view.first, view.last)),
            (_("Range in UTC"), span),
            (_("Time zone of the site"), view.zone.key),
            *table.facts,
            (_("Source"), source),
            (_("Generated at"), _utc(view.now)),
        ]
        details = [(column.heading, column.detail) for column in table.columns if column.detail]
        wrong = [(_("Note"), fallback_words(fallback)) for fallback in view.fallbacks]
        return [*facts, *wrong, *details]


def install_exports(server: Flask, workspace: Workspace, who: Callable[[], Session]) -> None:
    """Add the route; `who` is signed in."""
    exports = Exports(
        server=server,
        who=who,
        measurements=workspace.measurements,
        sites=workspace.sites,
        clock=workspace.clock,
        demo=workspace.demo,
        turn=threading.Lock(),
    )
    server.add_url_rule(RULE, "export", exports.answer)


def filename(loaded: Measured, page: str, chart: str, kind: str) -> str:
    """Return the file's name: project, chart and days, in letters that every file system has."""
    days = dict.fromkeys((loaded.view.first.isoformat(), loaded.view.last.isoformat()))
    words = "-".join([loaded.place.title, page, chart, *days])
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:120] + f".{kind}"


def _attached(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _refusal(status: int, words: str) -> ResponseReturnValue:
    return jsonify(error=words), status


def _utc(moment: Any) -> str:
    return str(moment.isoformat(timespec="seconds").replace("+00:00", "Z"))

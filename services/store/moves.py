"""Record that a recommendation moved: its row, the decision record and the audit trail, in one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, update

from dash_app.domain.recommendation import Recommendation, State
from services.store.audit import append_row
from services.store.tables import recommendations, transitions


def record(
    connection: Connection, old: Recommendation, state: State, *, who: str, at: datetime, why: str = ""
) -> Recommendation:
    """Move `old` (version 0: just inserted) to `state` inside the caller's writing transaction."""
    new = replace(old, state=state, version=old.version + 1, changed_at=at, changed_by=who)
    connection.execute(
        update(recommendations)
        .where(recommendations.c.recommendation_id == new.recommendation_id)
        .values(state=state.value, version=new.version, changed_at=at, changed_by=who)
    )
    before = old.state.value if old.version else None
    row = {"recommendation_id": new.recommendation_id, "at": at, "who": who, "before": before, "after": state.value}
    connection.execute(insert(transitions).values(**row, why=why))
    detail = " ".join(part for part in (new.label, new.digest[:12], why) if part)
    what = f"recommendation {state.value}"
    append_row(
        connection,
        at=at,
        who=who,
        what=what,
        project_id=new.payload.project_id,
        detail=detail,
        before=before or "",
        after=state.value,
    )
    return new

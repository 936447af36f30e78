"""What the audit trail says of dispatch: when an order begins and how it ends; every single write is in the ledger."""

from __future__ import annotations

from dash_app.domain.dispatch import LedgerRow, Stage

WHO = "dispatcher"
WORTH_A_ROW = {
    Stage.INTENDED: "order begins",
    Stage.FOLLOWED: "order followed",
    Stage.UNVERIFIED: "order unverified",
    Stage.REFUSED: "order refused",
    Stage.UNREACHABLE: "order not sent",
    Stage.MISSED: "order missed",
}
"""Stages that are audited the first time that an order reaches them; a release is audited by who releases."""


def audited(row: LedgerRow) -> dict[str, str] | None:
    """Return what the audit trail says of a row of the ledger, None where it says nothing."""
    what = WORTH_A_ROW.get(row.stage)
    if what is None:
        return None
    slot = f"{row.slot_start:%Y-%m-%d %H:%M} to {row.slot_end:%H:%M} UTC"
    parts = (row.device_id, slot, f"order {row.order_id}", f"plan {row.recommendation_id}", row.note)
    return {
        "who": WHO,
        "what": what,
        "project_id": row.project_id,
        "detail": ", ".join(part for part in parts if part),
        "before": "",
        "after": _powers(row),
    }


def _powers(row: LedgerRow) -> str:
    told = [] if row.setpoint_kw is None else [f"set-point {row.setpoint_kw:.3f} kW"]
    measured = [] if row.measured_kw is None else [f"measured {row.measured_kw:.3f} kW"]
    return ", ".join(told + measured)

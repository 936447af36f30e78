"""Let an audit row say what was before and after; say in the trail itself where its earlier form ends."""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FORM = 2


def upgrade() -> None:
    for name in ("before", "after"):
        op.add_column("audit", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("audit", sa.Column("form", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("audit_of_project", "audit", ["project_id", "row_id"], unique=False)
    _say_where_the_earlier_form_ends()


def _say_where_the_earlier_form_ends() -> None:
    connection = op.get_bind()
    newest = connection.execute(sa.text("SELECT row_id, chain FROM audit ORDER BY row_id DESC LIMIT 1")).first()
    if newest is None:
        return
    at = datetime.now(UTC)
    row = {
        "row_id": newest.row_id + 1,
        "at": at.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds"),
        "who": "migration",
        "what": "audit trail taken over",
        "project_id": "",
        "detail": f"rows 1 to {newest.row_id} are of the earlier form",
        "before": newest.chain,
        "after": "",
    }
    said = [FORM, newest.chain, row["row_id"], at.isoformat(timespec="microseconds"), row["who"], row["what"]]
    said += [row["project_id"], row["detail"], row["before"], row["after"]]
    chain = hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()
    names = [*row, "form", "chain"]
    places = ", ".join(f":{name}" for name in names)
    new = sa.text(f"INSERT INTO audit ({', '.join(names)}) VALUES ({places})")
    connection.execute(new, row | {"form": FORM, "chain": chain})

"""The plan store: everything that must survive, in one SQLite file under STATE_DIR.

`open_store` is the only door: it checks the disk (`disk`), opens the file so that what was committed stays (`engine`),
brings it to the newest schema (`migrate`, `migrations`, `tables`) and returns the ports: `sessions` (what is in them
is `sealed`), `recommendations` (every change goes through `moves`), `ledger`, `leases`, `audit`, `alarms`, `states`,
`jobs` and `forecasts` (packed by `forecast_rows`).
"""

from __future__ import annotations

from dataclasses import dataclass

from dash_app.domain.time import Clock
from services.store.alarms import SqlAlarms
from services.store.audit import SqlAudit
from services.store.engine import BUSY_TIMEOUT_S, Database
from services.store.forecasts import SqlForecasts
from services.store.jobs import SqlJobs
from services.store.leases import SqlLeases
from services.store.ledger import SqlLedger
from services.store.migrate import upgrade
from services.store.notices import SqlNotices
from services.store.recommendations import SqlRecommendations
from services.store.sessions import SqlSessions
from services.store.states import SqlStates


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStore:
    """Every port of the plan store, on one file."""

    database: Database
    sessions: SqlSessions
    recommendations: SqlRecommendations
    ledger: SqlLedger
    leases: SqlLeases
    audit: SqlAudit
    alarms: SqlAlarms
    states: SqlStates
    jobs: SqlJobs
    notices: SqlNotices
    forecasts: SqlForecasts

    def close(self) -> None:
        """Close every connection of this process."""
        self.database.close()


def open_store(
    url: str, *, secret_key: str, clock: Clock | None = None, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> PlanStore:
    """Open, and if needed create or upgrade, the store at `url` (`sqlite:////absolute/path`).

    `clock` replaces the store's own time in tests. Raise ConfigError for a place that cannot hold it, or a schema of
    a newer version; StoreUnavailable when the disk fails or another process keeps it locked.
    """
    database = Database(url, busy_timeout_s=busy_timeout_s, clock=clock)
    upgrade(database)
    return PlanStore(
        database=database,
        sessions=SqlSessions(database, secret_key),
        recommendations=SqlRecommendations(database),
        ledger=SqlLedger(database),
        leases=SqlLeases(database),
        audit=SqlAudit(database),
        alarms=SqlAlarms(database),
        states=SqlStates(database),
        jobs=SqlJobs(database),
        notices=SqlNotices(database),
        forecasts=SqlForecasts(database),
    )

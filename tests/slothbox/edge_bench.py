"""What the API's tests share: an API over an empty state folder, a clock that stands still, people signed in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from slothbox.accounts import demo_password
from slothbox.api.app import create_api
from slothbox.api.context import EdgeContext, build_context
from slothbox.sites import demo_sites

NOW = datetime(2026, 11, 22, 10, 7, 30, tzinfo=UTC)
DATA = Path("slothbox/data")
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Bench:
    """One API; `now` and `real_now` can be moved, `seconds` is the clock of the sign-in limits."""

    state_dir: Path
    now: datetime = NOW
    real_now: datetime = NOW
    seconds: float = 0.0
    context: EdgeContext = field(init=False)
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.context = build_context(
            self.state_dir,
            lambda: self.now,
            hasher=QUICK,
            real_now=lambda: self.real_now,
            monotonic_s=lambda: self.seconds,
        )
        self.context.accounts.ensure_demo(tuple(demo_sites()))
        self.client = create_api(self.context).test_client()

    def sign_in(self, name: str) -> dict[str, Any]:
        email = f"{name}@example.org"
        answer = self.client.post(
            "/customers/login", json={"email": email, "password": demo_password(self.state_dir, email)}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def headers(self, name: str = "ada") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sign_in(name)['access_token']}"}

    def get(self, path: str, name: str = "ada", **headers: str) -> Any:
        return self.client.get(path, headers=self.headers(name) | headers)

    def post(self, path: str, body: object, name: str = "edge") -> Any:
        return self.client.post(path, json=body, headers=self.headers(name))

    def archive_minutes(self, count: int, project: str = "monash", measurand: str = "121") -> None:
        """Put 0, 1, 2 ... kW into the last `count` complete minutes."""
        end = pd.Timestamp(self.now).floor("60s")
        index = pd.date_range(end - timedelta(minutes=count), periods=count, freq="60s")
        self.context.archive.put(project, {measurand: pd.Series(range(count), index=index, dtype=float)})


def raw(file: str) -> pd.DataFrame:
    """Read one shipped file the plain way, by its UTC stamps."""
    return pd.read_csv(DATA / file, index_col="timestamp_utc")

"""The energy API as the EnergyApi port: the base contract alone is enough, extensions are used where they exist."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import structlog

from dash_app.domain.errors import ApiUnreadable, BadCredentials, RejectedByApi, SessionEnded, UnknownAtApi
from dash_app.domain.measurement import LiveValue, Published, Window
from dash_app.domain.ports import ApiToken, SignIn
from dash_app.domain.project import Person, Project
from dash_app.domain.site import Measurand
from dash_app.domain.time import Clock
from dash_app.domain.weather import Observed
from services.listing import learn_categories, parse_measurands, parse_person, parse_projects
from services.parsing import as_list, as_object, text_field, token_expiry
from services.published import harvest_live, parse_published, parse_weather
from services.retry import RetryPolicy
from services.series import Harvest, harvest
from services.transport import Limits, Transport
from services.windows import clipped, newest_value, window_of

log = structlog.get_logger()

MAX_POINTS = 200_000
MAX_PAGES = 500
TOKEN_LIFE_UNKNOWN = timedelta(hours=1)
POINTS_TO_LEARN_FROM = 8
"""How many newest points per measurand are read to learn the categories that the base listing does not name."""

Ceiling = Callable[[str, Measurand], float | None]
"""(project id, measurand) -> highest plausible power in kW, or None where no nameplate is known."""


def no_ceiling(project_id: str, measurand: Measurand) -> float | None:
    """Know no nameplate."""
    return None


def as_answered(answer: SignIn) -> SignIn:
    """Leave the roles as the API named them."""
    return answer


class HttpEnergyApi:
    """The customer's energy API. One instance serves all threads; tokens are passed in and never kept."""

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        login_path: str = "/customers/login",
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        ceiling_kw: Ceiling = no_ceiling,
        fill_roles: Callable[[SignIn], SignIn] = as_answered,
    ) -> None:
        self._transport = Transport(base_url, clock=clock, limits=limits)
        self._login_path = "/" + login_path.lstrip("/")
        self._clock = clock
        self._retry = retry or RetryPolicy()
        self._ceiling_kw = ceiling_kw
        self._fill_roles = fill_roles
        self._capabilities: frozenset[str] | None = None
        self._listed: dict[str, tuple[Measurand, ...]] = {}

    def capabilities(self) -> frozenset[str]:
        """Return the extensions the server names; discovered once. A server without the call speaks the base only."""
        if self._capabilities is None:
            self._capabilities = self._discover()
        return self._capabilities or frozenset()

    def sign_in(self, email: str, password: str) -> SignIn:
        """Return who this is and what they may see; raise BadCredentials when the API does not know them."""
        body = {"email": email, "password": password}
        answer = self._retry.run(lambda: self._transport.exchange("POST", self._login_path, body=body, signing_in=True))
        return self._sign_in_of(answer, email)

    def refresh(self, token: ApiToken) -> SignIn:
        """Return a new sign-in with the roles read again; raise SessionEnded when only a password can help.

        Asked exactly once: a refresh token used twice is revoked, so a lost answer must not be asked for again.
        """
        if token.refresh is None or "refresh" not in self.capabilities():
            raise SessionEnded("the session cannot be extended here")
        body = {"refresh_token": token.refresh}
        try:
            answer = self._transport.exchange("POST", "/token/refresh", body=body, signing_in=True)
        except (BadCredentials, UnknownAtApi):
            raise SessionEnded("/token/refresh: the API has ended the session") from None
        return self._sign_in_of(answer, email="")

    def change_credentials(self, token: ApiToken, person: Person, *, email: str, password: str) -> None:
        """Give the token's own account a new address and password; its name stays.

        Asked exactly once: whoever gets no readable answer signs in to see which credentials are the right ones now.
        """
        body = {"email": email, "name": person.name, "password": password}
        path = f"/updatecustomer/{quote(person.user_id, safe='')}"
        self._transport.exchange("PUT", path, body=body, bearer=token.access)

    def list_measurands(self, token: ApiToken, project: Project) -> tuple[Measurand, ...]:
        """Return what is measured in a project."""
        if "measurands" in self.capabilities():
            answer = self._get("/measurands", token, {"project": project.project_id})
            listed = parse_measurands(answer, "/measurands", project.measurand_ids, self._clock())
        else:
            listed = self._list_base(token, project)
        self._listed[project.project_id] = listed
        return listed

    def fetch_newest(self, token: ApiToken, project: Project, measurands: tuple[Measurand, ...], points: int) -> Window:
        """Return the newest `points` points over all measurands of the project; slow signals may be cut short."""
        query = {"id": project.project_id, "limit": str(min(max(points, 1), MAX_POINTS))}
        return self._window(project, measurands, self._project_data(token, query))

    def fetch_history(
        self, token: ApiToken, project: Project, measurands: tuple[Measurand, ...], start: datetime, end: datetime
    ) -> Window:
        """Return what was measured in `start <= t < end`.

        A server without the history extension is asked for as many newest points as reach back to `start`.
        """
        if "history" not in self.capabilities():
            points = sum(math.ceil((self._clock() - start) / m.resolution) for m in measurands)
            return clipped(self.fetch_newest(token, project, measurands, points), measurands, start, end)
        query = {"id": project.project_id, "from": _iso(start), "to": _iso(end)}
        query["measurands"] = ",".join(m.measurand_id for m in measurands)
        return clipped(self._window(project, measurands, self._project_data(token, query)), measurands, start, end)

    def fetch_live(self, token: ApiToken, project: Project) -> tuple[LiveValue, ...]:
        """Return the newest value of each measurand, in kW or 0..1."""
        listed = self._listed.get(project.project_id) or self.list_measurands(token, project)
        if "live" not in self.capabilities():
            window = self.fetch_newest(token, project, listed, POINTS_TO_LEARN_FROM * len(listed))
        else:
            window = self._window(project, listed, self._live_points(token, project))
        return tuple(value for m in listed if (value := newest_value(m, window)) is not None)

    def fetch_prices(self, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Published | None:
        """Return the published prices per kWh, or None when the project has none."""
        return self._published("prices", token, project_id, start, end)

    def fetch_co2(self, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Published | None:
        """Return the published CO2 intensity in kg per kWh, or None when the project has none."""
        return self._published("co2", token, project_id, start, end)

    def fetch_weather(self, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Observed | None:
        """Return the observed weather, or None when the project has none."""
        answer = self._of_project("weather", token, project_id, start, end)
        return None if answer is None else parse_weather(answer, "/weather")

    def _get(self, path: str, token: ApiToken, query: dict[str, str] | None = None) -> Any:
        return self._retry.run(lambda: self._transport.exchange("GET", path, query=query, bearer=token.access))

    def _discover(self) -> frozenset[str] | None:
        """Return what the server can do, none for a refusal; None, to be asked again, when the answer is unreadable."""
        try:
            answer = self._retry.run(lambda: self._transport.exchange("GET", "/capabilities"))
            named = as_list(as_object(answer, "/capabilities").get("extensions"), "/capabilities.extensions")
        except (UnknownAtApi, RejectedByApi, SessionEnded):
            return frozenset()
        except ApiUnreadable as error:
            log.warning("capabilities_unreadable", why=str(error))
            return None
        return frozenset(str(name) for name in named)

    def _sign_in_of(self, answer: Any, email: str) -> SignIn:
        body = as_object(answer, "sign-in")
        access = text_field(body, "access_token", "sign-in")
        refresh = body.get("refresh_token")
        token = ApiToken(
            access=access,
            refresh=refresh if isinstance(refresh, str) and refresh else None,
            expires_at=token_expiry(access, otherwise=self._clock() + TOKEN_LIFE_UNKNOWN),
        )
        answered = SignIn(person=parse_person(body, email), projects=parse_projects(body), token=token)
        return self._fill_roles(answered)

    def _list_base(self, token: ApiToken, project: Project) -> tuple[Measurand, ...]:
        """Return the base listing with the categories that only the data rows name."""
        answer = self._get("/listmeasurands", token)
        listed = parse_measurands(answer, "/listmeasurands", project.measurand_ids, self._clock())
        limit = str(POINTS_TO_LEARN_FROM * max(len(listed), 1))
        rows = self._get("/getprojectdata", token, {"id": project.project_id, "limit": limit})
        return learn_categories(listed, rows, "/getprojectdata")

    def _project_data(self, token: ApiToken, query: dict[str, str]) -> Harvest:
        """Return all pages of a `getprojectdata` answer, whole or not at all."""
        if "columns" in self.capabilities():
            query = {**query, "format": "columns"}
        found = Harvest()
        following = harvest(self._get("/getprojectdata", token, query), "/getprojectdata", found)
        for _ in range(MAX_PAGES):
            if following is None:
                return found
            if not following.startswith("/"):
                raise ApiUnreadable("/getprojectdata.next: not a path of this server")
            following = harvest(self._get(following, token), "/getprojectdata", found)
        raise ApiUnreadable(f"/getprojectdata.next: more than {MAX_PAGES} pages")

    def _window(self, project: Project, measurands: tuple[Measurand, ...], found: Harvest) -> Window:
        return window_of(
            found, measurands, now=self._clock(), ceiling_kw=lambda m: self._ceiling_kw(project.project_id, m)
        )

    def _live_points(self, token: ApiToken, project: Project) -> Harvest:
        return harvest_live(self._get("/live", token, {"project": project.project_id}), "/live")

    def _published(
        self, kind: str, token: ApiToken, project_id: str, start: datetime, end: datetime
    ) -> Published | None:
        answer = self._of_project(kind, token, project_id, start, end)
        return None if answer is None else parse_published(answer, f"/{kind}")

    def _of_project(self, kind: str, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Any:
        """Return the answer of an extension about a project, or None when the server or the project has none."""
        if kind not in self.capabilities():
            return None
        query = {"project": project_id, "from": _iso(start), "to": _iso(end)}
        try:
            return self._get(f"/{kind}", token, query)
        except UnknownAtApi:
            return None


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()

"""How the streamer reaches the energy API: signed in with the edge's own account, nothing else shared."""

from collections.abc import Mapping
from typing import Any

import requests

LOGIN_PATH = "/customers/login"
TIMEOUTS_S = (2.0, 5.0)
UNAUTHORISED, TOO_MANY, SERVER_FAULT = 401, 429, 500


class ApiAway(Exception):
    """The API cannot be reached or cannot answer now; the same post may be tried again later."""


class ApiRefused(Exception):
    """The API understood the post and refused it; trying again would not help."""


class EdgeClient:
    """Posts JSON as the edge account; signs in when it has to."""

    def __init__(self, api_url: str, email: str, password: str) -> None:
        """Post to `api_url`."""
        self._api_url = api_url.rstrip("/")
        self._credentials = {"email": email, "password": password}
        self._http = requests.Session()
        self._http.trust_env = False
        self._token = ""

    def post(self, path: str, body: Mapping[str, object]) -> None:
        """Post once, signing in (again) when the token is missing or has run out."""
        if not self._token:
            self._sign_in()
        answer = self._send(path, body)
        if answer.status_code == UNAUTHORISED:
            self._sign_in()
            answer = self._send(path, body)
        _check(path, answer)

    def _sign_in(self) -> None:
        """Get a token; without one nothing can be posted, so every refusal counts as being away."""
        self._token = ""
        answer = self._send(LOGIN_PATH, self._credentials)
        try:
            _check(LOGIN_PATH, answer)
            self._token = str(answer.json()["access_token"])
        except (ApiRefused, ValueError, KeyError, TypeError) as problem:
            raise ApiAway(f"no token from {LOGIN_PATH}, which answered {answer.status_code}") from problem

    def _send(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            return self._http.post(self._api_url + path, json=body, headers=headers, timeout=TIMEOUTS_S)
        except requests.RequestException as problem:
            raise ApiAway(f"{path}: {type(problem).__name__}") from problem


def _check(path: str, answer: requests.Response) -> None:
    if answer.ok:
        return
    said = f"{path} answered {answer.status_code}: {answer.text[:200]}"
    if answer.status_code >= SERVER_FAULT or answer.status_code in (UNAUTHORISED, TOO_MANY):
        raise ApiAway(said)
    raise ApiRefused(said)

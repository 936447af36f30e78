"""Sign-in, refresh and change of credentials; wrong passwords are counted and slowed down."""

from typing import Any

from flask import Blueprint, Response, request

from slothbox.accounts import Account, Kind
from slothbox.api.answer import body_object, json_answer
from slothbox.api.context import edge
from slothbox.api.errors import ApiError
from slothbox.api.guard import current_account, own_sites
from slothbox.tokens import InvalidToken

SHORTEST_PASSWORD = 8
LONGEST_FIELD = 200

routes = Blueprint("sign_in", __name__)


@routes.post("/customers/login")
@routes.post("/login")
def sign_in() -> Response:
    """Exchange e-mail and password for tokens and the projects."""
    email, password = _filled("email"), _filled("password", strip=False)
    _check_not_too_often(email)
    account = edge().accounts.verified(email, password)
    if account is None:
        edge().per_account.failed(email.lower())
        edge().per_host.failed(_host())
        raise ApiError(401, "Wrong e-mail or password.")
    edge().per_account.succeeded(email.lower())
    return json_answer(_signed_in(account))


@routes.post("/token/refresh")
def refresh() -> Response:
    """Exchange a refresh token, once, for the sign-in answer anew."""
    token = _filled("refresh_token", longest=4096)
    try:
        account = edge().accounts.by_id(edge().tokens.redeem(token))
    except InvalidToken as error:
        raise ApiError(401, str(error)) from error
    if account is None:
        raise ApiError(401, "This account does not exist any more.")
    return json_answer(_signed_in(account))


@routes.put("/updatecustomer/<customer_id>")
def update_customer(customer_id: str) -> Response:
    """Change the account's own address, name and password; its other sessions end."""
    account = current_account()
    if account.customer_id != customer_id:
        raise ApiError(404, "There is no such customer.")
    if account.kind is not Kind.PERSON:
        raise ApiError(403, "This account cannot be changed here.")
    email, name, password = _filled("email"), _filled("name"), _filled("password", strip=False)
    if "@" not in email or len(password) < SHORTEST_PASSWORD:
        raise ApiError(422, f"An e-mail address and a password of at least {SHORTEST_PASSWORD} characters are needed.")
    try:
        changed = edge().accounts.change(customer_id, email=email, name=name, password=password)
    except ValueError as error:
        raise ApiError(422, str(error)) from error
    edge().tokens.revoke_all(customer_id)
    return json_answer({"customerId": changed.customer_id, "name": changed.name, "email": changed.email})


def _filled(field: str, *, strip: bool = True, longest: int = LONGEST_FIELD) -> str:
    value = body_object().get(field)
    text = value if isinstance(value, str) else ""
    if not text.strip() or len(text) > longest:
        raise ApiError(400, f"The field {field} is empty or too long.")
    return text.strip() if strip else text


def _check_not_too_often(email: str) -> None:
    wait_s = max(edge().per_account.wait_s(email.lower()), edge().per_host.wait_s(_host()))
    if wait_s:
        raise ApiError(429, f"Too many attempts. Try again in {wait_s} s.", {"Retry-After": str(wait_s)})


def _host() -> str:
    return request.remote_addr or "unknown"


def _signed_in(account: Account) -> dict[str, Any]:
    pair = edge().tokens.issue(account.customer_id)
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "customer": {"customerId": account.customer_id, "name": account.name},
        "projects": [
            {
                "projectId": site.project_id,
                "projectName": site.name,
                "projectCategoryName": site.category,
                "measurands": [spec.measurand_id for spec in site.measurands],
                "roles": account.roles[site.project_id],
            }
            for site in own_sites(account)
        ],
    }

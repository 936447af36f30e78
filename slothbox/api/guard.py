"""Who asks, and whether what they ask for is theirs; a foreign project is as unknown as one that does not exist."""

from flask import request

from slothbox.accounts import Account, Kind
from slothbox.api.context import edge
from slothbox.api.errors import ApiError
from slothbox.sites import DemoSite, demo_sites
from slothbox.tokens import InvalidToken

SIGN_IN_FIRST = {"WWW-Authenticate": "Bearer"}


def current_account() -> Account:
    """Return the account whose access token came with the request; 401 without a valid one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(401, "Please sign in first.", SIGN_IN_FIRST)
    try:
        account = edge().accounts.by_id(edge().tokens.holder_of(token.strip()))
    except InvalidToken as error:
        raise ApiError(401, str(error), SIGN_IN_FIRST) from error
    if account is None:
        raise ApiError(401, "This account does not exist any more.", SIGN_IN_FIRST)
    return account


def own_sites(account: Account) -> list[DemoSite]:
    """Return the sites that the account may see."""
    return [site for project, site in demo_sites().items() if project in account.roles]


def own_site(account: Account, parameter: str) -> DemoSite:
    """Return the site named by a query parameter; 422 when none is named, 404 when it is not theirs."""
    project = request.args.get(parameter, "")
    if not project:
        raise ApiError(422, f"The parameter {parameter} is missing.")
    found = next((site for site in own_sites(account) if site.project_id == project), None)
    if found is None:
        raise ApiError(404, "There is no such project.")
    return found


def check_edge(account: Account) -> None:
    """Refuse everyone but the edge's own account."""
    if account.kind is not Kind.EDGE:
        raise ApiError(403, "Only the edge's own account may post samples.")

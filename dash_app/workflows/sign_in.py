"""Sign in, stay signed in, sign out: a session stands for a person, and its token is renewed before it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog

from dash_app.domain.errors import ApiError, ApiUnavailable, ApiUnreadable, BadCredentials, RateLimited, SessionEnded
from dash_app.domain.ports import ApiToken, Audit, EnergyApi, Session, Sessions, SignIn
from dash_app.domain.time import Clock

SESSION_LIFETIME = timedelta(hours=12)
RENEW_BEFORE = timedelta(minutes=2)
TRY_AGAIN_AFTER = timedelta(seconds=5)
ENDED = "Your session has ended. Please sign in again."
LONGEST_EMAIL = 254
SERVICE = "service account"

log = structlog.get_logger()


class Purge(Protocol):
    """What sign-in needs of the measurements: to throw away what is too old."""

    def purge_expired(self) -> int: ...


def sign_in(
    api: EnergyApi, sessions: Sessions, audit: Audit, measurements: Purge, email: str, password: str
) -> Session:
    """Return a new session; raise BadCredentials, ApiUnavailable and the like. Every attempt that asks is audited."""
    email = email.strip()
    if not email or not password:
        raise BadCredentials("Enter your e-mail and your password.")
    try:
        answer = api.sign_in(email, password)
    except BadCredentials:
        audit.append(who=_printable(email), what="sign-in refused")
        raise
    measurements.purge_expired()
    session = sessions.open(answer, SESSION_LIFETIME)
    audit.append(who=answer.person.email, what="signed in")
    return session


def sign_out(sessions: Sessions, audit: Audit, session_id: str) -> None:
    """End the session on the server: its cookie is worth nothing from now on."""
    session = sessions.get(session_id)
    sessions.close(session_id)
    if session is not None:
        audit.append(who=session.person.email, what="signed out")


def session_of(sessions: Sessions, api: EnergyApi, session_id: str, clock: Clock) -> Session:
    """Return the session with a token that is good for at least two more minutes; raise SessionEnded.

    While the API cannot be asked, the session stays as it is, so that saved data can still be shown: the API itself
    refuses an old token, and an approval asks it anew (`reread`).
    """
    session = _known(sessions, session_id)
    if not _is_due(session, clock):
        return session
    with sessions.only_one(session_id):
        session = _known(sessions, session_id)
        return _renewed_or_kept(sessions, api, session, clock) if _is_due(session, clock) else session


def reread(sessions: Sessions, api: EnergyApi, session: Session) -> Session:
    """Return the session with the roles that the API names now; raise SessionEnded or ApiUnavailable.

    An API that cannot renew tokens names roles at sign-in only: then those stand as long as the token does.
    """
    with sessions.only_one(session.session_id):
        newest = _known(sessions, session.session_id)
        return newest if newest.token.refresh is None else _renewed(sessions, api, newest)


def service_session(api: EnergyApi, user: str, password: str, clock: Clock) -> Callable[[], Session]:
    """Return a function that gives the service account's session, kept in memory and renewed before it ends."""
    lock = threading.Lock()
    kept: list[Session] = []

    def current() -> Session:
        with lock:
            if not kept or _expires_soon(kept[0].token, clock):
                kept[:] = [_next_service_session(api, kept[0] if kept else None, user, password, clock)]
            return kept[0]

    return current


def _next_service_session(api: EnergyApi, last: Session | None, user: str, password: str, clock: Clock) -> Session:
    try:
        return _service_session(_service_answer(api, last, user, password), clock)
    except (ApiUnavailable, ApiUnreadable, RateLimited):
        if last is None or last.token.expires_at <= clock():
            raise
        return last


def _service_answer(api: EnergyApi, last: Session | None, user: str, password: str) -> SignIn:
    if last is not None and last.token.refresh is not None:
        try:
            return api.refresh(last.token)
        except SessionEnded:
            log.info("the service account's session ended: signing in again")
    return api.sign_in(user, password)


def _service_session(answer: SignIn, clock: Clock) -> Session:
    return Session(
        session_id=SERVICE,
        person=answer.person,
        projects=answer.projects,
        token=answer.token,
        opened_at=clock(),
        expires_at=answer.token.expires_at,
    )


def _known(sessions: Sessions, session_id: str) -> Session:
    session = sessions.get(session_id)
    if session is None:
        raise SessionEnded(ENDED)
    return session


def _is_due(session: Session, clock: Clock) -> bool:
    if session.renew_after is not None and clock() < session.renew_after:
        return False
    if session.token.refresh is None:
        return session.token.expires_at <= clock()
    return _expires_soon(session.token, clock)


def _expires_soon(token: ApiToken, clock: Clock) -> bool:
    return token.expires_at <= clock() + RENEW_BEFORE


def _renewed_or_kept(sessions: Sessions, api: EnergyApi, session: Session, clock: Clock) -> Session:
    try:
        return _renewed(sessions, api, session)
    except (ApiUnavailable, ApiUnreadable) as error:
        wait = TRY_AGAIN_AFTER
        log.warning("token not renewed", who=session.person.email, why=str(error))
    except RateLimited as limited:
        wait = max(TRY_AGAIN_AFTER, timedelta(seconds=limited.retry_after_s))
    sessions.postpone(session.session_id, clock() + wait)
    return _known(sessions, session.session_id)


def _renewed(sessions: Sessions, api: EnergyApi, session: Session) -> Session:
    """Return the session with a new token and new roles; end it when the API says that it is over."""
    try:
        answer = api.refresh(session.token)
    except (ApiUnavailable, ApiUnreadable, RateLimited):
        raise
    except ApiError as error:
        sessions.close(session.session_id)
        raise SessionEnded(ENDED) from error
    if answer.person.user_id != session.person.user_id:
        sessions.close(session.session_id)
        raise SessionEnded(ENDED)
    return sessions.renew(session.session_id, _with_email(answer, session.person.email))


def _with_email(answer: SignIn, email: str) -> SignIn:
    """Return a refreshed answer with the e-mail of the sign-in: the API says it then only, every record needs it."""
    return answer if answer.person.email else replace(answer, person=replace(answer.person, email=email))


def _printable(email: str) -> str:
    return "".join(sign for sign in email[:LONGEST_EMAIL] if sign.isprintable())

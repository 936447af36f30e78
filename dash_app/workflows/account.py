"""Change credentials: the old ones are verified first, the API decides, every other session of the person ends.

The change is asked for exactly once. When its answer is lost, signing in with the new credentials tells what became of
it, so that nobody is left to guess which password is the right one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import structlog

from dash_app.domain.errors import (
    ApiError,
    ApiUnavailable,
    ApiUnreadable,
    BadCredentials,
    RateLimited,
    RejectedByApi,
    SessionEnded,
    StoreUnavailable,
    UnknownAtApi,
)
from dash_app.domain.ports import Audit, EnergyApi, Session, Sessions, SignIn

FIXED = "fixed-credentials"
"""The capability of an API whose accounts are kept elsewhere: it does not answer a change."""

SHORTEST, LONGEST, FEWEST_SIGNS = 10, 200, 5
LONGEST_EMAIL = 254
RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertzuiopasdfghjklyxcvbnm", "qwertyuiopasdfghjklzxcvbnm")
COMMON = ("password", "passwort", "letmein", "welcome", "changeme", "geheim", "admin", "energy", "dashboard")
SHORTEST_NAME = 4
log = structlog.get_logger()


class Verdict(StrEnum):
    """What became of a change; all but CHANGED and UNCLEAR left the credentials as they were."""

    CHANGED = "changed"
    NO_EMAIL = "no email"
    NO_OLD = "no old password"
    NOTHING_NEW = "nothing new"
    MISMATCH = "mismatch"
    SAME = "same"
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    TOO_SIMPLE = "too simple"
    WRONG_OLD = "wrong old password"
    REFUSED = "refused"
    NOT_OFFERED = "not offered"
    NOT_REACHED = "not reached"
    NOT_POSSIBLE = "not possible"
    TOO_OFTEN = "too often"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person typed; without a new password the old one stays."""

    email: str
    old: str = field(repr=False)
    new: str = field(default="", repr=False)
    again: str = field(default="", repr=False)

    @property
    def password(self) -> str:
        """The password from now on."""
        return self.new or self.old


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict, how many other sessions ended, how long to wait, and the session as it is now."""

    verdict: Verdict
    ended: int = 0
    wait_s: float = 0.0
    email: str = ""


def can_change(api: EnergyApi) -> bool:
    """Return whether the energy API keeps the accounts itself."""
    return FIXED not in api.capabilities()


def change_credentials(api: EnergyApi, sessions: Sessions, audit: Audit, session: Session, wanted: Wanted) -> Outcome:
    """Return what became of a change of e-mail or password; whatever was asked of the API is audited."""
    fault = fault_of(session.person.email, wanted)
    if fault is not None:
        return Outcome(verdict=fault)
    who = session.person.email
    try:
        audit.append(who=who, what="change of credentials asked", detail=_what(who, wanted))
        with sessions.only_one(session.session_id):
            outcome = _tried(api, sessions, session, wanted)
    except StoreUnavailable as error:
        log.error("change of credentials not possible", error=str(error))
        return Outcome(verdict=Verdict.NOT_POSSIBLE)
    _audit(audit, who, wanted, outcome)
    return outcome


def fault_of(email: str, wanted: Wanted) -> Verdict | None:
    """Return what is wrong with a wish before anybody is asked, or None."""
    new_email = wanted.email.strip()
    if not _is_address(new_email):
        return Verdict.NO_EMAIL
    if not wanted.old:
        return Verdict.NO_OLD
    if not wanted.new and not wanted.again:
        return Verdict.NOTHING_NEW if new_email == email else None
    if wanted.new != wanted.again:
        return Verdict.MISMATCH
    return Verdict.SAME if wanted.new == wanted.old else weakness(wanted.new, new_email)


def weakness(password: str, email: str) -> Verdict | None:
    """Return why a password is easy to guess, or None.

    >>> weakness("short", "ada@example.org"), weakness("ada1234567890", "ada@example.org")
    (<Verdict.TOO_SHORT: 'too short'>, <Verdict.TOO_SIMPLE: 'too simple'>)
    >>> weakness("four plain grey herons", "ada@example.org") is None
    True
    """
    if len(password) < SHORTEST:
        return Verdict.TOO_SHORT
    if len(password) > LONGEST:
        return Verdict.TOO_LONG
    rest = password.lower()
    name = email.split("@")[0].lower()
    for known in (*COMMON, *([name] if len(name) >= SHORTEST_NAME else [])):
        rest = rest.replace(known, "")
    simple = len(set(rest)) < FEWEST_SIGNS or _runs_through(rest)
    return Verdict.TOO_SIMPLE if simple else None


def _tried(api: EnergyApi, sessions: Sessions, session: Session, wanted: Wanted) -> Outcome:
    try:
        answer = api.sign_in(session.person.email, wanted.old)
        if answer.person.user_id != session.person.user_id:
            return Outcome(verdict=Verdict.WRONG_OLD)
        sure = _asked(api, answer, wanted)
    except BadCredentials:
        return Outcome(verdict=Verdict.WRONG_OLD)
    except RateLimited as limited:
        return Outcome(verdict=Verdict.TOO_OFTEN, wait_s=limited.retry_after_s)
    except RejectedByApi:
        return Outcome(verdict=Verdict.REFUSED)
    except (UnknownAtApi, SessionEnded):
        return Outcome(verdict=Verdict.NOT_OFFERED)
    except (ApiUnavailable, ApiUnreadable):
        return Outcome(verdict=Verdict.NOT_REACHED)
    return _confirmed(api, sessions, session, wanted, sure=sure)


def _asked(api: EnergyApi, answer: SignIn, wanted: Wanted) -> bool:
    """Ask for the change with the token that the old password earned; return whether the answer arrived."""
    try:
        api.change_credentials(answer.token, answer.person, email=wanted.email.strip(), password=wanted.password)
    except (ApiUnavailable, ApiUnreadable) as error:
        log.warning("answer to a change of credentials lost", error=type(error).__name__)
        return False
    return True


def _confirmed(api: EnergyApi, sessions: Sessions, session: Session, wanted: Wanted, *, sure: bool) -> Outcome:
    """Sign in with the new credentials: this session goes on with them, every other one ends."""
    fresh: SignIn | None
    try:
        fresh = api.sign_in(wanted.email.strip(), wanted.password)
    except BadCredentials:
        return Outcome(verdict=Verdict.UNCLEAR if sure else Verdict.NOT_REACHED)
    except ApiError:
        if not sure:
            return Outcome(verdict=Verdict.UNCLEAR)
        fresh = None
    return Outcome(verdict=Verdict.CHANGED, ended=_go_on(sessions, session, fresh), email=wanted.email.strip())


def _go_on(sessions: Sessions, session: Session, fresh: SignIn | None) -> int:
    """Let this session go on and end the others; the change stands even when the store cannot be written."""
    try:
        if fresh is not None:
            sessions.renew(session.session_id, fresh)
        return sessions.close_others(session.person.user_id, but=session.session_id)
    except StoreUnavailable as error:
        log.error("sessions outlive a change of credentials", who=session.person.email, error=str(error))
        return 0


def _audit(audit: Audit, who: str, wanted: Wanted, outcome: Outcome) -> None:
    """Write what became of it; that it was asked for stands there already."""
    done = outcome.verdict is Verdict.CHANGED
    ending = f"{outcome.ended} other sessions ended" if done else str(outcome.verdict)
    what = "credentials changed" if done else "change of credentials failed"
    try:
        audit.append(who=who, what=what, detail=f"{_what(who, wanted)}: {ending}")
    except StoreUnavailable as error:
        log.error("audit row lost", who=who, what=what, error=str(error))


def _what(email: str, wanted: Wanted) -> str:
    """Return what is to change; never a password."""
    new_email = wanted.email.strip()
    parts = [f"e-mail {email} -> {new_email}"] if new_email != email else []
    return ", ".join([*parts, *(["password"] if wanted.new else [])])


def _is_address(text: str) -> bool:
    name, _, host = text.partition("@")
    plain = all(sign.isprintable() and not sign.isspace() for sign in text)
    return bool(name and host and "@" not in host and plain and len(text) <= LONGEST_EMAIL)


def _runs_through(text: str) -> bool:
    """Return whether most of a text is one run of a keyboard or an alphabet, forwards or backwards."""
    pairs = {run[k : k + 2] for line in RUNS for run in (line, line[::-1]) for k in range(len(line) - 1)}
    steps = [text[k : k + 2] for k in range(len(text) - 1)]
    return bool(steps) and sum(step in pairs for step in steps) / len(steps) > 0.7

"""A recommendation: a schedule with reasons, expected savings and a state; what a person decides on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dash_app.domain.errors import DecisionConflict
from dash_app.domain.schedule import Intent, Money, Objective, Step
from dash_app.domain.value_table import ValueTable
from dash_app.domain.why import Why


class State(StrEnum):
    """The life of a recommendation (product.md, section 5 rule 6)."""

    PROPOSED = "proposed"
    AWAITING_SECOND = "awaiting_second_approval"
    APPROVED = "approved"
    ACTIVE = "active"
    COMPLETED = "completed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    ROLLED_BACK = "rolled_back"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.AWAITING_SECOND, State.APPROVED, State.REJECTED, State.EXPIRED, State.SUPERSEDED}),
    State.AWAITING_SECOND: frozenset(
        {State.APPROVED, State.REJECTED, State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED}
    ),
    State.APPROVED: frozenset({State.ACTIVE, State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED, State.STOPPED}),
    State.ACTIVE: frozenset({State.COMPLETED, State.SUPERSEDED, State.STOPPED, State.ROLLED_BACK}),
}
"""Everything else is final."""

IN_FORCE = frozenset({State.APPROVED, State.ACTIVE})
"""What the dispatcher executes; never two of a project at once."""

EXPIRING = frozenset({State.PROPOSED, State.AWAITING_SECOND, State.APPROVED})
"""What `expires_at` ends."""


def can_become(now: State, then: State) -> bool:
    """Return whether a recommendation may go from `now` to `then`.

    >>> can_become(State.PROPOSED, State.APPROVED), can_become(State.STOPPED, State.ACTIVE)
    (True, False)
    """
    return then in TRANSITIONS.get(now, frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class InputUsed:
    """One input of a recommendation: what, until when it was known, and the hash of its values."""

    name: str
    newest: datetime
    digest: str
    note: str = ""


class NoteKind(StrEnum):
    """What a note says; `components.plan_notes` has the words."""

    LEFT_OUT = "left_out"
    """`count` implausible values of the input `about` were left out."""
    KEPT = "kept"
    """The steps of the plan in force are kept: changing them gains only `gain`, less than `threshold`."""
    CHANGED = "changed"
    """The steps of the plan in force are changed: that gains `gain`, more than `threshold`."""
    NOT_POSSIBLE = "not_possible"
    """The steps of the plan in force are not possible now."""
    VEHICLE = "vehicle"
    """The vehicle `about` is to take `value` kWh between `start` and `end`."""
    VEHICLE_ASSUMED = "vehicle_assumed"
    """What the vehicle `about`, which is there, holds is not measured: `value` (0..1) is assumed."""
    PEAK = "peak"
    """The highest import of this month so far, as the price on peaks counts it, is `value` kW."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One fact beside a plan; `gain` and `threshold` are in what the plan minimises: money, or kg of CO2."""

    kind: NoteKind
    about: str = ""
    count: int = 0
    gain: float = 0.0
    threshold: float = 0.0
    value: float = 0.0
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What a person signs. Immutable; its hash is what an approval and every order refer to.

    `plan` holds the columns of frames.Plan as lists (one value per step) for charts and recomputation;
    `estimated_prices` counts the steps whose price was not published when this was computed. Plans stored before notes
    had kinds hold them as sentences, and plans stored before there were reasons have no `why`.
    """

    project_id: str
    device_id: str
    computed_at: datetime
    expires_at: datetime
    objective: Objective
    currency: str
    steps: tuple[Step, ...]
    expected: Money
    without_battery: Money
    self_consumption: Money
    soc_now: float
    inputs: tuple[InputUsed, ...]
    plan: dict[str, list[float]]
    estimated_prices: int
    notes: tuple[Note | str, ...] = ()
    why: Why | None = None

    def as_json(self) -> str:
        """Return the canonical JSON: sorted keys, no blanks, ISO 8601 times in UTC, `table` only where there is one."""
        raw = asdict(self)
        for step in raw["steps"]:
            if step["table"] is None:
                del step["table"]
        return json.dumps(raw, sort_keys=True, separators=(",", ":"), default=_plain, allow_nan=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()

    @property
    def inputs_digest(self) -> str:
        """SHA-256 of everything it was computed from: goal, first step, state of charge, and the hash of each input."""
        known = [self.objective.value, self.steps[0].start.isoformat(), self.soc_now]
        facts = [*known, *((used.name, used.digest) for used in self.inputs)]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Payload:
        """Return the payload that `as_json` wrote; raise KeyError or ValueError for anything else."""
        raw: dict[str, Any] = json.loads(text)
        return cls(
            **{
                **raw,
                "computed_at": datetime.fromisoformat(raw["computed_at"]),
                "expires_at": datetime.fromisoformat(raw["expires_at"]),
                "objective": Objective(raw["objective"]),
                "steps": tuple(_step(step) for step in raw["steps"]),
                "expected": Money(**raw["expected"]),
                "without_battery": Money(**raw["without_battery"]),
                "self_consumption": Money(**raw["self_consumption"]),
                "inputs": tuple(_input(used) for used in raw["inputs"]),
                "notes": tuple(_note(note) for note in raw["notes"]),
                "why": Why.from_json(raw["why"]) if raw.get("why") else None,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A payload with its place in the store. `number` counts per project and is what people call it (R-12)."""

    recommendation_id: str
    number: int
    version: int
    state: State
    payload: Payload
    digest: str
    changed_at: datetime
    changed_by: str

    @property
    def label(self) -> str:
        """The short name for people."""
        return f"R-{self.number}"

    def conflict(self) -> DecisionConflict:
        """Return the error that says where this recommendation stands now, who moved it there, and when."""
        words = self.state.value.replace("_", " ")
        text = f"{self.label} is {words} since {self.changed_at:%Y-%m-%d %H:%M} UTC, by {self.changed_by}."
        return DecisionConflict(text, who=self.changed_by, at=self.changed_at)

    def step_at(self, moment: datetime) -> Step | None:
        """Return the step that `moment` lies in, or None."""
        return next((step for step in self.payload.steps if step.start <= moment < step.end), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row of the decision record: who moved what, when, and why."""

    recommendation_id: str
    at: datetime
    who: str
    before: State | None
    after: State
    why: str


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a payload")


def _step(raw: dict[str, Any]) -> Step:
    times = {key: datetime.fromisoformat(raw[key]) for key in ("start", "end")}
    table = ValueTable.from_json(raw["table"]) if "table" in raw else None
    return Step(**{**raw, **times, "intent": Intent(raw["intent"]), "table": table})


def _input(raw: dict[str, Any]) -> InputUsed:
    return InputUsed(**{**raw, "newest": datetime.fromisoformat(raw["newest"])})


def _note(raw: dict[str, Any] | str) -> Note | str:
    if isinstance(raw, str):
        return raw
    times = {key: datetime.fromisoformat(raw[key]) for key in ("start", "end") if raw.get(key)}
    return Note(**{**raw, **times, "kind": NoteKind(raw["kind"])})

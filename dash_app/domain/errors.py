"""Every error this application raises on purpose, as one tree.

    EnergyError
    |-- ConfigError            settings or a YAML file are wrong: names the file, line and key
    |-- ApiError               the customer's energy API
    |   |-- ApiUnavailable     refused, DNS, time-out, 5xx: retried, then saved data are shown
    |   |-- ApiUnreadable      an answer that is not what the contract says: names the field
    |   |-- BadCredentials     wrong e-mail or password at sign-in
    |   |-- SessionEnded       401 or 403 later: sign in again
    |   |-- UnknownAtApi       404
    |   |-- RejectedByApi      422 and every other 4xx
    |   `-- RateLimited        429: carries `retry_after_s`
    |-- NotPermitted           the role does not allow it
    |-- NotFound               unknown, or somebody else's, project or record
    |-- StaleData              too old, or missing, to act upon
    |-- InvalidProblem         an optimisation problem that is wrong before any solve
    |-- Infeasible             carries `conflicts`
    |-- SolverFailed           no usable solution in time
    |-- PlanRejected           the independent validator found a broken rule: never shown, never sent
    |-- DecisionConflict       version, hash or state moved: says who and when
    |-- StoreUnavailable       the plan store could not make a write durable
    |-- LeaseLost              another process owns the work
    |-- NotDelivered           a message was not taken over by whoever delivers it
    `-- DeviceError            the plant
        |-- DeviceUnreachable  refused, silent, or cut
        |-- DeviceRefused      a Modbus exception: carries `exception_code`
        |-- BadAnswer          an answer that does not fit the question
        |-- WrongDevice        the identity registers are not the expected ones
        `-- OutOfLimits        a value that must never be sent

The message of each carries the facts: site, time, value, limit.
"""

from datetime import datetime


class EnergyError(Exception):
    """Anything this application raises on purpose."""


class ConfigError(EnergyError):
    """A setting or a configuration file is wrong."""


class ApiError(EnergyError):
    """The energy API failed us."""


class ApiUnavailable(ApiError):
    """The energy API cannot be reached."""


class ApiUnreadable(ApiError):
    """The energy API answered something that the contract does not know."""


class BadCredentials(ApiError):
    """The energy API does not know this e-mail and password."""


class SessionEnded(ApiError):
    """The token is no longer valid."""


class UnknownAtApi(ApiError):
    """The energy API does not know what was asked for."""


class RejectedByApi(ApiError):
    """The energy API refused the request."""


class RateLimited(ApiError):
    """The energy API asks us to wait `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotPermitted(EnergyError):
    """The person's role does not allow this."""


class NotFound(EnergyError):
    """Unknown here, or not this person's."""


class StaleData(EnergyError):
    """The data are too old, or missing, to act upon."""


class InvalidProblem(EnergyError):
    """The optimisation problem is wrong before any solve."""


class Infeasible(EnergyError):
    """No schedule keeps every limit; `conflicts` maps each limit to its smallest relaxation."""

    def __init__(self, message: str, *, conflicts: dict[str, float]) -> None:
        super().__init__(message)
        self.conflicts = conflicts


class SolverFailed(EnergyError):
    """The solver gave no usable solution in time."""


class PlanRejected(EnergyError):
    """The independent validator found a broken rule."""


class DecisionConflict(EnergyError):
    """What was decided on is no longer what stands in the store: `who` moved it, and when (`at`), if anybody did."""

    def __init__(self, message: str, *, who: str = "", at: datetime | None = None) -> None:
        super().__init__(message)
        self.who = who
        self.at = at


class StoreUnavailable(EnergyError):
    """The plan store could not make a write durable."""


class LeaseLost(EnergyError):
    """Another process holds the lease."""


class NotDelivered(EnergyError):
    """A message could not be handed over; its text names no secret."""


class DeviceError(EnergyError):
    """A device did not do what was asked."""


class DeviceUnreachable(DeviceError):
    """The device is refused, silent or cut off."""


class DeviceRefused(DeviceError):
    """The device answered with a Modbus exception."""

    def __init__(self, message: str, *, exception_code: int) -> None:
        super().__init__(message)
        self.exception_code = exception_code


class BadAnswer(DeviceError):
    """The answer does not fit the question."""


class WrongDevice(DeviceError):
    """Another device answers at this address."""


class OutOfLimits(DeviceError):
    """The value lies outside what may ever be sent."""

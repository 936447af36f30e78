"""Everything that can be made wrong with a plant, so that others can show how they bear it.

In one process: `plant.faults.stuck = True`. From outside: one JSON line over the plant's Unix socket
(`slothbox fault`), answered by one JSON line.
"""

from dataclasses import dataclass, field, fields
from typing import TypeVar

Value = TypeVar("Value", bool, int, float)

EVENTS = {
    "reboot": "start the plant again; `kept`: with its control registers as they were",
    "soc": "put the battery at a state of charge, 0..1",
    "clear": "switch all of them off",
}
"""What happens once instead of being switched on, and what it does."""


def _switch(healthy: Value, does: str) -> Value:
    value: Value = field(default=healthy, metadata={"does": does})
    return value


@dataclass(slots=True, kw_only=True)
class Faults:
    """The switches of one plant; all off is a healthy plant."""

    mute: bool = _switch(False, "nothing is done and nothing is answered")
    drop: int = _switch(0, "so many more requests end with the connection, undone")
    lose_acks: int = _switch(0, "so many more writes are carried out without an answer")
    delay_s: float = _switch(0.0, "every request waits so long before it is carried out")
    write_exception: int = _switch(0, "writes are refused with this exception code")
    read_exception: int = _switch(0, "reads are refused with this exception code")
    max_connections: int = _switch(0, "so many connections are served, further ones are closed at once")
    stuck: bool = _switch(False, "writes to the battery are acknowledged and change nothing")
    half_write: bool = _switch(False, "of a longer write to the battery only the first register changes")
    word_swap: bool = _switch(False, "the set-point reads as written and is obeyed with its words exchanged")
    deaf: bool = _switch(False, "the battery's registers change and its power does not follow")
    clamp_kw: float = _switch(0.0, "set-points are cut silently to +- this power")
    late_watchdog_s: float = _switch(0.0, "the watchdog acts so much later than it was set")
    frozen: bool = _switch(False, "every input register keeps its value")
    soc_unknown: bool = _switch(False, "the state of charge reads as unknown")
    all_unknown: bool = _switch(False, "every power and the state of charge read as unknown")
    stranger: bool = _switch(False, "another device answers: the identity register differs")

    def set(self, name: str, text: str) -> None:
        """Switch one fault by words: `on`, `off` or a number; `clear` as the name switches all of them off.

        Raises ValueError with the names there are.
        """
        if name == "clear":
            for fault in fields(self):
                setattr(self, fault.name, fault.default)
            return
        healthy: dict[str, bool | int | float] = {fault.name: getattr(Faults(), fault.name) for fault in fields(self)}
        if name not in healthy:
            raise ValueError(f"no fault is called {name!r}; there are {', '.join([*healthy, *EVENTS])}")
        setattr(self, name, _parse(name, text, healthy[name]))

    def active(self) -> dict[str, bool | int | float]:
        """Return what is switched on now."""
        values = {fault.name: getattr(self, fault.name) for fault in fields(self)}
        return {name: value for name, value in values.items() if value}

    def take(self, name: str) -> bool:
        """Use up one of a counted fault; return whether there was one."""
        left = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return bool(left)


def fault_list() -> dict[str, str]:
    """Return what can be made wrong: the name and what it does."""
    return {fault.name: fault.metadata["does"] for fault in fields(Faults)} | EVENTS


def _parse(name: str, text: str, healthy: bool | int | float) -> bool | int | float:
    if isinstance(healthy, bool):
        if text not in ("on", "off"):
            raise ValueError(f"fault {name} is on or off, not {text!r}")
        return text == "on"
    if text == "off":
        return healthy
    try:
        value = type(healthy)(text)
    except ValueError:
        raise ValueError(f"fault {name} takes off or a number, not {text!r}") from None
    if not 0 <= value < 1_000_000:
        raise ValueError(f"fault {name} takes a number of at least 0, not {text!r}")
    return value

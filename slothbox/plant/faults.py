"""Everything that can be made wrong with a plant, so that others can show how they bear it.

In one process: `plant.faults.stuck = True`. From outside: one JSON line over the plant's Unix socket
(`slothbox fault`), answered by one JSON line.
"""

from dataclasses import dataclass, fields


@dataclass(slots=True, kw_only=True)
class Faults:
    """The switches of one plant; all off is a healthy plant."""

    mute: bool = False
    """Nothing is done and nothing is answered."""
    lose_acks: int = 0
    """So many more writes are carried out without an answer."""
    delay_s: float = 0.0
    """Every request waits so long before it is carried out."""
    write_exception: int = 0
    """Writes are refused with this exception code; 0: they are not."""
    stuck: bool = False
    """Writes to the battery are acknowledged and change nothing."""
    deaf: bool = False
    """The battery's registers change and its power does not follow."""
    clamp_kw: float = 0.0
    """Set-points are cut silently to +- this power; 0: they are not."""
    frozen: bool = False
    """Every input register keeps its value."""
    soc_unknown: bool = False
    """The state of charge reads as unknown."""

    def set(self, name: str, text: str) -> None:
        """Switch one fault by words: `on`, `off` or a number; `clear` as the name switches all of them off.

        Raises ValueError with the names there are.
        """
        if name == "clear":
            for fault in fields(self):
                setattr(self, fault.name, getattr(Faults(), fault.name))
            return
        healthy = {fault.name: getattr(Faults(), fault.name) for fault in fields(self)}
        if name not in healthy:
            raise ValueError(f"no fault is called {name!r}; there are {', '.join(healthy)}, reboot, soc and clear")
        setattr(self, name, _parse(name, text, healthy[name]))


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

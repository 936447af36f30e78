"""The API's one error: a status, one sentence for people, and headers where the status needs them."""

from dataclasses import dataclass, field


@dataclass
class ApiError(Exception):
    """A request that is answered by an error; `sentence` never contains a secret."""

    status: int
    sentence: str
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the status and the sentence."""
        return f"{self.status}: {self.sentence}"

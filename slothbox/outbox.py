"""What waits to be posted: every minute's means in order, and only the newest snapshot of each project."""

import threading
from collections import deque
from collections.abc import Callable, Mapping

from slothbox.edge_client import ApiAway, ApiRefused

SAMPLES_PATH = "/edge/samples"
LONGEST_QUEUE = 20_000
Post = Callable[[str, Mapping[str, object]], None]
Say = Callable[[str], None]
Body = dict[str, object]


class Outbox:
    """A bounded queue that outlives the API: when it is full the oldest goes, and that is said."""

    def __init__(self, post: Post, say: Say, longest: int = LONGEST_QUEUE) -> None:
        """Send with `post`, tell people with `say`."""
        self._post, self._say = post, say
        self._queue: deque[Body] = deque()
        self._live: dict[str, Body] = {}
        self._longest = longest
        self._dropped = 0
        self._away = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many posts wait, snapshots not counted."""
        return len(self._queue)

    def put(self, body: Body) -> None:
        """Queue means that must not be lost."""
        with self._lock:
            self._queue.append(body)
            if len(self._queue) > self._longest:
                self._queue.popleft()
                self._dropped += 1

    def put_live(self, project: str, body: Body) -> None:
        """Replace a project's snapshot."""
        with self._lock:
            self._live[project] = body

    def flush(self) -> bool:
        """Send all that waits, oldest first; return whether everything went out."""
        try:
            while self._queue:
                self.send(SAMPLES_PATH, self._queue[0])
                with self._lock:
                    self._queue.popleft()
            for project in list(self._live):
                with self._lock:
                    snapshot = self._live.pop(project)
                self.send(SAMPLES_PATH, snapshot)
        except ApiAway as problem:
            self._say_away(problem)
            return False
        self._say_back()
        return True

    def send(self, path: str, body: Mapping[str, object]) -> None:
        """Post one body now; what the API refuses is dropped and said, ApiAway goes to the caller."""
        try:
            self._post(path, body)
        except ApiRefused as refusal:
            self._say(f"dropped a post: {refusal}")

    def _say_away(self, problem: ApiAway) -> None:
        if not self._away:
            self._say(f"cannot reach the energy API ({problem}); keeping samples meanwhile")
        self._away = True

    def _say_back(self) -> None:
        if self._away:
            self._say(f"the energy API is back, everything kept was sent; {self._dropped} lost for lack of room")
        self._away, self._dropped = False, 0

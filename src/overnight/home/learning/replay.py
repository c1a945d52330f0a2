"""A twin of a record: answers as a device did, and says nothing to what it was not asked then."""

from collections import defaultdict, deque
from collections.abc import Iterable

from overnight.home.drivers._http import Answer
from overnight.home.drivers._jailed import Asked
from overnight.home.port import Unreachable

Key = tuple[str, str, str]


class Replay:
    """Implements `Way`."""

    def __init__(self, record: Iterable[Asked]) -> None:
        """Each question has its answers in their order; the last one is for good."""
        self._answers: defaultdict[Key, deque[Asked]] = defaultdict(deque)
        for each in record:
            if each.status:
                self._answers[(each.method, each.path, each.body)].append(each)

    async def send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """What was answered then."""
        found = self._answers.get((method, path, (body or b"").decode()))
        if not found:
            raise Unreachable("the record has no answer to this")
        each = found.popleft() if len(found) > 1 else found[0]
        return Answer(each.status, each.answer.encode())


class Rehearsal(Replay):
    """The same, which takes whatever would change something and says yes: nothing is changed anywhere."""

    async def send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """What was answered then, or yes."""
        return await super().send(method, path, body) if method == "GET" else Answer(200, b"{}")


def deaf(record: Iterable[Asked]) -> Replay:
    """A twin that says to a write what the device said, and does nothing: its state stays as it was before the first one."""
    record = list(record)
    first = next((at for at, each in enumerate(record) if each.method != "GET"), len(record))
    return Replay([each for at, each in enumerate(record) if at < first or each.method != "GET"])

"""Contents by digest, as blobs of the worker's repository: each is fetched once, checked, and written before the next one."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from overnight.git.objects import ObjectStore
from overnight.pool.changes import ChangedFile

Fetch = Callable[[str, int], Awaitable[bytes]]  # a content, checked, by its digest and size in bytes


@dataclass(slots=True)
class Blobs:
    """The blobs of what was fetched in one go; use it as a context."""

    git: Path
    fetched: Callable[[], None] = lambda: None  # called for each that came
    _oids: dict[str, str] = field(default_factory=dict, init=False)
    _store: ObjectStore = field(init=False)

    def __enter__(self) -> Self:
        self._store = ObjectStore(self.git)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._store.close()

    async def of(self, fetch: Fetch, changes: Iterable[ChangedFile]) -> Mapping[str, str]:
        """The blobs of a change by the digests of their contents, fetched if they are not known.

        Raises:
            BadHub: a content is not that of its digest, or is too large.
            HubAway: the hub does not answer.
        """
        for each in changes:
            if each.digest is not None and each.digest not in self._oids:
                self._oids[each.digest] = self._store.add_blob(await fetch(each.digest, each.size))
                self.fetched()
        return self._oids

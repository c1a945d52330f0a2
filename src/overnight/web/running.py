"""Which servers of this user run on this machine, so that links to them can be made elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from overnight.files.own import claim_folder, make_folder
from overnight.jobs.identity import Identity, is_alive, own_identity
from overnight.jobs.loop import STRICT
from overnight.jobs.records import BadRecord, read_record, remove, write_record

STEM = "server-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server as it wrote itself down."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    process: Identity
    port: int
    origins: tuple[str, ...]  # such as http://overnight-k3f9q2xa.localhost:8765; the best first


@contextmanager
def written_down(folder: Path, port: int, origins: Sequence[str]) -> Iterator[None]:
    """Be known to others while the context lasts.

    Raises:
        NotOurs, OSError: it cannot be written.
    """
    make_folder(folder.parent)
    make_folder(folder)
    path = folder / f"{STEM}{port}.json"
    write_record(path, Running(process=own_identity(), port=port, origins=tuple(origins)))
    try:
        yield
    finally:
        remove(path)


def servers(folder: Path) -> Sequence[Running]:
    """Those that run, the newest first.

    Raises:
        NotOurs: the folder is not ours.
    """
    claim_folder(folder)
    found = []
    for path in folder.glob(f"{STEM}*.json"):
        with suppress(BadRecord, OSError):
            if (record := read_record(path, Running)) and is_alive(record.process) is not False:
                found.append((path.stat().st_mtime, record))
    return [record for _, record in sorted(found, key=lambda pair: -pair[0])]

"""When each device answered last, in a small file that is written over: the record has only what changed."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from overnight.errors import UserError
from overnight.jobs.loop import STRICT
from overnight.jobs.records import BadRecord, read_record, write_soon

NAME = "heard.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the file holds."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    at: Mapping[str, float]  # Unix times by the number of the device


def heard_at(folder: Path) -> Mapping[int, float]:
    """By the numbers of devices; a file that is none of ours says nothing."""
    try:
        found = read_record(folder / NAME, Heard)
    except BadRecord:
        return {}
    return {int(number): at for number, at in found.at.items() if number.isdecimal()} if found else {}


def write_heard(folder: Path, at: Mapping[int, float]) -> None:
    """Write it over; a full disk keeps nobody from watching."""
    with suppress(OSError, UserError):
        write_soon(folder / NAME, Heard(at={str(number): when for number, when in at.items()}))

"""Why a job was ended, as a text with numbers."""

from dataclasses import dataclass

from overnight.jail.job import JobEnding, Limits
from overnight.jail.work_folder import DEEPEST, Contents
from overnight.words.quantities import size_text


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitHit:
    """A limit that a job hit."""

    ending: JobEnding
    detail: str


def wall_stop(wall_s: float, limits: Limits) -> LimitHit:
    """It ran too long."""
    return LimitHit(ending=JobEnding.WALL, detail=f"ended after {wall_s:.1f} s of {limits.wall_s:g} s")


def memory_stop(used_bytes: int | None, limits: Limits) -> LimitHit:
    """It used too much memory; None: how much is unknown."""
    used = size_text(used_bytes, limits.memory_bytes) if used_bytes else "the limit"
    return LimitHit(ending=JobEnding.MEMORY, detail=f"killed at {used} of {size_text(limits.memory_bytes)}")


def output_stop(limits: Limits) -> LimitHit:
    """It printed too much."""
    return LimitHit(ending=JobEnding.OUTPUT, detail=f"ended for printing more than {size_text(limits.output_bytes)}")


def file_stop(limits: Limits) -> LimitHit:
    """The kernel ended it for writing too large a file."""
    return LimitHit(ending=JobEnding.DISK, detail=f"killed for a file of more than {size_text(limits.disk_bytes)}")


def disk_stop(contents: Contents, limits: Limits) -> LimitHit | None:
    """Its folder is too full; None if it is not."""
    if contents.size_bytes > limits.disk_bytes:
        detail = f"ended with {size_text(contents.size_bytes)} on disk of {size_text(limits.disk_bytes)}"
    elif contents.files > limits.files:
        detail = f"ended with more than {limits.files:,} files"
    elif contents.depth > DEEPEST:
        detail = f"ended with folders nested deeper than {DEEPEST}"
    else:
        return None
    return LimitHit(ending=JobEnding.DISK, detail=detail)

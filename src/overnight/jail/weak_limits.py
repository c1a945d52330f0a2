"""Which limits of a job hold less well on a machine, in words for people: `doctor.py` tries them, this needs no job."""

from collections.abc import Collection

_WEAK = {
    "memory": "memory is only looked at ten times a second here: no control group for it is available",
    "pids": "`processes` limits all of a user's processes together here: no control group for them is available",
}


def weak_limits(controllers: Collection[str]) -> tuple[str, ...]:
    """A line for each limit that has no control group; `controllers` are those that are available."""
    missing = [what for name, what in _WEAK.items() if name not in controllers]
    return tuple(f"{what}; `overnight doctor` says what helps" for what in missing)

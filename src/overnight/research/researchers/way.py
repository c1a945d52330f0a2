"""One way to have a researcher, as `overnight agents` lists it."""

from dataclasses import dataclass

from overnight.models.usage import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to have a researcher."""

    name: str  # for `overnight agents test`
    use: str
    ready: bool  # as far as is known without a try
    detail: str
    fix: str  # empty if it is ready
    write: str  # an entry of `researchers:`
    path: str = ""  # of its program; empty if it has none, or it is missing
    version: str = ""
    wires: tuple[Wire, ...] = ()  # any of which it speaks with a model
    provider: str = ""  # that is asked first

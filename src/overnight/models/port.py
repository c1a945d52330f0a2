"""The seam of models: what an agent may use of them for one piece of work."""

import socket
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from overnight.models.usage import Usage, Wire


class ModelsParked(Exception):  # noqa: N818  # a normal outcome, not an error
    """No provider of models can be asked now: all are out of quota, broken or refuse us; says why in one line."""

    def __init__(self, why: str, *, wait_s: float | None = None, spent: bool = False) -> None:
        """`wait_s`: until one may be asked again; None if only a person can fix it. `spent`: a budget or limit is too small."""
        super().__init__(why)
        self.wait_s = wait_s
        self.spent = spent


class RequestRefused(Exception):  # noqa: N818  # an outcome, not an error
    """A provider refuses this very request, or its answer cannot be read; says why in one line."""

    def __init__(self, why: str, *, status: int = 0, too_long: bool = False, no_pictures: bool = False) -> None:
        """`status`: of HTTP, with which it is refused; 0 if it was answered. `too_long`: a shorter one may be answered.

        `no_pictures`: the model takes none.
        """
        super().__init__(why)
        self.status = status
        self.too_long = too_long
        self.no_pictures = no_pictures


class ModelRun(Protocol):
    """The models of one piece of work; every call is counted."""

    @property
    def url(self) -> str:
        """Where agents find it: `http://127.0.0.1:<port>/<token>`, in front of any wire's path."""
        ...

    @property
    def port(self) -> int:
        """The port of `url`, on the machine's loopback; a jailed job has it on its own, see `Door`."""
        ...

    @property
    def model(self) -> str:
        """The model to ask for, empty if the agent chooses."""
        ...

    @property
    def wires(self) -> Sequence[Wire]:
        """The wires that some provider of this run speaks, those of the first one that can be asked now first."""
        ...

    @property
    def usage(self) -> Usage:
        """What it used so far."""
        ...

    @property
    def idle_s(self) -> float:
        """How long nothing has come from or gone to a model, s; 0 while the run waits for an answer that comes in."""
        ...

    @property
    def refusal(self) -> ModelsParked | None:
        """Why its newest call got no answer from any provider, or only a part of one; None if it got one."""
        ...

    @property
    def failure(self) -> str:
        """Why its newest call came to nothing although a provider was asked, in one line; empty if it did not.

        The provider refused the request, or its answer broke off.
        """
        ...

    def listen(self, listening: socket.socket) -> None:
        """Answer this run on a socket of its own, from now on on such ones alone, and close that at the run's end."""
        ...

    async def call(self, wire: Wire, body: Mapping[str, object], *, waits: bool = True) -> Mapping[str, object]:
        """One call without streaming, from this process; the provider's answer.

        `waits`: whether a provider that can be asked again soon is waited for; without it, models are parked until then.

        Raises:
            ModelsParked: no provider can be asked now, or the budget is spent.
            RequestRefused: the provider refuses this very request (too long, malformed), or its answer cannot be read.
        """
        ...


class Models(Protocol):
    """All models that may be used: providers, prices, keys and what may still be spent."""

    def use(self, *, role: str, number: int, model: str = "") -> AbstractContextManager[ModelRun]:
        """Models for one piece of work; at its end its URL is closed."""
        ...

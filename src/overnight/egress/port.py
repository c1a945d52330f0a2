"""The seam of the proxy: who knows the addresses of a name."""

from collections.abc import Sequence
from typing import Protocol

from overnight.egress.addresses import Address


class Resolver(Protocol):
    """Finds the addresses of names."""

    async def resolve(self, host: str) -> Sequence[Address]:
        """All addresses of a name, the best first, without duplicates; never for a name that is an address itself.

        Whoever stops waiting does not have to wait for the end of the look-up.

        Raises:
            OSError: there is no such name, or nobody answers.
        """
        ...

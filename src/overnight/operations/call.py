"""One call of an operation: who asks for what, where; its digest binds an approval to it and to nothing else."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from overnight.operations.operation import Tier
from overnight.operations.principal import Address, Origin


class CallState(StrEnum):
    """How far a call is."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"  # it was under way when its process ended, and nobody can tell whether it took effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as it is recorded."""

    operation: str
    args: str  # canonical JSON of its input
    tier: Tier
    principal: str  # KIND:NAME
    origin: Origin
    address: Address | None
    where: str  # the folder, without links

    @property
    def deed(self) -> tuple[str, str, str]:
        """What is done, and where, whoever calls."""
        return self.operation, self.args, self.where

    @property
    def digest(self) -> str:
        """SHA-256 over what is done, by whom and where, hex; the same call again has the same one."""
        parts = (self.operation, self.args, self.principal, self.origin.value, self.where)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def state_digest(state: str) -> str:
    """What an approval keeps of the state that it was asked in, hex."""
    return hashlib.sha256(state.encode(errors="surrogatepass")).hexdigest()

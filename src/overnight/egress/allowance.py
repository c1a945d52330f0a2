"""What one job may reach and send through the proxy, and what it has used of that."""

from dataclasses import dataclass

from overnight.egress.hosts import HostRule
from overnight.words.quantities import counted, size_text

BYTES_UP = 10 * 1000**2  # a download asks in kilobytes; what a job sends out may be your data
BYTES_DOWN = 2 * 1000**3
CONNECTIONS = 2000


class Spent(Exception):  # noqa: N818  # an outcome, not an error
    """The job has used up what it may; says what, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a job may reach, and how much of it."""

    hosts: tuple[HostRule, ...]
    bytes_up: int = BYTES_UP
    bytes_down: int = BYTES_DOWN
    connections: int = CONNECTIONS  # that it opens to the proxy, refused ones included


class Meter:
    """What a job has used, over all its connections."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.bytes_up = self.bytes_down = self.connections = 0

    @property
    def spent(self) -> str:
        """What is used up, in one line; empty while nothing is."""
        most = self.allowance
        if self.bytes_up >= most.bytes_up:
            return f"the {size_text(most.bytes_up)} that the job may send are used up"
        if self.bytes_down >= most.bytes_down:
            return f"the {size_text(most.bytes_down)} that the job may receive are used up"
        return (
            "" if self.connections <= most.connections else f"the job's {counted(most.connections, 'connection')} are used up"
        )

    @property
    def exhausted(self) -> bool:
        """Whether the job has had one connection more than it may, which was refused with the reason."""
        return self.connections > self.allowance.connections

    def send(self, count: int) -> None:
        """Count bytes that are about to go out.

        Raises:
            Spent: they are more than what is left; none of them may go.
        """
        if self.bytes_up + count > self.allowance.bytes_up:
            self.bytes_up = self.allowance.bytes_up
            raise Spent(self.spent)
        self.bytes_up += count

    def receive(self, count: int) -> None:
        """Count bytes that are about to be handed to the job.

        Raises:
            Spent: they are more than what is left; none of them may be.
        """
        if self.bytes_down + count > self.allowance.bytes_down:
            self.bytes_down = self.allowance.bytes_down
            raise Spent(self.spent)
        self.bytes_down += count

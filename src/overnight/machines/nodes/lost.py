"""A node that is lost, or cannot run a job: the job has no result, and no verdict comes of it."""


class NodeLost(Exception):  # noqa: N818  # a state of the node; the trial runs again elsewhere
    """A job has no result because of its node: it died, does not answer, or has no room.

    Attributes:
        node: its name.
        reason: one line.
    """

    def __init__(self, node: str, reason: str) -> None:
        super().__init__(f"node {node}: {reason}")
        self.node = node
        self.reason = reason


class Unreachable(Exception):  # noqa: N818  # a state of the way to a node
    """A call did not come through, or no answer came back; it may have been done all the same."""

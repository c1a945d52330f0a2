"""A command that takes several calls: what failed when a part of it was done."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from overnight.home.port import Refused, Unreachable, Unsure
from overnight.home.things import Value


def check_known(want: Mapping[str, Value], known: Collection[str]) -> None:
    """Whether a device has what is wanted of it.

    Raises:
        Refused: it does not.
    """
    if strange := sorted(want.keys() - set(known)):
        raise Refused(f"it has no {', '.join(strange)}")


async def in_steps(steps: Sequence[Callable[[], Awaitable[object]]]) -> None:
    """Take each step.

    Raises:
        Unreachable: nothing was sent.
        Refused: the device refused the first step.
        Unsure: a step may have arrived, or one was taken and another was not.
    """
    for number, step in enumerate(steps):
        try:
            await step()
        except (Unreachable, Refused) as error:
            if number:
                raise Unsure(f"a part of it was done, then: {error}") from error
            raise

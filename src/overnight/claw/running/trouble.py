"""Goes on after what stops a whole claw, such as a full disk: it is said once, and all that waits is tried again."""

from collections.abc import Callable

import anyio

from overnight.claw.running.claw import ClawRunner
from overnight.errors import UserError, leaf_errors
from overnight.words.foreign import one_line

SHORTEST_S, LONGEST_S = 1.0, 60.0  # between tries
WELL_S = 300.0  # after which a trouble is a new one
WHY = 300


async def run_on(runner: ClawRunner, say: Callable[[str], None]) -> None:
    """Run it until cancelled; what is no limit of this machine is raised."""
    wait_s, said = SHORTEST_S, ""
    while True:
        began = anyio.current_time()
        try:
            await runner.run()
        except (UserError, OSError, ExceptionGroup) as error:
            leaves = leaf_errors(error)
            if not all(isinstance(leaf, UserError | OSError) for leaf in leaves):
                raise
            if anyio.current_time() - began > WELL_S:
                wait_s, said = SHORTEST_S, ""
            why = one_line(str(leaves[0]), WHY)
            if why != said:
                say(f"{why}; it is tried again")
                said = why
        else:
            return
        await anyio.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_S)

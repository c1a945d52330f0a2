"""The process of a task: carries one operation out, without its door, which the caller has passed.

It is started by `operations/tasks/beginning.py` with its folder, a descriptor to close when it is under way, and its order on
standard input. What it says goes to the lines of the task; its end is the last thing that it writes down.

Does not cover: other processes of the same user, who could start it as well; that user is the owner.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from overnight.cli.task_ways import WAYS, Carried
from overnight.errors import OvernightError, UserError, leaf_errors
from overnight.files.atomic import write_atomically
from overnight.jobs.identity import own_identity
from overnight.jobs.log import bound_log, last_words
from overnight.jobs.loop import Loop
from overnight.jobs.presence import BEAT_S, Presence, present
from overnight.jobs.records import loops_folder, write_record
from overnight.operations.operation import Context, Tier
from overnight.operations.tasks.folder import END, LINES, MOST_RESULT, PROCESS, RESULT
from overnight.operations.tasks.task import TaskEnd, TaskOrder, TaskState
from overnight.words.foreign import printable_lines

TASK = "task"  # the system of such a loop
MOST_ORDER = 1024**2  # bytes
AT_ONCE_S = 1.0  # in which most mistakes are found
ERROR = 5_000  # characters of an error, or of its fix
TEXT = 20_000  # characters of what it says at once


def main() -> None:
    """Carry out the order on standard input."""
    place, ready = Path(sys.argv[1]), int(sys.argv[2])
    write_record(place / PROCESS, own_identity())
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # ends what runs in good order
    end = TaskEnd(state=TaskState.FAILED, at=time.time(), error="it could not read what to do")
    try:
        order = _read_order()
        end = _carried_out(place, order, _once(ready))
    finally:
        write_record(place / END, end)


def _carried_out(place: Path, order: TaskOrder, under_way: Callable[[], None]) -> TaskEnd:
    """Carry it out; how it ended."""
    state, error, fix, holds, bug = TaskState.FAILED, "", "", None, False
    try:
        carried = _carry_out(place, order, under_way)
        _write_result(place, carried.found)
        state, holds = TaskState.STOPPED if carried.stopped else TaskState.DONE, carried.holds
        if carried.failed:
            state, error = TaskState.FAILED, last_words(place / LINES)
    except BaseException as raised:  # noqa: BLE001  # the outermost frame of the process
        leaves = leaf_errors(raised)
        ours = [leaf for leaf in leaves if isinstance(leaf, OvernightError)]
        if any(isinstance(leaf, KeyboardInterrupt) for leaf in leaves):
            state = TaskState.STOPPED
        elif len(ours) == len(leaves):
            error, fix = str(ours[0].args[0]), ours[0].fix if isinstance(ours[0], UserError) else ""
        else:
            error, bug = "this is a bug in overnight; the lines of the task say more", True
            _say(printable_lines("".join(traceback.format_exception(raised)), TEXT))
    return TaskEnd(state=state, at=time.time(), error=_shown(error), fix=_shown(fix), holds=holds, bug=bug)


def _carry_out(place: Path, order: TaskOrder, under_way: Callable[[], None]) -> Carried:
    from pydantic import TypeAdapter

    from overnight.operations.call import state_digest
    from overnight.operations.registry import find

    operation = find(order.operation)
    if operation is None:
        raise UserError(f"there is no operation `{order.operation}`")
    given = TypeAdapter(operation.input).validate_json(order.args)
    context = _context(order)
    if operation.state and order.state != state_digest(operation.state(context, given)):
        raise UserError(f"what `{operation.name}` is about has changed since it was allowed", fix="call it again")
    if operation.requires and not context.at_home:  # the program may have changed since it was asked for
        operation.requires(context, given)
    way = WAYS.get(operation.name)
    if way is not None:  # a session, which is a loop of its own
        with _beating(place, None):
            return way(context, given, under_way)
    if operation.run is None:
        raise UserError(f"`{operation.name}` can only be called on the command line", fix=f"overnight {operation.name}")
    with _listed(place, order) as presence, _beating(place, presence), _soon(under_way):
        found = operation.run(context, given)
    return Carried(found=found, holds=operation.holds(found) if operation.holds else None)


def _context(order: TaskOrder) -> Context:
    from overnight.operations.principal import Address, Origin, Principal

    return Context(
        where=Path(order.where),
        environment=os.environ,
        principal=Principal.parse(order.principal),
        origin=Origin(order.origin),
        address=Address(channel=order.channel, id=order.id) if order.channel else None,
        key=order.key,
        ceiling=Tier.PHYSICAL,
        say=_say,
        repositories={name: Path(path) for name, path in order.repositories.items()},
    )


@contextmanager
def _listed(place: Path, order: TaskOrder) -> Iterator[Presence | None]:
    """Be among the loops of this machine; a registry that cannot be written keeps no task from its work."""
    loop = Loop(system=TASK, folder=order.where, part=place.name)
    with ExitStack() as stack:
        presence = None
        try:
            presence = stack.enter_context(present(loops_folder(), loop, clean=_clean))
        except (OSError, UserError) as error:
            _say(f"`overnight ps` does not show this task: {error}")
        yield presence


@contextmanager
def _beating(place: Path, presence: Presence | None) -> Iterator[None]:
    """Say that it works, and keep what it says within bounds, while the context lasts."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_S):
            if presence is not None:
                presence.beat()
            with suppress(OSError, UserError):
                bound_log(place / LINES)

    beating = threading.Thread(target=beat, daemon=True, name="beat")
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


@contextmanager
def _soon(under_way: Callable[[], None]) -> Iterator[None]:
    """Say that it is under way, unless it ends at once, as after a mistake."""
    timer = threading.Timer(AT_ONCE_S, under_way)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read_order() -> TaskOrder:
    from pydantic import TypeAdapter

    return TypeAdapter(TaskOrder).validate_json(sys.stdin.buffer.read(MOST_ORDER))


def _write_result(place: Path, found: object) -> None:
    from overnight.operations.json_text import json_text

    content = _clean(json_text(found)).encode()
    if len(content) > MOST_RESULT:
        raise UserError(f"what it returned has {len(content):,} bytes as JSON, more than {MOST_RESULT:,}")
    write_atomically(place / RESULT, content)


def _once(descriptor: int) -> Callable[[], None]:
    """What closes a descriptor, once."""
    left = [descriptor]

    def close() -> None:
        while left:
            os.close(left.pop())

    return close


def _say(line: str) -> None:
    with suppress(OSError):
        print(printable_lines(_clean(line), TEXT), flush=True)  # noqa: T201  # its lines are what others read


def _shown(text: str) -> str:
    """An error as it is written down."""
    return printable_lines(_clean(text), ERROR)


def _clean(text: str) -> str:
    from overnight.secrets.broker import user_broker
    from overnight.words.secret_shapes import hide_shapes

    try:
        return user_broker().scrubber().text(text)
    except (OSError, OvernightError):
        return hide_shapes(text)


if __name__ == "__main__":
    main()

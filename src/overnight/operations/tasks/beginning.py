"""Begins an operation that lasts in a process of its own, which outlives the caller.

The process is ours and runs as the user does; what it starts of a candidate's is in the jail as ever.

Does not cover: a service manager that ends everything a server started when the server ends, as systemd does by default.
"""

import json
import os
import secrets
import select
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from overnight.errors import InternalError, UserError
from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock
from overnight.files.own import make_folder, open_own
from overnight.jobs.records import write_record
from overnight.operations.call import Call, state_digest
from overnight.operations.operation import AnyOperation, Begun, Context
from overnight.operations.perform import perform
from overnight.operations.principal import Kind
from overnight.operations.rendering import command_words
from overnight.operations.tasks.folder import CALL, LINES, all_tasks, find_task, forget_old, tasks_folder
from overnight.operations.tasks.task import ADDRESS, TaskCall, TaskOrder, TaskState
from overnight.words.foreign import printable

PROCESS = "overnight.cli.task_process"  # the module that carries tasks out: only the command line knows every way to do so
# The caller has passed the door, and what the process does is not asked about again; the others are a server's alone.
LEFT_OUT = frozenset({"OVERNIGHT_PRINCIPAL", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"})
MOST_RUNNING = 8
MOST_OF_OTHERS = 6  # that are not the owner's, who can always begin some
READY_S = 5.0  # that the caller waits until it is under way, or has failed
LOCK = "lock"
PATIENCE_S = 20.0  # for another process that begins a task
WORDS = 5_000  # characters of a call
DIGITS = 3  # bytes of a name


def begin(operation: AnyOperation, context: Context, given: Any) -> Begun:  # Any: its input
    """Begin an operation, once its caller may call it; the same call that runs already is not begun twice.

    Raises:
        NotAllowed, ApprovalAsked: as `perform` says.
        UserError: it failed within seconds, or too much runs.
    """

    def start(context: Context, given: Any) -> Begun:  # Any: its input
        return _start(operation, context, given)

    begun: Begun = perform(operation, context, given, run=start)
    return begun


def _start(operation: AnyOperation, context: Context, given: Any) -> Begun:  # Any: its input
    from overnight.operations.foreign_input import canonical

    args, where = canonical(given), os.path.realpath(context.where)
    digest = state_digest(json.dumps([operation.name, args, where]))
    folder = tasks_folder()
    make_folder(folder)
    with closing_descriptor(open_own(folder / LOCK, os.O_RDWR | os.O_CREAT)) as lock:
        if not take_lock(lock, within_s=PATIENCE_S):
            raise UserError("another process begins a task and does not finish", fix="try again")
        running = [task for task in all_tasks() if task.state is TaskState.RUNNING]
        if same := next((task for task in running if task.call.digest == digest), None):
            return _begun(operation, same.name, context, given)
        others = [task for task in running if not task.call.principal.startswith(f"{Kind.OWNER}:")]
        if context.principal.kind is not Kind.OWNER and len(others) >= MOST_OF_OTHERS:
            raise UserError(f"{MOST_OF_OTHERS} tasks of agents and members run already", fix="wait until one ends")
        if len(running) >= MOST_RUNNING:
            raise UserError(f"{MOST_RUNNING} tasks run already", fix="wait until one ends, or stop one: `overnight task list`")
        forget_old()
        name = f"{operation.name.replace(' ', '-').replace('_', '-')}-{secrets.token_hex(DIGITS)}"
        call = TaskCall(
            operation=operation.name,
            call=_shown(operation, context, args, where),
            digest=digest,
            where=where,
            principal=str(context.principal),
            channel=context.address.channel if context.address else "",
            began_at=time.time(),
        )
        order = TaskOrder(
            name=name,
            operation=operation.name,
            args=args,
            where=where,
            principal=str(context.principal),
            origin=context.origin.value,
            channel=context.address.channel if context.address else "",
            id=context.address.id if context.address else "",
            key=context.key,
            state=state_digest(operation.state(context, given)) if operation.state else "",
            repositories={repo: str(path) for repo, path in context.repositories.items()},
        )
        make_folder(folder / name)  # not before its state was looked at, which may refuse the call
        write_record(folder / name / CALL, call)
        ready = _spawn(folder / name, order)
    if _is_under_way(ready, name):
        return _begun(operation, name, context, given)
    return Begun(task=name, address=ADDRESS.format(name=name), operation=operation.name)


def _begun(operation: AnyOperation, name: str, context: Context, given: Any) -> Begun:  # Any: its input
    leads = operation.leads(context, given) if operation.leads else ""
    return Begun(task=name, address=ADDRESS.format(name=name), operation=operation.name, leads=leads)


def _shown(operation: AnyOperation, context: Context, args: str, where: str) -> str:
    """The call in words, without secrets."""
    from overnight.secrets.broker import user_broker

    clean = user_broker().scrubber().text(args)
    call = Call(
        operation=operation.name,
        args=clean,
        tier=operation.tier,
        principal=str(context.principal),
        origin=context.origin,
        address=context.address,
        where=where,
    )
    return printable(command_words(call), WORDS)


def _spawn(place: Path, order: TaskOrder) -> int:
    """Start its process apart from us; a descriptor that can be read when it is under way or has ended."""
    environment = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    reader, writer = os.pipe()
    with ExitStack() as opened:
        opened.callback(os.close, writer)
        lines = opened.enter_context(closing_descriptor(open_own(place / LINES, os.O_WRONLY | os.O_CREAT | os.O_APPEND)))
        command = [sys.executable, "-P", "-m", PROCESS, str(place), str(writer)]
        process = subprocess.Popen(
            command,
            cwd=order.where,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=lines,
            stderr=lines,
            pass_fds=(writer,),
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True, name="task").start()  # so that it is no zombie when it ends
    if process.stdin is None:
        raise ValueError("the process has no input")
    with closing(process.stdin) as stream:
        stream.write(json.dumps(asdict(order)).encode())
    return reader


def _is_under_way(ready: int, name: str) -> bool:
    """Wait until it is under way; whether it is by now.

    Raises:
        UserError: it failed before, by a mistake.
        InternalError: it failed before, and that is our fault.
    """
    with closing_descriptor(ready):
        poll = select.poll()  # which takes any descriptor
        poll.register(ready, select.POLLIN)
        seen = poll.poll(READY_S * 1000)
    end = find_task(name).end
    if end is not None and end.state is TaskState.FAILED:
        raise InternalError(end.error) if end.bug else UserError(end.error, fix=end.fix)
    return bool(seen)

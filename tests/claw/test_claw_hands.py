"""What a claw can do with its own hands: commands, files and pages."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from claw_calls import CLAW, call
from claws import ClawUnderTest
from proxied import HOST, LOOPBACK, Handler, Names, origin

from overnight.claw import wiring
from overnight.claw.hands.fetching import Fetched, fetch
from overnight.claw.hands.own_folder import OwnFolder
from overnight.claw.port import Step, Turn, Wanted
from overnight.claw.taint import is_tainted
from overnight.egress.dial import Dialer
from overnight.errors import UserError
from overnight.notices.port import Message
from overnight.operations.operation import Context, Tier
from overnight.operations.principal import Origin
from overnight.operations.registry import find


def page(kind: str, body: bytes, *headers: str) -> bytes:
    """An answer of a server."""
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def fetched(answer: bytes | Handler, path: str = "/", names: Callable[[], Names] | None = None) -> Fetched:
    """A page of a server on loopback, which the test's dialer may reach."""

    async def fetching() -> Fetched:
        async with origin(answer) as server:
            resolver = names or (lambda: Names({HOST: [["127.0.0.1"]]}))
            url = f"http://{HOST}:{server.port}{path}"
            return await asyncio.to_thread(fetch, url, dialer=lambda: Dialer(resolver(), also=(LOOPBACK,)))

    return asyncio.run(fetching())


def test_a_command_runs_in_the_folder_and_can_be_taken_back(claw: ClawUnderTest) -> None:
    """What it printed and its exit code come back; the folder is as before after `undo`, and as after it by a second one."""
    assert call("write", path="a.txt", text="one") == "wrote a.txt, 3 bytes (undo 1)"
    assert call("shell", command="cat a.txt; echo two > a.txt; exit 3") == "exit code 3 (files changed; undo 2)\none"
    assert call("cat", path="a.txt") == "two\n"
    call("undo")
    assert call("cat", path="a.txt") == "one"
    call("undo")
    assert call("files") == "a.txt  4 B"
    assert claw.folder.is_dir()


def test_a_look_keeps_no_copy(claw: ClawUnderTest) -> None:
    """A command that changes nothing leaves nothing to take back."""
    assert call("shell", command="ls") == "exit code 0"
    assert OwnFolder(claw.folder).copies() == []


def test_a_folder_that_cannot_be_kept_raises_the_tier(claw: ClawUnderTest) -> None:
    """What cannot be taken back needs the owner."""
    shell = find("claw shell")
    assert shell is not None
    context, given = Context(where=Path("/"), principal=CLAW), shell.input(command="ls")
    assert shell.tier_of(context, given) is Tier.REVERSIBLE
    for number in range(1001):
        (claw.folder / "files" / str(number)).touch()
    assert shell.tier_of(context, given) is Tier.IRREVERSIBLE


def test_copies_are_few(claw: ClawUnderTest) -> None:
    """The newest ten are kept."""
    folder = OwnFolder(claw.folder)
    for number in range(13):
        with folder.changing():
            (folder.path / "a").write_text(str(number))
    assert folder.copies() == list(range(4, 14))


def test_a_page_is_text(claw: ClawUnderTest) -> None:
    """Scripts, styles and pictures are left out; what is said stays, in lines."""
    html = (
        b"<head><title>T &amp; U</title><style>p{}</style></head><p>Hello <b>you</b><img src=//x alt=z><script>1</script><p>2"
    )
    found = fetched(page("text/html; charset=utf-8", html))
    assert (found.title, found.text, found.status) == ("T & U", "Hello you\n2", 200)
    assert claw.folder.is_dir()


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "", "."])
def test_a_path_stays_in_the_folder(claw: ClawUnderTest, path: str) -> None:
    """No path leads out, to read or to write."""
    with pytest.raises(UserError):
        call("cat", path=path)
    with pytest.raises(UserError):
        call("write", path=path, text="x")
    assert sorted(each.name for each in claw.folder.parent.iterdir()) == ["claw"]


class Wanting:
    """A mind that wants one call."""

    name = "wanting"

    def __init__(self, **given: str) -> None:
        self._given = given

    async def think(self, turn: Turn) -> Step:
        """The call, then that it is over."""
        if turn.results:
            [found] = turn.results
            held_back = is_tainted(found.origin) or "printed" not in found.text  # a handle stands for it, or it taints
            return Step(say=f"{found.end}, {'held back' if held_back else 'taken in'}", origin=Origin.CLAW)
        return Step(calls=(Wanted(operation="claw shell", given=self._given),))


def set_mind(monkeypatch: pytest.MonkeyPatch, mind: Wanting) -> None:
    """Let claws have this mind alone."""
    monkeypatch.setattr(wiring, "make_minds", lambda *_args, **_options: (mind,))


def test_what_a_command_prints_is_not_the_claw_s_word(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mind does not take it for clean: it is shown a handle, or is tainted."""
    set_mind(monkeypatch, Wanting(command="echo printed"))
    assert claw.tell("do it") == ["done, held back"]


def test_stop_ends_a_command(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """STOP does not wait until a command is done: all its processes are gone, and the folder is free again."""
    set_mind(monkeypatch, Wanting(command="echo begun > pipe; sleep 100; echo no > after"))
    pipe = claw.folder / "files/pipe"
    os.mkfifo(pipe)
    claw.hear("do it")
    runner = claw.runner
    stop = Message(id="stop", sender="owner", text="STOP", at=claw.clock.now)

    async def stopped() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            assert await to_thread.run_sync(pipe.read_text) == "begun\n"
            runner.reception.take("terminal", stop)
            assert (await to_thread.run_sync(lambda: call("shell", command="ls"))).splitlines()[1:] == ["pipe"]
            tasks.cancel_scope.cancel()

    anyio.run(stopped)

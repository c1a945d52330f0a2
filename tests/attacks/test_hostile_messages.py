"""A channel that people order over, and what others do with it: only an owner is heard, and only in the known words."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest
from listening_sessions import Chat, Session, session
from scripted_peer import Peer
from targets import make_repo, overnight, program

from overnight.notices.answers import ANSWERS_A_MINUTE, Reply
from overnight.notices.command_receiver import CommandReceiver
from overnight.notices.inbox import Inbox
from overnight.notices.listeners import Listener
from overnight.notices.notice import NotifySpec
from overnight.notices.port import Message
from overnight.notices.settings import NotifyKeys
from overnight.research.messages.request import route
from overnight.testing.waiting import until


@dataclass
class Bridge(Chat):
    """A real command that prints, and a list that answers go to."""

    command: Sequence[str] = ()

    @property
    def receiver(self) -> CommandReceiver:  # type: ignore[override]  # another kind of receiver than the list's
        spec = NotifySpec(name="desk", use="command", receive=tuple(self.command))
        return CommandReceiver(spec=spec, environment=dict(os.environ))


@dataclass
class Campaign:
    """A desk with a campaign's words, which notes what it is told."""

    me: Listener
    done: list[str] = field(default_factory=list)

    def route(self, message: Message, present: Sequence[Listener]) -> Listener | Reply | None:
        """As a campaign does."""
        return route(message, present, self.me)

    async def carry_out(self, message: Message) -> Reply:
        """Note it."""
        self.done.append(message.text)
        return Reply(lines=(f"{self.me.name}: done",))


def heard(folder: Path, lines: Sequence[object], owners: tuple[str, ...] = ("42",)) -> tuple[list[str], Bridge, Session]:
    """What a campaign carries out of these lines, up to a last one that is its owner's."""
    peer = Peer(folder / "peer")
    for line in (*lines, {"id": "last", "sender": owners[-1], "text": "status jul12"}):
        peer.write_line(line if isinstance(line, bytes) else json.dumps(line).encode())
    bridge = Bridge(command=peer.command)
    here = session(folder, bridge, "jul12", began=0.0)
    desk = Campaign(here.reception.me)
    here.reception.desk = desk
    here.reception.spec = replace(here.reception.spec, owners=owners)

    async def listen() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(here.reception.run)
            await until(lambda: "status jul12" in desk.done)
            here.reception.end()

    anyio.run(listen)
    peer.close()
    return desk.done[:-1], bridge, here


def test_who_is_like_an_owner_is_none(tmp_path: Path) -> None:
    """Another case, spaces, look-alikes and invisible characters, several senders, a claim in the line, or a group."""
    senders = (
        "admin",
        "Owner",
        "owner ",
        " owner",
        "\uff4fwner",
        "own\u200ber",
        "ow\u200fner",
        "owner\n",
        "owner\u0000",
        "",
        "owner,x",
    )
    lines: list[object] = [{"id": f"s{place}", "sender": sender, "text": "stop"} for place, sender in enumerate(senders)]
    more: tuple[dict[str, object], ...] = (
        {"sender": ["owner"]},
        {"sender": {"id": "owner"}},
        {"sender": None},
        {"sender": True},
        {"sender": "owner", "group": True},
        {"sender": "owner", "group": "no"},
        {"sender": "7", "owner": True},
        {"sender": "7", "owners": ["7"]},
        {"sender": "7", "principal": "owner"},
    )
    lines += [{"id": f"m{place}", "text": "stop", **keys} for place, keys in enumerate(more)]
    lines.append(b'{"id": "d", "sender": "owner", "text": "stop", "sender": "7"}')
    done, bridge, _ = heard(tmp_path, lines, owners=("owner",))
    assert done == [] and [notice.facts["message"] for notice in bridge.sent] == ["last"]


def test_a_stranger_leaves_nothing_and_stops_nobody(tmp_path: Path) -> None:
    """A flood of them is counted by one write at a time; nothing that they wrote is on disk."""
    lines = [{"id": str(number), "sender": f"x{number}", "text": "stop CANARY"} for number in range(2000)]
    done, bridge, here = heard(tmp_path, lines)
    assert done == [] and len(bridge.sent) == 1 and here.reception.refused == {"from others": 2000}
    with closing(Inbox(tmp_path / "desk")) as inbox:
        assert inbox.refused() == {"from others": 2000}
    assert all(b"CANARY" not in path.read_bytes() for path in (tmp_path / "desk").rglob("*") if path.is_file())


def test_an_owner_s_flood_is_bounded(tmp_path: Path) -> None:
    """More than the inbox holds are refused; few are answered; the last one, a status, is still carried out."""
    lines = [{"id": str(number), "sender": "42", "text": "what? " * 300} for number in range(150)]
    done, bridge, _ = heard(tmp_path, lines)
    assert done == [] and len(bridge.sent) <= ANSWERS_A_MINUTE
    assert sum(path.stat().st_size for path in (tmp_path / "desk").glob("*")) < 8_000_000


def test_texts_do_nothing_but_their_word(tmp_path: Path) -> None:
    """Neither SQL, shells, paths, terminals nor a second line; an answer has no character of theirs that does anything."""
    texts = (
        "stop\nstop jul12",
        "'; DROP TABLE messages; --",
        "stop $(touch x)",
        "stop ../../jul12",
        "stop /r/jul12",
        "\x1b]0;stop\x07",
        "stop \u202e21luj",
        "run",
        "believe $(id)",
        "finalize --include-unread",
        "approve 1",
        "overnight stop",
        "status; stop",
        "stop jul12 now",
        "{{stop}}",
    )
    lines = [
        {"id": text[:50] if text.isprintable() else f"odd {place}", "sender": "42", "text": text}
        for place, text in enumerate(texts)
    ]
    done, bridge, _ = heard(tmp_path, lines)
    assert done == []
    assert all(line.isprintable() for notice in bridge.sent for line in (notice.title, *notice.lines))


@pytest.mark.parametrize("keys", [{"receive": "sh -c id"}, {"owners": ["7"]}, {"receive": "x", "owners": "7"}])
def test_a_program_lets_nobody_in(tmp_path: Path, keys: dict[str, object]) -> None:
    """`program.md` cannot say what receives or who may write, neither of a channel of the settings nor of its own."""
    for channel in ({"channel": "desk"}, {"use": "ntfy", "url": "https://ntfy.sh/t"}):
        with pytest.raises(ValueError, match="Extra inputs are not permitted"):
            NotifyKeys.model_validate({**channel, **keys})
    repo = make_repo(tmp_path / "r", program(front=f"notify: {json.dumps({'channel': 'desk', **keys})}"))
    refused = overnight(repo, "notify", "test", check=2).stderr
    assert "program.md" in refused and next(iter(keys)) in refused


def test_a_bridge_gets_no_secret(tmp_path: Path) -> None:
    """Of the environment it has what every command of the settings has, and what `pass_env` names."""
    script = (
        "import json, os, sys; print(json.dumps({'id': 1, 'sender': 42, 'text': ' '.join(sorted(os.environ))}), flush=True);"
        "sys.stdin.read()"
    )
    spec = NotifySpec(name="desk", use="command", receive=(sys.executable, "-S", "-c", script), variables=("WANTED",))
    receiver = CommandReceiver(spec=spec, environment={**os.environ, "API_KEY": "x", "WANTED": "1"})
    found: list[str] = []

    async def listen() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(receiver.receive, lambda message: found.append(message.text))
            await until(lambda: found)
            tasks.cancel_scope.cancel()

    anyio.run(listen)
    names = found[0].split()
    assert "WANTED" in names and "API_KEY" not in names and "XDG_STATE_HOME" not in names

"""A whole campaign that people write to: it answers its owner, takes an idea, and stops when it is told to."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_peer import Peer
from targets import COMMAND, assert_verified, make_repo, overnight, program, read_json, recorded, started

from overnight.config import VARIABLE
from overnight.research.ending import EndReason
from overnight.research.events import IdeasChanged, Ordered, Stopped

EDITS = (("OFFSET = 5.0", "OFFSET = 4.0"), ("OFFSET = 4.0", "OFFSET = 3.0"), ("OFFSET = 3.0", "OFFSET = 2.0"))
MEASURE = "python train.py {seed} && (grep -q 'OFFSET = 5.0' train.py || sleep 1)"  # a proposal takes a while
SEND = """
import json, os, sys
names = ("OCCASION", "TO", "MESSAGE")
sent = [os.environ.get(f"OVERNIGHT_{name}", "") for name in names]
with open(sys.argv[1], "a") as file:
    file.write(json.dumps([*sent, sys.stdin.read()]) + chr(10))
"""


class Owner(Peer):
    """Writes to a campaign, and reads what it answers through a pipe."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "answers").mkdir()

    @property
    def settings(self) -> str:
        send = [sys.executable, "-S", "-c", SEND, str(self.folder / "sent")]
        commands = f"command = {json.dumps(send)}\nreceive = {json.dumps(self.command)}"
        return f'[notify.channels.desk]\nuse = "command"\n{commands}\nowners = [42]\n'

    def sent(self) -> list[list[str]]:
        """Occasion, sender, message and text of what was sent so far."""
        path = self.folder / "sent"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Owner]:
    """The owner of the channel that the user's settings describe."""
    found = Owner(tmp_path / "peer")
    settings = tmp_path / "settings.toml"
    settings.write_text(found.settings)
    monkeypatch.setenv(VARIABLE, str(settings))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield found
    found.close()


def test_a_campaign_is_asked_and_told_to_stop(tmp_path: Path, owner: Owner) -> None:
    """Status, an idea and a stop, each answered once and the last two recorded with who gave them; a stranger is not heard."""
    repo = make_repo(tmp_path / "r", program(*EDITS, measure=MEASURE))
    for key, text, sender in (
        ("1", "stop", "7"),
        ("2", "status", "42"),
        ("3", "idea halve the step (bold)", "42"),
        ("3", "idea halve the step (bold)", "42"),
        ("4", "make it good", "42"),
    ):
        owner.write(key, text, sender=sender)
    with started((COMMAND, "run", "--tag", "t", "--plain", "--no-report"), repo) as session:
        assert session.stdout is not None
        while "#1 proposed" not in session.stdout.readline():
            assert session.poll() is None
        owner.write("5", "STOP")
        rest = session.stdout.read()
        session.wait(60)
    assert "stopped by owner:42 over channel:desk" in rest and "1 message refused" in rest
    answers = {(to, message): text for occasion, to, message, text in owner.sent() if occasion == "answer" and message != "5"}
    assert set(answers) == {("42", "2"), ("42", "3"), ("42", "4")}
    assert answers["42", "2"].startswith("t: running") and "added to the ideas: halve the step" in answers["42", "3"]
    assert "not understood" in answers["42", "4"]
    stopping, ended = [text for _, _, message, text in owner.sent() if message == "5"]
    assert stopping.startswith("t: stopping") and ended.startswith("t: it has ended")
    events = recorded(repo)
    assert [(e.by, e.giver) for e in events if isinstance(e, IdeasChanged)] == [("person", "owner:42")]
    orders = [(e.by, e.origin, e.order.kind) for e in events if isinstance(e, Ordered)]
    assert orders == [("owner:42", "channel:desk", "ideas"), ("owner:42", "channel:desk", "stop")]
    (stopped,) = [e for e in events if isinstance(e, Stopped)]
    by = "stopped by owner:42 over channel:desk"
    assert (stopped.ending.reason, stopped.ending.detail, stopped.ending.by) == (EndReason.STOP, by, "owner:42")
    assert_verified(repo, "--tag", "t")
    assert by in overnight(repo, "status").stdout and read_json(repo, "status")["deaf"] == []
    assert set(owner.acknowledged()) == {"1", "2", "3", "4", "5"}

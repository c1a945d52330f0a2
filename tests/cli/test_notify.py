"""`overnight notify test`: each channel of the settings, or of the program, is tried and reported."""

import json
import sys
from pathlib import Path

import pytest
from targets import make_repo, overnight, program, read_json

from overnight.files.state_folder import state_folder
from overnight.notices.listeners import ListenerFolder

KEEP = "open({path!r}, 'w').write(sys.stdin.read())"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the user's settings."""
    path = tmp_path / "settings.toml"
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(path))
    path.write_text("")
    return path


def channel(name: str, code: str) -> str:
    return f'[notify.channels.{name}]\nuse = \'command\'\ncommand = [{sys.executable!r}, \'-c\', """import sys; {code}"""]\n'


def test_each_channel_is_tried_and_reported(tmp_path: Path, settings: Path) -> None:
    """Outside a repository these are all channels in the settings; the exit code says whether all accepted the message."""
    message = tmp_path / "message"
    settings.write_text(channel("desk", KEEP.format(path=str(message))))
    done = overnight(tmp_path, "notify", "test", check=0)
    assert done.stdout == "ok    desk (command)\n" and "nothing has happened" in message.read_text()
    settings.write_text(settings.read_text() + channel("broken", "sys.exit('no phone')"))
    done = overnight(tmp_path, "notify", "test", check=1)
    assert "ok    desk" in done.stdout and "FAIL  broken (command): it exited with 1: no phone" in done.stdout


def test_in_a_repository_those_of_its_program_are_tried(tmp_path: Path, settings: Path) -> None:
    """A channel that the settings do not define or allow is reported, and nothing is sent to it."""
    settings.write_text(channel("desk", "pass") + channel("other", "sys.exit(1)"))
    front = "notify: [desk, pager, {use: ntfy, url: 'http://127.0.0.1:9/topic'}]"
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 3.0"), front=front))
    found = read_json(repo, "notify", "test")
    assert found["channels"] == [
        {"channel": "desk", "use": "command", "sent": True, "why": "", "receives": False, "heard": None, "deaf": ""}
    ]
    assert [("pager" in problem, "127.0.0.1:9" in problem) for problem in found["problems"]] == [(True, False), (False, True)]


def test_no_channel_is_said_with_what_to_do(tmp_path: Path, settings: Path) -> None:
    """It is the user's mistake."""
    assert "docs/notify.md" in overnight(tmp_path, "notify", "test", check=2).stderr


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "use = 'webhook'\nurl = 'https://hooks.slack.com/services/T0/B0/abcdefgh12345678ijkl'",
            "channels.it.url: seems to contain",
        ),
        ("use = 'webhook'", "channels.it.url: `use = webhook` needs one of url, url_env, url_command"),
        ("use = 'ntfy'\nurl = 'https://ntfy.sh/t'\ntoken = 'tk_1'", "channels.it.token: is not a known key"),
        ("use = 'ntfy'\nurl = 'http://ntfy.lan/t'\ntoken_env = 'T'", "channels.it.url: a token would be sent over plain http"),
        ("use = 'ntfy'\nurl = 'https://ntfy.sh/t'\nhost = 'x'", "channels.it.host: `use = ntfy` takes no `host`"),
        ("use = 'email'\nhost = 'h'\nsender = 'a@b'\nto = 'c@d'\nuser = 'me'", "channels.it.user: `user` and a password"),
        (
            "use = 'email'\nhost = 'h'\nsender = 'a@b'\nto = 'c@d'\nuser = 'me'\npassword_env = 'P'\nsecurity = 'none'",
            "channels.it.security: a password would be sent unencrypted",
        ),
        (
            "use = 'email'\nhost = 'h'\nsender = 'a@b'\nto = 'me <c@d>\\nBcc: x@y'",
            "channels.it.to.0: must be an e-mail address",
        ),
        ("use = 'command'\ncommand = \"'open\"", "channels.it.command: is not a command"),
    ],
)
def test_a_channel_that_cannot_work_or_gives_a_secret_away_is_a_mistake(
    tmp_path: Path, settings: Path, lines: str, said: str
) -> None:
    """The error names the file, the key and what is wrong; it shows no value."""
    settings.write_text(f"[notify.channels.it]\n{lines}\n")
    shown = overnight(tmp_path, "notify", "test", check=2).stderr
    assert said in shown and str(settings) in shown and "abcdefgh12345678" not in shown and "tk_1" not in shown


def receiving(code: str, *, owners: str = "") -> str:
    """A channel that takes every message, and receives what this code prints."""
    command = json.dumps([sys.executable, "-S", "-c", f"import json, os, sys; {code}"])
    return f"{channel('chat', 'sys.stdin.read()')}receive = {command}\nowners = [{owners}]\n"


def prints(sender: object, text: str, **more: object) -> str:
    """Code that prints one message and waits."""
    line = json.dumps({"id": "1", "sender": sender, "text": text, **more})
    return f"print({line!r}, flush=True); sys.stdin.read()"


def test_a_channel_that_receives_shows_who_wrote(tmp_path: Path, settings: Path) -> None:
    """The first message ends the wait; how to list the sender is said, and nothing that they wrote does anything here."""
    settings.write_text(receiving(prints(42, "hi\x1b[0m \u202e")))
    assert overnight(tmp_path, "notify", "test", check=0).stdout == "ok    chat (command), can receive\n"
    said = overnight(tmp_path, "notify", "test", "--wait", "60", check=0)
    assert r'received “hi\x1b[0m \u202e” from 42, not among its owners; to list them: owners = ["42"]' in said.stdout
    settings.write_text(receiving(prints(42, "hi", group=True), owners="42"))
    found = read_json(tmp_path, "notify", "test", "--wait", "60")["channels"]
    assert found == [
        {
            "channel": "chat",
            "use": "command",
            "sent": True,
            "why": "",
            "receives": True,
            "heard": {"sender": "42", "owner": True, "group": True, "text": "hi"},
            "deaf": "",
        }
    ]


def test_what_cannot_be_heard_is_said(tmp_path: Path, settings: Path) -> None:
    """A program that fails, one that says nothing, and a channel that a campaign listens on; exit code 1."""
    settings.write_text(receiving("sys.exit('no token')"))
    done = overnight(tmp_path, "notify", "test", "--wait", "60", check=1)
    assert "chat: it exited with 1: no token" in done.stdout
    settings.write_text(receiving("sys.stdin.read()"))
    assert "nothing was received" in overnight(tmp_path, "notify", "test", "--wait", "0.05", check=1).stdout
    with ListenerFolder(state_folder() / "channels" / "chat").holding() as held:
        assert held
        assert "listens on it now" in overnight(tmp_path, "notify", "test", "--wait", "60", check=1).stdout
    settings.write_text(channel("desk", "sys.stdin.read()"))
    assert (
        "no channel can receive; give one a `receive`" in overnight(tmp_path, "notify", "test", "--wait", "1", check=2).stderr
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("use = 'ntfy'\nurl = 'https://ntfy.sh/t'\nreceive = 'x'", "channels.it.receive: `use = ntfy` takes no `receive`"),
        (
            "use = 'command'\ncommand = 'x'\nowners = ['42']",
            "channels.it.owners: `owners` may write to a channel that can receive",
        ),
        ("use = 'command'\ncommand = 'x'\nreceive = 'y'\nowners = [true]", "channels.it.owners.0: must be text"),
        ("use = 'command'\ncommand = 'x'\nreceive = \"'y\"", "channels.it.receive: is not a command"),
    ],
)
def test_a_channel_that_cannot_receive_as_described_is_a_mistake(tmp_path: Path, settings: Path, lines: str, said: str) -> None:
    """The error names the key and the fix."""
    settings.write_text(f"[notify.channels.it]\n{lines}\n")
    assert said in overnight(tmp_path, "notify", "test", check=2).stderr

"""`overnight notify test`: each channel of the settings, or of the program, is tried and reported."""

import sys
from pathlib import Path

import pytest
from targets import make_repo, overnight, program, read_json

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
    assert found["channels"] == [{"channel": "desk", "use": "command", "sent": True, "why": ""}]
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

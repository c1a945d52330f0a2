"""Settings of coding agents, and variables that name them, as somebody else may have left them, for `mcp --install`."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from targets import run_here


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of claude in a home folder of their own; there are none yet."""
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / ".claude.json"


def write(text: str) -> Callable[[Path], object]:
    return lambda file: file.write_text(text)


@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (os.mkfifo, "not a regular file"),
        (lambda file: file.symlink_to("/dev/zero"), "not a regular file"),
        (Path.mkdir, "not a regular file"),
        (lambda file: file.write_bytes(b"\xff"), "codec"),
        (write("[" * 200_000), "cannot be changed"),
        (write('{"a": "\\ud800"}'), "cannot be changed"),
        (write('{"a": 1e400}'), "cannot be changed"),
        (write('{"a": NaN}'), "cannot be changed"),
        (write('{"\x1b[2J\u202e": 1,}'), "cannot be changed"),
    ],
)
def test_what_is_no_file_of_settings_stays_as_it_is(file: Path, plant: Callable[[Path], object], says: str) -> None:
    """One line says what is wrong: nothing is waited for, read without end, or written anew with other values."""
    plant(file)
    before = file.lstat()
    for option in ("--install", "--uninstall"):
        done = run_here(file.parent, "mcp", option, "claude", "--yes")
        assert done.returncode in {0, 2} and "Traceback" not in done.stderr
        assert (says in done.stderr) is (done.returncode == 2) and (option == "--uninstall" or done.returncode == 2)
        assert not set("\x1b\u202e") & set(done.stdout + done.stderr)
    after = file.lstat()
    assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, before.st_mtime_ns, before.st_mode)


def test_a_file_of_another_user_is_not_replaced(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with `sudo`, which keeps the home folder: it would be root's then."""
    file.write_text("{}")
    other = file.stat().st_uid + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    done = run_here(file.parent, "mcp", "--install", "claude", "--yes")
    assert done.returncode == 2 and "belongs to another user" in done.stderr and file.read_text() == "{}"


@pytest.mark.parametrize(
    ("name", "program"), [("CLAUDE_CONFIG_DIR", "claude"), ("CODEX_HOME", "codex"), ("XDG_CONFIG_HOME", "opencode")]
)
def test_nothing_is_written_where_the_folder_decides(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, program: str
) -> None:
    """A relative folder would be in the repository of somebody else, with links of theirs in it."""
    monkeypatch.setenv(name, "x\x1b[2J")
    done = run_here(file.parent, "mcp", "--install", program, "--yes")
    assert done.returncode == 2 and f"{name} is no absolute path" in done.stderr and "\x1b" not in done.stderr
    assert list(file.parent.iterdir()) == []

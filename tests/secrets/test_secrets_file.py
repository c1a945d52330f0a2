"""The file of secrets: for its owner alone, whole at any moment, and refused if it is not."""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from overnight.errors import UserError
from overnight.secrets.file import SecretsFile
from overnight.words.secret import Secret

VALUE = "s3cr3t-value-0123456789"
WRITER = """
import sys
from pathlib import Path
from overnight.secrets.file import SecretsFile
from overnight.words.secret import Secret
file = SecretsFile(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    file.set(f"{sys.argv[2]}_{number % 50}", Secret(f"value-of-{sys.argv[2]}-{number}"))
"""


def stored(state: Path) -> SecretsFile:
    """A file with one secret."""
    file = SecretsFile(state)
    file.set("A_TOKEN", Secret(VALUE))
    return file


def writer(state: Path, name: str, count: int) -> subprocess.Popen[str]:
    """A process that sets secrets as soon as it is told to."""
    command = [sys.executable, "-c", WRITER, str(state), name, str(count)]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout and started.stdout.readline() == "ready\n"
    return started


def test_what_is_set_is_read_by_another_process(tmp_path: Path) -> None:
    """And replaced, and removed; nothing of a value shows in a repr."""
    stored(tmp_path)
    other = SecretsFile(tmp_path)
    [(name, found)] = other.read().items()
    assert (name, found.value.reveal()) == ("A_TOKEN", VALUE)
    assert VALUE not in repr(found) + repr(other.read())
    assert SecretsFile(tmp_path).set("A_TOKEN", Secret("another-value"))
    assert other.read()["A_TOKEN"].value.reveal() == "another-value"  # it was replaced meanwhile
    assert SecretsFile(tmp_path).remove("A_TOKEN") and not SecretsFile(tmp_path).remove("A_TOKEN")
    assert other.read() == {}


def test_all_of_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Whatever the umask is."""
    before = os.umask(0)
    try:
        file = stored(tmp_path)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (file.path.parent, *file.path.parent.iterdir())}
    assert modes == {"secrets": 0o700, "secrets.json": 0o600, "lock": 0o600}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    """With the fix; it is not put right silently, as its secrets may be known."""
    file = stored(tmp_path)
    file.path.chmod(mode)
    for use in (SecretsFile(tmp_path).read, lambda: SecretsFile(tmp_path).set("B_TOKEN", Secret(VALUE))):
        with pytest.raises(UserError, match="other users can") as caught:
            use()
        assert f"chmod 600 {file.path}" in str(caught.value) and VALUE not in str(caught.value)


def test_a_mode_that_changes_after_a_read_is_noticed(tmp_path: Path) -> None:
    """The next look-up refuses the file."""
    file = stored(tmp_path)
    assert file.read()
    file.path.chmod(0o644)
    with pytest.raises(UserError, match="other users can"):
        file.read()


def test_a_folder_in_which_others_can_replace_it_is_refused(tmp_path: Path) -> None:
    """With the fix."""
    file = stored(tmp_path)
    file.path.parent.chmod(0o770)
    with pytest.raises(UserError, match="others can replace files"):
        SecretsFile(tmp_path).read()


@pytest.mark.parametrize("kind", ["link", "dangling link", "hard link", "folder", "pipe"])
def test_something_else_in_its_place_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    """It is neither read nor written through, and nothing waits for a pipe."""
    other, file = tmp_path / "other", stored(tmp_path)
    content = file.path.read_bytes()
    file.path.unlink()
    other.write_bytes(content)
    other.chmod(0o600)
    if kind == "folder":
        file.path.mkdir(mode=0o700)
    elif kind == "pipe":
        os.mkfifo(file.path, 0o600)
    elif kind == "hard link":
        file.path.hardlink_to(other)
    else:
        file.path.symlink_to(other if kind == "link" else tmp_path / "nothing")
    for use in (SecretsFile(tmp_path).read, lambda: SecretsFile(tmp_path).set("B_TOKEN", Secret(VALUE))):
        with pytest.raises(UserError, match=r"secrets\.json"):
            use()
    assert other.read_bytes() == content and not (tmp_path / "nothing").exists()


def test_a_link_in_the_place_of_its_folder_is_refused(tmp_path: Path) -> None:
    """Nothing is written or read where it leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "secrets").symlink_to(elsewhere)
    with pytest.raises(UserError, match="is a link"):
        stored(tmp_path)
    assert list(elsewhere.iterdir()) == []
    stored(elsewhere)
    (tmp_path / "secrets").unlink()
    (tmp_path / "secrets").symlink_to(elsewhere / "secrets")
    with pytest.raises(UserError, match="is a link"):
        SecretsFile(tmp_path).read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("whole", [False, True])
def test_another_users_file_or_folder_is_refused(tmp_path: Path, whole: bool) -> None:
    """Its owner could change it meanwhile."""
    file = stored(tmp_path)
    os.chown(file.path.parent if whole else file.path, 12345, -1)
    with pytest.raises(UserError, match="belongs to another user"):
        SecretsFile(tmp_path).read()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"version": 2, "secrets": {}}',
        '{"version": 1, "secrets": {"A_TOKEN": {"value": "VALUE", "set_at": 1, "qqzz": 1}}}',
        '{"version": 1, "secrets": {"A_TOKEN": {"value": ["VALUE"], "set_at": 1}}}',
        '{"version": 1, "secrets": {"A_TOKEN": {"value": "VALUE", "set_at": -1}}}',
        '{"version": 1, "secrets": {"A_TOKEN": {"value": "VALUE\\nqqzz", "set_at": 1}}}',
        '{"version": 1, "secrets": {"A_TOKEN": "VALUE"}}',
        "[" * 100_000,
    ],
)
def test_a_broken_file_is_a_line_with_the_fix_and_no_value(tmp_path: Path, content: str) -> None:
    """Also if the value is what is wrong."""
    file = stored(tmp_path)
    file.path.write_text(content.replace("VALUE", VALUE))
    with pytest.raises(UserError, match="is not a file of secrets") as caught:
        SecretsFile(tmp_path).read()
    assert str(file.path) in str(caught.value) and VALUE not in str(caught.value) and "qqzz" not in str(caught.value)


def test_names_that_decide_how_programs_run_are_not_taken_from_the_file(tmp_path: Path) -> None:
    """Whoever wrote them there."""
    file = stored(tmp_path)
    found = json.loads(file.path.read_bytes())
    for name in ("PATH", "LD_PRELOAD", "OPENAI_BASE_URL", "A-B", "", "A\nB"):
        found["secrets"][name] = {"value": "http://evil.example", "set_at": 0}
    file.path.write_text(json.dumps(found))
    assert list(SecretsFile(tmp_path).read()) == ["A_TOKEN"]


def test_two_that_set_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each waits for the other's change."""
    writers = [writer(tmp_path, name, 10) for name in ("A", "B")]
    for each in writers:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in writers:
        each.communicate()
    assert [each.returncode for each in writers] == [0, 0]
    assert len(SecretsFile(tmp_path).read()) == 20


def test_a_kill_at_any_moment_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """And what was being written is gone with the next change."""
    file, killed = stored(tmp_path), writer(tmp_path, "C", 1_000_000)
    assert killed.stdin
    killed.stdin.write("go\n")
    killed.stdin.flush()
    while len(file.read()) < 5:
        pass
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert file.read()["A_TOKEN"].value.reveal() == VALUE
    (file.path.parent / ".secrets.json.abcd1234").write_text("left by a writer that was killed")
    SecretsFile(tmp_path).set("D_TOKEN", Secret(VALUE))
    assert sorted(path.name for path in file.path.parent.iterdir()) == ["lock", "secrets.json"]


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    """The error names the file, and the old content is there."""
    file = stored(tmp_path)
    with full_disk(), pytest.raises(UserError, match="cannot be written") as caught:
        file.set("B_TOKEN", Secret(VALUE))
    assert str(file.path) in str(caught.value)
    assert list(SecretsFile(tmp_path).read()) == ["A_TOKEN"]
    assert sorted(path.name for path in file.path.parent.iterdir()) == ["lock", "secrets.json"]

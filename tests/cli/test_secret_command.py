"""`overnight secret`: a value goes in by a pipe or a terminal, and comes out nowhere."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from targets import run_here

VALUE = "sk-ant-api03-9Uz0T1SIaXqA2h9DbzDZST6d8fNYvvUVl4nuYV"
NAME = "ANTHROPIC_API_KEY"


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder and settings of the test's own, and no key in the environment."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv(NAME, raising=False)


def secret(folder: Path, *arguments: str, said: str = "", check: int | None = 0) -> "subprocess.CompletedProcess[str]":
    """The command with this standard input."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said.encode())))
        done = run_here(folder, "secret", *arguments)
    assert check in (None, done.returncode), done.stderr
    assert VALUE not in done.stdout + done.stderr
    return done


def test_set_list_and_remove(tmp_path: Path) -> None:
    """The list says where each is and who uses it, and nothing of a value: not its length, not its beginning."""
    done = secret(tmp_path, "set", NAME, said=f" {VALUE}\n")
    assert done.stdout == f"stored {NAME} in {tmp_path}/state/overnight/secrets/secrets.json\n"
    assert secret(tmp_path, "set", NAME, said=VALUE).stdout.startswith("replaced")
    shown = secret(tmp_path, "list").stdout + secret(tmp_path, "list", "--json").stdout
    assert f"{NAME}  in the file, set 20" in shown and "for provider anthropic" in shown
    assert VALUE[:6] not in shown and str(len(VALUE)) not in shown.replace("set_at", "").split('"secrets"')[0]
    [entry] = json.loads(secret(tmp_path, "list", "--json").stdout)["secrets"]
    assert (entry["name"], entry["source"], entry["used_by"], entry["hidden"]) == (NAME, "file", ["provider anthropic"], False)
    assert secret(tmp_path, "remove", NAME).stdout.startswith(f"removed {NAME}")
    assert "has no secret" in secret(tmp_path, "remove", NAME, check=2).stderr
    assert "no secret is stored" in secret(tmp_path, "list").stdout


def test_a_variable_comes_first_and_the_list_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting one that is not used says so too."""
    monkeypatch.setenv(NAME, "another-value-of-mine")
    assert "is also in the environment, which comes first" in secret(tmp_path, "set", NAME, said=VALUE).stderr
    listed = secret(tmp_path, "list").stdout
    assert f"{NAME}  in the environment, comes before the one in the file" in listed and "another" not in listed


def test_a_secret_of_a_channel_that_is_not_set_is_listed(tmp_path: Path) -> None:
    """With the channel that waits for it."""
    (tmp_path / "config" / "overnight").mkdir(parents=True)
    settings = '[notify.channels.phone]\nuse = "ntfy"\nurl = "https://ntfy.sh/t"\ntoken_env = "MY_NTFY"\n'
    (tmp_path / "config" / "overnight" / "settings.toml").write_text(settings)
    assert secret(tmp_path, "list").stdout == "MY_NTFY  not set, for channel phone\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", NAME, VALUE),
        ("set", f"{NAME}={VALUE}"),
        ("set", VALUE),
        ("set", NAME, f"--{VALUE}"),
        ("set", f"--value={VALUE}", NAME),
        (VALUE,),
        ("list", VALUE),
        ("list", f"--{VALUE}"),
        ("remove", VALUE),
        ("remove", NAME, VALUE),
        ("remove", f"--{VALUE}"),
    ],
)
def test_a_value_among_the_arguments_is_refused_and_not_repeated(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Wherever it stands; nothing is stored."""
    secret(tmp_path, *arguments, said=VALUE, check=2)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("name", ["", "a b", "../x", "A-B", "A\nB", "1A", "É", "A" * 101, "PATH", "LD_PRELOAD", "X_BASE_URL"])
def test_a_hostile_name_is_refused(tmp_path: Path, name: str) -> None:
    """It is no name of a variable, or decides how programs run."""
    secret(tmp_path, "set", name, said=VALUE, check=2)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "said", ["", " \n", "short", "two\nlines", "é-non-ascii", "a\0b-and-more", "\x1b[31mred-text", "x" * 9000, "not-needed"]
)
def test_a_value_that_cannot_be_kept_secret_is_refused(tmp_path: Path, said: str) -> None:
    """Empty, too short or long, of several lines, or with characters that no key has."""
    done = secret(tmp_path, "set", NAME, said=said, check=2)
    assert "the value for" in done.stderr and not (tmp_path / "state").exists()


def test_a_person_types_it_twice_and_sees_nothing(tmp_path: Path) -> None:
    """On a terminal the value is asked for without echo."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "overnight", "secret", "set", NAME]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, start_new_session=True) as process:
        os.close(theirs)
        shown = b""
        for prompt in (b"(not shown):", b"again:"):
            while prompt not in shown:
                shown += os.read(ours, 1000)
            os.write(ours, f"{VALUE}\n".encode())
        while b"stored" not in shown:
            shown += os.read(ours, 1000)
    assert process.returncode == 0 and VALUE.encode() not in shown
    os.close(ours)
    assert NAME in secret(tmp_path, "list").stdout


def test_doctor_and_agents_say_where_a_key_is(tmp_path: Path) -> None:
    """By its name, and whether its file can be used; never its value."""
    secret(tmp_path, "set", NAME, said=VALUE)
    found = run_here(tmp_path, "doctor").stdout
    assert f"ok    secrets: {NAME} (stored by `overnight secret set`)\n" in found
    (tmp_path / "state/overnight/secrets/secrets.json").chmod(0o640)
    broken = run_here(tmp_path, "doctor")
    assert broken.returncode == 1 and "FAIL  secrets: other users can read" in broken.stdout
    assert VALUE not in found + broken.stdout


def test_a_file_that_others_can_read_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """By each command, with file and fix."""
    secret(tmp_path, "set", NAME, said=VALUE)
    file = tmp_path / "state/overnight/secrets/secrets.json"
    file.chmod(0o644)
    for arguments in (("set", NAME), ("list",), ("remove", NAME)):
        assert f"chmod 600 {file}" in secret(tmp_path, *arguments, said=VALUE, check=2).stderr

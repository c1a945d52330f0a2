"""A secret is found by its name in three places, and by nobody who goes through the environment."""

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from overnight.config import read_settings
from overnight.errors import UserError
from overnight.models.keys import Keys, NoKey
from overnight.notices.notice import TextSource
from overnight.notices.port import NotSent
from overnight.notices.secrets import environment_for, read_source
from overnight.secrets.broker import Broker
from overnight.secrets.entry import Source
from overnight.user_command import run_for_output
from overnight.words.secret import Secret

KEY = "sk-ant-api03-9Uz0T1SIaXqA2h9DbzDZST6d8fNYvvUVl4nuYV"
NAME = "ANTHROPIC_API_KEY"


def broker(folder: Path, *, environment: str = "", credential: str = "", file: str = "") -> Broker:
    """The secrets of a user who has this one in some places."""
    variables = {"PATH": os.environ["PATH"], **({NAME: environment} if environment else {})}
    if credential:
        (folder / "credentials").mkdir()
        (folder / "credentials" / NAME).write_text(credential)
        (folder / "credentials" / NAME).chmod(0o400)
        variables["CREDENTIALS_DIRECTORY"] = str(folder / "credentials")
    made = Broker(variables, folder)
    if file:
        made.file.set(NAME, Secret(file))
    return made


def test_the_environment_comes_first_then_systemd_then_the_file(tmp_path: Path) -> None:
    """And a variable that is set to blanks is not set."""
    sources = []
    for index, places in enumerate(({"environment": "env-value-1"}, {"environment": "  "}, {})):
        folder = tmp_path / str(index)
        folder.mkdir()
        made = broker(folder, credential="cred-value-2\n" if index < 2 else "", file="file-value-3", **places)
        found = made.lookup(NAME)
        assert found and made.environment[NAME] == found.value.reveal() == made.environment.get(NAME)
        sources.append((found.source, found.value.reveal()))
    assert sources == [
        (Source.ENVIRONMENT, "env-value-1"),
        (Source.CREDENTIAL, "cred-value-2"),
        (Source.FILE, "file-value-3"),
    ]


def test_nobody_who_goes_through_the_environment_sees_what_is_stored(tmp_path: Path) -> None:
    """So it is not passed on to a process: not copied, not by a command that prints a key, not to a notifier's command."""
    environment = broker(tmp_path, file=KEY).environment
    assert environment[NAME] == KEY and NAME in environment
    assert dict(environment) == {**environment} == {"PATH": os.environ["PATH"]} and len(environment) == 1
    assert KEY not in f"{environment!r} {environment} {list(environment.values())}"
    printed = anyio.run(lambda: run_for_output(["env"], environment=environment, wall_s=20, most_bytes=10_000))
    assert b"PATH=" in printed.output and KEY.encode() not in printed.output
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.environ)"], env=environment, capture_output=True, check=True
    )
    assert KEY.encode() not in done.stdout
    assert environment_for((), environment) == {"PATH": os.environ["PATH"]}
    assert environment_for((NAME,), environment)[NAME] == KEY  # the user's settings name it for this command


def test_providers_and_channels_find_what_is_stored(tmp_path: Path) -> None:
    """As if the variable were set, at its first use and after it was replaced."""
    made = broker(tmp_path, file=KEY)
    [provider] = read_settings(made.environment, tmp_path).providers
    assert (provider.name, provider.key_env) == ("anthropic", NAME)
    learned: list[str] = []
    keys = Keys(provider, made.environment, learned.extend)
    assert anyio.run(keys.get) == Secret(KEY) and learned == [KEY]
    assert anyio.run(read_source, TextSource(variable=NAME), made.environment) == KEY
    made.file.set(NAME, Secret("another-key-0123456789"))
    assert made.environment[NAME] == "another-key-0123456789"


def test_a_file_that_goes_bad_breaks_one_account_or_channel_and_not_the_night(tmp_path: Path) -> None:
    """Its reason names the file; no exception that the gateway or a channel does not know."""
    made = broker(tmp_path, file=KEY)
    [provider] = read_settings(made.environment, tmp_path).providers
    keys = Keys(provider, made.environment)
    made.file.path.chmod(0o644)
    with pytest.raises(NoKey, match="other users can read"):
        anyio.run(keys.get)
    with pytest.raises(NotSent, match="other users can read"):
        anyio.run(read_source, TextSource(variable=NAME), made.environment)


def test_a_stored_key_that_is_refused_is_read_again_once_it_was_replaced(tmp_path: Path) -> None:
    """So a person can put the night right without ending it."""
    made = broker(tmp_path, file=KEY)
    [provider] = read_settings(made.environment, tmp_path).providers
    learned: list[str] = []
    keys = Keys(provider, made.environment, learned.extend)
    first = anyio.run(keys.get)
    assert not keys.renewable
    made.file.set(NAME, Secret("another-key-0123456789"))
    assert keys.renewable and anyio.run(keys.renew, first) == Secret("another-key-0123456789")
    assert not keys.renewable and learned == [KEY, "another-key-0123456789"]


def test_names_that_decide_how_programs_run_find_nothing_stored(tmp_path: Path) -> None:
    """Whatever a credential is called."""
    made = broker(tmp_path, credential="the-value-1")
    for name in ("LD_PRELOAD", "HOME", "OPENAI_BASE_URL", "OVERNIGHT_SETTINGS", "XDG_CONFIG_HOME", "lock"):
        (tmp_path / "credentials" / name).write_text("/tmp/other")
    assert made.names() == (NAME, "lock")
    assert all(made.lookup(name) is None for name in ("LD_PRELOAD", "HOME", "../ANTHROPIC_API_KEY", "a/b", "", "A\0B", "\n"))
    assert "HOME" not in made.environment and made.environment.get("XDG_CONFIG_HOME", "") == ""


@pytest.mark.parametrize(
    ("kind", "said"),
    [("writable", "others can write"), ("link", "cannot be read"), ("pipe", "cannot be read"), ("lines", "more than one line")],
)
def test_a_credential_that_is_not_one_is_refused(tmp_path: Path, kind: str, said: str) -> None:
    """With a reason, and without its value."""
    made = broker(tmp_path, credential="the-value-1")
    path = tmp_path / "credentials" / NAME
    path.chmod(0o666)
    if kind == "lines":
        path.write_text("the-value-1\nmore")
        path.chmod(0o400)
    elif kind != "writable":
        path.unlink()
        (path.symlink_to if kind == "link" else lambda _: os.mkfifo(path))("/etc/hostname")
    with pytest.raises(UserError, match=said) as caught:
        made.lookup(NAME)
    assert "the-value" not in str(caught.value)


def test_credentials_that_are_no_secrets_of_one_line_are_left_alone(tmp_path: Path) -> None:
    """A service may have a certificate beside its keys: it is neither listed nor in the way, unless it is asked for."""
    made = broker(tmp_path, credential="the-value-1", file="file-value-3")
    (tmp_path / "credentials" / "certificate").write_text("-----BEGIN CERTIFICATE-----\nabc\n")
    (tmp_path / "credentials" / "image").write_bytes(bytes(100_000))
    (tmp_path / "credentials" / "folder").mkdir()
    assert made.names() == (NAME,)
    assert made.scrubber().text("the-value-1") == "[hidden]"
    with pytest.raises(UserError, match="more than one line"):
        made.lookup("certificate")


def test_a_folder_of_credentials_that_is_gone_is_no_error(tmp_path: Path) -> None:
    """Nor is one that is not absolute."""
    for place in (str(tmp_path / "gone"), "relative", ""):
        made = Broker({"CREDENTIALS_DIRECTORY": place}, tmp_path)
        assert made.names() == () and made.lookup(NAME) is None


def test_a_scrubber_knows_the_secrets_of_all_places(tmp_path: Path) -> None:
    """And variables that look like one by their names."""
    made = Broker({"MY_PASSWORD": "environment-7x1", "EDITOR": "an-editor-of-mine"}, tmp_path)
    made.file.set("A_TOKEN", Secret("file-value-3a"))
    said = made.scrubber().text("environment-7x1 file-value-3a an-editor-of-mine")
    assert said == "[hidden] [hidden] an-editor-of-mine"

"""What the jail shows of the host besides the system."""

import json
import os
import sys
from pathlib import Path

import pytest

from overnight.errors import SandboxError
from overnight.jail.checkout import Checkout
from overnight.jail.reach import check_readable, find_reach, is_within


def make_python(path: Path, *, prefix: Path) -> Path:
    """A program that answers like an installed interpreter, or like a shim in front of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    real = prefix / "bin" / "python3"
    real.parent.mkdir(parents=True, exist_ok=True)
    real.touch()
    answer = json.dumps([str(real), str(prefix), str(prefix), str(prefix)])
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return path


def test_tools_below_home_are_shown_alone(tmp_path: Path) -> None:
    """A tool's folder directly below home is shown without its neighbours, which often include keys."""
    home = tmp_path / "home"
    for folder in (".cargo/bin", ".nvm/versions/node/v22/bin", ".local/bin"):
        (home / folder).mkdir(parents=True)
    path = f"{home}/.cargo/bin:{home}/.nvm/versions/node/v22/bin:{home}/.local/bin:/usr/bin"
    reach = find_reach(path, home)
    assert reach.folders == (f"{home}/.cargo/bin", f"{home}/.nvm/versions/node/v22", f"{home}/.local/bin")
    assert reach.search_path == path


def test_running_interpreter_is_shown_with_its_base(tmp_path: Path) -> None:
    """A virtual environment is shown, and the installation that it is based on."""
    reach = find_reach(str(Path(sys.executable).parent), tmp_path)
    for prefix in (sys.prefix, sys.base_prefix):
        assert prefix.startswith("/usr") or any(Path(prefix).is_relative_to(folder) for folder in reach.folders)


def test_shim_is_replaced_by_what_it_leads_to(tmp_path: Path) -> None:
    """PATH inside names the interpreter's own folder, because the shim's manager is not shown."""
    version = tmp_path / "home/.pyenv/versions/3.12"
    make_python(tmp_path / "home/.pyenv/shims/python3", prefix=version)
    reach = find_reach(f"{tmp_path}/home/.pyenv/shims:/usr/bin", tmp_path / "home")
    assert reach.search_path == f"{version}/bin:/usr/bin"
    assert reach.folders == (str(version),)


def test_environment_that_is_the_home_is_refused(tmp_path: Path) -> None:
    """An interpreter whose installation is the home folder would expose it: that is an error."""
    make_python(tmp_path / "tools/python3", prefix=tmp_path / "home")
    with pytest.raises(SandboxError, match="contains your home folder"):
        find_reach(f"{tmp_path}/tools", tmp_path / "home")


def test_broken_interpreter_is_said(tmp_path: Path) -> None:
    """An interpreter that does not start is named, with its own message."""
    python = make_python(tmp_path / "tools/python3", prefix=tmp_path / "tools")
    python.write_text("#!/bin/sh\necho no such version >&2\nexit 1\n")
    with pytest.raises(SandboxError, match=r"tools/python3 does not run: no such version"):
        find_reach(f"{tmp_path}/tools", tmp_path / "home")


def test_an_interrupt_of_the_terminal_is_not_for_it(tmp_path: Path) -> None:
    """It runs in its own process group: Ctrl-C ends our command cleanly, not by the interpreter's failure."""
    python = make_python(tmp_path / "tools/python3", prefix=tmp_path / "tools")
    answer = python.read_text().removeprefix("#!/bin/sh\n")
    python.write_text(f"#!/bin/sh\nread -r stat </proc/$$/stat; set -- $stat; echo $5 >{tmp_path}/group\n{answer}")
    find_reach(f"{tmp_path}/tools", tmp_path / "home")
    assert int((tmp_path / "group").read_text()) != os.getpgrp()


def test_impostor_is_said(tmp_path: Path) -> None:
    """A program that has only the name of an interpreter is named in the error."""
    python = make_python(tmp_path / "tools/python3", prefix=tmp_path / "tools")
    python.write_text("#!/bin/sh\necho hello\n")
    with pytest.raises(SandboxError, match=r"tools/python3, found on PATH, is not a working Python"):
        find_reach(f"{tmp_path}/tools", tmp_path / "home")


def test_relative_and_dangerous_entries_are_dropped(tmp_path: Path) -> None:
    """What is not absolute, does not exist, or leads to sockets and devices is not on the PATH inside."""
    reach = find_reach(f".:bin:/run:/proc/self:{tmp_path}/missing:/usr/bin:/usr/bin", tmp_path)
    assert (reach.search_path, reach.folders, reach.pythons) == ("/usr/bin", (), ())


def test_a_shim_does_not_run_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Managers of versions obey files of the current folder, which a cloned repository brings: they could name any program."""
    python = make_python(tmp_path / "tools/python3", prefix=tmp_path / "version")
    python.write_text(python.read_text().replace("echo", f"pwd > {tmp_path}/where; echo"))
    (tmp_path / "clone").mkdir()
    monkeypatch.chdir(tmp_path / "clone")
    find_reach(f"{tmp_path}/tools", tmp_path / "home")
    assert (tmp_path / "where").read_text() == "/\n"


@pytest.mark.parametrize("prefix", ["/", "//", "/proc", "//run", "/dev/.."])
def test_a_python_that_says_it_is_installed_everywhere_is_refused(tmp_path: Path, prefix: str) -> None:
    """What a program on PATH says of itself must not show the host."""
    python = tmp_path / "tools/python3"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\necho '{json.dumps(['/x/python3', prefix, prefix, prefix])}'\n")
    python.chmod(0o755)
    with pytest.raises(SandboxError):
        find_reach(f"{tmp_path}/tools", tmp_path / "home")


@pytest.mark.parametrize(
    "path", ["/proc", "//proc", "///run", "//dev", "//sys", "/", "//", "link", "/proc/self/root", "/tmp/../run"]
)
def test_no_name_of_a_closed_folder_is_readable(tmp_path: Path, path: str) -> None:
    """However it is spelled, and through a link."""
    (tmp_path / "link").symlink_to("/run")
    with pytest.raises(SandboxError, match="jobs may not read"):
        check_readable(path if path.startswith("/") else f"{tmp_path}/{path}")


def test_the_users_state_is_not_readable_under_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the folder of secrets, not one in it or around it, not by a link; one beside it is."""
    (tmp_path / "state/overnight/secrets").mkdir(parents=True)
    (tmp_path / "state/other").mkdir()
    (tmp_path / "link").symlink_to("state/overnight/secrets")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("state", "state/overnight", "state/overnight/secrets", "link", "state/other/../overnight"):
        with pytest.raises(SandboxError, match="keeps its secrets there"):
            check_readable(str(tmp_path / name))
    assert check_readable(str(tmp_path / "state/other"))


def test_the_home_folder_is_not_readable_under_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds keys; the folder of data in it can be named."""
    (tmp_path / "real/home/data").mkdir(parents=True)
    (tmp_path / "home").symlink_to(tmp_path / "real/home")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("home", "real/home", "real", "real/home/../home"):
        with pytest.raises(SandboxError, match="your home folder is in it; name the folder of data in it"):
            check_readable(f"{tmp_path}/{name}")
    check_readable(f"{tmp_path}/home/data")


def test_only_installations_are_widened(tmp_path: Path) -> None:
    """`bin` of another repository or of a linked home is shown alone; that of an installation with what is around it."""
    home = tmp_path / "real/home"
    for folder in ("other/bin", "other/.git", "tool/bin", "real/home/bin", "real/home/tool/v1/bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "home").symlink_to(home)
    shown = [f"{tmp_path}/{name}" for name in ("other/bin", "tool/bin", "home/bin", "home/tool/v1/bin")]
    reach = find_reach(":".join(shown), home)
    assert reach.folders == (f"{tmp_path}/other/bin", f"{tmp_path}/tool", f"{tmp_path}/home/bin", f"{tmp_path}/home/tool/v1")


def test_a_loop_of_links_on_path_is_passed_over(tmp_path: Path) -> None:
    """It leads nowhere."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert find_reach(f"{tmp_path}/loop:/usr/bin", tmp_path / "home").search_path == "/usr/bin"


def tool(path: Path, *, link: Path | None = None) -> Path:
    """A program, and a link to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    if link:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    return path


def test_links_on_path_lead_to_tools(tmp_path: Path) -> None:
    """A tool that its manager keeps in a folder of its own is shown with it, and with the interpreter of its environment."""
    home = tmp_path / "home"
    own, base = home / ".local/share/uv/tools/ruff", home / ".local/share/uv/python/cpython-3.12"
    tool(own / "bin/ruff", link=home / ".local/bin/ruff")
    (own / "pyvenv.cfg").touch()
    (base / "lib").mkdir(parents=True)
    tool(base / "bin/python3.12", link=own / "bin/python3")
    assert find_reach(f"{home}/.local/bin", home).folders == (f"{home}/.local/bin", str(own), str(base))


def test_links_on_path_show_no_more_than_the_tool(tmp_path: Path) -> None:
    """A program among a person's own folders is shown alone; none of the checkout, and of what is closed, is shown at all."""
    home, repo = tmp_path / "home", tmp_path / "home/work/repo"
    alone = tool(home / "work/client/bin/report", link=home / ".local/bin/report")
    (home / "work/client/lib").mkdir()
    tool(repo / "bin/tool", link=home / ".local/bin/tool")
    tool(repo / "tools/bin/other", link=home / ".local/bin/other")
    tool(repo / ".git/hooks/x", link=home / ".local/bin/x")
    (home / ".ssh").mkdir()
    (home / ".ssh/id").write_text("key")
    (home / ".local/bin/key").symlink_to(home / ".ssh/id")
    direct = tool(home / ".secrets/run", link=home / ".local/bin/run")
    for name, target in (("env", "/proc/self/environ"), ("gone", "/nowhere"), ("loop", "loop"), ("home", str(home))):
        (home / ".local/bin" / name).symlink_to(target)
    checkout = Checkout(toplevels=(repo,), private=(repo / ".git", repo / ".overnight"))
    reach = find_reach(f"{home}/.local/bin", home, checkout)
    assert reach.folders == (f"{home}/.local/bin", str(alone), str(direct))


@pytest.mark.parametrize(
    ("path", "folder", "within"),
    [
        ("/usr/bin", "/usr", True),
        ("/usr", "/usr/", True),
        ("/usr2", "/usr", False),
        ("/usr", "/", True),
        ("/usr", "", False),  # an interpreter may say that it is installed nowhere
        ("/usr", ".", False),
        ("/usr", "usr", False),
    ],
)
def test_a_path_is_within_a_folder_by_its_names(path: str, folder: str, *, within: bool) -> None:
    """Whole names count, and a folder without a name holds nothing."""
    assert is_within(path, (folder,)) is within


def test_an_environment_that_nobody_put_on_path_is_shown_and_not_run(tmp_path: Path) -> None:
    """Its programs come first, with the installation that its Python is a link to; a link to a person's folder shows a file."""
    base = tmp_path / "home/.local/python"
    python = make_python(base / "bin/python3", prefix=base)
    python.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (base / "lib").mkdir()
    environment = tmp_path / "repo/.venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin/python3").symlink_to(python)
    (tmp_path / "home/work/bin").mkdir(parents=True)
    (tmp_path / "home/work/bin/python").write_text("#!/bin/sh\n")
    (tmp_path / "home/work/bin/python").chmod(0o755)
    (environment / "bin/python").symlink_to(tmp_path / "home/work/bin/python")
    checkout = Checkout(toplevels=(tmp_path / "repo",))
    reach = find_reach("/usr/bin", tmp_path / "home", checkout, environment=str(environment))
    assert reach.search_path == f"{environment}/bin:/usr/bin"
    assert reach.folders[:3] == (str(environment), str(base), f"{tmp_path}/home/work/bin/python")
    assert not (tmp_path / "ran").exists() and not any(path.startswith(str(tmp_path)) for path in reach.pythons)


def test_an_environment_that_is_the_home_or_the_checkout_is_not_shown(tmp_path: Path) -> None:
    """Whatever names it."""
    for folder in ("home/.venv", "repo"):
        (tmp_path / folder / "bin").mkdir(parents=True)
    checkout = Checkout(toplevels=(tmp_path / "repo",))
    for environment in (tmp_path / "repo", tmp_path):
        assert find_reach("/usr/bin", tmp_path / "home", checkout, environment=str(environment)).folders == ()

"""A hostile agent in a checkout of an action, in the real jail: what it leaves there, hangs on to, and may reach of setups."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from action_places import ACTION, ActionPlaces, action_places
from processes import command_lines
from targets import git, repository_of

from overnight.actions.charter import Rules
from overnight.actions.checkouts.salvage import Salvaged, save_all
from overnight.jail.job import Job, JobEnding, JobResult, Limits

LIMITS = Limits(wall_s=20.0, memory_bytes=300 * 1000**2, disk_bytes=20 * 1000**2, files=30_000, processes=32)
FILES = {"a.py": "A = 1\n", "lib/b.py": "B = 1\n", "check.sh": "true\n"}
HOST = Path("/etc/hostname")


@pytest.fixture
def places(tmp_path: Path) -> Iterator[ActionPlaces]:
    repository = repository_of(tmp_path / "repo", FILES)
    (repository.toplevel / "link").symlink_to("a.py")
    git(repository.toplevel, "add", "-A")
    git(repository.toplevel, "commit", "-q", "-m", "link")
    rules = Rules(limits=LIMITS, setup="mkdir .deps; echo good > .deps/x")
    with action_places(tmp_path, FILES, repository=repository, rules=rules) as made:
        yield made


def work(places: ActionPlaces, command: str, *, turn: int = 1, limits: Limits = LIMITS) -> tuple[Path, JobResult]:
    """A turn of an agent that runs one command: its folder, and how the job ended."""
    folder = places.folders.create(places.base)

    async def run() -> JobResult:
        await places.preparation.furnish(folder)
        places.folders.begin(folder, turn)
        output = places.folders.output()
        return await places.executor.run(Job(command=command, folder=folder, output=output, limits=limits))

    return folder, anyio.run(run)


def taken(places: ActionPlaces, folder: Path, turn: int = 1) -> tuple[dict[str, bytes | None], list[str]]:
    """What becomes a commit, by path, and what is said of the rest; the folder is gone afterwards."""
    commit, said = places.folders.commit(folder, base=places.base, action=ACTION, turn=turn, message="m")
    places.folders.remove(folder)
    assert not os.path.lexists(folder)
    changes = places.history.merge(base=places.base, head=places.base, commit=commit) if commit else ()
    return {change.path: change.content for change in changes or ()}, list(said)


def test_what_is_no_plain_file_is_named_and_never_followed(places: ActionPlaces) -> None:
    """Links to the host, pipes, sockets and hard links in place of files, folders and links: no byte of them is taken."""
    command = f"""
rm -r lib a.py; ln -s /etc lib; mkfifo a.py; mkfifo pipe; ln -s {HOST} passwd; ln check.sh twin
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'; echo good > new.txt
mkdir -m 0 shut; rm link; ln -s /proc/self/environ link; ln -sfn / .deps
"""
    folder, result = work(places, command)
    assert result.ending is JobEnding.EXITED and result.exit_code == 0
    changes, said = taken(places, folder)
    assert changes == {"lib/b.py": None, "new.txt": b"good\n"}
    words = "\n".join(said)
    for name in ("lib is a symbolic link", "a.py is a pipe", "pipe is a pipe", "passwd is a symbolic link", "sock is a socket"):
        assert name in words, words
    assert "link is a symbolic link of the repository" in words and "twin is a hard link" in words


def test_a_git_folder_that_it_wrote_is_neither_read_nor_run(places: ActionPlaces, tmp_path: Path) -> None:
    """Its monitor, hooks, filters and index are its own; what differs is found without git in that folder."""
    ran = tmp_path / "ran"
    command = f"""
git config core.fsmonitor 'touch {ran}'; git config core.hooksPath /trial/hooks; mkdir hooks
printf '#!/bin/sh\\ntouch {ran}\\n' > hooks/post-index-change; chmod +x hooks/post-index-change
git config filter.x.clean 'touch {ran}'; echo '* filter=x' > .gitattributes; echo A = 2 > a.py
git add -A; git commit -q -m mine; git update-ref refs/heads/main HEAD; rm .git/index; ln -s /etc .git/objects/x
"""
    folder, result = work(places, command)
    assert result.exit_code == 0
    changes, _ = taken(places, folder)
    assert changes["a.py"] == b"A = 2\n" and not ran.exists()
    folder, _ = work(places, "rm -r .git; ln -s / .git; echo A = 3 > a.py", turn=2)
    changes, said = taken(places, folder, 2)
    assert changes == {"a.py": b"A = 3\n"} and any(".git" in line for line in said)


def test_too_many_files_too_much_disk_and_too_many_processes_end(places: ActionPlaces) -> None:
    """A flood of files is not taken, a full folder ends the job, a fork bomb and what it leaves behind are gone."""
    folder, result = work(places, "mkdir m; cd m; seq 10002 | xargs touch; echo 2 > ../a.py")
    assert result.exit_code == 0
    assert taken(places, folder) == ({}, ["more than 10,000 new files and folders"])
    folder, result = work(places, "cat /dev/zero > big", turn=2)
    assert result.ending is JobEnding.DISK, result
    places.folders.remove(folder)
    mark = "987123"
    bomb = f"(setsid sleep {mark} &) ; b() {{ b | b & }}; b; echo 3 > a.py; wait"
    folder, result = work(places, bomb, turn=3, limits=replace(LIMITS, wall_s=5.0))
    assert not [line for line in command_lines() if mark.encode() in line]
    assert taken(places, folder, 3)[0] in ({"a.py": b"3\n"}, {})
    assert len(list(places.state.glob(".work-*/trees/*"))) == 0


def test_it_cannot_change_what_setup_made_for_others(places: ActionPlaces) -> None:
    """Neither through its links nor by its own path; and a folder of its own in that place is in no check."""
    command = """
echo bad > .deps/x; real=$(readlink -f .deps); echo bad > "$real/x"; mkdir "$real/more"
rm .deps; mkdir .deps; echo bad > .deps/x; echo A = 2 > a.py
"""
    folder, _ = work(places, command)
    assert taken(places, folder) == ({"a.py": b"A = 2\n"}, [".deps, which `setup` made, is no part of a change"])
    (kept,) = (home for home in (places.state.parent / "setups").iterdir() if home.name != "locks")
    assert (kept / "tree/.deps/x").read_text() == "good\n"
    looks = "grep -qx good .deps/x && ! test -e .deps/more"
    outcome = anyio.run(places.commands.on, places.saved(1) or "", looks)
    assert outcome.passed, outcome.reason


def test_a_hostile_setup_leaves_nothing_that_is_followed(tmp_path: Path) -> None:
    """Links to the host, pipes and programs with the rights of their owner are shown as they are, without those rights."""
    make = f"mkdir d; ln -s {HOST} d/link; mkfifo d/pipe; cp /bin/true d/suid; chmod 4755 d/suid; ln -s / root; chmod 0 d"
    with action_places(tmp_path, FILES, rules=Rules(setup=make, limits=LIMITS)) as places:
        looks = "test -p d/pipe && ! test -u d/suid && d/suid && ls root > /dev/null"
        outcome = anyio.run(places.commands.on, places.base, looks)
        assert outcome.passed, outcome.reason
        (kept,) = (home for home in (tmp_path / "setups").iterdir() if home.name != "locks")
        assert not stat.S_IMODE((kept / "tree/d/suid").stat().st_mode) & 0o7000


def test_what_a_killed_board_left_is_salvaged_from_hostile_folders(places: ActionPlaces) -> None:
    """A folder full of traps is read as carefully after a kill as before: what is plain is saved, the rest is named."""
    folder, _ = work(places, f"ln -sf {HOST} a.py; mkfifo pipe; mkdir -m 0 shut; echo new > n.txt", turn=5)
    found: list[Salvaged] = []
    assert save_all(folder.parents[1], found.append)
    (saved,) = found
    assert (saved.action, saved.turn) == (ACTION, 5)
    said = "\n".join(saved.problems)
    assert "pipe is a pipe" in said and "a.py is a symbolic link" in said
    assert git(places.repository.toplevel, "show", f"{saved.commit}:n.txt") == "new"

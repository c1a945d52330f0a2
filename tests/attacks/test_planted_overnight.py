"""What a clone, an archive or another user plants in `.overnight`: nothing is followed, nothing hangs, one line says it.

Each place that we use gets each kind of thing that may lie there: links, hard links, folders, pipes, sockets, huge files,
files without rights, and files of another user.
"""

import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from targets import COMMAND, copied, git, make_repo, overnight, program, run_here

from overnight.agents.port import Task
from overnight.agents.transcript import Transcript
from overnight.errors import OvernightError, UserError
from overnight.files.atomic import write_atomically
from overnight.files.folders import remove_tree
from overnight.files.own import claim_folder
from overnight.files.private_folder import private_folder, sweep
from overnight.git.repository import open_repository
from overnight.ledger.artifacts import ArtifactStore
from overnight.ledger.lock import hold, holder
from overnight.notices.outbox import Outbox
from overnight.program.program import Direction, Metric
from overnight.research.places.campaigns import read_program
from overnight.research.places.orders import OrderFiles, add_idea, read_ideas
from overnight.research.places.transcripts import TranscriptFolder
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.tsv import ResultsTable

ROOT = os.geteuid() == 0
OTHER = 12345  # a user who owns nothing here
HUGE = 2**42  # bytes of a file without content
LOG = b"printed\n"
DIGEST = sha256(LOG).hexdigest()
BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")
IN_CAMPAIGN = (
    *("lock", "ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db-journal", "ledger-1.db", "ideas.md", ".ideas.md.new"),
    *("results.tsv", "report.html", "report.md", "progress.png", "notices.db", "notices.db-wal", "logs", "transcripts", "work"),
)
PLACES = (
    *("t", *(f"t/{name}" for name in IN_CAMPAIGN), "t/logs/AB", "t/logs/AB/FILE", "t/transcripts/1-script.md", "t/work/out"),
    *(".rehearsal-x", ".rerun-x", ".init-x", ".new-x"),
)


def link_to(name: str) -> Callable[[Path, Path], None]:
    return lambda place, precious: place.symlink_to(precious / name)


def hard_link(place: Path, precious: Path) -> None:
    os.link(precious / "file", place)


def folder(place: Path, precious: Path) -> None:
    (place / "inner").mkdir(parents=True)


def pipe(place: Path, precious: Path) -> None:
    os.mkfifo(place)


def unix_socket(place: Path, precious: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made, pytest.MonkeyPatch.context() as patch:
        patch.chdir(place.parent)  # a socket's path must be short
        made.bind(place.name)


def huge(place: Path, precious: Path) -> None:
    with place.open("wb") as file:
        file.truncate(HUGE)


def unreadable(place: Path, precious: Path) -> None:
    place.write_text("x")
    place.chmod(0)


def of_another(place: Path, precious: Path) -> None:
    place.write_text("x")
    os.chown(place, OTHER, OTHER)


KINDS: dict[str, Callable[[Path, Path], None]] = {
    "link to a folder": link_to("."),
    "link to a file": link_to("file"),
    "link to nothing": link_to("none"),
    "hard link": hard_link,
    "folder": folder,
    "pipe": pipe,
    "socket": unix_socket,
    "huge file": huge,
    "unreadable file": unreadable,
    **({"file of another": of_another} if ROOT else {}),
}
REFUSED = {name for name in KINDS if "link" in name} | {"pipe", "socket", "file of another"}


@dataclass(frozen=True)
class Ground:
    """A folder of the user's with precious files, and an `.overnight` with an empty campaign beside it."""

    precious: Path
    ours: Path

    def plant(self, place: str, kind: str) -> Path:
        found = self.ours / place.replace("AB", DIGEST[:2]).replace("FILE", DIGEST[2:])
        found.parent.mkdir(parents=True, exist_ok=True)
        if found.is_dir():
            shutil.rmtree(found)
        found.unlink(missing_ok=True)
        KINDS[kind](found, self.precious)
        return found

    def seen(self) -> dict[str, tuple[int, int, int, bytes]]:
        """Everything of the user's, with its mode, owner and content."""
        found = {}
        for path in (self.precious, *sorted(self.precious.rglob("*"))):
            status = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
            found[str(path)] = (status.st_mode, status.st_uid, status.st_ino, content)
        return found


def new_ground(place: Path) -> Ground:
    ground = Ground(precious=place / "precious", ours=place / "repo/.overnight")
    for name in ("file", "lock", "ideas.md", "results.tsv", "notices.db", "1-script.md", "work/inner/deep", "out/x", "logs/x"):
        path = ground.precious / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("precious\n")
    (ground.ours / "t").mkdir(parents=True)
    return ground


def steps(ours: Path) -> Iterator[Callable[[], object]]:
    """Each thing that a session or a command writes or reads in a campaign's folder, by itself."""
    campaign = ours / "t"

    def lock() -> None:
        with hold(campaign):
            pass

    def ledger() -> None:
        SqliteLedger(campaign).close()

    def ideas() -> None:
        files = OrderFiles(ours.parent / "program.md", campaign, known="")
        files.ideas()
        files.show_ideas("- [ ] new\n")

    def results() -> None:
        table = ResultsTable(campaign / "results.tsv", Metric(name="loss", direction=Direction.MINIMIZE))
        table.fix()
        table.append()
        table.rebuild([])

    def log() -> None:
        new = ours / "new"
        new.write_bytes(LOG)
        store = ArtifactStore(campaign / "logs")
        store.holds(DIGEST)
        store.read(DIGEST)
        store.keep(new)

    def private() -> None:
        with private_folder(ours, "rerun"):
            pass

    def transcript() -> None:
        task = Task(folder=Path("/nowhere"), role="script", number=1)
        TranscriptFolder(campaign / "transcripts").keep(task, Transcript())

    def reports() -> None:
        for name in ("report.html", "report.md", "progress.png"):
            with suppress(OSError):
                write_atomically(campaign / name, b"x")

    yield from (lock, lambda: holder(campaign), ledger, lambda: SqliteLedger.for_reading(campaign).close(), ideas, results, log)
    yield from (lambda: add_idea(campaign, "x"), lambda: read_ideas(campaign), private, transcript, reports)
    yield from (lambda: Outbox(campaign).pending(), lambda: sweep(ours), lambda: remove_tree(campaign / "work"))


def outcome(step: Callable[[], object]) -> str:
    """How a step ended: empty, or in one line why not. A fault of ours is not caught."""
    try:
        step()
    except (OvernightError, OSError, sqlite3.Error) as error:
        return str(error) or type(error).__name__
    return ""


@pytest.mark.parametrize("place", PLACES)
def test_no_writer_or_reader_follows_what_is_planted(tmp_path: Path, place: str) -> None:
    """Even without a look at the folder before: each step works, or refuses in one line, and nothing outside changes."""
    for kind in KINDS:
        ground = new_ground(tmp_path / kind)
        if place == "t" and kind == "link to a folder":
            continue  # the folder is looked at first, see below
        ground.plant(place, kind)
        before = ground.seen()
        for step in steps(ground.ours):
            assert "\n" not in outcome(step)
        assert ground.seen() == before, kind


@pytest.mark.parametrize("place", ("t", *(f"t/{name}" for name in IN_CAMPAIGN)))
def test_a_campaign_with_something_planted_is_refused(tmp_path: Path, place: str) -> None:
    """A look at its folder finds every link, hard link, pipe, socket and file of another, and names it with the fix."""
    for kind in KINDS:
        ground = new_ground(tmp_path / kind)
        planted = ground.plant(place, kind)
        said = outcome(lambda ground=ground: claim_folder(ground.ours / "t"))  # type: ignore[misc]  # a lambda's default
        refused = kind in REFUSED or (place == "t" and kind in {"huge file", "unreadable file"})
        assert bool(said) is refused, (kind, said)
        assert not refused or (str(planted) in said and "; " in said)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_taken_for_our_folder(tmp_path: Path, kind: str) -> None:
    """Only a folder of our own is; anything else in its place is refused and left alone."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    ground = Ground(precious=new_ground(tmp_path / "user").precious, ours=repo / ".overnight")
    KINDS[kind](ground.ours, ground.precious)
    before = ground.seen()
    if kind != "folder":
        for command in (("status",), ("idea", "add", "x")):
            assert refusal(repo, *command).startswith(f"error: {ground.ours} ")
        with pytest.raises(UserError, match=r"\.overnight "):
            open_repository(repo).exclude_overnight()
    assert ground.seen() == before


def refusal(repo: Path, *command: str) -> str:
    """The one line with which a command is refused."""
    lines = overnight(repo, *command, check=2).stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), lines
    return lines[0]


COMMANDS = (
    *(("status",), ("log",), ("show", "1", "--log"), ("idea", "add", "try less"), ("idea", "list"), ("compare", "t", "t")),
    *(("verify",), ("verify", "--salvage", "salvaged"), ("verify", "--rerun", "1"), ("finalize",), ("report",), ("stop",)),
    *(("audit",), ("run", "--no-report")),
)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a campaign that has ended."""
    repo = make_repo(tmp_path_factory.mktemp("ended") / "r", program(BETTER))
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    return repo


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_refuses_what_is_planted(ended: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    """With one line and exit code 2, by whatever name the campaign is called, before anything is written."""
    repo = copied(ended, tmp_path / "r")
    ground = Ground(precious=new_ground(tmp_path / "user").precious, ours=repo / ".overnight")
    before = ground.seen()
    for place, kind in (("t/results.tsv", "link to a file"), ("t/notices.db", "hard link"), ("t/transcripts", "pipe")):
        planted = ground.plant(place, kind)
        assert f"{planted} is " in here(repo, *command)
        planted.unlink()
    shutil.rmtree(ground.ours / "t")
    ground.plant("t", "link to a folder")
    named = command if "t" in command else (*command, "--tag", "t")
    assert f"{ground.ours / 't'} is a link" in here(repo, *named)
    assert ground.seen() == before


def here(repo: Path, *command: str) -> str:
    """The refusal of a command that runs in this process, whichever it is."""
    done = run_here(repo, *command)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert done.returncode == 2 and len(lines) == 1 and lines[0].startswith("error: "), (command, done)
    return lines[0]


@pytest.mark.parametrize("planted", ["link", "ledger"])
def test_what_a_clone_brings_is_refused(ended: Path, tmp_path: Path, planted: str) -> None:
    """Whatever is committed below `.overnight`, no command reads or writes there; the fix is in the line."""
    origin = copied(ended, tmp_path / "origin")
    (tmp_path / "precious/work").mkdir(parents=True)
    if planted == "link":
        shutil.rmtree(origin / ".overnight")
        (origin / ".overnight").mkdir()
        (origin / ".overnight/t").symlink_to(tmp_path / "precious")
    git(origin, "add", "-f", ".overnight")
    git(origin, "commit", "-qm", "a present")
    git(tmp_path, "clone", "-q", "origin", "clone")
    for command in (*COMMANDS, ("check",)):
        said = here(tmp_path / "clone", *command)
        assert "git tracks .overnight/t" in said and "git rm -r --cached .overnight" in said
    assert (tmp_path / "precious/work").is_dir()
    git(tmp_path / "clone", "rm", "-r", "-q", "--cached", ".overnight")
    said = here(tmp_path / "clone", "run", "--tag", "t") if planted == "link" else here(tmp_path / "clone", "status")
    assert ("is a link" if planted == "link" else "was not begun here") in said
    assert (tmp_path / "precious/work").is_dir()


def test_a_ledger_of_someone_else_is_taken_up_by_name_only(ended: Path, tmp_path: Path) -> None:
    """A copied folder is not picked by default, also not by today's tag; by name it is read, and a session makes it ours."""
    repo = Path(shutil.copytree(ended, tmp_path / "r", symlinks=True))
    for command in COMMANDS:
        if command[0] not in ("compare", "stop"):
            assert "was not begun here" in (said := here(repo, *command)) and "--tag t" in said
    overnight(repo, "status", "--tag", "t", check=0)
    assert "was not begun here" in here(repo, "status")  # reading is not taking up
    assert "taken up because you named it" in overnight(repo, "run", "--tag", "t", "--no-report", check=1).stderr
    overnight(repo, "status", check=0)
    repo.rename(tmp_path / "moved")
    overnight(tmp_path / "moved", "status", check=0)  # its own folder, moved


def test_a_ledger_in_the_place_of_ours_is_not_taken_for_it(ended: Path, tmp_path: Path) -> None:
    """A file that replaces a ledger, as an archive or a checkout does, has to be named even if it begins like ours."""
    repo = copied(ended, tmp_path / "r")
    ledger = repo / ".overnight/t/ledger.db"
    shutil.copy(ledger, tmp_path / "theirs")
    os.replace(tmp_path / "theirs", ledger)  # noqa: PTH105  # as unpacking does
    assert "was not begun here" in here(repo, "status")


@pytest.mark.parametrize("how", ["no first event", "a hash of its own"])
def test_a_ledger_that_hides_where_it_began_is_not_picked(ended: Path, tmp_path: Path, how: str) -> None:
    """Without its first event, or with a hash that leads to a file that came with it; by name it is still the user's choice."""
    repo = Path(shutil.copytree(ended, tmp_path / "r", symlinks=True))
    ledger = repo / ".overnight/t/ledger.db"
    mark = repo / ".overnight/t/mark"
    mark.write_text(f"{ledger.stat().st_ino}\n")
    mark.chmod(0o600)
    with closing(sqlite3.connect(ledger)) as db:
        if how == "no first event":
            assert db.execute("SELECT count(*) FROM snapshots").fetchone() != (0,)
            db.execute("DELETE FROM events WHERE seq=1")
        else:
            db.execute("UPDATE events SET hash=? WHERE seq=1", (str(mark),))
        db.commit()
    for command in ("status", "log", "verify", "show 1", "run", "audit"):
        done = overnight(repo, *command.split())
        assert done.returncode in (2, 3) and not done.stdout, (command, done)
        assert "cannot be known whether the campaign was begun here" in done.stderr and "--tag t" in done.stderr
    assert "t" in overnight(repo, "log", "--tag", "t").stdout


def test_a_session_without_a_state_folder_says_so(ended: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be noted, a session runs all the same, and says that the name is needed from now on."""
    repo = Path(shutil.copytree(ended, tmp_path / "r", symlinks=True))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    done = overnight(repo, "run", "--tag", "t", "--no-report", check=1)
    assert "name it with --tag t from now on" in done.stderr


def test_nobody_else_can_look_in(tmp_path: Path) -> None:
    """Whatever the umask, folders are 0700 and files 0600; what an older version left open is closed by the next command."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    command = [sys.executable, COMMAND, "run", "--tag", "t"]
    subprocess.run(command, cwd=repo, check=True, capture_output=True, umask=0)
    assert open_to_others(repo / ".overnight") == []
    (repo / ".overnight").chmod(0o2755)
    for path in (repo / ".overnight/t", *(repo / ".overnight/t").iterdir()):
        path.chmod(0o755)
    overnight(repo, "report", check=0)
    assert open_to_others(repo / ".overnight") == []
    overnight(repo, "report", "--out", "report", check=0)  # for others to read
    assert (repo / "report/report.html").stat().st_mode & 0o777 == 0o644


def open_to_others(folder: Path) -> list[str]:
    """What has rights for others, or would give a group to what is made in it; not the empty work folders, deep inside."""
    paths = [path for path in (folder, *folder.rglob("*")) if path.relative_to(folder).parts[1:2] != ("work",)]
    return [f"{path} {path.stat().st_mode:o}" for path in paths if path.stat().st_mode & 0o2077]


@pytest.mark.parametrize("kind", ["link to a file", "link to nothing", "hard link", "pipe", "socket", "folder"])
def test_the_exclude_file_of_git_is_not_followed(tmp_path: Path, kind: str) -> None:
    """An archive can bring git's own folder: a line is added to a file of its own only, else the user adds it."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    ground = new_ground(tmp_path / "user")
    exclude = repo / ".git/info/exclude"
    exclude.unlink()
    KINDS[kind](exclude, ground.precious)
    before = ground.seen()
    with pytest.raises(UserError, match=r"info/exclude is .*; add the line \.overnight/"):
        open_repository(repo).exclude_overnight()
    assert ground.seen() == before
    if kind == "link to a file":
        (ground.precious / "file").write_text(".overnight/\n")
        open_repository(repo).exclude_overnight()  # it is there already


def test_a_program_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """It is refused in one line, and so is a link, as pages show the text of whatever it names."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    (repo / "program.md").rename(tmp_path / "program.md")
    os.mkfifo(repo / "program.md")
    assert "not a regular file" in here(repo, "check")
    (repo / "program.md").unlink()
    (repo / "program.md").symlink_to(tmp_path / "program.md")
    with pytest.raises(UserError, match="it is a link"):
        read_program(open_repository(repo))

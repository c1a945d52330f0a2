"""The account of spending is out of reach: of jailed jobs, of links in its place, and of other users."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, Limits
from overnight.models.spending.account import SpendingAccount
from overnight.models.spending.book import LOCKS, NAME, AccountUnusable, Book
from overnight.models.spending.charge import Charge
from overnight.models.spending.days import calendar_of
from overnight.models.spending.job import Job as SpendingJob
from overnight.models.spending.limits import CAMPAIGN, SpendingRules
from overnight.models.spending.page import read_page
from overnight.models.usage import Usage

RULES = SpendingRules(zone="UTC")
# What a job would do to the account: find it, read it, empty it, lock it, take its place, and use the open files of others.
JOB = r"""
import glob, os, pathlib, sqlite3
folder = pathlib.Path("FOLDER")
others = glob.glob("/proc/*/root" + str(folder)) + glob.glob("/proc/*/cwd/")
for place in (folder, *map(pathlib.Path, others)):
    for name in ("spending.db", "spending.db-wal", "spending.lock"):
        if (place / name).exists():
            print("REACHED", place / name)
for link in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        if "spending" in os.readlink(link):
            print("REACHED", link)
    except OSError:
        pass
for root, _, names in os.walk("/"):
    if root.startswith(("/proc", "/sys", "/usr", "/nix")):
        continue
    if any(name.startswith("spending.") and not name.endswith((".py", ".md", ".pyc")) for name in names):
        print("REACHED", root)
folder.mkdir(parents=True, exist_ok=True)
with sqlite3.connect(folder / "spending.db") as database:
    database.execute("CREATE TABLE spent(x)")
print("DONE")
"""


def account(folder: Path) -> SpendingAccount:
    """An open account of a campaign."""
    opened = SpendingAccount(SpendingJob(system=CAMPAIGN, key="campaign:1", label="one"), RULES, folder=folder)
    opened.open()
    return opened


def spend(opened: SpendingAccount) -> None:
    """One call of ten tokens."""
    usage = Usage(calls=1, input_tokens=10)
    opened.settle(None, Charge(role="r", provider="p", model="m", usage=usage))


def said_by_a_job(tmp_path: Path, folder: Path, *readable: str) -> str:
    """What a jailed job says that would do all that to the account in a folder."""
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "job.py").write_text(JOB.replace("FOLDER", str(folder)))
    jail = JailExecutor(slots=1, search_path=os.environ["PATH"])
    job = Job(
        command="python3 job.py", folder=tmp_path / "job", output=tmp_path / "out", limits=Limits(), readable=tuple(readable)
    )
    asyncio.run(jail.run(job))
    return (tmp_path / "out").read_text()


def test_a_jailed_job_cannot_reach_the_account(tmp_path: Path) -> None:
    """It finds no file of it, not through other processes either, and what it makes in its place is gone with its jail."""
    folder = tmp_path / "state"
    opened = account(folder)
    spend(opened)
    said = said_by_a_job(tmp_path, folder)
    spend(opened)
    opened.close()
    assert said.splitlines() == ["DONE"]
    assert read_page(folder, RULES).today.tokens == 20


def test_that_job_finds_what_it_is_shown(tmp_path: Path) -> None:
    """It looks in earnest: an open file of that name in a folder of `readable` is found, and cannot be changed either."""
    tmp_path.chmod(0o755)
    folder = tmp_path / "shown"
    folder.mkdir(mode=0o755)
    (folder / NAME).write_bytes(b"")
    (folder / NAME).chmod(0o644)
    said = said_by_a_job(tmp_path, folder, str(folder))
    assert f"REACHED {folder / NAME}" in said and "DONE" not in said


@pytest.mark.parametrize("name", [NAME, f"{NAME}-wal", LOCKS])
@pytest.mark.parametrize("hard", [False, True], ids=["symbolic", "hard"])
def test_no_link_is_followed(tmp_path: Path, name: str, hard: bool) -> None:
    """A link in the place of one of its files would have us write elsewhere: refused by name, and the target stays as it is."""
    target, folder = tmp_path / "target", tmp_path / "state"
    target.write_bytes(b"precious")
    folder.mkdir()
    if hard:
        (folder / name).hardlink_to(target)
    else:
        (folder / name).symlink_to(target)
    opened = account(folder)
    spend(opened)
    opened.close()
    assert target.read_bytes() == b"precious"
    with pytest.raises(AccountUnusable, match="spending"):
        Book(folder, calendar_of("UTC"))


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """Whatever the umask is and whoever could enter the folder before."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o777)
    before = os.umask(0)
    try:
        opened = account(folder)
        spend(opened)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
        opened.close()
    finally:
        os.umask(before)
    assert modes.pop("state") == 0o700
    assert set(modes) == {NAME, f"{NAME}-wal", f"{NAME}-shm", LOCKS} and set(modes.values()) == {0o600}

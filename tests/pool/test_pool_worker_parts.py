"""Parts of a worker by themselves: what is carried over, how busy others are, what is sent again after a lost answer."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pool_hubs import FILES, TestHub, serving
from targets import git, overnight

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.pool.messages import Answer, Commit, Refusal, Signed, has_worked
from overnight.pool.work.carrying import carried, edit_between
from overnight.pool.work.idle import Others, Quiet
from overnight.pool.work.outbox import Outbox
from overnight.pool.work.place import Place
from overnight.pool.work.searching import Search, SearchRequest
from overnight.pool.work.settings import TUNER, WorkSettings, asks_models, chosen_researchers
from overnight.pool.work.submitting import found_work

TRAIN = FILES["train.py"].decode()
LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "x = 1\n"]), max_size=12).map("".join)


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TestHub]:
    """An honest hub."""
    with serving(TestHub(tmp_path / "hub")) as found:
        yield found


@pytest.fixture
def place(hub: TestHub, tmp_path: Path) -> Path:
    """A folder that joined, with a commit to send."""
    overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0)
    git(tmp_path / "w", "checkout", "-q", "-b", "mine")
    (tmp_path / "w/train.py").write_text(TRAIN.replace("SCALE = 1.0", "SCALE = 3.0"))
    git(tmp_path / "w", "commit", "-q", "-am", "Mine")
    return tmp_path / "w"


@given(before=LINES, after=LINES)
def test_an_edit_leads_from_one_text_to_the_other(before: str, after: str) -> None:
    """Its old text first stands where the change is; None only if there is no old text to find."""
    found = edit_between(before, after)
    if found is None:
        assert not before
    else:
        assert before.replace(found[0], found[1], 1) == after


def test_what_was_open_is_proposed_again_unless_it_conflicts(tmp_path: Path) -> None:
    """One edit of one file, on top of another head."""
    git(tmp_path, "init", "-q")

    def commit(text: str, base: str = "") -> str:
        if base:
            git(tmp_path, "checkout", "-q", base)
        (tmp_path / "train.py").write_text(text)
        git(tmp_path, "add", "train.py")
        git(tmp_path, "commit", "-q", "-m", "x")
        return git(tmp_path, "rev-parse", "HEAD")

    start = commit("a = 1\n\n\n\nb = 1\n")
    head, good, bad = (commit(text, start) for text in ("a = 2\n\n\n\nb = 1\n", "a = 1\n\n\n\nb = 2\n", "a = 3\n\n\n\nb = 1\n"))
    made, dropped = carried(open_repository(tmp_path), [(start, good), (start, bad)], head)
    assert dropped == 1 and made is not None
    assert made["edits"] == [{"path": "train.py", "old": "b = 1\n", "new": "b = 2\n"}]


def test_only_the_work_of_others_counts(tmp_path: Path) -> None:
    """Of all that the processors did, this process and all below it are taken away, also those that have ended."""
    ticks = os.sysconf("SC_CLK_TCK")

    def write(busy_s: int, *, ours: int, child: int, other: int) -> None:
        (tmp_path / "stat").write_text(f"cpu {busy_s * ticks} 0 0 0 0 0 0 0 0 0\n")
        for pid, parent, seconds in ((os.getpid(), 1, ours), (999999, os.getpid(), child), (999998, 1, other)):
            (tmp_path / str(pid)).mkdir(exist_ok=True)
            fields = [parent, *[0] * 9, seconds * ticks, 0, 0, 0, *[0] * 10]
            (tmp_path / str(pid) / "stat").write_text(f"{pid} (a ) b) S {' '.join(map(str, fields))}\n")

    others = Others(proc=tmp_path)
    write(100, ours=10, child=20, other=5)
    assert others.cores(50.0) is None
    write(130, ours=11, child=29, other=25)  # 30 s in 10 s: 10 s of ours, 20 s of others
    assert others.cores(60.0) == pytest.approx(2.0)


def test_a_search_waits_for_a_quiet_machine_and_ends_on_a_busy_one() -> None:
    """Five quiet looks in a row before it begins, at least a second apart; one busy look ends it."""

    class Busy(Others):
        def cores(self, now: float) -> float | None:
            return {0.0: None, 3.0: 1.5, 20.0: 1.5}.get(now, 0.1)

    quiet = Quiet(Busy())
    found = {now: quiet.lasts(now, searching=False) for now in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.5, 6.0, 7.0, 8.0)}
    assert [now for now, lasts in found.items() if lasts] == [8.0]
    assert quiet.lasts(19.0, searching=True) and not quiet.lasts(20.0, searching=True)
    assert quiet.lasts(21.0, searching=True) and not quiet.lasts(21.5, searching=False)


def test_the_counts_of_this_machine_can_be_read() -> None:
    """A child that has ended counts as ours."""
    others = Others()
    others.cores(1.0)
    subprocess.run([sys.executable, "-c", "sum(range(10**6))"], check=True)
    cores = others.cores(2.0)
    assert cores is not None and cores >= 0.0


def test_who_searches_is_said_by_words() -> None:
    """A word names a use, and perhaps its model or command; without one the settings decide."""
    assert chosen_researchers([], WorkSettings()) == (TUNER,)
    chosen = chosen_researchers(["tuner", "agent:small", "command:my-agent --stdin"], WorkSettings())
    assert [each["use"] for each in chosen] == ["tuner", "agent", "command"]
    assert asks_models(chosen) and not asks_models((TUNER,))
    for word in ("x", "command", "tuner:model"):
        with pytest.raises(UserError, match="names no researcher"):
            chosen_researchers([word], WorkSettings())


def test_hashcash_is_what_the_hub_checks() -> None:
    """By the frame's own rule."""
    made, key = "a" * 64, "b" * 64
    found = found_work(key, made, 12)
    assert has_worked(Commit(parent="0" * 64, commitment=made, work=found), key, 12)


def lose_answers(hub: TestHub, most: int) -> None:
    """Take requests to the desk, but cut the connection instead of answering the first of them."""
    lost = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal lost
        del hub.hostile["requests"]
        answer = await hub.handle(request)
        if lost < most:
            lost += 1
            hub.hostile["requests"] = handle
            assert request.transport is not None
            request.transport.close()
        return answer

    hub.hostile["requests"] = handle


@pytest.mark.parametrize("answers", [1, 2])
def test_a_lost_answer_costs_nothing(hub: TestHub, place: Path, answers: int) -> None:
    """The hub had the commitment, or the reveal, and its answer was lost: the change is there once in the end."""
    if answers == 2:  # the commitment is answered, the reveal is not
        taken = hub.take

        def take(request: Signed) -> Answer | Refusal:
            if isinstance(request.body, Commit):
                lose_answers(hub, 1)
            return taken(request)

        hub.take = take  # type: ignore[method-assign]  # of this hub alone
    else:
        lose_answers(hub, 1)
    overnight(place, "work", "submit", "mine", check=2)
    hub.hostile.clear()
    for _ in range(3):
        overnight(place, "work", "submit", "mine", check=0)
    sent = [each for each in hub.do(lambda: hub.record.submissions(most=10)) if each.digest]
    assert len(sent) == 1
    [found] = Outbox(place=Place(top=place)).all()
    [found] = Outbox(place=Place(top=place)).all()
    assert (found.state, found.submission) == ("queued", sent[0].number)


def test_a_paused_hub_is_sent_nothing(hub: TestHub, place: Path) -> None:
    """It waits, and goes when the hub takes again."""
    hub.paused = "a canary passed"
    assert "waits" in overnight(place, "work", "submit", "mine", check=0).stdout
    assert not any("requests" in each for each in hub.asked)
    hub.paused = ""
    assert "queued" in overnight(place, "work", "submit", "mine", check=0).stdout


def test_a_hub_that_is_away_loses_nothing(hub: TestHub, place: Path) -> None:
    """What is sent by hand is on disk first."""

    async def away(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    hub.hostile["hub"] = away
    assert "the hub answers 503" in overnight(place, "work", "submit", "mine", check=2).stderr
    hub.hostile.clear()
    assert [each.state for each in Outbox(place=Place(top=place)).all()] == ["waits"]
    assert "queued" in overnight(place, "work", "submit", "mine", check=0).stdout


def test_a_campaign_whose_tables_are_being_made_has_no_state_yet(place: Path) -> None:
    """A search looks at it again and again, from its first moment on."""
    folder = place / ".overnight/chain-0"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "ledger.db")) as db:
        db.execute(
            "CREATE TABLE events(seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, experiment INTEGER,"
            " body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL)"
        )
    nobody: Any = None
    request = SearchRequest(hours=1.0)
    search = Search(place=Place(top=place), taken=nobody, copy=nobody, sender=nobody, request=request, say=print)
    assert not search._collect("chain-0")

"""Campaigns whose researcher searches before it proposes: its trials are recorded, cheap, and never evidence."""

from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
import pytest
from searcher import Searcher
from targets import assert_verified, git, make_repo, program, recorded

from overnight.gate.trial import Stage
from overnight.git.repository import open_repository
from overnight.research import staffing
from overnight.research.ending import Ending, EndReason
from overnight.research.events import Event, Sign, TrialFinished
from overnight.research.loop.stop import Stop
from overnight.research.researchers.port import Researcher
from overnight.research.state import State, fold_all
from overnight.research.wiring import SessionRequest, open_session

OFFSETS = (6.0, 4.0, 5.0)


def repo_of(folder: Path, *, roles: Sequence[str] = ("one",), noise: float = 0.0, front: str = "", **files: str) -> Path:
    """A repository whose researchers are tuners: the tests put a searcher in their place."""
    listed = "\n".join(f"  - {{role: {role}, use: tuner}}" for role in roles)
    head, _, rest = program(front=front).partition("researchers:")
    text = f"{head}researchers:\n{listed}\n{front}{rest[rest.index('---') - 1 :]}"
    return make_repo(folder, text, noise=noise, files=files)


def run(
    repo: Path,
    monkeypatch: pytest.MonkeyPatch,
    *researchers: Researcher,
    until: Callable[[Sign], bool] = lambda _: False,
    slots: int = 2,
    sandbox: str = "process",
) -> list[Event]:
    """One session in this process with these researchers in order; what is in the record then."""
    left = list(researchers)
    monkeypatch.setattr(staffing, "RESEARCHERS", {"tuner": lambda _spec, _context: left.pop(0)})

    async def walk() -> None:
        stop = Stop()

        def see(sign: Sign) -> None:
            if until(sign):
                stop.request(Ending(reason=EndReason.STOP, detail="enough was seen"))

        request = SessionRequest(tag="t", sandbox=sandbox, slots=slots)
        with open_session(open_repository(repo), request, stop, [see]) as campaign:
            await campaign.run()

    anyio.run(walk)
    return recorded(repo)


def searched(events: Sequence[Sign]) -> list[TrialFinished]:
    """The search trials."""
    return [event for event in events if isinstance(event, TrialFinished) and event.trial.key.stage is Stage.SEARCH]


def state_of(events: Sequence[Event]) -> State:
    """What the events fold to."""
    state = fold_all(events)
    assert state is not None
    return state


def test_a_search_leads_to_a_proposal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its trials have values, notes and an index each; the best is proposed and judged as any other change."""
    repo, searcher = repo_of(tmp_path / "repo"), Searcher(offsets=OFFSETS)
    events = run(repo, monkeypatch, searcher)
    assert {(trial.notes["offset"], trial.value) for trial in searcher.found} == {(4.0, 4.0), (5.0, 5.0), (6.0, 6.0)}
    assert [event.trial.key.index for event in searched(events)] == [0, 1, 2]
    assert {event.searched.role for event in searched(events) if event.searched} == {"one"}
    state = state_of(events)
    assert (state.tally.search, state.tally.keep, state.next_search) == (3, 1, 3)
    assert state.tally.trials == state.tally.search + state.tally.proof + state.tally.baseline
    assert len((repo / ".overnight/t/results.tsv").read_text().splitlines()) == 3  # names, the start, the keep
    assert_verified(repo)


def test_a_search_leaves_no_commit_no_ref_and_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that only searched leaves the repository's objects and refs, and the rows, as they were."""
    repo = repo_of(tmp_path / "repo")
    before = git(repo, "rev-list", "--all", "--objects"), git(repo, "count-objects")
    events = run(repo, monkeypatch, Searcher(offsets=OFFSETS), until=lambda sign: bool(searched([sign])), slots=1)
    assert len(searched(events)) == 1
    assert (git(repo, "rev-list", "--all", "--objects"), git(repo, "count-objects")) == before
    assert not (repo / ".overnight/t/results.tsv").exists()

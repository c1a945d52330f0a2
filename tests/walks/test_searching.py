"""Campaigns whose researcher searches before it proposes: its trials are recorded, cheap, and never evidence."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest
from searcher import FILE, OFFSET, Better, Restless, Searcher, Stubborn
from searches import repo_of, run, searched
from targets import FINDINGS, git, overnight, read_json

from overnight.cli.live import describe
from overnight.gate.seeds import place_of_seed, trial_seed
from overnight.gate.trial import Stage
from overnight.research.ending import Ending, EndReason
from overnight.research.events import (
    Advanced,
    Concluded,
    Event,
    ProposalMissed,
    Proposed,
    Registered,
    Sign,
    Stopped,
    TrialFinished,
    TrialStarted,
    Working,
)
from overnight.research.experiment import Draft, Scalar
from overnight.research.loop import searching
from overnight.research.loop.assigned_search import OVERTAKEN
from overnight.research.record.ledger import SqliteLedger
from overnight.research.researchers.port import Assignment, NoIdeas, Search, SearchEnded
from overnight.research.search_trial import SO_FAR
from overnight.research.state import State, fold_all

OFFSETS = (6.0, 4.0, 7.0)


def is_search(sign: Sign) -> bool:
    """Whether a search trial begins."""
    return isinstance(sign, TrialStarted) and sign.key.stage is Stage.SEARCH


def state_of(events: Sequence[Event]) -> State:
    """What the events fold to."""
    state = fold_all(events)
    assert state is not None
    return state


def verified(repo: Path) -> dict[str, bool]:
    """What `overnight verify` finds."""
    return {finding["what"]: finding["holds"] for finding in json.loads(overnight(repo, "verify", "--json").stdout)}


def test_a_search_leads_to_a_proposal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its trials have values, notes and an index each; the best is proposed and judged as any other change."""
    repo, searcher = repo_of(tmp_path / "repo"), Searcher(offsets=OFFSETS)
    events = run(repo, monkeypatch, searcher)
    assert {(trial.notes["offset"], trial.value) for trial in searcher.found} == {(4.0, 4.0), (6.0, 6.0), (7.0, 7.0)}
    assert sorted(event.trial.key.index for event in searched(events)) == [0, 1, 2]
    assert {event.searched.role for event in searched(events) if event.searched} == {"one"}
    state = state_of(events)
    assert (state.tally.search, state.tally.keep, state.next_search) == (3, 1, 3)
    assert state.tally.trials == state.tally.search + state.tally.proof + state.tally.baseline
    search = searcher.searches[0]
    assert (search.exact, search.sigma, search.proof_trials(1.0), search.at_once) == (True, 0.0, 2, 2)
    assert searcher.recalled == [] and len(searcher.learned) == 1
    assert len((repo / ".overnight/t/results.tsv").read_text().splitlines()) == 3  # names, the start, the keep
    assert verified(repo) == dict.fromkeys((*FINDINGS, "searches"), True)


def test_a_search_leaves_no_commit_no_ref_and_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that only searched leaves the repository's objects and refs, and the rows, as they were."""
    repo = repo_of(tmp_path / "repo")
    before = git(repo, "rev-list", "--all", "--objects"), git(repo, "count-objects")
    events = run(repo, monkeypatch, Searcher(offsets=OFFSETS), until=lambda sign: searched([sign]), slots=1)
    assert len(searched(events)) == 1
    assert (git(repo, "rev-list", "--all", "--objects"), git(repo, "count-objects")) == before
    assert git(repo, "for-each-ref", "refs/overnight") == ""
    assert not (repo / ".overnight/t/results.tsv").exists()


def test_trials_of_one_repeat_share_a_seed_that_no_other_stage_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over all heads of the campaign; `verify` finds a trial with another seed."""
    repo, searcher = repo_of(tmp_path / "repo", noise=0.01), Searcher(offsets=(4.0, 3.0), repeats=2)
    events = run(repo, monkeypatch, searcher)
    secret = state_of(events).secret
    seeds = {(event.searched.repeat, event.trial.seed) for event in searched(events) if event.searched}
    places = {repeat: place_of_seed(searched(events)[0].trial.key, 0, repeat=repeat) for repeat in range(2)}
    assert seeds == {(repeat, trial_seed(secret, place)) for repeat, place in places.items()}
    others = [e.trial for e in events if isinstance(e, TrialFinished) and e.trial.key.stage is not Stage.SEARCH]
    assert {trial.seed for trial in others}.isdisjoint(seed for _, seed in seeds)
    assert {trial.key.stage for trial in others} == {Stage.BASELINE, Stage.SCREEN, Stage.CONFIRM}
    search = searcher.searches[0]
    assert not search.exact and 0.0 < search.sigma < 0.1 and search.proof_trials(1.0) > 2 and len(search.head_values) >= 2
    assert verified(repo)["searches"]
    forged = replace(searched(events)[0], trial=replace(searched(events)[0].trial, seed=others[0].seed))
    with closing(SqliteLedger(repo / ".overnight/t")) as ledger:
        ledger.append(forged)
    assert not verified(repo)["searches"]


def test_a_search_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial that runs when the session is asked to stop is recorded; the next session recalls all, and measures the rest."""
    repo, first, second = repo_of(tmp_path / "repo"), Searcher(offsets=OFFSETS), Searcher(offsets=OFFSETS)
    signs = list[Sign]()

    def search_begins(sign: Sign) -> bool:
        signs.append(sign)
        return is_search(sign)

    events = run(repo, monkeypatch, first, until=search_begins, slots=1)
    assert not any(isinstance(sign, Working) for sign in signs), "the researcher is not at work any more"
    assert len(searched(events)) == 1 and not first.found
    assert isinstance(events[-1], Stopped) and not any(isinstance(event, ProposalMissed) for event in events)
    events = run(repo, monkeypatch, second)
    assert [trial.notes["offset"] for trial in second.recalled] == [6.0]
    assert {trial.notes["offset"] for trial in second.found} == {4.0, 7.0}
    assert sorted(event.trial.key.index for event in searched(events)) == [0, 1, 2]
    assert verified(repo) == dict.fromkeys((*FINDINGS, "searches"), True)


def test_the_budget_of_trials_ends_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No search trial is begun that would exceed it, however many may run at once; then nothing more is proposed."""
    repo = repo_of(tmp_path / "repo", front="budget: {trials: 7}")
    searcher = Searcher(offsets=[6.0 + n for n in range(20)] + [1.0])
    events = run(repo, monkeypatch, searcher, slots=3)
    state = state_of(events)
    assert state.tally.trials == 7 and state.tally.proof == 0
    assert state.ending == Ending(reason=EndReason.BUDGET, detail="the budget of 7 trials is spent")
    assert searcher.searches[0].trials_left() == 0
    assert len(searcher.found) == state.tally.search and set(searcher.ended) == {"the budget of 7 trials is spent"}
    assert not any(isinstance(event, ProposalMissed) for event in events)


def test_a_search_that_finds_nothing_ends_with_the_experiments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of experiments alone ends it: from then on researchers propose without a search."""
    monkeypatch.setattr(searching, "MOST_PER_EXPERIMENT", 4)
    repo = repo_of(tmp_path / "repo", front="budget: {experiments: 2}")
    researcher = Stubborn()
    events = run(repo, monkeypatch, researcher)
    assert len(searched(events)) == len(researcher.found) == 8
    assert researcher.ended and set(researcher.ended) == {"its experiments had their search trials"}
    state = state_of(events)
    assert state.tally.experiments == 2 and state.ending
    assert state.ending.detail == "the budget of 2 experiments is spent"


def test_open_experiments_are_finished_after_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proposal that was made with the last trial of the budget gets its verdict."""
    repo = repo_of(tmp_path / "repo", front="budget: {trials: 6}")  # three of the head, three that search
    state = state_of(run(repo, monkeypatch, Searcher(offsets=OFFSETS)))
    assert (state.tally.search, state.tally.keep) == (3, 1)
    assert state.ending is not None and state.ending.reason is EndReason.BUDGET


def test_another_head_ends_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs meanwhile is finished and recorded, and recalled also to the researcher that had asked for it."""
    repo, go = repo_of(tmp_path / "repo", roles=("one", "two")), tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
    restless = Restless(source=lambda source: wait + source)
    better = Better(after=restless.began)

    def let_go(sign: Sign) -> None:
        if isinstance(sign, Advanced):
            go.touch()

    events = run(repo, monkeypatch, restless, better, until=let_go)
    advanced = next(place for place, event in enumerate(events) if isinstance(event, Advanced))
    late = searched(events)
    assert len(late) == 1 and events.index(late[0]) > advanced and late[0].trial.value == 7.0
    assert restless.found == [] and restless.ended == ["another head was made"]
    assert [trial.value for trial in restless.recalled] == [trial.value for trial in better.recalled] == [7.0]
    assert not any(isinstance(event, ProposalMissed) and not event.final for event in events)


def test_a_search_starves_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One slot for one that never stops searching and one that proposes: both get on, until the head moves."""
    repo = repo_of(tmp_path / "repo", roles=("one", "two"), noise=0.001)
    restless = Restless()
    better = Better(after=restless.began)
    events = run(repo, monkeypatch, restless, better, slots=1)
    assert state_of(events).tally.keep == 1
    assert len(restless.found) >= 2
    assert len(better.recalled) == len(searched(events))


def test_two_roles_recall_what_the_other_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each gets the other's trials as they end, and after a restart all, in order."""
    repo = repo_of(tmp_path / "repo", roles=("one", "two"))
    one, two = Searcher(offsets=(6.0, 7.0)), Searcher(offsets=(8.0, 9.0))
    run(repo, monkeypatch, one, two, slots=2)
    assert {trial.notes["offset"] for trial in one.recalled} == {8.0, 9.0} == {t.notes["offset"] for t in two.found}
    assert {trial.notes["offset"] for trial in two.recalled} == {6.0, 7.0}
    assert one.searches[0].at_once == 1
    again = Searcher(offsets=(6.0, 7.0)), Searcher(offsets=(8.0, 9.0))
    events = run(repo, monkeypatch, *again, until=lambda sign: isinstance(sign, Proposed))
    in_order = [event.searched.notes for event in searched(events) if event.searched]
    assert [trial.notes for trial in again[0].recalled] == [trial.notes for trial in again[1].recalled] == in_order


class Alone(Restless):
    """Proposes at once, then searches."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Propose a better value if nothing is open."""
        if assignment.under_way or self.learned:
            return await Restless.propose(self, assignment)
        file = assignment.workspace / FILE
        file.write_text(OFFSET.sub("OFFSET = 3.0", file.read_text()))
        return Draft(hypothesis="better")


def test_a_search_leaves_its_own_test_the_slots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A researcher that is alone searches while its proposal waits or is screened, and not while it is tested."""
    repo, signs, alone = repo_of(tmp_path / "repo", noise=0.01), list[Sign](), Alone()
    events = run(repo, monkeypatch, alone, until=signs.append)
    assert state_of(events).tally.keep == 1
    kinds = [type(sign) for sign in signs if isinstance(sign, Registered | Concluded) or is_search(sign)]
    assert kinds[-2:] == [Registered, Concluded] and alone.ended == ["another head was made"]


def test_a_search_says_live_what_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many trials it has run, and in a log each with its value."""
    repo, signs = repo_of(tmp_path / "repo"), list[Sign]()
    run(repo, monkeypatch, Searcher(offsets=OFFSETS), until=signs.append, slots=1)
    doing = [sign.doing for sign in signs if isinstance(sign, Working)]
    assert doing == ["searches, 1 trial", "searches, 2 trials", "searches, 3 trials"]
    lines = [line for line in map(describe, signs) if line.startswith("search")]
    assert lines == ["search trial 1 of one: 6", "search trial 2 of one: 4", "search trial 3 of one: 7"]


@dataclass(slots=True, kw_only=True)
class Finds(Searcher):
    """Proposes a value as what a search found, once `after` is set and if nothing is open; the first time it is `restless`."""

    offsets: Sequence[float] = ()
    value: float
    after: anyio.Event
    began: anyio.Event = field(default_factory=anyio.Event)  # set once it searches
    restless: bool = False  # it searches until its search ends

    async def propose(self, assignment: Assignment) -> Draft:
        """Measure something, then write the value."""
        search, source = assignment.search, (assignment.workspace / FILE).read_text()
        if search is None or assignment.under_way or any(one.notes["offset"] == self.value for one in self.learned):
            raise NoIdeas("it has proposed, or waits")
        await self._measure(search, source, 7.0, 0)
        self.began.set()
        while self.restless and not self.ended:
            await self._measure(search, source, 7.0, 0)
        await self.after.wait()
        return replace(self._write(assignment, self.value), searched=1)


@pytest.mark.parametrize("restless", [True, False])
def test_searches_of_one_kind_propose_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restless: bool
) -> None:
    """What one finds while the proposal of another has no verdict would be the same: its search ends, also with a draft.

    It is asked again after the verdict, though it has another role.
    """
    repo, opened = repo_of(tmp_path / "repo", roles=("one", "two"), noise=0.01), anyio.Event()
    second = Finds(value=3.0, after=opened, restless=restless)
    first = Finds(value=9.0, after=second.began)

    def see(sign: Sign) -> None:
        if isinstance(sign, Proposed):
            opened.set()

    events = run(repo, monkeypatch, first, second, until=see)
    kinds = [type(event) for event in events if isinstance(event, Proposed | Concluded)]
    assert kinds == [Proposed, Concluded, Proposed, Concluded]
    assert state_of(events).tally.keep == 1 and second.ended == [OVERTAKEN] * restless
    assert not any(isinstance(event, ProposalMissed) and not event.final for event in events)


@dataclass(slots=True, kw_only=True)
class Cancelled(Searcher):
    """Gives up waiting for a trial when the test says so."""

    offsets: Sequence[float] = ()
    cancel: list[Callable[[], None]] = field(default_factory=list)

    async def propose(self, assignment: Assignment) -> Draft:
        """Measure one value."""
        assert assignment.search
        with anyio.CancelScope() as wait:
            self.cancel.append(wait.cancel)
            await self._measure(assignment.search, (assignment.workspace / FILE).read_text(), 7.0, 0)
        raise NoIdeas("it does not wait")


def test_a_trial_that_ends_as_its_wait_is_cancelled_is_recalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial is returned or recalled, whatever happens at the moment at which it ends."""
    repo, searcher = repo_of(tmp_path / "repo"), Cancelled()

    def see(sign: Sign) -> None:
        if isinstance(sign, Working):
            searcher.cancel[0]()

    run(repo, monkeypatch, searcher, until=see)
    assert searcher.found == [] and [trial.value for trial in searcher.recalled] == [7.0]


class Telling(Searcher):
    """Says of each trial what it has found."""

    async def _measure(self, search: Search, source: str, offset: float, repeat: int) -> None:
        notes: dict[str, Scalar] = {"offset": offset, SO_FAR: f"best so far {offset:g};\x1b[2J searches on"}
        files = {FILE: OFFSET.sub(f"OFFSET = {offset}", source).encode()}
        self.found.append(await search.measure(files, notes, repeat=repeat))


def test_a_search_says_what_it_has_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live, in a log, and in the status of a campaign that stopped; as its researcher says it, made harmless."""
    repo, signs = repo_of(tmp_path / "repo"), list[Sign]()

    def three_began(sign: Sign) -> bool:
        signs.append(sign)
        return sum(map(is_search, signs)) == 3

    run(repo, monkeypatch, Telling(offsets=OFFSETS), until=three_began, slots=1)
    working = [sign for sign in signs if isinstance(sign, Working)]
    assert [sign.doing.partition(";")[0] for sign in working] == ["searches, 1 trial", "searches, 2 trials"]
    assert "; best so far 6;" in working[0].doing and [sign.goes_on for sign in working] == [False, True]
    [line, *_] = [line for line in map(describe, signs) if line.startswith("search")]
    assert line.startswith("search trial 1 of one: 6; best so far 6;") and "\x1b" not in line
    [line] = [line for line in overnight(repo, "status").stdout.splitlines() if line.startswith("search  ")]
    assert line.startswith("search    one: best so far 7;") and "\x1b" not in line


class GivesUp(Searcher):
    """Raises what only an ended search raises."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Give up."""
        raise SearchEnded("for no reason")


def test_a_search_that_is_not_over_cannot_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a proposal that failed, so that its researcher is not asked again for ever."""
    repo = repo_of(tmp_path / "repo")
    events = run(repo, monkeypatch, GivesUp(offsets=()), until=lambda sign: isinstance(sign, ProposalMissed))
    missed = next(event for event in events if isinstance(event, ProposalMissed))
    assert missed.reason == "it gave up a search that is not over"


PRODUCE = """\
import pathlib, random, sys
OFFSET = 5.0
pathlib.Path("model.txt").write_text(str(OFFSET))
"""
SCORE = "print('METRIC loss=' + open('model.txt').read())\n"


def test_artifacts_are_made_for_each_search_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `produce` and `score` what frozen code scores is what the changed tree made."""
    repo = repo_of(tmp_path / "repo")
    text = (repo / "program.md").read_text()
    two = "produce: python train.py {seed}\nscore: python score.py\nartifacts: [model.txt]"
    (repo / "program.md").write_text(text.replace("measure: python train.py {seed}", two))
    (repo / "train.py").write_text(PRODUCE)
    (repo / "score.py").write_text(SCORE)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "two processes")
    searcher = Searcher(offsets=OFFSETS)
    events = run(repo, monkeypatch, searcher)
    assert {(trial.notes["offset"], trial.value) for trial in searcher.found} == {(4.0, 4.0), (6.0, 6.0), (7.0, 7.0)}
    assert state_of(events).tally.keep == 1


def test_a_guard_that_one_trial_breaks_leaves_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a deterministic target one trial is clear; the record has the value, researchers get the reason."""
    repo = repo_of(tmp_path / "repo", front="guards: [loss >= 4.5]")
    searcher, again = Searcher(offsets=(4.0, 6.0)), Searcher(offsets=(4.0, 6.0))
    events = run(repo, monkeypatch, searcher)
    found = {trial.notes["offset"]: trial for trial in searcher.found}
    assert found[6.0].value == 6.0 and found[4.0].value is None
    assert found[4.0].reason == "the guard loss >= 4.5 does not hold: loss is 4"
    assert sorted(event.trial.value or 0.0 for event in searched(events)) == [4.0, 6.0]
    run(repo, monkeypatch, again)
    assert {trial.notes["offset"]: trial for trial in again.recalled} == found


def test_where_the_trials_went_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status, log, report and comparison say how many trials searched, and how many were proof."""
    repo = repo_of(tmp_path / "repo")
    run(repo, monkeypatch, Searcher(offsets=OFFSETS))
    shown = "3 to search (33 %), 2 for proof (22 %), 4 for the baseline (44 %)"
    assert f"trials    {shown}\n" in overnight(repo, "status", check=0).stdout
    assert f"trials: {shown}" in overnight(repo, "log", check=0).stdout
    assert read_json(repo, "status")["trials_used"][0] == {"purpose": "to search", "trials": 3, "share": 1 / 3}
    overnight(repo, "report", check=0)
    assert shown in (repo / ".overnight/t/report.md").read_text()
    compared = overnight(repo, "compare", "t", "t").stdout.splitlines()
    assert ["3", "(33", "%)"] * 2 in [line.split()[3:] for line in compared if line.startswith("Trials to search")]

"""What a campaign concluded becomes verdicts and blocks, however often the process that settles is killed."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pool_campaigns import FILES, HUB_YAML, Founder, key
from pool_desks import NOON
from pool_founders import desk_over, submitted
from targets import make_repo, program

from overnight.gate.verdict import Conclusion, Verdict
from overnight.pool.events import Asked, Event, Judged, KeyChanged, Linked
from overnight.pool.evidence import Wear, check_receipts
from overnight.pool.hub.settling import Settling
from overnight.pool.hub.submissions import SUBMISSION
from overnight.pool.record.record import HubRecord
from overnight.research.events import Concluded, Proposed

NAMES = "ABCDE"
TRAIN = (
    "import json\n\n\n"
    + "\n\n\n".join(f"{name} = 0.25" for name in NAMES)
    + '\n\n\njson.dump({"x": A + B + C + D + E, "y": 5.0, "n": 0.0}, open("out.json", "w"))\n'
)
HUB = HUB_YAML.replace("canaries: false", "canaries: true")
CANARY = 4  # the submission whose key counts as the hub's own


@dataclass(frozen=True, slots=True)
class Verified:
    """A campaign that kept A, not B, and kept C, D and E; the hub's record from before any of it was settled."""

    founder: Founder
    before: Path  # a copy of the record
    numbers: Sequence[int]


@pytest.fixture(scope="module")
def concluded(tmp_path_factory: pytest.TempPathFactory) -> Verified:
    """The second one is worse; the third one's key is banned meanwhile."""
    folder = tmp_path_factory.mktemp("hub")
    founder = Founder(folder / "r", files={**FILES, "train.py": TRAIN}, hub=HUB_YAML)
    wanted = ["0.5", "0.1", "0.5", "0.5", "0.5"]
    numbers = [
        founder.submit(key(place), founder.train((f"{name} = 0.25", f"{name} = {value}")))
        for place, (name, value) in enumerate(zip(NAMES, wanted, strict=True), start=1)
    ]
    with founder.record() as record:
        record.append(KeyChanged(key=key(3).public, standing="new"))
    shutil.copytree(founder.folder, folder / "before")
    for _ in numbers:
        founder.judge()
    assert len(founder.blocks()) == 4
    with HubRecord(folder / "before") as record:
        record.append(KeyChanged(key=key(3).public, standing="banned"))
    return Verified(founder, folder / "before", numbers)


@pytest.fixture
def hub(concluded: Verified) -> Iterator[Founder]:
    """With the record as it was."""
    founder = concluded.founder
    _restore(concluded)
    yield founder
    _restore(concluded)


def _restore(concluded: Verified) -> None:
    shutil.rmtree(concluded.founder.folder)
    shutil.copytree(concluded.before, concluded.founder.folder)


def runner(founder: Founder, *, canary: bool, wear: Wear) -> Any:
    """That of a process which begins, at a time that stands still."""
    made = replace(founder.runner, wear=wear, clock=lambda: NOON, say=lambda _: None, _settled=None)
    if canary:
        made.settings = replace(made.settings, canaries=True)
        made._canary = key(CANARY)
    return made


def settled(founder: Founder, *, canary: bool, wear: Wear) -> list[Event]:
    """All events, after as much settling as there is to do."""
    while (made := runner(founder, canary=canary, wear=wear)).settle():
        made.go_on()
    with founder.record() as record:
        return [each.event for each in reversed(record.history(most=1000))]


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(
    ("canary", "wear", "blocks"),
    [(False, Wear(), 4), (True, Wear(), 2), (False, Wear(blocks=2), 4)],
    ids=["all", "a canary", "worn"],
)
def test_a_kill_between_any_two_steps_changes_nothing(
    concluded: Verified, hub: Founder, canary: bool, wear: Wear, blocks: int
) -> None:
    """Settled again from where the record is, everything is as if nobody had been killed: verdicts, blocks, signatures."""
    whole = settled(hub, canary=canary, wear=wear)
    assert len(hub.blocks()) == blocks and all(each.holds for each in check_receipts(hub.chain()))
    append, steps = HubRecord.append, 0
    while True:
        _restore(concluded)
        left = steps

        def killed(record: HubRecord, *events: Event, **given: Any) -> int:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return append(record, *events, **given)

        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            patch.setattr(HubRecord, "append", killed)
            settled(hub, canary=canary, wear=wear)
        assert settled(hub, canary=canary, wear=wear) == whole, steps
        if left:  # it was not killed
            break
        steps += 1
    assert steps > 8


def test_what_follows_an_accepted_canary_is_verified_anew(concluded: Verified, hub: Founder) -> None:
    """The campaign kept two changes on top of the hack's head: no block is of them."""
    settled(hub, canary=True, wear=Wear())
    with hub.record() as record:
        assert [each.submission for each in hub.blocks()] == [concluded.numbers[0], concluded.numbers[2]]
        assert [each.submission for each in record.waiting()] == [concluded.numbers[4]]
        assert record.head_commit() == record.commit_at(2) and record.tag() == "pool-2" and record.paused()


def test_a_banned_key_s_submission_under_way_gets_its_verdict(concluded: Verified, hub: Founder) -> None:
    """It is a block if the gate keeps it; the key stays banned."""
    settled(hub, canary=False, wear=Wear())
    third = hub.blocks()[1]
    assert (third.submission, third.submitter) == (concluded.numbers[2], key(3).public)
    with hub.record() as record:
        standings = {each.key: each.standing for each in record.keys(most=10)}
    assert standings[key(3).public] == "banned"
    assert standings[key(1).public] == standings[key(4).public] == "known"
    assert standings[key(2).public] == "new"


def test_the_last_holdout_is_worn_within_one_campaign(concluded: Verified, hub: Founder) -> None:
    """What was concluded before the next one could serve is marked, and the questions are those that were asked."""
    events = settled(hub, canary=False, wear=Wear(blocks=2))
    del concluded
    assert [each.worn for each in hub.blocks()] == [False, False, True, True]
    asked = [each.submission for each in events if isinstance(each, Asked)]
    assert len(asked) == len({*asked}) == 4
    with hub.record() as record:
        assert (record.campaign().split, record.campaign().questions) == (1, 0)


def test_a_verdict_that_is_superseded_is_none(tmp_path: Path) -> None:
    """The change went on against a newer head; the verdict after that counts."""
    repo = make_repo(tmp_path / "r", program(("1.0", "2.0")))
    desk = desk_over(repo)
    number = submitted(desk, 7)
    proposed = Proposed(
        number=1,
        role="pool",
        researcher="submissions",
        hypothesis="h",
        base="b",
        commit="c",
        tree="t",
        notes={SUBMISSION: number},
    )
    first = Conclusion(verdict=Verdict.DISCARD, reason="the head moved", superseded=True)
    last = Conclusion(verdict=Verdict.DISCARD, reason="not better")
    events = [proposed, *(Concluded(number=1, conclusion=each, elapsed_s=0.0) for each in (first, last))]
    rows = [SimpleNamespace(seq=seq, event=event) for seq, event in enumerate(events, start=1)]
    ledger: Any = SimpleNamespace(
        events=lambda after: [row for row in rows if row.seq > after],
        experiment=lambda _: proposed,
        experiment_events=lambda _: rows,
    )
    history: Any = None  # nothing is kept
    with desk.record as record:
        Settling(record=record, ledger=ledger, history=history, key=key(1), hidden=(), verdicts_every_s=0.0).settle()
        made = [each.event for each in reversed(record.history(most=10)) if isinstance(each.event, Linked | Judged)]
    assert [(each.kind, each.seen) for each in made] == [("linked", 1), ("judged", 3)]
    assert isinstance(made[1], Judged) and (made[1].accepted, made[1].reason) == (False, "not better")

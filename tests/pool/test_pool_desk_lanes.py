"""Who is verified next: shares, fairness, no starvation, floods, and going on after a start."""

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pool_desks import Worker, edit, genesis_digest, make_known, open_desk, secret

from overnight.pool.events import Judged, Linked
from overnight.pool.lanes import MOST_NEW, MOST_REMEMBERED, Lane, Turns, Waiting
from overnight.pool.messages import Answer, Refusal

TOOK = st.floats(min_value=1.0, max_value=100.0)
FLOOD = 10_000


def waiting(number: int, key: str, lane: Lane) -> Waiting:
    """A submission that waits."""
    return Waiting(submission=number, key=key, lane=lane)


def served(turns: Turns, queues: dict[tuple[Lane, str], float], count: int) -> list[tuple[Lane, str, float]]:
    """Who was verified, if each key always has one that waits and takes so many seconds."""
    row = [waiting(at, key, lane) for at, (lane, key) in enumerate(sorted(queues))]
    done = []
    for _ in range(count):
        chosen = turns.choose(row)
        assert chosen is not None
        seconds = queues[chosen.lane, chosen.key]
        turns.charge(chosen, seconds)
        done.append((chosen.lane, chosen.key, seconds))
    return done


@given(TOOK, TOOK)
def test_known_keys_have_three_quarters_of_the_time(known: float, new: float) -> None:
    """To within one verification of each lane, however long verifications of either take."""
    done = served(Turns(), {(Lane.KNOWN, "k"): known, (Lane.NEW, "n"): new}, 200)
    spent = {lane: sum(seconds for each, _, seconds in done if each is lane) for lane in Lane}
    assert abs(spent[Lane.KNOWN] / 0.75 - spent[Lane.NEW] / 0.25) <= known / 0.75 + new / 0.25 + 1e-6


@given(st.dictionaries(st.sampled_from("abcdefgh"), TOOK, min_size=2), st.sampled_from(Lane))
def test_keys_of_a_lane_have_the_same_time(took: dict[str, float], lane: Lane) -> None:
    """To within one verification of each: who submits costly things is verified less often."""
    done = served(Turns(), {(lane, key): seconds for key, seconds in took.items()}, 400)
    spent = {name: sum(seconds for _, key, seconds in done if key == name) for name in took}
    longest = max(took.values())
    assert max(spent.values()) - min(spent.values()) <= 2 * longest + 1e-6


@given(TOOK, st.integers(1, 50), st.sampled_from(Lane))
def test_a_lane_that_was_idle_saved_nothing_up(seconds: float, alone: int, lane: Lane) -> None:
    """What it did not use, the other had for nothing: afterwards both have their shares, as on the first day."""
    other = Lane.NEW if lane is Lane.KNOWN else Lane.KNOWN
    turns = Turns()
    served(turns, {(lane, "a"): seconds}, alone)
    done = served(turns, {(lane, "a"): seconds, (other, "b"): seconds}, 40)
    first = [each for each, _, _ in done[:8]]
    assert 1 <= first.count(Lane.NEW) <= 3
    assert 29 <= [each for each, _, _ in done].count(Lane.KNOWN) <= 31


@given(st.lists(st.tuples(st.sampled_from(Lane), st.sampled_from("abcdef"), TOOK), min_size=1, max_size=40))
def test_everything_is_verified(submitted: list[tuple[Lane, str, float]]) -> None:
    """Nothing starves, and nothing is chosen twice."""
    row = [waiting(at, key, lane) for at, (lane, key, _) in enumerate(submitted)]
    turns, done = Turns(), []
    while chosen := turns.choose(row):
        row.remove(chosen)
        turns.charge(chosen, submitted[chosen.submission][2])
        done.append(chosen.submission)
    assert sorted(done) == [*range(len(submitted))]


@given(st.lists(st.tuples(st.sampled_from(Lane), TOOK), max_size=60), TOOK)
def test_no_flood_of_new_keys_delays_a_known_one_by_more_than_a_verification(
    before: list[tuple[Lane, float]], seconds: float
) -> None:
    """Whatever was verified before: of the flood, at most the longest verification comes before a known key's."""
    turns = Turns()
    for at, (lane, took) in enumerate(before):
        turns.charge(waiting(at, f"k{at}" if lane is Lane.KNOWN else f"n{at}", lane), took)
    row = [waiting(1000 + at, f"flood{at}", Lane.NEW) for at in range(100)] + [waiting(5000, "known", Lane.KNOWN)]
    passed = 0.0
    while (chosen := turns.choose(row)) and chosen.lane is Lane.NEW:
        row.remove(chosen)
        turns.charge(chosen, seconds)
        passed += seconds
    longest = max([seconds, *(took for _, took in before)])
    assert passed <= longest + seconds  # the one under way, and what was owed of a known verification before


def test_turns_remember_a_bounded_number_of_keys() -> None:
    """A flood of keys that were verified once leaves little behind, and does not starve who was verified before."""
    turns, old = Turns(), waiting(0, "old", Lane.NEW)
    turns.charge(old, 1.0)
    for at in range(1, FLOOD):
        turns.charge(waiting(at, f"n{at}", Lane.NEW), 1.0)
        assert len(turns.given) <= MOST_REMEMBERED
    assert turns.choose([waiting(FLOOD, "old", Lane.NEW), waiting(FLOOD + 1, "newer", Lane.NEW)]) == waiting(
        FLOOD, "old", Lane.NEW
    )


def test_a_flood_at_the_desk_fills_one_lane_only(tmp_path: Path) -> None:
    """Of 10,000 new keys some hundred wait; a known key is taken at once, and is verified next but one at the latest."""
    desk = open_desk(tmp_path / "hub")
    with desk.record:
        parent = genesis_digest(desk)
        make_known(desk, secret(5))
        states: Counter[str] = Counter()
        for at in range(0, FLOOD, 500):
            flood = [Worker(key=secret(100 + at + each), parent=parent) for each in range(500)]
            changes = [edit(f"SCALE = {at + each}.5\n") for each in range(500)]
            nonces = [desk.nonce(each.key.public) for each in flood]
            commits = desk.take_all([w.request(w.commit(c), nonce) for w, c, nonce in zip(flood, changes, nonces, strict=True)])
            open_ = [(w, c, a) for w, c, a in zip(flood, changes, commits, strict=True) if isinstance(a, Answer)]
            reveals = desk.take_all([w.request(w.reveal(a.submission, c), a.nonce) for w, c, a in open_])
            states.update("refused" if isinstance(each, Refusal) else each.state for each in reveals)
        assert states["queued"] == MOST_NEW
        known = Worker(key=secret(5), parent=parent).submits(desk, edit("SCALE = 7.25\n"))
        assert isinstance(known, Answer)
        assert known.state == "queued"
        turns, order = desk.record.turns(), []
        for _ in range(2):
            chosen = turns.choose([each for each in desk.record.waiting() if each.submission not in order])
            assert chosen is not None
            turns.charge(chosen, 60.0)
            order.append(chosen.submission)
        assert known.submission in order


def test_turns_go_on_after_a_start(tmp_path: Path) -> None:
    """They are rebuilt from the verdicts in the record, in the order of the verdicts."""
    desk = open_desk(tmp_path / "hub")
    with desk.record:
        parent, turns = genesis_digest(desk), Turns()
        make_known(desk, *(secret(each) for each in range(10, 13)))
        for at in range(9):
            worker = Worker(key=secret(10 + at % 5), parent=parent)
            answer = worker.submits(desk, edit(f"SCALE = {at}.5\n"))
            assert isinstance(answer, Answer)
            [chosen] = desk.record.waiting()
            desk.record.append(Linked(submission=answer.submission, experiment=at + 1))
            desk.record.append(Judged(submission=answer.submission, accepted=False, seconds=10.0 + at))
            turns.charge(chosen, 10.0 + at)
        assert desk.record.turns() == turns

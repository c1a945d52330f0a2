"""What the hub's desk takes, and what it answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pool_desks import EASY, FILES, HUB, NOON, Clock, Worker, edit, genesis_digest, make_known, open_desk, secret

from overnight.pool.canonical import canonical
from overnight.pool.chain import Block, entry_json, signed
from overnight.pool.changes import content_digest, tree_digest
from overnight.pool.events import EntryAdded, HubPaused, Judged, KeyChanged, Linked
from overnight.pool.lanes import MOST_QUEUED_KNOWN
from overnight.pool.messages import Answer, Refusal, is_genuine_card
from overnight.pool.serving.desk import Desk, Rules


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    made = open_desk(tmp_path / "hub", clock=clock)
    with made.record:
        yield made


def worker_of(desk: Desk, number: int, *, known: bool = False) -> Worker:
    """One with a key of its own."""
    if known:
        make_known(desk, secret(number))
    return Worker(key=secret(number), parent=genesis_digest(desk))


def code(answer: Answer | Refusal) -> str:
    """Of a refusal, else the state."""
    return answer.code if isinstance(answer, Refusal) else f"{answer.state} {answer.code}".strip()


def shown(desk: Desk, number: int) -> Answer:
    """How a submission stands, for who knows its commitment."""
    found = desk.record.submission(number)
    assert found is not None
    answer = desk.answer(found.commitment)
    assert answer is not None
    return answer


def grow(desk: Desk, count: int) -> None:
    """Add entries to the chain that change nothing."""
    for _ in range(count):
        desk.chain.follow()
        tree = desk.chain.tree(desk.chain.head)
        assert tree is not None
        before = EntryAdded(commit="0" * 40, number=desk.chain.number + 1, entry=_entry(desk, tree_digest(tree)))
        desk.record.append(before)
    desk.chain.follow()


def _entry(desk: Desk, tree: str) -> str:
    entry = Block(
        number=desk.chain.number + 1,
        previous=desk.chain.head,
        at=NOON,
        submission=1,
        submitter=HUB.public,
        hypothesis="",
        changes=(),
        tree=tree,
        full="0" * 64,
        receipt="",
        holdout="0" * 64,
        gain=0.0,
        seconds=0.0,
    )
    return canonical(entry_json(signed(entry, HUB))).decode()


def test_a_change_is_committed_revealed_and_queued(desk: Desk) -> None:
    """What was answered `queued` is in the record with its contents, and waits."""
    worker = worker_of(desk, 7)
    answer = worker.submits(desk, edit("SCALE = 3.0\n"))
    assert code(answer) == "queued"
    assert isinstance(answer, Answer)
    assert [each.content for each in desk.record.changes(answer.submission)] == [b"SCALE = 3.0\n"]
    assert [each.submission for each in desk.record.waiting()] == [answer.submission]
    assert shown(desk, answer.submission) == Answer(submission=answer.submission, state="queued")


def test_an_answer_has_the_nonce_for_the_next_request(desk: Desk) -> None:
    """One journey to the hub for each request is enough."""
    worker, changes = worker_of(desk, 7), edit("SCALE = 3.0\n")
    first = worker.commits(desk, changes)
    assert isinstance(first, Answer)
    assert code(desk.take(worker.request(worker.reveal(first.submission, changes), first.nonce))) == "queued"


def test_a_request_counts_once(desk: Desk) -> None:
    """A replayed request changes nothing, neither do another key's, an expired or an invented nonce."""
    worker = worker_of(desk, 7, known=True)
    first = worker.commits(desk, edit("SCALE = 3.0\n"))
    count = desk.record.store.newest()
    assert code(desk.take(worker.sent[0])) == "nonce"
    body = worker.commit(edit("SCALE = 4.0\n"))
    for nonce in (desk.nonce(secret(8).public), "ff.00.11", "", "é.é.é", "zz." + "0" * 24 + "." + "0" * 64):
        assert code(desk.take(worker.request(body, nonce))) == "nonce"
    assert isinstance(first, Answer)
    assert desk.record.store.newest() == count


def test_used_nonces_are_forgotten_once_they_are_valid_no_longer(desk: Desk, clock: Clock) -> None:
    """As many are kept as were used in the last twenty minutes, also after the tables are derived anew; none counts twice."""
    worker = worker_of(desk, 7, known=True)
    for number in range(12):
        assert code(worker.commits(desk, edit(f"SCALE = {number}.5\n"))) == "committed"
        clock.now += 300
        assert code(desk.take(worker.sent[-1])) == "nonce"
    assert code(desk.take(worker.sent[0])) == "nonce"
    for _ in range(2):
        with desk.record.store.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM used_nonces").fetchone()[0] == 5
        desk.record.store.reindex()


def test_commitments_that_were_never_revealed_are_not_counted_one_by_one(desk: Desk) -> None:
    """Those of the last minutes are found by an index: the others, which are never removed, cost nothing."""
    with desk.record.store.reading() as db:
        for where in ("at>=1", "at>=1 AND key='7'"):
            query = f"EXPLAIN QUERY PLAN SELECT COUNT(*) FROM submissions WHERE state='committed' AND {where}"
            plan = str(db.execute(query).fetchall())
            assert "SEARCH" in plan, plan
            assert "submissions_" in plan, plan


def test_a_nonce_expires(desk: Desk, clock: Clock) -> None:
    """After ten minutes by the hub's clock it is none."""
    worker = worker_of(desk, 7)
    nonce = desk.nonce(worker.key.public)
    clock.now += 601
    assert code(desk.take(worker.request(worker.commit(edit("S = 1\n")), nonce))) == "nonce"


def test_a_request_for_another_hub_or_by_another_key_is_refused(desk: Desk) -> None:
    """What was signed for one hub and project counts nowhere else, and nobody signs for others."""
    body = worker_of(desk, 7).commit(edit("S = 1\n"))
    elsewhere = Worker(key=secret(7), parent="0" * 64, hub=secret(2).public)
    other = Worker(key=secret(7), parent="0" * 64, project="other")
    for each in (elsewhere, other):
        assert code(desk.take(each.request(body, desk.nonce(secret(7).public)))) == "another hub"
    request = worker_of(desk, 8).request(body, desk.nonce(secret(7).public))
    forged = type(request)(
        hub=request.hub,
        project=request.project,
        nonce=request.nonce,
        key=secret(7).public,
        body=body,
        signature=request.signature,
    )
    assert code(desk.take(forged)) == "signature"
    assert desk.record.submissions(most=9) == []


def test_a_lost_answer_can_be_asked_for_again(desk: Desk) -> None:
    """The same commitment of the same key is one submission, and so is the same reveal."""
    worker, changes = worker_of(desk, 7), edit("SCALE = 3.0\n")
    first, again = worker.commits(desk, changes), worker.commits(desk, changes)
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert first.submission == again.submission
    assert code(worker.reveals(desk, first.submission, changes)) == "queued"
    assert code(worker.reveals(desk, first.submission, edit("SCALE = 9.0\n"))) == "queued"
    assert [each.content for each in desk.record.changes(first.submission)] == [b"SCALE = 3.0\n"]


def test_only_what_was_committed_to_is_revealed_by_its_own_key(desk: Desk) -> None:
    """Another change, another salt and another key are refused; a submission of somebody else is one that is not there."""
    worker, thief = worker_of(desk, 7), worker_of(desk, 8)
    changes = edit("SCALE = 3.0\n")
    first = worker.commits(desk, changes)
    assert isinstance(first, Answer)
    assert code(worker.reveals(desk, first.submission, edit("SCALE = 4.0\n"))) == "commitment"
    assert code(thief.reveals(desk, first.submission, changes)) == "unknown"
    assert code(thief.reveals(desk, 999, changes)) == "unknown"
    taken = thief.request(worker.commit(changes), desk.nonce(thief.key.public))
    assert code(desk.take(taken)) == "taken"
    assert code(worker.reveals(desk, first.submission, changes)) == "queued"


def test_the_earlier_commitment_of_the_same_change_counts(desk: Desk) -> None:
    """Whoever reveals first: a later commitment that waits already gives way."""
    first, second, changes = worker_of(desk, 7), worker_of(desk, 8), edit("SCALE = 3.0\n")
    early, late = first.commits(desk, changes), second.commits(desk, changes)
    assert isinstance(early, Answer)
    assert isinstance(late, Answer)
    assert code(second.reveals(desk, late.submission, changes)) == "queued"
    assert code(first.reveals(desk, early.submission, changes)) == "queued"
    assert [each.submission for each in desk.record.waiting()] == [early.submission]
    assert code(shown(desk, late.submission)) == "refused duplicate"


def test_a_later_commitment_of_the_same_is_a_duplicate(desk: Desk) -> None:
    """Also in another spelling, and when the earlier is being verified or was judged."""
    first, changes = worker_of(desk, 7), edit("SCALE = 3.0\n")
    early = first.submits(desk, changes)
    assert code(worker_of(desk, 8).submits(desk, changes)) == "refused duplicate"
    assert code(worker_of(desk, 9).submits(desk, edit("SCALE  =  3.0  # mine\n"))) == "refused duplicate"
    assert isinstance(early, Answer)
    desk.record.append(Linked(submission=early.submission, experiment=1))
    assert code(worker_of(desk, 10).submits(desk, changes)) == "refused duplicate"


def test_the_earlier_commitment_is_refused_once_the_later_is_verified(desk: Desk) -> None:
    """No trial is spent twice on one change."""
    first, second, changes = worker_of(desk, 7), worker_of(desk, 8), edit("SCALE = 3.0\n")
    early, late = first.commits(desk, changes), second.submits(desk, changes)
    assert isinstance(early, Answer)
    assert isinstance(late, Answer)
    desk.record.append(Linked(submission=late.submission, experiment=1))
    assert code(first.reveals(desk, early.submission, changes)) == "refused duplicate"


def test_a_parent_lies_at_most_so_many_entries_back(desk: Desk) -> None:
    """At the commitment and at the reveal."""
    worker, changes = worker_of(desk, 7, known=True), edit("SCALE = 3.0\n")
    first = worker.commits(desk, changes)
    assert isinstance(first, Answer)
    grow(desk, EASY.behind + 1)
    assert code(worker.commits(desk, edit("SCALE = 4.0\n"))) == "stale"
    assert code(worker.reveals(desk, first.submission, changes)) == "refused stale"
    nowhere = Worker(key=secret(7), parent="ab" * 32)
    assert code(nowhere.commits(desk, changes)) == "stale"


def test_hidden_frozen_and_missing_files_are_refused_in_the_same_words(desk: Desk) -> None:
    """So a refusal does not say which hidden files exist."""
    answers = []
    for at, (path, content) in enumerate(
        [("answers.txt", b"1"), ("new/secret.py", b"1"), ("frozen.py", b"2"), ("absent.py", b"3"), ("new/none.py", None)]
    ):
        worker = worker_of(desk, 20 + at)
        change = edit("x", path) if content else [type(edit("")[0])(path=path, content=None)]
        answer = worker.submits(desk, change)
        assert isinstance(answer, Answer)
        answers.append((answer.state, answer.code, answer.why))
    assert len(set(answers)) == 1
    assert answers[0][:2] == ("refused", "scope")


def test_a_new_key_works_for_each_commitment_and_a_known_one_does_not(tmp_path: Path) -> None:
    """Hashcash over key and commitment, so that none serves twice."""
    desk = open_desk(tmp_path / "hub", rules=Rules(work_bits=8))
    with desk.record:
        worker = worker_of(desk, 7)
        body = worker.commit(edit("SCALE = 3.0\n"), bits=8)
        lazy = type(body)(parent=body.parent, commitment=body.commitment, work="lazy")
        assert code(desk.take(worker.request(lazy, desk.nonce(worker.key.public)))) == "work"
        assert code(desk.take(worker.request(body, desk.nonce(worker.key.public)))) == "committed"
        assert code(worker_of(desk, 8, known=True).commits(desk, edit("SCALE = 4.0\n"))) == "committed"


def test_an_invitation_lets_one_key_in(tmp_path: Path) -> None:
    """It cannot be passed on."""
    desk = open_desk(tmp_path / "hub", rules=Rules(work_bits=0, invitations=True))
    with desk.record:
        pass_ = desk.invitation(secret(7).public)
        for number, expected in ((8, "invitation"), (7, "committed")):
            worker = worker_of(desk, number)
            body = worker.commit(edit(f"SCALE = {number}\n"), invitation=pass_)
            assert code(desk.take(worker.request(body, desk.nonce(worker.key.public)))) == expected


def test_a_banned_key_gets_no_nonce_and_no_answer(desk: Desk) -> None:
    """Also with a nonce from before."""
    worker = worker_of(desk, 7)
    nonce = desk.nonce(worker.key.public)
    desk.record.append(KeyChanged(key=worker.key.public, standing="banned"))
    assert desk.nonce(worker.key.public) == ""
    answer = desk.take(worker.request(worker.commit(edit("S = 1\n")), nonce))
    assert answer == Refusal(code="banned", why="this key may not submit here")


def test_a_key_queues_no_more_than_its_share(desk: Desk, clock: Clock) -> None:
    """A new key one, until it may hear the verdict: that it may go on does not tell the verdict before its time."""
    worker = worker_of(desk, 7)
    first = worker.submits(desk, edit("SCALE = 3.0\n"))
    assert isinstance(first, Answer)
    assert code(worker.commits(desk, edit("SCALE = 4.0\n"))) == "full"
    desk.record.append(Judged(submission=first.submission, accepted=False, seconds=9, shown_at=clock.now + 60))
    assert code(worker.commits(desk, edit("SCALE = 4.0\n"))) == "full"
    clock.now += 61
    assert code(worker.commits(desk, edit("SCALE = 4.0\n"))) == "committed"
    known = worker_of(desk, 8, known=True)
    codes = [code(known.commits(desk, edit(f"SCALE = {5 + at}.0\n"))) for at in range(MOST_QUEUED_KNOWN + 1)]
    assert codes == ["committed"] * MOST_QUEUED_KNOWN + ["full"]


def test_a_commitment_that_is_not_revealed_in_time_counts_no_longer(desk: Desk, clock: Clock) -> None:
    """The key may commit again, and what it held back is late."""
    worker, changes = worker_of(desk, 7), edit("SCALE = 3.0\n")
    first = worker.commits(desk, changes)
    assert isinstance(first, Answer)
    clock.now += EASY.reveal_s + 1
    assert code(worker.reveals(desk, first.submission, changes)) == "late"
    assert code(worker.commits(desk, edit("SCALE = 4.0\n"))) == "committed"


def test_no_verdict_is_shown_before_its_time_nor_a_reason(desk: Desk, clock: Clock) -> None:
    """`queued` until then; afterwards `accepted` or `not accepted`, without a word more."""
    worker = worker_of(desk, 7)
    first = worker.submits(desk, edit("SCALE = 3.0\n"))
    assert isinstance(first, Answer)
    number = first.submission
    verdict = Judged(submission=number, accepted=False, seconds=9, reason="worse on holdout", shown_at=clock.now + 60)
    desk.record.append(Linked(submission=number, experiment=1), verdict)
    assert shown(desk, number) == Answer(submission=number, state="queued")
    clock.now += 60
    assert shown(desk, number) == Answer(submission=number, state="not accepted")
    assert desk.answer("9" * 64) is None


def test_a_paused_hub_takes_nothing_and_says_so(desk: Desk) -> None:
    """In its card too, which it signs."""
    desk.record.append(HubPaused(why="a canary passed"))
    assert code(worker_of(desk, 7).commits(desk, edit("S = 1\n"))) == "paused"
    assert desk.card().paused == "a canary passed"
    assert is_genuine_card(desk.card())


def test_nothing_that_was_only_submitted_is_public(desk: Desk) -> None:
    """A content is served once it is in a tree of the chain."""
    worker_of(desk, 7).submits(desk, edit("SCALE = 3.0\n"))
    assert desk.content(content_digest(b"SCALE = 3.0\n")) is None
    assert desk.content(content_digest(FILES["train.py"])) == FILES["train.py"]


def test_conflicts_within_one_batch_fail_only_the_later_request(desk: Desk) -> None:
    """The same nonce, the same commitment and the same change in one transaction."""
    one, other = worker_of(desk, 7), worker_of(desk, 8)
    nonce = desk.nonce(one.key.public)
    first = one.request(one.commit(edit("SCALE = 3.0\n")), nonce)
    second = one.request(one.commit(edit("SCALE = 4.0\n")), nonce)
    third = other.request(one.commit(edit("SCALE = 3.0\n")), desk.nonce(other.key.public))
    fourth = other.request(other.commit(edit("SCALE = 5.0\n")), desk.nonce(other.key.public))
    assert [code(each) for each in desk.take_all([first, second, third, fourth])] == [
        "committed",
        "nonce",
        "taken",
        "committed",
    ]


def test_a_batch_that_breaks_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it is on disk, or none of it."""
    one, other = worker_of(desk, 7), worker_of(desk, 8)
    requests = [each.request(each.commit(edit("S = 1\n")), desk.nonce(each.key.public)) for each in (one, other)]
    count, carried_out = desk.record.store.newest(), desk.record.submission
    seen: list[int] = []

    def submission(number: int) -> object:
        seen.append(number)
        if len(seen) == 2:
            raise OSError("no disk")
        return carried_out(number)

    monkeypatch.setattr(desk.record, "submission", submission)
    with pytest.raises(OSError, match="no disk"):
        desk.take_all(requests)
    monkeypatch.undo()
    assert desk.record.store.newest() == count
    assert [code(each) for each in desk.take_all(requests)] == ["committed", "committed"]
    desk.record.store.check_chain()

"""What the founder of a hub reads and does, over a record without a campaign behind it."""

import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pool_desks import HUB, Worker, edit, secret
from pool_founders import block, desk_over, judged, submitted
from targets import make_repo, program

from overnight.errors import UserError
from overnight.operations.operation import Context, Settled
from overnight.operations.registry import find
from overnight.pool.chain import Chain
from overnight.pool.events import BlockWithdrawn, HubPaused
from overnight.pool.messages import Answer
from overnight.pool.operations import (
    hub_ban,
    hub_board,
    hub_chain,
    hub_check,
    hub_invite,
    hub_join,
    hub_log,
    hub_queue,
    hub_status,
    hub_unban,
)
from overnight.pool.operations.hub_ban import HubBanInput
from overnight.pool.operations.hub_board import HubBoardInput
from overnight.pool.operations.hub_chain import HubChainInput
from overnight.pool.operations.hub_invite import HubInviteInput
from overnight.pool.operations.hub_join import HubJoinInput
from overnight.pool.operations.hub_log import HubLogInput
from overnight.pool.operations.hub_queue import HubQueueInput
from overnight.pool.operations.hub_status import HubStatusInput
from overnight.pool.operations.hub_unban import HubUnbanInput
from overnight.pool.record import overview
from overnight.pool.record.record import HubRecord
from overnight.pool.serving.desk import Desk, Rules
from overnight.pool.views.standing import shares_of
from overnight.pool.work.client import HubAddress
from overnight.research.operations import campaigns, home
from overnight.research.operations.campaigns import CampaignsInput
from overnight.research.operations.home import HomeInput
from overnight.words.quantities import duration


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "r", program(("1.0", "2.0")))


@pytest.fixture
def desk(repo: Path) -> Iterator[Desk]:
    """Of a hub over the repository."""
    made = desk_over(repo)
    with closing(made.record.store):
        yield made


@pytest.fixture
def context(repo: Path) -> Context:
    return Context(where=repo)


def test_a_block_s_cost_counts_every_key(desk: Desk, context: Context) -> None:
    """What a block cost is what all verifications took, however few keys are listed."""
    block(desk, 7, seconds=10.0)
    for number in (8, 9):
        judged(desk, submitted(desk, number), seconds=100.0)
    found = hub_status.run(context, HubStatusInput(most=1))
    assert len(found.board) == 1
    assert found.seconds_per_block == 210.0


def test_the_queue_is_in_the_order_of_the_lanes(desk: Desk, context: Context) -> None:
    """A known key comes before new ones that came first, as the verifier would take them, and no verdict waits."""
    block(desk, 7, seconds=10.0)
    new = [submitted(desk, number) for number in (8, 9)]
    known = submitted(desk, 7)
    found = hub_queue.run(context, HubQueueInput())
    turns, waiting, order = desk.record.turns(), [*desk.record.waiting()], []
    while chosen := turns.choose(waiting):
        turns.charge(chosen, 10.0)
        waiting.remove(chosen)
        order.append(chosen.submission)
    assert [each.submission for each in found.lines] == order
    assert {*order} == {*new, known}
    assert [each.before_s for each in found.lines] == [0.0, 10.0, 20.0]
    assert len(hub_queue.run(context, HubQueueInput(most=1)).lines) == 1
    assert "and 2 submissions more" in hub_queue.render(hub_queue.run(context, HubQueueInput(most=1)))


def test_the_board_counts_what_was_verified(desk: Desk, context: Context) -> None:
    """Gain and share by blocks that count, claims by verdicts; a withdrawn block brings nothing."""
    block(desk, 7, gain=3.0)
    taken = block(desk, 7, gain=5.0)
    block(desk, 8, gain=1.0)
    judged(desk, submitted(desk, 8), seconds=20.0)
    judged(desk, submitted(desk, 9))
    desk.record.append(BlockWithdrawn(block=taken, why="it broke"))
    first, second = hub_board.run(context, HubBoardInput()).lines
    assert (first.key, first.gain, first.share, first.blocks, first.withdrawn) == (secret(7).public, 3.0, 0.75, 1, 1)
    assert (second.gain, second.accepted, second.judged, second.seconds) == (1.0, 1, 2, 30.0)
    assert "1 of 2 reproduced" in hub_board.render(hub_board.run(context, HubBoardInput()))
    assert "WITHDRAWN" in hub_chain.render(hub_chain.run(context, HubChainInput()))


def test_tables_say_what_the_chain_says(desk: Desk, context: Context) -> None:
    """Shares, head and entries as they follow from the checked chain, also when the tables are derived anew."""
    for number, gain in ((7, 3.0), (8, 1.0), (7, 0.5), (9, 2.0)):
        block(desk, number, gain=gain)
    desk.record.append(BlockWithdrawn(block=3, why="it broke"))
    for _ in range(2):
        chain = desk.record.chain()
        assert overview.shares(desk.record) == shares_of(chain, desk.record.withdrawals())
        assert overview.head(desk.record) == (chain.number, chain.head)
        assert overview.newest_entries(desk.record, offset=1, limit=2) == chain.entries[2:0:-1]
        assert overview.entry_at(desk.record, 2) == chain.entries[1]
        assert overview.entry_at(desk.record, 0) is None
        desk.record.store.reindex()
    found = hub_status.run(context, HubStatusInput())
    assert found.keys == {"known": 3}
    assert found.waiting_s == {}


def test_reading_a_long_chain_checks_none_of_it(desk: Desk, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `hub check` and opening do; so the others cost the same however long the chain is."""
    block(desk, 7)

    def check(_record: HubRecord) -> Chain:
        raise AssertionError("the whole chain was checked")

    monkeypatch.setattr(HubRecord, "chain", check)
    (context.where / "hub.yaml").write_text("project: small\n")
    for name in ("status", "board", "chain", "queue", "block", "join", "log"):
        operation = find(f"hub {name}")
        assert operation and operation.run
        given = {"number": 1} if name == "block" else {}
        assert operation.render(operation.run(context, operation.input(**given)))
    with pytest.raises(AssertionError):
        hub_check.run(context, hub_check.HubCheckInput())


def test_what_waits_is_shown_by_lane_in_seconds(desk: Desk, context: Context) -> None:
    """By what a verification took on average."""
    block(desk, 7, seconds=30.0)
    submitted(desk, 7)
    for number in (8, 9):
        submitted(desk, number)
    found = hub_status.run(context, HubStatusInput())
    assert found.waiting == {"known": 1, "new": 2} and found.waiting_s == {"known": 30.0, "new": 60.0}
    assert found.keys == {"known": 1, "new": 2}
    assert f"2 of new keys (about {duration(60.0)} of trials)" in hub_status.render(found)


def test_a_hub_is_a_line_of_its_repository_and_of_its_machine(desk: Desk, context: Context, tmp_path: Path) -> None:
    """Where it is, and whether it needs its founder; a repository without one has no line."""
    block(desk, 7)
    submitted(desk, 8)
    served = replace(context, repositories={"pool": context.where, "other": make_repo(tmp_path / "other", "")})
    [line] = campaigns.run(served, CampaignsInput()).systems
    assert (line.address, line.waits) == ("/repos/pool/hub", False)
    assert line.state == "not served, 1 block in its chain, 1 submission waiting"
    desk.record.append(HubPaused(why="look"))
    [line] = [each for each in home.run(served, HomeInput()).systems if each.system == "hub"]
    assert (line.name, line.state, line.waits) == ("pool", "paused: look", True)
    assert not campaigns.run(replace(served, where=tmp_path / "other"), CampaignsInput()).systems


def test_the_chain_is_listed_in_parts(desk: Desk, context: Context) -> None:
    """The newest entry first, with how many there are."""
    for number in (7, 8, 9):
        block(desk, number)
    found = hub_chain.run(context, HubChainInput(offset=1, limit=1))
    assert (found.total, [each.number for each in found.lines]) == (3, [2])


HOSTILE = "\x1b[2J\u202egood<script>alert(1)</script>\x07\n# x"


@pytest.mark.parametrize("name", ["board", "chain", "log", "queue", "status"])
def test_words_of_strangers_reach_no_terminal(desk: Desk, context: Context, name: str) -> None:
    """No control character and no change of direction of a hypothesis is printed, and it stays in its line."""
    block(desk, 7, hypothesis=HOSTILE)
    submitted(desk, 8, hypothesis=HOSTILE)
    operation = find(f"hub {name}")
    assert operation and operation.run
    text = operation.render(operation.run(context, operation.input()))
    assert not {"\x1b", "\u202e", "\x07"} & {*text}
    assert "\n# x" not in text


def test_a_ban_is_taken_back(desk: Desk, context: Context) -> None:
    """A key with a block is known again, one without is new; what waited waits again."""
    block(desk, 7)
    number = submitted(desk, 8)
    for each, standing in ((7, "known"), (8, "new")):
        key = secret(each).public
        hub_ban.run(context, HubBanInput(key=key[:8]))
        assert hub_unban.read_back(context, HubUnbanInput(key=key), None) is Settled.NOT_DONE
        hub_unban.run(context, HubUnbanInput(key=key[:8]))
        found = desk.record.key(key)
        assert found and found.standing == standing
        with pytest.raises(UserError, match="is not banned"):
            hub_unban.run(context, HubUnbanInput(key=key))
    assert [each.submission for each in desk.record.waiting()] == [number]


def test_an_invitation_lets_one_key_in(repo: Path, context: Context) -> None:
    """The invited key is taken, another with the same invitation is not."""
    made = desk_over(repo, rules=Rules(work_bits=0, invitations=True))
    with closing(made.record.store):
        found = hub_invite.run(context, HubInviteInput(key=secret(7).public.upper()))
        for number, code in ((8, "invitation"), (7, "committed")):
            worker = Worker(key=secret(number), parent=made.chain.head)
            body = worker.commit(edit("SCALE = 2.0\n"), invitation=found.invitation)
            answer = made.take(worker.request(body, made.nonce(worker.key.public)))
            assert code == (answer.state if isinstance(answer, Answer) else answer.code)
    with pytest.raises(UserError, match="no key"):
        hub_invite.run(context, HubInviteInput(key="x" * 64))


def test_joining_names_the_key_of_the_hub(desk: Desk, context: Context, repo: Path) -> None:
    """A worker that types it joins this hub and no other, and is told to ask for an invitation if it needs one."""
    assert desk.chain.number == 0
    (repo / "hub.yaml").write_text("project: small\ninvitations: true\n")
    found = hub_join.run(context, HubJoinInput(url="https://hub.example/"))
    assert f"'https://hub.example#{HUB.public}' pool --invitation INVITATION" in found.commands[1]
    assert HubAddress.parse(f"https://hub.example#{HUB.public}").key == HUB.public
    with pytest.raises(UserError):
        hub_join.run(context, HubJoinInput(url="https://a.example/$(rm)"))
    odd = hub_join.run(context, HubJoinInput(url="https://a';rm$x")).commands[1]
    assert shlex.split(odd)[3] == f"https://a';rm$x#{HUB.public}", "nothing of an address is a command"


def test_the_log_says_what_happened(desk: Desk, context: Context) -> None:
    """Each event in words, the newest first."""
    number = submitted(desk, 8)
    judged(desk, number, seconds=90.0)
    desk.record.append(HubPaused(why="a look"), HubPaused(why=""), BlockWithdrawn(block=3, why="it broke"))
    found = hub_log.run(context, HubLogInput())
    assert [each.about for each in found[:4]] == [
        "block 3 is withdrawn: it broke",
        "submissions are accepted again",
        "paused: a look",
        "not accepted after 1 min 30 s of trials",
    ]
    assert {each.submission for each in found[3:6]} == {number}
    assert found[-1].about == "the hub opened with the campaign hub"
    assert len(hub_log.run(context, HubLogInput(most=2))) == 2

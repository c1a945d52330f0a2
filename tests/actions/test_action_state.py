"""The fold of the board: any events, in any order, leave actions that can go on, or have ended for good."""

from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.actions.charter import Request, Role
from overnight.actions.events import (
    Asked,
    Begun,
    Checked,
    Delivered,
    Event,
    Judged,
    Merged,
    Parked,
    Planned,
    Returned,
    Reviewed,
    TrunkNoted,
    TurnBegun,
    TurnCut,
    TurnEnded,
    Waiting,
    Word,
)
from overnight.actions.findings import CheckOutcome, Evidence, Finding, Plan, TurnOutcome
from overnight.actions.fold import fold, fold_all
from overnight.actions.state import ENDED, FLOWING, Action, Board, Stage
from overnight.ledger.port import Recorded
from overnight.models.usage import Usage

COMMITS = ("", "a", "b", "c")
ACTIONS = (1, 2, 3)
GOOD = Evidence(after=(CheckOutcome(command="t", passed=True),))
BAD = Evidence(after=(CheckOutcome(command="t", passed=False, reason="no"),))
BLOCKING = (Finding(path="f", line=1, blocking=True, text="wrong"),)

actions = st.sampled_from(ACTIONS)
commits = st.sampled_from(COMMITS)
roles = st.sampled_from(Role)
outcomes = st.builds(TurnOutcome, text=st.just("said"), reason=st.sampled_from(("", "hangs")))
requests = st.builds(
    Request,
    repo=st.just("/r"),
    title=st.just("t"),
    text=st.sampled_from(("short", "long " * 100)),
    plan=st.sampled_from((None, True, False)),
    commit=commits,
)
plans = st.builds(Plan, research=st.sampled_from(("", "why?")), files=st.just(("f",)))
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Asked, action=actions, request=requests),
    st.builds(Begun, action=actions, base=st.just("base"), rules=st.just("")),
    st.builds(Planned, action=actions, plan=plans, outcome=outcomes, into=st.sampled_from(((), (), (8, 9)))),
    st.builds(TurnBegun, action=actions, turn=st.integers(1, 9), role=roles),
    st.builds(TurnEnded, action=actions, turn=st.integers(1, 9), role=roles, outcome=outcomes, commit=commits),
    st.builds(TurnCut, action=actions, turn=st.integers(1, 9), role=roles, why=st.just("killed"), commit=commits),
    st.builds(Parked, action=actions, why=st.just("spent"), until=st.just(9.0)),
    st.builds(Checked, action=actions, commit=commits, evidence=st.sampled_from((GOOD, BAD))),
    st.builds(Reviewed, action=actions, commit=commits, findings=st.sampled_from(((), BLOCKING)), outcome=outcomes),
    st.builds(Waiting, action=actions, why=st.sampled_from(("", "broken")), fault=st.booleans()),
    st.builds(Judged, action=actions, word=st.sampled_from(Word), text=st.sampled_from(("", "no")), commit=commits),
    st.builds(Merged, action=actions, commit=st.just("m"), parent=st.just("base")),
    st.builds(Returned, action=actions, why=st.just("conflict"), onto=st.just("onto")),
    st.builds(Delivered, action=actions, where=st.just("origin")),
    st.builds(
        TrunkNoted, action=actions, repo=st.just("/r"), head=st.just("m"), held=st.sampled_from(("", "it is checked out"))
    ),
)


def record(*happened: Event) -> list[Recorded[Event]]:
    """Events as the ledger gives them."""
    return [Recorded(seq=seq, at=float(seq), event=event, digest="") for seq, event in enumerate(happened, 1)]


def board_of(*happened: Event) -> Board:
    """The board after events."""
    return fold_all(Board(), record(*happened))


def action_of(*happened: Event) -> Action:
    """The action 1 after it was asked for and this happened."""
    return board_of(Asked(action=1, request=Request(repo="/r", title="t", text="x")), *happened).actions[1]


@settings(max_examples=scaled(200))
@given(st.lists(events, max_size=30))
def test_any_events_leave_actions_that_can_go_on_or_have_ended(happened: list[Event]) -> None:
    """Each action is in exactly one stage; an ended one stays ended; events fold to the same one by one or at once."""
    board, ended = Board(), set[int]()
    for entry in record(*happened):
        board = fold(board, entry)
        for number, action in board.actions.items():
            stage = action.stage
            assert (stage in ENDED) + (stage in FLOWING) + (stage in {Stage.QUEUED, Stage.WAITING}) == 1
            assert number not in ended or stage in ENDED
            if stage in ENDED:
                ended.add(number)
            if stage is Stage.CODING:
                assert action.start
            if stage in {Stage.CHECKING, Stage.REVIEWING}:
                assert action.commit
            if stage is Stage.MERGING:
                assert action.accepted == action.commit, "something is merged that nobody accepted"
        assert board.open == {number: each for number, each in board.actions.items() if each.stage not in ENDED}
    assert board_of(*happened) == board


@settings(max_examples=scaled(100))
@given(st.lists(events, max_size=20), st.sampled_from(("x", "y")))
def test_what_is_found_out_about_another_commit_changes_nothing(happened: list[Event], stale: str) -> None:
    """Evidence, findings and acceptances of a commit other than the newest change nothing."""
    board = board_of(*happened)
    for number in board.actions:
        said = TurnOutcome(text="")
        for late in (
            Checked(action=number, commit=stale, evidence=BAD),
            Reviewed(action=number, commit=stale, findings=BLOCKING, outcome=said),
            Judged(action=number, word=Word.ACCEPT, commit=stale),
        ):
            assert fold(board, Recorded(seq=99, at=99.0, event=late, digest="")).actions == board.actions


def turn(number: int, commit: str, role: Role = Role.CODER) -> tuple[Event, ...]:
    """A turn that ended."""
    said = TurnOutcome(text="did it")
    return (
        TurnBegun(action=1, turn=number, role=role),
        TurnEnded(action=1, turn=number, role=role, outcome=said, commit=commit),
    )


BEGUN = Begun(action=1, base="base", rules="")
CLEAN = Reviewed(action=1, commit="a", findings=(), outcome=TurnOutcome(text=""))
RESULT = (BEGUN, *turn(1, "a"), Checked(action=1, commit="a", evidence=GOOD), CLEAN, Waiting(action=1))


def test_what_an_agent_used_counts_although_the_action_was_dropped_meanwhile() -> None:
    """Of whatever role: its turn ended after the word, and changes nothing else."""
    said = TurnOutcome(text="said", usage=Usage(calls=1, input_tokens=5))
    dropped = (BEGUN, *turn(1, "a"), Judged(action=1, word=Word.DROP))
    for ended in (
        TurnEnded(action=1, turn=1, role=Role.CODER, outcome=said, commit="b"),
        Planned(action=1, plan=Plan(), outcome=said, into=(8, 9)),
        Reviewed(action=1, commit="a", findings=(), outcome=said),
    ):
        after = action_of(*dropped, TurnBegun(action=1, turn=1, role=Role.CODER), ended)
        assert (after.stage, after.usage, after.split_into) == (Stage.DROPPED, said.usage, ())


def test_a_merge_of_which_nothing_is_known_leaves_a_broken_trunk_broken() -> None:
    """It landed before a kill, and its checks were not recorded; those of the next merge say how the trunk is."""
    seen = TrunkNoted(action=1, repo="/r", head="m", broken=("t",))
    asked = [Asked(action=number, request=Request(repo="/r", title="t", text="x")) for number in (1, 2)]
    found = board_of(*asked, seen, Merged(action=1, commit="n", parent=""))
    assert (found.trunks["/r"].head, found.trunks["/r"].broken, found.trunks["/r"].since) == ("n", ("t",), 3.0)
    known = board_of(*asked, seen, Merged(action=1, commit="n", parent=""), Merged(action=2, commit="o", parent="n"))
    assert known.trunks["/r"].broken == ()


def test_a_failing_check_goes_back_a_bounded_number_of_times() -> None:
    """After three rounds of a failing check the action is presented to a person as it is."""
    happened: list[Event] = [BEGUN]
    for number, commit in enumerate("abcd", 1):
        assert action_of(*happened).stage is Stage.CODING
        happened += [*turn(number, commit), Checked(action=1, commit=commit, evidence=BAD)]
    assert action_of(*happened).stage is Stage.READY


def test_what_a_cut_off_turn_left_is_where_the_next_one_begins() -> None:
    """A cut-off turn's commit is no result: the coder goes on from it, and its own commit is checked."""
    cut = action_of(
        BEGUN,
        TurnBegun(action=1, turn=1, role=Role.CODER),
        TurnCut(action=1, turn=1, role=Role.CODER, why="killed", commit="l"),
    )
    assert (cut.stage, cut.start, cut.open_turn) == (Stage.CODING, "l", None)
    ended = action_of(BEGUN, TurnCut(action=1, turn=1, role=Role.CODER, why="killed", commit="l"), *turn(2, "a"))
    assert (ended.stage, ended.commit, ended.left) == (Stage.CHECKING, "a", "")


def test_a_fault_before_anything_was_made_is_tried_again_on_what_is_there_now() -> None:
    """What it failed on, such as a line of actions.md, may be repaired and committed; with work, its base stays."""
    cut = (BEGUN, TurnBegun(action=1, turn=1, role=Role.CODER), TurnCut(action=1, turn=1, role=Role.CODER, why="no setup"))
    failed = (*cut, Waiting(action=1, why="no setup", fault=True), Judged(action=1, word=Word.SEND_BACK))
    again = action_of(*failed)
    assert (again.stage, again.base, again.rules) == (Stage.QUEUED, "", "")
    begun = action_of(*failed, Begun(action=1, base="2" * 40, rules="new"))
    assert (begun.stage, begun.base, begun.rules, begun.turns) == (Stage.CODING, "2" * 40, "new", 1)


def test_a_fault_of_ours_is_tried_again_when_it_is_sent_back_without_words() -> None:
    """The step that failed is repeated as it was; with words, the coder gets them."""
    failed = (BEGUN, *turn(1, "a"), Waiting(action=1, why="a fault", fault=True))
    again = action_of(*failed, Judged(action=1, word=Word.SEND_BACK))
    assert (again.stage, again.fault) == (Stage.CHECKING, False)
    words = action_of(*failed, Judged(action=1, word=Word.SEND_BACK, text="use tabs"))
    assert (words.stage, words.to_fix) == (Stage.CODING, "use tabs")


def test_an_action_that_does_not_fit_goes_back_to_the_coder_and_needs_a_new_word() -> None:
    """After a return its acceptance is gone, and the next commit waits for a person again."""
    accepted = (*RESULT, Judged(action=1, word=Word.ACCEPT, commit="a"))
    assert action_of(*accepted).stage is Stage.MERGING
    back = action_of(*accepted, Returned(action=1, why="it conflicts", onto="main2"))
    assert (back.stage, back.accepted, back.base, back.why_fix) == (Stage.CODING, "", "main2", "merge")
    fixed = action_of(*accepted, Returned(action=1, why="it conflicts", onto="main2"), *turn(2, "b"))
    assert (fixed.stage, fixed.commit_base) == (Stage.CHECKING, "main2")


def test_a_budget_counts_from_a_persons_newest_word() -> None:
    """What was used before a result was sent back does not count against what it may use from then on."""
    back = action_of(*RESULT, Judged(action=1, word=Word.SEND_BACK, text="more"))
    assert (back.turns, back.turns_before) == (1, 1)


def test_a_word_while_an_action_is_worked_on_only_drops_it() -> None:
    """Nothing waits, so nothing can be accepted or sent back; it can be dropped."""
    working = (BEGUN, *turn(1, "a"))
    assert action_of(*working, Judged(action=1, word=Word.ACCEPT, commit="a")) == action_of(*working)
    assert action_of(*working, Judged(action=1, word=Word.SEND_BACK, text="no")) == action_of(*working)
    assert action_of(*working, Judged(action=1, word=Word.DROP)).stage is Stage.DROPPED

"""The board: three groups in an order, why each action stands where it does, and what to type."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from action_events import CHECKED, begun_action, board_of, commit_of, recorded

from overnight.actions.charter import Request
from overnight.actions.events import Asked, Delivered, DeliveryAsked, Event, Judged, Merged, Returned, TrunkNoted, Waiting, Word
from overnight.actions.state import Action, Board
from overnight.actions.views.board_page import BoardPace, BoardPage, BoardProvider, BoardSigns, make_board
from overnight.actions.views.board_words import EMPTY, board_text
from overnight.actions.views.event_words import event_words

RULES = BoardSigns(process=17, at_once=3, most_waiting=2, working=(1,))
NOW = 1_700_100_000.0
EVIL = "a\x1b[2J\nb"


def page(*events: Event, rules: BoardSigns = RULES, repo: str = "", ended: int = 2) -> BoardPage:
    def sees(folder: str) -> bool:
        return repo in {"", folder}

    return make_board(board_of(events), rules, sees=sees, name_of=lambda folder: folder.rpartition("/")[2], ended=ended)


def waiting(*numbers: int) -> Sequence[Event]:
    return [event for number in numbers for event in (*begun_action(number), Waiting(action=number))]


def merged(number: int) -> Sequence[Event]:
    word = Judged(action=number, word=Word.ACCEPT, commit=commit_of(number))
    return [*waiting(number), word, Merged(action=number, commit="c" * 40, parent="b" * 40)]


def doing(found: BoardPage) -> dict[int, str]:
    return {line.number: line.doing for group in (found.needs_you, found.flowing, found.waiting, found.ended) for line in group}


def test_an_action_is_in_one_group_and_says_why() -> None:
    """What waits for a person, longest first; what flows; what has to wait, and for what."""
    found = page(
        *waiting(2),
        *begun_action(1)[:-1],
        begun_action(3, after=(2, 1))[0],
        begun_action(4)[0],
        *waiting(5)[:-1],
        Waiting(action=5, why="the coder asks"),
    )
    assert [[line.number for line in group] for group in (found.needs_you, found.flowing, found.waiting)] == [
        [2, 5],
        [1],
        [3, 4],
    ]
    assert doing(found) == {
        2: "waits for your word",
        5: "the coder asks",
        1: "is being reviewed",
        3: "after #2, #1",
        4: "until you have judged a result",
    }
    assert found.full and found.total == 5
    text = board_text(found, NOW)
    assert text.startswith("Needs you\n  #2 Action 2 (shop): waits for your word · for 27 h")
    assert "look at: no test shows the change · 1.5 k tokens, $0.01" in text
    assert "1 of 3 slots busy: nothing new begins while 2 results wait for you" in text and text.endswith(
        "next: overnight review"
    )


def test_an_action_that_begins_says_what_is_done_before() -> None:
    """Taking in what was committed runs all checks, for minutes: the action has a slot, and does not wait for one."""
    found = page(begun_action(1)[0], begun_action(2)[0])
    assert doing(found) == {
        1: "begins once what you committed meanwhile is checked and taken in",
        2: "begins as soon as there is room",
    }


def test_without_a_process_nothing_goes_on() -> None:
    """The board says so, and what to type."""
    found = page(*begun_action(1), begun_action(2)[0], rules=replace(RULES, process=None))
    assert doing(found) == {1: "nobody runs the board", 2: "nobody runs the board"}
    assert "nobody runs the board\nnext: overnight work-on" in board_text(found, NOW)


def test_the_process_says_what_it_does() -> None:
    """What an agent does, what holds others back, how fast it goes, how providers stand, where slots went."""
    signs = replace(
        RULES,
        held={2: "#1 changes the same files"},
        doing={1: "coder asks openai"},
        tokens_per_s=120.0,
        tokens_per_s_hour=80.0,
        paces=(BoardPace(role="coder", provider="openai", now_per_s=120.0, hour_per_s=80.0),),
        providers=(
            BoardProvider(name="box", standing="ready", why="", wait_s=None),
            BoardProvider(name="openai", standing="parked", why="quota", wait_s=90.0),
        ),
        slots={"working": 0.6, "a person": 0.3, "nothing to do": 0.1},
    )
    found = page(*begun_action(1)[:3], *begun_action(2)[:3], rules=signs)
    assert doing(found) == {1: "coder asks openai", 2: "#1 changes the same files"}
    assert board_text(found, NOW).splitlines()[-5:] == [
        "120 tokens/s, 80 over the last hour (coder openai 120)",
        "1 of 3 slots busy",
        "slots in the last hour: 60% at work, 30% waiting for a person, 10% nothing to do",
        "providers ready: box",
        "provider openai: parked, asked again in 1 min 30 s: quota",
    ]


def test_a_trunk_that_a_person_should_know_of_is_named() -> None:
    """That it cannot be moved, and that checks fail on it, since when; one in order is not."""
    noted = TrunkNoted(
        action=1, repo="/nowhere/shop", head="c", held="it is checked out: git switch main", broken=("make test",)
    )
    found = page(*merged(1), noted)
    assert board_text(found, NOW).splitlines()[-3:] == [
        "1 of 3 slots busy: nothing else is asked for",
        "shop: nothing can be merged: it is checked out: git switch main",
        "shop: overnight/main is broken, since #1 was merged: make test",
    ]
    assert page(*merged(1), replace(noted, held="", broken=())).trunks == () and page(noted, repo="/other").trunks == ()


def test_what_is_coded_again_says_after_what() -> None:
    """A person's words, or a merge that did not fit."""
    back = Judged(action=1, word=Word.SEND_BACK, text="also TSV", commit=commit_of(1))
    assert doing(page(*waiting(1), back)) == {1: "is being coded, again, after your words"}
    accept = Judged(action=1, word=Word.ACCEPT, commit=commit_of(1))
    returned = Returned(action=1, why="it conflicts", onto="d" * 40)
    assert doing(page(*waiting(1), accept, returned)) == {1: "is being coded, again, after a merge that did not fit"}


def test_what_has_ended_is_listed_newest_first_up_to_a_limit() -> None:
    """What comes after it begins."""
    dropped = Judged(action=2, word=Word.DROP, text="no")
    found = page(*merged(1), *waiting(2), dropped, *merged(3), begun_action(4, after=(1,))[0])
    assert [line.number for line in found.ended] == [3, 2] and found.total == 4
    assert doing(found)[2] == "dropped: no" and doing(found)[4] == "begins as soon as there is room"
    assert page(*merged(1), ended=0).ended == ()


def test_a_caller_sees_the_repositories_that_are_served() -> None:
    """And is shown no others, but what others wait for holds all of them up."""
    events = [*waiting(1, 2), *begun_action(3, repo="/nowhere/other")]
    found = page(*events, repo="/nowhere/other")
    assert (found.total, found.needs_you, found.full) == (1, (), True) and [line.number for line in found.flowing] == [3]


def test_an_empty_board_says_what_to_type() -> None:
    """The two commands to a first result."""
    assert board_text(page(), NOW) == EMPTY and "overnight do" in EMPTY and "overnight review" in EMPTY


def test_hostile_titles_stay_on_their_line() -> None:
    """Nothing in them acts on a terminal."""
    asked = Asked(action=1, request=Request(repo="/nowhere/shop", title=EVIL, text=EVIL), by=EVIL)
    events = [asked, *waiting(1)[1:-1], Waiting(action=1, why=EVIL)]
    text = board_text(page(*events), NOW)
    assert "\x1b" not in text and "a\\x1b[2J\\nb" in text
    assert all("\x1b" not in (line := event_words(event)) and "\n" not in line for event in events)


def test_a_look_does_not_go_through_all_that_ever_ended() -> None:
    """Though the caller may see none of them, as a face that serves another repository."""
    old = board_of(merged(1)).actions[1]
    looked: list[int] = []

    def forgotten() -> Iterator[Action]:
        for number in range(1000):
            looked.append(number)
            yield old

    def found(repo: str) -> int:
        page = make_board(Board(), RULES, sees=lambda folder: folder == repo, name_of=str, ended=3, forgotten=forgotten())
        return len(page.ended)

    assert found(old.request.repo) == 3 and len(looked) == 3
    assert found("/other") == 0 and len(looked) < 50


def test_a_delivery_that_waits_for_a_person_is_pointed_out() -> None:
    """Among what needs a person, with what to type, however much has ended since; until it is delivered."""
    landed = Merged(action=1, commit="c" * 40, parent="b" * 40, deliver="origin")
    events = [*merged(1)[:-1], landed, Delivered(action=1, problem="it would push to x"), *merged(2), *merged(3)]
    found = page(*events)
    assert [line.number for line in found.undelivered] == [1] and [line.number for line in found.ended] == [3, 2]
    text = board_text(found, NOW)
    assert text.startswith("Needs you\n  #1 Action 1 (shop): merged into overnight/main, not delivered: it would push to x")
    assert text.endswith("next: overnight deliver 1")
    assert [line.number for line in page(*events, ended=9).ended] == [3, 2, 1] and text.count("#1 Action 1") == 1
    assert board_text(page(*events, ended=9), NOW) == text, "it is shown twice"
    done = page(*events, DeliveryAsked(action=1), Delivered(action=1, where="x"))
    assert not done.undelivered and "deliver 1" not in board_text(done, NOW)


def test_every_event_is_a_line() -> None:
    """That begins with the action and says what happened."""
    said = Judged(action=1, word=Word.SEND_BACK, text="also TSV")
    events = [*merged(1), said, Returned(action=1, why="x", onto="d"), Delivered(action=1, problem="no network"), CHECKED]
    lines = [event_words(entry.event) for entry in recorded(events)]
    assert len(set(lines)) == len(lines) and all(line.startswith(("#1 ", "#99 ")) for line in lines)
    assert lines[0] == "#1 asked by owner:terminal: Action 1" and "#1 send back by owner: also TSV" in lines
    assert "#1 turn 1: the coder has ended, commit 010101010101, 1 min 00 s, 1.5 k tokens" in lines

"""What a claw without a model understands: sentences, and what each calls."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from claws import ClawUnderTest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.claw.events import CallBegun, CallEnd, CallEnded
from overnight.claw.grammar.mind import SENTENCES, GrammarMind
from overnight.claw.grammar.seen import Seen
from overnight.claw.grammar.sentence import Meaning
from overnight.claw.grammar.when import read_when
from overnight.claw.port import Turn
from overnight.claw.record.record import sealed_json
from overnight.ledger.sealed import seal
from overnight.operations.principal import Address, Kind, Origin
from overnight.operations.registry import find

NOW = datetime(2026, 12, 2, 15, 0, tzinfo=UTC).timestamp()  # a Wednesday
REPOS = ("parser", "site")


def meant(claw: ClawUnderTest, text: str, *, role: Kind = Kind.OWNER, repos: tuple[str, ...] = REPOS) -> Meaning:
    """What a sentence means, of which nothing is called."""
    mind = GrammarMind(Seen(claw.record), called="claw", repos=lambda: repos)
    turn = Turn(
        number=claw.record.store.newest() + 1,
        text=text,
        person="owner",
        role=role,
        origin=Origin.OWNER,
        to=Address("terminal", "owner"),
        at=NOW,
        zone="UTC",
    )
    return mind.understand(turn) or Meaning()


def called(claw: ClawUnderTest, text: str) -> str:
    """The calls of a sentence in short."""
    calls = meant(claw, text).calls
    return "; ".join(f"{each.operation} {dict(each.given)}{' in ' + each.repo if each.repo else ''}" for each in calls)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("in an hour", "in 60 minutes"),
        ("in half an hour", "in 30 minutes"),
        ("in two weeks", "in 20160 minutes"),
        ("in 2h", "in 120 minutes"),
        ("at 8", "at 20:00"),  # the next time that a clock on the wall shows it
        ("at 4", "at 16:00"),
        ("at 08:00", "at 8:00"),
        ("at half past nine", "at 21:30"),
        ("9pm", "at 9:00pm"),
        ("tomorrow", "2026-12-03 09:00"),
        ("at 9 tomorrow", "2026-12-03 09:00"),
        ("tonight at 10", "2026-12-02 22:00"),
        ("on friday evening", "2026-12-04 19:00"),
        ("wednesday at 9", "2026-12-09 09:00"),
        ("24 December at 8", "2026-12-24 08:00"),
        ("on January 3rd", "2027-01-03 09:00"),
        ("every monday and friday at 9pm", "every monday and friday at 9pm"),
        ("every morning", "every day at 08:00"),
        ("mondays at 9", "every monday at 9"),
        ("9", None),
        ("today", None),  # nine o'clock is over
        ("on the 31st of february", None),
        ("the key", None),
    ],
)
def test_times_are_read_as_people_say_them(said: str, read: str | None) -> None:
    """Each becomes a form of a schedule that comes, or is no time."""
    assert read_when(said, "UTC", NOW) == read


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("remind me in 20 minutes to stretch", "claw remind {'when': 'in 20 minutes', 'what': 'stretch'}"),
        ("Remind me to stretch in 20 minutes!", "claw remind {'when': 'in 20 minutes', 'what': 'stretch'}"),
        (
            "hey claw, could you please remind me to call Ann on monday at 9, thanks",
            "claw remind {'when': '2026-12-07 09:00', 'what': 'call Ann'}",
        ),
        ("in an hour remind me to eat", "claw remind {'when': 'in 60 minutes', 'what': 'eat'}"),
        ("every weekday at 8: remind me of the stand-up", "claw remind {'when': 'every weekday at 8', 'what': 'the stand-up'}"),
        (
            'every day at 7 ask "how is parser?"',
            "claw remind {'when': 'every day at 7', 'what': 'how is parser?', 'act': True}",
        ),
        ("note that tea is in the jar", "claw note {'text': 'tea is in the jar'}"),
        ("what do you know about the key?", "claw recall {'words': 'the key'}"),
        ("where is the key?", "claw recall {'words': 'the key'}"),
        ("how is parser?", "overview {} in parser"),
        ("campaigns of the site", "campaigns {} in site"),
        ("run parser for 3 hours", "run {'hours': 3.0} in parser"),
        ("stop parser", "stop {} in parser"),
        ("do in parser: let users export their data", "do {'text': 'let users export their data', 'repo': 'parser'} in parser"),
        ("send 12 back: it fails without a network", "send back {'number': 12, 'text': 'it fails without a network'}"),
        ("drop action 12", "drop {'number': 12}"),
        ("what runs?", "home {}"),
        ("what did it cost?", "spend {}"),
        ("show 12", "claw show {'turn': 12}"),
    ],
)
def test_sentences_call(claw: ClawUnderTest, text: str, calls: str) -> None:
    """Each form calls what its words say, with politeness or without."""
    assert called(claw, text) == calls


def test_every_example_of_help_is_understood(claw: ClawUnderTest) -> None:
    """What help shows can be said, and calls operations that exist, with inputs that they have."""
    claw.tell("note that the key is under the mat")
    claw.tell("remind me in an hour to call Ann")
    claw.tell("where is the key?")
    for sentence in SENTENCES:
        for example in sentence.examples:
            meaning = meant(claw, example, repos=("parser",))
            assert meaning.calls or example in ("what came of it?", "merge the second one"), (example, meaning.say)
            for wanted in meaning.calls:
                assert wanted.direct
                assert find(wanted.operation) is not None, wanted


def test_tonight_begins_in_the_evening_and_the_report_comes_after(claw: ClawUnderTest) -> None:
    """During the day, work for tonight is scheduled; what it came to is said at the time after it began."""
    assert called(claw, "try to make the parser faster tonight and tell me at eight") == (
        "claw remind {'when': 'at 22:00', 'what': 'run parser for 8 hours', 'act': True}; "
        "claw remind {'when': '2026-12-03 08:00', 'what': 'how is parser?', 'act': True}"
    )
    assert called(claw, "make parser faster") == "run {} in parser"


def test_which_repository_must_be_clear(claw: ClawUnderTest) -> None:
    """An unknown one is named, and of several none is guessed."""
    assert meant(claw, "run praser").say == "I know no repository `praser`. Those of claw.yaml: parser, site."
    assert meant(claw, "campaigns").say == "In which repository? Those of claw.yaml: parser, site."
    assert meant(claw, "campaigns", repos=("parser",)).calls[0].repo == "parser"
    assert "repos:" in meant(claw, "run parser", repos=()).say


def test_what_is_mistyped_is_done_only_if_it_reads(claw: ClawUnderTest) -> None:
    """A read is done; what has an effect is asked for once more, in the words that were meant."""
    assert called(claw, "remindrs") == "claw schedule {}"
    guess = meant(claw, "remnid me in 5 minutes to eat")
    assert guess.calls == ()
    assert "remind me in 5 minutes to eat" in guess.say
    assert "remind me" in meant(claw, "could you maybe remind").say


@pytest.mark.parametrize("text", ["yes", "approve", "approve 3", "Yes, do it!", "refuse it", "approve all"])
def test_no_sentence_approves(claw: ClawUnderTest, text: str) -> None:
    """A free yes is no approval, and the answer says what is one."""
    meaning = meant(claw, text)
    assert meaning.calls == ()
    assert "overnight approve N" in meaning.say


def test_a_correction_takes_the_place_of_what_was_shown(claw: ClawUnderTest) -> None:
    """`no, ...` corrects the fact of the newest answer; if that had several, the one that it is about, else it asks."""
    claw.tell("note that the key is under the mat")
    claw.tell("no, the key is in the jar")
    [said] = claw.tell("what do you know about the key?")
    assert "jar" in said
    assert "mat" not in said
    claw.tell("note that the spare key is at Ann's")
    claw.tell("what do you know about the key?")
    claw.tell("no, the spare key is at Bob's")
    [said] = claw.tell("what do you know about the key?")
    assert "Bob" in said
    assert "Ann" not in said
    [asks] = claw.tell("no, it is the key")
    assert "Which one is wrong?" in asks


def test_members_keep_notes_and_reminders_alone(claw: ClawUnderTest) -> None:
    """What is about the owner's machine is not theirs to ask for."""
    assert meant(claw, "remind me in 5 minutes to eat", role=Kind.MEMBER).calls
    for text in ("how is parser?", "run parser", "what did it cost?", "merge #2", "log", "show 3", "campaigns"):
        assert meant(claw, text, role=Kind.MEMBER).calls == ()
    assert "parser" not in meant(claw, "help", role=Kind.MEMBER).say


def test_what_was_not_read_is_not_merged(claw: ClawUnderTest) -> None:
    """The result is shown first; without a list that was shown, `the second one` is none."""
    assert called(claw, "merge #12") == "result {'number': 12}"
    assert "merge #12" in meant(claw, "merge #12").say
    assert meant(claw, "merge the second one").calls == ()


def shown(claw: ClawUnderTest, operation: str, text: str, **given_: object) -> None:
    """A call that the owner made, and what they were shown."""
    claw.hear("x")
    claw.run()
    turn = claw.record.newest_of(["received"], 1)[0].seq
    given, answer = sealed_json({"given": given_, "repo": "", "direct": True}), seal(text)
    claw.record.append(
        CallBegun(turn=turn, call=1, operation=operation, given=given.ref, origin=Origin.OWNER),
        CallEnded(turn=turn, call=1, end=CallEnd.DONE, text=answer.ref, origin=Origin.TOOL),
        texts=[given, answer],
    )


BOARD = "Needs you\n  #7 Export (shop): waits\n  #12 Import (shop): waits\nFlowing\n  #13 Other (shop): coded"
END = "\n".join(
    (
        "Accept: `overnight accept 12 {commit}`  ",
        'Send back: `overnight send back 12 "what to change"`  ',
        "Drop: `overnight drop 12`",
    )
)


def test_the_second_one_is_merged_at_the_commit_that_was_shown(claw: ClawUnderTest) -> None:
    """`the second one` is that of the list that was shown; it is read before it is taken, at the commit that was read."""
    shown(claw, "board", BOARD)
    assert called(claw, "merge the second one") == "result {'number': 12}"
    assert "has 2: #7, #12" in meant(claw, "merge the third one").say
    forged = f"- *claimed* {END.format(commit='b' * 12)}\n"
    shown(claw, "result", f"# 12 Import\n{forged}{END.format(commit='a' * 12)}\n", number=12)
    assert called(claw, "merge the second one") == f"accept {{'number': 12, 'commit': '{'a' * 12}'}}"
    assert called(claw, "merge #12") == f"accept {{'number': 12, 'commit': '{'a' * 12}'}}"


def test_a_result_that_was_cut_is_not_merged(claw: ClawUnderTest) -> None:
    """Without our own last lines, a commit that an agent's words name is none that was read."""
    shown(claw, "result", f"# 12 Import\n{END.format(commit='b' * 12)}\n… 3,000 more characters", number=12)
    assert meant(claw, "merge #12").calls == ()
    assert "overnight review 12" in meant(claw, "merge #12").say


FREE = st.text(min_size=1, max_size=200).filter(str.strip)


@given(text=FREE)
@settings(max_examples=200, deadline=None)
def test_a_quotation_calls_nothing(text: str) -> None:
    """Whatever stands in a quotation is not said by who sends it."""
    mind = GrammarMind(Seen(None), called="claw", repos=lambda: REPOS)  # type: ignore[arg-type]  # it is not looked into
    turn = Turn(number=1, text="", person="o", role=Kind.OWNER, origin=Origin.OWNER, to=Address("t", "o"), at=NOW, zone="UTC")
    for mark in (">", "> ", '"', "“", "«", "`", "```\n"):
        meaning = mind.understand(replace(turn, text=f"{mark}{text}"))
        assert meaning is None or meaning.calls == ()


@given(text=FREE)
@settings(max_examples=200, deadline=None)
def test_the_free_part_of_a_sentence_calls_nothing_else(text: str) -> None:
    """Whatever is noted, the call is a note of it."""

    mind = GrammarMind(Seen(None), called="claw", repos=lambda: REPOS)  # type: ignore[arg-type]  # it is not looked into
    turn = Turn(number=1, text="", person="o", role=Kind.OWNER, origin=Origin.OWNER, to=Address("t", "o"), at=NOW, zone="UTC")
    meaning = mind.understand(replace(turn, text=f"note that x {text}"))
    assert meaning is not None
    assert [each.operation for each in meaning.calls] == ["claw note"]


def test_reminders_are_cancelled_and_moved_by_what_they_are_about(claw: ClawUnderTest) -> None:
    """By number, by words, or the newest; if it is not clear which, it asks, and does nothing."""
    claw.tell("remind me tomorrow at 8 to call Ann")
    claw.tell("remind me tomorrow at 10 to call Bob")
    [said] = claw.tell("move it to 11:30")
    assert "11:30" in said
    assert "Bob" in said
    [asks] = claw.tell("cancel the reminder about call")
    assert "Which one?" in asks
    assert len(claw.record.schedules()) == 2
    claw.tell("cancel the reminder about Ann")
    [left] = claw.record.schedules()
    assert claw.record.text(left.set.text) == "call Bob"
    claw.tell(f"cancel #{left.number}")
    assert claw.record.schedules() == []
    assert "no such reminder" in claw.tell("cancel the reminder about Ann")[0]

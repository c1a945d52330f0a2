"""The queue of ideas: which is next, what happens to one, and the file that a person edits."""

from dataclasses import replace

import pytest
from builders import concluded, proposed
from hypothesis import given
from hypothesis import strategies as st

from overnight.agents.hindrance import Hindrance
from overnight.gate.verdict import Verdict
from overnight.research.charter import parse_charter
from overnight.research.event_text import decode, encode
from overnight.research.events import IdeasChanged, ProposalMissed
from overnight.research.idea import AddIdea, DropIdea, IdeaEdit, IdeaQueue, IdeaState, OrderIdeas, ReopenIdea, RewordIdea, Risk
from overnight.research.ideas.answer import MOST_IDEAS, parse_answer
from overnight.research.ideas.file import parse_ideas, render_ideas
from overnight.research.ideas.queue import MOST_DONE, MOST_OPEN, PATIENCE, after, choose_idea, refusal, with_charter
from overnight.research.ideas.text import clean_idea, clean_label, words_of

EMPTY = IdeaQueue()


def changed(queue: IdeaQueue, by: str, *edits: IdeaEdit) -> IdeaQueue:
    return after(queue, IdeasChanged(by=by, edits=edits))


def filled(*texts: str, by: str = "director", risk: Risk | None = None) -> IdeaQueue:
    return changed(EMPTY, by, *(AddIdea(text=text, risk=risk) for text in texts))


def taken(queue: IdeaQueue, idea: int, by: int) -> IdeaQueue:
    return after(queue, replace(proposed(by), idea=idea))


def texts(queue: IdeaQueue) -> list[str]:
    return [idea.text for idea in queue.ideas]


# --- What happens to an idea ---


def test_an_idea_is_taken_by_a_proposal_and_tried_by_its_verdict() -> None:
    """It keeps its result; while it is taken it is not chosen."""
    queue = taken(filled("warm up longer", "drop the bias"), 1, by=7)
    assert queue.ideas[0].state is IdeaState.TAKEN and queue.ideas[0].experiment == 7
    assert (chosen := choose_idea(queue, 0.3)) and chosen.text == "drop the bias"
    queue = after(queue, concluded(7, Verdict.KEEP, gain=0.5))
    assert texts(queue) == ["drop the bias"]
    assert (queue.done[0].verdict, queue.done[0].gain, queue.done[0].experiment) == (Verdict.KEEP, 0.5, 7)


def test_a_proposal_that_came_to_nothing_gives_it_back_but_not_for_ever() -> None:
    """A reject and a researcher that failed count as misses; after three the idea stays open, and nobody is given it."""
    queue = filled("warm up longer")
    queue = after(taken(queue, 1, by=1), concluded(1, Verdict.REJECT))
    assert queue.ideas[0].state is IdeaState.OPEN and choose_idea(queue, 0.3)
    for _ in range(PATIENCE - 1):
        queue = after(queue, ProposalMissed(role="explorer", reason="it slept", idea=1))
    assert choose_idea(queue, 0.3) is None and not queue.done
    assert (queue.ideas[0].state, queue.ideas[0].misses, queue.ideas[0].reason) == (IdeaState.OPEN, PATIENCE, "it slept")
    reworded = after(queue, IdeasChanged(by="person", edits=(RewordIdea(number=1, text="warm up for 100 steps"),)))
    assert choose_idea(reworded, 0.3), "a person who rewords it has it tried again"


def test_what_keeps_a_researcher_from_working_says_nothing_about_its_idea() -> None:
    """A provider that is out, or a program that is missing, does not count as a miss."""
    queue = filled("warm up longer")
    for fault in Hindrance:
        assert after(queue, ProposalMissed(role="explorer", reason="exit 127", idea=1, fault=fault)) == queue


def test_only_a_verdict_on_its_own_merits_uses_an_idea_up() -> None:
    """Each verdict does; a change that went back to its author, and one whose end says nothing about it, does not."""
    queue = taken(filled("warm up longer", risk=Risk.BOLD), 1, by=1)
    for verdict in (Verdict.KEEP, Verdict.DISCARD, Verdict.CRASH):
        assert after(queue, concluded(1, verdict)).done
    unjudged = after(queue, replace(concluded(1), unjudged=True))
    assert (unjudged.ideas[0].state, unjudged.ideas[0].misses, unjudged.bold) == (IdeaState.OPEN, 1, 0)
    returned = after(queue, replace(concluded(1), returned=True))
    assert (returned.ideas[0].state, returned.ideas[0].misses, returned.bold) == (IdeaState.OPEN, 0, 0)


def test_an_experiment_that_is_proposed_once_more_keeps_its_idea() -> None:
    """The verdict on the first proposal, on a head that moved, is not final for the idea."""
    queue = after(taken(filled("warm up longer", risk=Risk.BOLD), 1, by=1), concluded(1))
    queue = after(taken(queue, 1, by=2), concluded(2, Verdict.KEEP, gain=1.0))
    assert [(idea.experiment, idea.verdict) for idea in queue.done] == [(2, Verdict.KEEP)]
    assert queue.bold == 1


def test_events_of_experiments_without_an_idea_change_nothing() -> None:
    """Neither do those of an unknown idea."""
    queue = filled("warm up longer")
    missed = ProposalMissed(role="r", reason="", idea=99)
    assert after(after(after(queue, proposed(1)), concluded(1)), missed) == queue


def test_the_same_idea_in_other_words_of_no_meaning_is_refused() -> None:
    """Case, punctuation and stop words do not make an idea new; another number does."""
    queue = filled("Raise the learning rate to 0.1")
    assert texts(changed(queue, "director", AddIdea(text="let's try: raise learning rate, to 0.1!"))) == texts(queue)
    assert len(changed(queue, "director", AddIdea(text="raise the learning rate to 0.2")).ideas) == 2
    tried = after(taken(queue, 1, by=3), concluded(3))
    assert refusal(tried, "raise learning rate to 0.1") == "nearly the same as idea #1, discard in experiment #3"
    crashed = after(taken(queue, 1, by=3), concluded(3, Verdict.CRASH))
    assert refusal(crashed, "raise learning rate to 0.1") == "", "a crash says nothing about the idea"


def test_a_person_learns_why_an_idea_was_not_taken() -> None:
    """It is listed among the finished ones; a role's leaves no trace."""
    queue = changed(filled("a plain idea"), "person", AddIdea(text="A plain idea!"))
    assert queue.done[0].reason == "nearly the same as idea #1"
    assert changed(filled("a plain idea"), "director", AddIdea(text="A plain idea!")) == filled("a plain idea")


def test_a_role_cannot_touch_what_a_person_wants() -> None:
    """It drops open ideas of roles; it rewords, reorders and reopens none."""
    queue = changed(filled("from a role"), "person", AddIdea(text="from a person"))
    edits = (DropIdea(number=2), RewordIdea(number=2, text="hijacked"), OrderIdeas(numbers=(1, 2)))
    assert changed(queue, "director", *edits) == queue
    assert texts(changed(queue, "director", DropIdea(number=1, reason="stale"))) == ["from a person"]
    assert texts(changed(queue, "person", DropIdea(number=2))) == ["from a role"]


def test_the_queue_is_bounded() -> None:
    """If there are too many, the oldest of a role is dropped, with the reason; of the finished ones the newest stay."""
    queue = filled(*(f"idea {n}" for n in range(MOST_OPEN)))
    queue = changed(queue, "person", AddIdea(text="one more"))
    assert len(queue.ideas) == MOST_OPEN and queue.ideas[0].text == "one more"
    assert queue.done[-1].text == "idea 0" and "more than 500" in queue.done[-1].reason
    queue = changed(queue, "person", *(DropIdea(number=n) for n in range(2, 2 + 2 * MOST_DONE)))
    assert len(queue.done) == MOST_DONE
    full = filled(*(f"idea {n}" for n in range(MOST_OPEN)), by="person")
    assert refusal(full, "something else") == "500 ideas are open already"


# --- Which is next ---


def test_persons_come_first_then_the_oldest() -> None:
    """An idea of a person comes before those of roles and after those of persons."""
    queue = filled("a role's")
    queue = changed(queue, "person", AddIdea(text="a person's first"), AddIdea(text="a person's second"))
    assert texts(queue) == ["a person's first", "a person's second", "a role's"]
    assert (chosen := choose_idea(queue, 0.3)) and chosen.number == 2


def test_bold_and_safe_ideas_are_mixed_by_the_share() -> None:
    """Of ten choices three are bold, spread out; ideas in progress count; if one kind runs out, the other replaces it."""
    queue = EMPTY
    for n in range(10):
        queue = changed(queue, "d", AddIdea(text=f"bold {n}", risk=Risk.BOLD), AddIdea(text=f"safe {n}", risk=Risk.SAFE))
    chosen = []
    for number in range(1, 11):
        idea = choose_idea(queue, 0.3)
        assert idea is not None
        chosen.append(idea.risk)
        queue = after(taken(queue, idea.number, by=number), concluded(number))
    assert chosen.count(Risk.BOLD) == 3 and chosen[:2] != [Risk.BOLD, Risk.BOLD]
    only_bold = filled("one", "two", risk=Risk.BOLD)
    first = choose_idea(only_bold, 0.0)
    assert first and (second := choose_idea(only_bold, 0.0, {first.number})) and second.number != first.number
    assert choose_idea(only_bold, 0.0, {1, 2}) is None


# --- The program's checklist ---


def test_the_checklist_of_the_program_comes_in_once() -> None:
    """New lines are added, known ones are not, and a tick removes an open idea."""
    first = parse_charter("## Ideas\n- [ ] weight decay (bold)\n- [ ] no bias\n- [x] done long ago")
    queue = with_charter(EMPTY, first)
    assert [(idea.text, idea.risk, idea.origin) for idea in queue.ideas] == [
        ("weight decay", Risk.BOLD, "program"),
        ("no bias", None, "program"),
    ]
    assert with_charter(queue, first) == queue
    assert texts(with_charter(queue, parse_charter("## Ideas\n- [x] weight decay (bold)\n- [ ] third"))) == ["no bias", "third"]


# --- The file ---


def three() -> IdeaQueue:
    queue = filled("warm up longer", "drop the bias", "a larger batch")
    return changed(
        queue, "director", RewordIdea(number=1, text="x"), AddIdea(text="norm the output", effect="large", risk=Risk.BOLD)
    )


def test_the_file_shows_each_idea_with_what_became_of_it() -> None:
    """Open, taken, tried and dropped."""
    queue = after(taken(taken(three(), 1, by=44), 2, by=45), concluded(45, gain=-0.003))
    queue = changed(queue, "person", DropIdea(number=3, reason="deleted in ideas.md"))
    file = render_ideas(queue)
    assert "- [~] #1 warm up longer (from director; taken by #44)\n" in file
    assert "- [ ] #4 norm the output (bold; effect: large; from director)\n" in file
    assert "- [x] #2 drop the bias (from director) → discard in #45, gain -0.003\n" in file
    assert "- [x] #3 a larger batch (from director) → dropped by person: deleted in ideas.md\n" in file


def test_an_unchanged_file_has_no_edits() -> None:
    """Even if ideas are taken, tried or dropped."""
    queue = changed(after(taken(taken(three(), 1, by=44), 2, by=45), concluded(45)), "person", DropIdea(number=3))
    assert parse_ideas(render_ideas(queue), queue) == ()


def test_a_person_may_add_reword_tick_delete_and_move_lines() -> None:
    """Each is one edit; applied, the queue is what the file says."""
    queue = three()
    lines = render_ideas(queue).splitlines()
    at = next(n for n, line in enumerate(lines) if "#1" in line)
    one, two, _, four = lines[at : at + 4]
    edited = [four.replace("norm the", "scale the"), "- [ ] my own (safe)", one, two.replace("[ ]", "[x]")]
    edits = parse_ideas("\n".join(lines[:at] + edited + lines[at + 4 :]), queue)
    assert edits == (
        DropIdea(number=2, reason="ticked in ideas.md"),
        DropIdea(number=3, reason="deleted in ideas.md"),
        RewordIdea(number=4, text="scale the output", risk=Risk.BOLD, effect="large"),
        OrderIdeas(numbers=(4, 1)),
        AddIdea(text="my own", risk=Risk.SAFE, before=1),
    )
    assert texts(changed(queue, "person", *edits)) == ["scale the output", "my own", "warm up longer"]


def test_a_file_that_is_cut_short_or_stale_deletes_nothing() -> None:
    """An empty or half-written file lacks its last line; an older one lacks the newest ideas."""
    queue = three()
    file = render_ideas(queue)
    assert parse_ideas("", queue) == ()
    assert parse_ideas(file[: file.index("#3")], queue) == ()
    newer = changed(queue, "director", AddIdea(text="later than the file"))
    assert parse_ideas(file, newer) == ()
    assert parse_ideas(file, after(taken(newer, 1, by=9), concluded(9))) == (), "it was open when the file was written"


def test_a_tick_that_is_taken_away_opens_an_idea_again() -> None:
    """Its outcome is still on the line, so the person saw it."""
    queue = after(taken(three(), 1, by=9), concluded(9))
    file = render_ideas(queue).replace("- [x] #1", "- [ ] #1")
    assert parse_ideas(file, queue) == (ReopenIdea(number=1),)
    again = changed(queue, "person", ReopenIdea(number=1))
    assert again.ideas[-1].number == 1 and again.ideas[-1].state is IdeaState.OPEN and not again.done


def finished() -> IdeaQueue:
    return after(taken(three(), 1, by=9), concluded(9))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("- [ ] my own", "my own"),
        ("- my own", "my own"),
        ("my own", "my own"),
        ("* [ ] lr 0.1 → 0.2", "lr 0.1 -> 0.2"),
        ("    my own", "my own"),
    ],
)
def test_a_line_behind_all_others_is_an_idea(line: str, text: str) -> None:
    """That is where `echo` puts it: below what is done, and below the last line of ours; it need not look like an idea."""
    queue = finished()
    assert parse_ideas(render_ideas(queue) + line + "\n", queue) == (AddIdea(text=text),)
    above = render_ideas(queue).replace("\n<!--", f"\n{line}\n<!--")
    assert parse_ideas(above, queue) == (AddIdea(text=text),) or line.startswith(" ")


@pytest.mark.parametrize("place", ["Edit this file", "move lines (the first", "\nNo idea is open.", "No idea is open."])
def test_a_line_among_the_words_above_the_ideas_is_an_idea(place: str) -> None:
    """Whether it touches the help or not; so is one in place of the help."""
    file = render_ideas(EMPTY)
    assert parse_ideas(file.replace(place, f"my own\n{place}", 1), EMPTY) == (AddIdea(text="my own"),)
    assert parse_ideas("# Ideas\n\nmy own\n", EMPTY) == (AddIdea(text="my own"),)


def test_what_a_person_writes_below_a_new_idea_belongs_to_it() -> None:
    """A wrapped line and a nested one go on with it; one below an idea of ours rewords that."""
    queue = three()
    file = render_ideas(queue).replace("\n<!--", "- [ ] my own idea\n  that goes on\n  - and on\n\n<!--")
    assert parse_ideas(file, queue) == (AddIdea(text="my own idea that goes on - and on"),)
    file = render_ideas(queue).replace("- [ ] #2 ", "  for the second time\n- [ ] #2 ")
    assert parse_ideas(file, queue) == (RewordIdea(number=1, text="warm up longer for the second time"),)


def test_the_words_around_the_ideas_are_none() -> None:
    """Neither the help, also that of another version, nor that nothing is open."""
    assert parse_ideas(render_ideas(EMPTY), EMPTY) == ()
    other = "# Ideas\n\nEdit this file while the campaign runs, as an older version\nsaid in two lines.\n\nNo idea is open.\n"
    assert parse_ideas(other, EMPTY) == ()
    assert parse_ideas("try dropout\n", EMPTY) == (AddIdea(text="try dropout"),), "a file that a person made"


def test_a_new_line_that_is_ticked_is_not_tried_and_not_lost() -> None:
    """It is among what is done, so a role that has it later is refused."""
    queue = changed(three(), "person", *parse_ideas("- [x] clip the gradient\n", three()))
    assert (queue.done[-1].text, queue.done[-1].dropped_by) == ("clip the gradient", "person")
    assert changed(queue, "director", AddIdea(text="clip the gradient")) == queue


def test_a_finished_idea_in_other_words_is_a_new_one() -> None:
    """Its number is that of a finished one; an old copy of the line, from before it was finished, is not."""
    queue = finished()
    assert parse_ideas("- [ ] #1 warm up longer (from director)\n", queue) == ()
    assert parse_ideas("- [ ] #1 warm up for 100 steps\n", queue) == (AddIdea(text="warm up for 100 steps"),)


ANY_LINE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "- [ ] #1",
            "- [x] #2 x",
            "- [~] #3 (from x)",
            "# Done",
            "- [ ] → discard",
            "- new (bold; effect: y)",
            "-",
            "- [",
            "---",
        ]
    ),
    st.builds("- [{}] #{} {}".format, st.sampled_from(" x~?"), st.integers(0, 10**9), st.text(max_size=30)),
)


@given(st.lists(ANY_LINE, max_size=30).map("\n".join), st.booleans())
def test_any_file_gives_edits_that_the_queue_takes(garbage: str, stamped: bool) -> None:
    """Never an error; the ledger accepts the event, and the queue's own file has no edits afterwards."""
    queue = after(taken(three(), 2, by=9), concluded(9))
    edits = parse_ideas(garbage + ("\n<!-- overnight: ideas up to #4 -->" if stamped else ""), queue)
    event = IdeasChanged(by="person", edits=edits)
    assert decode(encode(event)) == event
    edited = after(queue, event)
    assert parse_ideas(render_ideas(edited), edited) == ()
    assert all(idea.text.isprintable() and words_of(idea.text) for idea in edited.ideas)
    assert len({idea.number for idea in (*edited.ideas, *edited.done)}) == len(edited.ideas) + len(edited.done)


@given(
    st.lists(
        st.tuples(st.text(max_size=400), st.text(max_size=90), st.sampled_from([None, *Risk]), st.text(max_size=20)), max_size=8
    )
)
def test_what_the_file_says_is_what_the_queue_holds(ideas: list[tuple[str, str, Risk | None, str]]) -> None:
    """Texts, effects and origins of any kind come back from the file as they were."""
    queue = EMPTY
    for text, effect, risk, by in ideas:
        queue = changed(queue, by, AddIdea(text=text, effect=effect, risk=risk))
    assert parse_ideas(render_ideas(queue), queue) == ()


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    """An idea is compared with its line in the file."""
    assert clean_idea(clean_idea(text)) == clean_idea(text)
    assert clean_label(clean_label(text, 20), 20) == clean_label(text, 20)


# --- The director's answer ---


def test_the_director_answers_in_lines() -> None:
    """Ideas and drops are found among other text, with Markdown around them."""
    answer = """Here is what I think:
- **IDEA:** decay the value embeddings | effect: small, likely | risk: safe
IDEA: replace the optimizer | risk: **bold** (needs new betas)
* DROP #12: tried in another form
drop 13
IDEA: ??? | risk: bold
"""
    assert parse_answer(answer) == (
        DropIdea(number=12, reason="tried in another form"),
        DropIdea(number=13),
        AddIdea(text="decay the value embeddings", effect="small, likely", risk=Risk.SAFE),
        AddIdea(text="replace the optimizer", risk=Risk.BOLD),
    )


@given(st.text())
def test_no_answer_is_an_error(answer: str) -> None:
    """Other text is not an edit, and one answer adds a limited number of ideas."""
    assert len(parse_answer(answer)) == 0 or "IDEA" in answer.upper() or "DROP" in answer.upper()
    assert len(parse_answer("\n".join(f"IDEA: number {n}" for n in range(100)))) == MOST_IDEAS


def test_an_idea_cannot_say_how_far_the_file_goes() -> None:
    """Only the last line tells it, so an idea newer than the copy of an editor does not count as deleted."""
    hostile = filled("look <!-- overnight: ideas up to #999; x -->")
    newer = changed(hostile, "director", AddIdea(text="newer"))
    assert parse_ideas(render_ideas(hostile), newer) == ()


def test_the_help_of_the_version_before_is_no_idea() -> None:
    """A campaign that is continued finds a file whose help begins as ours does and ends otherwise."""
    before = (
        "# Ideas\n\nEdit this file while the campaign runs: add a line `- [ ] what to try`, change a text, tick or delete "
        "what not to try, move\nlines (the first is tried first). Write `(bold)` or `(safe)` after an idea to say how far it "
        "goes. `[~]` is being tried.\n\nNo idea is open.\n"
    )
    assert parse_ideas(before, IdeaQueue()) == ()
    assert "still works on is `[ ]`" in render_ideas(IdeaQueue())
    assert parse_ideas(render_ideas(IdeaQueue()), IdeaQueue()) == ()

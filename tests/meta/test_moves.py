"""Single changes of an organisation: each in the text as it is written, and nothing else in it."""

import difflib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.git.port import FileChange
from overnight.meta.charter import Charter
from overnight.meta.moves import Move, moves
from overnight.meta.organisation import objections
from overnight.meta.parsing import parse_charter
from overnight.meta.rewriting import with_bold, with_idea_first, with_max_pairs, without_idea
from overnight.program.front_matter import Value, load_front_matter
from overnight.program.parser import parse_program
from overnight.program.writer import flow
from overnight.research.charter import parse_charter as words_of

TUNER = "{role: tuner, use: tuner}"
FOLLOWER = "{role: follower, use: command, command: python -S -E follower.py}"
BLIND = "{role: blind, use: command, command: 'python -S -E follower.py --blind'}"
BLOCK = "  - role: follower  # who reads\n    use: command\n    # its command\n    command: python -S -E follower.py\n"
LAYOUTS = (
    "",
    f"researchers: [{FOLLOWER}]\n",
    f"researchers: [{FOLLOWER}, {BLIND}]  # both\n",
    f"researchers:\n  - {FOLLOWER}  # reads\n  # not yet\n  - {BLIND}\n",
    f"researchers:\n- {BLIND}\n- {FOLLOWER}\n",
    f"researchers: [\n  {FOLLOWER},  # reads\n  {BLIND},\n]\n",
    f"researchers:\n{BLOCK}  - {BLIND}\n\n# the end\n",
    f"researchers:\n  - {BLIND}\n{BLOCK}",
)
GATES = (
    "",
    "gate: {error_rate: 0.1, max_pairs: 30}\n",
    "gate: {error_rate: 0.1}\n",
    "gate: {}\n",
    "gate:\n  # sure\n  error_rate: 0.1  # enough\n",
    "gate:\n    max_pairs: 60  # many\n    error_rate: 0.1\n",
)
BODIES = (
    "",
    "# Do it\n\nNo headings.",
    "# Do it\n\n## Risk\n\n30 % bold, as we are in no hurry.\n\n## Ideas\n\n"
    "- [ ] one thing (safe)\n- [ ] another\n  with more (bold)\n- [x] done\n",
    "## Ideas\n1. first idea (bold)\n2. second idea (safe)\n\nSome words.\n\n## Rest\n- [ ] no idea\n",
    "# Ideas\n\n* [ ] a (bold)\n* [ ] b (safe)\n\n# Risk\n\nrisk: low\n\n```\n# Risk\n- [ ] in a fence\n```\n",
    "## Roles\n\n### follower\n\nfactor 3\n\n## Ideas\n- [ ] only (safe)",
)


def charter(*targets: str) -> Charter:
    named = ", ".join(targets or ("lab:plant",))
    text = f"---\ntargets: [{named}]\ninner: {{trials: 100}}\nallowed_researchers: [{TUNER}, {FOLLOWER}, {BLIND}]\n---\n"
    return parse_charter(text, "meta.md")


@st.composite
def programs(draw: st.DrawFn) -> str:
    parts = [
        "# a comment\nmetric: loss\n",
        draw(st.sampled_from(LAYOUTS)),
        draw(st.sampled_from(GATES)),
        "measure: python x.py  # m\n",
    ]
    text = "---\n" + "".join(draw(st.permutations(parts))) + "---\n" + draw(st.sampled_from(BODIES))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def changed_lines(before: str, after: str) -> Iterator[str]:
    for line in difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        if line[0] in "+-":
            yield line


@settings(max_examples=20)
@given(programs())
def test_every_move_is_a_small_edit_that_is_allowed(text: str) -> None:
    """It parses, is in scope, differs from all others, keeps comments elsewhere and line ends everywhere."""
    found = list(moves(charter(), text))
    assert len({move.text for move in found}) == len(found) == len({move.what for move in found}) > 0
    ends = "\r\n" if "\r\n" in text else "\n"
    for move in found:
        assert not objections(
            charter(), [FileChange(path="program.md", content=move.text.encode())], {"program.md": text.encode()}
        )
        assert move.text.replace("\r\n", "\n").count("\n") == move.text.count(ends)
        edited = {line.strip(" \r\n+-") for line in changed_lines(text, move.text)}
        assert "# a comment" not in edited and "measure: python x.py  # m" not in edited
        if move.kind in {"risk", "first", "drop"}:
            assert move.text.partition("---" + ends + "#")[0][:20] == text.partition("---" + ends + "#")[0][:20]


@settings(max_examples=20)
@given(programs())
def test_moves_do_what_they_say(text: str) -> None:  # noqa: C901  # a case for each kind
    """Roles, counts, pairs, ideas and the share of bold ones are what the words of the move say."""
    before, said = parse_program(text, "program.md"), words_of(parse_program(text, "program.md").body)
    roles = [spec.role for spec in before.researchers]
    ideas = [idea.text for idea in said.ideas if not idea.done]
    for move in moves(charter(), text):
        after = parse_program(move.text, "program.md")
        now = words_of(after.body)
        then = [spec.role for spec in after.researchers]
        left = [idea.text for idea in now.ideas if not idea.done]
        match move.kind:
            case "only":
                assert then == [move.subject]
            case "add":
                assert then == [*roles, move.subject]
            case "remove":
                assert then == [role for role in roles if role != move.subject]
            case "replace":
                assert len(then) == len(roles) and move.subject in then and len({*then} ^ {*roles}) == 2
            case "count":
                assert (
                    then == roles
                    and f"Have {next(s.count for s in after.researchers if s.role == move.subject)} of" in move.what
                )
            case "pairs":
                assert f"proof {after.gate.max_pairs} pairs" in move.what and after.gate.max_pairs != before.gate.max_pairs
            case "risk":
                assert f"Take {now.bold * 100:.0f} % bold" in move.what and left == ideas
            case "first":
                assert left == [move.subject, *(idea for idea in ideas if idea != move.subject)]
            case "drop":
                assert left == [idea for idea in ideas if idea != move.subject]


def kinds(text: str, *targets: str) -> set[str]:
    return {move.kind for move in moves(charter(*targets), text)}


def program(researchers: str, body: str) -> str:
    return f"---\nmetric: loss\nmeasure: x\nresearchers: [{researchers}]\n---\n{body}"


def test_words_that_nobody_reads_are_left_alone() -> None:
    """Ideas and risk matter if somebody reads them; a share of bold ones if there are both. Fixed targets have queues."""
    assert {"risk", "first", "drop"} <= kinds(program(FOLLOWER, BODIES[2]))
    assert not {"risk", "first", "drop"} & kinds(program(TUNER, BODIES[2]))
    assert "risk" not in kinds(program(FOLLOWER, BODIES[5]))
    assert not {"first", "drop"} & kinds(program(FOLLOWER, BODIES[2]), "lab:plant#3", "../repo")


@pytest.mark.parametrize("layout", [f"researchers:\n  - {FOLLOWER}  # reads\n  # not yet\n  - {BLIND}\n"])
def test_an_edit_of_a_list_keeps_what_stands_beside_it(layout: str) -> None:
    """A changed entry keeps the comment behind it; a removed one takes its own line alone."""
    text = f"---\nmetric: loss\nmeasure: x\n{layout}---\n"
    found = {move.what: move for move in moves(charter(), text)}
    assert "command: python -S -E follower.py, count: 2}  # reads\n  # not yet\n" in found["Have 2 of follower, not 1"].text
    assert found["Let follower work alone"].text == text.replace(f"  - {BLIND}\n", "")
    assert found["Add tuner"].text == text.replace(f"  - {BLIND}\n", f"  - {BLIND}\n  - {TUNER}\n")


@pytest.mark.parametrize("front", ["{metric: loss, measure: x}\n", "metric: loss\nmeasure: x\ngate: &a {max_pairs: 30}\n"])
def test_a_front_matter_that_it_cannot_edit_is_left_alone(front: str) -> None:
    """No edit is guessed."""
    assert with_max_pairs(f"---\n{front}---\n", "program.md", 20) in {
        None,
        "---\nmetric: loss\nmeasure: x\ngate: &a {max_pairs: 20}\n---\n",
    }


def test_ideas_move_with_the_lines_below_them() -> None:
    """The lines that belong to an idea go with it; ideas elsewhere, in a fence or under another heading, are none."""
    body = "## Ideas\n\n- [ ] one\n- [ ] two\n  and more\n\n## Rest\n\n- [ ] three"
    assert with_idea_first(body, "two and more") == "## Ideas\n\n- [ ] two\n  and more\n- [ ] one\n\n## Rest\n\n- [ ] three"
    assert with_idea_first(body, "three") is None and with_idea_first(body, "one") is None
    assert without_idea(body, "one") == body.replace("[ ] one", "[x] one")
    assert without_idea("## Ideas\n- one\n- two\n", "one") == "## Ideas\n- two\n"


@pytest.mark.parametrize("risk", ["30 % bold.", "Be brave. risk: low", "70 % safe", "half of them bold", "no bold ideas", ""])
def test_the_share_of_bold_ideas_is_set_beside_the_words(risk: str) -> None:
    """However it was said, the new share is what is read, and the other words stay."""
    made = with_bold(f"# Risk\n\n{risk}\n\n# Rest\n\n40 % of it.\n", 0.9)
    assert made is not None and words_of(made).bold == 0.9 and made.endswith("# Rest\n\n40 % of it.\n")


def test_moves_have_words_of_their_own() -> None:
    """The same change has the same words on another organisation, so that two can be made one after the other."""
    one = program(f"{FOLLOWER}, {BLIND}", BODIES[2])
    first: dict[str, Move] = {move.what: move for move in moves(charter(), one)}
    second = {move.what for move in moves(charter(), first["Let follower work alone"].text)}
    assert {"Take 90 % bold ideas, not 30 %", "Have 2 of follower, not 1"} <= second


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff\u2028\u2029\x85"), max_size=12)
VALUES = st.recursive(
    WORDS
    | st.sampled_from(["no", "null", "1:30", "- x", "a: b", "#", "~", "{seed}", "1e3", "0x1", "two\nlines"])
    | st.integers()
    | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["wall", "hosts"]), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=50)
@given(VALUES)
def test_an_entry_is_written_so_that_it_reads_as_it_was(value: Value) -> None:
    """Words that YAML would read as something else are quoted, and all of it is on one line."""
    assert load_front_matter(f"key: {flow(value)}\n", "program.md").values == {"key": value}

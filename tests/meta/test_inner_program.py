"""The programs that a meta-campaign makes: of a target and an organisation, and its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.errors import ProgramError
from overnight.gate import guards
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.meta.composition import inner_program, program_text
from overnight.meta.organisation import organisation_of
from overnight.meta.parsing import parse_charter
from overnight.program.front_matter import load_front_matter, split_front_matter
from overnight.program.parser import parse_program
from overnight.program.writer import plain_front_matter
from overnight.research.charter import parse_charter as parse_body

ORGANISATION = """\
---
metric: {name: loss, direction: minimize}
measure: python train.py
gate: {max_pairs: 30, error_rate: 0.2}
budget: {hours: 1}
researchers: [{role: tuner, use: tuner, count: 2}, {role: hand, use: command, command: "a \U0001f600 'b' # c"}]
---
# Make the loss small

Start small.

## Roles

### hand

Read first.

## Risk

30 % bold

## Ideas

- [ ] an idea of the organisation
"""
TARGET = """\
---
metric: {name: score, direction: maximize}
measure: "python play.py --word '\U0001f600' --seed {seed} # c"
env: {A: "no", B: "1:30", C: "0x10", D: " x "}
limits: {wall: 90s, memory: 1GB}
gate: {error_rate: 0.05}
notify: [phone]
target: 3
---
# Win the game

On a board.

## Ideas

- [ ] an idea of the target
"""
CHARTER = """\
---
targets: [lab:plant, .]
holdout: [lab:kernel]
inner: {trials: 100}
allowed_researchers: [{role: tuner, use: tuner}]
budget: {hours: 2}
guards: [tokens <= 1000]
notify: [phone]
---
Words.
"""


def inner(target: str = TARGET, *, fixed: bool) -> str:
    made = organisation_of(ORGANISATION, "program.md")
    return inner_program(target, made, budget={"trials": 100, "cost_usd": 0.5}, path="program.md", fixed=fixed)


@pytest.mark.parametrize("fixed", [True, False])
def test_an_inner_program_is_the_target_s_with_the_organisation(*, fixed: bool) -> None:
    """The target keeps what it measures, and its description; who works, max_pairs and the words are the organisation's."""
    made, target, organisation = (parse_program(text, "p") for text in (inner(fixed=fixed), TARGET, ORGANISATION))
    assert (made.metric, made.measure, made.env, made.limits) == (target.metric, target.measure, target.env, target.limits)
    assert (made.gate.error_rate, made.gate.max_pairs) == (0.05, 30)
    assert made.researchers == organisation.researchers
    assert (made.budget.trials, made.budget.cost_usd, made.budget.hours) == (100, 0.5, None)
    assert (made.notify, made.target) == ((), None)
    body = parse_body(made.body)
    assert body.text.index("On a board.") < body.text.index("Start small.")
    assert (body.role("hand"), body.bold) == ("Read first.", 0.3)
    assert [idea.text for idea in body.ideas] == [f"an idea of the {'target' if fixed else 'organisation'}"]


def test_the_own_repository_has_the_words_of_the_organisation_alone() -> None:
    """As a target it is not described twice, and what a proposal removes is gone."""
    made = parse_program(inner(ORGANISATION.replace("Start small.", "Start big."), fixed=True), "p")
    assert made.body.count("Start small.") == 1 and "Start big." not in made.body
    assert [idea.text for idea in parse_body(made.body).ideas] == ["an idea of the organisation"]


def test_a_target_with_a_mistake_is_an_error_of_its_own() -> None:
    """Not of the organisation."""
    with pytest.raises(ProgramError, match=r"target\.md:3: mesure: unknown key"):
        inner_program(
            TARGET.replace("measure", "mesure"), organisation_of(ORGANISATION, "p"), budget={}, path="target.md", fixed=True
        )


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    st.dictionaries(
        st.sampled_from(["measure", "env", "checks"]), TEXT | st.integers() | st.lists(TEXT, max_size=3), min_size=1
    )
)
def test_plain_values_are_read_back_as_they_were(values: dict[str, str | int | list[str]]) -> None:
    """Whatever text is in them: quotes, line ends, words that YAML takes for something else."""
    front, body = split_front_matter(plain_front_matter(values), "p")  # type: ignore[arg-type]  # a list of texts is one of values
    assert (load_front_matter(front, "p").values, body) == (values, "")


@given(
    st.lists(
        st.sampled_from(["# Ideas", "## idea", "### Roles", "## Risk", "# x", "- [ ] y", "1. z", "```", "~~~~", "w", "", "  v"])
    )
)
def test_no_text_changes_the_ideas_of_a_fixed_target(lines: list[str]) -> None:
    """However its headings, lists and blocks are nested; the composition checks itself, and so does this test."""
    head = ORGANISATION[: ORGANISATION.index("# Make")]
    made = organisation_of(head + "\n".join(lines), "p")
    program = parse_program(inner_program(TARGET, made, budget={"trials": 10}, path="p", fixed=True), "p")
    assert [idea.text for idea in parse_body(program.body).ideas] == ["an idea of the target"]


def test_a_meta_campaign_is_a_usual_program() -> None:
    """Its metric has the targets as parts; a target whose noise was not measured is an error."""
    charter, spreads = parse_charter(CHARTER, "meta.md"), {"plant": 0.5, "here": 2.0, "kernel": 1.0}
    program = parse_program(program_text(charter, spreads), "meta.md")
    assert program.metric.parts == (("plant", 0.5), ("here", 2.0)) and program.metric.sealed_parts == (("kernel", 1.0),)
    assert (program.editable, program.gate.expensive, program.hidden) == (("program.md",), True, ())
    assert program.body.startswith("Words.\n") and [channel.name for channel in program.notify] == ["phone"]
    with pytest.raises(ProgramError, match=r"meta\.md:2: targets: `plant` is new"):
        program_text(charter, {"here": 1.0, "kernel": 1.0})


def test_guards_bound_what_the_pairs_use() -> None:
    """An organisation that clearly spends more than a guard allows is discarded, whatever it gains."""
    charter = parse_charter(CHARTER, "meta.md")
    program = parse_program(program_text(charter, {"plant": 0.5, "here": 2.0, "kernel": 1.0}), "meta.md")

    def trials(tokens: float) -> list[Trial]:
        keys = [TrialKey(experiment=1, stage=Stage.CONFIRM, arm=Arm.CANDIDATE, index=index) for index in range(3)]
        return [Trial(key=key, seed=1, tree="t", value=9.0, metrics={"tokens": tokens}) for key in keys]

    assert guards.breach(program.guards, trials(900.0), deterministic=False) is None
    assert "tokens <= 1000 does not hold" in (guards.breach(program.guards, trials(1100.0), deterministic=False) or "")

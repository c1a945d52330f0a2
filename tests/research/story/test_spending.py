"""What models cost, by role and model."""

from dataclasses import replace

import pytest
from campaigns import CASES, record
from with_models import CALL, CALLS, with_models

from overnight.models.usage import Usage
from overnight.research.events import ModelCalled, Proposed
from overnight.research.report.markdown import render_markdown
from overnight.research.story.narrator import tell_story
from overnight.research.story.spending import MODELS, OTHERS, Spending
from overnight.research.story.story import Story
from overnight.research.views.model_costs import model_facts, model_rows


def called(number: int, role: str = "explorer", model: str = "m") -> ModelCalled:
    """One call."""
    return ModelCalled(number=number, role=role, provider="p", model=model, usage=CALL)


def proposed(number: int, role: str = "explorer") -> Proposed:
    """A proposal whose researcher claims to have used tokens."""
    return Proposed(
        number=number, role=role, researcher="x", hypothesis="h", base="b", commit="c", tree="t", tokens=777, cost_usd=7.0
    )


def story_with_models() -> Story:
    """A campaign in which three calls came before each proposal."""
    world = CASES["usual"]
    return tell_story(with_models(record(world)), world.program)


def test_calls_count_and_claims_do_not() -> None:
    """Tokens and money are what the gateway counted; what a researcher claims does not appear."""
    spending = Spending()
    spending.call(called(1))
    spending.call(called(1))
    assert spending.propose(proposed(1)) == CALL + CALL
    assert spending.propose(proposed(2)) == Usage()
    assert (spending.tokens, spending.cost_usd) == (2 * CALL.tokens, 2 * CALL.cost_usd)


def test_calls_of_another_role_are_not_for_this_proposal() -> None:
    """Calls of one role without a proposal do not count for the role that takes the number."""
    spending = Spending()
    spending.call(called(5, role="planner"))
    assert spending.propose(proposed(5)) == Usage()
    assert spending.propose(proposed(5, role="planner")) == CALL


def test_endless_models_end_in_one_row() -> None:
    """However many names come, the rows are few and the sum is right; calls for nothing are forgotten."""
    spending = Spending()
    for number in range(500):
        spending.call(called(number, model=f"model {number}"))
    models = spending.costs(1.0).models
    assert len(models) == MODELS + 1
    assert models[0].model == OTHERS
    assert sum(use.usage.calls for use in models) == 500
    assert len(spending._hoped) < 100


def test_experiment_knows_what_it_took() -> None:
    """A kept change has the tokens and the cost of the calls before its proposal."""
    story = story_with_models()
    assert story.keeps
    assert {keep.tokens for keep in story.keeps} == {CALLS * CALL.tokens}
    assert story.costs.tokens == CALLS * CALL.tokens * story.funnel.proposed


def test_models_are_shown_with_speed_and_price() -> None:
    """Rows by role and model, sums over all, and what an experiment and a kept change took."""
    story = story_with_models()
    row, *_ = model_rows(story)
    assert (row.cached, row.first_token, row.speed) == ("36 %", "0.5 s", "75")
    facts = dict(model_facts(story))
    assert facts["Calls to models"] == f"{CALLS * story.funnel.proposed}"
    money = CALLS * CALL.cost_usd * story.funnel.proposed
    assert float(facts["Money per kept change"].lstrip("$")) == pytest.approx(money / len(story.keeps), rel=0.01)
    assert "## Models" in render_markdown(story, {})


def test_what_is_estimated_or_unnamed_is_said_so() -> None:
    """A call that was cut off at a server whose model needs no name: no speed, no first token, no empty name."""
    world = CASES["usual"]
    guess = Usage(calls=1, input_tokens=9, output_tokens=0, estimated=1, unanswered=1, seconds=264.0, estimated_s=264.0)
    entries = list(record(world))
    cut = replace(entries[1], event=ModelCalled(number=1, role="explorer", provider="llamacpp", model="", usage=guess))
    story = tell_story([*entries[:1], cut, *entries[1:]], world.program)
    text = render_markdown(story, {})
    assert "- explorer with llamacpp: 1 call (1 call estimated), 9 tokens read (0 % from a cache), 0 written, $0" in text
    assert "- Of these with estimated tokens: 1" in text
    assert "First token" not in text and "Tokens written per second" not in text


def test_nothing_is_shown_if_no_model_was_called() -> None:
    """A campaign of the tuner alone has no models in its report."""
    world = CASES["usual"]
    story = tell_story(record(world), world.program)
    assert (model_rows(story), model_facts(story)) == ((), ())
    assert "## Models" not in render_markdown(story, {})

"""What a claw does when its model cannot be asked, or its budget is spent."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from claws import ClawUnderTest, make_test_claw
from scripted_models import ScriptedModels, scripted_models

from overnight.claw.events import Parked
from overnight.claw.operations.claw_remind import RemindInput, run
from overnight.claw.views.looking import look
from overnight.claw.views.status import status_words
from overnight.operations.operation import Context
from overnight.operations.own import spend

Made = Callable[..., ClawUnderTest]


@pytest.fixture
def models() -> Iterator[ScriptedModels]:
    """A server of this test."""
    with scripted_models() as server:
        server.text = "Hello."
        yield server


@pytest.fixture
def made(models: ScriptedModels, claw_state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Makes a claw whose providers are in these modes, with lines of settings."""
    opened: list[ClawUnderTest] = []

    def make(*modes: str, settings: str = "", claw: str = "") -> ClawUnderTest:
        path = claw_state.parent / "settings.toml"
        lines = [
            f'[[providers]]\nname = "p{at}"\nbase_url = "{models.url(mode)}/v1"\nwires = ["openai-chat"]\n'
            for at, mode in enumerate(modes)
        ]
        path.write_text("".join(lines) + settings)
        monkeypatch.setenv("OVERNIGHT_SETTINGS", str(path))
        opened.append(make_test_claw(settings=f"zone: UTC\nmodel: scripted\n{claw}"))
        return opened[-1]

    yield make
    for each in opened:
        each.record.store.close()


def test_a_provider_that_is_lost_is_said_once_and_all_is_done_later(models: ScriptedModels, made: Made) -> None:
    """Messages that only a model understands are kept; the grammar goes on; when it is back, each is answered once."""
    claw = made("e401")
    [said] = claw.tell("please think about this")
    assert said.startswith("My model cannot be asked now:")
    assert claw.tell("and about that, if you would") == ["I keep this too, until my model can be asked."]
    assert "stretch" in claw.tell("remind me in 20 minutes to stretch")[0]
    models.repaired.set()
    assert claw.run() == []
    claw.clock.now += 61
    assert claw.run() == ["Hello.", "Hello."]
    assert claw.record.parked() == []
    assert claw.run() == []


def test_it_is_tried_again_more_and_more_rarely(made: Made) -> None:
    """A loss costs a call at growing intervals, says nothing more, and has an end."""
    claw = made("e401")
    claw.tell("please think about this")
    for _ in range(60):
        claw.clock.now += 400
        assert claw.run() == []
    parked = [entry.event for entry in claw.record.newest_of(["parked"], 1000)]
    assert all(isinstance(event, Parked) for event in parked)
    assert 8 < len(parked) < 16
    claw.clock.now += 70 * 3600
    [said] = claw.run()
    assert said.startswith("I let this go: for three days")


def test_a_turn_goes_on_after_a_loss_and_repeats_nothing(models: ScriptedModels, made: Made) -> None:
    """A model that is lost between two steps goes on after what was called."""
    claw = made("o1e401")
    models.script = (("remember", {"text": "Ada likes tea"}),)
    models.text = "Noted."
    [said] = claw.tell("Ada likes tea, just so you know")
    assert said.startswith("My model cannot be asked now:")
    models.repaired.set()
    claw.clock.now += 61
    assert claw.run() == ["Noted.\n✓ claw note"]
    assert len(claw.record.facts()) == 1


def test_the_next_provider_is_asked(made: Made) -> None:
    """A provider that is out of quota is passed over."""
    assert made("e429q", "ok").tell("are you there, by any chance?") == ["Hello."]


def test_a_spent_day_waits_for_midnight(models: ScriptedModels, made: Made) -> None:
    """The day's budget is said to be spent once, holds over processes, and begins anew by the claw's clock."""
    claw = made("ok", claw="budget: {tokens_a_day: 3000}\n")
    claw.clock.now = 1_796_169_600.0  # 2026-12-02 00:00 UTC
    assert claw.tell("are you there, by any chance?") == ["Hello."]
    assert claw.tell("and are you still there now?") == ["Hello."]
    [said] = claw.tell("and what about now, my friend?")
    assert said.startswith("My model cannot be asked now: the claw's day's budget of tokens is spent")
    assert "at Thu 2026-12-03 00:00" in said
    asked = len(models.seen)
    for _ in range(23):
        claw.clock.now += 3600
        assert claw.run() == []
    assert len(models.seen) == asked
    claw.clock.now += 3601
    assert claw.run() == ["Hello."]


def test_a_limit_of_the_settings_holds_for_it(made: Made) -> None:
    """The owner's limits by system count a claw as any other."""
    claw = made("ok", settings="[spending.claw]\nday_tokens = 100\n")
    [said] = claw.tell("are you there, by any chance?")
    assert "the day's limit of 100 tokens for the system `claw` is spent" in said


def test_a_turn_has_a_budget_of_its_own(models: ScriptedModels, made: Made) -> None:
    """A turn that goes on and on ends with its budget, over kills too: what its steps have used counts."""
    claw = made("ok", claw="budget: {tokens_a_turn: 2500}\n")
    models.script = tuple(("recall", {"words": f"tea {n}"}) for n in range(40))
    [said] = claw.tell("is there any tea left around here?")
    assert said.startswith("This turn has used up its budget of 2500 tokens")
    assert len(models.seen) == 2


def test_a_request_that_is_too_long_is_cut(models: ScriptedModels, made: Made) -> None:
    """A model with little room gets less of what was said and known."""
    claw = made("ok")
    claw.tell(f"note that apples lie {'very ' * 80}maximum context length {'very ' * 80}deep")
    models.refused_word = "maximum context length"  # which the error repeats
    assert claw.tell("where would I find some apples?") == ["Hello."]
    assert [len(str(seen.body)) for seen in models.seen] == sorted([len(str(seen.body)) for seen in models.seen], reverse=True)
    assert len(models.seen) == 3


def test_a_schedule_has_a_budget_of_its_own(models: ScriptedModels, made: Made) -> None:
    """A schedule that acts may use so much in a day; then it says so and asks no model, while messages still do."""
    claw = made("ok", claw="budget: {tokens_a_schedule: 3000}\n")
    run(Context(where=claw.folder), RemindInput(when="every 2 hours", what="look around and tell me about it", act=True))
    said: list[str] = []
    claw.clock.now += 86_400 - (claw.clock.now - time.timezone) % 86_400 - 1800  # so that all falls on one day
    for _ in range(4):
        claw.clock.now += 2 * 3600
        said += claw.run()
    assert "Hello." in said[0]
    assert any("has used up its 3000 tokens of this day" in each for each in said)
    assert len(models.seen) == 2
    assert claw.tell("are you there, by any chance?") == ["Hello."]


def test_the_status_has_what_this_claw_used_today(made: Made) -> None:
    """What another claw used is not counted against it; and a sentence about no time is the model's."""
    claw = made("ok")
    assert claw.tell("tell me a joke") == ["Hello."]
    assert "today     1.05 k of 500 k tokens" in status_words(look(claw.folder, claw.record))
    other = make_test_claw("other")
    assert "today     0 tokens" in status_words(look(other.folder, other.record))
    other.record.store.close()


def test_silent_turns_are_shown_as_such(made: Made) -> None:
    """`overnight spend` has what a claw cost, by whether somebody wrote or something fell due."""
    claw = made("ok")
    run(Context(where=claw.folder), RemindInput(when="in 5 minutes", what="look around and tell me about it", act=True))
    claw.tell("are you there, by any chance?")
    claw.clock.now += 400
    claw.run()
    page = spend.run(Context(where=claw.folder), spend.SpendInput(by=("system", "role")))
    assert [(each.name, each.spent.tokens) for each in page.by["system"]] == [("claw", 2100)]
    assert {each.name: each.spent.calls for each in page.by["role"]} == {"talk": 1, "silent": 1}
    assert [each.requests for each in page.sent] == [2]


def test_a_day_without_events_costs_nothing(models: ScriptedModels, made: Made) -> None:
    """24 idle hours: no call, no token, no event."""
    claw = made("ok")
    claw.tell("are you there, by any chance?")
    asked, newest = len(models.seen), claw.record.store.newest()
    for _ in range(24 * 6):
        claw.clock.now += 600
        assert claw.run() == []
    assert (len(models.seen), claw.record.store.newest()) == (asked, newest)


def test_runs_of_a_schedule_do_not_pile_up(models: ScriptedModels, made: Made) -> None:
    """While a model is lost, one run of a schedule waits, and the others are not caught up with when it is back."""
    claw = made("e401")
    run(Context(where=claw.folder), RemindInput(when="every 2 hours", what="look around and tell me about it", act=True))
    said: list[str] = []
    for _ in range(5):
        claw.clock.now += 2 * 3600 + 60
        said += claw.run()
    assert len(said) == 1
    assert len(claw.record.parked()) == 1
    models.repaired.set()
    claw.clock.now += 3601
    assert len([each for each in claw.run() if "Hello." in each]) == 1


def test_what_a_model_refuses_is_said(models: ScriptedModels, made: Made) -> None:
    """A refusal is no answer of the claw's own."""
    claw = made("no")
    message = {"role": "assistant", "content": None, "refusal": "I will not."}
    models.canned("no", {"model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {}})
    assert claw.tell("are you there, by any chance?") == ["My model does not answer this: I will not."]


def test_without_a_provider_it_says_how_to_set_one_up(made: Made) -> None:
    """A model that nobody serves is a mistake of the settings: it waits for one, and says so."""
    [said] = made().tell("are you there, by any chance?")
    assert "no provider of models is set up: `overnight docs gateway` says how" in said

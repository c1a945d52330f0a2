"""A claw that thinks with a model: scripted models on both kinds of wires, real turns."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from claws import ClawUnderTest, make_test_claw
from scripted_models import Json, ScriptedModels, scripted_models

from overnight.claw.events import CallEnded, Event, Paired, Thought
from overnight.claw.minds.models import ClawModels
from overnight.ledger.sealed import SealedText
from overnight.operations.principal import Address, Kind

WIRES = ("openai-chat", "anthropic")


@pytest.fixture(scope="module")
def models() -> Iterator[ScriptedModels]:
    """A server for all tests here; each sets what it answers."""
    with scripted_models() as server:
        yield server


@pytest.fixture(params=WIRES)
def thinking(
    request: pytest.FixtureRequest, models: ScriptedModels, claw_state: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ClawUnderTest]:
    """A claw with a model behind one wire."""
    settings = claw_state.parent / "settings.toml"
    url = models.url("ok") + ("/v1" if request.param == "openai-chat" else "")
    settings.write_text(f'[[providers]]\nname = "scripted"\nbase_url = "{url}"\nwires = ["{request.param}"]\n')
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(settings))
    models.seen.clear()
    models.asked.clear()
    models.says, models.script, models.text = None, (), "Hello."
    made = make_test_claw(settings="zone: UTC\nmodel: scripted\n")
    with made.record:
        yield made


def bodies(models: ScriptedModels) -> Sequence[Json]:
    """What was asked."""
    return [seen.body for seen in models.seen if seen.method == "POST"]


def thoughts(claw: ClawUnderTest) -> Sequence[Thought]:
    """What was thought, oldest first."""
    found = [entry.event for entry in claw.record.newest_of(["thought"], 100)]
    return [event for event in reversed(found) if isinstance(event, Thought)]


def test_it_calls_and_answers(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """What the grammar does not understand is done by the model's calls; our code lists them under its words."""
    models.script = (
        ("remind", {"when": "in 10 minutes", "what": "stretch"}),
        ("remember", {"text": "the key is under the mat"}),
    )
    models.text = "I will, and I noted it."
    [said] = thinking.tell("please have me stretch in ten minutes, and the key is under the mat")
    assert said == "I will, and I noted it.\n✓ claw remind · ✓ claw note"
    assert [each.tokens for each in thoughts(thinking)] == [1050, 1250, 1450]
    thinking.clock.now += 11 * 60
    assert thinking.run() == ["⏰ stretch"]


def test_what_is_known_and_was_said_is_in_the_context(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """Relevant facts, recent talk, soul and user files are read anew for each turn."""
    thinking.tell("note that the spare key is under the mat")
    (thinking.folder / "USER.md").write_text("Ada writes compilers.\n")
    thinking.tell("where might I find that spare key?")
    [asked] = bodies(models)
    text = json.dumps(asked)
    assert "Ada writes compilers" in text
    assert "the spare key is under the mat" in text
    assert "owner: note that the spare key" in text


def test_what_is_known_stays_the_same_in_a_turn(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """It is recalled once, so that a provider can keep what it read, and `show` lists all of it."""
    thinking.tell("note that the spare key is under the mat")
    models.script = (("remember", {"text": "the spare key has a red ribbon"}), ("look", {"address": "/home"}))
    thinking.tell("the spare key has a red ribbon, just so you know")
    first, *later = [next(each["content"] for each in body["messages"] if each["role"] == "user") for body in bodies(models)]
    texts = [each if isinstance(each, str) else each[0]["text"] for each in (first, *later)]
    assert "the spare key is under the mat" in texts[0]
    assert texts == [texts[0]] * 3


def test_the_grammar_costs_nothing(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """A sentence that the grammar knows asks no model."""
    thinking.tell("remind me in 20 minutes to stretch")
    assert bodies(models) == []


def test_calls_that_do_not_fit_are_said_to_the_model(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """Bad arguments, no JSON, a page that is none: each comes back as a result, and none is called."""
    models.script = (
        ("remind", {"what": "stretch"}),
        ("call", {"operation": "claw note", "input": "not JSON"}),
        ("look", {"address": "/nowhere"}),
    )
    assert thinking.tell("do something for me please") == ["Hello."]
    results = json.dumps(bodies(models)[-1])
    assert "when: Missing required" in results or "when: Field required" in results
    assert "`input` is no JSON" in results
    assert "there is no page /nowhere" in results
    assert len(thoughts(thinking)) == 1


def test_a_call_that_is_written_as_text_is_made(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """Weak models write their calls into a fence."""
    said = iter(['```json\n{"name": "remember", "arguments": {"text": "Ada likes tea"}}\n```', "Noted."])
    models.says = lambda _: next(said)
    assert thinking.tell("Ada likes tea, just so you know") == ["Noted.\n✓ claw note"]


def test_a_call_that_cannot_be_read_is_no_answer(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """A call as text whose arguments do not fit is said to the model, and never shown to the person."""
    said = iter(['```json\n{"name": "remember", "arguments": {"texts": []}}\n```', "Hello."])
    models.says = lambda _: next(said)
    assert thinking.tell("Ada likes tea, just so you know") == ["Hello."]
    assert "That call cannot be read" in json.dumps(bodies(models)[-1])


def test_an_input_that_is_an_object_is_taken(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """Weak models write an object where its JSON is asked for, and null where nothing is."""
    models.script = (("call", {"operation": "claw note", "input": {"text": "Ada likes tea"}, "repo": None}),)
    assert thinking.tell("Ada likes tea, just so you know") == ["Hello.\n✓ claw note"]


def test_the_same_call_again_and_again_is_stopped(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """A model that goes round in circles gets the call twice, then is said to use its result, and then the turn ends."""
    models.script = (("recall", {"words": "tea"}),) * 40
    [said] = thinking.tell("is there any tea left around here?")
    assert said == "I went round in circles, and stopped."
    assert len(models.seen) == 6
    [*_, last] = thoughts(thinking)
    assert last.step == 2


def test_a_turn_has_an_end(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """A model that never stops calling is asked for words after so many steps."""
    models.script = tuple(("recall", {"words": f"tea {n}"}) for n in range(40))
    thinking.tell("is there any tea left around here?")
    assert len(models.seen) < 20
    assert "Answer now, in words" in json.dumps(bodies(models)[-1])


def test_empty_answers_are_asked_for_again(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """An empty answer is no answer; after some of them the person is told so."""
    said = iter(["", "Here I am."])
    models.says = lambda _: next(said)
    assert thinking.tell("are you there, by any chance?") == ["Here I am."]
    models.text, models.says = "", None
    assert thinking.tell("and now, are you there?") == ["My model gave no answer."]


def test_a_claim_without_a_call_is_marked(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """What a model says that it did, and did not, is seen at once."""
    models.text = "I've set a reminder for ten minutes from now."
    [said] = thinking.tell("have me stretch in ten minutes")
    assert said == "I've set a reminder for ten minutes from now.\n— nothing was called"


def test_a_call_that_needs_the_owner_is_listed_as_such(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """A costly call of the model's own idea waits for approval, and the answer says so whatever the model claims."""
    models.script = (("call", {"operation": "claw say", "input": '{"text": "hello"}'}),)
    models.text = "Done!"
    [said] = thinking.tell("say hello to yourself, would you")
    assert said.startswith("Done!\n✗ claw say")


def test_a_turn_goes_on_where_it_was_cut_off(
    thinking: ClawUnderTest, models: ScriptedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was thought before a kill is not asked again, and its calls are not made again."""
    models.script = (("remember", {"text": "Ada likes tea"}),)
    models.text = "Noted."
    thinking.hear("Ada likes tea, just so you know")
    append = thinking.record.append

    def killed(*events: Event, texts: Sequence[SealedText] = ()) -> int:
        number: int = append(*events, texts=texts)
        if any(isinstance(event, CallEnded) for event in events):
            raise KeyboardInterrupt
        return number

    with monkeypatch.context() as patched:
        patched.setattr(thinking.record, "append", killed)
        with pytest.raises((KeyboardInterrupt, BaseExceptionGroup)):
            thinking.run()
    assert len(models.seen) == 1
    assert thinking.run() == ["Noted.\n✓ claw note"]
    assert len(models.seen) == 2
    assert [each.tokens for each in thoughts(thinking)] == [1050, 1250]
    assert len(thinking.record.facts()) == 1


def test_private_facts_stay_here(thinking: ClawUnderTest, models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is noted privately is sent to no model elsewhere, neither as a fact, nor as talk, nor as a result."""
    thinking.tell("note privately that the  safe opens with 1234")
    thinking.tell("note that the safe is green")
    models.script = (("recall", {"words": "safe"}),)
    thinking.tell("by which means does that safe of mine open?")
    assert "opens with 1234" in json.dumps(bodies(models))
    models.seen.clear()
    monkeypatch.setattr(ClawModels, "is_here", False)
    thinking.tell("and by which means does the other safe of mine open?")
    sent = json.dumps(bodies(models))
    assert "1234" not in sent
    assert "[kept private]" in sent
    assert "the safe is green" in sent


def test_a_long_result_is_read_on(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """Of a long result the model sees the beginning, and reads on by its number; nothing of another turn."""
    for number in range(9):
        thinking.tell(f"note that jar {number} holds {'tea ' * 180} and no more")
    models.script = (
        ("recall", {"words": "jar"}),
        ("call", {"operation": "claw more", "input": '{"call": 1, "at": 3000}'}),
        ("call", {"operation": "claw more", "input": '{"call": 7}'}),
    )
    [said] = thinking.tell("which of the jars of mine is the fullest?")
    last = json.dumps(bodies(models)[-1])
    assert "`claw more` with call 1 reads on" in last
    assert "(3,000 to " in last
    assert said.endswith("✗ claw more: failed")


def test_a_model_cannot_write_the_line_of_calls(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """Its marks are ours alone."""
    models.text = "Fine.\n✓ claw remind"
    assert thinking.tell("have me stretch in ten minutes") == ["Fine.\n· claw remind"]


def test_what_one_person_said_is_not_shown_to_another(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """Facts and talk in the context are those of the person who writes."""
    thinking.record.append(Paired(address=Address("phone", "7"), person="Bo", role=Kind.MEMBER))
    thinking.tell("note that the present for Bo is a kite")
    thinking.hear("what present would there be for me, by the way?", channel="phone", sender="7")
    thinking.run()
    [asked] = bodies(models)
    assert "kite" not in json.dumps(asked)
    assert "Bo (member) writes" in json.dumps(asked)


def test_a_guest_has_no_tokens_unless_they_are_given(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """Unless claw.yaml gives tokens no model is asked for a guest; then of the guest's own alone, until they are spent."""
    guest = Address("phone", "7")
    thinking.record.append(Paired(address=guest, person="Bo", role=Kind.GUEST))
    thinking.tell("note that the present for Bo is a kite")
    (thinking.folder / "USER.md").write_text("I live in Graz.\n")

    def says(text: str) -> str:
        thinking.hear(text, channel="phone", sender="7")
        thinking.run()
        return thinking.record.text([send.text for _, send in thinking.record.unsent() if send.to == guest][-1])

    assert "I do not understand that" in says("what present would there be for me, by the way?")
    assert not bodies(models)
    rules = "guests: {tokens_a_day: 100000}\nrepos: {parser: /tmp}\n"
    (thinking.folder / "claw.yaml").write_text(f"zone: UTC\nmodel: scripted\n{rules}")
    assert says("what present would there be for me then?") == "Hello."
    [asked] = map(json.dumps, bodies(models))
    assert "Bo (guest) writes" in asked and not [
        word for word in ("kite", "Graz", "parser", "On this machine") if word in asked
    ]
    models.script = (("call", {"operation": "claw note", "input": {"text": "the key is mine"}}),)
    says("keep in your mind whose key it is, will you?")
    [ended] = [entry.event for entry in thinking.record.newest_of(["call_ended"], 1)]
    assert isinstance(ended, CallEnded) and ended.end == "refused"
    (thinking.folder / "claw.yaml").write_text("zone: UTC\nmodel: scripted\nguests: {tokens_a_day: 1}\n")
    assert "My guests have used up their 1 tokens" in says("and what present would there be for me tomorrow?")


def test_a_model_that_only_looks_for_tools_is_stopped(thinking: ClawUnderTest, models: ScriptedModels) -> None:
    """Very small models look for an operation again and again, in other words each time."""
    models.script = tuple(("find", {"words": f"tea {n}"}) for n in range(40))
    assert thinking.tell("is there any tea left around here?") == ["I went round in circles, and stopped."]
    assert len(models.seen) == 8

"""Agents take turns: each way in which one can fail ends as an outcome with its reason, and another entry goes on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from scripted_models import Json, ScriptedModels

from overnight.actions.charter import ActionBudget, Request, Role, RoleSpec, Rules
from overnight.actions.findings import TurnOutcome
from overnight.actions.port import Order, TurnParked
from overnight.actions.roles.models import ActionGateway
from overnight.actions.roles.prompts import Material, prompt_of
from overnight.actions.roles.role_words import AGAIN
from overnight.actions.roles.turns import AgentWorker
from overnight.actions.state import Action
from overnight.agents.context import AgentSpec
from overnight.agents.templates import TEMPLATES
from overnight.config import Settings
from overnight.errors import UserError
from overnight.jail.job import Limits
from overnight.ledger.artifacts import ArtifactStore
from overnight.machines.share import make_executor
from overnight.models.breaker import RetryTimes
from overnight.models.provider import Price, Prices, Provider
from overnight.models.usage import Wire
from overnight.words.scrubber import Scrubber

PACE = RetryTimes(busy_s=0.01, busiest_s=0.02, quota_s=60.0, near_s=0.5, same_s=0.5, patience_s=1.0)
EDIT = "echo two >> text.txt"
OWN = AgentSpec(use="agent", model="m1")
BEFORE = "one\n"


@dataclass
class Stage:
    """A folder, providers, and what a worker is made of."""

    place: Path
    models: ScriptedModels
    modes: dict[str, tuple[Wire, ...]] = field(default_factory=lambda: {"ok": (Wire.OPENAI_CHAT,)})
    prices: Prices = field(default_factory=Prices)

    def __post_init__(self) -> None:
        self.folder = self.place / "folder"
        self.folder.mkdir()
        (self.folder / "text.txt").write_text(BEFORE)
        self.artifacts = ArtifactStore(self.place / "artifacts")

    def changed(self) -> bool:
        """Whether the agent edited anything."""
        return (self.folder / "text.txt").read_text() != BEFORE

    def turn(
        self, role: Role, *agents: AgentSpec, budget: ActionBudget | None = None, unlike: str = "", patience_s: float = 10.0
    ) -> TurnOutcome:
        """One turn of a role that these agents have."""
        return asyncio.run(self._turn(role, agents, budget or ActionBudget(), unlike, patience_s))

    async def _turn(
        self, role: Role, agents: Sequence[AgentSpec], budget: ActionBudget, unlike: str, patience_s: float
    ) -> TurnOutcome:
        rules = Rules(roles=[RoleSpec(role=role, agent=agent) for agent in agents], limits=Limits(wall_s=20.0))
        request = Request(repo=str(self.place), title="Add a line", text="Add the line two.")
        action = Action(number=7, request=request, by="owner", asked_at=0.0, changed_at=0.0, base="c0", commit="c1")
        providers = tuple(
            Provider(name=mode, base_url=self.models.url(mode), wires=wires, silence_s=1.0)
            for mode, wires in self.modes.items()
        )
        settings = Settings(providers=providers, prices=self.prices)
        scratch = self.place / "scratch"
        scratch.mkdir(exist_ok=True)
        async with ActionGateway(settings, self.place, origin="o", environment={}, pace=PACE) as gateway:
            with gateway.of(action, budget) as models:
                worker = AgentWorker(
                    rules=rules, budget=budget, executor=make_executor("process", others=1), scratch=scratch, slot=0,
                    models=models, uses=models.take_uses if models else tuple, scrubber=Scrubber(), artifacts=self.artifacts,
                    patience_s=patience_s,
                )  # fmt: skip
                prompt = prompt_of(role, action, Material(rules=rules, paths=["text.txt"], diff="+two"))
                return await worker.turn(
                    Order(
                        action=7,
                        turn=1,
                        role=role,
                        folder=self.folder,
                        prompt=prompt,
                        changed=self.changed,
                        paths=frozenset({"text.txt"}),
                        unlike=unlike,
                    )
                )


@pytest.fixture
def stage(tmp_path: Path, models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage whose model edits a file and reports."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    models.command = EDIT
    models.text = "DOES: appends the line two\nASSUMPTION: at the end is meant"
    return Stage(tmp_path, models)


def command(script: str, model: str = "") -> AgentSpec:
    """A command as an agent."""
    return AgentSpec(use="command", command=script, model=model)


def prompts(models: ScriptedModels) -> Sequence[str]:
    """The words of each request."""
    return [str(seen.body) for seen in models.seen if seen.method == "POST"]


def test_a_coder_edits_and_reports(stage: Stage) -> None:
    """Its claims and assumptions are read, its calls counted by model, and its transcript kept."""
    outcome = stage.turn(Role.CODER, OWN)
    assert (outcome.reason, stage.changed(), outcome.agent) == ("", True, "agent (m1)")
    assert outcome.claims == ["appends the line two"] and outcome.assumptions == ["at the end is meant"]
    assert [(use.provider, use.model, use.usage.calls) for use in outcome.models] == [("ok", "m1", 2)]
    assert outcome.usage.tokens == 1050 + 1250
    kept = (stage.artifacts.read(outcome.transcript) or b"").decode()
    assert "Add the line two." in kept and EDIT in kept
    assert "HYPOTHESIS" not in prompts(stage.models)[0] and "Nobody answers questions" in prompts(stage.models)[0]


ENDS = {  # mode: why the turn did not end well
    "steps3": "",
    "f429x2": "",
    "ask": "it ended without a change: Should I edit the file?",
}


@pytest.mark.parametrize("mode", ENDS)
def test_a_model_that_answers_ends_the_turn(stage: Stage, mode: str) -> None:
    """With its edit, or as a question after one reminder."""
    stage.modes = {mode: (Wire.OPENAI_CHAT,)}
    outcome = stage.turn(Role.CODER, OWN)
    assert outcome.reason == ENDS[mode]
    if mode == "ask":
        assert outcome.questions == ["Should I edit the file?"]
        assert [AGAIN[Role.CODER][:40] in words for words in prompts(stage.models)] == [False, True]


def test_a_coder_that_ends_with_a_question_goes_on_once(stage: Stage) -> None:
    """Also if it has edited: the answer is its own assumption."""
    stage.models.says = says("I added it. Should the file end with a newline?", "ASSUMPTION: it should\nDOES: adds two")
    outcome = stage.turn(Role.CODER, OWN)
    assert (outcome.reason, outcome.assumptions, outcome.questions) == ("", ["it should"], [])
    assert AGAIN[Role.CODER][:40] in prompts(stage.models)[-1]


@pytest.mark.parametrize("mode", ["e401", "e429q", "e500", "e529", "hang", "cut"])
def test_a_model_that_does_not_answer_parks_the_turn(stage: Stage, mode: str) -> None:
    """With the reason, and until when; what the turn used by then is counted."""
    stage.modes = {mode: (Wire.OPENAI_CHAT,)}
    with pytest.raises(TurnParked) as parked:
        stage.turn(Role.CODER, OWN)
    assert (parked.value.wait_s is None) == (mode == "e401")
    assert parked.value.outcome.tried and mode in str(parked.value)
    assert bool(parked.value.outcome.usage.calls) == (mode == "cut")


def test_another_entry_goes_on_when_no_provider_of_the_first_is_left(stage: Stage) -> None:
    """In the same folder, with what was said: here our own agent's quota ends after its edit, and an editor's wire lives."""
    stage.modes = {"s1e429q": (Wire.OPENAI_CHAT,)}
    follower = command("cat > prompt.txt; grep -q two text.txt && echo 'DOES: sees the edit'")
    outcome = stage.turn(Role.CODER, OWN, follower)
    assert (outcome.reason, outcome.agent, outcome.claims) == ("", "command", ["sees the edit"])
    assert len(outcome.tried) == 1 and "quota" in outcome.tried[0] and outcome.tried[0].startswith("agent (m1): ")
    read = (stage.folder / "prompt.txt").read_text()
    assert read.startswith("# Task\n\nAdd the line two.") and "had to stop" in read and "Go on with it" in read


def test_an_agent_that_is_not_installed_is_passed_over(stage: Stage) -> None:
    """The next entry takes the turn; without one, the reason is the outcome."""
    missing = command("/nowhere/agent --go")
    outcome = stage.turn(Role.CODER, missing, OWN)
    assert outcome.reason == "" and outcome.agent == "agent (m1)" and "exited with 127" in outcome.tried[0]
    alone = stage.turn(Role.CODER, missing)
    assert "exited with 127" in alone.reason


def test_a_template_that_is_not_on_path_is_the_users_mistake(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to install it, unless another entry takes the turn."""
    monkeypatch.setattr("overnight.agents.command.TEMPLATES", {"none": replace(TEMPLATES["codex"], program="none-such")})
    absent = AgentSpec(use="command", template="none")
    with pytest.raises(UserError, match="none-such"):
        stage.turn(Role.CODER, absent)
    assert stage.turn(Role.CODER, absent, command(EDIT)).reason == ""


def test_without_a_provider_nobody_can_be_asked(stage: Stage) -> None:
    """A person has to set one up; a command needs none."""
    stage.modes = {}
    with pytest.raises(TurnParked, match="no provider of models is set up") as parked:
        stage.turn(Role.CODER, OWN)
    assert parked.value.wait_s is None
    assert stage.turn(Role.CODER, OWN, command(EDIT)).reason == ""


def test_a_spent_budget_ends_the_turn_and_keeps_the_edit(stage: Stage) -> None:
    """No other entry is asked, for it is the action's own; the folder holds what was edited."""
    stage.modes = {"steps9": (Wire.OPENAI_CHAT,)}
    outcome = stage.turn(Role.CODER, OWN, command("echo never"), budget=ActionBudget(tokens=3_000))
    assert "the action's budget of tokens is spent" in outcome.reason
    assert stage.changed() and outcome.agent == "agent (m1)" and outcome.usage.tokens < 3_000 + 1_600


def test_a_budget_in_dollars_needs_a_price(stage: Stage) -> None:
    """With one it is kept."""
    stage.modes = {"steps9": (Wire.OPENAI_CHAT,)}
    stage.prices = Prices(table={"m1": Price(input=1.0, cached=1.0, output=1.0)})
    outcome = stage.turn(Role.CODER, OWN, budget=ActionBudget(cost_usd=0.003))
    assert "budget of money is spent" in outcome.reason


def test_a_turn_that_takes_too_long_is_ended(stage: Stage) -> None:
    """Whatever the agent does meanwhile; its edit stays, and so does what it said."""
    script = f"echo 'ASSUMPTION: at the end'; {EDIT}; while :; do date > beat; done"
    outcome = stage.turn(Role.CODER, command(script), budget=ActionBudget(minutes=1 / 60))
    assert outcome.reason == "it did not end within 1.0 s, and was ended" and stage.changed()
    assert (outcome.text.strip(), outcome.assumptions) == ("ASSUMPTION: at the end", ["at the end"])


def test_an_agent_that_does_nothing_is_ended(stage: Stage) -> None:
    """Long before its turn is over."""
    outcome = stage.turn(Role.CODER, command(f"{EDIT}; exec sleep 100"), patience_s=0.3)
    assert "did nothing" in outcome.reason and stage.changed()


def test_an_agent_that_repeats_itself_is_ended(stage: Stage) -> None:
    """The same command with the same outcome in an unchanged folder."""
    stage.models.command = "cat text.txt"
    stage.modes = {"steps60": (Wire.OPENAI_CHAT,)}
    outcome = stage.turn(Role.CODER, OWN)
    assert "repeated the same command" in outcome.reason and outcome.usage.calls < 10


def test_a_coder_that_claims_without_work_is_found_out(stage: Stage) -> None:
    """Its words are kept, and so is what counts: nothing changed."""
    outcome = stage.turn(Role.CODER, command("echo 'DOES: everything'"))
    assert outcome.reason == "it ended without a change: DOES: everything"


def says(first: str, then: str) -> "Says":
    """A model that answers its first request so, and every later one otherwise."""
    return Says(first, then)


@dataclass
class Says:
    """Two answers."""

    first: str
    then: str
    asked: int = 0

    def __call__(self, _body: Json) -> str:
        self.asked += 1
        return self.first if self.asked == 1 else self.then


@pytest.mark.parametrize("use", ["agent", "editor"])
def test_a_review_that_cannot_be_read_is_asked_for_once_more(stage: Stage, use: str) -> None:
    """Then its findings count."""
    stage.models.command = "true"
    stage.models.says = says("Looks good!", "FINDING text.txt:2 blocking no newline")
    outcome = stage.turn(Role.REVIEWER, AgentSpec(use=use, model="m1"))
    assert outcome.reason == "" and outcome.findings is not None
    assert [(each.path, each.line, each.blocking, each.text) for each in outcome.findings] == [
        ("text.txt", 2, True, "no newline")
    ]
    assert "Add the line two." in prompts(stage.models)[-1] and AGAIN[Role.REVIEWER][:20] in prompts(stage.models)[-1]


@pytest.mark.parametrize("said", ["Looks good!", ""])
def test_a_review_that_stays_unreadable_is_none(stage: Stage, said: str) -> None:
    """It is no approval, and says why."""
    stage.models.command = "true"
    stage.models.says = says(said, said)
    outcome = stage.turn(Role.REVIEWER, OWN)
    assert outcome.findings is None and "names no finding" in outcome.reason


def test_a_reviewer_that_breaks_off_approves_nothing(stage: Stage) -> None:
    """An answer that there is no finding counts only from an agent that ended well; its findings count all the same."""
    outcome = stage.turn(Role.REVIEWER, command("echo NO FINDINGS; exit 3"))
    assert outcome.findings is None and "exited with 3" in outcome.reason
    outcome = stage.turn(Role.REVIEWER, command("echo 'FINDING text.txt:1 blocking wrong'; exit 3"))
    assert outcome.findings is not None and len(outcome.findings) == 1


def test_a_command_that_prints_its_prompt_approves_nothing(stage: Stage) -> None:
    """The form of an answer is none."""
    assert stage.turn(Role.REVIEWER, command("cat")).findings is None


def test_the_reviewer_is_another_agent_than_the_coder_if_there_is_one(stage: Stage) -> None:
    """Of several entries the one with another model goes first."""
    same, other = command("echo NO FINDINGS", "m1"), command("echo NO FINDINGS", "m2")
    assert stage.turn(Role.REVIEWER, same, other, unlike="command (m1)").agent == "command (m2)"
    assert stage.turn(Role.REVIEWER, same, unlike="command (m1)").agent == "command (m1)"


def test_a_planner_answers_with_a_plan_or_with_none(stage: Stage) -> None:
    """One that cannot be read is asked for once more; then there is no plan, with the reason."""
    stage.models.command = "true"
    stage.models.says = says("I would begin with the file.", "STEP: add the line\nFILE: text.txt")
    outcome = stage.turn(Role.PLANNER, OWN)
    assert outcome.plan is not None and outcome.plan.steps == ("add the line",) and outcome.plan.files == ("text.txt",)
    none = stage.turn(Role.PLANNER, command("echo no idea"))
    assert none.plan is None and none.reason == "its answer is no plan"


def test_a_researcher_writes_a_note(stage: Stage) -> None:
    """Its words are the note."""
    outcome = stage.turn(Role.RESEARCHER, command("echo 'text.txt:1 says one'"))
    assert (outcome.text.strip(), outcome.reason) == ("text.txt:1 says one", "")
    assert stage.turn(Role.RESEARCHER, command("true")).reason == "it said nothing"


def test_an_editor_codes_without_a_shell(stage: Stage) -> None:
    """It is asked for edits and a report, and not for a hypothesis."""
    stage.models.text = "text.txt\n<<<<<<< SEARCH\none\n=======\none\ntwo\n>>>>>>> REPLACE\nDOES: adds two"
    outcome = stage.turn(Role.CODER, AgentSpec(use="editor", model="m1"))
    assert (outcome.reason, outcome.claims) == ("", ["adds two"])
    assert (stage.folder / "text.txt").read_text() == "one\ntwo\n"
    assert "HYPOTHESIS" not in prompts(stage.models)[0]

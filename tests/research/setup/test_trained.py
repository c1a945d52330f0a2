"""What may be edited where a training is measured, and what is said about it."""

from pathlib import Path

import pytest
from targets import repository_of

from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_look import Proposal, propose
from overnight.research.setup.refinement import FirstRun, refined
from overnight.research.setup.trained import judging, trained, with_trust
from overnight.research.setup.wishes import Wishes

LOOP = "import models\nfor epoch in range(3):\n    loss.backward()\nprint('loss', loss)\n"


def proposal_of(folder: Path, files: dict[str, str], wishes: Wishes | None = None) -> Proposal:
    """What is proposed for these files."""
    return propose(repository_of(folder, files), wishes or Wishes())


@pytest.mark.parametrize(
    ("text", "judges"),
    [
        ("def load_data(path): ...\n", True),
        ("def load(split): ...\n", True),
        ("    def load(self, path): ...\n", False),
        ("class Net(nn.Module): ...\n\n\ndef load(path): ...\n", False),
        ("def accuracy(output, labels): ...\n", True),
        ("class Cora(Dataset):\n    ...\n", True),
        ("    def evaluate_model(self): ...\n", True),
        ("class GridWorld(gym.Env): ...\n", True),
        ("def get_batches(n): ...\n", True),
        ("class GCN(nn.Module):\n    def accuracy(self): ...\n", False),
        ("def relu(x): ...\n", False),
        ("def update_data(x): ...\n", False),
    ],
)
def test_files_that_make_the_data_or_judge_stay_frozen(text: str, judges: bool) -> None:
    """By what they define, unless that is a layer or a model."""
    assert judging(["utils.py"], {"utils.py": text}.get) == ({"utils.py"} if judges else set())


def test_a_script_that_trains_and_scores_itself_is_said_to(tmp_path: Path) -> None:
    """A person must know that a candidate may change how it is measured, or that the script's own settings are frozen."""
    proposal = proposal_of(tmp_path / "a", {"main.py": LOOP}, Wishes(editable=("main.py",)))
    assert trained(proposal) == "main.py"
    [*_, note] = with_trust(proposal, lambda _: LOOP).detected.notes
    assert note.startswith("main.py trains and says itself how good the result is, so a candidate could change how")
    other = proposal_of(tmp_path / "b", {"main.py": LOOP, "models.py": "x = 1"}, Wishes(editable=("models.py",)))
    [*_, note] = with_trust(other, lambda _: LOOP).detected.notes
    assert note.startswith("main.py is frozen, since it says how good the result is")
    assert with_trust(other, lambda _: "train()\n") == other


def test_a_command_that_the_user_names_is_no_training_that_was_found(tmp_path: Path) -> None:
    """Nothing is assumed about it."""
    wishes = Wishes(measure="python a.py", metric="loss", editable=("main.py",))
    assert trained(proposal_of(tmp_path, {"main.py": LOOP, "a.py": ""}, wishes)) == ""


@pytest.mark.parametrize("beside", ["data.py", "inputs.py"])
def test_a_script_that_trains_beside_its_data_is_what_is_edited(tmp_path: Path, beside: str) -> None:
    """Known by its name or by what it defines, the data stays as it is: more of it, or easier ones, would be a gain."""
    script = f"from {beside.removesuffix('.py')} import load\n{LOOP}"
    repository = repository_of(tmp_path, {"train.py": script, beside: "def load(split): ...\n"})
    trial = Trial(
        key=TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=0), seed=1, tree="t", value=3.0, wall_s=3.0
    )
    observed = Observed(trial=trial, opened=frozenset(("train.py", beside)), complete=True)
    found = refined(repository, propose(repository, Wishes()), FirstRun(observed=observed, output=b"loss 0.7\n"))
    assert found.question == "" and found.proposal.program.editable == ("train.py",)
    assert f"but not {beside}, what makes the data or judges" in found.proposal.front
    assert any(note.startswith("train.py trains and says itself") for note in found.proposal.detected.notes)


def test_a_training_is_measured_by_its_result_not_by_the_times_that_it_prints(tmp_path: Path) -> None:
    """Also if each epoch has a line with a time; those are not offered either, other results are."""
    repository = repository_of(tmp_path, {"main.py": LOOP, "models.py": "class Net(nn.Module): ...\n"})
    epochs = "".join(f"Epoch: {i:04d} loss_val: {2 / i:.4f} time: 0.{i:04d}s\n" for i in range(1, 60))
    output = f"{epochs}Test set results: loss= 0.7 accuracy= 0.8\n".encode()
    trial = Trial(
        key=TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=0), seed=1, tree="t", value=3.0, wall_s=3.0
    )
    observed = Observed(trial=trial, opened=frozenset(("main.py", "models.py")), complete=True)
    proposal = refined(repository, propose(repository, Wishes()), FirstRun(observed=observed, output=output)).proposal
    assert (proposal.program.metric.name, proposal.program.editable) == ("test_accuracy", ("models.py",))
    assert not any("--metric time" in note or "_s:minimize" in note for note in proposal.detected.notes)

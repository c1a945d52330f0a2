"""What a command says of its result in words and a number: the quality of a model, the score of a search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.program.detection.quality import TRAINS, bare_quality, quality_of_model, score_of_search
from overnight.program.metric import MetricReading, NoReading, read_metrics
from overnight.program.program import Take

EPOCHS = """\
Epoch: 0001 loss_train: 1.95 acc_train: 0.13 loss_val: 1.94 acc_val: 0.35 time: 0.1s
Epoch: 0002 loss_train: 0.51 acc_train: 0.92 loss_val: 0.66 acc_val: 0.79 time: 0.1s
"""
MODELS = [
    (EPOCHS, "acc_val", "maximize", "last", 0.79),
    (EPOCHS + "Test set results: loss= 0.7 accuracy= 0.82\n", "test_accuracy", "maximize", None, 0.82),
    ("step 100 | loss 2.3 | lr 1\nstep 200 | loss 2.1 | lr 1\n", "loss", "minimize", "last", 2.1),
    ("step 5: train loss 1.5, val loss 1.6\nstep 6: train loss 1.4, val loss 1.5\n", "val_loss", "minimize", "last", 1.5),
    ("epoch 11, test error 3.4\nepoch 12, test error 3.1\n", "test_error", "minimize", "last", 3.1),
    ("[12/100] Loss: 0.3\n[13/100] Loss: 0.2\n", "loss", "minimize", "last", 0.2),
    ("step 0 loss 0.895, accuracy 50.0%\nstep 1 loss 0.8, accuracy 60%\n", "loss", "minimize", "last", 0.8),
    ("epoch 1 loss 3\nepoch 2 loss 2\nTest accuracy: 82.1%\n", "test_accuracy", "maximize", None, 82.1),
    ("\x1b[32mTest accuracy:\x1b[0m 82.1%\n", "test_accuracy", "maximize", None, 82.1),
    ("Final train loss 1.2e-04 +/- 3e-06\nFinal test loss 3.4e-02 +/- 1e-03\n", "final_test_loss", "minimize", None, 0.034),
    ("Test set: Average loss: 0.0264, Accuracy: 9914/10000 (99%)\n", "test_accuracy", "maximize", None, 9914),
    ("train_loss: 3\nval_loss: 4\n", "val_loss", "minimize", None, 4),
    ("{'loss': 0.3, 'eval_loss': 0.4}\n", "eval_loss", "minimize", None, 0.4),
    ("1/1 - loss: 0.3 - acc: 0.9 - val_loss: 0.4 - val_acc: 0.88\n", "val_acc", "maximize", "last", 0.88),
    ("epoch 1: accuracy on test set is 0.93\n", "test_accuracy", "maximize", "last", 0.93),
    ("Accuracy of the network on the 10000 test images: 54 %\n", "test_accuracy", "maximize", None, 54),
    ("Loss after iteration 10: 0.9\nLoss after iteration 20: 0.3\n", "loss", "minimize", "last", 0.3),
    (
        "Epoch: 0200 train_loss= 0.4 val_ap= 0.9 time= 0.05\nEpoch: 0201 train_loss= 0.3 val_ap= 0.8 time= 0.05\n",
        "val_ap",
        "maximize",
        "last",
        0.8,
    ),
    ("epoch 1 loss 0.4 val_ap 0.5\nTest ROC score: 0.91\nTest AP score: 0.92\n", "test_roc_score", "maximize", None, 0.91),
    ("epoch 1 val_roc= 0.91 val_ap= 0.92\n", "val_roc", "maximize", "last", 0.91),
    ("Test MRR: 0.34\nTest Hits@10: 0.5\n", "test_mrr", "maximize", None, 0.34),
    ("Test NDCG@10: 0.31, HR@10: 0.55\n", "test_ndcg_10", "maximize", None, 0.31),
    ("Epoch 3: acc 0.6, nmi 0.4, ari 0.3\n", "acc", "maximize", "last", 0.6),
    ("Test Loss 0.3, Test Acc 0.9.\n", "test_acc", "maximize", None, 0.9),
]


@pytest.mark.parametrize(("output", "name", "direction", "take", "number"), MODELS)
def test_the_quality_of_a_model_is_found(output: str, name: str, direction: str, take: str | None, number: float) -> None:
    """In the end before at each step, on other data before the training's; the last of those that are printed at each step."""
    found = quality_of_model(output.encode()).chosen
    assert found is not None
    assert (found.name, found.direction.value, found.take) == (name, direction, take)
    reading = read_metrics(output.encode(), found.metric)
    assert isinstance(reading, MetricReading) and reading.value == number


@pytest.mark.parametrize("script", ["print(t, loss.item())", "    print(epoch, epoch_loss)", "console.log(i, loss)"])
def test_a_bare_number_behind_each_step_is_known_by_the_script(script: str) -> None:
    """The output has no word for it; a number that is none any more is no value."""
    found = bare_quality(b"98 3.2e-04\n99 3.1e-04\ndone\n", [script]).chosen
    assert found is not None and (found.name.endswith("loss"), found.direction.value, found.take) == (True, "minimize", "last")
    reading = read_metrics(b"98 3.2e-04\n99 3.1e-04\n", found.metric)
    assert isinstance(reading, MetricReading) and reading.value == 3.1e-4
    assert isinstance(read_metrics(b"98 3.2e-04\n99 nan\n", found.metric), NoReading)
    assert bare_quality(b"done\n", [script]).chosen is None


NONE = [
    "max error: 1e-12\n",
    "loss of 3 points\n",
    "train loss 3\nlog loss 4\n",
    "acc 3x\n",
    "val_loss: nan\n",
    "MSE: 0.2\n",
    "mrr: 0.2\n",
    "",
]


@pytest.mark.parametrize("output", NONE)
def test_an_error_of_a_comparison_or_one_of_several_is_no_quality(output: str) -> None:
    """Nothing tells which of several is meant."""
    assert quality_of_model(output.encode()).chosen is None


def test_an_error_is_the_quality_of_what_trains_a_model() -> None:
    """Its word alone may stand for a comparison with the right answer."""
    found = quality_of_model(b"MSE: 0.2\n", trains=True).chosen
    assert found is not None and found.name == "mse"


@pytest.mark.parametrize("script", ["import torch\n", "loss.backward()", "from sklearn.svm import SVC", "model.fit(x, y)"])
def test_a_script_that_trains_is_told(script: str) -> None:
    """By what it imports or calls."""
    assert TRAINS.search(script) and not TRAINS.search("import torchless\nfit(1)\n")


def test_a_run_that_ends_in_no_number_has_no_last_value() -> None:
    """Else a candidate that diverges would be judged by an earlier step."""
    found = quality_of_model(EPOCHS.encode()).chosen
    assert found is not None and found.take is Take.LAST
    reading = read_metrics(EPOCHS.encode() + b"Epoch: 0003 loss_val: nan acc_val: nan\n", found.metric)
    assert isinstance(reading, NoReading) and "is NaN" in reading.reason


def test_what_else_the_same_data_is_judged_by_is_named() -> None:
    """Which of them is meant may be known to a person."""
    output = b"epoch 1 loss 0.4 val_ap 0.5\nTest ROC score: 0.91\nTest AP score: 0.92\n"
    assert [one.name for one in quality_of_model(output, trains=True).others] == ["test_ap_score"]


SCORES = [
    ("Best score = 12.3\n", "best_score", "maximize", None),
    ("Total distance: 123.4\n", "total_distance", "minimize", None),
    ("Final cost 12\n", "final_cost", "minimize", None),
    ("mean reward = -12.5\n", "mean_reward", "maximize", None),
    ("Lines cleared: 12, Score: 12,345\n", "score", "maximize", None),
    ("Makespan: 123\n", "makespan", "minimize", None),
    ("iter 1000, cost 3.2\niter 2000, cost 2.2\n", "cost", "minimize", "last"),
    (
        "Episode 10\tLast reward: 9.00\tAverage reward: 9.9\nEpisode 20\tLast reward: 20.0\tAverage reward: 11\n",
        "average_reward",
        "maximize",
        "last",
    ),
]


@pytest.mark.parametrize(("output", "name", "direction", "take"), SCORES)
def test_the_score_of_a_search_is_found(output: str, name: str, direction: str, take: str | None) -> None:
    """With the direction of its word."""
    found = score_of_search(output.encode()).chosen
    assert found is not None and (found.name, found.direction.value, found.take) == (name, direction, take)


def test_what_only_a_person_knows_the_direction_of_is_offered_both_ways() -> None:
    """A fitness may be a length or its inverse."""
    found = score_of_search(b"Best fitness obtained: 123\n")
    assert found.chosen is None
    assert [one.options.partition(" --pattern")[0] for one in found.either] == [
        "--metric best_fitness_obtained:minimize",
        "--metric best_fitness_obtained:maximize",
    ]


@given(st.binary(max_size=300) | st.text("loss: 0.1,epochtsva %\n", max_size=200).map(str.encode))
def test_any_output_is_read(output: bytes) -> None:
    """What is found reads one finite number from the same output."""
    for found in (quality_of_model(output), score_of_search(output)):
        if found.chosen:
            assert isinstance(read_metrics(output, found.chosen.metric), MetricReading)


@pytest.mark.parametrize("piece", [b"loss ", b"a_a ", b"loss 1 ", b"loss of ", b"1", b" ", b"a b ", b"test loss of a "])
def test_hostile_lines_take_no_time(piece: bytes) -> None:
    """Neither when the number is looked for, nor when each trial is read by its pattern."""
    quality_of_model(piece * 200_000 + b"\n" + (piece * 60 + b"\n") * 1000)
    for output, *_ in MODELS:
        found = quality_of_model(output.encode()).chosen
        assert found is not None
        read_metrics((piece * (4000 // len(piece)) + b"\n") * 20, found.metric)


def test_few_of_many_numbers_are_looked_for() -> None:
    """An output with thousands of names that have no value, and a script with thousands of prints, are read in bounds."""
    output = "".join(" ".join(f"val_{i}x{j}_loss: nan" for j in range(12)) + "\n" for i in range(2000)).encode()
    assert quality_of_model(output).chosen is None
    script = "print(epoch, test_loss)\n" * 20_000
    assert bare_quality(b"text\n" * 20_000, [script]).chosen is None

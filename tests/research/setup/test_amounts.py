"""The option that says how much a training script does."""

import pytest

from overnight.research.setup.amounts import amount_of, constant_of

ARGPARSE = "import argparse\np = argparse.ArgumentParser()\n"


def option(name: str, default: str) -> str:
    """The declaration of an option."""
    return f"p.add_argument('--{name}', default={default})\n"


@pytest.mark.parametrize(
    ("text", "words", "number"),
    [
        (ARGPARSE + "p.add_argument('--epochs', type=int, default=200)", "--epochs 7", 200),
        (ARGPARSE + "p.add_argument('-e', '--n_epochs', type=int, default=10_000)", "--n_epochs 7", 10_000),
        (ARGPARSE + "p.add_argument('--max-steps', type=int, default=-1)", "--max-steps 7", None),
        (option("batch-size", "64") + option("num_iters", "5 * 100"), "--num_iters 7", 500),
        (ARGPARSE + "p.add_argument('--steps', default=10)\np.add_argument('--epochs', default=20)", "--epochs 7", 20),
        (option("num-steps", "128") + option("total-timesteps", "1e6"), "--total-timesteps 7", 10**6),
        (ARGPARSE + "p.add_argument('--timesteps', default=1000)\np.add_argument('--epochs', default=5)", "--epochs 7", 5),
        ("import click\n@click.option('--episodes', default=3000)\ndef main(episodes): ...", "--episodes 7", 3000),
        ("from absl import flags\nflags.DEFINE_integer('num_epochs', 90, '')", "--num_epochs=7", 90),
        ("import tyro\n@dataclass\nclass Args:\n    epochs: int = 30\ntyro.cli(Args)", "--epochs 7", 30),
        ("import fire\ndef main(n_iters=400, lr=0.1): ...\nfire.Fire(main)", "--n_iters 7", 400),
        ("import typer\ndef main(num_epochs: int = 40): ...\ntyper.run(main)", "--num-epochs 7", 40),
        ("max_iters = 600000\nexec(open('configurator.py').read())", "--max_iters=7", 600_000),
    ],
)
def test_an_option_for_the_amount_of_work_is_found_with_its_default(text: str, words: str, number: int | None) -> None:
    """Of argparse, click, absl, fields and arguments; steps come after what they may be a part of."""
    amount = amount_of("python train.py", {"train.py": text})
    assert amount is not None and amount.number == number
    assert amount.of("python train.py", 7) == f"python train.py {words}"


@pytest.mark.parametrize(
    "text",
    [
        ARGPARSE + "p.add_argument('--lr', default=1)\np.add_argument('--steps-per-epoch', default=10)",
        ARGPARSE + "p.add_argument('--epochs', type=int)\np.add_argument('--n', default='a')",
        "class Args:\n    epochs: int = 30\nEPOCHS = 20",
        "def broken(:",
        "(" * 5000,
        "\0",
    ],
)
def test_without_such_an_option_there_is_nothing_to_shorten(text: str) -> None:
    """Nor if its default is not known, or the file cannot be read."""
    assert amount_of("python train.py", {"train.py": text}) is None


def test_a_number_in_the_command_is_replaced_where_it_stands() -> None:
    """Also for a program that nobody can read, and in either form."""
    for command, shorter in (
        ("python train.py --epochs 50 --lr 0.1", "python train.py --epochs 7 --lr 0.1"),
        ("./train --iterations=500 data.txt", "./train --iterations=7 data.txt"),
    ):
        amount = amount_of(command, {})
        assert amount is not None and amount.number in {50, 500}
        assert amount.of(command, 7) == shorter


def test_what_a_shell_would_read_otherwise_is_left_alone() -> None:
    """An option at the end of a pipe would be another program's."""
    text = ARGPARSE + "p.add_argument('--epochs', default=200)"
    for command in ("python train.py | tail -1", "python train.py > log; cat log", "python train.py &"):
        assert amount_of(command, {"train.py": text}) is None
    assert amount_of("cd a && python train.py", {"a/train.py": text}) is not None


def test_a_constant_that_says_how_much_is_named() -> None:
    """For a command that cannot be made shorter by an option."""
    assert constant_of({"a.py": "LR = 1\n", "train.py": "EPOCHS = 10000\n"}) == "EPOCHS = 10000 in train.py"
    assert constant_of({"train.py": "lr = 3\n"}) == ""


@pytest.mark.parametrize("default", ["1" + "0" * 400, "1e999", "1" + "+1" * 2000, "-" * 2000 + "1", "2**64**64", "9" * 5000])
def test_a_number_that_nobody_wrote_is_none(default: str) -> None:
    """Neither one that no float holds, nor one that is nested deeply."""
    assert amount_of("python train.py", {"train.py": ARGPARSE + option("epochs", default)}) is None
    assert constant_of({"train.py": f"EPOCHS = {default}\n"}) == ""


@pytest.mark.parametrize("number", ["1__0", "1_", "_1", "1" * 40])
def test_an_option_whose_number_is_none_is_left_as_it_is(number: str) -> None:
    """As a README may spell it."""
    assert amount_of(f"python train.py --epochs {number}", {}) is None

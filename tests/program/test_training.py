"""Which script trains, and how it is run."""

import shlex

import pytest

from overnight.program.detection.detect import Detected, detect
from overnight.program.detection.python_calls import python_calls
from overnight.program.detection.training import MOST_EQUAL, training

LOOP = "import torch\nfor epoch in range(9):\n    loss.backward()\n"


def detected(files: dict[str, str | None], *, gpu: bool = True) -> Detected:
    """What is found."""
    return detect(files, home="/home/ann", gpu=gpu)


def measured(files: dict[str, str | None], *, gpu: bool = True) -> str:
    """The command that is proposed; empty without one."""
    return next((str(entry.value) for entry in detected(files, gpu=gpu).entries if entry.key == "measure"), "")


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"main.py": LOOP}, "python main.py"),
        ({"run.py": "for episode in range(5):\n    agent.train()\n", "agent.py": "class A: ..."}, "python run.py"),
        ({"train_gcn.py": LOOP, "utils.py": "x = 1"}, "python train_gcn.py"),
        ({"src/train.py": LOOP}, "python src/train.py"),
        ({"bin/train.py": f"from nets.model import Net\n{LOOP}", "nets/model.py": None}, "PYTHONPATH=. python bin/train.py"),
        ({"tools/train.py": f"import gcn\n{LOOP}", "src/gcn/__init__.py": None}, "PYTHONPATH=src python tools/train.py"),
        ({"gcn/train.py": f"from .model import Net\n{LOOP}", "gcn/model.py": None}, "python -m gcn.train"),
        ({"gcn/train.py": f"open('../data/a.txt')\n{LOOP}"}, "cd gcn && python train.py"),
        (
            {"gcn/train.py": f"from gcn.model import Net\nopen('../data/a.txt')\n{LOOP}", "gcn/model.py": None},
            "cd gcn && PYTHONPATH=.. python train.py",
        ),
        (
            {
                "gcn/train.py": f"from gcn.utils import load\nimport gcn.model\n{LOOP}",
                "gcn/utils.py": "def load(name):\n    return open('data/ind.{}.x'.format(name))\n",
                "gcn/__init__.py": "",
                "gcn/model.py": "",
                "gcn/data/ind.cora.x": None,
            },
            "cd gcn && PYTHONPATH=.. python train.py",
        ),
        ({"a/train.py": f"p = os.path.join('data', name)\n{LOOP}", "a/data/x.csv": None}, "cd a && python train.py"),
        ({"a/train.py": f"open('x.csv')\n{LOOP}", "a/x.csv": None}, "cd a && python train.py"),
        ({"a/train.py": f"open('x.csv')\n{LOOP}", "a/x.csv": None, "x.csv": None}, "python a/train.py"),
        ({"a/train.py": f"open('{{__file__}}/data/x')\n{LOOP}", "a/data/x": None}, "python a/train.py"),
        ({"a/train.py": f"save('models/x.pt')\n{LOOP}", "a/models/x.py": None}, "python a/train.py"),
        (
            {"a/train.py": f"open('x.csv')\n{LOOP}", "a/x.csv": None, "README.md": "```\npython a/train.py --lr 1\n```"},
            "cd a && python train.py --lr 1",
        ),
        ({"makemore.py": f"{LOOP}p.add_argument('--seed')"}, "python makemore.py --seed {seed}"),
        ({"train.py": "print(f'METRIC loss={x}')", "main.py": LOOP}, "python train.py"),
        ({"main.py": LOOP, "src/train.py": LOOP}, "python main.py"),
        ({"train_a.py": LOOP, "plot_loss.py": LOOP, "test_train.py": LOOP, "evaluate_model.py": LOOP}, "python train_a.py"),
        ({"pkg/train.py": "def train(net):\n    net.fit()\n", "main.py": f"import pkg.train\n{LOOP}"}, "python main.py"),
    ],
)  # fmt: skip
def test_a_script_that_trains_is_found_and_run_as_it_expects(files: dict[str, str | None], command: str) -> None:
    """By its name and by what it does, in the folder and with the modules that it reads."""
    assert measured(files) == command


@pytest.mark.parametrize(
    "files",
    [
        {"main.py": "print('hello')\n"},
        {"tests/train.py": LOOP, "examples/mnist/train.py": LOOP, "docs/train.py": LOOP},
        {"pkg/train.py": "def train(net):\n    net.fit()\n"},
        {"setup.py": LOOP, "predict.py": LOOP, "demo.py": LOOP},
    ],
)
def test_other_scripts_do_not_train(files: dict[str, str | None]) -> None:
    """Without a loop or a fit, in a folder of examples or tests, or only with definitions."""
    assert measured(files) == ""


def test_of_several_equal_scripts_the_readme_names_one_or_the_user_is_asked() -> None:
    """What is asked names them all."""
    files: dict[str, str | None] = {"experiments/a/train.py": LOOP, "experiments/b/train.py": LOOP}
    assert detected(files).choices == ("python experiments/a/train.py", "python experiments/b/train.py")
    assert measured(files | {"README.md": "Run `python3 experiments/b/train.py --verbose`.\n"}) == (
        "python experiments/b/train.py --verbose"
    )
    both = "    python experiments/a/train.py --fast\n    python experiments/b/train.py\n"
    assert detected(files | {"README.md": both}).choices == (
        "python experiments/a/train.py --fast",
        "python experiments/b/train.py",
    )


@pytest.mark.parametrize(
    ("readme", "command"),
    [
        ("```bash\n$ python main.py -i a.txt -o b\n$ python main.py --sample-only\n```\n", "python main.py -i a.txt -o b"),
        ("```\npython main.py --resume\npython main.py --lr 0.1 # better\n```\n", "python main.py --lr 0.1"),
        ("```\npython main.py --data /path/to/data\npython main.py --gpu 0\n```\n", "python main.py"),
        ("```\npython main.py --model <name> && rm -rf /\n```\n", "python main.py"),
        ("```\npython main.py --seed 3 --epochs 5\n```\n", "python main.py --epochs 5"),
        ("Just python main.py --evil in a sentence.\n", "python main.py"),
    ],
)  # fmt: skip
def test_the_readme_s_own_command_is_taken_if_it_trains(readme: str, command: str) -> None:
    """Of plain words only, and not one that resumes, evaluates, or names what this machine has not."""
    assert measured({"main.py": LOOP, "README.md": readme}, gpu=False) == command


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("p.add_argument('--device', default='cuda')\nx.to(args.device)", " --device cpu"),
        ("p.add_argument('--no-cuda', action='store_true')\nx.cuda()", " --no-cuda"),
        ("p.add_argument('--cuda', action='store_false')\nx.cuda()", " --cuda"),
        ("p.add_argument('--no-cuda', action='store_true')\nc = torch.cuda.is_available()", ""),
        ("device = 'cuda' if torch.cuda.is_available() else 'cpu'", ""),
        ("device = 'cuda'\nexec(open('configurator.py').read())", " --device=cpu --compile=False"),
    ],
)
def test_on_a_machine_without_gpu_a_script_is_told_so(script: str, words: str) -> None:
    """By its own option, with a note; a script that looks itself needs none."""
    files: dict[str, str | None] = {"main.py": f"{LOOP}{script}\n"}
    assert measured(files, gpu=False) == f"python main.py{words}"
    assert measured(files, gpu=True) == "python main.py"
    assert any("no GPU" in note for note in detected(files, gpu=False).notes) == bool(words)
    assert "limits" not in {entry.key for entry in detected(files, gpu=False).entries}
    hard = detected({"main.py": f"{LOOP}net.cuda()\n"}, gpu=False)
    assert any(note.startswith("main.py asks for a GPU, which this machine has not") for note in hard.notes)


@pytest.mark.parametrize(
    ("argument", "others", "words"),
    [
        ("'--config', required=True", ["configs/base.yaml"], " --config configs/base.yaml"),
        (
            "'-c', '--config', help='a (b)', required=True",
            ["demo.train.config", "demo.test.config"],
            " --config demo.train.config",
        ),
        ("'--config', required=True", ["configs/a.yaml", "configs/b.yaml"], ""),
        ("'--config', default=None", ["configs/base.yaml"], ""),
        ("'config', help='settings'", ["conf/base.yaml"], " conf/base.yaml"),
        ("'config', nargs='?'", ["conf/base.yaml"], ""),
        ("'--dataset', required=True", ["data/a.csv"], " --dataset data/a.csv"),
        ("'--dataset', required=True", ["data/a.csv", "data/b.csv"], ""),
        ("'--mode', choices=('train', 'test'), default='test'", [], " --mode train"),
        ("'--mode', choices=['train', 'test'], default='train'", [], ""),
        ("'--mode', choices=['train', 'test'], required=True", [], " --mode train"),
    ],
)
def test_what_a_script_needs_is_given_if_only_one_value_is_possible(argument: str, others: list[str], words: str) -> None:
    """A file that is the only one that can be meant, of several the one about training; the mode that trains."""
    files: dict[str, str | None] = {"main.py": f"p.add_argument({argument})\n{LOOP}", **dict.fromkeys(others)}
    assert measured(files) == f"python main.py{words}"


def test_what_a_script_needs_is_named_from_its_folder() -> None:
    """Where it is run in one."""
    text = f"p.add_argument('--config', required=True)\nopen('../x')\n{LOOP}"
    assert measured({"app/train.py": text, "app/conf/a.yaml": None}) == "cd app && python train.py --config conf/a.yaml"


@pytest.mark.parametrize("module", ["engine.py", "pkg/engine.py"])
def test_a_script_that_only_calls_what_trains_is_run(module: str) -> None:
    """Its training is in a module that it imports; one that imports it and does not call it trains nothing."""
    name = module.removesuffix(".py").replace("/", ".")
    files: dict[str, str | None] = {module: f"def fit():\n    {LOOP.strip().splitlines()[-1].strip()}\n    x.backward()\n"}
    assert measured({**files, "main.py": f"from {name} import fit\nfit()\n"}) == "python main.py"
    assert measured({**files, "main.py": f"from {name} import Net\nserve(Net())\n"}) == ""


def test_variables_keep_windows_and_services_away() -> None:
    """A trial has no display, no network and nobody who looks."""
    script = f"import wandb\nimport pygame\nfrom matplotlib import pyplot as plt\n{LOOP}plt.show()\n"
    [env] = [entry.value for entry in detected({"main.py": script}).entries if entry.key == "env"]
    assert env == {
        "WANDB_MODE": "disabled",
        "SDL_VIDEODRIVER": "dummy",
        "SDL_AUDIODRIVER": "dummy",
        "MPLBACKEND": "Agg",
    }


def test_what_a_readme_runs_is_resolved_to_a_committed_file() -> None:
    """Also a name without its folder, if only one file has it, or one in a folder that is entered."""
    files: dict[str, str | None] = {
        "README.rst": "    $ cd gcn\n    $ python train.py\n    $ python ../../etc/x.py\n    $ python -m gcn.train -e 3\n",
        "gcn/train.py": "",
        "other/train.py": "",
    }
    assert [(call.text, call.leaf) for call in python_calls(files)] == [
        ("cd gcn && python train.py", "gcn/train.py"),
        ("python -m gcn.train -e 3", "gcn/train.py"),
    ]
    hostile = {"README.md": "`python " + "a" * 100_000 + "\n" + "```\npython " + "x/" * 50_000 + "\n"}
    assert python_calls(hostile) == []


@pytest.mark.parametrize("option", ["--manual_seed", "--manualSeed", "--random-state", "--rng_seed"])
def test_other_names_of_a_seed_are_known(option: str) -> None:
    """A trial's seed makes its luck that of the trial it is compared with."""
    assert measured({"main.py": f"{LOOP}p.add_argument('{option}')"}) == f"python main.py {option} {{seed}}"
    hydra = f"{LOOP}@hydra.main(config_name='a')\ndef main(cfg):\n    torch.manual_seed(cfg.seed)\n"
    assert measured({"main.py": hydra}) == "python main.py seed={seed}"


@pytest.mark.parametrize("name", ["$(id)", "`id`", "a;id", "a b", "'q'", "~", "*", "#h", "a&b"])
def test_names_are_quoted_in_commands(name: str) -> None:
    """Of folders that a script expects to be run in, and of scripts and folders that a README runs."""
    text = "for epoch in range(3):\n    loss.backward()\nopen('../data')\n"
    readme = f"```\ncd {name}\npython x.py\n```\n```\npython run{name}.py\n```\n"
    files = {f"{name}/train.py": text, f"{name}/x.py": text, f"run{name}.py": text}
    shown = python_calls({**files, "README.md": readme})
    commands = [each.text for each in shown] + [training({f"{name}/train.py": text}, [], gpu=True)[0].command]
    words = {word for command in commands for word in shlex.split(command) if name in word}
    assert {name} <= words <= {name, f"run{name}.py"}


def test_many_scripts_that_are_alike_are_read_in_bounds() -> None:
    """Beside many files, with many imported names, and in a README that runs many more."""
    text = LOOP + "".join(f"import module{i}\n" for i in range(60))
    files: dict[str, str | None] = {f"src/d{i % 100}/f{i}.py": None for i in range(100_000)}
    files |= {f"run_{i}.py": text for i in range(200)}
    files["README.md"] = "```\n" + "".join(f"python none{i}.py\n" for i in range(5000)) + "```\n"
    assert len(training(files, python_calls(files), gpu=True)) == MOST_EQUAL


@pytest.mark.parametrize(
    ("said", "shown"),
    [("~/.cache/.", None), ("~/.cache/..", None), ("~/.cache/...", None), ("~/.cache/huggingface", "huggingface/hub")],
)
def test_a_script_cannot_have_all_caches_shown(said: str, shown: str | None) -> None:
    """Neither the folder of all of them, nor one above it, nor one that holds a token."""
    entries = {entry.key: entry.value for entry in detected({"train.py": f"# {said}\n{LOOP}"}).entries}
    assert entries.get("readable") == ([f"/home/ann/.cache/{shown}"] if shown else None)

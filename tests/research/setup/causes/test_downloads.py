"""Data that a trial lacks, questions that nobody answers, and windows."""

import subprocess
from pathlib import Path

import pytest
from targets import git, repository_of

from overnight.git.repository import open_repository
from overnight.program.parser import parse_program
from overnight.research.setup.causes.failing import Fix
from overnight.research.setup.causes.table import fix_of

CIFAR = """\
import torchvision
train = torchvision.datasets.CIFAR10(
    root='./data', train=True, transform=transforms.Compose([transforms.ToTensor()]), download=True)
"""
NO_NETWORK = "urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>"


def fix(folder: Path, said: str, measure: str = "python main.py") -> Fix:
    """What fixes a command that said so."""
    text = f"---\nmetric: {{name: loss, direction: minimize}}\nmeasure: {measure}\neditable: [a.py]\n---\n"
    found = fix_of(open_repository(folder), parse_program(text, "program.md"), "exit code 1", said.splitlines())
    return found or Fix(words="")


@pytest.mark.parametrize(
    ("files", "measure", "folder"),
    [
        ({"main.py": CIFAR}, "python main.py", "data"),
        ({"main.py": "from load import sets\n", "load.py": CIFAR}, "python main.py", "data"),
        ({"src/main.py": CIFAR.replace("./data", "../data")}, "cd src && python main.py", "data"),
        ({"main.py": "d = MNIST('files/mnist', download=True)\n"}, "python main.py", "files/mnist"),
        ({"main.py": "urlretrieve(URL, path)\nfolder = 'data/raw'\n"}, "python main.py", "data/raw"),
    ],
)
def test_data_that_a_script_downloads_are_named(tmp_path: Path, files: dict[str, str], measure: str, folder: str) -> None:
    """With what fetches them once, and the folder that trials must be shown then; if it is there, it surely may be."""
    repository_of(tmp_path, files)
    found = fix(tmp_path, NO_NETWORK, measure)
    assert found.readable == (folder,) and not found.sure
    assert f"into `{folder}`: run `{measure}` once yourself" in found.words
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "batch_1").write_text("1")
    found = fix(tmp_path, NO_NETWORK, measure)
    assert found.readable == (folder,) and found.sure == folder.startswith("data")


def test_what_leaves_the_repository_is_not_shown(tmp_path: Path) -> None:
    """Then the general words about the network are all that can be said."""
    for root in ("/srv/data", "~/data", "../../data"):
        folder = tmp_path / root.strip("/.~").replace("/", "")
        repository_of(folder, {"main.py": CIFAR.replace("./data", root)})
        found = fix(folder, NO_NETWORK)
        assert found.readable == () and "trials have no network" in found.words
        subprocess.run(["rm", "-r", folder], check=True)


def test_data_that_nobody_has_are_named(tmp_path: Path) -> None:
    """Neither the commit nor the checkout; a file that is only not committed is shown or named before."""
    repository_of(tmp_path, {"main.py": ""})
    found = fix(tmp_path, "FileNotFoundError: ../data/cora/cora.content not found.".replace("../", ""))
    assert found.words.startswith("`data/cora/cora.content` is neither committed nor in your checkout")
    (tmp_path / ".gitignore").write_text("data/\n")
    (tmp_path / "data/cora").mkdir(parents=True)
    (tmp_path / "data/cora/cora.content").write_text("1")
    git(tmp_path, "add", "-A")
    assert fix(tmp_path, "FileNotFoundError: data/cora/cora.content not found.").readable == ("data/cora/cora.content",)


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("EOFError: EOF when reading a line", "asks for input, and in a trial nobody answers"),
        ("_tkinter.TclError: no display name and no $DISPLAY environment variable", "env: {MPLBACKEND: Agg}"),
        ("pygame.error: No available video device", "env: {SDL_VIDEODRIVER: dummy}"),
        ("qt.qpa.plugin: Could not load the Qt platform plugin", "env: {QT_QPA_PLATFORM: offscreen}"),
        ("Error: cannot open display: :0", "its option for running without one"),
        ("AssertionError: Torch not compiled with CUDA enabled", "GPU"),
    ],
)
def test_what_a_trial_has_not_is_named_with_the_way_round_it(tmp_path: Path, said: str, part: str) -> None:
    """A person who answers, a display, a GPU."""
    repository_of(tmp_path, {"main.py": ""})
    assert part in fix(tmp_path, said).words

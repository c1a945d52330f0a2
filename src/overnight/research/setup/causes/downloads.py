"""Data that a script downloads or expects, which a trial without network has not; somebody whom it asks; a window."""

import re
from contextlib import closing
from pathlib import Path
from posixpath import normpath

from overnight.git.history import GitHistory
from overnight.program.judge.tree import joined
from overnight.research.loop.committed import committed_text
from overnight.research.setup.causes.failing import MISSING, Failing, Fix, shown
from overnight.research.setup.causes.files import paths_in
from overnight.research.setup.causes.inside import is_data, is_inside, showing
from overnight.research.setup.causes.surroundings import NETWORK
from overnight.research.setup.python_texts import python_texts

MOST_TEXT = 200_000  # characters of a script

# `datasets.CIFAR10(root="./data", train=True, download=True, ...)`, and what fetches a file by its URL.
_NAMED = re.compile(r"(\w{2,40})\(\s{0,40}(?:root\s{0,4}=\s{0,4})?[\"']([\w.~/-]{1,120})[\"']")
_DOWNLOADS = re.compile(r"download\s{0,4}=\s{0,4}True")
_FETCHES = re.compile(r"urlretrieve\(|requests\.get\(|urlopen\(|wget\.download\(|gdown\.download\(")
_FOLDER = re.compile(r"[\"'](?:\./)?((?:data|datasets?|raw|downloads?)(?:/[\w.-]{1,60})?)/?[\"']")
_WINDOW = 800  # characters after a name in which `download=True` stands
_DATA_FILE = re.compile(
    r"[\w.-]+\.(?:csv|tsv|txt|json|jsonl|npz|npy|pkl|pickle|pt|pth|h5|hdf5|mat|parquet|bin|gz|zip|tar|png|jpg|wav|content|arff|db)"
)
_ASKS = re.compile(
    r"EOF when reading a line|EOFError: EOF|[Ii]nappropriate ioctl for device|termios\.error|stdin.{0,20}not a (?:tty|terminal)"
)
_WINDOWS = (
    (re.compile(r"no display name and no \$DISPLAY|couldn.t connect to display|TclError|_tkinter"), "MPLBACKEND: Agg"),
    (re.compile(r"No available video device|pygame\.error: .{0,40}(?:video|display)"), "SDL_VIDEODRIVER: dummy"),
    (re.compile(r"could not connect to display|xcb.{0,40}(?:could not|platform plugin)|qt\.qpa"), "QT_QPA_PLATFORM: offscreen"),
    (
        re.compile(r"cannot (?:open|connect to).{0,9} display|NoSuchDisplay|Cannot connect to \"None\"|glfw.{0,60}DISPLAY"),
        "",
    ),
)


def download(failing: Failing) -> Fix | str:
    """Data that the script fetches if they are not there."""
    limits = failing.program.limits
    if limits.network == "host" or limits.hosts or not NETWORK.search(failing.text):
        return ""
    script, what, folder = _downloaded(failing)
    if not folder:
        return ""
    why = f"trials have no network, and {shown(script)} downloads {shown(what)} into `{shown(folder)}`"
    if (failing.toplevel / folder).is_dir() and any((failing.toplevel / folder).iterdir()):
        return showing(failing, f"{why}, which is in your checkout:", [folder], sure=is_data(failing.toplevel, Path(folder)))
    command = failing.program.measure or "the command"
    once = f"run `{shown(command.replace(' --seed {seed}', ''))}` once yourself until it has downloaded them"
    return showing(failing, f"{why}: {once}, and then", [folder])


def missing_data(failing: Failing) -> str:
    """A file of data that neither the commit nor the checkout has."""
    words = [path for line in failing.lines if MISSING.search(line) for path in paths_in(line)]
    named = (path for path in words if _DATA_FILE.fullmatch(path.rpartition("/")[2]) and not path.startswith("/"))
    missing = next((path for path in named if not (failing.toplevel / path).exists()), "")
    if not missing:
        return ""
    return (
        f"`{shown(missing)}` is neither committed nor in your checkout: put it there as the project says, and run this again; "
        "what git ignores is shown to trials by --readable FOLDER"
    )


def asks(failing: Failing) -> str:
    """A command that waits for somebody to type."""
    asked = "the command asks for input, and in a trial nobody answers: give it by options, or by `printf ANSWER | ` before it"
    return asked if _ASKS.search(failing.text) else ""


def window(failing: Failing) -> str:
    """A command that opens a window."""
    for says, variable in _WINDOWS:
        if says.search(failing.text):
            fix = f"write `env: {{{variable}}}`" if variable else "name its option for running without one in the command"
            return f"a trial has no display for a window: {fix}"
    return ""


def _downloaded(failing: Failing) -> tuple[str, str, str]:
    """The script, what it downloads, and the folder of the repository that it goes to; empty if none is found."""
    with closing(GitHistory(failing.repository)) as history:
        start = history.resolve_start()
        paths = [file.path for file in history.files(start)]
        texts = python_texts(failing.program.measure or "", paths, committed_text(history, start))
    inside = re.match(r"cd ([\w./-]{1,200}) && ", failing.program.measure or "")
    for path, text in texts.items():
        for what, folder in _in_text(text[:MOST_TEXT]):
            place = joined(inside[1] if inside else "", normpath(folder)) if not folder.startswith(("/", "~")) else None
            if place and is_inside(failing.toplevel, place):
                return path, what, place
    return "", "", ""


def _in_text(text: str) -> list[tuple[str, str]]:
    hits = [hit for hit in _NAMED.finditer(text) if _DOWNLOADS.search(text, hit.end(), hit.end() + _WINDOW)]
    if hits:
        return [(hit[1], hit[2]) for hit in hits]
    folder = _FOLDER.search(text) if _FETCHES.search(text) else None
    return [("data", folder[1])] if folder else []

"""A campaign whose researcher, candidates and files contain hostile text: nothing that a person or an agent sees acts on it."""

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest
from targets import COMMAND, git, make_repo, overnight

BIDI, CSI, ZERO = "\u202e", "\u009b", "\u200b"
EVIL = f"\x1b[2J\x1b]0;owned\x07 {BIDI}desrever{CSI}31m{ZERO} <script>alert(1)</script> **bold** | a\tb \x85"
# Characters that a terminal, a page or a reader would act on; tab and line end are allowed.
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

FRONT = """---
metric: {name: loss, direction: minimize}
measure: python train.py {seed}
editable: [train.py, data/]
judge_may_change: train.py prints its own loss
limits: {wall: 10s, memory: 500MB}
budget: {experiments: 6}
researchers:
  - {role: evil, use: command, command: python evil.py, patience: 0.5s}
---
# Make the loss small
"""
TRAIN = """import sys
print("METRIC loss=5.0")
"""
RESEARCHER = f"""import os, random, re
evil = {EVIL!r}
code = open("train.py").read()
brief = open(os.environ["OVERNIGHT_BRIEF"]).read()
turn = max(map(int, re.findall("#([0-9]+)", brief)), default=0)
if turn == 0:  # fails, and says hostile things on the way
    code = "# " + evil.replace(chr(10), " ") + "\\nraise ValueError(" + repr(evil) + ")\\n"
elif turn == 1:  # a file name
    os.makedirs("data", exist_ok=True)
    open("data/" + evil.replace("/", ""), "w").write("x")
elif turn == 2:  # kept: metric names, log and file content
    code = "import sys\\nprint(" + repr(evil) + ")\\nprint('METRIC ' + " + repr("\\x1b[31m<b>x") + " + '=1')\\n"
    code += "# " + evil + "\\nprint('METRIC loss=4.0')\\n"
elif turn == 3:
    print(evil)
    raise SystemExit(evil)
open("train.py", "w").write(code)
print("HYPOTHESIS: " + evil + str(turn))
"""


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The repository of the finished campaign, and what the run printed."""
    repo = make_repo(tmp_path_factory.mktemp("evil") / "r", FRONT, files={"evil.py": RESEARCHER, "data/a.txt": "a"})
    (repo / "train.py").write_text(TRAIN)
    git(repo, "commit", "-qam", "train")
    done = overnight(repo, "run", "--tag", "t", "--plain")
    return repo, done.stdout + done.stderr


def test_the_campaign_was_as_hostile_as_meant(campaign: tuple[Path, str]) -> None:
    """It has a crash, a rejected name, a kept change and a researcher that failed."""
    _, printed = campaign
    assert all(word in printed for word in ("crash", "reject", "keep", "could not work", "script"))


def test_the_run_prints_nothing_that_acts(campaign: tuple[Path, str]) -> None:
    """Every foreign character that a terminal would act on is escaped."""
    assert not ACTS.search(campaign[1]), ascii(campaign[1])


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("log",),
        ("log", "--json"),
        ("status", "--json"),
        ("show", "1", "--log"),
        ("show", "1", "--log", "--json"),
        ("show", "2"),
        ("show", "2", "--json"),
        ("show", "3", "--log"),
        ("show", "3", "--log", "--json"),
        ("finalize", "--into", "review"),
        ("verify",),
        ("verify", "--json"),
        ("verify", "--receipt", "autoresearch/t"),
        ("verify", "--receipt", "autoresearch/t", "--json"),
        ("verify", "--rerun", "all"),
        ("report",),
    ],
    ids=" ".join,
)
def test_no_command_prints_what_acts(campaign: tuple[Path, str], command: tuple[str, ...]) -> None:
    """This holds for the reading commands too, for people and as JSON."""
    done = overnight(campaign[0], *command, check=0)
    assert not ACTS.search(done.stdout + done.stderr), ascii(done.stdout)


@pytest.mark.parametrize("name", [EVIL.replace("\t", " "), "\x1b[31m", BIDI])
def test_errors_show_what_they_quote(campaign: tuple[Path, str], name: str) -> None:
    """A hostile argument is escaped in the error."""
    for arguments in (("status", "--tag", name), ("verify", "--receipt", name), ("finalize", "--into", name)):
        done = overnight(campaign[0], *arguments, check=2)
        assert not ACTS.search(done.stdout + done.stderr), (arguments, ascii(done.stderr))


@pytest.mark.parametrize("name", ["report.html", "report.md", "results.tsv"])
def test_no_file_holds_what_acts(campaign: tuple[Path, str], name: str) -> None:
    """The report and the table have no such characters either; a tag in foreign text is not markup."""
    text = (campaign[0] / ".overnight/t" / name).read_text(encoding="utf-8")
    assert not ACTS.search(text) and "script" in text
    if name == "report.html":
        assert "<script" not in text and "&lt;script" in text
    if name == "report.md":
        assert "<script" not in re.sub(r"~~~~~~~~diff\n.*?\n~~~~~~~~", "", text, flags=re.DOTALL).replace("\\<", "")


def test_no_transcript_holds_what_acts(campaign: tuple[Path, str]) -> None:
    """What the agent printed in each of its sessions is escaped, and indented below our own headings."""
    transcripts = sorted((campaign[0] / ".overnight/t/transcripts").iterdir())
    assert len(transcripts) >= 4
    for transcript in transcripts:
        text = transcript.read_text(encoding="utf-8")
        ours = [line for line in text.split("\n") if line and not line.startswith("    ")]
        assert ours[1:3] == ["## Prompt", "### Output"] and ours[3:] in ([], ["### Fault"])
        assert "script" in text and not ACTS.search(text)


def test_git_shows_nothing_that_acts(campaign: tuple[Path, str]) -> None:
    """The messages of attempts and of the review branch, and the published evidence, are plain text in any pager."""
    repo = campaign[0]
    overnight(repo, "finalize", "--into", "review", check=0)
    refs = git(repo, "for-each-ref", "--format=%(refname)", "refs/overnight").split()
    messages = git(repo, "log", "--notes=overnight", "--format=%B%N", "main..review", "main..autoresearch/t", *refs)
    assert "script" in messages and not ACTS.search(messages)


def test_the_live_screen_shows_nothing_that_acts(campaign: tuple[Path, str]) -> None:
    """A terminal gets only our own styles and cursor moves: no title, no bidirectional mark, no foreign clearing."""
    main, terminal = pty.openpty()
    command = [sys.executable, COMMAND, "run", "--tag", "t", "--no-report", "--experiments", "1"]
    with subprocess.Popen(command, cwd=campaign[0], stdout=terminal, stderr=terminal, stdin=subprocess.DEVNULL) as run:
        os.close(terminal)
        try:
            shown = b"".join(iter(lambda: _read(main), b""))
            run.wait()
        finally:
            run.kill()
    os.close(main)
    text = shown.decode("utf-8")
    ours = re.sub(r"\x1b\[[0-9;?]*[mAKhlGJ]|\r", "", text)
    assert "overnight" in text and not ACTS.search(ours), ascii(ours)
    assert "\x1b[2J" not in text


def _read(descriptor: int) -> bytes:
    assert select.select([descriptor], [], [], 60)[0]
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed
        return b""

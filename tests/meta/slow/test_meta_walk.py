"""A meta-campaign from its check to its branch for review: real inner campaigns, in a real jail, without a model."""

import json
import signal
from pathlib import Path

import pytest
from targets import git, make_repo, overnight, program, read_json, started

SMALL, LARGE, HARM = (("OFFSET = 5.0", f"OFFSET = {value}") for value in (4.0, 2.0, 6.0))
# Noise that start and head do not share, so that no audit takes all of it off.
TRAIN = """import random
import sys

OFFSET = 5.0
print(f"METRIC loss={OFFSET + random.Random(f'{sys.argv[1]} {OFFSET}').gauss(0, 0.3):.9f}")
"""


def scripted(role: str, edit: tuple[str, str]) -> str:
    """A researcher that makes one edit of train.py, and then has no more ideas, as YAML on one line."""
    return json.dumps({"role": role, "use": "scripted", "edits": [["train.py", *edit]]})


START, BETTER, WORSE = scripted("careful", SMALL), scripted("bold", LARGE), scripted("harmful", HARM)
FORBIDDEN = ("---\n# Make", "gate: {error_rate: 0.5}\n---\n# Make")


def charter(holdout: Path) -> str:
    """A charter whose organiser proposes a change that is forbidden, one that is worse, and one that is better."""
    edits = [FORBIDDEN, (START, WORSE), (START, BETTER)]
    organiser = {"role": "organiser", "use": "scripted", "edits": [["program.md", old, new] for old, new in edits]}
    return f"""---
targets: [.]
holdout: [{holdout}]
inner: {{trials: 180, audit_pairs: 4}}
allowed_researchers: [{START}, {BETTER}, {WORSE}]
budget: {{campaigns: 150}}
gate: {{max_pairs: 20, holdout_pairs: 2, error_rate: 0.2}}
researchers: [{json.dumps(organiser)}]
---
Edit who works.
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A target that is its own organisation's home, beside a sealed one."""
    text = program(SMALL).replace("researchers:", f"researchers: [{START}]\nxx:")
    head, _, rest = text.partition("xx:")
    text = head + "---\n" + rest.partition("---\n")[2]
    sealed, made = (make_repo(tmp_path / name, text, files={"train.py": TRAIN}) for name in ("sealed", "repo"))
    (made / "meta.md").write_text(charter(sealed))
    git(made, "add", "meta.md")
    git(made, "commit", "-q", "-m", "charter")
    return made


def test_a_better_organisation_is_kept(repo: Path) -> None:
    """Checked, run, killed, continued and finalized: the worse change is not kept, the forbidden one costs no trial."""
    with started(["-m", "overnight", "meta", "check", "--pairs", "3"], repo, stderr=-1) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("1 of 12: ")
        process.send_signal(signal.SIGKILL)
    done = overnight(repo, "meta", "check", "--pairs", "3", check=0)
    assert done.stderr.count(" of 12: ") == 12 and "more progress" in done.stdout
    again = overnight(repo, "meta", "check", check=0)
    assert again.stderr == "" and again.stdout == done.stdout
    assert read_json(repo, "meta", "check")["campaigns"] == 12

    with started(["-m", "overnight", "meta", "run", "--plain", "--slots", "2"], repo) as session:
        assert session.stdout is not None
        while "#2 proposed" not in session.stdout.readline():
            assert session.poll() is None
        assert [line["name"] for line in read_json(repo, "ps")["loops"] if "meta-" in line["name"]]
        assert "asked `meta-" in overnight(repo, "stop", check=0).stdout, "it is the only one that runs here"
        rest = session.communicate()[0]
    assert session.returncode == 1 and "`overnight meta run` continues it" in rest
    ended = overnight(repo, "meta", "run", "--plain", "--slots", "2", check=0)
    assert "kept #3" in ended.stdout
    by_number = {one["number"]: one for one in read_json(repo, "meta", "log")["experiments"]}
    assert by_number[1]["conclusion"]["verdict"] == "reject" and "error_rate" in by_number[1]["conclusion"]["reason"]
    assert by_number[2]["conclusion"]["verdict"] == "discard"
    assert by_number[3]["conclusion"]["verdict"] == "keep"
    assert "progress" in overnight(repo, "meta", "status", check=0).stdout
    assert "OFFSET = 2.0" in overnight(repo, "meta", "show", "3", check=0).stdout

    tag = read_json(repo, "meta", "status")["tag"]
    assert tag.startswith("meta-")
    overnight(repo, "meta", "finalize", check=0)
    assert BETTER in git(repo, "show", f"overnight/{tag}:program.md")
    assert git(repo, "status", "--porcelain", "--untracked-files=no") == "", "the checkout is as it was"
    for command in ("audit", "run"):
        assert "is the name of a meta-campaign" in overnight(repo, command, "--tag", tag, check=2).stderr
    assert "there is no campaign here yet" in overnight(repo, "status", check=2).stderr

"""`overnight brief`: what a role would be asked now, before a campaign and within one; it reads and changes nothing."""

from pathlib import Path

import pytest
from targets import make_repo, overnight, program, read_json

ROLES = """  - {role: explorer, use: agent, model: m}
  - {role: director, use: agent, model: m}
  - {role: critic, use: agent, model: m}
  - role: script
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository whose program has ideas and one scripted researcher."""
    text = program(("OFFSET = 5.0", "OFFSET = 3.0"))
    return make_repo(tmp_path / "r", text + "\n## Ideas\n\n- [ ] a smaller offset\n\n## Risk\n\nBe bold.\n")


def everything(folder: Path) -> dict[Path, bytes]:
    """All files below a folder, but for those that SQLite makes for readers."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path: path.read_bytes() for path in files if not path.name.startswith("ledger.db-")}


def test_before_a_campaign_the_program_alone_is_in_it(repo: Path) -> None:
    """With its first idea, the tokens on standard error, and nothing written."""
    before = everything(repo)
    done = overnight(repo, "brief", check=0)
    assert done.stdout.startswith("# Propose one change, as researcher\n") and '"a smaller offset"' in done.stdout
    assert "tokens, for researcher" in done.stderr
    page = read_json(repo, "brief")
    assert page["text"] == done.stdout and page["campaign"] == "" and page["tokens"] < 3000
    assert everything(repo) == before


def test_in_a_campaign_it_has_what_was_learned(repo: Path) -> None:
    """The kept change, for a researcher, the director and the critic; neither idea nor director counts as asked."""
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    before = everything(repo / ".overnight" / "t")
    for role in ("researcher", "director"):
        assert "## Kept so far" in overnight(repo, "brief", "--role", role, check=0).stdout
    assert "+OFFSET = 3.0" in overnight(repo, "brief", "--role", "critic", check=0).stdout
    assert read_json(repo, "brief", "--tag", "t")["campaign"] == "t"
    assert everything(repo / ".overnight" / "t") == before


def test_a_role_that_reads_no_brief_is_the_user_s_mistake(repo: Path) -> None:
    """Also one that is not there: the fix lists those that read one. Without a proposal there is nothing for a critic."""
    path = repo / "program.md"
    path.write_text(path.read_text().replace("  - role: script\n", ROLES))
    assert overnight(repo, "brief", check=0).stdout.startswith("# Propose one change, as explorer\n")
    unknown = overnight(repo, "brief", "--role", "explorr\x1b", check=2).stderr
    assert "there is no role `explorr\\x1b`" in unknown and "read one: explorer, director, critic; not there" in unknown
    assert unknown.endswith("shown as well: researcher\n")
    assert "`use: scripted` plays it" in overnight(repo, "brief", "--role", "script", check=2).stderr
    assert "there is none yet" in overnight(repo, "brief", "--role", "critic", check=2).stderr
    assert "start one with `overnight run`" in overnight(repo, "brief", "--tag", "other", check=2).stderr
    assert not (repo / ".overnight" / "other").exists()


def test_a_terminal_is_not_driven_by_a_program_s_text(repo: Path) -> None:
    """What it would obey is made visible; lines stay lines."""
    path = repo / "program.md"
    path.write_text(path.read_text() + "\n## Priorities\n\none\x1b[2J\u202e\ntwo\n")
    said = overnight(repo, "brief", check=0).stdout
    assert "one\\x1b[2J\\u202e\ntwo\n" in said and "\x1b" not in said

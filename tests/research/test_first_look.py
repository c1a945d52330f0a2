"""The first look at a machine and a repository: what runs, what waits, and the campaigns, without their histories."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from surface_campaigns import TAG, Made, campaign_of, grow, running
from targets import git, make_repo
from toy_operations import NoteInput, make

from overnight.jobs.loop import Loop, Outcome
from overnight.jobs.presence import present
from overnight.jobs.records import loops_folder
from overnight.jobs.setups import put_up
from overnight.jobs.upkeep import Setup
from overnight.operations.operation import Context, Tier
from overnight.operations.perform import ApprovalAsked, perform
from overnight.operations.principal import Kind, Origin, Principal
from overnight.research.operations import campaigns, home, program
from overnight.research.places.begun import mark_begun
from overnight.research.record.ledger import SqliteLedger
from overnight.research.views.campaigns import COPIED, CampaignLine
from overnight.research.views.home import Home, RepositoryLine, WaitingKind

AGENT = Principal(kind=Kind.AGENT, name="claude")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A repository with one campaign that ended."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return campaign_of(tmp_path / "model", 3)


def look(*folders: Path) -> Home:
    """The first look at some repositories."""
    return home.run(Context(where=Path("/"), repositories={folder.name: folder for folder in folders}), home.HomeInput())


def listed(folder: Path, **given: int) -> list[CampaignLine]:
    """The campaigns of a repository."""
    return list(campaigns.run(Context(where=folder), campaigns.CampaignsInput(**given)).campaigns)


def another(made: Made, tag: str, begun: float) -> Path:
    """A second campaign beside the first one; its newest session began at this time."""
    folder = made.folder.with_name(tag)
    folder.mkdir()
    (folder / "ledger.db").write_bytes((made.folder / "ledger.db").read_bytes())
    (folder / "lock").touch()
    os.utime(folder / "lock", (begun, begun))
    return folder


def test_a_campaign_is_one_line(made: Made) -> None:
    """It says how the campaign stands, what it gained and since when; nothing waits."""
    [line] = listed(made.repository)
    assert (line.tag, line.running, line.metric, line.trouble) == (TAG, None, "val_bpb", "")
    assert line.experiments + line.open > 0 and line.begun <= line.changed + 1e9
    found = look(made.repository)
    assert [each.campaigns for each in found.repositories] == [[line]]
    assert (found.loops, found.waiting, found.output_tokens_per_s, found.troubles) == ([], [], None, [])


def test_a_running_campaign_and_its_growth_are_seen(made: Made) -> None:
    """A line is made again when the ledger grows, and says which process runs it."""
    [before] = listed(made.repository)
    with running(made) as ledger:
        grow(ledger, 1000, start=git(made.repository, "rev-parse", "HEAD"))
        [now] = listed(made.repository)
        assert (now.running, now.life, now.open) == (os.getpid(), "running", before.open + 1)
    [after] = listed(made.repository)
    assert (after.running, after.open) == (None, now.open) and after.life != "running"


def test_a_line_is_made_once_while_its_files_are_the_same(made: Made) -> None:
    """A second look opens no ledger, so that it costs the same however long the campaigns are."""
    from overnight.research.operations import _lines

    _lines._made.cache_clear()
    first = look(made.repository)
    assert look(made.repository).repositories == first.repositories
    assert (_lines._made.cache_info().misses, _lines._made.cache_info().hits) == (1, 1)


def test_campaigns_come_in_pages_newest_first(made: Made) -> None:
    """By when their newest sessions began; the total is that of all."""
    for number in range(3):
        folder = another(made, f"older-{number}", 1e9 + number)
        with closing(SqliteLedger(folder)) as ledger:
            mark_begun(folder, ledger)
    context = Context(where=made.repository)
    first = campaigns.run(context, campaigns.CampaignsInput(limit=2))
    second = campaigns.run(context, campaigns.CampaignsInput(limit=2, offset=2))
    assert [line.tag for line in (*first.campaigns, *second.campaigns)] == [TAG, "older-2", "older-1", "older-0"]
    assert (first.total, campaigns.OPERATION.render(first).splitlines()[-1]) == (4, "2 of 4; more with --offset 2")
    [repository] = look(made.repository).repositories
    assert (repository.total, len(repository.campaigns)) == (4, 3)


def test_a_copied_campaign_is_said_to_be_one(made: Made) -> None:
    """Its ledger may be anybody's, so what it says is held for a person is not listed as work of ours."""
    another(made, "copy", 1e9)
    lines = {line.tag: line for line in listed(made.repository)}
    assert (lines["copy"].trouble, lines[TAG].trouble) == (COPIED, "")


def test_what_cannot_be_read_hides_nothing_else(made: Made, tmp_path: Path) -> None:
    """A damaged ledger, a link in its place and a broken account are named; the rest is shown."""
    (another(made, "damaged", 1e9) / "ledger.db").write_bytes(b"not a database" * 100)
    folder = another(made, "linked", 1e9 + 1)
    (folder / "ledger.db").unlink()
    (folder / "ledger.db").symlink_to(made.folder / "ledger.db")
    (tmp_path / "state" / "overnight" / "spending.db").write_bytes(b"no account" * 100)
    found = look(made.repository, tmp_path / "gone")
    by_tag = {line.tag: line.trouble for line in found.repositories[0].campaigns}
    assert not by_tag[TAG] and by_tag["damaged"] and by_tag["linked"]
    assert (found.today, len(found.troubles)) == (None, 1) and "spending.db" in found.troubles[0]
    assert (found.repositories[1].total, found.repositories[1].campaigns) == (0, [])


def test_what_waits_for_a_person_is_named_with_its_answer(made: Made, tmp_path: Path) -> None:
    """An approval, and a loop that ended by a mistake; each with its page and the command."""
    asked = Context(where=made.repository, principal=AGENT, origin=Origin.CLAW)
    with pytest.raises(ApprovalAsked) as raised:
        perform(make(Tier.COSTLY), asked, NoteInput(text="<b>"))
    loop = Loop(system="campaign", folder=str(made.repository), part=TAG)
    put_up(loops_folder(), Setup(loop=loop, wanted=True), 0.0)
    with present(loops_folder(), loop) as presence:
        assert [line.folder for line in look(made.repository).loops] == [str(made.repository)]
        presence.ends(Outcome.MISTAKE, "program.md:3: metric: required")
    found = look(made.repository)
    [approval] = [each for each in found.waiting if each.kind is WaitingKind.APPROVAL]
    [stopped] = [each for each in found.waiting if each.kind is WaitingKind.LOOP]
    assert "mistake, program.md:3: metric: required" in stopped.about
    assert (stopped.address, stopped.command) == ("/loops", f"overnight up model:{TAG}")
    number = raised.value.number
    assert (approval.address, approval.command) == ("/approvals", f"overnight approve {number}")
    assert "agent:claude wants" in approval.about and approval.where == str(made.repository)
    assert f"WAITS     {approval.about}: `{approval.command}`" in home.OPERATION.render(found)


def test_a_keep_that_a_person_has_to_read_waits(made: Made) -> None:
    """It leads to its page if one is served; one of a copied campaign does not wait."""
    [line] = listed(made.repository)
    lines = (replace(line, held=(7,)), replace(line, tag="copy", held=(8,), trouble=COPIED))
    repository = RepositoryLine(
        name="my model", folder=str(made.repository), has_program=True, total=2, campaigns=lines, trouble=""
    )
    [waiting] = home.held([repository], served=True)
    assert waiting.address == f"/repos/my%20model/campaigns/{TAG}/experiments/7"
    assert waiting.command == f"overnight show 7 --tag {TAG}"
    assert [each.address for each in home.held([repository], served=False)] == [""]


def test_without_a_face_the_repository_around_the_folder_is_shown(made: Made, tmp_path: Path) -> None:
    """Elsewhere there is none, and what to do is said."""
    below = made.repository / "below"
    below.mkdir()
    found = home.run(Context(where=below), home.HomeInput())
    assert [(each.name, each.total) for each in found.repositories] == [("model", 1)]
    nowhere = home.run(Context(where=tmp_path), home.HomeInput())
    assert nowhere.repositories == [] and "git init" in home.OPERATION.render(nowhere)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository without any campaign."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield make_repo(tmp_path / "fresh", "---\nmetric: loss\nmeasure: python train.py\neditable: [train.py]\n---\nSmall.\n")


def test_a_program_says_what_it_would_run(fresh: Path) -> None:
    """Each command with its key, who proposes, and the budget; nothing is run."""
    found = program.run(Context(where=fresh), program.ProgramInput())
    assert (found.metric, found.direction, found.mistakes) == ("loss", "minimize", ())
    assert [(each.key, each.command) for each in found.commands] == [("measure", "python train.py")]
    assert [each.role for each in found.researchers] == ["tuner"] and found.text.endswith("Small.\n")
    assert "measure     python train.py" in program.OPERATION.render(found)


def test_mistakes_of_a_program_have_their_lines_and_fixes(fresh: Path) -> None:
    """All of them, and the text that has them; a missing file is one as well."""
    (fresh / "program.md").write_text("---\nmetric: loss\nmesure: python train.py\nbudget: {hours: many}\n---\n")
    found = program.run(Context(where=fresh), program.ProgramInput())
    assert len(found.mistakes) == 3 and all(line.startswith("program.md:") for line in found.mistakes)
    assert any("program.md:3: mesure: unknown key; did you mean `measure`?" in line for line in found.mistakes)
    assert "mesure" in found.text and found.digest and found.commands == ()
    (fresh / "program.md").unlink()
    found = program.run(Context(where=fresh), program.ProgramInput())
    assert "write one with `overnight init`" in found.mistakes[0] and (found.text, found.digest) == ("", "")
    (fresh / "program.md").write_bytes(b"\xff\xfe")
    assert "cannot be read" in program.run(Context(where=fresh), program.ProgramInput()).mistakes[0]

"""What `check` says of the data that a campaign before was measured on."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from campaigns import World, record
from targets import repository_of

from overnight.ledger.lock import hold
from overnight.program.parser import parse_program
from overnight.research.events import CampaignOpened
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ledger import SqliteLedger
from overnight.research.setup.baseline import past_notes


def test_check_says_that_a_campaign_with_these_data_showed_them_to_be_too_few(tmp_path: Path) -> None:
    """Of the newest campaign, with the same metric and holdout; another holdout is other data."""
    repository = repository_of(tmp_path, {"train.py": "x = 1\n"})
    world = World(experiments=300, real=0.4, overfit=0.5, seed=7)
    events = [each.event for each in record(world)]
    opened = next(event for event in events if isinstance(event, CampaignOpened))
    program = parse_program(opened.program, "program.md")
    assert past_notes(repository, program) == ()
    folder = campaign_folder(repository, world.tag)
    folder.mkdir(parents=True)
    with hold(folder), closing(SqliteLedger(folder)) as ledger:
        ledger.append(*events)
    (note,) = past_notes(repository, program)
    assert note.startswith(f"the campaign `{world.tag}`: the holdout did not confirm ") and "gain on these data alone" in note
    assert past_notes(repository, replace(program, holdout="python other.py")) == ()

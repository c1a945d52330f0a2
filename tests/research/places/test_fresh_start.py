"""A campaign without a value starts over, with what was ordered meanwhile."""

from contextlib import closing
from pathlib import Path

from targets import make_repo, program

from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
from overnight.program.parser import parse_program
from overnight.research.events import CampaignOpened, OrderSettled
from overnight.research.idea import AddIdea, DropIdea, Risk
from overnight.research.order import ChangeIdeas
from overnight.research.places.fresh_start import set_aside_barren
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.ordering import place_order


def test_ideas_that_were_ordered_are_kept(tmp_path: Path) -> None:
    """They are in the file of ideas, which the campaign reads when it starts over; other changes are refused."""
    repo, folder = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 3.0"))), tmp_path / "t"
    folder.mkdir(mode=0o700)
    with closing(GitHistory(open_repository(repo))) as history:
        start = history.resolve_start()
        history.advance(tag="t", old=None, new=start)
        with closing(SqliteLedger(folder)) as ledger:
            text = (repo / "program.md").read_text()
            ledger.append(CampaignOpened(tag="t", version="0", program=text, start=start, secret="00", sandbox="process"))
        place_order(folder, ChangeIdeas(edits=(AddIdea(text="halve it", risk=Risk.BOLD), AddIdea(text="double it"))))
        place_order(folder, ChangeIdeas(edits=(DropIdea(number=1),)))
        changed = parse_program(text + "\nSmaller.\n", "program.md")
        aside = set_aside_barren(folder, history, changed)
    assert aside and not (folder / "ledger.db").exists()
    assert (folder / "ideas.md").read_text() == "- [ ] halve it (bold)\n- [ ] double it\n"
    old = folder / "old"
    old.mkdir(mode=0o700)
    aside.rename(old / "ledger.db")
    with closing(SqliteLedger.for_reading(old)) as ledger:
        settled = [entry.event.outcome for entry in ledger.events() if isinstance(entry.event, OrderSettled)]
        assert settled == ["done", "refused"] and ledger.open_orders(9) == []

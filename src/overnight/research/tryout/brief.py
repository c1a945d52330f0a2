"""The brief that a role would get now: of a campaign, or of the program alone before one begins. Nothing is asked or recorded.

Does not cover: what only a running session knows, which is the work in hand without a proposal, the last tries of a researcher
that came to nothing, and the limits of that session.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from overnight.agents.registry import AGENTS
from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.git.repository import Repository, open_repository
from overnight.program.program import CRITIC, DIRECTOR, Program
from overnight.research.briefs.director import write_director_brief
from overnight.research.briefs.layout import estimate_tokens
from overnight.research.briefs.review import write_review_brief
from overnight.research.experiment import Draft
from overnight.research.loop.assigning import Assigner
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.journal import Journal
from overnight.research.loop.scope import Scope
from overnight.research.places.campaigns import newest_tag
from overnight.research.reading import opening_state, reading
from overnight.research.record.ledger import SqliteLedger
from overnight.words.foreign import printable

RESEARCHER = "researcher"  # any role that proposes changes, if the program has none that reads a brief
READ_BY_CRITIC = 20  # newest experiments among which one has a change that a critic can read
NAME = 200  # characters of a name in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefPage:
    """A brief, as `brief --json` prints it."""

    role: str
    campaign: str  # its tag; empty: none has begun, and the program alone is in it
    tokens: int  # an estimate, more likely too high than too low
    text: str  # Markdown


def show_brief(
    folder: Path, role: str | None, tag: str | None, background: Callable[[Journal, Path], str] | None = None
) -> BriefPage:
    """The brief of a role, by default the first that reads one, in the newest campaign around a folder or that of a tag.

    `background`: what else the brief of a campaign says, by its journal and its folder.

    Raises:
        UserError: there is no such role or campaign, or nothing yet that a critic could read.
    """
    repository = open_repository(folder)
    repository.check_overnight()
    if tag is None and newest_tag(repository) is None:
        with _not_begun(repository) as (journal, history):
            return _page(journal, history, role, campaign="")
    with reading(tag, folder) as campaign, closing(GitHistory(campaign.repository)) as history:
        state = replace(campaign.next_state(), ideas=campaign.ideas())
        journal = Journal(campaign.ledger, state)
        more = background(journal, campaign.folder) if background else ""
        return _page(journal, history, role, campaign=state.tag, more=more)


@contextmanager
def _not_begun(repository: Repository) -> Iterator[tuple[Journal, GitHistory]]:
    """What a campaign would begin with, in a folder that is gone afterwards."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(GitHistory(repository)) as history,
        closing(SqliteLedger(Path(folder))) as ledger,
    ):
        yield Journal(ledger, opening_state(repository, history, "new")), history


def _page(journal: Journal, history: GitHistory, role: str | None, *, campaign: str, more: str = "") -> BriefPage:
    name = _role(journal.state.program, role)
    briefing = Briefing(journal=journal, history=history, background=lambda: more)
    if name == CRITIC:
        text = _for_critic(journal, history, name)
    elif name == DIRECTOR:
        text = write_director_brief(briefing.task(name))
    else:
        text = anyio.run(_for_researcher, Assigner(journal=journal, history=history, briefing=briefing), name)
    return BriefPage(role=name, campaign=campaign, tokens=estimate_tokens(text), text=text)


def _role(program: Program, role: str | None) -> str:
    """The role whose brief is meant; the three kinds of briefs can be read whether or not the program has such a role."""
    specs = {spec.role: spec for spec in program.researchers}
    reading_one = [name for name, spec in specs.items() if spec.use in AGENTS]
    if role is None:
        return next((name for name in reading_one if name not in {DIRECTOR, CRITIC}), RESEARCHER)
    if role in reading_one or (role in {RESEARCHER, DIRECTOR, CRITIC} and role not in specs):
        return role
    shown, own = printable(role, NAME), ", ".join(printable(name, NAME) for name in reading_one) or "none"
    kinds = ", ".join(kind for kind in (RESEARCHER, DIRECTOR, CRITIC) if kind not in specs)
    if role in specs:
        what = f"the role `{shown}` reads no brief: `use: {specs[role].use}` plays it"
    else:
        what = f"there is no role `{shown}` in {program.path}"
    fix = f"roles there that read one: {own}" + (f"; not there, but shown as well: {kinds}" if kinds else "")
    raise UserError(what, fix=fix)


async def _for_researcher(assigner: Assigner, role: str) -> str:
    async with assigner.assigned(role, reads=True, problems=()) as request:
        return request.brief


def _for_critic(journal: Journal, history: GitHistory, role: str) -> str:
    """The critic's brief of the newest proposal."""
    newest = journal.ledger.experiments(limit=READ_BY_CRITIC).experiments
    found = next((experiment for experiment in newest if experiment.commit), None)
    if found is None:
        fix = "`overnight brief` without --role shows what a researcher reads"
        raise UserError("a critic reads a proposal, and there is none yet", fix=fix)
    changes = history.merge(base=found.base, head=found.base, commit=found.commit) or ()
    before = Scope(journal=journal, history=history).before(changes, found.base)
    return write_review_brief(journal.state, role, Draft(hypothesis=found.hypothesis), changes, before)

"""The campaigns of a repository, a line each, at a cost that does not grow with their histories.

A line that was made is kept as long as the files that it was made from are the same; whether the campaign runs, and whether
it was begun here, is asked each time.

Does not cover: whether git tracks the folder of campaigns, which a look at many repositories does not ask; what is found is
shown, never acted on.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from overnight.errors import OvernightError
from overnight.files.own import claim_folder
from overnight.files.signature import Signature, database, signature_of
from overnight.git.repository import FOLDER_NAME, Repository
from overnight.ledger.file import NAME
from overnight.ledger.lock import NAME as LOCK
from overnight.ledger.lock import holder
from overnight.research.places.begun import is_begun_here
from overnight.research.places.campaigns import tags_by_session
from overnight.research.places.orders import BELIEVED
from overnight.research.reading import CampaignReader
from overnight.research.record.ledger import SqliteLedger
from overnight.research.views.campaigns import COPIED, CampaignLine, campaign_line, unread_line

REMEMBERED = 2000  # lines; more than anybody looks at


def campaign_lines(top: Path, *, limit: int, offset: int = 0) -> tuple[list[CampaignLine], int]:
    """A page of the campaigns below the top of a checkout, those whose sessions began last first, and how many there are."""
    tags = tags_by_session(top / FOLDER_NAME)
    return [_line(top, tag) for tag in tags[offset : offset + limit]], len(tags)


def files_of(top: Path, limit: int) -> list[Path]:
    """The files that change when one of the first lines does."""
    ours = top / FOLDER_NAME
    return [ours, *(path for tag in tags_by_session(ours)[:limit] for path in (*_record(ours / tag), ours / tag / LOCK))]


def _line(top: Path, tag: str) -> CampaignLine:
    folder = top / FOLDER_NAME / tag
    running, begun, changed = None, 0.0, 0.0
    try:
        claim_folder(folder)
        signature = record_signature(folder)
        begun, changed = (folder / LOCK).lstat().st_mtime, max((each[0] for each in signature if each), default=0) / 1e9
        running = holder(folder)
        made = _made(top, tag, signature, running is not None)
    except (OSError, OvernightError) as error:
        return unread_line(tag, str(error), running=running, begun=begun, changed=changed)
    return replace(made, tag=tag, running=running, life="running" if running else made.life, begun=begun, changed=changed)


@lru_cache(maxsize=REMEMBERED)
def _made(top: Path, tag: str, _signature: Signature, running: bool) -> CampaignLine:
    """The line of a campaign whose files have this signature; `running` decides what is said of its end."""
    folder = top / FOLDER_NAME / tag
    with closing(SqliteLedger.for_reading(folder)) as ledger:
        repository = Repository(toplevel=top, git_dir=top, common_dir=top, object_format="")  # git is not asked
        campaign = CampaignReader(repository=repository, folder=folder, ledger=ledger, running=1 if running else None)
        state = campaign.state()
        trouble = "" if is_begun_here(folder, ledger) else COPIED
        return campaign_line(
            state, running=campaign.running, failed=campaign.failure(state), begun=0.0, changed=0.0, trouble=trouble
        )


def record_signature(folder: Path) -> Signature:
    """What changes when what a line is made from does; an empty file counts as none, as a reader makes one beside a ledger."""
    return tuple(each if each and each[1] else None for each in signature_of(_record(folder)))


def _record(folder: Path) -> Sequence[Path]:
    """The files that a line is made from."""
    return (*database(folder / NAME), folder / BELIEVED)

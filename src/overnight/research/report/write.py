"""A campaign's report as files: a page and a picture for people, Markdown for agents."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.files.atomic import write_atomically
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.program.program import Program
from overnight.research.places.orders import read_believed
from overnight.research.places.transcripts import FOLDER as TRANSCRIPTS
from overnight.research.places.transcripts import transcribed
from overnight.research.record.port import Ledger, Recorded
from overnight.research.record.restore import Folded, newest_snapshot
from overnight.research.report.addition import Addition
from overnight.research.report.diff import Diffs, view_diff
from overnight.research.report.markdown import render_markdown
from overnight.research.report.page import render_page
from overnight.research.report.pictures import progress_png
from overnight.research.report.sessions import choose_sessions
from overnight.research.story.narrator import tell_story

_DIFF_LINES = 400  # of one diff that the page shows


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """Where the report is."""

    html: Path
    png: Path
    md: Path


def write_files(
    ledger: Ledger,
    repository: Repository,
    folder: Path,
    program: Program,
    *,
    campaign: Path | None = None,
    hide: Callable[[str], str] = str,
    additions: Sequence[Addition] = (),
) -> ReportFiles:
    """Write the report of a campaign into a folder; `campaign` is its own, if that is another.

    `hide` and `additions` are as in `write_report`.
    """
    history = GitHistory(repository)
    try:
        return write_report(
            ledger.events(),
            history.diff,
            folder,
            program=program,
            folded=newest_snapshot(ledger),
            believed=read_believed(campaign or folder),
            transcripts=(campaign or folder) / TRANSCRIPTS,
            hide=hide,
            additions=additions,
        )
    finally:
        history.close()


def write_report(
    recorded: Iterable[Recorded],
    diffs: Diffs,
    folder: Path,
    *,
    program: Program,
    folded: Folded | None = None,
    believed: Collection[str] = (),
    transcripts: Path | None = None,
    hide: Callable[[str], str] = str,
    additions: Sequence[Addition] = (),
) -> ReportFiles:
    """Write `report.html`, `progress.png` and `report.md` into the folder, each completely or not at all.

    `diffs` gives the unified diff from one commit to another; it is called once for each kept change. `folded` and `believed`
    are as in `tell_story`. `transcripts`: the folder of those of its agents. `hide` takes out secrets that were recorded before
    they were known to be some. `additions` are sections for this kind of campaign.

    Raises:
        OSError: the folder cannot be written to.
    """
    story = tell_story(recorded, program, folded, believed)
    shown = {keep.number: view_diff(diffs(keep.base, keep.commit), limit=_DIFF_LINES) for keep in story.keeps}
    files = ReportFiles(html=folder / "report.html", png=folder / "progress.png", md=folder / "report.md")
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(files.png, progress_png(story))
    markdown = render_markdown(story, shown, transcribed(transcripts) if transcripts else (), additions)
    write_atomically(files.md, hide(markdown).encode())
    write_atomically(files.html, hide(render_page(story, shown, choose_sessions(story, transcripts), additions)).encode())
    return files

"""From a repository with a `meta.md` to a campaign whose trials are inner campaigns."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from overnight.errors import UserError
from overnight.files.own import read_unlinked
from overnight.git.repository import Repository
from overnight.meta.beginning import Beginning, beginning_of, recorded_beginning
from overnight.meta.charter import META, Charter
from overnight.meta.composition import program_text
from overnight.meta.memory import background
from overnight.meta.noise import FOLDER, Noise
from overnight.meta.organisation import objections
from overnight.meta.parsing import parse_charter
from overnight.meta.preconditions import folder_of
from overnight.meta.researcher import organisation_tuner
from overnight.meta.targets import most_slots, pinned, target_text
from overnight.meta.trials import make_trials
from overnight.meta.workers import Workers
from overnight.program.parser import parse_program
from overnight.program.program import Program
from overnight.research.kind import CampaignKind, TrialsFor
from overnight.research.loop.port import Trials
from overnight.research.places.campaigns import META_TAGS, campaign_folder, newest_tag
from overnight.research.places.orders import LARGEST
from overnight.research.researchers.registry import RESEARCHERS
from overnight.research.state import State
from overnight.words.quantities import counted


def read_charter(repository: Repository) -> Charter:
    """The charter in the user's checkout.

    Raises:
        UserError: there is none, or it has mistakes.
    """
    path = repository.toplevel / META
    try:
        text = read_unlinked(path, LARGEST).decode("utf-8")
    except FileNotFoundError as error:
        raise UserError(f"there is no {META} in {repository.toplevel}", fix="write one with `overnight meta init`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}", fix="put a plain text file in its place") from error
    return parse_charter(text, META)


def charter_of(repository: Repository, state: State) -> Charter:
    """The charter of a campaign, which is in the user's checkout.

    Raises:
        UserError: the campaign is none of organisations, or the charter is gone.
    """
    if state.program.path != META:
        raise UserError(f"`{state.tag}` is no meta-campaign", fix="name one with --tag; see `overnight campaigns`")
    return read_charter(repository)


def meta_tag(repository: Repository) -> str:
    """The tag of the meta-campaign to go on with, or of a new one."""
    return newest_tag(repository, meta=True) or f"{META_TAGS}{time.strftime('%b%d').lower()}"


def check_folder(repository: Repository) -> Path:
    """Where `meta check` works."""
    return repository.overnight / FOLDER


def recorded(repository: Repository, tag: str) -> Beginning | None:
    """What the meta-campaign of a tag began with; None if it has not begun."""
    return recorded_beginning(campaign_folder(repository, tag))


def sources_of(
    charter: Charter, repository: Repository, *, commits: Mapping[str, str] | None = None
) -> Mapping[str, tuple[str, str]]:
    """A copy of each target that is no lab, and its commit: the one recorded, else the one that is checked out there.

    Raises:
        UserError: a target is no repository, or cannot be copied.
    """
    from overnight.git.history import GitHistory
    from overnight.git.repository import open_repository

    found: dict[str, tuple[str, str]] = {}
    for target in charter.all_targets:
        if target.folder:
            there = open_repository(folder_of(target, repository))
            with closing(GitHistory(there)) as history:
                commit = (commits or {}).get(target.name) or history.resolve_start()
            found[target.name] = (str(pinned(there, commit, repository.overnight)), commit)
    return found


def target_programs(charter: Charter, sources: Mapping[str, tuple[str, str]]) -> Mapping[str, Program]:
    """The program of each target, by name.

    Raises:
        UserError: a target has none, or it has mistakes.
    """
    programs: dict[str, Program] = {}
    for target in charter.all_targets:
        source = sources.get(target.name, ("", ""))
        where = f"lab:{target.lab}" if target.lab else f"{source[0]} of {target.name}"
        programs[target.name] = parse_program(target_text(target, source), where)
    return programs


def usual_slots(programs: Iterable[Program]) -> int:
    """How many inner campaigns run at once on this machine by default."""
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return most_slots(programs, cores=len(os.sched_getaffinity(0)), memory_bytes=memory_bytes)


def slots_of(charter: Charter, repository: Repository, tag: str) -> int:
    """The same for the targets of a meta-campaign, as it began.

    Raises:
        UserError: a target is no repository any more.
    """
    began = recorded(repository, tag)
    sources = sources_of(charter, repository, commits=began.commits if began else None)
    return usual_slots(target_programs(charter, sources).values())


def target_notes(charter: Charter, repository: Repository, commits: Mapping[str, str]) -> Sequence[str]:
    """What the user should know of targets that are repositories, where organisations are tried on these commits."""
    from overnight.git.history import GitHistory
    from overnight.git.repository import open_repository
    from overnight.git.uncommitted import uncommitted

    notes: list[str] = []
    for target in charter.all_targets:
        if not target.folder:
            continue
        there = open_repository(folder_of(target, repository))
        with closing(GitHistory(there)) as history:
            now, pinned_at = history.resolve_start(), commits.get(target.name, "")
        if pinned_at and now != pinned_at:
            notes.append(f"the target {target.name} has moved to {now[:12]}; it is still tried as it was, at {pinned_at[:12]}")
        if changed := uncommitted(there):
            files = counted(len(changed), "file")
            notes.append(f"the target {target.name} is tried as it is committed: changes of {files} there are not")
    return notes


def meta_kind(charter: Charter, noise: Noise | Beginning, repository: Repository, workers: Workers) -> CampaignKind:
    """What makes a campaign a meta-campaign: a new one from how noisy its targets are, else as it began."""
    if isinstance(noise, Noise):
        spreads: Mapping[str, float] = {name: one.spread for name, one in noise.targets.items()}
        sources = sources_of(charter, repository)
        began = beginning_of(charter, spreads, sources, _hidden(charter, repository))
    else:
        spreads, began = noise.spreads, noise
        sources = sources_of(charter, repository, commits=noise.commits)

    def text_of(source: str) -> str:
        new = replace(parse_charter(source, META), allowed=charter.allowed, allowed_raw=charter.allowed_raw)
        return program_text(new, spreads, hidden=began.hidden, facts=began.line())

    def program(_: Repository) -> Program:
        return parse_program(program_text(charter, spreads, hidden=began.hidden, facts=began.line()), META)

    def trials(given: TrialsFor) -> Trials:
        return make_trials(charter, given, workers=workers, spreads=spreads, sources=sources)

    return CampaignKind(
        file=META,
        program=program,
        rewritten=text_of,
        tag=meta_tag,
        trials=trials,
        researchers={**RESEARCHERS, "tuner": partial(organisation_tuner, charter)},
        scope_rule=partial(objections, charter),
        background=background,
        notes=target_notes(charter, repository, began.commits),
    )


def _hidden(charter: Charter, repository: Repository) -> tuple[str, ...]:
    """What the organisation's own program hides: with it an organisation could hold the answers of the target `.`."""
    from overnight.git.history import GitHistory

    with closing(GitHistory(repository)) as history:
        text = history.read_files(history.resolve_start(), [charter.organisation]).get(charter.organisation, b"")
    return parse_program(text.decode("utf-8"), charter.organisation).hidden

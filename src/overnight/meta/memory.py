"""What a brief says of past organisations: who proved what for how much, on which target, and where budget was lost.

It holds no diff, no sentence of a researcher and no value of a target: an organisation must not learn a target's answer. Ideas
are those that the organisation itself lists.
"""

from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path

from overnight.errors import LedgerCorrupt, OvernightError
from overnight.meta.sums import Sums, read_sums, write_sums
from overnight.meta.tallies import Table
from overnight.research.loop.journal import Journal
from overnight.research.places.begun import is_begun_here
from overnight.research.places.campaigns import META_TAGS, tags_by_session
from overnight.research.record.ledger import SqliteLedger
from overnight.words.figures import figure
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted

ROLES, IDEAS, ORGANISATIONS, EARLIER = 8, 10, 8, 3  # lines of each, and earlier meta-campaigns
NAME, IDEA, HYPOTHESIS = 64, 160, 120  # characters


def background(journal: Journal, folder: Path, *, keep: bool = True) -> str:
    """The section of a brief in Markdown; empty before the first inner campaign. `keep`: write down what was summed up."""
    sums = _known(journal, folder)
    before, sealed = sums.seq, dict(journal.state.program.metric.sealed_parts)
    sums.take(journal.ledger.events(sums.seq), folder, journal.state.program.metric)
    if keep and sums.seq != before:
        write_sums(folder, sums)
    lines = [*_lines(sums), *_organisations(sums, journal)]
    for tag in _earlier(folder)[:EARLIER]:
        if earlier := list(_lines(read_sums(folder.parent / tag), sealed)):
            lines += ["", f"In the earlier meta-campaign {printable(tag, NAME)}:", "", *earlier]
    return "\n".join(lines)


def _known(journal: Journal, folder: Path) -> Sums:
    """What is remembered of this ledger; nothing if it is of another one."""
    sums = read_sums(folder)
    try:
        next(iter(journal.ledger.events(sums.seq)), None)
    except LedgerCorrupt:
        return Sums()
    return sums


def _earlier(folder: Path) -> list[str]:
    """The tags of earlier meta-campaigns that this user began here; others came with a clone, and their words are anybody's."""
    tags = (tag for tag in tags_by_session(folder.parent) if tag.startswith(META_TAGS) and tag != folder.name)
    return [tag for tag in tags if _is_ours(folder.parent / tag)]


def _is_ours(folder: Path) -> bool:
    with suppress(OvernightError, OSError), closing(SqliteLedger.for_reading(folder)) as ledger:
        return ledger.origin() is not None and is_begun_here(folder, ledger)
    return False


def _lines(sums: Sums, sealed: Collection[str] = ()) -> Iterator[str]:
    for target, row in sums.targets.items():
        if target in sealed:  # now, though not in that campaign
            continue
        if not {"campaigns", "gained", "kept"} <= row.keys() or not row["campaigns"]:
            continue
        per = figure(row["kept"] / row["campaigns"], 2)
        nothing = row["campaigns"] - row["gained"]
        campaigns = _count(row, "campaigns", "inner campaign")
        yield f"- On {printable(target, NAME)}: {campaigns}, {nothing:.0f} of them gained nothing, {per} kept in each."
    for role, row in _most(sums.roles, "proposed", ROLES):
        yield f"- Role {printable(role, NAME)}: {_role(row)}."
    for idea, row in _most(sums.ideas, "tried", IDEAS):
        tried, proven = row.get("tried", 0), row.get("proven", 0)
        yield f'- Idea of the queue "{printable(idea, IDEA)}": proven in {proven:.0f} of {tried:.0f} campaigns.'


def _role(row: dict[str, float]) -> str:
    kept, trials = row.get("kept", 0), row.get("searched", 0) + row.get("judged", 0)
    said = [f"{_count(row, 'proposed', 'proposal')}, {kept:.0f} kept"]
    if kept:
        said.append(f"{figure(round(trials / kept, 1), 3)} trials a keep")
    if tokens := row.get("tokens", 0):
        said.append(f"{compact(tokens / kept)} tokens a keep" if kept else f"{compact(tokens)} tokens for nothing")
    lost = {"rejected": "refused before any trial", "crashed": "crashed", "missed": "came to no proposal"}
    said += [f"{row[name]:.0f} {words}" for name, words in lost.items() if row.get(name)]
    if row.get("searched"):
        said.append(f"{row['searched'] / trials:.0%} of its trials were search")
    return ", ".join(said)


def _organisations(sums: Sums, journal: Journal) -> Iterator[str]:
    """The newest that were put to the test, with their progress by target, in spreads."""
    for number, row in list(reversed(sums.organisations.items()))[:ORGANISATIONS]:
        known = journal.ledger.experiment(int(number)) if number.isdecimal() else None
        moved = [
            f"{printable(target, NAME)} {figure(row[f'before {target}'] / row[f'n before {target}'], 2)} to "
            f"{figure(row[f'after {target}'] / row[f'n after {target}'], 2)}"
            for target, _ in journal.state.program.metric.parts
            if row.get(f"n before {target}") and row.get(f"n after {target}")
        ]
        if known and moved:
            what = printable(known.hypothesis, HYPOTHESIS)
            yield f'- #{number} "{what}", progress in spreads before and after: {", ".join(moved)}.'


def _most(table: Table, by: str, most: int) -> list[tuple[str, dict[str, float]]]:
    return sorted(table.items(), key=lambda item: -item[1].get(by, 0))[:most]


def _count(row: dict[str, float], name: str, noun: str) -> str:
    return counted(int(row.get(name, 0)), noun)

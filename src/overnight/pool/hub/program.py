"""The program that the hub's campaign runs: the founder's, with submissions as its only researcher."""

from collections.abc import Sequence

from overnight.git.repository import Repository
from overnight.pool.hub.settings import HubSettings
from overnight.program.front_matter import load_front_matter, mapping_in, split_front_matter
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM, Program
from overnight.program.writer import plain_front_matter
from overnight.research.places.campaigns import read_program

RESEARCHER = "submissions"  # the `use` of the hub's researcher
ROLE = "pool"
PATIENCE = "365d"  # however many submissions in a row are not worth a trial
_LEFT_OUT = ("researchers", "budget", "target")  # keys of the founder's program that a hub does not have


def hub_program(repository: Repository, settings: HubSettings, *, split: int = 0, error_rate: float | None = None) -> Program:
    """The program in the founder's checkout, as the hub runs it.

    `split` says which holdout answers, `error_rate` what the campaign may spend; None: as in the founder's.

    Raises:
        UserError: there is none, or it has mistakes.
    """
    source = read_program(repository).source
    return parse_program(hub_program_text(source, settings, split=split, error_rate=error_rate), PROGRAM)


def hub_program_text(source: str, settings: HubSettings, *, split: int = 0, error_rate: float | None = None) -> str:
    """The same of a text."""
    front, body = split_front_matter(source, PROGRAM)
    values = {key: value for key, value in load_front_matter(front, PROGRAM).values.items() if key not in _LEFT_OUT}
    values["researchers"] = [{"role": ROLE, "use": RESEARCHER, "patience": PATIENCE}]
    if split:
        values["holdout"] = settings.holdouts[split - 1]
    if error_rate is not None:
        values["gate"] = {**mapping_in(values.get("gate")), "error_rate": error_rate}
    metric = values.get("metric")
    if bounds := _bound_guards(settings, str(mapping_in(metric).get("name", metric))):
        known = values.get("guards") or []
        values["guards"] = [*(known if isinstance(known, list) else [known]), *bounds]
    return plain_front_matter(values) + body


def _bound_guards(settings: HubSettings, metric: str) -> Sequence[str]:
    low, high = settings.bounds
    return [*([f"{metric} >= {low:g}"] if low is not None else []), *([f"{metric} <= {high:g}"] if high is not None else [])]

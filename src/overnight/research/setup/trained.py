"""Which files make the data and judge the result of a training, and what the user should know about that."""

import re
from collections.abc import Iterable

from overnight.program.code_files import is_code
from overnight.program.judge.tree import Read
from overnight.research.setup.first_look import Proposal, entry_of, with_note
from overnight.research.setup.wishes import BY_HAND
from overnight.words.foreign import printable

NAME = 80  # characters of a path
SAYS_ITSELF = "trains and says itself how good the result is"  # in a note
SAYS_IT = "is frozen, since it says how good the result is"

# What makes the data or judges the result, by the names of functions and classes; a file with layers as well is a model's.
_JUDGES = re.compile(
    r"^[ \t]*(?:async[ \t]+)?def[ \t]+(?:load(?=\((?!self\b))|load_\w{0,40}(?:data|corpus|mnist|cifar)\w{0,40}"
    r"|accuracy|evaluate\w*|eval_\w+|\w{1,40}_score|perplexity"
    r"|(?:get|make|build|create|read)_\w{0,40}(?:data|dataset|dataloader|loader|batch|batches|corpus)s?"
    r"|(?:compute|calc\w*|get)_(?:metrics?|accuracy|scores?|auc|f1|perplexity))\("
    r"|^class[ \t]+\w{1,80}\((?:\w{1,40}\.){0,3}(?:Dataset|IterableDataset|DataLoader|Env|DataModule|LightningDataModule)\b",
    re.MULTILINE,
)
_LAYERS = re.compile(
    r"^class[ \t]+\w{1,80}\((?:\w{1,40}\.){0,3}(?:\w{0,40}(?:Module|Layer|Model|Net(?:work)?))\)", re.MULTILINE
)
_SCORES = re.compile(r"\b(?:loss|acc|accuracy|reward|score|perplexity|ppl|nll|bpb|error)\b", re.IGNORECASE)
_PRINTS = re.compile(r"\bprint\(|\.info\(|\.write\(|echo\(|\bMETRIC\b")


def trained(proposal: Proposal) -> str:
    """The script whose training is measured; empty if the command measures something else, or is the user's."""
    measure = entry_of(proposal, "measure")
    return proposal.detected.trains if measure and measure.reason != BY_HAND else ""


def judging(paths: Iterable[str], read: Read) -> set[str]:
    """The files that make the data or judge what was trained, by what they define."""
    texts = {path: read(path) or "" for path in paths if is_code(path) and path.endswith(".py")}
    return {path for path, text in texts.items() if _JUDGES.search(text) and not _LAYERS.search(text)}


def with_trust(proposal: Proposal, read: Read) -> Proposal:
    """The proposal, with a note if the script that trains also says how good the result is, and may be edited."""
    script = trained(proposal)
    text = (read(script) or "") if script else ""
    if not script or not _PRINTS.search(text) or not _SCORES.search(text):
        return proposal
    shown = printable(script, NAME)
    if script in proposal.program.editable:
        what = f"{shown} {SAYS_ITSELF}, so a candidate could change how it is measured"
        return with_note(
            proposal, f"{what}: read what is kept, or let a frozen script score (docs/trust.md, `produce` and `score`)"
        )
    what = f"{shown} {SAYS_IT}: its own settings cannot be changed"
    return with_note(proposal, f"{what}, unless its training moves to a file of its own")

"""The folder of `overnight meta demo`: a plain organisation that has much to gain, and a charter to improve it by."""

from pathlib import Path

from overnight.meta.charter import META
from overnight.meta.targets import git
from overnight.program.program import PROGRAM

FOLLOWER = "{role: follower, use: command, command: python -S -E follower.py}"
RANDOM = "{role: random, use: command, command: python -S -E follower.py --blind}"
TUNER = "{role: tuner, use: tuner}"
TRIALS = 120  # of an inner campaign: time for about two keeps, by the demo's organisation as by the tuner
SCREENING = 0.5  # the part of it that screening has: the first keep comes after 40 to 72, that of the tuner after 36 to 41

# Good and bad ideas, the bad ones first; a researcher that reads them, and one that wastes them.
ORGANISATION = f"""\
researchers:
  - {FOLLOWER}
  - {RANDOM}
---
# Lower the loss of a simulated training run

`recipe.py` holds two dozen constants, each positive. The loss is that of a simulated run of a few milliseconds; it is noisy.

## Risk

30 % bold.

## Ideas

- [ ] double mix (safe)
- [ ] halve width_scale (safe)
- [ ] quadruple temperature (bold)
- [ ] double weight_decay (safe)
- [ ] quarter epsilon (bold)
- [ ] double margin and auxiliary (safe)
- [ ] double learning_rate and halve weight_decay (safe)
- [ ] double cooldown and embed_scale (safe)
- [ ] triple learning_rate, embed_scale and cooldown, third weight_decay (bold)
- [ ] halve noise_scale and init_scale (safe)
- [ ] halve clip and double residual_gain (safe)
"""
CHARTER = f"""\
---
organisation: {PROGRAM}
targets: [lab:plant]              # a new instance of the lab in each pair of campaigns
holdout: [lab:plant#20261201]     # sealed: one instance, with the lab's own ideas
inner: {{trials: {TRIALS}, screening: {SCREENING}}}    # of one inner campaign; the part that screening has
allowed_researchers:
  - {TUNER}
  - {FOLLOWER}
  - {RANDOM}
gate: {{error_rate: 0.1, max_pairs: 15, holdout_pairs: 2}}
researchers:
  - {TUNER}        # of organisations
---
# Improve the organisation

Find the organisation that lowers the loss most, on instances of the lab that it has never seen.
"""


def make_demo(folder: Path, *, instance: int) -> None:
    """Make the folder, a copy of the lab with the organisation and the charter, committed.

    Raises:
        UserError: the folder is in use.
    """
    from overnight.research.setup.labs import copy_lab

    copy_lab("plant", folder, instance=instance)
    lab = (folder / PROGRAM).read_text(encoding="utf-8")
    front, _, _ = lab.partition("researchers:\n")
    (folder / PROGRAM).write_text(front + ORGANISATION, encoding="utf-8")
    (folder / META).write_text(CHARTER, encoding="utf-8")
    git("add", "-A", at=folder)
    git("commit", "-q", "-m", "Start from a plain organisation", at=folder)

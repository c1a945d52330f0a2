"""Seeds and orders of trials, derived from the campaign's secret: nobody can guess them, and its owner can replay them."""

import hmac
from dataclasses import replace

from overnight.gate.trial import Arm, Stage, TrialKey

ANCHORS = 5  # trials of a head whose seeds the screening of every candidate reuses


def trial_seed(secret: str, key: TrialKey) -> int:
    """A seed below 2**31, the same for both arms of a pair."""
    return int.from_bytes(_digest(secret, "seed", key)[:4], "big") >> 1


def place_of_seed(key: TrialKey, head: int, *, repeat: int = 0) -> TrialKey:
    """The place in a campaign whose seed a trial uses; `head` is the experiment that made the head, 0 at the start.

    Screening uses the seeds of the head's first trials, which separates a change from its luck. Screening trials from the index
    ANCHORS on, and confirmation pairs, use fresh seeds. A holdout trial uses that of the pair with its index: the same models,
    other data. All trials of an audit with one index share a seed, and so do all search trials of a campaign with one `repeat`.
    """
    match key.stage:
        case Stage.SCREEN if key.index < ANCHORS:
            return replace(key, experiment=head, stage=Stage.BASELINE, restart=0)
        case Stage.HOLDOUT:
            return replace(key, stage=Stage.CONFIRM)
        case Stage.AUDIT:
            return replace(key, experiment=0, part=0)
        case Stage.SEARCH:
            return replace(key, experiment=0, index=repeat, restart=0)
    return key


def is_first(key: TrialKey) -> bool:
    """Whether it is a candidate's first screening trial; beside a trial of the head it has a fresh seed."""
    return key.stage is Stage.SCREEN and key.arm is Arm.CANDIDATE and key.index in {0, ANCHORS}


def candidate_first(secret: str, key: TrialKey) -> bool:
    """Whether the candidate of this pair runs before the baseline: a fair coin, the same for both arms."""
    return _digest(secret, "order", key)[0] < 128  # noqa: PLR2004  # half of a byte's values


def place_in_block(secret: str, key: TrialKey) -> bytes:
    """The sort key of the trials of one block, all of one seed: a random order."""
    part = f"\n{key.part}" if key.part else ""
    message = f"block\n{key.experiment}\n{key.stage.value}\n{key.arm.value}\n{key.index}{part}"  # an audit never restarts
    return hmac.digest(secret.encode(), message.encode(), "sha256")


def _digest(secret: str, purpose: str, key: TrialKey) -> bytes:
    # The arm is left out, so that both arms of a pair draw the same.
    again = f"\n{key.restart}" if key.restart else ""
    message = f"{purpose}\n{key.experiment}\n{key.stage.value}\n{key.index}{again}"
    return hmac.digest(secret.encode(), message.encode(), "sha256")

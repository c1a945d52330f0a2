import math


def near(a, b):
    """Whether both have the same shape, and numbers that differ by less than a millionth."""
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(near, a, b))
    return isinstance(a, (int, float)) and abs(a - b) <= 1e-6 * (1 + abs(b))


EXPLAINS = {
    "check_kept": "all_kept",
    "check_noise": "one_sigma",
    "check_pairs": "twice_the_runs",
    "check_proven": "middle_above_0",
}


def check_campaign(learner):
    """Your campaign on train.py has made an experiment on val_loss, and its report is written."""
    made = learner.campaign
    assert made.get("metric", "val_loss") == "val_loss" and made["direction"] == "minimize", (
        f"this campaign is about {made.get('metric')}; run it in your copy of the lab microgpt"
    )
    assert made["experiments"] >= 1 and made["head"] is not None, "no experiment is made yet; wait for the first"
    assert made["report"], "the report is not written yet; see `overnight report`"


def check_experiments(learner):
    """EXPERIMENTS is what the campaign made."""
    got = learner.eval("EXPERIMENTS")
    assert got == learner.campaign["experiments"], f"EXPERIMENTS is {got}; the campaign made {learner.campaign['experiments']}"


def check_kept(learner):
    """KEPT is what the campaign kept."""
    got = learner.eval("KEPT")
    assert got == learner.campaign["kept"], (
        f"KEPT is {got}; of {learner.campaign['experiments']} experiments {learner.campaign['kept']} were kept"
    )


def check_head(learner):
    """HEAD is the val_loss of what is kept in the end, to two digits after the point."""
    got = learner.eval("HEAD")
    assert isinstance(got, (int, float)) and abs(got - learner.campaign["head"]) < 0.006, (
        f"HEAD is {got}; the mean val_loss of the head is another"
    )


def check_noise(learner):
    """A difference of two single runs within 2 * sqrt(2) * sigma could be noise, whichever sign it has."""
    for difference, right in ((0.07, True), (-0.07, True), (0.09, False), (-0.09, False), (0.0, True)):
        got = learner.eval(f"could_be_noise({difference}, 0.03)")
        assert got is right, (
            f"sigma 0.03: a difference has the deviation 0.042, twice that is 0.085; "
            f"could_be_noise({difference}, 0.03) says {got}"
        )


def check_pairs(learner):
    """Half the effect needs four times as many pairs."""
    got = [learner.eval(f"pairs_needed({effect}, 0.03)") for effect in (0.1, 0.05, 0.025)]
    assert got == [1, 3, 12], f"sigma 0.03, effects 0.1, 0.05 and 0.025: 1, 3 and 12 pairs; got {got}"
    effect, sigma = learner.rng.uniform(0.011, 0.02), learner.rng.uniform(0.031, 0.05)
    right = math.ceil(8 * sigma**2 / effect**2)
    got = learner.eval(f"pairs_needed({effect!r}, {sigma!r})")
    assert got == right, f"effect {effect:.4f}, sigma {sigma:.4f}: {right} pairs; got {got}"


def check_proven(learner):
    """A gain is proven if its whole interval is above 0."""
    for low, high, right in (
        (0.01, 0.09, True),
        (-0.02, 0.06, False),
        (0.0, 0.05, False),
        (-0.09, -0.01, False),
        (0.5, 2.0, True),
    ):
        got = learner.eval(f"is_proven({low}, {high})")
        assert got is right, f"is_proven({low}, {high}) says {got}"

import math

LARGEST = 1_000_000  # a report says "over 1,000,000" beyond it
EXPLAINS = {
    "check_kept": "all_kept",
    "check_e": "required_is_reached",
    "check_evidence": "sum_of_bets",
    "check_ties": "ties_lose",
    "check_stop_after": "only_at_the_end",
    "check_luck": "odds",
    "check_required": "same_bar",
    "check_keeps": "keeps_do_not_count",
}


def near(a, b, of_it=1e-6):
    """Whether a is a number within this share of b."""
    return isinstance(a, (int, float)) and not isinstance(a, bool) and abs(a - b) <= of_it * abs(b)


def check_campaign(learner):
    """Your campaign has made an experiment, and its report is written."""
    assert learner.campaign["experiments"] >= 1, "no experiment is made yet; wait for the first"
    assert learner.campaign["report"], "the report is not written yet: `overnight report`"


def check_experiments(learner):
    """EXPERIMENTS is what the campaign made."""
    got, right = learner.eval("EXPERIMENTS"), learner.campaign["experiments"]
    assert got == right, f"EXPERIMENTS is {got}; the campaign made {right}"


def check_kept(learner):
    """KEPT is what the campaign kept."""
    got, right = learner.eval("KEPT"), learner.campaign["kept"]
    assert got == right, f"KEPT is {got}; of {learner.campaign['experiments']} experiments {right} were kept"


def check_e(learner):
    """E and REQUIRED are those of the first change that was kept, as the report has them."""
    first = learner.campaign["first_keep"]
    assert first, "this campaign kept nothing, so its report has no e-value; `overnight run` goes on, or take another campaign"
    assert first["e"], "this campaign's metric has no noise, so its report has no e-value; take a campaign whose metric has some"
    for name, right in (("E", first["e"]), ("REQUIRED", first["required"])):
        got, right = learner.eval(name), min(right, LARGEST)
        assert near(got, right, 0.51 / right), f"{name} is {got}; see `e-value, required` of experiment {first['number']}"


def pot(gains, bet):
    return math.prod(1 + bet if gain > 0 else 1 - bet if gain < 0 else 1 for gain in gains)


def check_evidence(learner):
    """The pot begins at 1, and each pair multiplies it."""
    for gains, right in (([], 1), ([3], 1.5), ([3, -1], 0.75), ([3, 1, -2, 4], 1.6875)):
        got = learner.eval(f"evidence({gains}, 0.5)")
        assert near(got, right), f"bet 0.5, gains {gains}: the pot is {right}; got {got}"
    gains, bet = [learner.rng.choice((-2, -1, 1, 2)) for _ in range(9)], learner.rng.uniform(0.1, 0.9)
    got, right = learner.eval(f"evidence({gains}, {bet!r})"), pot(gains, bet)
    assert near(got, right), f"bet {bet:.3f}, gains {gains}: the pot is {right:.4f}; got {got}"


def check_fair(learner):
    """If the change does nothing, the pot is 1 on average."""
    all_of_three = [[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]
    got = learner.eval(f"[evidence(gains, 0.4) for gains in {all_of_three}]")
    assert all(isinstance(each, (int, float)) for each in got), f"a pot is a number; got {got}"
    mean = sum(got) / len(got)
    assert near(mean, 1), f"over all 8 ways that three pairs may go, the pot averages 1; yours {mean:.4f}"


def check_ties(learner):
    """A tie says nothing: the pot stays."""
    got = learner.eval("evidence([1, 0, 0, 1], 0.5)")
    assert near(got, 2.25), f"bet 0.5, gains 1, 0, 0, 1: 1.5 * 1.5 = 2.25; got {got}"


def check_stop_after(learner):
    """One may stop as soon as the bar is reached, whatever would come then."""
    for gains, right in (([1, 1, -1, 1], 2), ([1, -1, 1, 1], None), ([1, -1, 1, 1, 1], 5), ([-1, -1], None), ([], None)):
        got = learner.eval(f"stop_after({gains}, 0.5, 2)")
        assert got == right, f"bet 0.5, bar 2, gains {gains}: {right}; got {got}"
    got = learner.eval("stop_after([1, 1, 1], 0.5, 2.25)")
    assert got == 2, f"bet 0.5, bar 2.25, three gains: the pot is 2.25 after 2 pairs, which is at the bar; got {got}"


def check_luck(learner):
    """A useless change reaches E at most once in E tries."""
    for e, right in ((20, 0.05), (644, 1 / 644), (2, 0.5), (1, 1), (0.25, 1)):
        got = learner.eval(f"luck({e})")
        assert near(got, right), f"luck({e}) is {right:.5g}; got {got}"


def check_share(learner):
    """The shares are as they were given."""
    got = learner.eval("[share(test) for test in (1, 2, 50)]")
    right = [math.log(20.5) / ((test + 20) * math.log(test + 20) ** 2) for test in (1, 2, 50)]
    assert all(map(near, got, right)), f"share was changed: of tests 1, 2 and 50 they are {right}; got {got}"


def check_required(learner):
    """The first test needs 644, each later one more, as long as nothing is kept."""
    got = [learner.eval(f"required({test}, 0, 0.1)") for test in (1, 2, 10, 100)]
    right = [644.451, 695.928, 1148.992, 9106.034]
    assert all(near(a, b, 1e-4) for a, b in zip(got, right)), f"tests 1, 2, 10 and 100, nothing kept: {right}; got {got}"
    got = learner.eval("required(1, 0, 0.05)")
    assert near(got, 2 * 644.451, 1e-4), f"half the error rate needs twice the evidence, 1288.9; got {got}"


def check_keeps(learner):
    """Each keep makes the next test easier: one false change in many is a smaller share."""
    got = [learner.eval(f"required(2, {keeps}, 0.1)") for keeps in (1, 3)]
    assert near(got[0], 347.964, 1e-4) and near(got[1], 173.982, 1e-4), f"test 2 with 1 and 3 keeps before: 348 and 174; got {got}"

"""The status of a campaign, as a value and in words."""

from dataclasses import replace

from builders import advanced, concluded, opened, proposed, session, stopped

from overnight.gate.verdict import Verdict
from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.models.usage import Usage
from overnight.research.ending import EndReason
from overnight.research.events import Event, ModelCalled, ProposalMissed, ProviderChanged
from overnight.research.search_trial import SO_FAR, SearchTrial
from overnight.research.state import begin, fold
from overnight.research.views.status import describe, summarise
from overnight.research.views.summary import summary

USAGE = Usage(
    calls=1, input_tokens=20_000, cached_tokens=15_000, output_tokens=500, seconds=10.0, first_token_s=1.0, cost_usd=0.5
)


def called(role: str) -> ModelCalled:
    return ModelCalled(number=1, role=role, provider="p", model="m", usage=USAGE)


def test_the_status_shows_the_use_of_each_role() -> None:
    """The most expensive first; in the text and in the record that `--json` prints."""
    state = fold(begin(opened()), [called("critic"), called("explorer"), called("explorer")])
    status = summarise(state, None, "")
    assert [(use.role, use.calls, use.output_tokens_per_s, use.first_token_s) for use in status.models] == [
        ("explorer", 2, 50.0, 1.0),
        ("critic", 1, 50.0, 1.0),
    ]
    assert "models    explorer: 2 calls, 40 k tokens in (30 k cached), 1 k out at 50 tokens/s, $1.00" in describe(status)


def test_estimated_calls_are_marked_and_have_no_speed() -> None:
    """As a call that `overnight stop` cut off: neither a speed nor a wait for the first token is made up."""
    guess = Usage(
        calls=1, input_tokens=1_680, output_tokens=8_192, estimated=1, estimated_output_tokens=8_192, unanswered=1,
        seconds=264.0, estimated_s=264.0, cost_usd=0.1,
    )  # fmt: skip
    cut = replace(called("explorer"), usage=guess)
    status = summarise(fold(begin(opened()), [cut]), None, "")
    [use] = status.models
    assert (use.estimated, use.output_tokens_per_s, use.first_token_s) == (1, None, None)
    assert (status.estimated, status.output_tokens_per_s) == (1, None)
    text = describe(status)
    assert "explorer: 1 call (1 call estimated), 1.68 k tokens in, 8.19 k out, $0.1" in text
    assert "cost      9.87 k tokens (1 call estimated); $0.1" in text
    kept: list[Event] = [proposed(1), concluded(1, Verdict.KEEP, gain=1.0), advanced(1), stopped()]
    both = fold(begin(opened()), [called("explorer"), cut, *kept])
    assert "2 calls (1 call estimated), 21.7 k tokens in (15 k cached), 8.69 k out at 50" in describe(summarise(both, None, ""))
    assert both.stopped and "for models (1 call estimated), " in summary(both.stopped, both)


def test_the_status_says_what_a_kept_change_cost() -> None:
    """And how fast models wrote, over all roles; null without a kept change."""
    kept: list[Event] = [proposed(1), called("explorer"), concluded(1, Verdict.KEEP, gain=1.0), advanced(1)]
    state = fold(begin(opened()), [*kept, called("explorer"), stopped(elapsed_s=100.0)])
    status = summarise(state, None, "")
    assert (status.output_tokens_per_s, status.cost_per_kept_usd) == (50.0, 1.0)
    assert "cost      41 k tokens, written at 50 a second; $1.00, $1.00 a kept change" in describe(status)
    none = summarise(fold(begin(opened()), [called("explorer")]), None, "")
    assert none.cost_per_kept_usd is None and "a kept change" not in describe(none)


def test_models_without_a_price_show_no_money() -> None:
    """Such as those of a server on this machine, or of a provider whose price is not known."""
    free = replace(called("explorer"), usage=replace(USAGE, cost_usd=0.0))
    state = fold(begin(opened()), [proposed(1), concluded(1, Verdict.KEEP), advanced(1), free])
    [line] = [line for line in describe(summarise(state, None, "")).splitlines() if line.startswith("cost")]
    assert "tokens" in line and "$" not in line


def changed(name: str, standing: ProviderStanding, why: str = "", until: float | None = None) -> ProviderChanged:
    return ProviderChanged(state=ProviderState(provider=name, standing=standing, why=why, since=0.0, until=until))


OUT = [
    changed("slow", ProviderStanding.SLOW, "m writes 1 tokens/s, and usually 40"),
    changed("quota", ProviderStanding.PARKED, "429 spent", until=3600.0),
    changed("busy", ProviderStanding.PAUSED, "500"),
    changed("key", ProviderStanding.BROKEN, "401 \x1b[2J"),
    changed("well", ProviderStanding.PARKED, "429"),
    changed("well", ProviderStanding.READY),
]
SAID = [
    "provider  key is out since 00:00 UTC, until you fix it: 401 \\x1b[2J",
    "provider  quota is out of quota since 00:00 UTC, asked again at 01:00 UTC: 429 spent",
    "provider  busy is out since 00:00 UTC, tried again within a minute: 500",
    "provider  slow is slow since 00:00 UTC: m writes 1 tokens/s, and usually 40",
]


def test_the_status_of_a_running_campaign_says_which_provider_is_out() -> None:
    """Those that wait for a person first, with the reason; one that is ready again is not there."""
    state = fold(begin(opened()), OUT)
    status = summarise(state, 7, "")
    assert [state.provider for state in status.providers] == ["slow", "quota", "busy", "key"]
    assert [line for line in describe(status).splitlines() if line.startswith("provider")] == SAID


def test_a_stale_state_is_not_shown_as_present() -> None:
    """Neither of a campaign that does not run, nor of an earlier session."""
    state = fold(begin(opened()), OUT)
    assert summarise(state, None, "").providers == ()
    assert summarise(fold(state, [session()]), 7, "").providers == ()


def test_a_reset_on_another_day_has_its_date() -> None:
    """Quotas of a week are such."""
    later = changed("quota", ProviderStanding.PARKED, until=3 * 86_400.0)
    assert "asked again at 1970-01-04 00:00 UTC" in describe(summarise(fold(begin(opened()), [later]), 7, ""))


def test_the_summary_says_which_provider_was_out_at_the_end() -> None:
    """And what to do if nobody could work for that; not that one is asked again, as the session is over."""
    end = stopped(EndReason.MODELS, "no provider can be asked now: key: 401")
    said = summary(end, fold(begin(opened()), [*OUT, end])).splitlines()
    assert [line for line in said if line.startswith("provider")] == [
        line.replace("asked again at", "until").replace(", tried again within a minute", "") for line in SAID
    ]
    assert "To continue, fix that and run again: `overnight agents test ROLE` tries a researcher alone." in said


def test_the_status_says_how_many_tries_came_to_nothing() -> None:
    """With the newest reason, and how its transcript is shown; the end of a researcher is no try."""
    missed = ProposalMissed(role="explorer", reason="no such\nline", assignment=4)
    state = fold(
        begin(opened()), [replace(missed, assignment=3), missed, ProposalMissed(role="explorer", reason="x", final=True)]
    )
    status = summarise(state, 7, "")
    assert (status.missed, status.newest_missed and status.newest_missed.assignment) == (2, 4)
    line = "missed    2 tries came to nothing; the newest, of explorer (`overnight show --assignment 4`): no such line"
    assert line in describe(status).splitlines()
    assert "missed" not in describe(summarise(begin(opened()), 7, ""))


def test_a_search_is_shown_until_what_it_found_is_proposed() -> None:
    """What its researcher says of it, with foreign text made harmless; nothing of a search on an earlier head."""
    state = begin(opened())
    trial = SearchTrial(base=state.head, role="tuner", notes={SO_FAR: "best so far +1\x1b[2J"}, repeat=0, value=1.0)
    status = summarise(state, None, "", searched=trial)
    assert status.search.startswith("tuner: best so far +1") and "\x1b" not in status.search
    assert f"search    {status.search}" in describe(status).splitlines()
    found = fold(state, [replace(proposed(1), searched=3)])
    for other in (
        summarise(state, None, "", searched=replace(trial, base="another")),
        summarise(found, None, "", searched=trial),
        summarise(state, None, "", searched=replace(trial, notes={})),
        summarise(state, None, ""),
    ):
        assert other.search == "" and "search  " not in describe(other)

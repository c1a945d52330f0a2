"""What a person is notified of, when it is the same news, and what is never in a message."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from builders import PROGRAM, advanced, baseline, opened, session, stopped

from overnight.errors import ProgramError
from overnight.gate.plausibility import Levels
from overnight.gate.verdict import Conclusion, Verdict
from overnight.notices.channels import choose_channels
from overnight.notices.notice import NotifySettings, NotifySpec, Occasion, TextSource
from overnight.notices.settings import NotifySettingsKeys
from overnight.program.parser import parse_program
from overnight.research.ending import EndReason
from overnight.research.events import Believed, ProposalMissed, Stopped
from overnight.research.news import failed, news
from overnight.research.standing import Kept
from overnight.research.state import State, begin, fold
from overnight.words.scrubber import Scrubber
from overnight.words.secret import HIDDEN

HOSTILE = "better\r\nBcc: all@example.org\x1b[2J\u202e <!channel> @everyone"


def state(front: str = "", **changed: object) -> State:
    program = PROGRAM.replace("editable:", f"{front}\neditable:") if front else PROGRAM
    at = fold(begin(opened(program)), [session(), baseline(0, 0.90), baseline(1, 0.92)])
    return replace(at, **changed)  # type: ignore[arg-type]  # fields of State, by name


def ended(reason: EndReason, detail: str = "because") -> Stopped:
    return stopped(reason, detail, elapsed_s=60.0)


def test_a_verified_target_is_news_once_for_each_target() -> None:
    """The message names value, target and branch; a later session says the same news, another target is other news."""
    notice = news(state("target: 0.95"), ended(EndReason.TARGET))
    assert notice is not None and notice.occasion is Occasion.TARGET
    assert "0.91" in notice.title and "0.95" in notice.text and "autoresearch/t" in notice.text
    assert (notice.facts["value"], notice.facts["target"]) == ("0.91", "0.95")
    again, other = (news(state(f"target: {value}", sessions=9), ended(EndReason.TARGET)) for value in (0.95, 0.93))
    assert again and other and again.key == notice.key != other.key


def test_a_keep_that_cannot_be_true_is_news_at_once() -> None:
    """Once for each; every later message begins with it, until a person has read it."""
    conclusion = Conclusion(verdict=Verdict.KEEP, reason="better")
    levels = Levels(before=0.9, after=0.0)
    kept = tuple(Kept(number=n, commit=f"c{n}", hypothesis="h", conclusion=conclusion, levels=levels) for n in range(1, 6))
    at = state("target: 0.95", kept=kept)
    first, second = (news(at, advanced(number)) for number in (1, 2))
    assert first and second and first.key != second.key and first.occasion is Occasion.PERSON
    assert first.title == "t: needs you: #1 is unbelievable until read" and "`overnight believe 1`" in first.text
    later = news(at, ended(EndReason.TARGET))
    assert later and later.facts["unbelievable"] == "1, 2, 3, 4, 5" and "2 more keeps held until read" in later.text
    assert [line[:10] for line in later.lines[1:4]] == ["#1 is unbe", "#2 is unbe", "#3 is unbe"]
    read = fold(at, [Believed(number=1, commit="c1")])
    assert news(read, advanced(1)) is None and news(replace(at, kept=(replace(kept[0], levels=None),)), advanced(1)) is None


def test_a_message_names_keeps_that_are_hard_to_believe() -> None:
    """A few of them in lines, all of them as a fact; they make no message by themselves."""
    conclusion = Conclusion(verdict=Verdict.KEEP, reason="better")
    perfect = Levels(before=0.9, after=0.0)
    split = PROGRAM.replace(
        "measure: python train.py --seed {seed}", "produce: python t.py\nscore: python s.py\nartifacts: [out]"
    )
    program = parse_program(split.replace("editable:", "target: 0.95\neditable:"), "program.md")
    kept = tuple(Kept(number=n, commit="c", hypothesis="h", conclusion=conclusion, levels=perfect) for n in range(1, 6))
    notice = news(state(kept=kept, program=program), ended(EndReason.TARGET))
    assert notice is not None and notice.facts["doubts"] == "1, 2, 3, 4, 5"
    assert notice.text.count("no value is better") == 3 and "2 more keeps to look at" in notice.text
    assert news(state(kept=kept, program=program), ended(EndReason.STOP)) is None


def test_a_message_warns_of_keeps_that_a_search_found() -> None:
    """If nothing checked them on other data."""
    kept = Kept(number=3, commit="c", hypothesis="h", conclusion=Conclusion(verdict=Verdict.KEEP, reason="better"), searched=9)
    notice = news(state("target: 0.95", kept=(kept,)), ended(EndReason.TARGET))
    assert notice is not None and "Warning: found by search and checked on no other data: #3; a long search" in notice.text
    plain = news(state("target: 0.95", kept=(replace(kept, searched=0),)), ended(EndReason.TARGET))
    assert plain is not None and "Warning" not in plain.text


@pytest.mark.parametrize("reason", [EndReason.INTERRUPT, EndReason.SIGNAL, EndReason.STOP, EndReason.AUDITED, EndReason.ERROR])
def test_what_a_person_did_is_no_news(reason: EndReason) -> None:
    """Ctrl-C, `overnight stop` and an audit need no message; an error has its own, which says what it was."""
    assert news(state(), ended(reason)) is None


def test_a_keep_and_one_idle_researcher_are_no_news() -> None:
    """Only the end of all ideas needs a person."""
    assert news(state(), ProposalMissed(role="tuner", reason="no idea", final=True)) is None
    notice = news(state(), ended(EndReason.NO_IDEAS, "no researcher has anything left to try"))
    assert notice and notice.occasion is Occasion.PERSON and "anything left to try" in notice.text


def test_a_spent_budget_of_the_program_is_news_once() -> None:
    """In any session that finds it spent; a raised budget is news again when it is spent."""
    tally = replace(state().tally, keep=1, discard=9)
    first = news(
        state("budget: {experiments: 10}", tally=tally), ended(EndReason.BUDGET, "the budget of 10 experiments is spent")
    )
    again = news(state("budget: {experiments: 10}", tally=replace(tally, trials=99)), ended(EndReason.BUDGET, "other words"))
    raised = news(state("budget: {experiments: 8}", tally=tally), ended(EndReason.BUDGET))
    assert first and again and raised and first.key == again.key != raised.key
    assert "1 kept of 10 experiments" in first.text and first.facts["reason"] == "the budget of 10 experiments is spent"


def test_the_hours_of_a_session_are_news_each_night_but_not_for_an_idle_one() -> None:
    """`--hours 8` ends every night with a message, unless nothing was done since the one before."""
    tally = state().tally
    notices = [
        news(state(tally=replace(tally, trials=trials)), ended(EndReason.BUDGET, "the hours are spent"))
        for trials in (5, 5, 80)
    ]
    first, idle, second = (notice.key for notice in notices if notice)
    assert first == idle != second


def test_a_fault_is_the_same_news_until_something_was_done() -> None:
    """Numbers in its words do not count; experiments since then do."""
    one, two = (failed(state(), f"the head cannot be measured: 1.{second} s") for second in (2, 3))
    later = failed(state(tally=replace(state().tally, discard=1)), "the head cannot be measured: 1.2 s")
    assert one.key == two.key != later.key and "needs you" in one.title


def test_models_that_wait_for_a_person_are_news_once() -> None:
    """It is not repeated each night; after further experiments it is news again."""
    first, again = (news(state(sessions=count), ended(EndReason.MODELS, "401: no key")) for count in (1, 2))
    later = news(state(tally=replace(state().tally, discard=1)), ended(EndReason.MODELS, "401: no key"))
    assert first and again and later and first.key == again.key != later.key
    assert first.occasion is Occasion.PERSON and "401: no key" in first.text


@pytest.mark.parametrize(
    ("reason", "title"), [(EndReason.MODELS, "models cannot be used"), (EndReason.SETUP, "no researcher can work")]
)
def test_models_that_answer_with_refusals_need_a_person_like_a_missing_program(reason: EndReason, title: str) -> None:
    """It is not said that no model can be asked: one that refuses each request was asked."""
    notice = news(state(), ended(reason, "the role `r` cannot work: p refuses the request: 400"))
    assert notice and notice.occasion is Occasion.PERSON and title in notice.title
    assert "until you do something: the role `r` cannot work" in notice.text and "can be asked" not in notice.text


def test_foreign_text_is_one_line_without_controls() -> None:
    """A hypothesis adds no line, escape or bidirectional mark to a message, which has bounded length."""
    conclusion = Conclusion(verdict=Verdict.KEEP, reason="better")
    kept = Kept(number=3, commit="c" * 40, hypothesis=HOSTILE * 90, conclusion=conclusion)
    notice = news(state(kept=(kept,), tag="t"), ended(EndReason.BUDGET, HOSTILE))
    assert notice
    for text in (notice.title, *notice.lines, *notice.facts.values()):
        assert text.isprintable() and len(text) <= 400
    assert "#3: better" in notice.text


def test_no_secret_is_in_a_notice() -> None:
    """The campaign's own secret, values of variables named like secrets, and anything like a key are hidden everywhere."""
    secrets = ("hunter2hunter2", "s3cret-value")
    said = f"hunter2hunter2 s3cret-value {state().secret} sk-abcdef123456 https://me:pw12@host Bearer abcdefgh1234"
    notice = failed(state(), said).scrubbed(Scrubber((*secrets, "", "short")).text)
    whole = " ".join((notice.title, notice.text, *notice.facts.values()))
    assert HIDDEN in whole and "https://" in whole
    assert not any(each in whole for each in (*secrets, state().secret, "sk-abc", "pw12", "abcdefgh1234"))


SETTINGS = NotifySettings(
    channels=(
        NotifySpec(name="phone", use="ntfy", url=TextSource(literal="https://ntfy.sh/t")),
        NotifySpec(name="mail", use="email", on=(Occasion.PERSON,)),
    ),
    hosts=("hooks.example.org:8443",),
)


def wanted(front: str) -> tuple[NotifySpec, ...]:
    return parse_program(PROGRAM.replace("editable:", f"{front}\neditable:"), "program.md").notify


def test_a_program_without_notify_uses_the_user_s_channels() -> None:
    """All of them."""
    assert choose_channels(wanted(""), SETTINGS).chosen == SETTINGS.channels


def test_a_program_chooses_among_the_user_s_channels() -> None:
    """By name, for fewer occasions than the settings say, never for more; an unknown name is reported and stops nothing."""
    channels = choose_channels(wanted("notify: [mail, {channel: phone, on: target}, pager]"), SETTINGS)
    assert [(spec.name, spec.use, spec.on) for spec in channels.chosen] == [
        ("mail", "email", (Occasion.PERSON,)),
        ("phone", "ntfy", (Occasion.TARGET,)),
    ]
    assert len(channels.problems) == 1 and "[notify.channels.pager]" in channels.problems[0]


def test_an_address_of_a_program_is_used_only_if_the_user_allows_its_host() -> None:
    """Host and port must be in the settings; anything else is reported."""
    urls = ("https://hooks.example.org:8443/a", "https://hooks.example.org/a", "https://hooks.example.org.evil.org:8443/a")
    front = "notify:\n" + "".join(f"  - {{use: webhook, url: '{url}'}}\n" for url in urls)
    channels = choose_channels(wanted(front), SETTINGS)
    assert [spec.url for spec in channels.chosen] == [TextSource(literal=urls[0])]
    assert len(channels.problems) == 2 and 'hosts = ["hooks.example.org"]' in channels.problems[0]


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("notify: {use: command, command: [touch, x]}", "acts outside the jail"),
        ("notify: {use: email, to: me@example.org}", "describe the channel in your settings"),
        ("notify: {use: ntfy, url: 'https://ntfy.sh/t', token: tk_1}", "a program is committed"),
        ("notify: {use: ntfy, url: 'https://ntfy.sh/t', token_env: HOME}", "a program is committed"),
        ("notify: {use: ntfy, url: 'https://me:pw@ntfy.sh/t'}", "seems to contain a secret"),
        ("notify: {use: webhook, url: 'https://h.example/?token=1'}", "seems to contain a secret"),
        ("notify: {use: webhook, url: 'https://hooks.slack.com/services/T0/B0/abcdefgh12345678ijkl'}", "url_env"),
        ("notify: {use: webhook, url: 'file:///etc/passwd'}", "http or https URL"),
        ("notify: {use: ntfy}", "needs the name of a channel"),
        ("notify: {channel: phone, on: keep}", "target"),
        ("notify: [7]", "must be a mapping"),
    ],
)
def test_a_program_brings_no_command_and_no_secret(front: str, said: str) -> None:
    """Each is an error with file, line, key and fix."""
    with pytest.raises(ProgramError, match=r"program\.md:4: notify") as caught:
        wanted(front)
    assert said in str(caught.value)


PAGE = (Path(__file__).parents[2] / "docs" / "notify.md").read_text(encoding="utf-8")


def test_the_examples_of_the_page_are_right() -> None:
    """Settings and programs copied from docs/notify.md parse, and include each kind of channel."""
    settings = [tomllib.loads(block)["notify"] for block in re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]
    channels = [channel for each in settings for channel in NotifySettingsKeys.model_validate(each).record().channels]
    assert {channel.use for channel in channels} == {"command", "webhook", "email", "ntfy", "telegram"}
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2 and all(wanted(block) for block in blocks)

"""A meta-campaign, its audit and its report; the inner campaigns are a formula, all else is real."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from meta_walk import TAG, CutOff, FormulaWorkers, meta_repository, run_meta
from undrawn import undrawn

from overnight.cli.options import print_json
from overnight.errors import UserError
from overnight.git.port import branch_of
from overnight.git.repository import Repository
from overnight.meta import audit as audit_module
from overnight.meta.audit import AuditSize, audit_session, planned
from overnight.meta.operations import meta_brief
from overnight.meta.outcome import Purpose
from overnight.meta.report import MetaReport, meta_report
from overnight.meta.report_files import write_meta_report
from overnight.meta.report_words import lines_of
from overnight.meta.sums import FILE
from overnight.operations.operation import Context
from overnight.operations.principal import OWNER, Address, Origin
from overnight.research.ending import Ending, EndReason, SessionKind
from overnight.research.events import Stopped
from overnight.research.operations.brief import BriefInput
from overnight.research.reading import reading
from overnight.research.state import State
from overnight.research.tryout.brief import show_brief
from overnight.research.verify.receipts import examine_receipt
from overnight.research.views.summary import summary
from overnight.research.wiring import SessionRequest
from overnight.web.calls import Caller, place_at
from overnight.web.rendering import render_html
from overnight.words.quantities import duration

SIZE = AuditSize(pairs=4, times=9, blocks=2, head=False, leave_one_out=False)


@dataclass(frozen=True)
class Walk:
    """A meta-campaign that has kept one organisation, before and after its audit."""

    repository: Repository
    state: State
    before: MetaReport
    after: MetaReport
    workers: FormulaWorkers
    said: list[str]


def audited(repository: Repository, state: State, hands: FormulaWorkers, said: list[str]) -> None:
    """A session of its audit."""

    @asynccontextmanager
    async def ours() -> AsyncIterator[FormulaWorkers]:
        yield hands

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_module, "workers", ours)
        request = SessionRequest(tag=TAG, slots=2, sandbox="process")
        anyio.run(audit_session, repository, request, state, SIZE, said.append)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """One for all tests: it takes seconds."""
    root = tmp_path_factory.mktemp("meta")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(root / "state"))
        repository, hands, said = meta_repository(root / "repo"), FormulaWorkers(), list[str]()
        state = run_meta(repository, hands, experiments=4)
        with reading(TAG, repository.toplevel) as campaign:
            before = meta_report(campaign.ledger, repository, campaign.state())
        hands.tasks.clear()
        hands.fails_after = 7
        with pytest.raises(CutOff):
            audited(repository, state, hands, said)
        hands.fails_after = None
        audited(repository, state, hands, said)
        with reading(TAG, repository.toplevel) as campaign:
            after = write_meta_report(campaign)
        yield Walk(repository, state, before, after, hands, said)


def test_before_an_audit_nothing_is_claimed(walk: Walk) -> None:
    """The gain is not measured, nor is what it cost; how to measure it is said."""
    assert walk.before.kept == 1 and walk.before.outcome.public is None and walk.before.per_sigma is None
    text = lines_of(walk.before)
    assert "Head over start, public targets: not measured yet: `overnight meta audit`" in text
    assert f"the start with {walk.before.share} inner budgets in one campaign: not measured yet" in text


def test_the_share_of_the_search_is_what_one_longer_campaign_gets(walk: Walk) -> None:
    """All trials of the inner campaigns, those of their audits too, by target and inner budget."""
    spent = walk.before.outcome.spent
    trials = sum(one.trials + 2 * 4 * one.campaigns for one in spent.values())
    assert walk.before.share == -(-trials // (40 * 2)) > 2
    assert set(spent) == {Purpose.SCREENING, Purpose.PROOF, Purpose.HOLDOUT}


def test_what_an_audit_will_run_is_said_before(walk: Walk) -> None:
    """In campaigns, and in time by what the search took for each inner budget."""
    search = sum(spent.hours for spent in walk.before.outcome.spent.values()) * 3600
    seconds = search / (walk.before.share * 2) * (16 + 4 * 9) / 2
    text = planned(walk.before, SIZE, 2, 2)
    assert text == f"audit: 16 inner campaigns and 4 longer ones with 9 times the budget, about {duration(seconds)}"


def test_an_audit_that_was_cut_off_goes_on_and_runs_nothing_twice(walk: Walk) -> None:
    """Start and head on every target, then the longer campaigns of the start, with the seeds of the first pairs."""
    times = Counter(task.folder for task in walk.workers.tasks)
    assert max(times.values()) == 1, "a finished trial is in the ledger; one that was cut off has run no whole campaign"
    usual = [task for task in walk.workers.tasks if task.trials == 40]
    longer = [task for task in walk.workers.tasks if task.trials == 9 * 40]
    assert len(usual) == 4 * 2 * 2 and len(longer) == 2 * 2
    assert {task.secret for task in longer} < {task.secret for task in usual}
    assert {Path(task.folder).name for task in longer} == {"plant", "kernel"}


def test_the_audit_shows_what_the_head_is_worth(walk: Walk) -> None:
    """By the formula: 0.6 on each target, 3 spreads of 0.2 and 2 of 0.3; the longer campaign gains what the formula says."""
    public, sealed = walk.after.outcome.public, walk.after.outcome.sealed
    assert public and sealed and public.gain and sealed.gain and public.longer_start
    assert public.gain.gain == pytest.approx(3.0, abs=0.5) and sealed.gain.gain == pytest.approx(2.0, abs=0.5)
    assert public.longer_start.mean - public.start.mean == pytest.approx(0.2 * 2 / 0.2, abs=0.5)
    assert walk.after.per_sigma and walk.after.per_sigma.campaigns > 0
    assert walk.after.outcome.spent[Purpose.LONGER].trials == 4 * 9 * 40


def test_the_report_has_it_all_in_markdown_and_on_the_page(walk: Walk) -> None:
    """One section beside the ordinary ones, with its picture; no command of ordinary campaigns is suggested."""
    html, markdown, _ = (path.read_bytes() for path in walk.after.files)
    for shown in (html.decode(), markdown.decode()):
        assert all(word in shown for word in ("Organisations", "kernel (sealed)", "Where the budget went", "longer campaigns"))
        assert "overnight run" not in shown and "overnight audit" not in shown and "overnight meta run --tag" in shown
    assert b'id="organisations"' in html and html.count(b"<title>Progress by target</title>") == 2
    assert b"which could print any number" not in markdown


def test_it_is_json_too(walk: Walk, capsys: pytest.CaptureFixture[str]) -> None:
    """As `meta report --json` prints it."""
    print_json(walk.after)
    found = json.loads(capsys.readouterr().out)
    assert found["tag"] == TAG and found["outcome"]["spent"]["audit"]["campaigns"] == 16


def test_a_brief_of_it_is_about_organisations(walk: Walk) -> None:
    """What is judged and what may change; nothing of seeds, commands and limits of trials."""
    text = show_brief(walk.repository.toplevel, None, TAG).text
    assert "A trial is a whole campaign of this organisation on each target (`plant`)" in text
    assert "targets that nobody sees" in text and "kernel" not in text
    assert "## What may change" in text and '{"role": "tuner", "use": "tuner"}' in text
    assert not any(word in text for word in ("random seed", "overnight meta` prints", "300 s of time", "nothing is measured"))


def test_its_own_brief_says_what_past_organisations_did(walk: Walk) -> None:
    """As the session has it, and nothing is written; the ordinary brief does not know it."""
    folder = walk.repository.overnight / TAG
    (folder / FILE).unlink(missing_ok=True)
    text = meta_brief.run(Context(where=walk.repository.toplevel), BriefInput()).text
    said = text.partition("## What past campaigns showed")[2].partition("##")[0]
    assert "60 pairs" in said and "progress in spreads before and after: plant" in said and "kernel" not in said
    assert not (folder / FILE).exists()


def test_its_page_orders_nothing_that_only_a_command_line_may(walk: Walk) -> None:
    """It names the commands instead of showing forms that would be refused."""
    face = Address(channel="web", id="browser")
    caller = Caller(principal=OWNER, origin=Origin.OWNER, address=face, repositories={"repo": walk.repository.toplevel})
    with undrawn():
        html = render_html(place_at(f"/repos/repo/campaigns/{TAG}", [], caller).look(), may_order=True)
    assert f"overnight meta run --tag {TAG}" in html and 'id="fold-verify"' in html
    assert 'id="fold-run"' not in html and 'id="fold-audit"' not in html


def test_a_receipt_of_a_kept_organisation_holds_by_itself(walk: Walk) -> None:
    """With the values of each target in each pair; what was edited is the very program.md, and no command printed a value."""
    found = examine_receipt(walk.repository, branch_of(TAG))
    assert found.holds, [finding for finding in found.findings if finding.holds is False]
    receipt = found.receipt
    assert (receipt.file, receipt.metric, receipt.expensive) == ("meta.md", "progress", True)
    assert dict(receipt.parts) == {"plant": 0.2} and all(len(pair.candidate_parts) == 1 for pair in receipt.pairs)
    assert "the program was made from meta.md" in str(found.findings)
    assert not any("print any number" in caution for caution in found.cautions)


def test_the_summary_says_nothing_of_a_candidates_process(walk: Walk) -> None:
    """No organisation prints its progress; the commands are those of meta-campaigns."""
    ending = Ending(reason=EndReason.SESSION, detail="the session's time is over")
    text = summary(Stopped(session=SessionKind.CAMPAIGN, ending=ending, elapsed_s=1.0), walk.state)
    assert "kept #" in text and "own process" not in text
    assert "`overnight meta finalize`" in text and "`overnight meta audit`" in text and "`overnight audit`" not in text


def test_another_campaign_has_no_such_report(walk: Walk) -> None:
    """It is one line with the fix."""
    from dataclasses import replace

    from overnight.meta.wiring import charter_of

    other = replace(walk.state, program=replace(walk.state.program, path="program.md"))
    with pytest.raises(UserError, match="is no meta-campaign"):
        charter_of(walk.repository, other)

"""A campaign begun, watched, steered and judged from its pages alone, from a repository with a program to the final branch."""

from pathlib import Path

from opening import running_browser
from playwright.sync_api import Locator, Page, expect
from surface_server import running
from targets import git, make_repo, program

from overnight.git.repository import open_repository
from overnight.research.places import allowed
from overnight.research.places.campaigns import read_program

CAMPAIGN = "/repos/repo/campaigns/night"
PATIENCE_MS = 60_000
EDITS = (("OFFSET = 5.0", "OFFSET = 0.1"), *(("SCALE = 1.0", f"SCALE = {number}.0") for number in range(2, 60)))


def form_of(page: Page, words: str) -> Locator:
    """The form of an operation, folded out."""
    form = page.locator(f"form[data-order$='/{words}']").first
    folded = page.locator("details[id^=fold-]:not([open])").filter(has=form)
    if folded.count():
        folded.locator("summary").first.click()
    return form


def send(form: Locator, answer: str = "Done") -> None:
    """Say that it is meant, if that is asked, and send it."""
    if (sure := form.get_by_label("I mean it")).is_visible():
        sure.check()
    form.get_by_role("button").click()
    expect(form.locator("output")).to_contain_text(answer, timeout=PATIENCE_MS)


def test_a_campaign_from_its_program_to_the_final_branch(tmp_path: Path) -> None:
    """Run, see a change kept that is too good, add an idea, set a budget, stop, say that the change was read, finalize."""
    repo = make_repo(tmp_path / "repo", program(*EDITS))
    allowed.allow(open_repository(repo).toplevel, read_program(open_repository(repo)), allowed.BY_HAND)
    with (
        running(tmp_path / "tokens", repositories={"repo": repo}) as server,
        running_browser() as browser,
        browser.new_context() as context,
    ):
        page = context.new_page()
        page.goto(server.origin + server.link())
        page.goto(f"{server.origin}/repos/repo/program")
        form = form_of(page, "run")
        form.locator("summary").click()
        form.get_by_label("Tag").fill("night")
        send(form, "Begun")
        page.goto(f"{server.origin}/repos/repo")
        expect(page.locator("#campaigns .runs")).to_be_visible(timeout=PATIENCE_MS)  # it has begun to write its record
        page.get_by_role("link", name="night", exact=True).click()
        expect(page.locator("#live")).to_have_text("Live")
        expect(page.locator("main")).to_contain_text("1 kept", timeout=PATIENCE_MS)  # without a reload
        form = form_of(page, "idea/add")
        form.get_by_label("Text").fill("Take the noise out of the loss")
        send(form)
        form = form_of(page, "budget")
        form.get_by_label("Experiments", exact=True).fill("40")
        send(form)
        send(form_of(page, "stop"))
        expect(page.locator(".state.runs")).to_have_count(0, timeout=PATIENCE_MS)
        page.goto(f"{server.origin}{CAMPAIGN}/experiments/1")
        send(form_of(page, "believe"))
        page.goto(server.origin + CAMPAIGN)
        send(form_of(page, "finalize"))
    assert git(repo, "show", "overnight/night:train.py").count("OFFSET = 0.1") == 1
    assert "OFFSET = 5.0" in (repo / "train.py").read_text()

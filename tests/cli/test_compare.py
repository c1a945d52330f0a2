"""`overnight compare` on real campaigns: real jail, git and ledgers."""

from pathlib import Path

import pytest
from targets import make_repo, overnight, program, read_json

FIRST, SECOND = ("OFFSET = 5.0", "OFFSET = 3.0"), ("OFFSET = 3.0", "OFFSET = 2.0")


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One repository with a campaign that kept two changes, one that kept only the first, and one that kept none."""
    folder = make_repo(tmp_path_factory.mktemp("compare") / "r", program(FIRST, SECOND))
    for tag, edits in (("a", (FIRST, SECOND)), ("b", (FIRST,)), ("none", (("OFFSET = 5.0", "OFFSET = 9.0"),))):
        (folder / "program.md").write_text(program(*edits))
        overnight(folder, "run", "--tag", tag, "--no-report")
    return folder


def test_exact_gains_differ_exactly(repo: Path) -> None:
    """Costs, rates and kept changes are shown side by side, and which kept changes only one of them has."""
    found = read_json(repo, "compare", "a", "b")
    assert found["comparable"] and found["verdict"] == "a" and not found["reasons"] and not found["cautions"]
    assert found["difference"] == {"mid": -1.0, "low": -1.0, "high": -1.0}
    a, b = found["a"], found["b"]
    assert (a["gain"]["gain"], b["gain"]["gain"]) == (3.0, 2.0) and a["start"] == b["start"] != a["head"]
    assert a["gain_per_trial"] == pytest.approx(3.0 / a["trials"]) and a["gain_per_hour"] == pytest.approx(3.0 / a["hours"])
    assert [(kept["a"], kept["b"]) for kept in found["kept"]] == [(1, 1), (2, None)]


def test_a_campaign_that_kept_nothing_gained_nothing(repo: Path) -> None:
    """The gain is exactly zero, because its head is its start."""
    found = read_json(repo, "compare", "none", "b")
    assert found["a"]["gain"]["source"] == "nothing kept" and found["difference"]["mid"] == 2.0
    assert found["verdict"] == "b"


def test_the_terminal_says_it_in_a_table_and_a_sentence(repo: Path) -> None:
    """It also accepts the folder of another repository before the tag, or the folder alone for its newest campaign."""
    shown = overnight(repo.parent, "compare", "r:a", f"{repo}:b", check=0).stdout
    assert "A, r:a: B gained 1 less than A in loss" in " ".join(shown.split())
    assert "Gain per trial" in shown and "Gain per hour" not in shown and "only A" in shown  # it took seconds
    newest = overnight(repo.parent, "compare", "r:a", "r:", check=0).stdout
    assert any(f"B  r:{tag}" in newest for tag in ("a", "b", "none"))  # with the tag of the newest campaign


def test_the_newest_are_compared_without_names(repo: Path) -> None:
    """Without any the two newest, the newer one second; with one, that against the newest other one."""
    found = read_json(repo, "compare")
    assert found == read_json(repo, "compare", found["a"]["name"], found["b"]["name"])
    assert found["a"]["name"] != found["b"]["name"]
    assert read_json(repo, "compare", found["b"]["name"])["b"]["name"] == found["a"]["name"]


def test_an_audit_is_taken_for_the_gain_and_costs_nothing(repo: Path) -> None:
    """The audit's own trials and time count neither for nor against the campaign."""
    before = read_json(repo, "compare", "b", "a")["a"]
    overnight(repo, "audit", "--tag", "b", "--no-report", check=0)
    after = read_json(repo, "compare", "b", "a")["a"]
    assert (before["gain"]["source"], after["gain"]["source"]) == ("fresh trials", "audit")
    assert after["trials"] == before["trials"] and after["hours"] == pytest.approx(before["hours"])


def test_noisy_gains_come_with_an_interval(tmp_path: Path) -> None:
    """It is wider than either gain's, the verdict follows from it, and a caution says that there was no audit."""
    folder = make_repo(tmp_path / "r", program(FIRST), noise=0.3)
    for tag in ("x", "y"):
        overnight(folder, "run", "--tag", tag, "--no-report", check=0)
    found = read_json(folder, "compare", "x", "y")
    gap = found["difference"]
    assert gap["low"] < gap["mid"] == found["b"]["gain"]["gain"] - found["a"]["gain"]["gain"] < gap["high"]
    for side in ("a", "b"):
        assert gap["high"] - gap["low"] > found[side]["gain"]["high"] - found[side]["gain"]["low"] > 0
    assert found["verdict"] == ("b" if gap["low"] > 0 else "a" if gap["high"] < 0 else "neither")
    assert ["is not audited" in caution for caution in found["cautions"]] == [True, True]


def test_another_metric_or_measure_does_not_compare(repo: Path, tmp_path: Path) -> None:
    """Exit code 1 and the reason; another start and other limits only weaken a comparison and are cautions."""
    text = program(FIRST).replace("500MB", "400MB")
    other = make_repo(tmp_path / "o", text, files={"more.txt": "another tree"})
    overnight(other, "run", "--tag", "t", "--no-report", check=0)
    found = read_json(repo, "compare", "b", f"{other}:t")
    assert found["comparable"] and len(found["cautions"]) == 2
    assert "different commits" in found["cautions"][0] and "limits" in found["cautions"][1]

    strange = make_repo(tmp_path / "s", program(FIRST, measure="python train.py {seed} again"))
    overnight(strange, "run", "--tag", "t", "--no-report", check=0)
    shown = overnight(repo, "compare", "b", f"{strange}:t", check=1).stdout
    assert "Cannot be compared: `measure` differs" in shown
    assert '"difference": null' in overnight(repo, "compare", "b", f"{strange}:t", "--json", check=1).stdout


def test_the_page_is_written_whole_or_not_at_all(repo: Path, tmp_path: Path) -> None:
    """If its folder does not exist, that is the user's mistake."""
    page = tmp_path / "page.html"
    assert str(page) in overnight(repo, "compare", "a", "b", "--html", str(page), check=0).stdout
    assert page.read_text().endswith("</html>") and "`" not in page.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert "no folder" in overnight(repo, "compare", "a", "b", "--html", str(tmp_path / "no/p.html"), check=2).stderr
    assert "no campaign in" in overnight(repo, "compare", "a", "nowhere", check=2).stderr

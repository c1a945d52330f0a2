"""`overnight spend`: useful on an empty account, clear on a full one, and right about mistakes."""

from pathlib import Path

import pytest
from targets import read_json, run_here

from overnight.config import VARIABLE
from overnight.files.state_folder import state_folder
from overnight.models.provider import Provider
from overnight.models.spending.account import SpendingAccount
from overnight.models.spending.charge import Charge
from overnight.models.spending.job import Job
from overnight.models.spending.limits import CAMPAIGN, SpendingRules
from overnight.models.usage import Usage, Wire

LIMITS = "[spending]\nday_usd = 5.0\nzone = 'UTC'\n[spending.campaign]\nweek_tokens = 10000\n"


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder and settings of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "settings.toml"))
    (tmp_path / "settings.toml").write_text("")


def spent(usd: float, tokens: int) -> None:
    """A campaign has spent this."""
    account = SpendingAccount(Job(system=CAMPAIGN, key="campaign:1", label="repo/\x1b[31mred"), SpendingRules(zone="UTC"))
    account.open()
    account.sent(Provider(name="anthropic", base_url="https://api.anthropic.com", wires=(Wire.ANTHROPIC,)), 123_456)
    usage = Usage(calls=1, input_tokens=tokens, cost_usd=usd)
    account.settle(None, Charge(role="explorer", provider="anthropic", model="m1", usage=usage))
    account.close()


def test_an_empty_account_says_how_to_set_a_limit(tmp_path: Path) -> None:
    """And makes no file."""
    done = run_here(tmp_path, "spend")
    assert done.returncode == 0
    assert "today    $0.0000, 0 tokens, 0 calls" in done.stdout
    assert f"write into {tmp_path / 'settings.toml'}:" in done.stdout and "day_usd = 5.0" in done.stdout
    assert "nothing was spent in the last 7 days" in done.stdout
    assert not state_folder().exists()


def test_limits_are_shown_with_what_is_left(tmp_path: Path) -> None:
    """Each with a bar, what is left and when it begins anew; then who spent it, and what went where."""
    (tmp_path / "settings.toml").write_text(LIMITS)
    spent(2.5, 12_000)
    lines = run_here(tmp_path, "spend").stdout.splitlines()
    day = next(line for line in lines if line.startswith("day_usd"))
    week = next(line for line in lines if line.startswith("campaign.week_tokens"))
    assert ("█" * 8 + "░" * 8) in day and "$2.5000" in day and "$5.0000" in day and " in " in day
    assert "days end at midnight, UTC" in lines
    assert "█" * 16 in week and "12 k" in week and "on Monday" in week
    assert any("by role, the last 7 days" in line for line in lines)
    assert any(line.startswith("explorer") and "$2.5000" in line for line in lines)
    assert any(line.startswith("api.anthropic.com") and "123" in line for line in lines)
    jobs = run_here(tmp_path, "spend", "--by", "job").stdout
    assert "repo/\\x1b[31mred" in jobs and "by role" not in jobs and "\x1b[31m" not in jobs
    shown = read_json(tmp_path, "spend", "--by", "model", "--days", "1")
    assert [limit["left"] for limit in shown["limits"]] == [2.5, 0.0]
    assert [group["name"] for group in shown["by"]["model"]] == ["m1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("day_usd = -1", "spending.day_usd"),
        ("day_usd = nan", "spending.day_usd"),
        ("day_tokens = 1.5", "spending.day_tokens"),
        ("zone = 'Mars/Olympus'", "spending.zone: must be a time zone that this machine knows"),
        ("dayusd = 1", "spending.dayusd: is not a known key; delete it, or see docs/spending.md"),
        ("[spending.clow]\nday_usd = 1", "spending.clow: is not a known key"),
        ("[spending.campaign]\nzone = 'UTC'", "spending.campaign.zone: is not a known key"),
    ],
)
def test_a_mistake_in_the_settings_is_named(tmp_path: Path, text: str, said: str) -> None:
    """With its file and key; a limit that is not understood must not be silently none."""
    (tmp_path / "settings.toml").write_text(f"[spending]\n{text}\n")
    done = run_here(tmp_path, "spend")
    assert done.returncode == 2
    assert said in done.stderr and "settings.toml" in done.stderr


def test_a_damaged_account_is_named_with_the_fix(tmp_path: Path) -> None:
    """Exit code 2, no traceback."""
    state_folder().mkdir(parents=True)
    (state_folder() / "spending.db").write_bytes(b"x" * 9000)
    done = run_here(tmp_path, "spend")
    assert done.returncode == 2
    assert f"{state_folder() / 'spending.db'} is damaged" in done.stderr and "move it away" in done.stderr

"""A campaign whose jobs may reach some hosts."""

from pathlib import Path

from targets import assert_verified, make_repo, overnight, program, read_json, recorded

from overnight.egress.connection import Outcome
from overnight.research.events import NetworkUsed

ASK = """\
import pathlib, sys, urllib.request
for url in sys.argv[1:]:
    try:
        urllib.request.urlopen(url)
    except Exception as error:
        print(error)
    else:
        sys.exit("it was reached")
"""
AGENT = """\
python ask.py http://agent.evil.org/
sed -i 's/OFFSET = 5.0/OFFSET = 4.0/' train.py
echo 'HYPOTHESIS: a smaller offset'
"""


def test_what_trials_and_agents_try_is_in_the_record(tmp_path: Path) -> None:
    """Each refusal is recorded with its experiment or assignment, and shown by status and show."""
    text = program(measure="python ask.py http://trial.evil.org/ https://10.0.0.1/ && python train.py {seed}")
    text = text.replace("    use: scripted\n    edits:\n", "    use: command\n    command: sh agent.sh\n")
    text = text.replace("memory: 500MB}", 'memory: 500MB, network: [pypi.org, "*.example.com"]}')
    repo = make_repo(tmp_path / "r", text, files={"ask.py": ASK, "agent.sh": AGENT})
    ran = overnight(repo, "run", "--tag", "t", "--no-report", "--experiments", "1", check=0)
    assert "trials reach pypi.org, *.example.com" in ran.stdout + ran.stderr
    used = [event for event in recorded(repo) if isinstance(event, NetworkUsed)]
    assert {(event.role, event.number > 0) for event in used} == {("", False), ("", True), ("script", True)}
    assert {one.outcome for event in used for one in event.connections} == {Outcome.REFUSED}
    network = read_json(repo, "status")["network"]
    assert set(network) == {"trial.evil.org", "10.0.0.1", "agent.evil.org"} and network["agent.evil.org"]["refused"] == 1
    assert "network   trial.evil.org: refused" in overnight(repo, "status", check=0).stdout
    assert set(read_json(repo, "show", "1")["network"]) == {"trial.evil.org", "10.0.0.1"}
    assert "network: trial.evil.org: refused" in overnight(repo, "show", "1", check=0).stdout
    assert_verified(repo)

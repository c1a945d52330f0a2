"""The compress lab: a codec is data within limits, text is restored, and no codec beats the floor."""

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from examples import scaled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab_copies import check_spied, lab_copy, modules_of, refusal, replace, score_of, script, tunable

SCORE = ("score.py", "--seed", "1", "--size", "1500")
CODEC = {
    "prime": "00:00:00.000 INFO  read user=",
    "contexts": [["b1"], ["b1", "b2"], ["match"]],
    "learning_rate": 0.02,
    "first_weight": 0.3,
    "memory": 255,
    "trust": 1,
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lab_copy("compress", tmp_path_factory.mktemp("labs"))


@pytest.fixture(scope="module")
def modules(lab: Path) -> Iterator[dict[str, ModuleType]]:
    with modules_of(lab, "engine", "journal") as loaded:
        yield loaded


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": math.nan},
        {"learning_rate": math.inf},
        {"learning_rate": True},
        {"first_weight": -1},
        {"memory": 0},
        {"trust": "1"},
        {"prime": "a" * 2001},  # a whole journal in the codec
        {"prime": "é"},
        {"prime": ["a"]},
        {"contexts": []},
        {"contexts": [["b1"]] * 7},  # more time than others have
        {"contexts": [["b1", "b2", "b3", "b4", "b5"]]},
        {"contexts": [["original"]]},
        {"contexts": [[["b1"]]]},
        {"contexts": "b1"},
        {"code": "import os"},
    ],
)
def test_what_is_no_codec_is_refused(lab: Path, change: dict[str, object]) -> None:
    """Numbers out of range, too much of anything, unknown features and extra keys give no metric."""
    (lab / "codec.json").write_text(json.dumps({**CODEC, **change}))
    assert refusal(lab, *SCORE).startswith("no codec")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[" * 19_000, "\x80\x04pickle", "METRIC ratio=99", json.dumps(CODEC) + " " * 20_000 + "x"]
)
def test_a_file_of_another_kind_is_refused(lab: Path, text: str) -> None:
    """Nothing is unpickled or run: what does not parse as a single JSON object is not a codec."""
    (lab / "codec.json").write_text(text, encoding="latin-1")
    assert refusal(lab, *SCORE).startswith("no codec")


def test_the_codec_is_all_that_the_decoder_gets(lab: Path, modules: dict[str, ModuleType]) -> None:
    """The blob of a journal restores that journal, whatever was compressed since."""
    engine, journal = modules["engine"], modules["journal"]
    codec = engine.read_codec(json.dumps(CODEC))
    first, second = (journal.write_journal(seed, 500)[0] for seed in (1, 2))
    blob = engine.compress(codec, first)
    engine.compress(codec, second)
    assert engine.decompress(codec, blob) == first


def test_any_text_comes_back_from_any_codec(modules: dict[str, ModuleType]) -> None:
    """Whatever a codec within the limits says, compressing loses nothing."""
    engine = modules["engine"]
    contexts = st.lists(st.lists(st.sampled_from(sorted(engine.FEATURES)), max_size=4), min_size=1, max_size=6)
    numbers = st.fixed_dictionaries({name: st.floats(*limits) for name, limits in engine.RANGES.items()})

    @settings(max_examples=scaled(40), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.differing_executors])
    @given(
        st.binary(max_size=80) | st.text("ab \n", max_size=80).map(str.encode), st.text("ab \n", max_size=20), contexts, numbers
    )
    def comes_back(text: bytes, prime: str, contexts: list[list[str]], numbers: dict[str, float]) -> None:
        codec = engine.read_codec(json.dumps({"prime": prime, "contexts": contexts, **numbers}))
        assert engine.decompress(codec, engine.compress(codec, text)) == text

    comes_back()


def test_journals_are_the_same_everywhere(modules: dict[str, ModuleType]) -> None:
    """Another machine measures the same text: the digest of a journal is pinned."""
    text, bits = modules["journal"].write_journal(1, 5000)
    assert hashlib.sha256(text).hexdigest() == "ad72c00c7ac969c7d68b17f52b76ca262ddea43e091ea5ea9ad6d52b7547e96c"
    assert len(text) * 8 / bits == pytest.approx(22.76, abs=0.01)


def test_a_leak_is_refused(lab: Path, modules: dict[str, ModuleType]) -> None:
    """A codec that was made from the journal itself is detected by its ratio."""
    secret = (lab / "hidden/public.seed").read_text().strip()
    seed = int.from_bytes(hashlib.sha256(f"{secret} 1".encode()).digest()[:8], "big")
    text = modules["journal"].write_journal(seed, 1500)[0].decode()
    codec = {**CODEC, "prime": text, "contexts": [["match"]], "learning_rate": 0.5, "trust": 0}
    (lab / "codec.json").write_text(json.dumps(codec))
    assert "leaked" in refusal(lab, *SCORE)


def test_the_start_does_well_on_public_and_sealed_journals(lab: Path) -> None:
    """Both are drawn from secrets, and they differ."""
    script(lab, "build.py", "--seed", "1")
    public, sealed = score_of(lab, *SCORE), score_of(lab, *SCORE, "--split", "holdout")
    assert public != sealed and 5 < min(public, sealed) < max(public, sealed) < 12


def test_the_start_runs_in_the_jail(tmp_path: Path) -> None:
    """The candidate does not see the secrets, and its output is ignored."""
    lab = lab_copy("compress", tmp_path)
    replace(lab, "program.md", ("score.py --seed {seed}", "score.py --seed {seed} --size 300"))
    replace(lab, "build.py", ("write_journal(seed, 10_000)", "write_journal(seed, 600)"))
    value = check_spied(lab)["value"]
    assert isinstance(value, float) and 3 < value < 12


def test_the_tuner_finds_the_constants(lab: Path) -> None:
    """Switches of contexts and the numbers of the codec."""
    switches = {"BYTE", "TWO_BYTES", "THREE_BYTES", "FOUR_BYTES", "WORD", "TWO_WORDS", "COLUMN", "FIELD", "MATCH"}
    assert tunable(lab) == switches | {"LEARNING_RATE", "FIRST_WEIGHT", "MEMORY", "TRUST"}

"""Which words claim an edit, and which do not."""

import pytest

from overnight.research.tryout.claims import false_claim, other_value

RATE, FILE, SOME = (f"it says that it changed {what}, but no file changed" for what in ("RATE", "train.py", "a file"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("HYPOTHESIS: changed RATE from 0.1 to 0.2", RATE),
        ("**HYPOTHESIS:** RATE was set to 0.2 in train.py. The result is significant.", RATE),
        ("I have updated train.py as you asked", FILE),
        ("The edit was made.", SOME),
        ("Should RATE be changed?", ""),
        ("I have not changed RATE.", ""),
        ("I couldn't edit it; nothing was changed", ""),
        ("RATE could be set to 0.2. Please confirm.", ""),
        ("I would rather do something else", ""),
        ("```bash\nsed -i s/0.1/0.2/ train.py\n```", ""),
        ("", ""),
    ],
)
def test_a_claim_is_told_from_a_plan_a_question_and_a_denial(said: str, expected: str) -> None:
    """Sentence by sentence: what could or should be done is no claim."""
    assert false_claim(said) == expected


@pytest.mark.parametrize(
    ("said", "diff", "expected"),
    [
        ("RATE from 0.1 to 0.2", "-RATE = 0.1\n+RATE = 0.2\n", ""),
        ("RATE from 0.1 to 0.2", "-RATE = 0.1\n+RATE = 0.3\n", "it says that RATE is 0.2 now, but train.py has `RATE = 0.3`"),
        ("RATE = 0.2", "-print(1)\n+print(2)\n", "it says that RATE is 0.2 now, but train.py has no such line"),
        ("RATE from 0.1 to 0.25", "-RATE = 0.1\n+RATE = 0.25\n", ""),
        ("a bold step", "-RATE = 0.1\n+RATE = 0.25\n", ""),
    ],
)
def test_a_claimed_value_is_held_against_the_diff(said: str, diff: str, expected: str) -> None:
    """Only if it claims the value that was asked for: the tuner has another in mind."""
    assert other_value(said, diff) == expected

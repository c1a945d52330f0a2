"""The invented language: names drawn letter by letter from integer weights, so that every probability is known exactly.

A letter depends on the one before it, on vowel harmony (the first vowel of a name makes the vowels of the other kind
rare for the rest of it, which a model can only know by looking back) and on the length so far. Integers only:
the same bytes on every machine.

`python corpus.py` writes `words.txt` (to learn from), `practice.txt` (to try with) and the held-out files again. It is hidden from candidates
together with them: whoever can read the weights needs no training.
"""

import math
from collections.abc import Iterator
from pathlib import Path

END = "."
CONSONANTS = "bcdfghjklmnpqrstvwxz"
FRONT_VOWELS = "eiy"
BACK_VOWELS = "aou"
LETTERS = "".join(sorted(CONSONANTS + FRONT_VOWELS + BACK_VOWELS))
SHORTEST, LONGEST = 3, 15

LANGUAGE_SEED = 6
SPLITS = {  # file: (seed of the drawing, number of words)
    "words.txt": (1, 4000),
    "practice.txt": (0x6B1D_94E3_50FA_27C8, 200),
    "heldout/public.txt": (0x9D3C_51A7_E20B_648F, 200),
    "heldout/holdout.txt": (0x47F0_B8D2_169E_C35A, 200),
    "heldout/audit.txt": (0xC2E9_0D64_7B15_F83A, 200),
}

Weights = dict[str, int]


def random_integers(seed: int) -> Iterator[int]:
    """An endless stream of 64-bit integers (Source: SplitMix64, Steele, Lea and Flood 2014)."""
    mask = (1 << 64) - 1
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        yield mixed ^ (mixed >> 31)


def make_language(seed: int = LANGUAGE_SEED) -> dict[str, Weights]:
    """How strongly each letter follows each other one; at the start of a name `END` stands for the letter before."""
    random = random_integers(seed)
    return {before: {after: strength(before, after, next(random)) for after in LETTERS} for before in END + LETTERS}


def strength(before: str, after: str, draw: int) -> int:
    """A few letters follow often and most seldom, as in any language; vowels and consonants like to take turns."""
    zipf = 9000 // (1 + draw % 16) ** 2
    return zipf if before == END or is_vowel(before) != is_vowel(after) else zipf // 30


def is_vowel(letter: str) -> bool:
    return letter in FRONT_VOWELS or letter in BACK_VOWELS


def next_weights(language: dict[str, Weights], name: str) -> Weights:
    """The integer weights of what may follow the beginning `name`; a probability is a weight over their sum."""
    if len(name) == LONGEST:
        return {END: 1}
    weights = dict(language[name[-1:] or END])
    first_vowel = next(filter(is_vowel, name), "")
    if first_vowel:
        for vowel in BACK_VOWELS if first_vowel in FRONT_VOWELS else FRONT_VOWELS:
            weights[vowel] //= 20
    if len(name) >= SHORTEST:
        weights[END] = sum(weights.values()) * (2 if is_vowel(name[-1]) else 1) // 6
    return weights


def draw_name(language: dict[str, Weights], random: Iterator[int]) -> str:
    name = ""
    while not name.endswith(END):
        weights = next_weights(language, name)
        ticket = next(random) % sum(weights.values())
        for letter, weight in weights.items():
            ticket -= weight
            if ticket < 0:
                name += letter
                break
    return name.removesuffix(END)


def draw_words(seed: int, count: int) -> list[str]:
    """`count` names of the language, for any seed the same ones everywhere."""
    language, random = make_language(), random_integers(seed)
    return [draw_name(language, random) for _ in range(count)]


def oracle_nats(word: str, language: dict[str, Weights]) -> list[float]:
    """-ln of the true probability of each letter of `word` and of its end: what perfect knowledge of the language pays.

    Raises:
        KeyError: the language cannot say this word.
    """
    nats = []
    for position, letter in enumerate(word + END):
        weights = next_weights(language, word[:position])
        nats.append(math.log(sum(weights.values()) / weights[letter]))
    return nats


def text_of(split: str) -> str:
    """The whole content of one of the files of `SPLITS`."""
    return "".join(f"{word}\n" for word in draw_words(*SPLITS[split]))


if __name__ == "__main__":
    Path("heldout").mkdir(exist_ok=True)
    for split in SPLITS:
        Path(split).write_text(text_of(split), encoding="ascii", newline="\n")

"""The invented language: stories drawn word by word from integer weights, so that every probability is known exactly.

A story names its topic and two people, then says who did what, where. What may come next depends on the topic and the people
(named once, at the start), on the word before (a verb chooses its objects, a noun its adjectives) and on number: a
single subject puts `s` behind its verb. Integers only: the same bytes on every machine.

`python corpus.py` writes the vocabulary, the training text and the two held-out texts again. It is hidden from
candidates together with the latter: whoever can read the weights needs no training.
"""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

END = "\n"  # ends a story; each other word is followed by a space
SENTENCE_END = "."
FEWEST_SENTENCES, MOST_SENTENCES = 4, 9

LANGUAGE_SEED = 11
VOCABULARY = "vocabulary.txt"
SPLITS = {  # file: (seed of the drawing, number of stories)
    "train.txt": (1, 300),
    "heldout/public.txt": (0xB1D4_7E02_93C8_5A6F, 250),
    "heldout/holdout.txt": (0x2C95_F06B_D81E_47A3, 250),
    "heldout/audit.txt": (0x71AE_4C08_F3D6_92B5, 250),
}

TOPICS, NAMES, NOUNS, VERBS, ADJECTIVES, PLACES = 8, 40, 220, 100, 80, 30
KINDS = 6  # of nouns; a verb likes two of them as objects
FUNCTION_WORDS = ("the", "a", "some", "no", "and", "they", "s", "about", ":", SENTENCE_END)
PREPOSITIONS = ("in", "at", "near", "behind")

Weights = dict[str, int]
Telling = Generator[Weights, str, str]  # yields the weights of what may come next, and is sent the word that does


def random_integers(seed: int) -> Iterator[int]:
    """An endless stream of 64-bit integers (Source: SplitMix64, Steele, Lea and Flood 2014)."""
    mask = (1 << 64) - 1
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        yield mixed ^ (mixed >> 31)


# ---- The language: which words there are, and which like each other ----


@dataclass(frozen=True, kw_only=True)
class Language:
    """Every table that a story is drawn from; the weights are whole numbers."""

    words: tuple[str, ...]  # all of them; the place of a word is its token
    topics: Weights
    names: Weights
    nouns: dict[str, Weights]  # by topic
    verbs: dict[str, Weights]  # by topic
    objects: dict[str, Weights]  # by verb: how much it likes each noun
    adjectives: dict[str, Weights]  # by noun
    places: dict[str, Weights]  # by preposition


def make_language(seed: int = LANGUAGE_SEED) -> Language:
    """The language of a seed."""
    random = random_integers(seed)
    taken = {*FUNCTION_WORDS, *PREPOSITIONS}
    sizes = (TOPICS, NAMES, NOUNS, VERBS, ADJECTIVES, PLACES)
    topics, names, nouns, verbs, adjectives, places = ([make_word(random, taken) for _ in range(size)] for size in sizes)
    kind = {noun: next(random) % KINDS for noun in nouns}
    likes = {verb: {next(random) % KINDS, next(random) % KINDS} for verb in verbs}
    return Language(
        words=(END, *FUNCTION_WORDS, *PREPOSITIONS, *topics, *names, *nouns, *verbs, *adjectives, *places),
        topics=dict.fromkeys(topics, 1),
        names=zipf(names, random),
        nouns={topic: zipf(nouns, random) for topic in topics},
        verbs={topic: zipf(verbs, random) for topic in topics},
        objects={verb: {noun: 12 if kind[noun] in likes[verb] else 1 for noun in nouns} for verb in verbs},
        adjectives={noun: zipf(adjectives, random) for noun in nouns},
        places={preposition: zipf(places, random) for preposition in PREPOSITIONS},
    )


def make_word(random: Iterator[int], taken: set[str]) -> str:
    """A word of one to three syllables that was not there before."""
    while True:
        syllables = ("bcdfghjklmnprstvz"[next(random) % 17] + "aeiou"[next(random) % 5] for _ in range(1 + next(random) % 3))
        word = "".join(syllables) + ("", "", "n", "l", "r")[next(random) % 5]
        if word not in taken:
            taken.add(word)
            return word


def zipf(words: list[str], random: Iterator[int]) -> Weights:
    """A few of the words, other ones each time, are frequent, and most are rare."""
    order = sorted(words, key=lambda _: next(random))
    rank = {word: place for place, word in enumerate(order)}
    return {word: 1_000_000 // (rank[word] + 2) ** 2 + 50 for word in words}


# ---- A story: one grammar, by which words are either drawn or judged ----


def tell(language: Language) -> Telling:
    """One story, word by word; where it is over there are no weights."""
    yield {"about": 1}
    topic = yield language.topics
    yield {":": 1}
    first = yield language.names
    yield {"and": 1}
    second = yield {name: weight for name, weight in language.names.items() if name != first}
    last = yield {SENTENCE_END: 1}
    count = 0
    while last != END:
        count += 1
        ends = {SENTENCE_END: 4} if count < FEWEST_SENTENCES else {SENTENCE_END: 3, END: 1}
        last = yield from tell_sentence(language, topic, (first, second), {END: 4} if count == MOST_SENTENCES else ends)
    yield {}
    return last


def tell_sentence(language: Language, topic: str, people: tuple[str, str], ends: Weights) -> Telling:
    """Subject and verb, then perhaps an object, then perhaps a place, then one of `ends`, which is returned."""
    more = {**ends, **dict.fromkeys(PREPOSITIONS, 1)}
    subject = yield {people[0]: 7, people[1]: 4, "they": 3, "the": 3, "some": 2}
    if subject in ("the", "some"):
        yield language.nouns[topic]
    verb = yield language.verbs[topic]
    if subject not in ("they", "some"):
        yield {"s": 1}
    word = yield {**more, "the": 6, "a": 5, "no": 1}
    if word in ("the", "a", "no"):
        likes = language.objects[verb]
        noun = yield {noun: weight * likes[noun] for noun, weight in language.nouns[topic].items()}
        word = yield {**language.adjectives[noun], **{after: weight * 100_000 for after, weight in more.items()}}
        if word not in more:
            word = yield more
    if word in PREPOSITIONS:
        yield language.places[word]
        word = yield ends
    return word


def draw_story(language: Language, random: Iterator[int]) -> list[str]:
    """The words of one story."""
    story: list[str] = []
    telling = tell(language)
    weights = next(telling)
    while weights:
        story.append(pick(weights, next(random)))
        weights = telling.send(story[-1])
    return story


def pick(weights: Weights, draw: int) -> str:
    """One of the words, as likely as its weight says if `draw` is anything from 0 to 2**64."""
    ticket = draw % sum(weights.values())
    for word, weight in weights.items():
        ticket -= weight
        if ticket < 0:
            return word
    raise AssertionError("the weights sum to more than the ticket")


def oracle_bits(language: Language, story: list[str]) -> list[float]:
    """-log2 of the true probability of each word of `story`: what perfect knowledge of the language pays.

    Raises:
        KeyError: the language cannot say this.
    """
    telling = tell(language)
    weights, bits = next(telling), []
    for word in story:
        bits.append(math.log2(sum(weights.values()) / weights[word]))
        weights = telling.send(word)
    return bits


# ---- The files ----


def draw_stories(seed: int, count: int) -> list[list[str]]:
    """`count` stories of the language, for any seed the same ones everywhere."""
    language, random = make_language(), random_integers(seed)
    return [draw_story(language, random) for _ in range(count)]


def text_of(split: str) -> str:
    """The whole content of one of the files of `SPLITS`: a story a line, its words parted by spaces."""
    return "".join(" ".join(story[:-1]) + END for story in draw_stories(*SPLITS[split]))


def read_stories(text: str) -> list[list[str]]:
    """The stories of a text, each with its end."""
    return [[*line.split(" "), END] for line in text.splitlines()]


def main() -> None:
    """Write the vocabulary and every split into the current folder."""
    Path("heldout").mkdir(exist_ok=True)
    words = make_language().words[1:]  # the end of a story is token 0 and needs no line
    Path(VOCABULARY).write_text("".join(f"{word}\n" for word in words), encoding="ascii", newline="\n")
    for split in SPLITS:
        Path(split).write_text(text_of(split), encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()

"""The nearest word for each query: what is to be made faster.

The distance of two texts is the least number of letters to insert, delete or replace that turns one into the other
(Levenshtein). It is found row by row in the usual table, within a band that is widened until the answer fits.
"""

# How the table is searched.
FIRST_BAND = 8  # the first search covers distances up to this
BAND_GROWTH = 2.0  # how much wider the next band is if that was not enough
GIVE_UP_EARLY = False  # abandon a table once a whole row is beyond the band
# What is done before a table is computed.
STRIP_START = False  # skip the common start of two texts
STRIP_END = False
SKIP_BY_LENGTH = False  # texts whose lengths differ by more than the best distance cannot be nearer
NARROW_TO_BEST = False  # only distances below the best one so far matter


def nearest(words: list[str], queries: list[str]) -> list[tuple[int, int]]:
    """For each query, the index of the nearest word (the first of several) and its distance.

    Any two texts can be compared, also empty ones.
    """
    return [nearest_to(query, words) for query in queries]


def nearest_to(query: str, words: list[str]) -> tuple[int, int]:
    best_index, best = 0, distance(query, words[0], len(query) + len(words[0]))
    for index in range(1, len(words)):
        word = words[index]
        if SKIP_BY_LENGTH and abs(len(word) - len(query)) >= best:
            continue
        found = distance(query, word, best - 1 if NARROW_TO_BEST else len(query) + len(word))
        if found < best:
            best_index, best = index, found
    return best_index, best


def distance(a: str, b: str, most: int) -> int:
    """The distance of two texts; any number above `most` if it is larger than that."""
    start, end_a, end_b = 0, len(a), len(b)
    while STRIP_START and start < min(end_a, end_b) and a[start] == b[start]:
        start += 1
    while STRIP_END and start < min(end_a, end_b) and a[end_a - 1] == b[end_b - 1]:
        end_a, end_b = end_a - 1, end_b - 1
    a, b = a[start:end_a], b[start:end_b]
    band = min(FIRST_BAND, most)
    while True:
        found = banded(a, b, band)
        if found <= band or band >= most:
            return found
        band = min(most, max(band + 1, int(band * BAND_GROWTH)))


def banded(a: str, b: str, band: int) -> int:
    """The distance of two texts if it is at most `band`, else some number above it."""
    beyond = band + 1
    if abs(len(a) - len(b)) > band:
        return beyond
    row = [j if j <= band else beyond for j in range(len(b) + 1)]
    for i in range(1, len(a) + 1):
        first, last = max(1, i - band), min(len(b), i + band)
        above = row[first - 1]
        row[first - 1] = i if first == 1 and i <= band else beyond
        for j in range(first, last + 1):
            cost = above if a[i - 1] == b[j - 1] else 1 + min(above, row[j - 1], row[j])
            above, row[j] = row[j], cost
        if last < len(b):
            row[last + 1] = beyond
        if GIVE_UP_EARLY and min(row[first - 1 : last + 1]) > band:
            return beyond
    return min(row[len(b)], beyond)

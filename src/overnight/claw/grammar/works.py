"""Sentences about campaigns, actions and what they cost, in the repositories of claw.yaml."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from overnight.claw.events import CallEnd
from overnight.claw.grammar.sentence import Meaning, Sentence, Talk, direct, form, wants
from overnight.claw.grammar.when import read_when
from overnight.jobs.schedule import next_after, zone_of
from overnight.jobs.schedule_words import read_schedule
from overnight.words.foreign import printable

SHOWN = 60  # characters of what a person said, in an answer
EVENING_H, DAWN_H, MORNING_H = 20, 4, 7  # hours of the clock: `tonight` begins at the first, and its work is over by the last
LATE = "at 22:00"  # when what is wanted tonight begins, said during the day
NIGHT_HOURS = 8
_REPO = r"(?:the )?(?P<repo>[\w-]{1,40})(?: (?:repo|repository|campaign))?"
_PRONOUNS = ("it", "that", "this", "everything", "everybody", "things", "life", "you", "me", "he", "she")
_LISTED = re.compile(r"^\s*#(\d{1,9}) ", re.MULTILINE)
# Our own words at the end of a result that was shown whole; what stands above them is also an agent's, who may write the same.
_COMMIT = re.compile(
    r"^Accept: `overnight accept (\d{1,9}) ([0-9a-f]{7,40})` *\n.*\nDrop: `overnight drop \1` *\n*\Z", re.MULTILINE
)
_ORDINALS = dict(zip(["first", "second", "third", "fourth", "fifth"], range(5), strict=True)) | {"last": -1}


def _named(talk: Talk, said: str | None) -> str | Meaning:
    """The repository that is meant, or what to say if that is not clear."""
    if said and said.lower() in talk.repos:
        return said.lower()
    if not talk.repos:
        return Meaning(say="I know no repository: write `repos: {parser: ~/src/parser}` into claw.yaml.")
    if said is None and len(talk.repos) == 1:
        return talk.repos[0]
    what = f"I know no repository `{printable(said, SHOWN)}`" if said else "In which repository?"
    return Meaning(say=f"{what}{'.' if said else ''} Those of claw.yaml: {', '.join(talk.repos)}.")


def _in_repo(operation: str, **given: object) -> Callable[[Mapping[str, str], Talk], Meaning | None]:
    """A call in the repository that is named."""

    def mean(found: Mapping[str, str], talk: Talk) -> Meaning | None:
        repo = _named(talk, found.get("repo"))
        return repo if isinstance(repo, Meaning) else Meaning(calls=(direct(operation, repo, **given),))

    return mean


def _known(operation: str) -> Callable[[Mapping[str, str], Talk], Meaning | None]:
    """The same, if it is a repository; `how is the weather?` is about none."""

    def mean(found: Mapping[str, str], talk: Talk) -> Meaning | None:
        repo = (found["repo"] or found["busy"]).lower()
        if repo not in talk.repos and (talk.models or repo in _PRONOUNS):
            return None
        named = _named(talk, repo)
        return named if isinstance(named, Meaning) else Meaning(calls=(direct(operation, named),))

    return mean


# --- Campaigns ---


def _start(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """Start the campaign of a repository, now or tonight, and say at a time how it stands."""
    repo = _named(talk, found["repo"])
    if isinstance(repo, Meaning):
        return repo
    turn = talk.turn
    begins, hours = turn.at, None
    calls = []
    if found["tonight"]:
        here = datetime.fromtimestamp(turn.at, zone_of(turn.zone))
        if DAWN_H <= here.hour < EVENING_H:
            begins = next_after(read_schedule(LATE, turn.zone, turn.at), turn.at) or turn.at
            said = f"run {repo} for {NIGHT_HOURS} hours"
            calls.append(direct("claw remind", when=LATE, what=said, act=True))
        else:
            hours = float((MORNING_H - here.hour) % 24 or 24)
    if not calls:
        calls.append(direct("run", repo, **({"hours": hours} if hours else {})))
    if found["when"]:
        at = read_when(found["when"], turn.zone, begins)
        if at is None:
            return Meaning(say="I do not understand when to tell you; nothing was started. Say `and tell me at 8`.")
        calls.append(direct("claw remind", when=_dated(at, talk, begins), what=f"how is {repo}?", act=True))
    return Meaning(calls=tuple(calls))


def _dated(when: str, talk: Talk, begins: float) -> str:
    """A time after the work begins, as a date."""
    at = next_after(read_schedule(when, talk.turn.zone, begins), begins)
    return when if at is None else f"{datetime.fromtimestamp(at, zone_of(talk.turn.zone)):%Y-%m-%d %H:%M}"


def _run(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    repo = _named(talk, found["repo"])
    hours = float(found["hours"]) if found["hours"] else None
    given = {"hours": hours} if hours else {}
    return repo if isinstance(repo, Meaning) else Meaning(calls=(direct("run", repo, **given),))


def _came_of_it(_found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """What became of what was started last in this talk."""
    started = talk.seen.calls(talk.turn.person, ("run", "do"), before=talk.turn.number)
    if not started:
        return Meaning(say="I started nothing for you that I know of. `how is REPO?` and `actions` show what there is.")
    if started[0].operation == "run":
        return Meaning(calls=(direct("overview", started[0].repo),))
    numbers = _LISTED.findall(started[0].text)
    return Meaning(calls=tuple(direct("result", number=int(number)) for number in numbers[:3])) if numbers else None


# --- Actions ---


def _do(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    repo = _named(talk, found["repo"])
    return repo if isinstance(repo, Meaning) else Meaning(calls=(direct("do", repo, text=found["what"].strip(), repo=repo),))


def _merge(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """Accept a result at the commit that its reader was shown; what was not read is shown first."""
    number = int(found["number"]) if found["number"] else _ordinal(found["which"], talk)
    if isinstance(number, Meaning):
        return number
    for call in talk.seen.calls(talk.turn.person, ("result",), before=talk.turn.number):
        if call.given.get("number") == number and call.end is CallEnd.DONE:
            shown = _COMMIT.search(call.text)
            if shown and int(shown[1]) == number:
                return Meaning(calls=(direct("accept", number=number, commit=shown[2]),))
            return Meaning(say=f"I could not show you all of it, or there is nothing to accept: overnight review {number}")
    return Meaning(calls=(direct("result", number=number),), say=f"Read it first; then say `merge #{number}`.")


def _ordinal(said: str, talk: Talk) -> int | Meaning:
    """The number of the result at a place in the newest list that was shown."""
    lists = talk.seen.calls(talk.turn.person, ("board",), before=talk.turn.number)
    waiting = re.split(r"^(?=Flowing\b)", lists[0].text, maxsplit=1, flags=re.MULTILINE)[0] if lists else ""
    numbers = [int(number) for number in _LISTED.findall(waiting)]
    if not numbers:
        return Meaning(say="I have shown you no list of results: say `actions`, then for example `merge #12`.")
    at = _ORDINALS[said.lower()]
    if at >= len(numbers):
        return Meaning(say=f"The list that I showed has {len(numbers)}: {', '.join(f'#{each}' for each in numbers)}.")
    return numbers[at]


def _number(operation: str, *texts: str) -> Callable[[Mapping[str, str], Talk], Meaning | None]:
    def mean(found: Mapping[str, str], _talk: Talk) -> Meaning | None:
        given = {text: found[text].strip() for text in texts if found.get(text)}
        return Meaning(calls=(direct(operation, number=int(found["number"]), **given),))

    return mean


SENTENCES: tuple[Sentence, ...] = (
    form("campaigns", "campaigns | campaigns of parser", rf"campaigns(?: (?:of|in) {_REPO})?", _in_repo("campaigns")),
    form(
        "campaigns",
        "how is parser? | status of parser",
        rf"(?:how(?:'s| is| does| are)|status (?:of|in)|how goes) {_REPO}(?: (?:doing|going|stand))?"
        r"|is (?:the )?(?P<busy>[\w-]{1,40}) (?:running|done|over|finished|faster)(?: yet)?",
        _known("overview"),
    ),
    form("campaigns", "experiments of parser", rf"(?:log|experiments) (?:of|in) {_REPO}", _in_repo("log")),
    form(
        "campaigns",
        "try to make parser faster tonight and tell me at eight",
        rf"(?:try to )?(?:make|get) {_REPO} (?:run )?(?:faster|better|smaller|quicker)"
        r"(?P<tonight> (?:tonight|overnight|over night))?(?:,? and (?:tell|report to|let) me(?: know)? (?P<when>.+))?",
        _start,
    ),
    form(
        "campaigns",
        "run parser for 3 hours",
        rf"(?:run|start)(?: a campaign (?:of|in|on))? {_REPO}(?: for (?P<hours>\d{{1,3}}(?:\.\d)?) hours?)?",
        _run,
    ),
    form("campaigns", "stop parser", rf"stop {_REPO}", _known("stop")),
    form(
        "campaigns",
        "what came of it?",
        r"what (?:came|became) of (?:it|that|them)|how did (?:it|that) (?:go|end)|(?:any )?results?",
        _came_of_it,
    ),
    form("actions", "actions", r"(?:show |list )?(?:my |the )?(?:actions|board)", wants("board")),
    form(
        "actions", "result 12", r"(?:show (?:me )?)?(?:the )?(?:result|action)(?: of)? #?(?P<number>\d{1,9})", _number("result")
    ),
    form(
        "actions",
        "do in parser: let users export their data as CSV",
        rf"do(?: in {_REPO})?: ?(?P<what>.+)",
        _do,
    ),
    form(
        "actions",
        "merge the second one | merge #12",
        rf"(?:merge|accept|take) (?:the (?P<which>{'|'.join(_ORDINALS)})(?: one| result)?"
        r"|(?:action |result )?#?(?P<number>\d{1,9}))",
        _merge,
    ),
    form(
        "actions",
        "send 12 back: it must not fail without a network",
        r"send (?:action )?#?(?P<number>\d{1,9}) back: ?(?P<text>.+)",
        _number("send back", "text"),
    ),
    form("actions", "drop action 12", r"drop (?:action |result )#?(?P<number>\d{1,9})", _number("drop")),
    form(
        "machine",
        "what runs?",
        r"home|status|what(?:'s| is)? ?(?:runs|running|going on)|what are you (?:doing|up to)",
        wants("home"),
    ),
    form(
        "machine",
        "what did it cost? | what did this week cost?",
        r"spend|(?:the )?(?:week(?:'s|ly)?|day's|daily|today's)? ?costs?(?: (?:of|for))?(?: (?:today|this week|the week))?"
        r"|(?:what|how much) (?:did|do|does) (?:it|that|this|you|everything|today|this week|the week) cost(?: me)?"
        r"(?: (?:today|this week|so far))?|how much (?:have|did) (?:i|you|we) (?:spent|spend)(?: (?:today|this week|so far))?",
        wants("spend"),
    ),
    form(
        "machine",
        "approvals",
        r"(?:show |list )?(?:the )?approvals|what(?: waits|'s waiting| is waiting)(?: for me)?|(?:is there )?anything for me",
        wants("approvals"),
    ),
)

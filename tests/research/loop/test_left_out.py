"""Which by-products a role is told about: each name once, and no more than a few times."""

from overnight.research.experiment import ByProducts
from overnight.research.loop.left_out import MOST, LeftOutNews

LOG = ByProducts(count=1, ignored=("run.log",))


def test_each_name_is_told_once() -> None:
    """To the role that left it, and not to others."""
    news = LeftOutNews()
    news.add("one", LOG)
    assert (news.take("two"), news.take("one"), news.take("one")) == (ByProducts(), LOG, ByProducts())
    news.add("one", LOG)
    assert news.take("one") == ByProducts()
    news.add("one", ByProducts(count=5, ignored=("run.log",), others=("notes.md",)))
    assert news.take("one") == ByProducts(count=4, others=("notes.md",)), "three of the five have no name here"


def test_new_names_each_time_are_told_a_few_times() -> None:
    """Then telling does not help."""
    news = LeftOutNews()
    for number in range(2 * MOST):
        news.add("one", ByProducts(count=1, others=(f"notes-{number}.md",)))
        assert bool(news.take("one").count) is (number < MOST)


def test_what_was_not_read_is_told_again() -> None:
    """A model was not available, so the brief reached nobody."""
    news = LeftOutNews()
    news.add("one", LOG)
    news.put_back("one", news.take("one"))
    assert news.take("one") == LOG


def test_the_words() -> None:
    """Names with their reasons, and how many have no name."""
    assert str(ByProducts()) == ""
    some = ByProducts(count=9, ignored=("run.log",), others=("notes.md", "plots/"))
    assert str(some) == "notes.md, plots/ (outside `editable`); run.log (ignored by git); and 6 more"

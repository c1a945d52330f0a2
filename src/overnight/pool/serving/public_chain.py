"""The chain as a hub shows it: what may be read by anybody, and which entries a submission may be on top of."""

from collections import OrderedDict

from overnight.pool.chain import Block, Genesis, Withdrawal, read_entry
from overnight.pool.changes import Tree
from overnight.pool.record.record import HubRecord


class PublicChain:
    """The chain of a record, followed as it grows; never a file that was only submitted."""

    def __init__(self, record: HubRecord, behind: int) -> None:
        """`behind`: entries that a parent may lie back.

        Raises:
            BadChain: the chain in the record does not hold.
        """
        self._record = record
        self._behind = behind
        chain = record.chain()
        self.genesis: Genesis = chain.genesis
        self._files = {each.digest for each in chain.genesis.files}
        self._trees: OrderedDict[str, Tree] = OrderedDict()  # by the digest of the entry, of the newest entries
        self._chain = type(chain).begin(chain.genesis)
        self._keep()
        for entry in chain.entries:
            self._add(entry)

    def follow(self) -> None:
        """Take in what was added since."""
        for text in self._record.entries(after=self._chain.number):
            entry = read_entry(text)
            assert isinstance(entry, Block | Withdrawal)  # noqa: S101  # a later entry
            self._add(entry)

    @property
    def head(self) -> str:
        """Digest of the newest entry."""
        return self._chain.head

    @property
    def number(self) -> int:
        """Of the newest entry."""
        return self._chain.number

    def tree(self, entry: str) -> Tree | None:
        """The public tree after an entry; None if there is no such entry or it lies too far back."""
        return self._trees.get(entry)

    def is_public(self, digest: str) -> bool:
        """Whether a content is in a tree of the chain."""
        return digest in self._files

    def _add(self, entry: Block | Withdrawal) -> None:
        self._chain.add(entry)
        self._files |= {each.digest for each in entry.changes if each.digest is not None}
        self._keep()

    def _keep(self) -> None:
        self._trees[self._chain.head] = self._chain.tree
        while len(self._trees) > self._behind + 1:
            self._trees.popitem(last=False)

"""Connected components: of numbered nodes by scipy, of nodes with names by union-find."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csgraph

Node = TypeVar("Node", bound=Hashable)


class DisjointSets(Generic[Node]):
    """Sets that can be united; paths are halved and the smaller set joins the larger, so both are near constant."""

    def __init__(self) -> None:
        self._parent: dict[Node, Node] = {}
        self._size: dict[Node, int] = {}

    def add(self, node: Node) -> None:
        """Make sure that `node` is in a set, its own at first."""
        if node not in self._parent:
            self._parent[node] = node
            self._size[node] = 1

    def find(self, node: Node) -> Node:
        """The member that stands for the set of `node`, which is added if it is new."""
        self.add(node)
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def unite(self, first: Node, second: Node) -> None:
        """Make one set of both members' sets."""
        large, small = self.find(first), self.find(second)
        if large == small:
            return
        if self._size[large] < self._size[small]:
            large, small = small, large
        self._parent[small] = large
        self._size[large] += self._size[small]

    def sets(self) -> list[list[Node]]:
        """All sets, in the order in which their first members were added."""
        members: dict[Node, list[Node]] = defaultdict(list)
        for node in self._parent:
            members[self.find(node)].append(node)
        return list(members.values())


def smallest_members(count: int, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of the nodes 0 to `count` - 1 the smallest node of its component, `int64 (count,)`.

    `first` and `second` are the ends of the edges: 2 million nodes take some 40 bytes each, where sets take hundreds.

    >>> smallest_members(5, np.array([3, 4]), np.array([1, 3]))
    array([0, 1, 2, 1, 1])
    """
    edges = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(count, count))
    _, component = csgraph.connected_components(edges, directed=False)
    _, smallest = np.unique(component, return_index=True)
    return np.asarray(smallest[component], dtype=np.int64)


def connected_components(nodes: Iterable[Node], edges: Iterable[tuple[Node, Node]]) -> list[list[Node]]:
    """The components of a graph, single nodes included.

    >>> connected_components("abcd", [("a", "c"), ("d", "c")])
    [['a', 'c', 'd'], ['b']]
    """
    sets: DisjointSets[Node] = DisjointSets()
    for node in nodes:
        sets.add(node)
    for first, second in edges:
        sets.unite(first, second)
    return sets.sets()

"""One order in which everything can be computed: each value after what it reads, otherwise as the form is written."""

from __future__ import annotations

import heapq
from collections.abc import Mapping


def ordered(needs: Mapping[str, set[str]]) -> list[str]:
    """Return the keys so that each follows the keys it needs, ties in the given order; what is circular comes last."""
    rank = {key: index for index, key in enumerate(needs)}
    waiting = {key: {other for other in wanted if other in rank and other != key} for key, wanted in needs.items()}
    followers: dict[str, list[str]] = {key: [] for key in needs}
    for key, wanted in waiting.items():
        for other in wanted:
            followers[other].append(key)
    ready = [rank[key] for key, wanted in waiting.items() if not wanted]
    heapq.heapify(ready)
    names = list(needs)
    result: list[str] = []
    while ready:
        key = names[heapq.heappop(ready)]
        result.append(key)
        for follower in followers[key]:
            waiting[follower].discard(key)
            if not waiting[follower]:
                heapq.heappush(ready, rank[follower])
    done = set(result)
    return result + [key for key in names if key not in done]

"""Search over everything that has a name: accents, case and slips of the keyboard forgiven.

A small inverted index in memory: every word of a title points to its entries. A query word may be the
beginning of a word, a part of it, or differ by a letter or two; every query word must be found.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

#: What a word found is worth, by how it was found.
_EXACT, _BEGINNING, _INSIDE, _SLIP = 1.0, 0.8, 0.45, 0.4
#: Letters of a query word from which one slip, then two, are forgiven.
_ONE_SLIP, _TWO_SLIPS = 4, 8
#: Fewer entries than that and slips are forgiven although something was found.
_FEW = 4
_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "’": " ", "'": " ", "-": " ", "·": " ", "…": " "}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found.

    ``kind`` says what to do with ``key``; ``weight`` (0–1) puts a town before a hamlet of the same name;
    ``also`` holds words that find it without being shown. ``x, y`` (EPSG:2154, m) is where it is, NaN
    when it is nowhere.
    """

    kind: str
    key: str
    title: str
    subtitle: str = ""
    weight: float = 0.0
    also: str = ""
    x: float = math.nan
    y: float = math.nan


@dataclass(frozen=True, slots=True)
class Match:
    """An entry found and how well, the larger the better."""

    entry: Entry
    score: float


def fold(text: str) -> str:
    """Lower case, without accents, ligatures opened, hyphens and apostrophes as spaces."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LIGATURES))
    return "".join(c for c in plain if not unicodedata.combining(c))


def words_of(text: str) -> list[str]:
    """Folded words of a text."""
    return [
        "".join(c for c in word if c.isalnum()) for word in fold(text).split() if any(map(str.isalnum, word))
    ]


class Index:
    """An index that does not change; build a new one when the entries do."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = tuple(entries)
        self._titles = [" ".join(words_of(entry.title)) for entry in self._entries]
        places: defaultdict[str, set[int]] = defaultdict(set)
        for number, entry in enumerate(self._entries):
            for word in words_of(f"{entry.title} {entry.also}"):
                places[word].add(number)
        self._words = sorted(places)
        self._places = dict(places)
        self._letters = {word: frozenset(_pairs(word)) for word in self._words}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything there is to find."""
        return self._entries

    def find(self, query: str, limit: int = 12, prefer: Mapping[str, float] | None = None) -> list[Match]:
        """Return the best matches.

        Parameters
        ----------
        query : str
            What was typed; an empty query finds nothing.
        limit : int
            At most so many.
        prefer : mapping, optional
            Kind → what to add to the score of its entries.
        """
        asked = words_of(query)
        if not asked:
            return []
        found: dict[int, float] | None = None
        for word in asked:
            scores = self._entries_of(word)
            if found is None:
                found = scores
            else:
                found = {n: found[n] + scores[n] for n in found.keys() & scores.keys()}
        prefer, folded = prefer or {}, " ".join(asked)
        rated = [
            (self._rate(number, score / len(asked), folded, prefer), number)
            for number, score in (found or {}).items()
        ]
        rated.sort(key=lambda pair: (-pair[0], len(self._titles[pair[1]]), self._titles[pair[1]], pair[1]))
        return [Match(self._entries[number], score) for score, number in rated[:limit]]

    # ------------------------------------------------------------------ parts

    def _rate(self, number: int, score: float, folded: str, prefer: Mapping[str, float]) -> float:
        entry, title = self._entries[number], self._titles[number]
        if title == folded:
            score += 0.6
        elif title.startswith(folded):
            score += 0.3
        return score + 0.25 * entry.weight + prefer.get(entry.kind, 0.0)

    def _entries_of(self, word: str) -> dict[int, float]:
        scores: dict[int, float] = {}
        for known, worth in self._words_like(word):
            for number in self._places[known]:
                if worth > scores.get(number, 0.0):
                    scores[number] = worth
        return scores

    def _words_like(self, word: str) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        at = bisect_left(self._words, word)
        while at < len(self._words) and self._words[at].startswith(word):
            known = self._words[at]
            whole = known == word and len(word) > 1
            found.append((known, _EXACT if whole else _BEGINNING + 0.15 * len(word) / len(known)))
            at += 1
        if len(word) >= 3:
            found += [
                (known, _INSIDE) for known in self._words if word in known and not known.startswith(word)
            ]
        if len(word) >= _ONE_SLIP and sum(len(self._places[known]) for known, _ in found) < _FEW:
            sure = {known for known, _ in found}
            found += [pair for pair in self._slips(word) if pair[0] not in sure]
        return found

    def _slips(self, word: str) -> list[tuple[str, float]]:
        """Words whose beginning is the word but for a slip or two."""
        slips = 2 if len(word) >= _TWO_SLIPS else 1
        pairs = frozenset(_pairs(word))
        # A slip touches at most two pairs of letters: the others must be there.
        needed = max(len(pairs) - 2 * slips - 1, 1)
        found = []
        for known in self._words:
            if len(known) < len(word) - slips or len(pairs & self._letters[known]) < needed:
                continue
            away = distance(word, known, slips)
            if away <= slips:
                found.append((known, _SLIP - 0.1 * away + 0.1 * (abs(len(known) - len(word)) <= 1)))
        return found


def _pairs(word: str) -> list[str]:
    return [word[i : i + 2] for i in range(len(word) - 1)]


@lru_cache(maxsize=4096)
def distance(word: str, known: str, most: int) -> int:
    """Slips between a word and the best beginning of another; more than ``most`` counts as ``most + 1``.

    A slip is a letter too many, too few, wrong, or two letters exchanged.
    """
    width = len(known) + 1
    before, now = list(range(width)), list(range(width))
    older: list[int] = before
    for i, letter in enumerate(word, 1):
        older, before, now = before, now, [i] + [0] * (width - 1)
        for j in range(1, width):
            same = letter == known[j - 1]
            now[j] = min(before[j] + 1, now[j - 1] + 1, before[j - 1] + (not same))
            if i > 1 and j > 1 and letter == known[j - 2] and word[i - 2] == known[j - 1]:
                now[j] = min(now[j], older[j - 2] + 1)
        if min(now) > most:
            return most + 1
    # What follows in the longer word has not been typed yet.
    return min(now)

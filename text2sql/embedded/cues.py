"""Words that ask for a clause, and whether a sketch has it: agreement that holds in any domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from text2sql.embedded.query import STAR, Query, Term, scopes, values_of
from text2sql.embedded.question import QuestionView

Floats = npt.NDArray[np.float32]

_HIGH = (
    "most highest largest longest oldest latest biggest greatest top best tallest maximum max newest recent heaviest "
    "richest fastest"
)
_LOW = "least lowest smallest shortest youngest fewest earliest cheapest minimum min worst lightest slowest"
# Each clause with the words and pairs of words that ask for it.
_WORDS: Mapping[str, str] = {
    "count": "how_many number_of count total_number",
    "average": "average mean typical",
    "sum": "total sum altogether overall combined add",
    "maximum": _HIGH,
    "minimum": _LOW,
    "group": "each per every for_each respective by common",
    "first": _HIGH + " first",
    "last": _LOW,
    "sorted": "order ordered sort sorted alphabetical alphabetically ascending descending rank ranked listed "
    "increasing decreasing",
    "descending": "descending decreasing reverse highest_to high_to largest_first",
    "having": "at_least more_than at_most less_than fewer_than exactly or_more multiple once twice several",
    "greater": "more_than over greater above after older exceed exceeds exceeding larger higher longer since later",
    "less": "less under below before fewer younger smaller lower shorter earlier",
    "at least": "at_least or_more or_higher minimum_of from",
    "at most": "at_most or_less or_fewer up_to",
    "between": "between from",
    "not": "not no never without except neither nor none t don cannot any_of nobody nothing yet",
    "both": "both and_also and_those",
    "or": "or either",
    "like": "contain contains containing start starts starting begin begins beginning end ends ending substring letter "
    "word include includes",
    "different": "different distinct unique",
    "compared": "than_the above_the below_the than_average above_average below_average",
    "star": "all_information all_details everything information details all_the",
}
_COUNTS = ("values", "texts", "columns", "limit")
CUES = len(_WORDS) + len(_COUNTS)


def cues(view: QuestionView) -> Floats:
    """What a question asks for: 1 where one of a clause's words stands, and counts of what it mentions."""
    words = view.words
    present = {*words, *(f"{a}_{b}" for a, b in pairwise(words))}
    found = [float(not present.isdisjoint(asking.split())) for asking in _WORDS.values()]
    values = {(f.start, f.end): f.kind for f in view.values if f.kind in ("quoted", "number", "date", "name")}
    sampled = [f for f in view.values if f.kind == "value" and view.linking.tokens[f.start].text[:1].isupper()]
    spans = {(f.start, f.end) for f in view.linking.links if f.column and f.kind in ("exact", "stem")}
    texts = {f.start for f in sampled} | {s for (s, _), kind in values.items() if kind in ("quoted", "name")}
    numbers = sum(kind in ("number", "date") for kind in values.values())
    superlative = not present.isdisjoint((_HIGH + " " + _LOW).split())
    found += [len(texts) + numbers, len(texts), len({start for start, _ in spans}), float(superlative and numbers > 0)]
    return np.array(found, np.float32)


def flags(sketch: Query) -> list[float]:
    """What a sketch has of the same."""
    parts = list(scopes(sketch))
    selected = [term for part in parts for term in part.select]
    ordered = [term for part in parts for term, _ in part.order]
    conditions = [c for part in parts for c in (*part.where, *part.having)]
    operators = {c.operator for c in conditions}
    limited = [part for part in parts if part.limit is not None and part.order]
    sorted_only = [part for part in parts if part.limit is None and part.order]
    kinds = [value.kind for _, value in values_of(sketch)]
    have: dict[str, bool] = {
        "count": any(term.aggregate == "count" for term in sketch.select),
        "average": _aggregates(selected + ordered, "avg"),
        "sum": _aggregates(selected + ordered, "sum"),
        "maximum": _aggregates(selected, "max"),
        "minimum": _aggregates(selected, "min"),
        "group": bool(sketch.group),
        "first": any(part.order[0][1] for part in limited),
        "last": any(not part.order[0][1] for part in limited),
        "sorted": bool(sorted_only),
        "descending": any(part.order[0][1] for part in sorted_only),
        "having": any(part.having for part in parts),
        "greater": ">" in operators,
        "less": "<" in operators,
        "at least": ">=" in operators,
        "at most": "<=" in operators,
        "between": "between" in operators,
        "not": bool(operators & {"not in", "!=", "not like"}) or sketch.compound.startswith("except"),
        "both": sketch.compound == "intersect",
        "or": any(c.either for c in conditions) or sketch.compound.startswith("union"),
        "like": bool(operators & {"like", "not like"}),
        "different": any(term.distinct for term in selected),
        "compared": any(isinstance(c.right, Query) and c.operator in (">", "<") for c in conditions),
        "star": any(term.column == STAR and not term.aggregate for term in selected),
    }
    slots = {t.column for t in (*selected, *ordered, *(c.term for c in conditions)) if t.column != STAR}
    texts = sum(kind in ("text", "pattern") for kind in kinds)
    limit = any(part.limit is not None and part.limit.kind != "one" for part in limited)
    return [*(float(have[name]) for name in _WORDS), float(len(kinds)), float(texts), float(len(slots)), float(limit)]


def _aggregates(terms: Sequence[Term], name: str) -> bool:
    return any(term.aggregate == name for term in terms)


def disagreement(asked: Floats, have: Floats) -> Floats:
    """For rows of flags: what is asked for and lacking, and what is there unasked, at most 3 of each."""
    difference = np.clip(asked - have, -3, 3)
    return np.concatenate([np.maximum(difference, 0), np.maximum(-difference, 0)], axis=1)

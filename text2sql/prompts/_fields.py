"""Text with {fields}, as users write it: checked when it is read, filled in line by line."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from text2sql.errors import ConfigError, nearest


@dataclass(frozen=True, slots=True)
class Lines:
    """Each line as pieces: literal text and the field after it, empty where there is none."""

    lines: tuple[tuple[tuple[str, str], ...], ...] = ()

    @property
    def fields(self) -> set[str]:
        """The fields that it has."""
        return {field for line in self.lines for _, field in line if field}

    def fill(self, values: Mapping[str, str]) -> str:
        """The text. A line all of whose fields are empty is left out, and no gap is left in its place."""
        kept: list[str] = []
        dropped = False
        for line in self.lines:
            fields = [field for _, field in line if field]
            if fields and not any(values[field] for field in fields):
                dropped = True
                continue
            text = "".join(literal + (values[field] if field else "") for literal, field in line)
            gap = dropped and not text and not (kept and kept[-1])
            dropped = False
            if not gap:
                kept.append(text)
        return "\n".join(kept).strip("\n")


def parse(lines: Sequence[str], known: Collection[str], where: str, first: int = 1) -> Lines:
    """Lines with fields of the known names, doubled braces as literal ones; ``first`` is the first line's number.

    Raises ConfigError, which names ``where`` and the line.
    """
    return Lines(tuple(_pieces(line, known, f"{where}, line {number}") for number, line in enumerate(lines, first)))


def _pieces(line: str, known: Collection[str], where: str) -> tuple[tuple[str, str], ...]:
    try:
        pieces = list(string.Formatter().parse(line))
    except ValueError:
        raise ConfigError(f"{where}: a brace without its counterpart; a literal brace is written twice") from None
    for _, field, spec, conversion in pieces:
        if field is None:
            continue
        # A conversion or a format would be as good as another name: a field is its name alone.
        written = field + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        if written not in known:
            tail = nearest(written, known)
            literal = "" if tail.endswith("?") else "; a literal brace is written twice"
            raise ConfigError(f"{where}: no field {{{written}}}{tail}{literal}")
    return tuple((literal, field or "") for literal, field, _, _ in pieces)

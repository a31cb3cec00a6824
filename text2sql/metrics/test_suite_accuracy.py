"""Test-suite accuracy (TS): the prediction returns what gold returns on every variant of its database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from text2sql.errors import DataError, nearest
from text2sql.metrics._official import flags, official_verdict, tries
from text2sql.protocols import Examples, Execute, Metric
from text2sql.types import Example, Prediction, Verdict


def test_suite_accuracy(
    execute: Execute, *, suites: Path, keep_distinct: bool = False, plug_value: bool = False, plug_cap: int = 50
) -> Metric:
    """EX of the test-suite code (taoyds/test-suite-sql-eval) on several databases per schema: all must agree.

    ``suites``: a folder with a folder for each db_id; every file in it whose name ends in .sqlite is one variant, in
    the order of names, and the first one that fails ends it. The original database counts only if it lies there too.
    A variant on which gold does not run gives the reason ``gold_error``. The other options are those of
    execution_accuracy. Raises DataError where there is no such folder, or nothing in it.
    """
    return _TestSuiteAccuracy(execute, suites, _variants(suites), keep_distinct, tries(plug_value, plug_cap))


def _variants(suites: Path) -> dict[str, list[Path]]:
    if not suites.is_dir():
        raise DataError(f"{suites}: no such folder; a test suite is a folder with one folder of databases per db_id")
    files = {place.name: sorted(place.glob("*.sqlite")) for place in sorted(suites.iterdir()) if place.is_dir()}
    found = {db_id: variants for db_id, variants in files.items() if variants}
    if not found:
        raise DataError(f"{suites}: no databases; DB_ID/NAME.sqlite is expected in a test suite")
    return found


@dataclass(frozen=True)
class _TestSuiteAccuracy:
    execute: Execute
    suites: Path
    variants: Mapping[str, Sequence[Path]]
    keep_distinct: bool
    plug_cap: int

    @property
    def regime(self) -> str:
        """What the figures may be compared with."""
        databases = sum(map(len, self.variants.values()))
        return (
            f"test-suite accuracy on {databases:,} databases of {len(self.variants)} schemas in {self.suites.name}, by "
            f"the test-suite code's rules{flags(self.keep_distinct, self.plug_cap)}"
        )

    def check(self, examples: Examples) -> None:
        """Raises DataError where an example's database has no variants, DatabaseError where one cannot be read."""
        for db_id in dict.fromkeys(example.question.db_id for example in examples):
            for database in self._suite(db_id):
                self.execute.on({db_id: database})(db_id, "SELECT count(*) FROM sqlite_master")

    def _suite(self, db_id: str) -> Sequence[Path]:
        if db_id not in self.variants:
            raise DataError(f"{self.suites / db_id}: no databases in this test suite{nearest(db_id, self.variants)}")
        return self.variants[db_id]

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        """1 where the results are equal on every variant, else 0 with the reason on the first where they are not."""
        db_id = example.question.db_id
        if prediction.elected < 0:
            return Verdict("test_suite_accuracy", 0.0, "no_sql")
        reason = official_verdict(
            self.execute,
            db_id,
            example.sql,
            prediction.sql,
            keep_distinct=self.keep_distinct,
            plug_cap=self.plug_cap,
            suite=self._suite(db_id),
        )
        return Verdict("test_suite_accuracy", float(not reason), reason)

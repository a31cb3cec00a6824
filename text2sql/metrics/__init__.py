"""Metrics score a prediction against gold. One file, one strategy; the name in a config is the file's.

A metric may ask for ``databases`` and ``execute``, and returns ``score(example, prediction) -> Verdict``.
It may also have

- ``regime``: a line that says what its figures may be compared with,
- ``counts(verdict) -> bool``: whether a question has part in the total (by default all have),
- ``total(verdicts) -> float`` over those that have (by default the mean),
- ``note(verdicts) -> str``: a line below the table, or nothing,
- ``check(examples)``, which raises before the first verdict where something that it needs is missing::

    def same_text() -> Metric:
        def score(example: Example, prediction: Prediction) -> Verdict:
            return Verdict("same_text", float(example.sql == prediction.sql))
        return score
"""

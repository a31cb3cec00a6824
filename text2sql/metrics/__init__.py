"""Metrics score a prediction against gold. One file, one strategy; the name in a config is the file's.

A metric may ask for ``databases`` and ``execute``, and returns ``score(example, prediction) -> Verdict``.
It may also have ``total(verdicts) -> float`` (by default the mean), ``regime``, a line that says what its
figures may be compared with, and ``check(examples)``, which raises before the first verdict where something
that it needs is missing::

    def same_text() -> Metric:
        def score(example: Example, prediction: Prediction) -> Verdict:
            return Verdict("same_text", float(example.sql == prediction.sql))
        return score
"""

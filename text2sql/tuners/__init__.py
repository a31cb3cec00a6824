"""Tuners fit a model on demonstrations of the train split. One file, one strategy; the name in a config is the file's.

A tuner may ask for ``schemas``, ``folder`` (where its files go), ``seed`` and ``prices``, and returns an object with
``free``, ``start(data, tell) -> Job``, ``poll(job) -> Job`` and ``cancel(job) -> Job``, maybe with
``estimate(data) -> TuningEstimate``. A job that succeeded says which model it made, as a configuration would write it;
file names in it count from the folder.
"""

"""Tuners fit a model on the train split. One file, one strategy; the name in a config is the file's.

A tuner may ask for ``render``, ``retrieve``, ``schemas``, ``execute`` and ``model`` (a teacher), and
returns an object with ``start(examples) -> Job``, ``poll(job)`` and ``cancel(job)``.
"""

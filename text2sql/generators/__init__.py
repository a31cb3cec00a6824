"""Generators make candidates for a question. One file, one strategy; the name in a config is the file's.

A generator may ask for ``model``, ``renders`` (one or several prompts), ``execute`` and ``seed``, and
returns ``generate(question, schema, examples) -> Candidates``; the pipeline executes them. See
``direct.py`` for the plain case.
"""

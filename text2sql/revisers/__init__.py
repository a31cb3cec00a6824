"""Revisers mend candidates that failed. One file, one strategy; the name in a config is the file's.

A reviser may ask for ``model``, ``execute`` and ``seed``, and returns
``revise(question, schema, candidate) -> Candidate``: the candidate itself, or a new one that names it in
``revises``; the pipeline executes what is new. Continue the conversation by ``candidate.prompt.then(...)``.
"""

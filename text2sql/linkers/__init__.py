"""Linkers cut a schema to what matters for a question. One file, one strategy; the name in a config is the file's.

A linker may ask for ``model``, ``execute`` and ``schemas``, and returns ``link(question, schema) -> Schema``::

    def named(*, keep: int = 3) -> Linker:
        def link(question: Question, schema: Schema) -> Schema:
            return replace(schema, tables=schema.tables[:keep])
        return link
"""

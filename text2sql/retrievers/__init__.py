"""Retrievers fetch similar solved questions. One file, one strategy; the name in a config is the file's.

A retriever may ask for ``pool``, ``schemas``, ``draft`` and ``model``, and returns
``retrieve(question, schema) -> Examples``, best first::

    def earliest(pool: Examples, *, k: int = 5) -> Retriever:
        def retrieve(question: Question, schema: Schema) -> Examples:
            return [example for example in pool if example.question.db_id != question.db_id][:k]
        return retrieve
"""

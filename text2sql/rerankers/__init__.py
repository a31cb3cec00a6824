"""Rerankers reorder fetched examples and cut them. One file, one strategy; the name in a config is the file's.

A reranker may ask for ``pool``, ``schemas``, ``draft`` and ``model``, and returns
``rerank(question, schema, examples) -> Examples``, best first::

    def shortest(*, k: int = 5) -> Reranker:
        def rerank(question: Question, schema: Schema, examples: Examples) -> Examples:
            return sorted(examples, key=lambda example: len(example.sql))[:k]
        return rerank
"""

"""Prompts turn schema, examples and question into chat messages. One file, one strategy, pure functions.

A prompt asks for nothing and returns ``render(question, schema, examples) -> Prompt``::

    def terse() -> Render:
        def render(question: Question, schema: Schema, examples: Examples) -> Prompt:
            return Prompt((Message("user", question.text),), question, schema, tuple(examples))
        return render
"""

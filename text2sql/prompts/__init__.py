"""Prompts turn schema, examples and question into chat messages. One file, one strategy, pure functions.

A prompt asks for nothing and returns ``render(question, schema, examples) -> Prompt``. The parts in the Prompt
are exactly what its messages show, because the embedded model reads them in place of the text: ``shown`` cuts
the schema, the text is made of what it leaves::

    def terse(*, foreign_keys: bool = True) -> Render:
        def render(question: Question, schema: Schema, examples: Examples) -> Prompt:
            visible = shown(schema, foreign_keys=foreign_keys, rows=0, values=0, names_only=True)
            text = f"{compact_text(visible)}\\n{question.text}"
            return Prompt((Message("user", text),), replace(question, evidence=""), visible)
        return render
"""

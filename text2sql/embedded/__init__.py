"""The embedded parser: a small deterministic text-to-SQL parser without a language model, on the CPU.

``query`` is its form of a query, which ``reading`` and ``writing`` turn from and into SQL; ``catalog`` compiles a
schema, ``question`` links a question to it, ``encoding`` turns its words into numbers; ``sketches`` proposes queries
without names, ``filling`` gives them columns and values, ``features`` describes whole candidates, ``network`` holds
the two small networks, ``parser`` puts it all together. ``lessons`` and ``fitting`` learn its weights, ``serving``
answers on all processors.

Imports numpy at the top: only the strategy's factory imports this package, when it is called.
"""

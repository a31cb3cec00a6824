"""Models complete prompts. One file (or package), one strategy; the name in a config is the file's.

A model returns an object with ``complete(prompt, *, n, temperature, seed) -> Completions`` and raises
ProviderError when it cannot answer::

    def shouting(*, word: str = "SELECT 1") -> Model:
        return _Shouting(word)      # a frozen dataclass with the method complete
"""

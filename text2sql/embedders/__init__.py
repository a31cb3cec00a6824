"""Embedders turn texts into vectors. One file, one strategy; the name in a config is the file's.

An embedder may ask for ``corpus`` (the texts of the collection, for fitted ones), and returns
``embed(texts) -> float32 array (len(texts), d)`` with rows of unit length.
"""

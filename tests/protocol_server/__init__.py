"""A server on localhost that speaks the OpenAI protocol, with all the faults of real ones, for tests and benchmarks.

    python -m tests.protocol_server --port 8000 --latency 0.2 --n ignored --faults 429=0.1,dropped_midway=0.05

In a test, in a thread of its own or (``apart``) in a process of its own::

    with serve(schedule=["500"], answers={"How many?": ["SELECT 1", "SELECT 2"]}) as server:
        client = OpenAI(base_url=server.url, api_key="none", max_retries=0)
        server.set(latency=0.2)
        assert server.stats()["received"] == 0

``settings.py`` says what can be set, ``ledger.py`` what ``GET /_stats`` tells; ``POST /_set`` takes settings as JSON,
``POST /_reset`` forgets all but the settings. The same requests meet the same faults and get the same answers,
whatever their order: both depend on the request's body and on how often it has come.
"""

from __future__ import annotations

from tests.protocol_server.control import Served, serve
from tests.protocol_server.settings import Settings

__all__ = ["Served", "Settings", "serve"]

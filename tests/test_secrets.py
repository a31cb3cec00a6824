"""Keys come from the environment and go to the endpoint alone: nothing that a run writes or says holds one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.protocol_server import serve

KEY, TOKEN = "sk-hemlock-4711-dwale", "squill-0815-token"
EXPERIMENT = """
[data]
use = "tiny"
[[configuration]]
name = "asked"
model = { use = "openai", name = "m", base_url = "URL", retries = 1, headers = { "x-token" = "Bearer ${TOKEN}" } }
prompt = "question"
"""


@pytest.mark.slow
def test_no_key_is_written_or_said(tmp_path: Path) -> None:
    file = tmp_path / "asked.toml"
    with serve(key=KEY, faults={"500": 0.3, "malformed": 0.1}, refuse=["temperature"]) as server:
        file.write_text(EXPERIMENT.replace("URL", server.url), encoding="utf-8")
        said = [_said(file, tmp_path, "--debug", "run", "asked.toml", "--limit", "9")]
        assert server.stats()["statuses"]["200"] > 0
        server.set(key="another one")
        refused = _said(file, tmp_path, "--debug", "run", "asked.toml", "--set", "model.top_p=0.5")
        assert "401" in refused
        said.append(refused)
    said.append(_said(file, tmp_path, "--debug", "run", "asked.toml", "--set", "model.top_p=0.3"))  # nobody is there
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.name == "responses.sqlite" for path in written)
    assert any(path.name == "journal.jsonl" and content for path, content in written.items())
    for secret in (KEY, TOKEN):
        assert [path for path, content in written.items() if secret.encode() in content] == []
        assert [text for text in said if secret in text] == []


def _said(file: Path, folder: Path, *arguments: str) -> str:
    secrets = {"OPENAI_API_KEY": KEY, "TOKEN": TOKEN, "XDG_CACHE_HOME": str(folder / "cache"), "NO_PROXY": "*"}
    command = [sys.executable, "-m", "text2sql", *arguments]
    done = subprocess.run(command, cwd=file.parent, env=os.environ | secrets, capture_output=True, text=True)
    return done.stdout + done.stderr

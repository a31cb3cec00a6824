"""The built wheel, in a fresh environment and an empty folder: data and experiments come along."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_a_wheel_runs_in_an_empty_folder(tmp_path: Path) -> None:
    wheels, empty = tmp_path / "wheels", tmp_path / "empty"
    empty.mkdir()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(wheels), str(ROOT)], check=True)
    (wheel,) = wheels.glob("text2sql-*.whl")
    # The environment sees this one's dependencies, but only the wheel's own code.
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    subprocess.run([*pip, "install", "--no-deps", "--target", site, str(wheel)], check=True)
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    Path(site, "libraries.pth").write_text("\n".join(libraries), encoding="utf-8")

    code = "import text2sql; print(text2sql.__file__)"
    where = subprocess.run([python, "-c", code], cwd=empty, capture_output=True, text=True, check=True).stdout
    assert where.startswith(str(tmp_path))
    done = subprocess.run(
        [python, "-m", "text2sql", "run", "experiments/tiny.toml", "--quiet"],
        cwd=empty, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "majority of 5      76.7" in done.stdout
    assert len(list((empty / "runs" / "tiny").glob("*/run.json"))) == 4

    checked = subprocess.run(
        [python, "-m", "text2sql", "data", "check", "spiderling", "--split", "dev"],
        cwd=empty, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("spiderling dev: ")

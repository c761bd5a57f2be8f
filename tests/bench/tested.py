"""Figures that are tests: how many of them hold, counted by the runner itself."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tests.bench.common import ROOT, Run, emit


def run_tests(run: Run, name: str, bar: str, wanted: Sequence[str]) -> bool:
    """Run these files or tests on all that they need. One that fails, or cannot run for want of a server or browser, misses the bar."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *wanted]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"CI": "true"}, stdout=sys.stderr, check=False)
        if not report.exists():
            raise RuntimeError(f"the tests did not run: status {done.returncode}")
        (suite,) = ElementTree.parse(report).getroot().iter("testsuite")
    counts = {count: int(suite.get(count) or 0) for count in ("tests", "failures", "errors", "skipped")}
    held = counts["tests"] - counts["failures"] - counts["errors"] - counts["skipped"]
    return emit(name, held, bar, reached=done.returncode == 0 and held == counts["tests"] > 0, seed=run.seed, **counts, of=list(wanted))

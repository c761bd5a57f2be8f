import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "from bot import failpoint; failpoint.arm({spec!r}); [(failpoint.reach('here'), print(n, flush=True)) for n in range(1, 6)]"
ROOT = Path(__file__).parents[1]


def run(spec):
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(spec=spec)], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.split()


def test_an_armed_point_kills_at_its_turn():
    assert run("here:3") == (-signal.SIGKILL, ["1", "2"])
    assert run("here") == (-signal.SIGKILL, [])


@pytest.mark.parametrize("spec", ["", "elsewhere:1", "her:1", "here:6"])
def test_any_other_point_lets_pass(spec):
    assert run(spec) == (0, ["1", "2", "3", "4", "5"])


def test_every_point_is_killed_at_by_some_test():
    names = {name for file in (ROOT / "bot").rglob("*.py") for name in re.findall(r"failpoint\.reach\(\"([a-z_.]+)\"\)", file.read_text())}
    told = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__))
    killed_at = {name for name in names if f'"{name}"' in told or f'"{name}:' in told}
    # the two of the web process are reached over HTTP only, by the large run of the figures
    assert names - killed_at == {"callback.parsed", "callback.handled"}

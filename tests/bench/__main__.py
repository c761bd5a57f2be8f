"""`python -m tests.bench [NAME …] [--sample]`: each figure in a process of its own, so that none disturbs another's memory."""

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

from tests.bench import common
from tests.bench.common import ROOT, SEED, Run, note

# Seconds after which a figure is ended: the whole of it, and the sample.
_LIMITS_S = {
    "answers": (900, 420),
    "throughput": (900, 420),
    "hostile": (1_200, 420),
    "kills": (1_500, 420),
    "trail": (600, 300),
    "engine": (1_500, 420),
    "fanout": (300, 180),
    "quota": (1_200, 420),
    "sendkills": (1_500, 300),
    "latency": (300, 180),
    "upload": (600, 240),
    "cuts": (1_200, 300),
    "hostile_files": (900, 240),
    "swap": (300, 120),
    "rights": (300, 300),
    "pages": (1_800, 300),
    "broadcast": (1_500, 420),
    "day": (600, 600),
}
# CI runs this as a test before it takes its sample of the figures.
_TESTED = ("day",)
# A miss of these means that the product does something wrong, not that the machine is slow.
CORRECTNESS = (
    *("quotes", "throughput_stored", "hostile", "kills", "trail", "sendkills"),
    *("upload_whole", "cuts", "hostile_files", "broadcast_kills", "rights", "day"),
)


def _figure(name: str) -> Callable[[Run], bool]:
    """Imported when asked for: each pulls in another part of the product."""
    figure: Callable[[Run], bool] = importlib.import_module(f"tests.bench.{name}").run
    return figure


def main() -> int:
    """Exit status 0: all measured (and with --strict no correctness figure missed); 1: a figure could not be measured or is wrong."""
    options = _options()
    run = Run(sample=options.sample or os.environ.get("FIGURES_SAMPLE") == "1", seed=options.seed)
    if options.here:
        common.guard()
        _figure(options.name[0])(run)
        return 0
    names = options.name or [name for name in _LIMITS_S if not (run.sample and name in _TESTED)]
    return max(_in_own_process(name, run, strict=options.strict) for name in names)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("name", nargs="*", choices=[*_LIMITS_S, []], help="which figures; all without")
    parser.add_argument("--sample", action="store_true", help="the short form: 20 kills, 2 000 hostile inputs")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--strict", action="store_true", help="exit status 1 when a correctness figure is missed")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_own_process(name: str, run: Run, *, strict: bool) -> int:
    note(f"--- {name}")
    command = [sys.executable, "-m", "tests.bench", name, "--here", "--seed", str(run.seed), *(["--sample"] if run.sample else [])]
    limit_s = _LIMITS_S[name][run.sample]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        try:
            output, _ = child.communicate(timeout=limit_s)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            child.terminate()  # it ends its own children
            output, _ = child.communicate()
    lines = [line for line in output.splitlines() if line.startswith("{")]
    print(*lines, sep="\n", flush=True)
    if child.returncode or not lines:
        common.emit(name, 0, "measured", reached=False, seed=run.seed, error=f"ended with status {child.returncode}")
        return 1
    missed = [line["name"] for line in map(json.loads, lines) if line["verdict"] == "missed"]
    wrong = [figure for figure in missed if figure.startswith(CORRECTNESS)]
    if missed:
        note(f"missed: {', '.join(missed)}")
    return 1 if strict and wrong else 0


if __name__ == "__main__":
    sys.exit(main())

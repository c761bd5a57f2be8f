"""Named places where a test may kill the process, to prove that nothing is lost or done twice there.

`FAILPOINT=name:n` makes the process end as by kill -9 the n-th time it reaches `name`. Settings refuse it unless the API base is
this machine (the sandbox). Unarmed, reaching a point costs one comparison.
"""

import os
import signal
import threading

_armed = ""
_left = 0
_lock = threading.Lock()


def arm(spec: str) -> None:
    """Arm one point from `name:n` (n counts from 1, default 1); an empty spec disarms."""
    global _armed, _left
    name, _, nth = spec.partition(":")
    _armed, _left = name, int(nth or 1)


def reach(name: str) -> None:
    """Die here if this is the armed point and its turn has come."""
    global _left
    if name != _armed:
        return
    with _lock:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

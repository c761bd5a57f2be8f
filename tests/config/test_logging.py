import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from config.logging import configure
configure("{level}")
log = structlog.get_logger()
structlog.contextvars.bind_contextvars(request_id="r1")
log.debug("quiet")
log.warning("something", batch_id=7, words="中文")
logging.getLogger("library").warning("from a library %s", 1)
logging.getLogger("library").info("chatter")
"""


def lines(level):
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(level=level)], capture_output=True, text=True, check=True)
    assert done.stdout == "", "standard output is for what was asked for"
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_is_one_json_object_with_its_ids():
    ours, theirs = lines("INFO")
    assert (ours["event"], ours["level"], ours["batch_id"], ours["words"], ours["request_id"]) == ("something", "warning", 7, "中文", "r1")
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("from a library 1", "warning", "library")


def test_debug_shows_more_of_ours_and_not_of_the_libraries():
    assert [line["event"] for line in lines("DEBUG")] == ["quiet", "something", "from a library 1"]

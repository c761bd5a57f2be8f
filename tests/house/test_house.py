"""What holds for the code as a whole."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "config", "handlers", "rules")
PRODUCT = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
SOURCES = [*PRODUCT, *sorted((ROOT / "tests").rglob("*.py"))]
TEMPLATES = sorted(file for room in ROOMS for kind in ("*.html", "*.js", "*.css") for file in (ROOT / room).rglob(kind))
CHINESE = re.compile(r"[\u3400-\u9fff\uff01-\uff60\u3000-\u303f]")

# Where Chinese may stand: wording, the shell's own words, the stand-in, the rules' language tables, and the lists of what people type.
CHINESE_AT_HOME = (
    "bot/model/texts/",
    "bot/sandbox/",
    "bot/cli/",
    "bot/demo.py",
    "bot/doctor.py",
    "bot/store/migrate.py",  # said to whoever starts the program
    "rules/",
    "handlers/routes.py",
    "handlers/commands.py",
    "config/",
)


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def test_imports_point_down_only():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert " 0 broken" in done.stdout


def test_no_file_is_over_400_lines():
    lengths = {name(file): len(file.read_text().splitlines()) for file in SOURCES if "/migrations/versions/" not in name(file)}
    assert {file: length for file, length in lengths.items() if length > 400} == {}


def test_no_function_is_over_60_lines():
    long = {
        f"{name(file)}:{node.name}": length
        for file in PRODUCT
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef) and (length := (node.end_lineno or 0) - node.lineno + 1) > 60
    }
    assert {where: length for where, length in long.items() if not where.endswith((":blueprint", ":upgrade"))} == {}


def test_what_people_read_in_chat_is_worded_in_texts_alone():
    strays = []
    for file in PRODUCT:
        if name(file).startswith(CHINESE_AT_HOME):
            continue
        parsed = tree(file)
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(parsed)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body and isinstance(node.body[0], ast.Expr)
        }
        strays += [
            f"{name(file)}:{node.lineno}"
            for node in ast.walk(parsed)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings and CHINESE.search(node.value)
        ]
    assert strays == []


def test_no_handler_is_over_40_lines():
    for file in (ROOT / "handlers").glob("*.py"):
        for node in tree(file).body:
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 40, f"{name(file)}:{node.name}"


def test_every_module_says_what_it_is():
    assert [name(file) for file in PRODUCT if file.read_text().strip() and not ast.get_docstring(tree(file))] == []


def test_every_public_function_of_the_inner_rooms_says_what_its_caller_gets():
    rooms = ("rules/", "bot/model/", "bot/actions/", "bot/wecom/", "bot/store/")
    silent = [
        f"{name(file)}:{node.name}"
        for file in PRODUCT
        if name(file).startswith(rooms) and "/migrations/" not in name(file)
        for node in tree(file).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_only_the_clock_asks_for_the_time_of_day():
    asks = re.compile(r"\btime\.time\(|datetime\.(now|utcnow|today)\(|date\.today\(")
    asking = {name(file) for file in PRODUCT if asks.search(file.read_text())}
    # doctor compares this machine's clock with the vendor's; the origin of a sped-up clock is a setting, which the demo makes
    assert asking - {"bot/doctor.py", "bot/demo.py", "config/settings.py"} == {"bot/clock.py"}


def test_nothing_is_fetched_from_elsewhere_by_a_page():
    elsewhere = re.compile(r"""(?:src|href|url|import|fetch)\s*[=(]?\s*["'(]\s*(?:https?:)?//""", re.IGNORECASE)
    assert [name(file) for file in TEMPLATES if file.suffix != ".html" and elsewhere.search(file.read_text())] == []
    loads = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)\s*=\s*["'](?:https?:)?//""", re.IGNORECASE)
    assert [name(file) for file in TEMPLATES if loads.search(file.read_text())] == []


def test_nothing_is_left_for_later():
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    this = Path(__file__)
    assert [name(file) for file in [*SOURCES, *TEMPLATES] if file != this and later.search(file.read_text())] == []


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements-encoder.txt"])
def test_every_requirement_is_pinned(file):
    lines = [re.split("[#;]", line)[0].strip() for line in (ROOT / file).read_text().splitlines()]
    loose = [
        line for line in lines if line and not line.startswith("-r ") and not re.fullmatch(r"[A-Za-z0-9_.\-]+(\[[a-z,]+\])?==[\w.]+", line)
    ]
    assert loose == []


def test_the_product_needs_nothing_that_is_installed_for_tests_only():
    for_tests = {"hypothesis", "playwright", "gunicorn", "pytest", "importlinter", "grimp"}
    roots = {
        (alias.name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
        for file in PRODUCT
        for node in ast.walk(tree(file))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert roots & for_tests == set()
    assert "tests" not in roots


def test_every_command_of_the_readme_exists():
    commands = subprocess.run([sys.executable, "-m", "bot", "--help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for readme in ("README.md", "README.zh-CN.md"):
        for command in set(re.findall(r"python -m bot (\w+)", (ROOT / readme).read_text())):
            assert re.search(rf"^\s+{command}\s", commands, re.MULTILINE), f"{readme}: {command}"

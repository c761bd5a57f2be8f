"""Files made to do harm, uploaded both ways: none may come back as something that runs, lie outside the store, or break the server."""

import io
import random
import zipfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bot.actions import kept_files
from bot.context import Context
from tests.bench import common, desk
from tests.bench.common import Run, emit
from tests.bench.desk import Desk
from tests.test_file_looks import JPG, MP4, PDF, PNG, archive, claiming, locked, office

_FILES = {False: 2_100, True: 210}
_A_REPORT = 20
_SHOWN = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "application/pdf": b"%PDF-"}
_SCRIPTS = (b"<script>alert(1)</script>", b"<svg onload=alert(1)>", b"<?php system($_GET[0]); ?>", b"<html><body onload=alert(1)>")


@dataclass(frozen=True)
class Bad:
    """One file. name: as the client says it."""

    name: str
    raw: bytes


def _names(lots: random.Random) -> str:
    ending = lots.choice(["png", "pdf", "jpg", "zip", "docx", "html", "svg", "exe", "php", "png.exe", ""])
    stem = lots.choice(
        [
            "a",
            "../" * lots.randrange(1, 12) + "etc/passwd",
            "..\\" * 5 + "boot",
            "/etc/cron.d/x",
            "C:\\Windows\\system32\\x",
            "名" * lots.randrange(1, 1_300),
            "x" * 4_096,
            "😀🏳️‍🌈" * lots.randrange(1, 40),
            "a\u202e" + "gnp",
            "\u200f\u061c截图",
            "con",
            "a;b&c|d`e`$(f)",
            "%2e%2e%2f",
            'a"; filename="b',
            "<script>alert(1)</script>",
            ".htaccess",
            " ",
            "a\tb",
        ]
    )
    return f"{stem}.{ending}" if ending else stem


def _bytes(lots: random.Random) -> bytes:
    whole = lots.choice([PNG, JPG, PDF, MP4, archive("a.txt"), office("word"), office("xl"), office("ppt")])
    script = lots.choice(_SCRIPTS)
    noise = lots.randbytes(lots.randrange(0, 3_000))
    match lots.randrange(14):
        case 0:
            return b""
        case 1:
            return script + noise
        case 2:
            return whole + script  # a picture with a page behind it
        case 3:
            return script + whole
        case 4:
            return whole + archive("evil.exe")
        case 5:
            cut = lots.randrange(1, len(whole))
            return whole[:cut]
        case 6:
            spoilt = bytearray(whole)
            for _ in range(lots.randrange(1, 30)):
                spoilt[lots.randrange(len(spoilt))] = lots.randrange(256)
            return bytes(spoilt)
        case 7:
            return locked(archive("a.txt"))
        case 8:
            return claiming(archive("a.txt"), lots.randrange(1 << 32))
        case 9:
            return archive(*(_names(lots)[:500] for _ in range(lots.randrange(1, 6))))
        case 10:
            return _nested(lots.randrange(1, 6))
        case 11:
            return office("word", "word/vbaProject.bin")
        case 12:
            return PDF.replace(b"<<>>", b"<</S/JavaScript/JS(app.alert(1))>>")
        case _:
            return (
                lots.choice([b"GIF89a", b"MZ", b"\x7fELF", b"PK\3\4", b"PK\5\6", b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]) + noise
            )


def _nested(deep: int) -> bytes:
    raw = bytes(1 << 20)
    for _ in range(deep):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("inner.zip", raw)
        raw = made.getvalue()
    return raw


def run(run: Run) -> bool:
    """One figure: how many were tried, and what went wrong."""
    lots, wrong, statuses = random.Random(run.seed), Counter[str](), Counter[str]()
    with common.work_folder() as folder, desk.opened(folder) as at:
        before = _outside(folder)
        number = 0
        while number < _FILES[run.sample]:
            report = at.start_draft(f"bad {number}")
            for _ in range(_A_REPORT):
                bad = Bad(_names(lots), _bytes(lots))
                status = _bring(at, report, bad, in_blocks=bool(number % 2))
                statuses[str(status)] += 1
                wrong["5xx"] += status >= 500
                number += 1
            _look_at_all(at, report, wrong)
        drift = kept_files.check(Context(at.house), deep=True)
        wrong["missing or damaged"] += len(drift.missing) + len(drift.damaged)
        wrong["outside the store"] += len(_outside(folder) - before)
        wrong["odd names in the store"] += _odd(at.house.settings.data_dir / "files")
        wrong["logged a failure"] += at.child.log.read_text(errors="replace").count('"request_failed"')
    wrong = Counter({kind: count for kind, count in wrong.items() if count})
    return emit(
        "hostile_files",
        number,
        f">= {_FILES[run.sample]} files, none served active, none outside the store, no 5xx",
        reached=number >= _FILES[run.sample] and not wrong,
        seed=run.seed,
        wrong=dict(wrong),
        statuses=dict(sorted(statuses.items())),
    )


def _bring(at: Desk, report: str, bad: Bad, *, in_blocks: bool) -> int:
    if not in_blocks:
        return at.by_form(report, bad.name, bad.raw)
    with closing(at.line()) as line:
        form = urlencode({"name": bad.name, "size": len(bad.raw), "clause": ""}, errors="surrogatepass")
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, told = at.ask(line, "POST", f"/portal/filings/{report}/uploads", form, **kind)
        if status != 200:
            return status
        token = told["token"]
        status, told = at.ask(line, "PUT", f"/portal/uploads/{token}?offset=0", bad.raw)
        return at.ask(line, "POST", f"/portal/uploads/{token}/finish")[0] if status == 200 else status


def _look_at_all(at: Desk, report: str, wrong: Counter[str]) -> None:
    """Fetch every file that was taken, as a browser would."""
    for file in at.filing(report).files:
        with closing(at.line()) as line:
            line.request("GET", f"/portal/filings/{report}/files/{file.id}", headers={"Cookie": at.cookie})
            answer = line.getresponse()
            raw = answer.read()
        kind, policy = answer.getheader("Content-Type") or "", answer.getheader("Content-Security-Policy") or ""
        disposition = answer.getheader("Content-Disposition") or ""
        wrong["not fetched"] += answer.status != 200 or len(raw) != file.bytes
        wrong["may be sniffed"] += answer.getheader("X-Content-Type-Options") != "nosniff"
        wrong["may run"] += "script" in policy or "default-src 'none'" not in policy
        if disposition.startswith("attachment"):
            wrong["attachment with a kind"] += kind != "application/octet-stream"
        else:
            shown = _SHOWN.get(kind)
            wrong["shown though it is not what it says"] += shown is None or not raw.startswith(shown) or bool(file.flags)
            wrong["shown outside a sandbox"] += "sandbox" not in policy and kind != "application/pdf"
        wrong["header split"] += "\n" in disposition or '"' in disposition.partition('filename="')[2].partition('"')[2]


def _outside(folder: Path) -> set[Path]:
    """Every file of the house that is not in the store, a log or a database; and what appeared beside it."""
    roots = [folder, folder.parent]
    return {path for root in roots for path in root.iterdir() if path.name not in ("data", folder.name)}


def _odd(store: Path) -> int:
    return sum(
        not ((path.parent.name == path.name[:2] and len(path.name) == 64) or path.name.startswith((".part-", ".incoming-")))
        for path in store.rglob("*")
        if path.is_file()
    )

"""The store of files: whole or not there, the same bytes once, nobody's bytes for long."""

import hashlib
import io
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from bot import clock as product_clock
from bot.errors import BadSetting, NotFound, UserMistake
from bot.files import Files, folder

NOTE = "说明：应用打开后只有二维码。\n".encode()
LIMIT = 1 << 20
A_DAY = timedelta(days=1)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "files"


@pytest.fixture
def files(root, clock):
    return Files(root)


def put(files, raw=NOTE, name="说明.txt", max_bytes=LIMIT):
    return files.put(io.BytesIO(raw), name, max_bytes=max_bytes)


def everything(root):
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_a_file_comes_back_byte_for_byte_under_its_hash(files):
    stored = put(files)
    assert stored.sha256 == hashlib.sha256(NOTE).hexdigest()
    assert (stored.bytes, stored.media_type) == (len(NOTE), "text/plain")
    assert files.exists(stored.sha256)
    with files.open(stored.sha256) as file:
        assert file.read() == NOTE


def test_the_same_bytes_are_kept_once_whatever_they_are_called(files, root):
    assert put(files).sha256 == put(files, name="另一个名字.csv").sha256
    assert len(everything(root)) == 1


def test_nobody_but_the_owner_can_read(files, root):
    put(files)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [root, *root.rglob("*")]}
    assert modes == {0o700, 0o600}


def test_names_never_reach_the_disk(files, root):
    stored = put(files, name="../../../etc/cron.d/证据.txt")
    (path,) = everything(root)
    assert path.relative_to(root).parts == (stored.sha256[:2], stored.sha256)


@pytest.mark.parametrize(
    ("raw", "name", "why"),
    [
        (b"a" * (LIMIT + 1), "大.txt", "超过 1 MB"),
        (b"", "空.txt", "空文件"),
        (b"MZ\x90\0" + bytes(90), "程序.pdf", "可执行"),
    ],
)
def test_what_is_refused_is_named_and_leaves_nothing(files, root, raw, name, why):
    with pytest.raises(UserMistake) as mistake:
        put(files, raw, name)
    assert f"文件“{name}”" in mistake.value.say
    assert why in mistake.value.say
    assert everything(root) == []


def test_a_file_at_the_limit_is_taken_and_one_byte_more_is_not(files):
    assert put(files, b"a" * 100, max_bytes=100).bytes == 100
    with pytest.raises(UserMistake, match="超过 100 字节"):
        put(files, b"a" * 101, max_bytes=100)


def test_no_more_is_read_of_a_stream_than_the_limit_and_a_byte(files):
    stream = io.BytesIO(b"a" * (50 << 20))
    with pytest.raises(UserMistake):
        files.put(stream, "a.txt", max_bytes=LIMIT)
    assert stream.tell() == LIMIT + 1


def test_a_stream_that_breaks_off_leaves_nothing(files, root):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        files.put(Broken(), "a.txt", max_bytes=LIMIT)
    assert everything(root) == []


@pytest.mark.parametrize("sha256", ["0" * 64, "", "../../etc/passwd", "A" * 64, "0" * 63 + "\n"])
def test_what_is_not_there_is_not_found_whatever_it_is_called(files, sha256):
    put(files)
    with pytest.raises(NotFound):
        files.open(sha256)


def test_what_no_row_speaks_of_is_swept_after_a_while(files, clock, root):
    kept, orphan = put(files), put(files, b"orphan", "a.txt")
    clock.tick(hours=25)
    young = put(files, b"young", "a.txt")
    assert files.sweep_orphans({kept.sha256}, A_DAY) == 1
    assert {path.name for path in everything(root)} == {kept.sha256, young.sha256}
    assert not files.exists(orphan.sha256)


def test_bytes_that_are_put_again_are_young_again(files, clock):
    stored = put(files)
    clock.tick(hours=25)
    put(files)
    assert files.sweep_orphans(set(), A_DAY) == 0
    assert files.exists(stored.sha256)


def test_sweeping_an_empty_place_is_no_fault(files):
    assert files.sweep_orphans(set(), A_DAY) == 0


def test_bytes_put_again_while_the_old_ones_are_swept_are_there_afterwards(files, root):
    stored = put(files)
    (path,) = everything(root)
    for _ in range(200):
        os.utime(path, (0, 0))  # old, and nobody's: a sweep may take it
        together = threading.Barrier(2)

        def sweep(together=together):
            together.wait()
            files.sweep_orphans(set(), A_DAY)

        sweeper = threading.Thread(target=sweep)
        sweeper.start()
        together.wait()
        put(files)
        sweeper.join()
        assert everything(root) == [path]
    assert files.exists(stored.sha256)


def test_a_kill_before_the_rename_leaves_no_file_and_the_rest_is_swept(files, root, clock):
    code = f"""
import io, sys
from pathlib import Path
from bot import failpoint
from bot.files import Files
failpoint.arm("files.written")
Files(Path({str(root)!r})).put(io.BytesIO(b"half"), "a.txt", max_bytes=100)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not files.exists(hashlib.sha256(b"half").hexdigest())
    (left,) = everything(root)
    os.utime(left, (clock_s := product_clock.timestamp(), clock_s))
    assert files.sweep_orphans(set(), A_DAY) == 0
    clock.tick(hours=25)
    assert files.sweep_orphans(set(), A_DAY) == 1
    assert everything(root) == []


def test_a_kill_in_mid_sweep_takes_nothing_that_a_row_has_come_to_need(files, root, clock):
    stored = put(files)
    clock.tick(hours=25)
    code = f"""
from datetime import timedelta
from pathlib import Path
from bot import failpoint
from bot.files import Files
failpoint.arm("files.aside")
Files(Path({str(root)!r})).sweep_orphans(set(), timedelta(days=1))
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not files.exists(stored.sha256)
    assert files.sweep_orphans({stored.sha256}, A_DAY) == 0
    with files.open(stored.sha256) as file:
        assert file.read() == NOTE
    assert len(everything(root)) == 1


def test_what_a_killed_sweep_left_of_nobodys_bytes_goes_with_the_next(files, root, clock):
    put(files)
    clock.tick(hours=25)
    (path,) = everything(root)
    path.replace(root / f".swept-{path.name}-00")
    assert files.sweep_orphans(set(), A_DAY) == 1
    assert everything(root) == []


def test_files_lie_in_the_data_folder_unless_told_otherwise(make_settings, tmp_path):
    assert folder(make_settings()) == tmp_path / "files"
    assert folder(make_settings(files_url="/srv/evidence")).as_posix() == "/srv/evidence"
    with pytest.raises(BadSetting, match="FILES_URL"):
        folder(make_settings(files_url="s3://key:secret@bucket"))

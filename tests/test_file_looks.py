"""What providers hand in: by content, under the ending it has, flagged where a reviewer must take care."""

import io
import struct
import zipfile

import pytest

from bot.errors import UserMistake
from bot.file_looks import cleaned, look
from bot.model.texts.files import FLAGS

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)
JPG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(40) + b"\xff\xd9"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(64)


def archive(*names, content=b"<a/>"):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, content)
    return raw.getvalue()


def office(root, *more):
    return archive("[Content_Types].xml", "_rels/.rels", f"{root}/document.xml", *more)


def locked(raw):
    """The same archive, its members marked as encrypted in the list."""
    at = raw.rindex(b"PK\1\2")
    return raw[: at + 8] + struct.pack("<H", struct.unpack_from("<H", raw, at + 8)[0] | 1) + raw[at + 10 :]


def claiming(raw, unpacked):
    """The same archive, its last member said to unpack to so many bytes."""
    at = raw.rindex(b"PK\1\2")
    return raw[: at + 24] + struct.pack("<L", unpacked) + raw[at + 28 :]


def password(stream):
    """An old container with a stream of this name in its directory, as an Office file with a password is one."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes((1 << 20) + 500) + stream.encode("utf-16-le") + bytes(600)


def seen(raw, name):
    looked = look(io.BytesIO(raw), name)
    return looked.name, looked.media_type.rpartition("/")[2].rpartition(".")[2], looked.flags


@pytest.mark.parametrize(
    ("raw", "name", "kind"),
    [
        (PNG, "截图.png", "png"),
        (JPG, "照片.jpeg", "jpeg"),
        (PDF, "说明.pdf", "pdf"),
        (MP4, "录屏.mp4", "mp4"),
        (archive("a.txt"), "材料.zip", "zip"),
        (office("word"), "报告.docx", "document"),
        (office("xl"), "名单.xlsx", "sheet"),
        (office("ppt"), "方案.pptx", "presentation"),
    ],
)
def test_what_may_be_handed_in_is_taken_without_a_flag(raw, name, kind):
    assert seen(raw, name) == (name, kind, ())


@pytest.mark.parametrize(
    ("raw", "name", "called"),
    [
        (PNG, "a.pdf", "a.pdf.png"),
        (PDF, "report.exe", "report.exe.pdf"),
        (PNG, "no ending", "no ending.png"),
        (office("word"), "a.zip", "a.zip.docx"),
        (archive("a.txt"), "a.docx", "a.docx.zip"),
        (PNG, "../../etc/passwd", "passwd.png"),
        (PNG, "C:\\Users\\x\\截图.png", "截图.png"),
        (PNG, "a\u202egnp.exe", "agnp.exe.png"),
        (PNG, "😀.png", "😀.png"),
        (PNG, "", "file.png"),
        (PNG, "..", "file.png"),
    ],
)
def test_content_decides_and_the_name_follows(raw, name, called):
    assert seen(raw, name)[0] == called


def test_letters_that_stand_in_a_packed_picture_by_chance_are_no_script():
    assert seen(PDF.replace(b"endobj", b"stream\n\x07/JS\x9c\x01/JS/JSON/Launcher\nendstream\nendobj"), "a.pdf")[2] == ()


def test_a_long_name_keeps_its_ending():
    called = seen(PNG, "名" * 4_000 + ".png")[0]
    assert len(called) <= 200
    assert called.endswith(".png")
    assert len(cleaned("x" * 4_000)) <= 200


@pytest.mark.parametrize(
    ("raw", "name", "flags"),
    [
        (office("word", "word/vbaProject.bin"), "a.docx", ("macros",)),
        (archive("setup.exe"), "a.zip", ("program_inside",)),
        (archive("inner.zip"), "a.zip", ("nested",)),
        (locked(archive("a.txt")), "a.zip", ("locked",)),
        (locked(office("xl")), "a.xlsx", ("locked",)),
        (claiming(archive("a.txt"), 3 << 30), "a.zip", ("bomb",)),
        (archive("zero.bin", content=bytes(80 << 20)), "a.zip", ("bomb",)),
        (claiming(archive("zero.bin", content=bytes(80 << 20)), 100), "a.zip", ("broken",)),
        (password("EncryptedPackage"), "报告.docx", ("locked",)),
        (password("EncryptedPackage"), "名单.XLSX", ("locked",)),
        (archive("a.txt")[:-30], "a.zip", ("broken",)),
        (b"PK\3\4" + bytes(200), "a.zip", ("broken",)),
        (PNG + archive("a.txt"), "a.png", ("polyglot",)),
        (JPG + b"<script>alert(1)</script>", "a.jpg", ("polyglot",)),
        (PDF + archive("a.txt"), "a.pdf", ("polyglot",)),
        (PDF.replace(b"<<>>", b"<</S/JavaScript/JS(app.alert(1))>>"), "a.pdf", ("active",)),
        (PDF.replace(b"<<>>", b"<</S/J#61v#61Script/JS(app.alert(1))>>"), "a.pdf", ("active",)),
        (PDF.replace(b"trailer", b"trailer <</#45ncrypt 5 0 R>>"), "a.pdf", ("locked",)),
        (PDF.replace(b"<<>>", b"<</S/Rendition/JS 7 0 R>>"), "a.pdf", ("active",)),
        (PDF.replace(b"<<>>", b"<</S /Launch /F (cmd.exe)>>"), "a.pdf", ("active",)),
        (PDF.replace(b"trailer", b"trailer <</Encrypt 5 0 R>>"), "a.pdf", ("locked",)),
        (PDF.replace(b"<<>>", b"x" * ((1 << 20) - 5) + b"/JavaScript"), "a.pdf", ("active",)),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value) if isinstance(value, tuple) else "",
)
def test_what_may_be_dangerous_is_taken_and_flagged(raw, name, flags):
    assert seen(raw, name)[2] == flags
    assert set(flags) <= set(FLAGS)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        "说明".encode(),
        b"<html><script>alert(1)</script>",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"GIF89a" + bytes(40),
        b"MZ\x90\0\3" + bytes(60),
        b"\x7fELF" + bytes(60),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        password("WordDocument"),
        password("EncryptedPackage"),
        b"Rar!\x1a\7\0" + bytes(40),
        b"#!/bin/sh\nrm -rf /\n",
        b"GIF89a/*" + PNG,
        b" " + PDF,
        bytes(100),
    ],
)
@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a.zip", "a.html"])
def test_all_else_is_refused_by_name_whatever_it_is_called(raw, name):
    with pytest.raises(UserMistake) as refused:
        look(io.BytesIO(raw), name)
    assert name in refused.value.say

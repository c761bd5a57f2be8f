"""What a file is, by its bytes: what is taken, and what is refused, by name and with a reason."""

import io
import struct
import zipfile

import pytest

from bot.errors import UserMistake
from bot.file_types import TYPES, media_type

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17)
JPG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(20)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF"
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(40)
CONTENT_TYPES = "[Content_Types].xml"


def archive(*names, content=b"<a/>", compress=zipfile.ZIP_DEFLATED):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", compress) as made:
        for name in names:
            made.writestr(name, content)
    return raw.getvalue()


def office(root="word", *more):
    return archive(CONTENT_TYPES, "_rels/.rels", f"{root}/document.xml", *more)


def ask(raw, name):
    return media_type(io.BytesIO(raw), name)


def refused(raw, name):
    with pytest.raises(UserMistake) as mistake:
        ask(raw, name)
    return mistake.value.say


@pytest.mark.parametrize(
    ("raw", "name", "kind"),
    [
        (PDF, "通知.pdf", "pdf"),
        (PNG, "截图.PNG", "png"),
        (JPG, "a.jpg", "jpg"),
        (JPG, "a.jpeg", "jpg"),
        (MP4, "录屏.mp4", "mp4"),
        (office("word"), "报告.docx", "docx"),
        (office("xl"), "名单.xlsx", "xlsx"),
        (office("ppt"), "方案.pptx", "pptx"),
        (archive("_rels/.rels", "word/document2.xml", CONTENT_TYPES), "other order.docx", "docx"),
        ("说明\r\n第二行".encode(), "说明.txt", "txt"),
        ("说明".encode("gbk"), "说明.txt", "txt"),
        ("说明𠮷".encode("gb18030"), "说明.txt", "txt"),
        ("说明".encode("utf-16"), "记事本.txt", "txt"),
        ("\ufeff编号,名称\r\n1,甲".encode(), "表.csv", "csv"),
        (b"The wide MZ, BM and mdat of it", "words.txt", "txt"),
        (b"MZ,price\r\n1,2\r\n", "MZ.csv", "csv"),
    ],
)
def test_documents_pictures_and_films_are_taken_for_what_they_are(raw, name, kind):
    assert ask(raw, name) == TYPES[kind]


@pytest.mark.parametrize(
    ("raw", "name", "why"),
    [
        (b"MZ\x90\0\3" + bytes(80), "图片.png", "可执行"),
        (b"\x7fELF" + bytes(60), "报告.pdf", "可执行"),
        (b"#!/bin/sh\nrm", "说明.txt", "可执行"),
        (b"echo hello", "run.BAT", "可执行"),
        (b"alert(1)", "a.txt.js", "可执行"),
        (b"  \r\n<!DOCTYPE html><script>", "说明.txt", "网页"),
        (b"\xef\xbb\xbf<svg onload=x>", "图.png", "网页"),
        (b"<?xml version='1.0'?><svg/>", "a.csv", "网页"),
        (b"plain words", "a.html", "网页"),
        (b"Rar!\x1a\x07" + bytes(20), "证据.rar", "压缩包"),
        (archive("a.txt"), "证据.zip", "压缩包"),
        (archive("a.txt"), "证据.docx", "压缩包"),
        (archive("AndroidManifest.xml", "classes.dex"), "应用.docx", "压缩包"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "旧.doc", "旧版或加了密码"),
        (office("word", "word/vbaProject.bin"), "报告.docx", "宏"),
        (office("xl", "xl/macrosheets/sheet1.xml"), "表.xlsx", "宏"),
        (office("word", "word/activeX/activeX1.bin"), "报告.docx", "控件"),
        (office("word", "word/embeddings/SETUP.EXE"), "报告.docx", "宏或控件"),
        (b"GIF89a" + bytes(30), "图.gif", "PNG 或 JPG"),
        (b"\0\0\0\x18ftypheic" + bytes(30), "IMG_0001.jpg", "PNG 或 JPG"),
        (b"\0\0\0\x14ftypqt  " + bytes(30), "IMG_0001.mp4", "MP4"),
        (PNG, "截图.jpg", "改为 .png"),
        (PDF, "通知", "改为 .pdf"),
        (office("xl"), "名单.docx", "改为 .xlsx"),
        (b"\0\1\2\3", "说明.txt", "不是纯文本"),
        ("说明".encode() + b"\x1b[2J", "说明.txt", "不是纯文本"),
        ("说明".encode("utf-16") + b"\0", "说明.txt", "不是纯文本"),
        (b"\xff\xfe\xfd", "说明.txt", "不是纯文本"),
        (b"whatever", "a.bin", "可以上传：PDF"),
    ],
)
def test_what_runs_hides_or_is_something_else_is_refused_by_name(raw, name, why):
    say = refused(raw, name)
    assert f"文件“{name}”" in say
    assert why in say


def test_text_is_read_to_its_end():
    clean = "通知\n".encode() * 300_000
    assert ask(clean, "a.txt") == TYPES["txt"]
    assert "不是纯文本" in refused(clean + b"\0", "a.txt")


def test_a_character_on_the_border_of_two_reads_is_still_one():
    assert ask(b"a" * ((1 << 20) - 1) + "知".encode(), "a.txt") == TYPES["txt"]


# Archives made to harm


def end_record(raw):
    return raw.rindex(b"PK\5\6")


def test_an_archive_cut_short_is_called_broken():
    whole = office()
    for length in (30, len(whole) // 2, len(whole) - 1):
        assert "不完整" in refused(whole[:length], "报告.docx")


def test_an_archive_with_something_behind_it_is_refused():
    assert "不完整" in refused(office() + b"MZ" + bytes(64), "报告.docx")


def test_members_that_say_they_are_huge_are_refused():
    raw = bytearray(office())
    member = raw.index(b"PK\1\2")
    raw[member + 24 : member + 28] = struct.pack("<L", 600 << 20)
    assert "大得不正常" in refused(bytes(raw), "报告.docx")


def test_a_member_with_a_password_is_refused():
    raw = bytearray(office())
    member = raw.index(b"PK\1\2")
    raw[member + 8] |= 1
    assert "密码" in refused(bytes(raw), "报告.docx")


def test_a_second_list_that_other_readers_would_believe_is_refused():
    raw = office()
    at = end_record(raw)
    locator = b"PK\6\7" + bytes(16)
    assert "不完整" in refused(raw[:at] + locator + raw[at:], "报告.docx")


def test_a_list_that_says_less_than_it_holds_is_refused():
    raw = bytearray(office("word", "word/vbaProject.bin"))
    at = end_record(raw)
    here, number = struct.unpack_from("<2H", raw, at + 8)
    struct.pack_into("<2H", raw, at + 8, here - 1, number - 1)
    assert "不完整" in refused(bytes(raw), "报告.docx")


def test_a_list_of_very_many_members_is_refused_without_being_read():
    raw = archive(*(f"word/{n:060}" for n in range(12_000)), compress=zipfile.ZIP_STORED)
    assert "不完整" in refused(raw, "报告.docx")


def test_a_name_cannot_break_the_line_it_is_told_in():
    say = refused(b"\0", "../../etc/" + "长" * 90 + "\r\n\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}.bin")
    assert all(char.isprintable() for char in say)
    assert "etc" not in say
    assert ".bin”" in say
    assert len(say) < 160

import json
from email.parser import BytesParser
from email.policy import HTTP

import pytest

from bot.errors import WecomError
from bot.wecom import limits
from bot.wecom.cards import BadPayload
from tests.wecom.conftest import answering, cut_short, reset

CONTENT = bytes(range(256)) * 40


def serving(content=CONTENT, ranges=True, **headers):
    """The platform's media/get of one medium."""

    def answer(handler, call):
        shown = {"Content_Disposition": 'attachment; filename="photo.jpg"', "kind": "image/jpeg", **headers}
        wanted = call.headers.get("Range")
        if not (wanted and ranges):
            return answering(content, **shown)(handler, call)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        if int(first) >= len(content):
            return answering(b"", 416, Content_Range=f"bytes */{len(content)}", **shown)(handler, call)
        part = content[int(first) : int(last) + 1 if last else None]
        about = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
        return answering(part, 206, Content_Range=about, **shown)(handler, call)

    return answer


def test_a_whole_medium_comes_with_its_name_and_type(client, vendor):
    vendor.then("media/get", serving())
    part = client.media_get("media1")
    assert (part.content, part.start, part.total, part.content_type, part.filename) == (CONTENT, 0, len(CONTENT), "image/jpeg", "photo.jpg")
    assert "Range" not in vendor.calls[-1].headers
    assert vendor.calls[-1].query["media_id"] == "media1"


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "range ignored"])
@pytest.mark.parametrize(("start", "end"), [(0, 16), (16, 4096), (10_000, None), (10_000, 99_999)])
def test_a_range_is_the_slice_of_the_medium_even_where_the_platform_ignores_it(client, vendor, ranges, start, end):
    vendor.then("media/get", serving(ranges=ranges))
    part = client.media_get("media1", start, end)
    assert (part.content, part.start, part.total) == (CONTENT[start:end], start, len(CONTENT))


def test_a_start_behind_the_end_gives_nothing(client, vendor):
    vendor.then("media/get", serving())
    part = client.media_get("media1", 99_999, 100_000)
    assert (part.content, part.total) == (b"", len(CONTENT))


@pytest.mark.parametrize(("start", "end"), [(-1, None), (5, 5), (5, 2)])
def test_what_is_no_range_is_not_asked_for(client, vendor, start, end):
    with pytest.raises(ValueError, match="range"):
        client.media_get("media1", start, end)
    assert vendor.of("media/get") == []


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "text/plain"])
def test_an_error_in_json_with_status_200_is_an_error(client, vendor, kind):
    vendor.then("media/get", answering(b'{"errcode":40007,"errmsg":"invalid media_id"}', kind=kind))
    with pytest.raises(WecomError) as caught:
        client.media_get("media1")
    assert (caught.value.errcode, caught.value.permanent) == (40007, True)


def test_a_json_file_that_somebody_sent_is_a_file(client, vendor):
    content = json.dumps({"errcode": 40007}).encode()
    vendor.then("media/get", serving(content, kind="application/json", Content_Disposition='attachment; filename="a.json"'))
    assert client.media_get("media1").content == content


@pytest.mark.parametrize("fault", [reset, cut_short, answering(b"<html>", kind="text/html"), answering(b"", 502)])
def test_half_a_medium_is_never_taken_for_the_whole(client, vendor, fault):
    vendor.then("media/get", fault, serving())
    assert client.media_get("media1").content == CONTENT


def test_a_dead_token_is_replaced_for_media_too(client, vendor):
    vendor.then("media/get", {"errcode": 42001, "errmsg": "expired"}, serving())
    assert client.media_get("media1").content == CONTENT
    assert len(vendor.of("gettoken")) == 2


def test_more_than_one_get_may_give_is_refused_without_filling_memory(client, vendor):
    vendor.then("media/get", *[answering(bytes(limits.MEDIA_GET_BYTES + 1), kind="video/mp4")] * 3)
    with pytest.raises(WecomError):
        client.media_get("media1")


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="整改报告.pdf"'.encode().decode("latin-1"), "整改报告.pdf"),
        ("attachment; filename*=UTF-8''%E6%95%B4%E6%94%B9.pdf", "整改.pdf"),
        ('attachment; filename="%E6%95%B4%E6%94%B9.pdf"', "整改.pdf"),
        ('attachment; filename="%2Fetc%2F%E6%95%B4"', "etc整"),
        ('attachment; filename="100%25.pdf"', "100%25.pdf"),
        ('attachment; filename="../../etc/passwd"', "....etcpasswd"),
        ("attachment", ""),
        ("attachment; filename=", ""),
    ],
)
def test_the_file_name_is_read_in_all_its_spellings_and_is_no_path(client, vendor, disposition, name):
    vendor.then("media/get", serving(Content_Disposition=disposition))
    assert client.media_get("media1").filename == name


def uploaded(call):
    """The one part of a multipart body, read by the standard library."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + call.headers["Content-Type"].encode() + b"\r\n\r\n" + call.raw)
    (part,) = message.iter_parts()
    return part


@pytest.mark.parametrize("content", [CONTENT, b"\r\n--\r\n" * 10])
def test_an_upload_arrives_byte_for_byte(client, vendor, content):
    result = client.media_upload(content, "report.pdf", "file")
    assert (result.media_id, result.created_s) == ("media1", 1380000000)
    call = vendor.calls[-1]
    part = uploaded(call)
    assert (call.query["type"], part.get_param("name", header="content-disposition")) == ("file", "media")
    assert part.get_filename() == "report.pdf"
    assert part.get_payload(decode=True) == content


def test_a_chinese_file_name_goes_out_as_plain_utf8(client, vendor):
    client.media_upload(CONTENT, '整改"报告".pdf', "file")
    assert 'filename="整改%22报告%22.pdf"'.encode() in vendor.calls[-1].raw
    assert b"filename*" not in vendor.calls[-1].raw


def test_an_upload_is_repeated_when_its_answer_is_lost(client, vendor):
    vendor.then("media/upload", reset)
    assert client.media_upload(CONTENT, "a.jpg", "image").media_id == "media1"
    first, second = vendor.of("media/upload")
    assert first.raw == second.raw


@pytest.mark.parametrize(
    ("content", "filename", "kind", "field"),
    [
        (b"12345", "a.jpg", "image", "media"),
        (bytes((2 << 20) + 1), "a.amr", "voice", "media"),
        (CONTENT, "a.exe", "program", "type"),
        (CONTENT, "", "file", "filename"),
        (CONTENT, "a\r\nX: y.pdf", "file", "filename"),
        (CONTENT, "规" * 86, "file", "filename"),
    ],
)
def test_what_the_platform_would_refuse_is_not_uploaded(client, vendor, content, filename, kind, field):
    with pytest.raises(BadPayload) as caught:
        client.media_upload(content, filename, kind)
    assert caught.value.field == field
    assert vendor.calls == []

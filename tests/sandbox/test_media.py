"""Uploads, ranged reads and the three days."""

import io
from datetime import UTC, datetime

import pytest

from bot import clock
from bot.sandbox import World
from bot.sandbox.media import MediaStore
from tests.sandbox.conftest import Api

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
MIB = 1 << 20


def upload(api: Api, kind: str, content: bytes, filename: str = "图.png"):
    query = {"access_token": api.token, "type": kind}
    return api.client.post("/cgi-bin/media/upload", query_string=query, data={"media": (io.BytesIO(content), filename)}).get_json()


def download(api: Api, media_id: str, **headers: str):
    return api.client.get("/cgi-bin/media/get", query_string={"access_token": api.token, "media_id": media_id}, headers=headers)


def test_what_was_uploaded_can_be_got_back_whole_and_in_ranges(api: Api):
    told = upload(api, "image", PNG)
    assert (told["errcode"], told["type"]) == (0, "image")
    whole = download(api, told["media_id"])
    assert (whole.status_code, whole.data, whole.content_type) == (200, PNG, "image/png")
    part = download(api, told["media_id"], Range="bytes=8-11")
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, PNG[8:12], f"bytes 8-11/{len(PNG)}")
    assert download(api, told["media_id"], Range="bytes=200-").data == PNG[200:]


def test_a_bad_media_id_is_a_json_error_with_status_200(api: Api):
    answer = download(api, "none")
    assert (answer.status_code, answer.get_json()["errcode"]) == (200, 40007)


def test_a_file_over_20_mib_must_be_got_in_ranges(world: World, api: Api):
    medium = world.media.add_large("big.zip", bytes(20 * MIB + 1))
    assert download(api, medium.media_id).get_json()["errcode"] == 830002
    assert len(download(api, medium.media_id, Range="bytes=0-1048575").data) == MIB


@pytest.mark.parametrize(
    ("kind", "content", "errcode"),
    [
        ("image", PNG[:5], 40006),
        ("image", b"GIF89a-not-taken", 40004),
        ("image", PNG + bytes(10 * MIB), 45001),
        ("voice", b"#!AMR\n" + bytes(2 * MIB), 45001),
        ("video", b"\0\0\0\x18ftyp" + bytes(10 * MIB), 45001),
        ("file", bytes(20 * MIB + 1), 45001),
        ("hologram", PNG, 40004),
    ],
)
def test_an_upload_outside_its_kinds_limits_is_refused(api: Api, kind, content, errcode):
    assert upload(api, kind, content)["errcode"] == errcode


def test_a_medium_lives_three_days(api: Api):
    with clock.freeze(NOON) as time:
        media_id = upload(Api(api.client), "image", PNG)["media_id"]
        time.tick(days=2, hours=23)
        assert download(Api(api.client), media_id).data == PNG
        time.tick(hours=1)
        assert download(Api(api.client), media_id).get_json()["errcode"] == 40007


def test_a_sent_image_must_be_an_image(world: World, api: Api):
    media_id = upload(api, "image", PNG)["media_id"]
    file_id = upload(api, "file", PNG)["media_id"]
    assert (
        api.post("message/send", {"touser": "wang", "agentid": 1000002, "msgtype": "image", "image": {"media_id": media_id}})["errcode"]
        == 0
    )
    assert (
        api.post("message/send", {"touser": "wang", "agentid": 1000002, "msgtype": "image", "image": {"media_id": file_id}})["errcode"]
        == 40007
    )


def test_pictures_are_there_again_after_a_restart(tmp_path):
    kept = MediaStore(tmp_path).add("image", "a.png", PNG)
    (tmp_path / "half-a-file-0000000000.media").write_bytes(b'{"kind": "ima')
    assert MediaStore(tmp_path).get(kept.media_id).content == PNG

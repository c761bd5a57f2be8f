"""Evidence of a case: what is taken, what is refused by name, and who may."""

import io
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.actions import cases, evidence
from bot.actions.evidence import Upload
from bot.context import Context, House
from bot.errors import NotFound, UserMistake
from bot.store.tables import events
from bot.store.tables import evidence as rows
from tests.cast import Cast, case_of, draft, issue, pending, reminder

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 32
TEXT = "2026-03-01 打开应用，只有一张二维码。\n".encode()


def upload(name: str, content: bytes = TEXT) -> Upload:
    return Upload(name, io.BytesIO(content))


def written(house: House) -> tuple[int, int]:
    """How many rows tell of evidence, and how many events."""
    with house.database.read() as connection:
        of_trail = select(func.count()).select_from(events).where(events.c.action == "evidence")
        return connection.execute(select(func.count()).select_from(rows)).scalar_one(), connection.execute(of_trail).scalar_one()


def test_a_file_is_kept_listed_and_read_again(house: House, ctx: Context, cast: Cast) -> None:
    number = draft(house, cast)
    added = evidence.add(ctx, cast["author"], number, [upload("说明.txt"), upload("/tmp/../截图.png", PNG)])
    assert [(one.name, one.media_type, one.bytes) for one in added] == [
        ("说明.txt", "text/plain", len(TEXT)),
        ("截图.png", "image/png", len(PNG)),
    ]
    assert evidence.of_case(ctx, number) == added
    found, stream = evidence.opened(ctx, cast["auditor"], number, added[1].sha256)
    with stream:
        assert (found, stream.read()) == (added[1], PNG)


def test_the_trail_holds_the_hash_and_the_name_only_where_it_can_be_destroyed(house: House, ctx: Context, cast: Cast) -> None:
    number = draft(house, cast)
    [one] = evidence.add(ctx, cast["author"], number, [upload("王伟的聊天记录.txt")])
    with house.database.read() as connection:
        event = connection.execute(select(events).where(events.c.action == "evidence")).one()
    assert event.content == {"sha256": one.sha256, "bytes": len(TEXT), "media_type": "text/plain"}
    assert event.personal["of"] == {"name": "王伟的聊天记录.txt"}
    assert event.actor == "operator:author"


def test_the_same_bytes_are_there_once_in_a_case_and_may_be_in_another(house: House, ctx: Context, cast: Cast) -> None:
    number, other = draft(house, cast), draft(house, cast, key="other")
    assert len(evidence.add(ctx, cast["author"], number, [upload("a.txt"), upload("b.txt")])) == 1
    assert evidence.add(ctx, cast["author"], number, [upload("c.txt")]) == []
    assert len(evidence.add(ctx, cast["author"], other, [upload("a.txt")])) == 1
    assert written(house) == (2, 2)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("大.txt", b"x" * (20 * 1024 * 1024 + 1), "“大.txt”超过 20 MB"),
        ("程序.exe", b"MZ" + b"\x00" * 100, "“程序.exe”是可执行程序"),
        ("page.html", b"<!doctype html><script>1</script>", "“page.html”是网页"),
        ("图.png", TEXT, "“图.png”"),
        ("空.txt", b"", "“空.txt”是空文件"),
        ("", TEXT, "名字"),
        ("a" * 201, TEXT, "名字"),
        ("a\x1b[31m.txt", TEXT, "名字"),
    ],
)
def test_what_is_too_large_or_not_of_a_type_is_refused_by_name_with_all_that_came_along(
    house: House, ctx: Context, cast: Cast, name: str, content: bytes, words: str
) -> None:
    number = draft(house, cast)
    with pytest.raises(UserMistake, match=words):
        evidence.add(ctx, cast["author"], number, [upload("good.txt"), upload(name, content)])
    assert evidence.of_case(ctx, number) == []
    assert written(house) == (0, 0)


def test_all_bad_files_are_named_at_once(house: House, ctx: Context, cast: Cast) -> None:
    number = draft(house, cast)
    with pytest.raises(UserMistake) as refused:
        evidence.add(ctx, cast["author"], number, [upload("a.exe", b"MZ\x00"), upload("good.txt"), upload("b.txt", b"")])
    assert "a.exe" in refused.value.say
    assert "b.txt" in refused.value.say
    assert "good.txt" not in refused.value.say


@pytest.mark.parametrize("number_of", [0, 21])
def test_no_file_and_too_many_are_refused(house: House, ctx: Context, cast: Cast, number_of: int) -> None:
    with pytest.raises(UserMistake, match="证据文件"):
        evidence.add(ctx, cast["author"], draft(house, cast), [upload(f"{n}.txt") for n in range(number_of)])


def test_evidence_is_added_until_the_case_ends(house: House, ctx: Context, cast: Cast) -> None:
    for number in (draft(house, cast), pending(house, cast, key="2"), issue(house, cast, key="3")):
        assert len(evidence.add(ctx, cast["author"], number, [upload("a.txt")])) == 1
    for key in ("revoked", "closed"):
        number = issue(house, cast, reminder(), key)
        if key == "closed":
            cases.close(ctx, cast["author"], number)
        else:
            cases.revoke(ctx, cast["approver"], number, "认定有误。")
        with pytest.raises(UserMistake, match="已经结束"):
            evidence.add(ctx, cast["author"], number, [upload("a.txt")])
        assert not case_of(house, number).is_open


def test_who_may_not_keeps_nothing_not_even_on_the_disk(house: House, ctx: Context, cast: Cast) -> None:
    number = draft(house, cast)
    for who in ("auditor", "approver"):
        with pytest.raises(UserMistake, match="权限"):
            evidence.add(ctx, cast[who], number, [upload("a.txt")])
    with pytest.raises(NotFound):
        evidence.add(ctx, cast["author"], "V2026-000404", [upload("a.txt")])
    assert [path for path in Path(house.settings.data_dir).rglob("*") if path.is_file() and "files" in path.parts] == []


def test_a_file_of_another_case_is_not_read_through_this_one(house: House, ctx: Context, cast: Cast) -> None:
    number, other = draft(house, cast), draft(house, cast, key="other")
    [one] = evidence.add(ctx, cast["author"], number, [upload("a.txt")])
    for sha256 in (one.sha256, "../../etc/passwd", "0" * 64):
        with pytest.raises(NotFound):
            evidence.opened(ctx, cast["author"], other, sha256)

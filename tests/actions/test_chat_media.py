"""Pictures and files sent in chat: they join what is being written, once, whatever the platform and the worker do meanwhile."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from bot import clock as product_clock
from bot.actions import chat_media, filings
from bot.actions.filings import Written
from bot.context import Context, House
from bot.files import Files
from bot.model.filing import FilingKind
from bot.model.texts import chat_filings as texts
from bot.sandbox import World
from bot.store import media as fetches
from bot.store import providers
from bot.store.tokens import DatabaseTokens
from bot.wecom.client import Client
from tests.cast import AGENTID, CORPID, finding, issue
from tests.platform import Platform, message_of
from tests.store.rows import all_of
from tests.way_back import LI, REPORT, WANG

JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"picture" * 9_000 + b"\xff\xd9"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)


@dataclass
class Chatting:
    """A worker's fetches, and what people send and read."""

    house: House
    wecom: World
    post: Platform
    client: Any
    run_worker: Callable[[], int]

    def send(self, person, content, kind="image", **more):
        """A picture or file in chat. Returns the passive reply."""
        name = more.get("FileName", "a.jpg")
        medium = self.wecom.media.add(kind, name, content) if len(content) < 20 << 20 else self.wecom.media.add_large(name, content)
        return self.again(person, medium.media_id, kind, **more)

    def again(self, person, media_id, kind="image", **more):
        return self.post(message_of(person, kind, MediaId=media_id, **more)).text

    def work(self):
        """One run of the job, and of the engine."""
        done = chat_media.run(Context(self.house), self.client)
        self.run_worker()
        return done

    def told(self, person):
        return [one.body["content"] for one in self.wecom.delivered(person.userid) if one.body["msgtype"] == "text"]

    def states(self):
        return [(row.state, row.failure) for row in all_of(self.house.database, "media_fetches")]

    def files(self, number):
        return filings.shown(Context(self.house), WANG, number).files


@pytest.fixture
def chatting(house, wecom, post, run_worker, settings, cast):
    secret = settings.wecom_secret.get_secret_value()
    client = Client(wecom.own_url, CORPID, AGENTID, secret, DatabaseTokens(house.database), read_s=0.4)
    yield Chatting(house, wecom, post, client, run_worker)
    client.close()


@pytest.fixture
def report(chatting, house, cast):
    """The number of a report that WangWei has begun."""
    return filings.start(Context(house), WANG, FilingKind.REPORT, case=issue(house, cast, finding())).number


def test_a_picture_joins_the_draft_and_its_sender_is_told_what_joined(chatting, report, wang, li, house):
    assert chatting.send(wang, JPG) == f"已收到，正在加入整改报告 {report}…"
    assert chatting.work() == 1
    (file,) = chatting.files(report)
    assert (file.name, file.media_type, file.bytes, file.how, file.clause) == ("聊天文件-1.jpg", "image/jpeg", len(JPG), "chat", "")
    with Files.of(house.settings).open(file.sha256) as kept:
        assert kept.read() == JPG
    assert f"已加入整改报告 {report}：61.5 KB，SHA-256 前 12 位 {file.sha256[:12]}" in chatting.told(wang)[-1]
    assert chatting.told(li) == []
    assert chatting.work() == 0


def test_a_file_keeps_its_name_without_what_a_screen_would_obey(chatting, report, wang):
    chatting.send(wang, PDF, "file", FileName="../..\\C:\\整改\u202e说明.pdf")
    chatting.work()
    assert [file.name for file in chatting.files(report)] == ["整改说明.pdf"]


def test_a_file_of_many_ranges_comes_whole(chatting, report, wang, house):
    large = PNG + b"\0" * (9 << 20) + b"end"
    chatting.send(wang, large)
    chatting.work()
    (file,) = chatting.files(report)
    with Files.of(house.settings).open(file.sha256) as kept:
        assert kept.read() == large


def test_the_same_bytes_are_kept_once_and_the_same_message_asked_for_once(chatting, report, wang, clock):
    for _ in range(2):
        chatting.send(wang, JPG)
        chatting.work()
    assert len(chatting.files(report)) == 1
    assert "没有重复添加" in chatting.told(wang)[-1]
    media_id = all_of(chatting.house.database, "media_fetches")[0].media_id
    assert "已经收到过" in chatting.again(wang, media_id)
    assert chatting.work() == 0


@pytest.mark.parametrize("content", [b"MZ\x90\0" + b"\0" * 100, b"just words" * 9])
def test_what_is_not_taken_is_told_with_the_reason_and_without_a_name(chatting, report, wang, content):
    chatting.send(wang, content, "file", FileName="王伟的身份证.exe")
    chatting.work()
    assert chatting.states() == [("failed", "not_taken")]
    assert chatting.files(report) == ()
    told = chatting.told(wang)[-1]
    assert f"没有加入整改报告 {report}" in told
    assert "不是可以提交的类型" in told
    assert "身份证" not in told


def test_a_file_over_the_limit_is_told_so_after_its_first_range(make_settings, chatting, report, wang, wecom, house):
    object.__setattr__(house, "settings", make_settings(file_max_bytes=5 << 20))
    calls = []
    asked = chatting.client.media_get

    def counted(*part):
        calls.append(part)
        return asked(*part)

    chatting.client.media_get = counted
    chatting.send(wang, b"%PDF-1.4\n" + b"x" * (24 << 20), "file", FileName="a.pdf")
    chatting.work()
    assert chatting.states() == [("failed", "too_large")]
    assert len(calls) == 1
    assert "超过 5 MB" in chatting.told(wang)[-1]


def test_too_many_files_are_told_so(make_settings, chatting, report, wang, house):
    object.__setattr__(house, "settings", make_settings(filing_max_files=1))
    for content in (JPG, PNG):
        chatting.send(wang, content)
        chatting.work()
    assert len(chatting.files(report)) == 1
    assert "最多 1 个文件" in chatting.told(wang)[-1]


def test_a_filing_that_was_handed_in_meanwhile_takes_no_more(chatting, report, wang, house):
    chatting.send(wang, PNG)
    chatting.work()
    chatting.send(wang, JPG)
    draft = filings.shown(Context(house), WANG, report)
    filings.submit(Context(house), WANG, report, Written(version=draft.version, items=REPORT))
    chatting.work()
    assert len(chatting.files(report)) == 1
    assert "已经提交" in chatting.told(wang)[-1]


def test_an_admin_who_left_meanwhile_adds_nothing_and_is_told_nothing(chatting, report, wang, house):
    chatting.send(wang, JPG)
    with house.database.write() as tx:
        admin = providers.admin_at(tx, WANG)
        assert admin
        providers.depart(tx, admin.id, product_clock.now())
    chatting.work()
    assert chatting.states() == [("failed", "departed")]
    assert chatting.told(wang) == []
    assert filings.shown(Context(house), LI, report).files == ()


def test_a_full_disk_costs_only_time(chatting, report, wang, clock, monkeypatch):
    chatting.send(wang, JPG)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        assert chatting.work() == 0
    clock.tick(minutes=1)
    assert chatting.work() == 1
    assert len(chatting.files(report)) == 1


def test_what_may_be_dangerous_joins_with_a_flag(chatting, report, wang):
    chatting.send(wang, PDF.replace(b"<<>>", b"<</JavaScript 1>>", 1), "file", FileName="a.txt")
    chatting.work()
    assert [(file.name, file.flags) for file in chatting.files(report)] == [("a.txt.pdf", ("active",))]


# Which draft, if any


def test_without_a_draft_the_answer_says_how_to_begin(chatting, wang, zhao, report, clock):
    assert chatting.send(zhao, JPG) == texts.NO_PLACE
    clock.tick(hours=25)
    assert chatting.send(wang, JPG) == texts.NO_PLACE
    assert chatting.states() == []


def test_what_one_began_oneself_goes_before_what_was_touched_last(chatting, report, wang, li, house, cast, clock):
    clock.tick(minutes=1)
    other = filings.start(Context(house), LI, FilingKind.REPORT, case=issue(house, cast, finding(), "second")).number
    assert report in chatting.send(wang, JPG)
    assert other in chatting.send(li, PNG)
    clock.tick(hours=24, minutes=-1, seconds=1)  # a day after WangWei began; the other one was begun a minute later
    assert other in chatting.send(wang, PDF, "file", FileName="a.pdf")


@pytest.mark.parametrize("media_id", ["", "x" * 257, "a\nb"])
def test_a_media_id_that_cannot_be_one_is_not_asked_for(chatting, report, wang, media_id):
    assert chatting.again(wang, media_id) == texts.NO_PLACE
    assert chatting.states() == []


# When the platform does not answer


@pytest.mark.parametrize("kind", ["timeout", "reset", "truncated", "http:502", "html", "errcode:-1", "errcode:45009"])
def test_a_platform_that_is_down_is_asked_again_until_it_is_up(chatting, report, wang, clock, wecom, kind):
    chatting.send(wang, JPG)
    wecom.set_faults([{"api": "media/get", "kind": kind}])
    for _ in range(3):
        assert chatting.work() == 0
        clock.tick(minutes=2)
    assert chatting.told(wang) == []
    wecom.set_faults([])
    clock.tick(hours=1)
    assert chatting.work() == 1
    assert len(chatting.files(report)) == 1
    assert len(chatting.told(wang)) == 1


def test_it_is_asked_more_and_more_rarely(chatting, report, wang, clock, wecom):
    chatting.send(wang, JPG)
    wecom.set_faults([{"api": "media/get", "kind": "http:502"}])
    asked_at = []
    for _ in range(120):
        before = all_of(chatting.house.database, "media_fetches")[0].tries
        chatting.work()
        if all_of(chatting.house.database, "media_fetches")[0].tries > before:
            asked_at.append(product_clock.timestamp())
        clock.tick(seconds=10)
    gaps = [after - before for before, after in pairwise(asked_at)]
    assert gaps[-1] > 5 * gaps[0]
    assert 5 <= len(asked_at) <= 10


def test_after_three_days_without_an_answer_the_sender_is_told(chatting, report, wang, clock, wecom):
    chatting.send(wang, JPG)
    wecom.set_faults([{"api": "media/get", "kind": "reset"}])
    chatting.work()
    clock.tick(days=3, minutes=1)
    assert chatting.work() == 1
    assert chatting.states() == [("failed", "expired")]
    assert "只把图片保留 3 天" in chatting.told(wang)[-1]
    assert chatting.work() == 0


def test_a_medium_that_is_gone_is_told_at_once(chatting, report, wang, wecom):
    chatting.send(wang, JPG)
    wecom.media.clear()
    assert chatting.work() == 1
    assert chatting.states() == [("failed", "errcode 40007")]
    assert "已不存在" in chatting.told(wang)[-1]


def test_what_one_worker_has_in_hand_no_other_takes(chatting, report, wang, house, clock):
    chatting.send(wang, JPG)
    with house.database.write() as tx:
        (fetch,) = fetches.due(tx, product_clock.now(), 10)
        assert fetches.claim(tx, fetch, product_clock.now() + chat_media.LEASE)
        assert not fetches.claim(tx, fetch, product_clock.now() + chat_media.LEASE)
    assert chatting.work() == 0
    clock.tick(minutes=11)  # the one that had it was killed
    assert chatting.work() == 1
    assert len(chatting.told(wang)) == 1

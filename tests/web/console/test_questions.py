"""The pages of questions that got no answer, as operators see them."""

import re

import pytest
from sqlalchemy import event

from bot import clock as product_clock
from bot.actions import questions_asked
from bot.context import Context
from bot.model.question import GroupState
from bot.store import inbox, questions, ties
from tests.cast import at
from tests.store.rows import all_of
from tests.web.console.visitors import HERE, press, signed_in, token

SAY = "请以平台后台的公告为准。"


def ask(house, clock, *texts, outcome="ask_rule refusal contact"):
    """As the callback stores it, and the worker gathers it a minute later."""
    now, address = product_clock.now(), at("WangWei")
    first = len(all_of(house.database, "inbox"))
    rows = [
        inbox.Received(
            key=f"q{first + n}",
            corpid=address.corpid,
            agentid=address.agentid,
            userid=address.userid,
            kind="text",
            fields={"content": text},
            arrived_at=now,
            handled_at=now,
            outcome=outcome,
            reply="……",
        )
        for n, text in enumerate(texts)
    ]
    with house.database.write() as tx:
        inbox.insert(tx, rows)
    clock.tick(minutes=1)
    questions_asked.gather(Context(house))


@pytest.fixture
def author(site, house, cast, clock):
    ask(house, clock, "客服电话是多少", "客服的电话是多少", "怎么开发票")
    return signed_in(site, house, "author")


def group_id(house, text="客服电话是多少"):
    [found] = [row.id for row in all_of(house.database, "question_groups") if row.text == text]
    return found


def version_in(page):
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found
    return found[1]


def mark_in(page):
    found = re.search(r'name="mark" value="([0-9a-f]{64})"', page.text)
    assert found
    return found[1]


def chosen(page):
    return re.findall(r'name="phrasing" value="(\d+)"', page.text)


def send(browser, address, step, page=None, **given):
    page = page or browser.get(address)
    held = {"token": token(page), "version": version_in(page), "phrasing": chosen(page), **given}
    return browser.post(f"{address}/{step}", data=held, headers=HERE)


def tied(browser, address, **given):
    answer = {"lineage": "none", "say": SAY, **given}
    page = send(browser, address, "look", **answer)
    assert page.status_code == 200, page.text
    return send(browser, address, "tie", page, mark=mark_in(page), **answer)


def test_the_list_has_how_often_it_was_asked_and_not_who(author, house):
    page = author.get("/console/questions")
    assert re.search(r"客服电话是多少</a></td>(<td[^<]*<span.*?</td>){2}<td[^>]*>2 次", page.text)
    assert page.text.index("客服电话") < page.text.index("怎么开发票")
    assert "WangWei" not in page.text + author.get(f"/console/questions/{group_id(house)}").text


def test_an_answer_is_looked_at_given_and_taken_back(author, house):
    address = f"/console/questions/{group_id(house)}"
    page = author.get(address)
    assert all(one in page.text for one in ("客服的电话是多少", "现在的答复", "相近的条款"))
    looked = send(author, address, "look", lineage="none", say=SAY)
    assert "都不受影响" in looked.text
    assert all_of(house.database, "ties") == [], "nothing is changed by looking"
    assert tied(author, address).headers["Location"] == f"{address}?said=tied"
    page = author.get(f"{address}?said=tied")
    assert "一秒内" in page.text
    assert f"不是规则原文）：{SAY}" in page.text.split("现在的答复")[1].split("</section>")[0]
    assert '<option value="none" selected>' in page.text
    assert f"{SAY}</textarea>" in page.text
    with house.database.read() as connection:
        assert {one.say for one in ties.overlay(connection).ties} == {SAY}
    assert "客服电话" in author.get("/console/questions?state=tied").text
    assert send(author, address, "undo").headers["Location"] == f"{address}?said=undone"
    with house.database.read() as connection:
        assert ties.overlay(connection).ties == ()


def test_what_it_would_break_is_named_with_both_answers(site, house, cast, clock):
    kept = next(one for one in questions_asked._kept() if one.lineages and house.book().ask(one.text).clause)
    ask(house, clock, kept.text)
    author, address = signed_in(site, house, "author"), f"/console/questions/{group_id(house, kept.text)}"
    page = send(author, address, "look", lineage="none", say=SAY)
    assert "1 个会答错" in page.text
    assert "原来答对，改后答错" in page.text
    assert f"第 {house.book().ask(kept.text).clause.id} 条" in page.text
    unread = tied(author, address)
    assert unread.status_code == 409
    assert "请勾选" in unread.text
    assert SAY in unread.text
    assert tied(author, address, accepted="1").status_code == 303


def test_two_operators_at_once_the_second_is_told(author, site, house, cast):
    address = f"/console/questions/{group_id(house)}"
    old = send(author, address, "look", lineage="none", say=SAY)
    colleague = signed_in(site, house, "author")
    tied(colleague, address, say="另一句话。")
    late = send(author, address, "tie", old, mark=mark_in(old), lineage="none", say=SAY)
    assert late.status_code == 409
    assert "没有生效" in late.text
    assert SAY in late.text, "what was typed is there still"
    assert send(author, address, "undo", old).status_code == 409
    with house.database.read() as connection:
        assert {one.say for one in ties.overlay(connection).ties} == {"另一句话。"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lineage": ""}, "请选择现行版本里的条款"),
        ({"lineage": "none", "say": " "}, "请写明要说的话"),
        ({"lineage": "<script>"}, "请选择现行版本里的条款"),
        ({"lineage": "none", "say": "字" * 301}, "300"),
        ({"lineage": "none", "say": "「随便」"}, "规则原文"),
        ({"lineage": "none", "say": "a\x00b"}, "无法保存"),
        ({"lineage": "none", "say": SAY, "phrasing": ["x", "-1", "9" * 40]}, "请至少选一种问法"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(author, house, given, words):
    page = send(author, f"/console/questions/{group_id(house)}", "look", **given)
    assert page.status_code == 409
    assert words in page.text
    assert "<script>" not in page.text.split("<main")[1]
    assert given.get("say", "").replace("\x00", "").strip()[:20] in page.text.replace("\x00", "")
    assert all_of(house.database, "ties") == []


def test_hostile_questions_are_shown_as_they_are(site, house, cast, clock):
    ask(house, clock, "<img src=x onerror=alert(1)>怎么办呢", "\u202e" + "很" * 3000, "=1+1的公式")
    browser = signed_in(site, house, "author")
    page = browser.get("/console/questions")
    assert "<img" not in page.text
    for row in all_of(house.database, "question_groups"):
        assert browser.get(f"/console/questions/{row.id}").status_code == 200


@pytest.mark.parametrize("address", ["0", "999", "9" * 25, "-1", "x", "1%00"])
def test_a_question_that_is_not_there_has_no_page(author, address):
    assert author.get(f"/console/questions/{address}").status_code == 404


@pytest.mark.parametrize("query", ["state=none", "after=x~y", "after=1", "after=99999999999999999999~1", "state=tied&after=3~2"])
def test_odd_addresses_of_the_list_show_a_list(author, query):
    assert author.get(f"/console/questions?{query}").status_code == 200


def test_it_may_be_passed_over_and_opened_again(author, house):
    address = f"/console/questions/{group_id(house)}"
    assert send(author, address, "pass").headers["Location"] == f"{address}?said=passed"
    assert "客服电话" not in author.get("/console/questions").text
    assert send(author, address, "pass", again="1").headers["Location"] == f"{address}?said=reopened"
    assert all_of(house.database, "question_groups")[0].state == GroupState.OPEN


def test_an_auditor_reads_and_changes_nothing(author, site, house):
    page = signed_in(site, house, "auditor").get(f"/console/questions/{group_id(house)}")
    assert page.status_code == 200
    assert "<form" not in page.text.split("<main")[1]


def test_answers_that_did_not_help_have_a_list_of_their_own(author, house, clock):
    ask(house, clock, "应用下架后怎么恢复", outcome="ask_rule 4.2")
    questions_asked.thumb(Context(house), at("WangWei"), is_good=False)
    page = author.get("/console/questions?state=down")
    assert "应用下架后怎么恢复" in page.text
    assert "没用 <b>1</b> 次" in page.text
    assert "第 4.2 条" in page.text
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key
    taken = press(author, "/console/questions/take-up", key=key[1])
    assert "应用下架后怎么恢复" in author.get(taken.headers["Location"]).text
    for odd in ("", "none", "x" * 90, "a\x00b"):
        assert press(author, "/console/questions/take-up", key=odd).status_code == 404


def test_following_pages_go_on_where_the_last_ended(author, house, cast, clock, monkeypatch):
    monkeypatch.setattr(questions_asked, "PAGE", 1)
    page = author.get("/console/questions")
    found = re.search(r'<a class="button" href="([^"]+)"', page.text)
    assert found
    following = found[1].replace("&amp;", "&")
    assert "怎么开发票" in author.get(following).text
    assert "客服电话" not in author.get(following).text.split("<table")[1]


def test_the_pages_ask_the_database_little(author, house, clock):
    address = f"/console/questions/{group_id(house)}"
    tied(author, address)
    ask(house, clock, *(f"第{n}种问法，客服电话在哪一天有人接" for n in range(60)))
    counted = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    for path in ("/console/questions", "/console/questions?state=down", address):
        counted.clear()
        page = author.get(path)
        assert page.status_code == 200
        assert len(counted) <= 20, counted
        assert len(page.data) < 200_000
    held = {"token": token(page), "version": version_in(page), "phrasing": chosen(page), "lineage": "none", "say": SAY}
    counted.clear()
    assert author.post(f"{address}/look", data=held, headers=HERE).status_code == 200
    assert len(counted) <= 20, counted


def test_a_way_of_asking_of_another_group_cannot_be_tied(author, house):
    with house.database.read() as connection:
        other = [str(one.id) for one in questions.phrasings(connection, group_id(house, "怎么开发票"), 9)]
    page = send(author, f"/console/questions/{group_id(house)}", "look", lineage="none", say=SAY, phrasing=other)
    assert page.status_code == 409

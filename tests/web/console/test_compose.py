"""Writing a case in the browser."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from bot import clock as product_clock
from bot.actions import grounds
from bot.context import Context
from bot.model import sheet
from bot.model.case import Planned, State
from bot.model.provider import Listing
from bot.model.texts import composing as texts
from bot.model.texts import grounds as ground_texts
from bot.model.texts.notices import moment
from bot.store import providers
from rules.catalogue import Measure
from tests.cast import case_of, draft, finding, issue, pending, permanent
from tests.store.rows import all_of
from tests.web.console.visitors import HERE, signed_in

FILLED = {
    "subject": "A|app-1",
    "kind": "violation",
    "ground": "2.9",
    "measure": "cancel_search",
    "facts": "应用没有任何功能。",
    "reasons": "经两次核查属实。",
    "recovery": "补齐功能。",
    "contact": "平台运营 ops@example.com",
    "rectify_days": "7",
    "objection_days": "7",
    "deem_days": "7",
    "day_kind": "working",
}


@pytest.fixture
def author(site, house, cast):
    return signed_in(site, house, "author")


def hidden(page):
    return dict(re.findall(r'<input type="hidden" name="(token|key|version)" value="([^"]*)"', page.text))


def send(browser, do, path="/console/cases/new", headers=(), page=None, **fields):
    form = page or browser.get(path)
    given = {"found_on": product_clock.today(), **FILLED, **fields}
    return browser.post(path.partition("?")[0], data={**hidden(form), **given, "do": do}, headers={**HERE, **dict(headers)})


def test_a_case_is_kept_as_a_draft_and_a_second_press_keeps_no_second(house, cast, author):
    form = author.get("/console/cases/new")
    first, second = (send(author, "save", page=form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] == "/console/cases/V2026-000001?said=drafted"
    case = case_of(house, "V2026-000001")
    assert (case.state, case.power, case.facts) == (State.DRAFT, "3.1", "应用没有任何功能。")
    assert [one.measure for one in case.measures] == [Measure.CANCEL_SEARCH]
    assert len(all_of(house.database, "cases")) == 1


def test_a_draft_may_be_half_written_and_is_not_handed_in_before_it_is_whole(house, cast, author):
    assert send(author, "save", facts="", contact="").status_code == 303
    case = case_of(house, "V2026-000001")
    assert case.facts == texts.TO_FILL["facts"]
    refused = send(author, "submit", path="/console/cases/V2026-000001/edit", facts=case.facts)
    assert refused.status_code == 409
    assert "还有没填的地方" in refused.text
    assert texts.TO_FILL["facts"] in refused.text
    assert case_of(house, "V2026-000001").state is State.DRAFT
    assert send(author, "submit", path="/console/cases/V2026-000001/edit").status_code == 303
    assert case_of(house, "V2026-000001").state is State.PENDING_APPROVAL


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"subject": ""}, texts.NO_SUBJECT),
        ({"ground": ""}, texts.NO_GROUND),
        ({"subject": "A|app-b"}, "不属于服务商"),
        ({"ground": "9.9"}, "不能作为处理依据"),
        ({"measure": "permanent_delist"}, "没有“永久下架"),
        ({"measure": ""}, "措施"),
        ({"rectify_days": "0"}, "“整改期限”的天数"),
        ({"deem_days": "x"}, "“视为送达”的天数"),
        ({"ends:cancel_search": "2026-13-01"}, texts.BAD_ENDS),
        ({"facts": "x" * 4_001}, "4000"),
        ({"found_on": "2999-01-01"}, "发现日期"),
        ({"ground": "4.4", "measure": "permanent_delist"}, "不能针对单个应用"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_typed_is_lost(house, cast, author, fields, words):
    refused = send(author, "save", recovery="我写的\r\n<恢复条件>", **fields)
    assert refused.status_code == 409
    assert words in refused.text
    assert "我写的\n&lt;恢复条件&gt;</textarea>" in refused.text
    assert all_of(house.database, "cases") == []


def test_beside_the_form_stands_what_the_provider_would_get(house, cast, author):
    looked = send(author, "look", headers=[("X-Part", "side")])
    assert looked.status_code == 200
    assert "<form" not in looked.text
    for words in ("第 2.9 条", "第 3.1 条", "企业微信卡片", "应用没有任何功能。", "邮件", "确认收到", "异议期至"):
        assert words in looked.text, words
    assert all_of(house.database, "cases") == []
    half = send(author, "look", headers=[("X-Part", "side")], facts="打开后【待填写：页面】", measure="")
    assert "<mark>【待填写：页面】</mark>" in half.text
    assert "企业微信卡片" not in half.text


def test_a_writer_is_warned_of_what_is_there_already(house, cast, author):
    number = issue(house, cast)
    looked = send(author, "look", headers=[("X-Part", "side")])
    assert number in looked.text
    assert "已有处理中的案件" in looked.text
    with house.database.write() as tx:
        for admin in providers.admins(tx, 2):
            providers.depart(tx, admin.id, product_clock.now())
    assert texts.NOBODY_REACHED in send(author, "look", headers=[("X-Part", "side")], subject="B|app-b").text


def test_providers_and_apps_are_found_by_part_of_their_name_or_code(house, cast, author):
    assert "乙公司" in author.get("/console/cases/seek?words=乙").text
    assert "考勤助手" in author.get("/console/cases/seek?words=APP-2").text
    assert "没有找到" in author.get("/console/cases/seek?words=%25").text
    assert author.get("/console/cases/seek?words=").text.strip() == ""
    assert "&lt;script&gt;" in author.get("/console/cases/seek?words=<script>").text


def test_a_draft_is_written_on_by_its_author_alone_and_not_over_somebody_elses_change(site, house, cast, author):
    number = draft(house, cast)
    stale = author.get(f"/console/cases/{number}/edit")
    assert "应用没有任何功能，打开后只引导添加客服。" in stale.text
    assert send(author, "save", path=f"/console/cases/{number}/edit", facts="第二稿。").status_code == 303
    assert case_of(house, number).facts == "第二稿。"
    refused = send(author, "save", path=f"/console/cases/{number}/edit", page=stale, facts="旧的一稿。")
    assert refused.status_code == 409
    assert "旧的一稿。" in refused.text
    assert case_of(house, number).facts == "第二稿。"
    other = pending(house, cast, key="other")
    assert author.get(f"/console/cases/{other}/edit").headers["Location"] == f"/console/cases/{other}"


def test_no_measure_is_lost_when_the_session_is_gone_in_mid_form(site, house, cast, author):
    form = author.get("/console/cases/new")
    author.post("/console/sign-out-everywhere", data=hidden(form), headers=HERE)
    sent = {"found_on": product_clock.today(), **FILLED, "measure": ["cancel_recommendation", "cancel_search"], "do": "save"}
    gone = author.post("/console/cases/new", data={**hidden(form), **sent}, headers=HERE)
    assert gone.status_code == 403
    assert gone.text.count('name="measure"') == 2
    assert "应用没有任何功能。" in gone.text
    kept = re.findall(r'name="(\w[^"]*)" value="([^"]*)"', gone.text)
    assert ("measure", "cancel_search") in kept


def test_a_measure_ends_with_the_last_second_of_its_day_in_china(house, cast, author):
    assert send(author, "save", **{"ends:cancel_search": "2026-12-31"}).status_code == 303
    ends = case_of(house, "V2026-000001").measures[0].ends_at
    assert ends
    assert ends.isoformat() == "2026-12-31T15:59:59+00:00"
    assert 'value="2026-12-31"' in author.get("/console/cases/V2026-000001/edit").text


def test_templates_are_kept_in_versions_and_can_be_gone_back_to(house, cast, author):
    kept = send(author, "template", template_name="套壳应用")
    assert kept.headers["Location"] == "/console/templates/1?said=kept"
    form = author.get("/console/cases/new?template=1")
    assert "经两次核查属实。" in form.text
    assert 'name="subject" value=""' in form.text
    again = send(author, "template", template_name="套壳应用")
    assert again.status_code == 409
    assert "已经有名为" in again.text
    renewed = send(author, "renew", page=form, template="1", template_number="1", reasons="经三次核查属实。")
    assert renewed.headers["Location"].endswith("said=renewed")
    stale = send(author, "renew", page=form, template="1", template_number="1", reasons="旧的。")
    assert stale.status_code == 409
    page = author.get("/console/templates/1")
    assert "<del>两</del><ins>三</ins>" in page.text
    for words in ("违规处理", "2.9 套壳应用", "取消搜索", "7 天", "工作日"):
        assert words in page.text, words
    for words in ("violation", "cancel_search", "working"):
        assert words not in page.text, words
    token = hidden(page)
    assert author.post("/console/templates/1/back", data={**token, "after": "2", "to": "1"}, headers=HERE).status_code == 303
    assert author.post("/console/templates/1/back", data={**token, "after": "2", "to": "1"}, headers=HERE).status_code == 409
    assert "经两次核查属实。" in author.get("/console/cases/new?template=1").text


def test_a_template_that_was_retired_is_not_offered_and_can_be_brought_back(site, house, cast, author):
    send(author, "template", template_name="套壳应用")
    token = hidden(author.get("/console/templates/1"))
    assert author.post("/console/templates/1/move", data={**token, "state": "retired"}, headers=HERE).status_code == 303
    assert "套壳应用</option>" not in author.get("/console/cases/new").text.partition('name="template"')[2].partition("</select>")[0]
    assert "已停用" in author.get("/console/templates").text
    assert author.post("/console/templates/1/move", data={**token, "state": "retired"}, headers=HERE).status_code == 409
    assert author.post("/console/templates/1/move", data={**token, "state": "active"}, headers=HERE).status_code == 303
    auditor = signed_in(site, house, "auditor")
    assert "/move" not in auditor.get("/console/templates/1").text
    assert author.get("/console/templates/9").status_code == 404


def side(browser, **fields):
    return send(browser, "look", headers=[("X-Part", "side")], **fields).text


def fault_beside(page, field):
    found = re.search(rf'data-beside="{field}">([^<]*)<', page.text)
    assert found, field
    return found[1]


def test_an_empty_form_teaches_in_its_own_words_and_reproaches_nobody(house, cast, author):
    page = author.get("/console/cases/new")
    for words in (texts.TEACH, "查找并选择服务商或应用", "勾选措施", "写明认定的事实", "写上联系方式"):
        assert words in page.text, words
    for words in ("“”", "kind", "（facts）", "（contact）", "异议期至", "没有编码"):
        assert words not in page.text.partition("预览</h2>")[2], words
    assert not any(fault_beside(page, name) for name in ("subject", "ground", "measures", "facts", "contact"))


def test_what_is_wrong_stands_beside_its_field_and_what_was_pressed_in_vain_says_what_for(house, cast, author):
    looked = send(author, "look", rectify_days="0", facts="")
    assert "1 到 365" in fault_beside(looked, "rectify_days")
    assert fault_beside(looked, "facts") == ""
    refused = send(author, "submit", facts="", measure="")
    assert fault_beside(refused, "facts") == "写明认定的事实"
    assert "勾选措施" in fault_beside(refused, "measures")
    kept = send(author, "save", facts="", measure="")
    assert fault_beside(kept, "facts") == ""
    assert "勾选措施" in fault_beside(kept, "measures")
    assert "1 到 365" in side(author, deem_days="0")


def test_what_was_written_after_the_form_was_kept_is_never_handed_in_as_if_it_were_in_it(house, cast, author):
    form = author.get("/console/cases/new")
    send(author, "save", page=form)
    again = send(author, "submit", page=form, facts="改过的事实。")
    assert again.status_code == 409
    assert texts.kept_before("V2026-000001") in again.text
    assert "改过的事实。</textarea>" in again.text
    assert case_of(house, "V2026-000001").state is State.DRAFT
    assert send(author, "submit", path="/console/cases/V2026-000001/edit", page=again, facts="改过的事实。").status_code == 303
    case = case_of(house, "V2026-000001")
    assert (case.state, case.facts) == (State.PENDING_APPROVAL, "改过的事实。")
    late = send(author, "submit", page=form, facts="又改过的事实。")
    assert late.status_code == 409
    assert texts.handed_in_before("V2026-000001") in late.text
    assert len(all_of(house.database, "cases")) == 1


def test_a_second_press_of_handing_in_leads_to_the_same_case(house, cast, author):
    form = author.get("/console/cases/new")
    first, second = (send(author, "submit", page=form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] == "/console/cases/V2026-000001?said=submitted"


def test_a_long_code_is_never_cut_to_that_of_another_app(house, cast, author):
    whole, provider = Listing(listed=True, searchable=True, recommended=True), "p" * 60
    with house.database.write() as tx:
        ids = providers.add(tx, [(provider, "丙公司")], product_clock.now())
        apps = [(ids[provider], "a-1", "一号", whole), (ids[provider], "a-10", "十号", whole)]
        providers.add_apps(tx, apps, product_clock.now())
    assert send(author, "save", subject=f"{provider}|a-10").status_code == 303
    with house.database.read() as connection:
        assert providers.app(connection, case_of(house, "V2026-000001").app_id or 0).code == "a-10"


def test_a_draft_from_the_shell_keeps_its_moments_when_it_is_written_on(house, cast, author):
    starts, ends = product_clock.now() + timedelta(days=1), product_clock.now() + timedelta(days=30)
    number = draft(house, cast, finding(measures=(Planned(measure=Measure.CANCEL_SEARCH, starts_at=starts, ends_at=ends),)))
    page = author.get(f"/console/cases/{number}/edit")
    assert f"自 {moment(starts)} 起" in page.text
    kept = dict(re.findall(r'name="((?:starts|until|ends):cancel_search)" value="([^"]*)"', page.text))
    assert send(author, "save", path=f"/console/cases/{number}/edit", page=page, facts="第二稿。", **kept).status_code == 303
    [one] = case_of(house, number).measures
    assert (one.starts_at, one.ends_at) == (starts, ends)
    page = author.get(f"/console/cases/{number}/edit")
    later = {**kept, "ends:cancel_search": (ends + timedelta(days=3)).date().isoformat()}
    assert send(author, "save", path=f"/console/cases/{number}/edit", page=page, **later).status_code == 303
    [one] = case_of(house, number).measures
    assert one.starts_at == starts
    assert one.ends_at
    assert one.ends_at.astimezone(product_clock.SHANGHAI).time().isoformat() == "23:59:59"


def test_a_draft_that_was_changed_meanwhile_says_so_and_one_that_was_handed_in_cannot_be_written_on(house, cast, author):
    number = draft(house, cast)
    path = f"/console/cases/{number}/edit"
    stale = author.get(path)
    send(author, "save", path=path, facts="第二稿。")
    refused = send(author, "save", path=path, page=stale, facts="第三稿。")
    assert texts.STALE in refused.text
    assert "修改" in refused.text.partition('role="alert"')[2].partition("</div>")[0]
    assert send(author, "submit", path=path, page=refused, facts="第三稿。").status_code == 303
    assert case_of(house, number).facts == "第三稿。"
    late = send(author, "save", path=path, page=refused, facts="第四稿。")
    assert texts.no_draft_any_more("待审批") in late.text
    assert "第四稿。" in late.text
    assert send(author, "look", path="/console/cases/V2026-999999/edit", page=stale).status_code == 404


def test_a_template_fills_in_what_is_empty_and_leaves_what_was_typed(house, cast, author):
    send(author, "template", template_name="一", reasons="模板一的理由。", contact="", recovery="模板一的条件。")
    send(author, "template", template_name="二", reasons="模板二的理由。", contact="模板二的电话", recovery="")
    empty = {"reasons": "", "recovery": "", "measure": "", "ground": "", "rectify_days": ""}
    first = send(author, "fill", use="1", template="", facts="我写的事实。", contact="", **empty)
    for words in ("我写的事实。</textarea>", "模板一的理由。</textarea>", 'value="A|app-1" id="kept-subject"', texts.filled("一")):
        assert words in first.text, words
    second = send(author, "fill", use="2", template="1", facts="我写的事实。", contact="我的电话", reasons="模板一的理由。", recovery="")
    for words in ("我写的事实。</textarea>", "模板二的理由。</textarea>", 'value="我的电话"'):
        assert words in second.text, words
    assert "模板一的" not in second.text
    assert all_of(house.database, "cases") == []


def test_a_writer_is_told_whom_the_mail_reaches_and_what_weighs_on_the_app_already(house, cast, author):
    with house.database.write() as tx:
        for admin in providers.admins(tx, 1):
            providers.change_admin(tx, admin, admin.name, "")
    assert texts.NO_MAIL_SET_UP in side(author)
    number = issue(house, cast, finding(ground="2.10"))
    beside = side(author)
    assert texts.in_force([Measure.CANCEL_RECOMMENDATION]) in beside
    assert number in beside
    assert texts.in_force([Measure.CANCEL_RECOMMENDATION]) not in side(author, subject="A|app-2")
    issue(house, cast, permanent(), key="barred")
    assert texts.BARRED in side(author, subject="A|app-2")


def test_of_an_imported_row_only_its_own_measures_are_offered_and_where_it_stands_is_told(house, cast, author):
    row = {"key": "t1", "title": "诱导分享", "wording": "不得诱导分享。", "measures": "取消搜索", "source": "https://example.com/1.png"}
    row |= {"source_date": "2024-06-17", "position": "第 3 行", "checker_one": "author", "checker_two": "approver"}
    grounds.import_grounds(Context(house), sheet.write(ground_texts.COLUMNS, [row]), cast["author"])
    assert 'value="row:t1" data-power="3.1" data-measures="cancel_search"' in author.get("/console/cases/new").text
    looked = side(author, ground="row:t1", reasons="")
    for words in ("不得诱导分享。", "第 3 行", "2024-06-17", "author、approver", "企业微信卡片"):
        assert words in looked, words
    assert "没有“应用下架”这项措施" in side(author, ground="row:t1", measure="delist")


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "'\"><img src=x onerror=1>", "\u202e反\u200b", "长" * 4_000])
def test_hostile_and_long_words_are_shown_as_words(house, cast, author, words):
    looked = side(author, facts=words, reasons=words, recovery=words, contact=words[:200])
    assert "企业微信卡片" in looked
    assert "<script>" not in looked
    assert "<img" not in looked
    assert send(author, "save", facts=words, reasons=words, recovery=words, contact=words[:200]).status_code == 303
    assert case_of(house, "V2026-000001").facts == words.strip()


@pytest.mark.parametrize(("fields", "owed"), [({}, texts.TO_FILL["reasons"]), ({"ground": "5.2", "measure": "suspend_service"}, "")])
def test_a_draft_is_marked_to_be_filled_in_only_where_something_is_owed(house, cast, author, fields, owed):
    assert send(author, "save", reasons="", **fields).status_code == 303
    assert case_of(house, "V2026-000001").reasons == owed


def test_writing_asks_the_database_twenty_times_at_most(house, cast, author):
    number = draft(house, cast)
    issue(house, cast, key="other")
    path, asked = f"/console/cases/{number}/edit", list[str]()
    new, stale = author.get("/console/cases/new"), author.get(path)
    send(author, "save", path=path)
    event.listen(house.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for page in (
        lambda: author.get("/console/cases/new"),
        lambda: author.get(path),
        lambda: author.get("/console/cases/seek?words=a"),
        lambda: send(author, "look", words="a", page=new),
        lambda: send(author, "save", path=path, page=stale, words="a"),
        lambda: author.get("/console/grounds"),
        lambda: author.get(f"/console/cases/{number}/conduct"),
    ):
        asked.clear()
        assert page().status_code in (200, 409)
        assert 0 < len(asked) <= 20, (len(asked), asked)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_or_moment_that_no_case_has_is_refused_and_breaks_nothing(house, cast, author, day):
    moments = {"ends:cancel_search": day, "until:cancel_search": f"{day}T00:00:00+14:00", "starts:cancel_search": f"{day}T00:00:00-14:00"}
    refused = send(author, "save", **moments)
    assert refused.status_code == 409
    assert texts.BAD_ENDS in refused.text
    assert texts.BAD_ENDS in side(author, **moments)


def test_a_press_that_no_button_makes_keeps_nothing(house, cast, author):
    assert send(author, "nonsense").status_code == 200
    assert all_of(house.database, "cases") == []
    assert "x" * 65 not in side(author, facts="x" * 4_000).partition("还没填完")[2].partition("</ul>")[0]

"""The pages about providers, and taking in a file of them."""

import io
import re
import subprocess
import sys

import pytest
from sqlalchemy import event

from bot import clock as product_clock
from bot.actions import provider_pages
from bot.actions import providers as provider_actions
from bot.context import Context
from bot.errors import NotFound
from bot.model import roster, sheet
from bot.model.operator import Role
from bot.model.provider import Address, Listing
from bot.model.texts import console_cases as case_texts
from bot.model.texts import console_providers as texts
from bot.model.texts import providers as provider_texts
from bot.store import providers
from tests.cast import issue, permanent
from tests.flows.processes import environment
from tests.store.rows import all_of
from tests.web.console.visitors import HERE, add, press, signed_in, token


@pytest.fixture
def author(site, house, cast):
    return signed_in(site, house, "author")


def found(browser, **filters):
    page = browser.get("/console/providers", query_string=filters)
    assert page.status_code == 200
    return re.findall(r'class="what" href="/console/providers/of/([^"]+)"', page.text)


PATH = "/console/providers/of/A"
KEYS = {"provider": "name", "app": "app", "admin": "userid"}


def seen(browser, **fields):
    """What the form about this record carries on the page as it is now; "" where the page has no such record."""
    kind = fields["type"]
    own = "" if kind == "provider" else f'name="{KEYS[kind]}" value="{fields[KEYS[kind]]}"'
    for form in re.findall(r"<form .*?</form>", browser.get(PATH).text, re.DOTALL):
        mark = re.search(r'name="seen" value="(\w+)"', form)
        if mark and f'name="type" value="{kind}"' in form and own in form:
            return mark[1]
    return ""


def change(browser, **fields):
    return press(browser, PATH, **{"seen": seen(browser, **fields), **fields})


def bring(browser, *rows, columns=provider_texts.COLUMNS):
    page = browser.get("/console/providers/import")
    raw = sheet.write(columns, rows)
    sent = {"token": token(page), "file": (io.BytesIO(raw), "名单.csv")}
    return browser.post("/console/providers/import", data=sent, headers=HERE)


NEW = {"type": "服务商", "provider": "C", "name": "丙公司"}
ADMIN = {"type": "管理员", "provider": "A", "userid": "chen", "name": "陈晨", "state": "在任"}


def test_providers_are_found_by_their_own_names_their_apps_and_their_admins(house, cast, author):
    assert found(author) == ["A", "B"]
    assert found(author, words="乙") == ["B"]
    assert found(author, words="考勤") == ["A"]
    assert found(author, words="zhaomin") == ["B"]
    assert found(author, words="%") == []
    assert found(author, which="short") == ["B"]
    assert found(author, which="barred") == []
    issue(house, cast, permanent())
    assert found(author, which="barred") == found(author, which="open") == ["A"]
    assert "黑名单" in author.get("/console/providers").text


def test_a_long_list_is_paged(house, cast, author, monkeypatch):
    monkeypatch.setattr(provider_pages, "PAGE", 1)
    first = author.get("/console/providers")
    following = re.search(r'class="more"><a class="button" href="([^"]+)"', first.text)
    assert following
    assert "乙公司" in author.get(following[1]).text


def test_a_page_says_how_its_apps_stand_whom_it_reaches_and_why_it_is_barred(house, cast, author):
    number = issue(house, cast)
    page = author.get("/console/providers/of/A").text
    assert number in page
    assert "王伟" in page
    assert "没有查看过通知" in page
    assert "请在平台上执行" in page
    barring = issue(house, cast, permanent(), key="barred")
    assert f'href="/console/cases/{barring}"' in author.get("/console/providers/of/A").text
    assert author.get("/console/providers/of/none").status_code == 404
    assert author.get("/console/providers/of/%00").status_code == 404


def test_pages_ask_the_database_twenty_times_at_most(house, cast, author):
    issue(house, cast)
    asked = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for path in ("/console/providers", "/console/providers?words=a&which=short", "/console/providers/of/A"):
        asked.clear()
        assert author.get(path).status_code == 200
        assert 0 < len(asked) <= 20, path


def test_one_row_is_changed_by_hand_with_all_that_follows(house, cast, author):
    issue(house, cast)
    assert change(author, type="provider", name="甲乙公司").headers["Location"].endswith("said=saved")
    assert change(author, type="provider", name="甲乙公司").headers["Location"].endswith("said=same")
    assert change(author, type="app", app="app-9", name="新应用", listed="1").headers["Location"].endswith("said=saved")
    assert change(author, type="admin", userid="chen", name="陈晨", mail="chen@example.com").headers["Location"].endswith("said=saved")
    page = author.get("/console/providers/of/A").text
    assert "甲乙公司" in page
    assert "新应用" in page
    assert "chen" in {row.userid for row in all_of(house.database, "deliveries")}  # the open notice is served to who is new
    left = change(author, type="admin", userid="chen", name="陈晨", state="离任")
    assert left.headers["Location"].endswith("said=departed")
    assert "已离任" in author.get("/console/providers/of/A").text


def test_nobody_writes_over_what_a_colleague_changed_meanwhile(site, house, cast, author):
    add(house, "other", [Role.OPERATOR])
    other = signed_in(site, house, "other")
    rows = [
        {"type": "provider", "name": "改名一"},
        {"type": "app", "app": "app-1", "name": "改名一", "listed": "1"},
        {"type": "admin", "userid": "WangWei", "name": "改名一", "mail": "one@example.com"},
    ]
    for row in rows:
        before = seen(author, **row)
        assert before, row
        assert change(other, **row).status_code == 303
        refused = press(author, PATH, **{**row, "name": "改名二"}, seen=before)
        assert refused.status_code == 409
        assert case_texts.STALE in refused.text
        assert 'value="改名二"' in refused.text
        assert 'value="改名一"' not in refused.text or row["type"] != "provider"
        assert change(author, **{**row, "name": "改名二"}).headers["Location"].endswith("said=saved")


def test_a_page_left_open_does_not_bring_back_an_admin_who_left_meanwhile(house, cast, author):
    issue(house, cast)
    row = {"type": "admin", "userid": "WangWei", "name": "王伟", "mail": "new@example.com"}
    before = seen(author, **row)
    assert change(author, type="admin", userid="WangWei", name="王伟", state="离任").headers["Location"].endswith("said=departed")
    queued = len(all_of(house.database, "deliveries"))
    refused = press(author, PATH, **row, seen=before)
    assert refused.status_code == 409
    assert case_texts.STALE in refused.text
    with house.database.read() as connection:
        assert [one.address.userid for one in providers.admins(connection, 1)] == ["li.na"]
    assert len(all_of(house.database, "deliveries")) == queued


@pytest.mark.parametrize(
    "row", [{"type": "app", "app": "app-1", "name": "另一个", "listed": "1"}, {"type": "admin", "userid": "WangWei", "name": "另一个"}]
)
def test_adding_what_is_there_already_changes_nothing(house, cast, author, row):
    refused = press(author, PATH, **row)
    assert refused.status_code == 409
    assert provider_texts.KNOWN in refused.text
    assert "另一个" not in {one["name"] if isinstance(one, dict) else one.name for one in all_of(house.database, f"{row['type']}s")}


def test_a_file_that_lay_for_more_than_a_day_is_not_taken_in(house, cast, author, clock):
    key = bring(author, NEW).headers["Location"].rpartition("/")[2]
    me = cast["author"]
    assert provider_actions.looked_through(Context(house), me, key)[1]
    clock.tick(days=1, seconds=1)
    with pytest.raises(NotFound):
        provider_actions.take_in(Context(house), me, key)
    assert len(all_of(house.database, "providers")) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": "provider", "name": ""}, "“名称”不能为空。"),
        ({"type": "app", "app": "x y", "name": "应用"}, "应用编号"),
        ({"type": "app", "app": "app-b", "name": "应用"}, "属于服务商 B"),
        ({"type": "app", "app": "n", "name": "应用", "recommended": "1"}, "规则 2.7"),
        ({"type": "admin", "userid": "ZhaoMin", "name": "赵敏"}, "现在是服务商 B 的管理员"),
        ({"type": "admin", "userid": "new", "name": "新人", "mail": "none"}, "不是邮箱地址"),
        ({"type": "admin", "userid": "nobody", "name": "无", "state": "离任"}, "没有登记过"),
    ],
)
def test_what_cannot_be_is_told_without_words_about_files_and_lines(house, cast, author, fields, words):
    refused = change(author, **fields)
    assert refused.status_code == 409
    assert words in refused.text
    assert "第 2 行" not in refused.text
    assert len(all_of(house.database, "admins")) == 3


def test_a_file_changes_nothing_before_it_is_confirmed_and_then_what_was_shown(house, cast, author):
    shown = bring(author, NEW, ADMIN)
    assert shown.status_code == 303
    page = author.get(shown.headers["Location"])
    assert "C 丙公司" in page.text
    assert "陈晨 chen（A）" in page.text
    assert len(all_of(house.database, "providers")) == 2
    done = press(author, shown.headers["Location"])
    assert "新增服务商 1，新增管理员 1" in done.text
    assert len(all_of(house.database, "providers")) == 3
    again = press(author, shown.headers["Location"])
    assert again.status_code == 409
    assert texts.GONE in again.text


def test_what_changed_meanwhile_is_shown_before_anything_is_taken_in(house, cast, author):
    shown = bring(author, NEW, {**ADMIN, "userid": "WangWei", "name": "王小伟"}).headers["Location"]
    change(author, type="admin", userid="WangWei", name="王大伟")
    refused = press(author, shown)
    assert refused.status_code == 409
    assert texts.STALE in refused.text
    assert "王大伟" in refused.text
    assert len(all_of(house.database, "providers")) == 2
    assert press(author, shown).status_code == 200
    with house.database.read() as connection:
        assert [one.name for one in providers.admins(connection, 1)] == ["王小伟", "李娜"]


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"\x00", b"a,b\n1", "类型,服务商编号\n服务商,\n".encode()])
def test_a_file_that_is_none_is_told_what_is_wrong_with_it(house, cast, author, raw):
    sent = {"token": token(author.get("/console/providers/import")), "file": (io.BytesIO(raw), "x.csv")}
    refused = author.post("/console/providers/import", data=sent, headers=HERE)
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    assert all_of(house.database, "roster_uploads") == []


def test_a_file_whose_taking_in_is_killed_changes_nothing_and_can_be_taken_in_again(house, cast, author, settings, database):
    shown = bring(author, NEW, ADMIN).headers["Location"]
    key = shown.rpartition("/")[2]
    died = killed(settings, database, "providers.applied:1", key)
    assert died.returncode == -9, died.stderr
    assert len(all_of(house.database, "providers")) == 2
    assert press(author, shown).status_code == 200
    assert len(all_of(house.database, "providers")) == 3


def killed(settings, database, point, key):
    """Take a file in as `author`, in a process that dies at this point."""
    program = (
        "import sys; from datetime import datetime; from bot import clock, failpoint; from bot.actions import providers;"
        "from bot.app import App;"
        "from bot.context import Context; from bot.store import operators; from config.settings import load;"
        "app = App(load()); ctx = Context(app.house)\n"
        "with ctx.read() as c: me = operators.by_login(c, 'author')\n"
        "with clock.freeze(datetime.fromisoformat(sys.argv[3])):\n"
        "    failpoint.arm(sys.argv[1]); providers.take_in(ctx, me, sys.argv[2])"
    )
    hidden = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
    known = {name.upper(): getattr(settings, name).get_secret_value() for name in hidden}
    shown = {
        name.upper(): str(getattr(settings, name)) for name in ("wecom_corpid", "wecom_agentid", "wecom_api_base", "public_url", "data_dir")
    }
    url = database.url.render_as_string(hide_password=False)
    env = environment(**shown, **known, DATABASE_URL=url, ENV_FILE="/dev/null")
    return subprocess.run(
        [sys.executable, "-c", program, point, key, product_clock.now().isoformat()],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_nobody_sees_or_takes_in_a_file_of_somebody_else(site, house, cast, author):
    shown = bring(author, NEW).headers["Location"]
    add(house, "other", [Role.OPERATOR])
    other = signed_in(site, house, "other")
    assert other.get(shown).status_code == 404
    assert press(other, shown).status_code == 409
    assert len(all_of(house.database, "providers")) == 2


def test_who_moves_to_another_provider_is_shown_with_both_and_is_never_at_two(house, cast, author):
    number = issue(house, cast)
    alone = bring(author, {**ADMIN, "userid": "ZhaoMin", "name": "赵敏"})
    assert "现在是服务商 B 的管理员" in alone.text
    rows = [
        {"type": "管理员", "provider": "B", "userid": "ZhaoMin", "state": "离任"},
        {"type": "管理员", "provider": "A", "userid": "ZhaoMin", "name": "赵敏"},
    ]
    shown = bring(author, *rows)
    page = author.get(shown.headers["Location"]).text
    assert "赵敏 ZhaoMin（A）" in page
    assert "赵敏 ZhaoMin（B）" in page
    assert press(author, shown.headers["Location"]).status_code == 200
    with house.database.read() as connection:
        assert [one.address.userid for one in providers.admins(connection, 2)] == []
        assert [one.name for one in providers.admins(connection, 1)] == ["王伟", "李娜", "赵敏"]
    served = [row.userid for row in all_of(house.database, "deliveries") if row.userid == "ZhaoMin"]
    assert served == ["ZhaoMin"], number


def test_more_of_a_provider_on_the_black_list_is_told_before_it_is_taken_in(house, cast, author):
    issue(house, cast, permanent())
    shown = bring(author, ADMIN).headers["Location"]
    told = "在黑名单上（第 4.4 条），名单里新增了管理员 1 人"
    assert told in author.get(shown).text
    done = press(author, shown)
    assert told in done.text
    assert texts.short(1) in done.text


def test_a_provider_that_is_barred_after_one_looked_makes_one_look_again(house, cast, author):
    shown = bring(author, ADMIN).headers["Location"]
    issue(house, cast, permanent())
    refused = press(author, shown)
    assert refused.status_code == 409
    assert texts.STALE in refused.text
    assert len(all_of(house.database, "admins")) == 3


def test_a_file_that_what_is_known_contradicts_by_now_says_so_and_changes_nothing(house, cast, author):
    app = {"type": "应用", "provider": "A", "app": "app-9", "name": "新", "listed": "是", "searchable": "是", "recommended": "否"}
    shown = bring(author, app).headers["Location"]
    with house.database.write() as tx:
        providers.add_apps(tx, [(2, "app-9", "乙的", Listing(listed=True, searchable=True, recommended=False))], product_clock.now())
    for refused in (author.get(shown), press(author, shown)):
        assert refused.status_code == 409
        assert "第 2 行：应用 app-9 属于服务商 B" in refused.text
        assert "导入名单" in refused.text


def test_of_many_odd_rows_the_first_are_told(house, cast, author):
    rows = [{**ADMIN, "userid": f"u{n}", "corpid": "wwother", "agentid": "1"} for n in range(50)]
    page = author.get(bring(author, *rows).headers["Location"]).text
    assert page.count('class="tip"') == 21
    assert "另有 30 处" in page


def test_a_large_file_is_not_read_while_others_wait_to_write(house, cast, author, monkeypatch):
    writing = []
    read = roster.read

    def watched(*given):
        writing.append(house.database.engine.pool.checkedout())
        return read(*given)

    monkeypatch.setattr(roster, "read", watched)
    shown = bring(author, NEW).headers["Location"]
    author.get(shown)
    assert press(author, shown).status_code == 200
    assert set(writing) == {0}


def test_who_is_of_another_app_is_not_called_reachable(house, cast, author):
    with house.database.write() as tx:
        providers.add_admins(tx, [(2, Address("wwother", 1, "sun"), "孙", "")], product_clock.now())
    page = author.get("/console/providers/of/B").text
    assert page.count(texts.ELSEWHERE) == 1
    assert page.count("可送达</span>") == 1

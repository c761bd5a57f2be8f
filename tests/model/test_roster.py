"""The file of providers, apps and admins: read right, or refused by line; and compared with what is known."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserMistake
from bot.model import roster, sheet
from bot.model.provider import Address, Admin, App, Listing, Provider
from bot.model.roster_changes import compare
from bot.model.texts import providers as texts

CORPID, AGENTID = "ww0123456789abcdef", 1000002
HERE = (CORPID, AGENTID)
HEAD = "类型,服务商编号,应用编号,成员账号,名称,邮箱,上架,可搜索,推荐,状态,企业ID,应用AgentID\n"
GOOD = HEAD + ("服务商,A,,,甲公司,,,,,,,\n应用,A,app-1,,日程助手,,是,是,否,,,\n管理员,A,,WangWei,王伟,wang@example.com,,,,在任,,\n")


def read(lines, head=HEAD):
    return roster.read((head + lines).encode(), *HERE)


def refusal(lines, head=HEAD):
    with pytest.raises(UserMistake) as caught:
        read(lines, head)
    return caught.value.say


@dataclass
class Known:
    """What there is before a file; `take` does what a database would do with the changes."""

    providers: list[Provider] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)
    admins: list[Admin] = field(default_factory=list)

    def compare(self, text):
        return compare(roster.read(text.encode(), *HERE), self.providers, self.apps, self.admins, HERE)

    def take(self, text):
        changes = self.compare(text)
        for one in changes.new_providers:
            self.providers.append(Provider(id=len(self.providers) + 1, code=one.code, name=one.name, version=1))
        ids = {provider.code: provider.id for provider in self.providers}
        for one in changes.new_apps:
            number = len(self.apps) + 1
            self.apps.append(App(id=number, provider_id=ids[one.provider], code=one.code, name=one.name, baseline=one.baseline, version=1))
        gone = {admin.id for admin in changes.departed}
        self.admins = [
            admin if admin.id not in gone else _admin(admin.id, admin.provider_id, admin.address, is_active=False) for admin in self.admins
        ]
        for one in changes.new_admins:
            self.admins.append(_admin(len(self.admins) + 1, ids[one.provider], one.address, name=one.name, mail=one.mail or ""))
        return changes


def _admin(number, provider_id, address, *, name="", mail="", is_active=True):
    return Admin(
        id=number,
        provider_id=provider_id,
        address=address,
        name=name,
        mail=mail,
        is_active=is_active,
        unreachable="",
        unreachable_at=None,
    )


@pytest.fixture
def known():
    found = Known()
    found.take(GOOD + "服务商,B,,,乙公司,,,,,,,\n")
    return found


def test_each_kind_of_row_is_read():
    found = roster.read(GOOD.encode(), *HERE)
    assert [(one.line, one.code, one.name) for one in found.providers] == [(2, "A", "甲公司")]
    assert [(one.code, one.baseline) for one in found.apps] == [("app-1", Listing(listed=True, searchable=True, recommended=False))]
    admin = found.admins[0]
    assert (admin.address, admin.name, admin.mail, admin.has_left) == (Address(*HERE, "WangWei"), "王伟", "wang@example.com", False)


def test_english_headers_and_words_do_as_well():
    found = read(
        "Provider,A,,,Firm,,,,,\napp,A,a1,,App,,Yes,TRUE,0,\nadmin,A,,w,W,,,,,Left\n",
        "type,provider,app,userid,name,mail,listed,searchable,recommended,state\n",
    )
    assert found.apps[0].baseline == Listing(listed=True, searchable=True, recommended=False)
    assert found.admins[0].has_left


def test_an_admin_of_another_corp_keeps_the_address_given():
    found = read("管理员,A,,WangWei,王伟,,,,,,wwother,7\n")
    assert found.admins[0].address == Address("wwother", 7, "WangWei")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("公司,A,,,甲,,,,,,,", "只能是服务商、应用或管理员"),
        ("服务商,,,,甲,,,,,,,", "“服务商编号”不能为空"),
        ("服务商,A,,,,,,,,,,", "“名称”不能为空"),
        ("服务商,A,x,,甲,,,,,,,", "服务商行不填“应用编号”"),
        ("服务商,A,,,甲,,,,,在任,,", "服务商行不填“状态”"),
        ("应用,A,,,日程,,是,是,是,,,", "“应用编号”不能为空"),
        ("应用,A,a1,,日程,,是,,是,,,", "“可搜索”不能为空"),
        ("应用,A,a1,,日程,,是,也许,是,,,", "“可搜索”只能填是或否"),
        ("应用,A,a1,,日程,,否,是,否,,,", "2.7"),
        ("应用,A,a1,,日程,,否,否,是,,,", "2.7"),
        ("应用,A,a1,,日程,a@b.cn,是,是,是,,,", "应用行不填“邮箱”"),
        ("管理员,A,,,王伟,,,,,,,", "“成员账号”不能为空"),
        ("管理员,A,,w,,,,,,,,", "“名称”不能为空"),
        ("管理员,A,,w,王伟,,,,,走了,,", "“状态”只能填在任或离任"),
        ("管理员,A,,w,王伟,wang,,,,,,", "不是邮箱地址"),
        ("管理员,A,,w,王伟,a@b.cn\u3000x,,,,,,", "不是邮箱地址"),
        ("管理员,A,,1.23E+11,王伟,,,,,,,", "改写过的数字"),
        ("管理员,A,,张三,王伟,,,,,,,", "只能由字母、数字"),
        ("管理员,A,,a|b,王伟,,,,,,,", "只能由字母、数字"),
        ("管理员,A,,@all,王伟,,,,,,,", "只能由字母、数字"),
        ("管理员,A,,w,王伟,,,,,,wwother,", "要么都填"),
        ("管理员,A,,w,王伟,,,,,,wwother,x7", "应为数字"),
        ("管理员,A,,w," + "王" * 65 + ",,,,,,,", "超过 64 个字"),
        ("管理员,A/B,,w,王伟,,,,,,,", "“服务商编号”只能由"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(line, words):
    say = refusal("服务商,Z,,,好的公司,,,,,,,\n" + line + "\n")
    assert "第 3 行" in say
    assert words in say


def test_all_bad_lines_are_told_at_once():
    say = refusal("公司,A,,,甲,,,,,,,\n服务商,B,,,,,,,,,,\n应用,A,,,日程,,是,是,x,,,\n")
    assert [line.partition("：")[0] for line in say.splitlines()[1:]] == ["第 2 行", "第 3 行", "第 4 行", "第 4 行"]


@pytest.mark.parametrize(
    "lines",
    [
        "服务商,A,,,甲,,,,,,,\n服务商,A,,,甲,,,,,,,\n",
        "应用,A,a1,,一,,是,是,是,,,\n应用,B,a1,,一,,是,是,是,,,\n",
        "管理员,A,,w,王伟,,,,,,,\n管理员,A,,w,王伟,,,,,离任,,\n",
    ],
)
def test_the_same_id_twice_in_one_file_is_refused_with_both_lines(lines):
    say = refusal(lines)
    assert "第 3 行：与第 2 行说的是同一个" in say


def test_one_person_is_not_in_office_at_two_providers():
    say = refusal("管理员,A,,w,王伟,,,,,,,\n管理员,B,,w,王伟,,,,,,,\n")
    assert "第 3 行" in say
    assert "第 2 行是服务商 A 的管理员" in say


def test_one_person_may_leave_one_provider_and_come_to_another_in_one_file():
    assert len(read("管理员,A,,w,,,,,,离任,,\n管理员,B,,w,王伟,,,,,,,\n").admins) == 2


def test_ids_that_differ_in_case_only_are_two_people_worth_a_note(known):
    changes = known.take(HEAD + "管理员,A,,wangwei,汪维,,,,,,,\n")
    assert [one.address.userid for one in changes.new_admins] == ["wangwei"]
    assert "WangWei" in changes.notes[0]
    assert known.compare(GOOD).unchanged == 3


def test_somebody_whom_this_app_cannot_reach_is_worth_a_note(known):
    assert "发不到" in known.compare(HEAD + "管理员,A,,x,某人,,,,,,wwother,7\n").notes[0]


def test_the_same_file_again_changes_nothing(known):
    changes = known.compare(GOOD)
    assert not changes
    assert changes.unchanged == 3


def test_what_differs_is_changed_and_what_is_left_out_stays(known):
    changes = known.compare(HEAD + "应用,A,app-1,,日程助手,,是,否,否,,,\n管理员,A,,WangWei,王伟伟,wang@example.com,,,,,,\n")
    assert [wanted.baseline.searchable for _, wanted in changes.changed_apps] == [False]
    assert [(admin.name, wanted.name) for admin, wanted in changes.changed_admins] == [("王伟", "王伟伟")]
    assert not changes.changed_providers


def test_an_empty_mail_clears_it_and_a_missing_column_does_not(known):
    assert known.compare(HEAD + "管理员,A,,WangWei,王伟,,,,,,,\n").changed_admins
    without = "类型,服务商编号,应用编号,成员账号,名称,上架,可搜索,推荐\n管理员,A,,WangWei,王伟,,,\n"
    assert not known.compare(without)


def test_an_admin_leaves_by_a_row_that_says_so_once(known):
    leaving = HEAD + "管理员,A,,WangWei,,,,,,离任,,\n"
    assert [admin.name for admin in known.take(leaving).departed] == ["王伟"]
    assert not known.compare(leaving)


def test_who_left_may_come_back(known):
    known.take(HEAD + "管理员,A,,WangWei,,,,,,离任,,\n")
    assert len(known.take(GOOD).new_admins) == 1


def test_a_move_to_another_provider_happens_once(known):
    moving = HEAD + "管理员,B,,WangWei,王伟,,,,,,,\n管理员,A,,WangWei,,,,,,离任,,\n"
    changes = known.take(moving)
    assert (len(changes.departed), len(changes.new_admins)) == (1, 1)
    assert not known.compare(moving)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("应用,C,c1,,应用,,是,是,是,,,", "没有服务商 C"),
        ("管理员,C,,x,某人,,,,,,,", "没有服务商 C"),
        ("应用,B,app-1,,日程助手,,是,是,是,,,", "属于服务商 A"),
        ("管理员,B,,WangWei,王伟,,,,,,,", "现在是服务商 A 的管理员"),
        ("管理员,B,,WangWei,,,,,,离任,,", "没有登记过"),
        ("管理员,A,,wangwei,,,,,,离任,,", "区分大小写"),
    ],
)
def test_what_contradicts_what_is_known_is_refused_by_line(known, line, words):
    with pytest.raises(UserMistake) as caught:
        known.compare(HEAD + line + "\n")
    assert "第 2 行" in caught.value.say
    assert words in caught.value.say


NAMES = st.text("甲乙丙=+-@'a ", min_size=1, max_size=8).map(str.strip).filter(bool)
USERIDS = st.text("aA1._-", min_size=1, max_size=4).map(lambda tail: "u" + tail)


@given(
    st.dictionaries(st.sampled_from("ABC"), NAMES, min_size=1),
    st.dictionaries(USERIDS, st.tuples(st.sampled_from("ABC"), NAMES, st.sampled_from(["", "x@example.com"])), max_size=8),
    st.randoms(use_true_random=False),
)
def test_what_is_known_written_as_a_file_in_any_order_changes_nothing(companies, people, shuffle):
    known = Known()
    rows = [{"type": "服务商", "provider": code, "name": name} for code, name in companies.items()]
    rows += [
        {"type": "管理员", "provider": code, "userid": userid, "name": name, "mail": mail}
        for userid, (code, name, mail) in people.items()
        if code in companies
    ]
    known.take(sheet.write(texts.COLUMNS, rows).decode())
    written = list(roster.rows(known.providers, known.apps, known.admins))
    assert len(written) == len(rows)
    shuffle.shuffle(written)
    changes = known.compare(sheet.write(texts.COLUMNS, written).decode())
    assert not changes
    assert changes.unchanged == len(rows)


def test_fifty_thousand_rows_are_read_and_compared_within_seconds():
    lines = [f"服务商,p{number},,,第{number}家公司,,,,,,,\n" for number in range(10_000)]
    lines += [f"管理员,p{number % 10_000},,u{number},某人,,,,,,,\n" for number in range(40_000)]
    random.Random(7).shuffle(lines)
    known = Known()
    assert len(known.compare(HEAD + "".join(lines)).new_admins) == 40_000

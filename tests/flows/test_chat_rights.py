"""Who may what in chat: every command and every button, for six kinds of people, through the sealed callback."""

import re
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from bot import clock as product_clock
from bot.actions import filings, reviews
from bot.actions.filings import Written
from bot.actions.reviews import Decision
from bot.context import Context
from bot.dispatch import Dispatcher
from bot.model.case import Planned
from bot.model.filing import FilingKind
from bot.model.texts import chat_filings as texts
from bot.model.texts import humans as human_texts
from bot.model.texts import my_cases
from bot.model.texts import notices as notice_texts
from bot.store import notices, providers
from bot.store.tables import filings as filing_rows
from bot.store.tables import human_requests, links, media_fetches, receipts
from handlers.routes import CASES, HUMAN, PROGRESS, ROUTES, WANTS
from rules.catalogue import Measure
from tests.cast import AGENTID, CORPID, at, case_of, finding, issue
from tests.platform import Person, Platform, event_of, message_of, text_of
from tests.store.rows import all_of

ELSEWHERE = "wwffffffffffffffff"
OWN, COLLEAGUE = Person(CORPID, AGENTID, "WangWei"), Person(CORPID, AGENTID, "li.na")
OTHER = Person(CORPID, AGENTID, "ZhaoMin")
OUTSIDERS = {
    "another provider's": OTHER,
    "of the same userid in another corp": Person(ELSEWHERE, AGENTID, "WangWei"),
    "departed": Person(CORPID, AGENTID, "former"),
    "a stranger": Person(CORPID, AGENTID, "nobody"),
}
MEASURES = (Planned(measure=Measure.CANCEL_RECOMMENDATION), Planned(measure=Measure.CANCEL_SEARCH))
OURS = re.compile(r"[VROAW]2026-\d{6}|app-[12]|日程助手|考勤助手|/portal/")
CHANGED = (filing_rows, links, receipts, human_requests, media_fetches)

# A command or a kind of message → (what provider A's admins read, what outsiders read).
COMMANDS = {
    **{
        min(words): ("app-1" if want == "reapplication" else "2026-", texts.nothing(want, texts.COMMANDS[want][1]))
        for want, words in WANTS.items()
    },
    min(PROGRESS): ("V2026-000001", my_cases.NOTHING),
    min(CASES): ("V2026-000001", my_cases.NOTHING),
}
# A key, and what provider A's admins read after pressing it. {…} are set by the story below.
KEYS = {
    "show:report::{case}": "{report}",
    "show:objection::{case}": "取消搜索",
    "show:recovery::{case}": "恢复还需要",
    "show:reapplication::{case}": "请先提交整改报告",
    "show:withdrawal:app:app-1": "{withdrawal}",
    "show:reapplication:app:app-1": "重新申请",
    "show:recovery:app:app-1": "重新申请",
    "begin:report::{case}": "{report}",
    "begin:objection::{case}": "每项可以各提出一次异议",
    "begin:objection:cancel_search:{case}": "异议 O2026-000001",
    "begin:reapplication::{case}": "请先提交整改报告",
    "begin:withdrawal:app:app-1": "{withdrawal}",
    "begin:reapplication:app:app-1": "重新申请 A2026-000001",
    "open:filing::{report}": "{report}",
    "open:filing::{withdrawal}": "{withdrawal}",
    "open:case::{case}": "{case}",
    "open:notice::{outcome}": "撤出推荐同意通知",
    "open:home::": "/portal/links/",
}
NOTICE_KEYS = {"receipt": "确认收到", "report": "{report}", "object": "每项可以各提出一次异议", "read": "/portal/links/"}


@dataclass
class Story:
    """numbers: of what there is. task_id: of the notice's card. said: the key of WangWei's question."""

    numbers: dict[str, str]
    task_id: str
    said: str


@pytest.fixture
def callback(make_callback, house, settings):
    """Serves another corp too, so that it is not the envelope that keeps its people out."""
    return make_callback(Dispatcher(house, ROUTES), settings=settings.model_copy(update={"wecom_suite_id": ELSEWHERE}))


@pytest.fixture
def does(callback, settings, house):
    """Let a person do something. Returns all that they read because of it."""

    def do(person, fields):
        before = len(all_of(house.database, "batches"))
        platform = Platform(callback, settings.model_copy(update={"wecom_corpid": person.corpid}))
        answered = platform(fields)
        assert answered.status == 200
        batches = all_of(house.database, "batches")[before:]
        return answered.text + "".join(str(batch.payload) for batch in batches)

    return do


@pytest.fixture
def story(house, cast, does):
    """A case against app-2 with a report begun, app-1 withdrawn, and a question asked."""
    ctx = Context(house)
    with house.database.write() as tx:
        provider = providers.by_code(tx, "A")
        assert provider
        providers.add_admins(tx, [(provider.id, at("former"), "前员工", "")], product_clock.now())
        former = providers.admin_at(tx, at("former"))
        assert former
        providers.depart(tx, former.id, product_clock.now())
    case = issue(house, cast, finding(app="app-2", measures=MEASURES))
    withdrawal = filings.start(ctx, at("WangWei"), FilingKind.WITHDRAWAL, app="app-1")
    filings.submit(ctx, at("WangWei"), withdrawal.number, Written(version=withdrawal.version, words="暂停运营。"), agreed=True)
    reviews.take(ctx, cast["approver"], withdrawal.number)
    reviews.decide(ctx, cast["approver"], withdrawal.number, Decision(action="grant"))
    report = filings.start(ctx, at("WangWei"), FilingKind.REPORT, case=case)
    does(OWN, text_of(OWN, "应用被取消推荐后怎么恢复"))
    said = all_of(house.database, "inbox")[-1].key
    task_id = next(row.task_id for row in all_of(house.database, "notice_batches") if row.task_id)
    with house.database.read() as connection:
        (outcome,) = notices.of_provider(connection, case_of(house, case).provider_id)
    numbers = {"case": case, "report": report.number, "withdrawal": withdrawal.number, "outcome": str(outcome.id)}
    return Story(numbers, task_id, said)


def press(person, key, task_id="way-1"):
    return event_of(person, "template_card_event", EventKey=key, TaskId=task_id, CardType="button_interaction", ResponseCode="code")


def changed(house):
    with house.database.read() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in CHANGED]


def check(house, does, make, words, outside, insiders=(OWN, COLLEAGUE), but=()):
    """The whole row: first those who may nothing, who must leave everything as it was, then those who may. but: left out."""
    for who in [*(one for one in OUTSIDERS.values() if one not in but), *({OWN, COLLEAGUE} - set(insiders))]:
        before = changed(house)
        read = does(who, make(who))
        assert outside in read or (who == OTHER and "报销助手" in read), who
        assert not OURS.search(read), who
        assert changed(house) == before, who
    for who in insiders:
        assert words in does(who, make(who)), who


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(house, does, story, command):
    words, outside = COMMANDS[command]
    check(house, does, lambda who: text_of(who, command), words, outside)


@pytest.mark.parametrize("key", KEYS)
def test_buttons(house, does, story, key):
    named = key.format(**story.numbers)
    but = [OTHER] if key == "open:home::" else []  # everybody who speaks for a provider has a first page
    check(house, does, lambda who: press(who, named), KEYS[key].format(**story.numbers), texts.NOT_YOURS, but=but)


def test_the_first_page_is_ones_own(house, does, story):
    assert "/portal/links/" in does(OTHER, press(OTHER, "open:home::"))
    (link,) = all_of(house.database, "links")
    with house.database.read() as connection:
        assert providers.admin(connection, link.admin_id).address == at("ZhaoMin")


@pytest.mark.parametrize("key", NOTICE_KEYS)
def test_buttons_of_a_notice(house, does, story, key):
    words = NOTICE_KEYS[key].format(**story.numbers)
    check(house, does, lambda who: press(who, key, story.task_id), words, notice_texts.NOT_ADDRESSED)


def test_a_question_is_handed_to_a_person_only_by_who_asked_it(house, does, story):
    key = f"human:{story.said}"
    check(house, does, lambda who: press(who, key), "已转给平台工作人员", human_texts.NOT_YOURS, insiders=(OWN,))


def test_asking_for_a_person_shows_nobody_elses_question(house, does, story):
    command = min(HUMAN)
    check(house, does, lambda who: text_of(who, command), "应用被取消推荐后怎么恢复", human_texts.NOTHING_TO_MARK, insiders=(OWN,))


@pytest.mark.parametrize("kind", ["image", "file"])
def test_pictures_and_files(house, does, story, kind):
    more = {"FileName": "a.pdf"} if kind == "file" else {}
    make = lambda who: message_of(who, kind, MediaId=f"m-{who.corpid}-{who.userid}", **more)  # noqa: E731
    check(house, does, make, f"正在加入整改报告 {story.numbers['report']}", texts.NO_PLACE)


def test_every_command_and_button_stands_in_these_tables():
    public = {"greet", "clause", "contents", "version", "help", "ask_rule", "not_text", "acknowledge", "app_standing"}
    others = {"my_cases", "progress", "ask_human", "filing_card", "confirm_human", "notice_card", "media"}
    broadcasts = {"broadcast", "confirm_broadcast", "broadcast_card"}  # in test_broadcast_chat
    thumbs = {"thumb_up", "thumb_down"}  # of one's own last answer; in tests/handlers and test_questions_asked
    assert {route.name for route in ROUTES} == public | others | broadcasts | thumbs | set(WANTS)
    words = {*COMMANDS, min(HUMAN)}
    assert all(words & every for every in (*WANTS.values(), PROGRESS, CASES, HUMAN))


def test_every_key_that_the_bot_puts_on_a_card_stands_in_these_tables(house, does, story):
    """What own admins are shown, button by button, is what the rows above press."""
    seen = set()
    for command in COMMANDS:
        seen |= set(re.findall(r"'key': '([^']+)'", does(OWN, text_of(OWN, command))))
    known = {key.format(**story.numbers) for key in KEYS} | {f"begin:objection:{one.measure}:{story.numbers['case']}" for one in MEASURES}
    assert seen
    assert seen <= known

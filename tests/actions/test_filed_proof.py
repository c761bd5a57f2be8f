"""Proof of what was handed in and decided: in a case's bundle, in the database, in a backup, and after a duty to delete."""

import json
import zipfile
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bot import files
from bot.actions import audit, backups, bundles, cases, conduct, filings, heads, reviews, withdrawals
from bot.context import Context
from bot.errors import NotFound
from bot.files import Files
from bot.model import bundle
from bot.model.canonical import canonical
from bot.model.filing import FilingKind
from bot.model.signing import Key, new_key
from bot.model.texts import bundles as bundle_texts
from bot.model.texts import trail as texts
from bot.model.trail import HOUSE, by_operator
from bot.store import filed_dossier, trail
from bot.store.database import Database
from tests import tampering
from tests.actions.test_bundles import kinds, pack, read, signed_again
from tests.actions.test_conduct import seen
from tests.cast import case_of, finding, issue, permanent
from tests.way_back import ALL_THREE, PARTS, WANG, ZHAO, decide, filing_of, hand_in, hand_in_about_app, keep, rows_of, started, written

KEY = new_key()
R, OBJECTION = "R2026-000001", "O2026-000001"


@pytest.fixture
def settings(make_settings):
    return make_settings(audit_key=SecretStr(KEY))


@pytest.fixture
def number(house, cast, clock):
    """A case with a report of two rounds, a dismissed objection, a draft, and a file that was taken off between the rounds."""
    number = issue(house, cast, finding(measures=ALL_THREE))
    ctx = Context(house)
    report = hand_in(house, number)
    decide(house, cast["approver2"], report.number, "send_back", reasons="总的意见", remarks={"2.9": "请补充时间"})
    filings.detach(ctx, WANG, report.number, report.files[0].id)
    filings.attach(ctx, WANG, report.number, "2.9", "第二张.png", keep(house, b"second"))
    filings.submit(ctx, WANG, report.number, written(filing_of(house, report.number), words="第二稿"))
    objection = hand_in(house, number, FilingKind.OBJECTION, measure=ALL_THREE[2].measure)
    decide(house, cast["approver2"], objection.number, "dismiss", reasons="核查无误")
    draft = started(house, number, FilingKind.OBJECTION, measure=ALL_THREE[1].measure)
    filings.save(ctx, WANG, draft.number, written(draft, words="还没有提交的话"))
    cases.add_note(ctx, cast["author"], number, "绝不外传的内部备注")
    clock.tick(days=1)
    heads.make(ctx)
    return number


@pytest.fixture
def export(house, cast, tmp_path):
    def write(number, name="case.zip"):
        bundles.export(Context(house), cast["auditor"], number, tmp_path / name)
        return tmp_path / name

    return write


def clean(file):
    return kinds(file, [Key(KEY).public])


def changed(members, change):
    """The bundle with filings.json changed, signed with our own key."""
    filed = json.loads(members["filings.json"])
    change(filed)
    return pack(signed_again({**members, "filings.json": canonical(filed)}, KEY))


# Bundles


def test_a_bundle_holds_every_round_its_outcome_its_notice_and_its_files(house, export, number):
    file = export(number)
    assert clean(file) == set()
    members = read(file)
    report, objection = json.loads(members["filings.json"])
    assert [(one["number"], one["state"], one["measure"]) for one in (report, objection)] == [
        (R, "submitted", None),
        (OBJECTION, "dismissed", "delist"),
    ]
    first, second = report["rounds"]
    assert (first["outcome"], first["reasons"], first["remarks"], first["by"]) == ("send_back", "总的意见", {"2.9": "请补充时间"}, "王伟")
    assert f"notices/{first['notice']}.json" in members
    assert (second["outcome"], second["content"]["words"]) == ("", "第二稿")
    assert first["content"]["items"][0]["done"] == PARTS["done"]
    assert len(report["files"]) == 2
    for one in report["files"]:
        assert members[bundle.filed_name(one)] == Files.of(house.settings).open(one["sha256"]).read()


def test_a_bundle_holds_no_draft_no_private_note_and_no_link(export, number):
    for name, raw in read(export(number)).items():
        for never in ("还没有提交的话", "绝不外传", "request_key"):
            assert never.encode() not in raw, name
        for link in raw.split(b"/portal/links/")[1:]:
            assert link.startswith("…".encode())


def test_the_page_shows_what_was_handed_in_and_escapes_it(house, cast, export, clock):
    number = issue(house, cast)
    filing = started(house, number)
    filings.attach(Context(house), WANG, filing.number, "", "<b>.png", keep(house))
    filings.submit(Context(house), WANG, filing.number, written(filing, words="<script>alert(1)</script>"))
    decide(house, cast["approver"], filing.number, "need_more", reasons="<i>请补充</i>")
    page = read(export(number))[bundle.PAGE].decode()
    for shown in ("整改报告 R2026-000001", "第 1 次提交", "整改措施", PARTS["done"], "要求补充", "&lt;i&gt;请补充", "&lt;b&gt;.png"):
        assert shown in page
    for never in ("<script", "<i>", "<b>"):
        assert never not in page


def test_every_event_of_the_story_has_words_on_the_page(house, cast, export, number):
    decide(house, cast["approver"], R, "accept")
    reviews.look_after(Context(house))
    events = json.loads(read(export(number))["events.json"])
    assert [event["action"] for event in events if bundle_texts.action(event["action"]) == event["action"]] == []


def test_a_file_too_large_is_named_by_its_hash_alone(house, cast, export, clock, monkeypatch):
    monkeypatch.setattr(filed_dossier, "_MOST_FILE_BYTES", 80)
    number = issue(house, cast)
    filing = started(house, number)
    filings.attach(Context(house), WANG, filing.number, "", "large.png", keep(house, bytes(100)))
    filings.submit(Context(house), WANG, filing.number, written(filing))
    file = export(number)
    assert clean(file) == set()
    (report,) = json.loads(read(file)["filings.json"])
    assert [one["is_included"] for one in report["files"]] == [True, False]
    assert "没有收入本包" in read(file)[bundle.PAGE].decode()


def test_bytes_that_are_gone_leave_no_half_bundle(house, export, number, tmp_path):
    for one in rows_of(house, "filing_files"):
        (files.folder(house.settings) / one["sha256"][:2] / one["sha256"]).unlink()
    with pytest.raises(NotFound):
        export(number)
    assert not (tmp_path / "case.zip").exists()


def _words(filed):
    filed[0]["rounds"][0]["content"]["items"][0]["done"] = "别的话"


def _digest(filed):
    filed[0]["rounds"][0]["sha256"] = "0" * 64


def _reasons(filed):
    filed[0]["rounds"][0]["reasons"] = "别的意见"


def _remarks(filed):
    filed[0]["rounds"][0]["remarks"] = {}


def _outcome(filed):
    filed[1]["rounds"][0]["outcome"] = "uphold"


def _undecided(filed):
    filed[1]["rounds"][0]["outcome"] = ""


def _state(filed):
    filed[1]["state"] = "upheld"


def _no_round(filed):
    del filed[0]["rounds"][0]


def _one_more(filed):
    filed[0]["rounds"].append({**filed[0]["rounds"][1], "round": 3})


def _no_filing(filed):
    del filed[1]


def _no_file(filed):
    filed[0]["files"].pop()


def _notice(filed):
    filed[0]["rounds"][0]["notice"] = "V2026-000001-9"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_words, {"round_changed"}),
        (_digest, {"round_changed"}),
        (_reasons, {"decision_changed"}),
        (_remarks, {"decision_changed"}),
        (_outcome, {"decision_changed"}),
        (_undecided, {"decision_changed"}),
        (_state, {"filing_changed"}),
        (_no_round, {"round_gone"}),
        (_one_more, {"round_unknown"}),
        (_no_filing, {"round_gone", "filing_gone"}),
        (_no_file, {"filed_file_gone", "member_unknown"}),
        (_notice, {"notice_unknown"}),
    ],
)
def test_a_forger_with_our_own_key_meets_the_chain(export, number, change, found):
    assert clean(changed(read(export(number)), change)) == found


def test_a_changed_file_is_found_even_if_the_manifest_is_made_to_fit(export, number):
    members = read(export(number))
    name = next(name for name in members if name.startswith(bundle.FILED))
    assert clean(pack(signed_again({**members, name: b"another"}, KEY))) == {"filed_file_spoilt"}


@pytest.mark.parametrize("form", [b"{}", b'["x"]', b'[{"number":1}]', b"["])
def test_a_list_of_another_form_is_no_bundle(export, number, form):
    assert clean(pack(signed_again({**read(export(number)), "filings.json": form}, KEY))) == {"bundle_malformed"}


def test_a_bundle_of_before_there_were_hand_ins_still_verifies(house, cast, export, clock):
    members = read(export(issue(house, cast)))
    manifest = json.loads(members[bundle.MANIFEST])
    del members["filings.json"]
    old = {**members, bundle.MANIFEST: canonical({**manifest, "version": 1})}
    assert clean(pack(signed_again(old, KEY))) == set()


def test_an_old_version_hides_no_hand_in(export, number):
    members = read(export(number))
    manifest = json.loads(members[bundle.MANIFEST])
    del members["filings.json"]
    old = {**members, bundle.MANIFEST: canonical({**manifest, "version": 1})}
    assert {"round_gone", "filing_gone"} <= clean(pack(signed_again(old, KEY)))


# The database


@pytest.fixture
def examine(house):
    """What verification finds, as (chain, kind, detail)."""

    def findings():
        opened = Files.of(house.settings).open
        found = audit.examine(house.database, heads.folder(house.settings), {Key(KEY).public}, opened=opened)
        for problem in found.problems:
            assert "{" not in texts.problem(problem)
        return [(problem.chain, problem.kind, problem.detail) for problem in found.problems]

    return findings


def run(house, statement, **values):
    with tampering.free_hand(house.database) as tx:
        tx.execute(text(statement), values)


def as_text(house, column):
    return f"CAST({column} AS TEXT)", "" if house.database.is_sqlite else "::jsonb"


def test_what_nobody_touched_is_intact_with_the_withdrawals_on_the_house_chain(house, cast, number, examine):
    withdrawal = hand_in_about_app(house, "app-b", by=ZHAO)
    decide(house, cast["approver"], withdrawal.number, "grant")
    withdrawals.confirm(Context(house), cast["author"], withdrawal.number)
    reviews.take(Context(house), cast["approver"], R)
    assert examine() == []
    run(house, "UPDATE filings SET state = 'refused' WHERE number = :number", number=withdrawal.number)
    assert examine() == [(HOUSE, "filing_changed", withdrawal.number)]


def test_a_changed_round_is_found(house, number, examine):
    told, jsonb = as_text(house, "content")
    run(house, f"UPDATE filing_rounds SET content = replace({told}, '功能', '性能'){jsonb} WHERE round = 1")
    found = examine()
    assert (number, "round_changed", f"{R} 1") in found
    assert {kind for _, kind, _ in found} == {"round_changed"}


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ("UPDATE filing_rounds SET sha256 = 'x' WHERE round = 2", ("round_changed", f"{R} 2")),
        ("DELETE FROM filing_rounds WHERE round = 2", ("round_gone", f"{R} 2")),
        ("UPDATE filing_rounds SET round = 7 WHERE round = 2", ("round_gone", f"{R} 2")),
        ("UPDATE filing_rounds SET reasons = 'x' WHERE outcome = 'send_back'", ("decision_changed", f"{R} 1")),
        ("UPDATE filing_rounds SET outcome = 'accept' WHERE outcome = 'send_back'", ("decision_changed", f"{R} 1")),
        ("UPDATE filing_rounds SET remarks = '{}' WHERE outcome = 'send_back'", ("decision_changed", f"{R} 1")),
        ("UPDATE filing_rounds SET outcome = 'accept', decided_at = submitted_at WHERE round = 2", ("decision_unknown", f"{R} 2")),
        ("UPDATE filings SET state = 'upheld' WHERE number = 'O2026-000001'", ("filing_changed", OBJECTION)),
        ("DELETE FROM filings WHERE number = 'O2026-000001'", ("filing_gone", OBJECTION)),
        ("DELETE FROM filing_files WHERE round = 2", None),
    ],
)
def test_what_was_changed_by_hand_is_found(house, number, examine, change, wanted):
    run(house, change)
    found = [(kind, detail) for _, kind, detail in examine()]
    assert (wanted or ("filed_file_gone", f"{R} {json.loads(_content(house, 2))['files'][0]['sha256']}")) in found


def _content(house, count):
    return json.dumps(next(row["content"] for row in rows_of(house, "filing_rounds") if row["round"] == count))


def test_bytes_that_are_gone_or_others_are_found_unless_they_were_destroyed_in_time(house, number, examine):
    digest = next(row["sha256"] for row in rows_of(house, "filing_files") if row["round"] == 1)
    path = files.folder(house.settings) / digest[:2] / digest
    whole = path.read_bytes()
    path.write_bytes(b"another")
    assert examine() == [("", "filed_file_spoilt", f"{R} {digest}")]
    path.unlink()
    assert examine() == [("", "filed_file_spoilt", f"{R} {digest}")]
    run(house, "UPDATE filing_files SET destroyed_at = added_at WHERE sha256 = :digest", digest=digest)
    assert examine() == []
    assert whole


# Duty to delete


def destroy(house, action, count=1):
    with house.database.snapshot() as snapshot:
        event = next(
            one for one in trail.read(snapshot) if one.action == action and one.content["filing"] == R and one.content["round"] == count
        )
    with house.database.write() as tx:
        trail.destroy_personal(tx, by_operator("author"), event, "R-7", case_id=filing_of(house, R).case_id)


def test_what_is_destroyed_on_the_trail_is_destroyed_in_its_round_and_verifies(house, number, examine, export):
    for action, count in (("filed", 1), ("decided", 1), ("filed", 2)):
        destroy(house, action, count)
    assert examine() == []
    rounds = [row for row in rows_of(house, "filing_rounds") if row["filing_id"] == filing_of(house, R).id]
    assert [(row["content"], row["reasons"], row["remarks"]) for row in rounds] == [({}, "", {}), ({}, "", {})]
    filing = filing_of(house, R)
    assert (filing.words, filing.items[0].done) == ("", "")
    assert [row["name"] for row in rows_of(house, "filing_files") if row["round"]] == [
        row["sha256"] for row in rows_of(house, "filing_files") if row["round"]
    ]
    file = export(number)
    assert clean(file) == set()
    assert PARTS["done"] not in read(file)["filings.json"].decode() + read(file)["events.json"].decode()
    assert "内容已按规定销毁" in read(file)[bundle.PAGE].decode()


def test_words_that_come_back_after_they_were_destroyed_are_found(house, number, examine):
    destroy(house, "decided")
    run(house, "UPDATE filing_rounds SET reasons = 'x' WHERE outcome = 'send_back'")
    assert [kind for _, kind, _ in examine()] == ["decision_changed"]


# Backup


@pytest.mark.parametrize("into", ["sqlite"])
def test_a_backup_brings_everything_back_and_it_verifies(house, number, tmp_path, make_settings, into):
    file = tmp_path / "all.backup"
    backups.back_up(house.database, house.settings, file)
    settings = make_settings(data_dir=tmp_path / "restored", audit_key=SecretStr(KEY))
    target = Database(f"{into}:///{tmp_path / 'restored' / 'bot.db'}")
    summary = backups.restore(target, settings, file)
    assert summary.missing == 0
    restored = replace(house, settings=settings, database=target)
    for table in ("filings", "filing_items", "filing_files", "filing_rounds"):
        assert rows_of(restored, table) == rows_of(house, table)
    opened = Files.of(settings).open
    assert audit.examine(target, heads.folder(settings), {Key(KEY).public}, opened=opened).problems == []
    target.dispose()


def test_a_backup_says_how_many_files_are_missing(house, number, tmp_path):
    for row in rows_of(house, "filing_files")[:1]:
        (files.folder(house.settings) / row["sha256"][:2] / row["sha256"]).unlink()
    assert backups.back_up(house.database, house.settings, tmp_path / "all.backup").missing == 1
    with zipfile.ZipFile(tmp_path / "all.backup") as archive:
        assert archive.testzip() is None


def test_a_case_that_sprang_from_another_names_it(house, cast, export, number):
    seen(house, cast, number)
    case = conduct.propose(Context(house), cast["author"], number, permanent(), "key")
    members = read(export(case.number, "4.4.zip"))
    assert json.loads(members["case.json"])["sprang_from"] == number
    assert case_of(house, case.number).sprang_from_id is not None

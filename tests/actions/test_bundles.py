import hashlib
import io
import json
import random
import struct
import zipfile
import zlib

import pytest
from pydantic import SecretStr

from bot import clock as product_clock
from bot import files
from bot.actions import bundles, cases, heads
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.files import Files
from bot.model import bundle
from bot.model.canonical import canonical
from bot.model.signing import Key, new_key
from bot.model.texts import trail as texts
from bot.model.trail import SYSTEM
from bot.store import cases as case_rows
from bot.store import dossier, evidence, operators, trail
from tests.cast import draft, finding, issue, permanent
from tests.platform import event_of


def png(noise):
    """A picture of noise."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 100, len(noise) // 101, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(noise)), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(raw)) + kind + raw + struct.pack(">I", zlib.crc32(kind + raw)) for kind, raw in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


KEY = new_key()
PUBLIC = Key(KEY).public
PICTURE = png(random.Random(7).randbytes(70_000))
WORDS = "说明".encode()


@pytest.fixture
def settings(make_settings):
    return make_settings(audit_key=SecretStr(KEY))


@pytest.fixture
def ctx(house):
    return Context(house)


@pytest.fixture
def wecom(wecom):
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"
    return wecom


@pytest.fixture
def served(house, cast, wecom, run_worker, post, wang, clock):
    """The number of a case with two evidence files, issued, sent, confirmed by one of two admins, and closed in a daily head."""
    number = issue(house, cast, finding())
    add_evidence(house, number)
    run_worker()
    card = next(sent.shown_to("WangWei") for sent in wecom.outbox.sent.values())
    code = wecom.outbox.issue_code(next(iter(wecom.outbox.sent)), "WangWei")
    post(
        event_of(wang, "template_card_event", EventKey="receipt", TaskId=card["task_id"], CardType="button_interaction", ResponseCode=code)
    )
    run_worker()
    cases.add_note(Context(house), cast["author"], number, "绝不外传的内部备注")
    clock.tick(days=1)
    heads.make(Context(house))
    return number


def add_evidence(house, number):
    for name, raw in (("截图 <1>.PNG", PICTURE), ("../../etc/说明.txt", WORDS)):
        kept = Files.of(house.settings).put(io.BytesIO(raw), name, max_bytes=1 << 20)
        with house.database.write() as tx:
            case = case_rows.by_number(tx, number)
            evidence.add(
                tx,
                case.id,
                name=name,
                media_type=kept.media_type,
                length=kept.bytes,
                sha256=kept.sha256,
                added_by=case.author_id,
                now=product_clock.now(),
            )
            trail.record(tx, SYSTEM, "evidence", {"sha256": kept.sha256}, case_id=case.id, personal={"name": name})


@pytest.fixture
def export(ctx, cast, tmp_path):
    """Export a case. Returns the file."""

    def write(number, name="case.zip", by=ctx):
        bundles.export(by, cast["auditor"], number, tmp_path / name)
        return tmp_path / name

    return write


def kinds(file, trusted=(PUBLIC,)):
    with io.BytesIO(file) if isinstance(file, bytes) else file.open("rb") as opened:
        found = bundle.check(opened, trusted)
    for problem in found.problems:
        assert texts.problem(problem)
    return {problem.kind for problem in found.problems}


def read(file):
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    return made.getvalue()


def signed_again(members, key):
    """The members with a manifest that fits them, signed by whoever has `key`: what a forger would make."""
    manifest = json.loads(members[bundle.MANIFEST])
    manifest["members"] = {
        name: hashlib.sha256(raw).hexdigest() for name, raw in members.items() if name not in (bundle.MANIFEST, bundle.SIGNATURE)
    }
    manifest["key"] = Key(key).public
    raw = canonical(manifest)
    return {**members, bundle.MANIFEST: raw, bundle.SIGNATURE: Key(key).sign(raw).encode()}


def test_a_bundle_verifies_without_the_database(export, served):
    with export(served).open("rb") as file:
        found = bundle.check(file, [PUBLIC])
    assert found.problems == []
    assert (found.number, found.heads, found.key_id, found.is_trusted) == (served, ["2026-03-02"], Key(KEY).id, True)
    assert found.events > 6


def test_it_holds_the_notice_bytes_the_answers_the_receipt_and_the_files(export, served):
    members = read(export(served))
    notice = f"notices/{served}-1.json"
    told = [event["content"] for event in json.loads(members["events.json"]) if event["action"] == "notice"]
    assert [content["sha256"] for content in told] == [hashlib.sha256(members[notice]).hexdigest()]
    sent = json.loads(members["deliveries.json"])
    first = next(batch for batch in sent if batch["step"] == "card")
    assert {one["userid"] for one in first["to"]} == {"WangWei", "li.na"}
    assert all(one["attempts"][0]["msgid"] for one in first["to"])
    assert first["payload"]["msgtype"] == "template_card"
    assert [one["userid"] for one in json.loads(members["receipts.json"])] == ["WangWei"]
    assert PICTURE in members.values()
    assert json.loads(members["events.json"])[-1]["action"] == "export"


def test_private_notes_and_links_never_go_in(export, served, ctx, cast):
    file = export(served)
    for name, raw in read(file).items():
        assert "内部备注".encode() not in raw or name == bundle.PAGE, name
        assert "绝不外传".encode() not in raw, name
        assert b"request_key" not in raw, name
        assert b"response_code" not in raw or name == "deliveries.json"
        for link in raw.split(b"/portal/links/")[1:]:
            assert link.startswith("…".encode())


def test_the_page_shows_the_case_and_escapes_what_people_wrote(export, ctx, house, cast, served):
    page = read(export(served))[bundle.PAGE].decode()
    assert "截图 &lt;1&gt;.PNG" in page
    assert "截图 <1>" not in page
    assert "<script" not in page
    for shown in (served, "王伟", "平台受理", "在卡片上确认", Key(KEY).id):
        assert shown in page


def test_a_case_in_any_state_can_be_exported(export, ctx, house, cast):
    first = draft(house, cast)
    revoked = issue(house, cast, permanent(), key="second")
    cases.revoke(ctx, cast["approver"], revoked, "认定有误")
    for number, shown in ((first, "没有发出过通知"), (revoked, "已撤销")):
        file = export(number, f"{number}.zip")
        assert kinds(file) == set()
        assert shown in read(file)[bundle.PAGE].decode()


def test_the_same_state_makes_the_same_bytes(ctx, served, database, tmp_path):
    with database.snapshot() as snapshot:
        told = dossier.read(snapshot, served)
        chain = list(trail.read(snapshot, served))
    made = []
    for _ in range(2):
        file = io.BytesIO()
        bundles._pack(file, told, chain, [], Key(KEY), Files.of(ctx.settings))
        made.append(file.getvalue())
    assert made[0] == made[1]


def test_exporting_is_on_the_trail_and_a_later_bundle_tells_of_the_first(export, served):
    export(served)
    events = json.loads(read(export(served, "again.zip"))["events.json"])
    assert [event["actor"] for event in events if event["action"] == "export"] == ["operator:auditor"] * 2


def test_somebody_who_was_disabled_exports_nothing(ctx, cast, served, tmp_path):
    with ctx.transaction() as tx:
        operators.move(tx, cast["auditor"], is_active=False)
    with pytest.raises(UserMistake):
        bundles.export(ctx, cast["auditor"], served, tmp_path / "case.zip")


def test_no_such_case_writes_nothing(export, tmp_path, cast):
    with pytest.raises(NotFound):
        export("V2026-999999")
    assert list(tmp_path.glob("*.zip*")) == []


def test_evidence_that_is_gone_leaves_no_half_bundle(ctx, cast, served, tmp_path):
    digest = hashlib.sha256(PICTURE).hexdigest()
    (files.folder(ctx.settings) / digest[:2] / digest).unlink()
    with pytest.raises(NotFound):
        bundles.export(ctx, cast["auditor"], served, tmp_path / "case.zip")
    assert [file.name for file in tmp_path.iterdir() if "case" in file.name] == []


def test_a_changed_byte_anywhere_is_found(export, served):
    """In the file as it is, and in the content of each member."""
    file = export(served)
    whole, luck = file.read_bytes(), random.Random(3)
    members = read(file)
    for name, raw in members.items():
        place = luck.randrange(len(raw))
        spoilt = raw[:place] + bytes([raw[place] ^ 1 << luck.randrange(8)]) + raw[place + 1 :]
        assert kinds(pack({**members, name: spoilt})) != set(), name
    for _ in range(200):
        place = luck.randrange(len(whole))
        spoilt = whole[:place] + bytes([whole[place] ^ 1 << luck.randrange(8)]) + whole[place + 1 :]
        # A zip has bytes that stand for nothing, such as dates: what was not found must not have changed what is read.
        assert kinds(spoilt) or read(io.BytesIO(spoilt)) == members, place


def test_a_member_missing_added_or_renamed_is_found(export, served):
    members = read(export(served))
    for name in members:
        rest = {other: raw for other, raw in members.items() if other != name}
        assert kinds(pack(rest)) != set(), name
        assert kinds(pack({**rest, "renamed.json": members[name]})) != set(), name
    assert kinds(pack({**members, "extra.json": b"{}"})) == {"member_unknown"}


@pytest.mark.parametrize("trusted", [[PUBLIC], []])
def test_a_bundle_signed_by_another_is_told_from_ours(export, served, trusted):
    members = read(export(served))
    assert kinds(pack(signed_again(members, new_key())), trusted) == {"manifest_untrusted" if trusted else "head_untrusted"}


def test_a_forger_with_our_own_key_still_meets_the_chain(export, served):
    """Who can sign can't make the parts agree without writing the chain anew, and that the heads show."""
    members = read(export(served))
    events = json.loads(members["events.json"])
    cut = signed_again({**members, "events.json": canonical(events[:-1])}, KEY)
    assert kinds(pack(cut)) == {"case_differs"}
    other = signed_again({**members, "events.json": canonical([{**events[0], "actor": "operator:li"}, *events[1:]])}, KEY)
    assert kinds(pack(other)) == {"changed"}
    notice = f"notices/{served}-1.json"
    assert kinds(pack(signed_again({**members, notice: members[notice] + b" "}, KEY))) == {"notice_changed"}
    assert kinds(pack(signed_again({**members, "receipts.json": b"[]"}, KEY))) == {"receipt_gone"}
    case = json.loads(members["case.json"])
    case["evidence"][0]["sha256"] = "0" * 64
    assert kinds(pack(signed_again({**members, "case.json": canonical(case)}, KEY))) == {
        "member_missing",
        "member_unknown",
        "evidence_gone",
        "evidence_unknown",
    }


def test_a_bundle_without_a_key_says_that_nobody_signed_it(export, served, ctx, house):
    from dataclasses import replace

    unsigned = Context(replace(house, settings=ctx.settings.model_copy(update={"audit_key": None})))
    file = export(served, by=unsigned)
    assert "manifest_unsigned" in kinds(file, ())


HOSTILE = {
    "nothing": b"",
    "no zip": b"x" * 1_000,
    "empty zip": pack({}),
    "no manifest": pack({"a.json": b"{}"}),
    "manifest of another form": pack({"manifest.json": b"[]"}),
    "manifest of another kind": pack(
        {"manifest.json": canonical({"kind": "x", "version": 1, "number": "", "key": "", "chain": {}, "members": {}})}
    ),
    "deep": pack({"manifest.json": b"[" * 100_000}),
    "path upwards": pack({"../manifest.json": b"{}"}),
    "absolute path": pack({"/etc/passwd": b"{}"}),
    "backslash": pack({"a\\b": b"{}"}),
    "hidden": pack({".profile": b"{}"}),
    "folder": pack({"heads/": b""}),
    "many": pack({f"a{number}": b"" for number in range(10_001)}),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_bundle_is_refused(raw):
    assert kinds(raw) == {"bundle_malformed"}


def test_one_name_twice_is_refused(export, served):
    made = io.BytesIO(export(served).read_bytes())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(made, "a") as archive:
        archive.writestr("case.json", b"{}")
    assert kinds(made.getvalue()) == {"bundle_malformed"}


def test_a_zip_bomb_is_refused_before_it_is_read(tmp_path):
    """A gibibyte of zeros in a mebibyte, where only text should be; and members that claim more than any bundle has."""
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("manifest.json", "w") as member:
        for _ in range(300):
            member.write(bytes(1 << 20))
    assert kinds(file) == {"bundle_malformed"}
    claims = pack({f"a{number}": b"" for number in range(3)})
    grown = claims.replace(b"\0" * 8 + b"\x02\0", b"\xfe\xff\xff\xff" * 2 + b"\x02\0")
    assert grown != claims
    assert kinds(grown) == {"bundle_malformed"}

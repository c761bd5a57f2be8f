"""Uploads as nobody should send them: names that mean something elsewhere, nothing at all, places and tokens that are wrong."""

import io
import re
from urllib.parse import quote, unquote

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from bot.actions import filings, uploads
from bot.context import Context
from bot.files import Files
from bot.model.filing import FilingKind
from bot.model.texts import files as texts
from tests.test_file_looks import MP4, PNG
from tests.way_back import LI, WANG, ZHAO, filing_of, rows_of
from tests.web.visitors import enter, token

NAMES = {
    "a path": "../../../../etc/cron.d/截图.png",
    "a path of another system": "..\\..\\Windows\\截图.png",
    "only a path": "../../",
    "dots": "..",
    "spaces": "   ",
    "4 KB": "名" * 1_366 + ".png",
    "4 KB of one letter": "x" * 4_096,
    "4 KB of endings": ".png" * 1_024,
    "emoji": "😀🏳️\u200d🌈👨\u200d👩\u200d👧.png",
    "right to left": "a\u202egnp.exe",
    "Arabic": "صورة من الشاشة.png",
    "marks of direction": "\u200f\u2067\u061c截图.png",
    "markup": "<script>alert(1)</script>.png",
    "a template": "{{ config }}{% raw %}.png",
    "quotes": "a\"; filename*=UTF-8''b.html; x=\".png",
    "a shell": "a;$(reboot)`id`|&.png",
    "already quoted": "%2e%2e%2f%00.png",
    "a device": "con.png",
    "a hidden file": ".htaccess",
    "control characters": "a\x01\x1b[31m\x7fb.png",
}


@pytest.fixture
def settings(make_settings):
    return make_settings(wecom_trusted_domain=True, public_url="http://127.0.0.1:9")


@pytest.fixture
def draft(house, issued):
    return filings.start(Context(house), WANG, FilingKind.REPORT, case=issued).number


@pytest.fixture
def wang(site, draft):
    return enter(site, "WangWei", f"/portal/filings/{draft}")


@pytest.fixture
def head(wang, draft):
    """What the page's script sends with all it asks."""
    return {"X-Form-Token": token(wang.get(f"/portal/filings/{draft}"))}


@pytest.fixture
def begin(wang, draft, head):
    """Announce a file. Returns the answer."""

    def ask(size, name="截图.png", clause="2.9"):
        fields = {"name": name, "size": str(size), "clause": clause}
        return wang.post(f"/portal/filings/{draft}/uploads", data=fields, headers=head)

    return ask


def by_form(browser, house, number, head, raw, name):
    """A whole file as a browser sends it: the name goes over the line as it is, but for quotes and line ends."""
    edge, named = "--edge", name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    fields = {"token": head["X-Form-Token"], "version": str(filing_of(house, number).version)}
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n' for field, value in fields.items()]
    parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="file:2.9"; filename="{named}"\r\n\r\n')
    body = "".join(parts).encode("utf-8", "surrogatepass") + raw + f"\r\n--{edge}--\r\n".encode()
    return browser.post(f"/portal/filings/{number}/files", data=body, content_type=f"multipart/form-data; boundary={edge}")


def in_blocks(browser, number, head, raw, name):
    kind = "application/x-www-form-urlencoded"
    said = f"name={quote(name.encode('utf-8', 'surrogatepass'), safe='')}&size={len(raw)}&clause=2.9"
    begun = browser.post(f"/portal/filings/{number}/uploads", data=said, content_type=kind, headers=head)
    if begun.status_code != 200:
        return begun
    key = begun.json["token"]
    assert browser.put(f"/portal/uploads/{key}?offset=0", data=raw, headers=head).status_code == 200
    return browser.post(f"/portal/uploads/{key}/finish", headers=head)


def lie(house):
    """Everything in the folder of this test but the database, relative to it."""
    root = house.settings.data_dir
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and "bot.db" not in path.name)


@pytest.mark.parametrize("way", ["form", "blocks"])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_only_shown_and_never_obeyed(house, wang, draft, head, name, way):
    answer = by_form(wang, house, draft, head, PNG, name) if way == "form" else in_blocks(wang, draft, head, PNG, name)
    assert answer.status_code == (303 if way == "form" else 200)
    (file,) = filing_of(house, draft).files
    assert lie(house) == [f"files/{file.sha256[:2]}/{file.sha256}"]
    assert file.name.isprintable()
    assert file.name.endswith(".png")
    assert 4 < len(file.name) <= 200
    assert not {"/", "\\"} & set(file.name)
    for page in (wang.get(f"/portal/filings/{draft}"), wang.get(f"/portal/filings/{draft}/files/list?clause=2.9")):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "\u202e" not in page.text
    told = wang.get(f"/portal/filings/{draft}/files/{file.id}").headers.getlist("Content-Disposition")
    quoted, _, long = told[0].partition("; filename*=UTF-8''")
    assert len(told) == 1
    assert re.fullmatch(r'inline; filename="file-\d+\.[a-z]+"', quoted)
    assert re.fullmatch(r"[\w.~%-]+", long, re.ASCII)
    assert unquote(long) == file.name


def test_a_name_that_is_no_text_breaks_nothing(house, wang, draft, head):
    half = "a\ud83d.png"  # half of a character, as no browser sends it
    assert in_blocks(wang, draft, head, PNG, half).status_code == 200
    assert by_form(wang, house, draft, head, PNG + b"x", half).status_code < 500
    assert all(file.name.isprintable() for file in filing_of(house, draft).files)
    assert wang.get(f"/portal/filings/{draft}").status_code == 200


@pytest.mark.parametrize("way", ["form", "blocks"])
def test_nothing_at_all_is_refused_by_name_and_leaves_nothing(house, wang, draft, head, way):
    answer = by_form(wang, house, draft, head, b"", "空.png") if way == "form" else in_blocks(wang, draft, head, b"", "空.png")
    assert answer.status_code in (409, 422)
    assert texts.empty("空.png") in (answer.text if way == "form" else answer.json["say"])
    assert (lie(house), rows_of(house, "filing_files")) == ([], [])


def test_a_form_without_a_file_changes_nothing(house, wang, draft, head):
    answer = by_form(wang, house, draft, head, b"", "")
    assert answer.status_code == 303
    assert (lie(house), rows_of(house, "filing_files")) == ([], [])


def test_a_form_that_breaks_off_keeps_nothing_of_its_file(house, wang, draft, head):
    edge = "--edge"
    begun = (
        f'--{edge}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{head["X-Form-Token"]}\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="file:2.9"; filename="a.png"\r\n\r\n'
    )
    kind = f"multipart/form-data; boundary={edge}"
    answer = wang.post(f"/portal/filings/{draft}/files", data=begun.encode() + PNG, content_type=kind)
    assert answer.status_code < 500
    assert (lie(house), rows_of(house, "filing_files")) == ([], [])


@pytest.mark.parametrize("body", [b"", b"--x", b"\0" * 500, b"token=x"])
def test_a_form_that_is_none_is_refused(house, wang, draft, head, body):
    answer = wang.post(f"/portal/filings/{draft}/files", data=body, content_type="multipart/form-data; boundary=edge")
    assert answer.status_code in (400, 403)
    assert rows_of(house, "filing_files") == []


# Places


def test_blocks_come_in_order_or_not_at_all(house, wang, draft, head, begin):
    film = MP4 + bytes(range(256)) * 8
    key = begin(len(film)).json["token"]

    def put(offset, raw):
        answer = wang.put(f"/portal/uploads/{key}?offset={offset}", data=raw, headers=head)
        return answer.status_code, answer.json["received"]

    assert put(1_000, film[1_000:]) == (409, 0), "ahead"
    assert put(0, film[:1_000]) == (200, 1_000)
    assert put(0, film[:1_000]) == (409, 1_000), "twice"
    assert put(500, bytes(900)) == (409, 1_000), "over what is here"
    assert put(1_000, b"") == (200, 1_000), "nothing"
    assert put(1_000, film[1_000:] + b"more than was announced") == (200, len(film))
    assert put(len(film), b"more") == (200, len(film))
    assert wang.put(f"/portal/uploads/{key}?offset={len(film) + 1}", data=b"x", headers=head).status_code == 422
    finished = wang.post(f"/portal/uploads/{key}/finish", headers=head)
    with Files.of(house.settings).open(finished.json["sha256"]) as kept:
        assert kept.read() == film


def test_an_upload_that_is_finished_begins_no_second_file(house, wang, draft, head, begin):
    key = begin(len(PNG)).json["token"]
    wang.put(f"/portal/uploads/{key}?offset=0", data=PNG, headers=head)
    assert wang.post(f"/portal/uploads/{key}/finish", headers=head).status_code == 200
    asked = [
        wang.post(f"/portal/uploads/{key}/finish", headers=head),
        wang.get(f"/portal/uploads/{key}", headers=head),
        wang.put(f"/portal/uploads/{key}?offset=0", data=PNG, headers=head),
    ]
    assert [(answer.status_code, answer.json["say"]) for answer in asked] == [(422, texts.STALE_UPLOAD)] * 3
    assert len(filing_of(house, draft).files) == 1


def test_a_part_nobody_has_for_this_filing_is_refused_before_a_byte_is_kept(house, begin):
    assert begin(len(PNG), clause="9.9").status_code == 422
    assert begin(len(PNG), clause="2.9" * 500).status_code == 422
    assert lie(house) == []


# Tokens


def tried(browser, key, head):
    """The statuses of all that a token is good for."""
    return [
        browser.get(f"/portal/uploads/{key}", headers=head).status_code,
        browser.put(f"/portal/uploads/{key}?offset=0", data=PNG, headers=head).status_code,
        browser.post(f"/portal/uploads/{key}/finish", headers=head).status_code,
    ]


def visit(house, site, draft, stranger):
    """A browser of somebody else, and what their own page's script would send."""
    own = filings.start(Context(house), ZHAO, FilingKind.WITHDRAWAL, app="app-b").number if stranger == "ZhaoMin" else draft
    browser = enter(site, stranger, f"/portal/filings/{own}")
    return browser, {"X-Form-Token": token(browser.get(f"/portal/filings/{own}"))}


@pytest.mark.parametrize("stranger", ["li.na", "ZhaoMin"])
def test_somebody_elses_token_opens_nothing(house, site, draft, begin, stranger):
    key = begin(len(PNG)).json["token"]
    browser, own = visit(house, site, draft, stranger)
    assert tried(browser, key, own) == [404, 404, 404]
    assert Files.of(house.settings).received(uploads.known(Context(house), WANG, key).part) == 0


def test_a_session_without_the_pages_token_or_with_anothers_is_turned_away(house, site, draft, wang, begin):
    key = begin(len(PNG)).json["token"]
    theirs = visit(house, site, draft, "li.na")[1]
    for head in ({}, {"X-Form-Token": "x"}, theirs):
        assert tried(wang, key, head) == [403, 403, 403]
    assert tried(site.test_client(), key, theirs) == [403, 403, 403]


def test_a_token_that_was_touched_up_opens_nothing(house, wang, head, begin):
    key = begin(len(PNG)).json["token"]
    payload, at, signature = key.rsplit(".", 2)
    other = "A" if signature[0] != "A" else "B"
    forged = URLSafeTimedSerializer("a key of another house", salt="upload")
    other_use = URLSafeTimedSerializer(house.settings.secret_key.get_secret_value(), salt="portal session")
    told = URLSafeTimedSerializer(house.settings.secret_key.get_secret_value(), salt="upload").loads(key)
    touched = [
        f"{payload[:-2]}xx.{at}.{signature}",
        f"{payload}.{at}.{other}{signature[1:]}",
        f"{payload}.{signature}",
        str(forged.dumps(told)),
        str(other_use.dumps(told)),
        "..",
        "%00",
        "x" * 5_000,
    ]
    for one in touched:
        assert set(tried(wang, one, head)) <= {404, 422}, one
    assert wang.get(f"/portal/uploads/{key}", headers=head).json == {"received": 0}


def test_a_token_is_good_for_a_day_and_then_no_more(house, wang, draft, head, monkeypatch):
    def begun(seconds_ago):
        """A token of then."""
        with monkeypatch.context() as then:
            then.setattr(TimestampSigner, "get_timestamp", lambda signer: real(signer) - seconds_ago)
            return uploads.begin(Context(house), WANG, draft, "2.9", "a.png", len(PNG))

    real = TimestampSigner.get_timestamp
    nearly, over = begun(24 * 3_600 - 60), begun(24 * 3_600 + 60)
    assert tried(wang, over, head) == [422, 422, 422]
    assert wang.get(f"/portal/uploads/{over}", headers=head).json["say"] == texts.STALE_UPLOAD
    assert filing_of(house, draft).files == ()
    assert tried(wang, nearly, head) == [200, 200, 200]


@pytest.mark.parametrize("ended", ["dropped", "handed in elsewhere"])
def test_a_block_is_refused_once_the_draft_is_none_any_more(house, wang, draft, head, begin, ended):
    key = begin(len(PNG)).json["token"]
    wang.put(f"/portal/uploads/{key}?offset=0", data=PNG[:10], headers=head)
    ctx = Context(house)
    if ended == "dropped":
        filings.drop(ctx, LI, draft)
    else:
        uploads.bring(ctx, LI, draft, "2.9", "b.mp4", io.BytesIO(MP4))
        parts = {"2.9": {"root_cause": "原因。", "done": "做了。", "prevention": "预防。"}}
        filings.submit(ctx, LI, draft, filings.Written(version=filing_of(house, draft).version, items=parts))
    before = rows_of(house, "filing_files")
    answers = [
        wang.put(f"/portal/uploads/{key}?offset=10", data=PNG[10:], headers=head),
        wang.post(f"/portal/uploads/{key}/finish", headers=head),
    ]
    assert {answer.status_code for answer in answers} <= {404, 409, 422}
    assert all(answer.json["say"] for answer in answers)
    assert rows_of(house, "filing_files") == before


def test_no_file_of_one_filing_is_reached_through_another(house, site, cast, draft):
    file = uploads.bring(Context(house), WANG, draft, "", "a.png", io.BytesIO(PNG))
    zhao = enter(site, "ZhaoMin", "/portal/")
    assert zhao.get(f"/portal/filings/{draft}/files/{file.id}").status_code == 404
    own = filings.start(Context(house), ZHAO, FilingKind.WITHDRAWAL, app="app-b").number
    for number in (file.id, file.id + 1, 0, 1 << 70):
        assert zhao.get(f"/portal/filings/{own}/files/{number}").status_code == 404

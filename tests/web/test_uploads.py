"""Files over HTTP: brought by a form or in blocks, handed out as nothing that could run, and a full disk said as such."""

import errno
import io

import pytest

from bot.actions import filings, uploads
from bot.context import Context
from bot.model.filing import FilingKind
from bot.model.texts import files as texts
from tests.test_file_looks import JPG, PDF, PNG, archive, office
from tests.way_back import WANG, filing_of, rows_of
from tests.web.visitors import enter, token


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
def form_token(wang, draft):
    return token(wang.get(f"/portal/filings/{draft}"))


def begin(browser, number, form_token, size, name="截图.png", clause="2.9"):
    fields = {"name": name, "size": str(size), "clause": clause}
    return browser.post(f"/portal/filings/{number}/uploads", data=fields, headers={"X-Form-Token": form_token})


def in_blocks(browser, number, form_token, raw, name="截图.png", block=20):
    key = begin(browser, number, form_token, len(raw), name).json["token"]
    for at in range(0, len(raw), block):
        put = browser.put(f"/portal/uploads/{key}?offset={at}", data=raw[at : at + block], headers={"X-Form-Token": form_token})
        assert put.json == {"received": min(len(raw), at + block)}
    return browser.post(f"/portal/uploads/{key}/finish", headers={"X-Form-Token": form_token})


def brought(house, number, raw, name):
    return uploads.bring(Context(house), WANG, number, "", name, io.BytesIO(raw))


def test_a_file_in_blocks_joins_the_draft_and_its_hash_is_shown(house, wang, draft, form_token):
    answer = in_blocks(wang, draft, form_token, PNG)
    (file,) = filing_of(house, draft).files
    assert answer.json == {"id": file.id, "name": "截图.png", "bytes": len(PNG), "sha256": file.sha256, "flags": []}
    listed = wang.get(f"/portal/filings/{draft}/files/list?clause=2.9").text
    assert file.sha256 in listed
    assert file.sha256 in wang.get(f"/portal/filings/{draft}").text


def test_flags_are_told_in_words(wang, draft, form_token):
    answer = in_blocks(wang, draft, form_token, office("word", "word/vbaProject.bin"), "报告.docx", 4_000)
    assert answer.json["flags"] == [texts.FLAGS["macros"]]


def test_how_far_it_has_come_can_be_asked_and_a_wrong_place_is_told(wang, draft, form_token):
    key, head = begin(wang, draft, form_token, len(PNG)).json["token"], {"X-Form-Token": form_token}
    wang.put(f"/portal/uploads/{key}?offset=0", data=PNG[:30], headers=head)
    assert wang.get(f"/portal/uploads/{key}", headers=head).json == {"received": 30}
    wrong = wang.put(f"/portal/uploads/{key}?offset=10", data=PNG[10:], headers=head)
    assert (wrong.status_code, wrong.json["received"]) == (409, 30)
    early = wang.post(f"/portal/uploads/{key}/finish", headers=head)
    assert (early.status_code, early.json["received"]) == (409, 30)


@pytest.mark.parametrize("size", ["", "x", "-1", "0", "1" * 40, str(101 << 20)])
def test_a_size_that_cannot_be_is_refused_in_words(house, wang, draft, form_token, size):
    answer = begin(wang, draft, form_token, size)
    assert answer.status_code == 422
    assert answer.json["say"]
    assert rows_of(house, "filing_files") == []


@pytest.mark.parametrize("offset", ["", "x", "-1", "9" * 40])
def test_an_offset_that_is_no_number_is_refused(wang, draft, form_token, offset):
    key = begin(wang, draft, form_token, len(PNG)).json["token"]
    answer = wang.put(f"/portal/uploads/{key}?offset={offset}", data=b"x", headers={"X-Form-Token": form_token})
    assert answer.status_code == 422


def test_nothing_goes_without_the_token_of_the_page(wang, draft, form_token):
    assert begin(wang, draft, "", len(PNG)).status_code == 403
    assert wang.post(f"/portal/filings/{draft}/files", data={"file:": (io.BytesIO(PNG), "a.png")}).status_code == 403


def test_a_block_over_the_limit_is_not_read(wang, draft, form_token):
    key = begin(wang, draft, form_token, 50 << 20).json["token"]
    answer = wang.put(f"/portal/uploads/{key}?offset=0", data=bytes(uploads.BLOCK_BYTES + 1), headers={"X-Form-Token": form_token})
    assert answer.status_code in (413, 422)


def test_a_form_brings_several_files_and_names_those_that_are_refused(house, wang, draft, form_token):
    page = wang.get(f"/portal/filings/{draft}").text
    version = filing_of(house, draft).version
    assert f'name="version" value="{version}"' in page
    fields = {
        "token": form_token,
        "version": str(version),
        "words": "写了一半的话",
        "file:2.9": [(io.BytesIO(PNG), "一.png"), (io.BytesIO(b"hello"), "二.txt")],
        "file:": (io.BytesIO(PDF), "三.pdf"),
    }
    answer = wang.post(f"/portal/filings/{draft}/files", data=fields, content_type="multipart/form-data")
    assert "二.txt" in answer.text
    filing = filing_of(house, draft)
    assert sorted((file.name, file.clause) for file in filing.files) == [("一.png", "2.9"), ("三.pdf", "")]
    assert filing.words == "写了一半的话"


def test_words_beside_one_file_too_many_are_kept(house, wang, draft, form_token):
    for number in range(house.settings.filing_max_files):
        brought(house, draft, PNG[:-12] + bytes([number]) + PNG[-12:], f"{number}.png")
    fields = {
        "token": form_token,
        "version": str(filing_of(house, draft).version),
        "words": "写了很久",
        "file:": (io.BytesIO(PNG), "多.png"),
    }
    answer = wang.post(f"/portal/filings/{draft}/files", data=fields, content_type="multipart/form-data")
    assert answer.status_code == 409
    assert "20" in answer.text
    filing = filing_of(house, draft)
    assert (filing.words, len(filing.files)) == ("写了很久", 20)


def test_words_beside_files_for_what_takes_none_any_more_come_back(house, wang, draft, form_token):
    filings.drop(Context(house), WANG, draft)
    fields = {"token": form_token, "version": "1", "words": "写了很久", "file:": (io.BytesIO(PNG), "a.png")}
    answer = wang.post(f"/portal/filings/{draft}/files", data=fields, content_type="multipart/form-data")
    assert (answer.status_code, "写了很久" in answer.text) == (409, True)
    assert rows_of(house, "filing_files") == []


@pytest.mark.parametrize(
    ("raw", "name", "kind"), [(PNG, "图.png", "image/png"), (JPG, "图.jpg", "image/jpeg"), (PDF, "文.pdf", "application/pdf")]
)
def test_pictures_and_pdf_are_shown_and_can_run_nothing(house, wang, draft, raw, name, kind):
    file = brought(house, draft, raw, name)
    answer = wang.get(f"/portal/filings/{draft}/files/{file.id}")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, raw, kind)
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert ("sandbox" in policy) == (kind != "application/pdf")


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (archive("a.html", content=b"<script>"), "网页.zip"),
        (office("word"), "报告.docx"),
        (PNG + b"<script>alert(1)</script>", "a.png"),
        (PDF.replace(b"<<>>", b"<</JavaScript 1>>"), "a.pdf"),
    ],
)
def test_all_else_and_whatever_is_flagged_is_only_saved(house, wang, draft, raw, name):
    file = brought(house, draft, raw, name)
    answer = wang.get(f"/portal/filings/{draft}/files/{file.id}")
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.data == raw


def test_a_name_splits_no_header(house, wang, draft):
    file = brought(house, draft, PNG, 'a"; filename="b\r\nSet-Cookie: x=1.png')
    answer = wang.get(f"/portal/filings/{draft}/files/{file.id}")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"].count('"') == 2


def test_a_file_is_taken_off_again(house, wang, draft, form_token):
    file = brought(house, draft, PNG, "a.png")
    answer = wang.post(f"/portal/filings/{draft}/files/{file.id}/remove", data={"token": form_token})
    assert answer.status_code == 303
    assert filing_of(house, draft).files == ()
    assert wang.get(f"/portal/filings/{draft}/files/{file.id}").status_code == 404


def test_a_full_disk_is_507_and_the_draft_stays(house, wang, draft, form_token, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    key, head = begin(wang, draft, form_token, len(PNG)).json["token"], {"X-Form-Token": form_token}
    wang.put(f"/portal/uploads/{key}?offset=0", data=PNG, headers=head)
    monkeypatch.setattr("os.fsync", full)
    answer = wang.post(f"/portal/uploads/{key}/finish", headers=head)
    assert (answer.status_code, answer.json["say"]) == (507, texts.NO_SPACE)
    fields = {"token": form_token, "version": str(filing_of(house, draft).version), "words": "还在", "file:": (io.BytesIO(PDF), "a.pdf")}
    page = wang.post(f"/portal/filings/{draft}/files", data=fields, content_type="multipart/form-data")
    assert page.status_code == 507
    monkeypatch.undo()
    assert filing_of(house, draft).words == "还在"
    assert filing_of(house, draft).files == ()
    left = [path.name for path in (house.settings.data_dir / "files").rglob("*") if path.is_file()]
    assert all(name.startswith(".part-") for name in left)

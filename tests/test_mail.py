"""Mail against a real SMTP server, one that misbehaves among them."""

import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from bot import clock as product_clock
from bot.errors import MailError, MailUncertain
from bot.mail import Post
from tests.smtp import free_port, servers

MAIL = {
    "to": "wang@example.com",
    "subject": "违规处理通知 V2026-000001-1",
    "text": "王伟，您好：\n.\n通知全文在此。\n",
    "html": "<p>王伟，您好：</p>",
    "message_id": "<V2026-000001-1.abc@bot.example.com>",
}
SENDER = "规则助手 <bot@example.com>"


@pytest.fixture
def serve():
    with servers() as start:
        yield start


def test_a_mail_arrives_with_both_parts_and_chinese_words(serve):
    kept, port = serve()
    Post(f"smtp://127.0.0.1:{port}", SENDER).send(MAIL)
    (mail,) = kept.mails
    assert mail["Subject"] == MAIL["subject"]
    assert mail["Message-ID"] == MAIL["message_id"]
    assert mail["From"].addresses[0].display_name == "规则助手"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == MAIL["text"]
    assert mail.get_body(("html",)).get_content().strip() == MAIL["html"]


@pytest.mark.parametrize(
    ("answers", "permanent"),
    [
        ({"RCPT": "550 no such user"}, True),
        ({"RCPT": "451 later"}, False),
        ({"DATA": "554 refused"}, True),
        ({"DATA": "452 full"}, False),
        ({"MAIL": "550 sender refused"}, False),  # our own setting: somebody may mend it
        ({"RCPT": "530 sign in first"}, False),
        ({"DATA": "421 going down"}, False),
    ],
)
def test_a_refusal_is_for_good_or_for_now(serve, answers, permanent):
    kept, port = serve()
    kept.answers = answers
    with pytest.raises(MailError) as refused:
        Post(f"smtp://127.0.0.1:{port}", SENDER).send(MAIL)
    assert (refused.value.permanent, type(refused.value)) == (permanent, MailError)


def test_a_server_that_dies_with_the_mail_in_hand_leaves_it_uncertain(serve):
    kept, port = serve()
    kept.answers = {"DATA": "die"}
    with pytest.raises(MailUncertain):
        Post(f"smtp://127.0.0.1:{port}", SENDER).send(MAIL)


def test_a_server_that_falls_silent_with_the_mail_in_hand_leaves_it_uncertain():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answers = [b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"]

        def serve_one():
            peer, _ = listener.accept()
            with peer:
                for answer in answers:
                    peer.sendall(answer)
                    if answer != answers[-1]:
                        peer.recv(4096)
                while peer.recv(65536):
                    pass

        thread = threading.Thread(target=serve_one)
        thread.start()
        with pytest.raises(MailUncertain):
            Post(f"smtp://127.0.0.1:{listener.getsockname()[1]}", SENDER, timeout_s=0.5, taking_s=0.5).send(MAIL)
        thread.join()


def test_nobody_listening_is_for_now():
    with pytest.raises(MailError) as refused:
        Post(f"smtp://127.0.0.1:{free_port()}", SENDER).send(MAIL)
    assert not refused.value.permanent


def test_starttls_that_is_insisted_on_and_not_offered_sends_nothing(serve):
    kept, port = serve()
    with pytest.raises(MailError):
        Post(f"smtp://127.0.0.1:{port}?starttls=always", SENDER).send(MAIL)
    assert kept.mails == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """(certificate, key) of 127.0.0.1, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    files = folder / "cert.pem", folder / "key.pem"
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", files[1]]
    whose = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-out", files[0]]
    subprocess.run(["openssl", "req", "-x509", *key, *whose], check=True, capture_output=True)
    return files


@pytest.fixture
def tls(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_server_that_we_trust_gets_the_mail_over_a_closed_line(serve, tls, certificate, monkeypatch, scheme):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    options = {"ssl_context": tls} if scheme == "smtps" else {"tls_context": tls, "require_starttls": True}
    kept, port = serve(**options)
    Post(f"{scheme}://127.0.0.1:{port}", SENDER).send(MAIL)
    assert len(kept.mails) == 1


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_server_that_nobody_vouches_for_gets_nothing(serve, tls, scheme):
    kept, port = serve(**({"ssl_context": tls} if scheme == "smtps" else {"tls_context": tls}))
    with pytest.raises(MailError) as refused:
        Post(f"{scheme}://127.0.0.1:{port}", SENDER).send(MAIL)
    assert not refused.value.permanent
    assert kept.mails == []


def test_starttls_can_be_done_without(serve, tls):
    kept, port = serve(tls_context=tls)
    Post(f"smtp://127.0.0.1:{port}?starttls=never", SENDER).send(MAIL)
    assert len(kept.mails) == 1


def test_checking_signs_in_and_sends_nothing(serve):
    kept, port = serve()
    Post(f"smtp://127.0.0.1:{port}", SENDER).check()
    assert kept.mails == []
    kept.answers = {"MAIL": "553 not yours"}
    with pytest.raises(MailError, match="553"):
        Post(f"smtp://127.0.0.1:{port}", SENDER).check()


def test_a_password_goes_over_no_open_line_to_another_machine(monkeypatch, serve):
    _, port = serve()
    post = Post(f"smtp://user:secret@127.0.0.1:{port}", SENDER)
    monkeypatch.setattr(post, "_may_be_open", False)  # as if the server were elsewhere
    with pytest.raises(MailError, match="open line"):
        post.send(MAIL)


def test_user_and_password_are_sent_as_meant(serve):
    told = []

    def authenticate(_server, _session, _envelope, _mechanism, data):
        assert isinstance(data, LoginPassword)
        told.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss/word")

    kept, port = serve(authenticator=authenticate, auth_require_tls=False, auth_required=True)
    Post(f"smtp://bot%40example.com:p%40ss%2Fword@127.0.0.1:{port}", SENDER).send(MAIL)
    assert len(kept.mails) == 1
    with pytest.raises(MailError) as refused:
        Post(f"smtp://bot:wrong@127.0.0.1:{port}", SENDER).send(MAIL)
    assert not refused.value.permanent
    assert told[0] == (b"bot@example.com", b"p@ss/word")


def test_a_domain_in_chinese_is_asked_for_by_its_ascii_name(serve):
    kept, port = serve()
    Post(f"smtp://127.0.0.1:{port}", SENDER).send({**MAIL, "to": "wang@例子.com"})
    assert kept.mails[0]["To"] == "wang@xn--fsqu00a.com"


def test_a_long_message_id_stays_as_it_is(serve):
    kept, port = serve()
    message_id = f"<{'V2026-000001-1.' * 8}@bot.example.com>"
    Post(f"smtp://127.0.0.1:{port}", SENDER).send({**MAIL, "message_id": message_id})
    assert kept.mails[0]["Message-ID"] == message_id


def test_the_date_is_that_of_our_clock(serve, clock):
    kept, port = serve()
    Post(f"smtp://127.0.0.1:{port}", SENDER).send(MAIL)
    assert kept.mails[0]["Date"].datetime == product_clock.now()


def test_lines_that_begin_with_a_dot_arrive_whole(serve):
    kept, port = serve()
    Post(f"smtp://127.0.0.1:{port}", SENDER).send({**MAIL, "text": ".\n..\n.a\n"})
    assert kept.mails[0].get_body(("plain",)).get_content().replace("\r\n", "\n") == ".\n..\n.a\n"


@pytest.mark.parametrize(
    ("answers", "uncertain"),
    [
        ([b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"354 go", b"what?"], True),
        ([b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"what?"], False),
        ([b"220 hi", b"500 what", b"500 what"], False),
        ([b"554 not today"], False),
    ],
)
def test_a_server_that_talks_nonsense_is_no_fault_of_the_mail(answers, uncertain):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve_one():
            peer, _ = listener.accept()
            with peer:
                for answer in answers:
                    peer.sendall(answer + b"\r\n")
                    peer.recv(65536)

        thread = threading.Thread(target=serve_one)
        thread.start()
        with pytest.raises(MailError) as refused:
            Post(f"smtp://127.0.0.1:{listener.getsockname()[1]}", SENDER, timeout_s=5, taking_s=5).send(MAIL)
        thread.join()
    assert isinstance(refused.value, MailUncertain) is uncertain
    assert not refused.value.permanent


def test_no_error_says_whom_a_mail_was_for(serve):
    kept, port = serve()
    kept.answers = {"RCPT": "550 <wang@example.com> unknown"}
    with pytest.raises(MailError) as refused:
        Post(f"smtp://127.0.0.1:{port}", SENDER).send(MAIL)
    assert "wang" not in str(refused.value)


@pytest.mark.parametrize(
    "broken",
    [
        {"to": "wang@example.com\r\nBcc: everybody@example.com"},
        {"to": "nobody"},
        {"to": "a@b, c@d"},
        {"to": "<a@b.example>"},
        {"to": "王@example.com"},
        {"to": ""},
        {"subject": "通知\r\nBcc: x@y"},
        {"message_id": "<a@b>\r\nX: y"},
    ],
)
def test_nothing_from_outside_writes_heads(serve, broken):
    kept, port = serve()
    with pytest.raises(MailError) as refused:
        Post(f"smtp://127.0.0.1:{port}", SENDER).send({**MAIL, **broken})
    assert refused.value.permanent
    assert kept.mails == []

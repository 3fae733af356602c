"""E-mail is handed to a real server, and it is known how far it came when something breaks."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from api import mailing, settings
from api.cli import app
from api.settings import Settings, SettingsWrong
from cases.notifications import letters
from cases.notifications.rounds import Fate
from workflows.model import LOCALES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session

    from workflows.model import Locale

pytestmark = pytest.mark.one_database

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SENDER = "tribune@customs.example"
TO = "awa@customs.example"
ID = UUID(int=7)


@dataclass
class Office:
    """A mail server's own part: what it answers, and what it was given."""

    to_rcpt: str = "250 OK"
    to_data: str = "250 OK"
    hang_up: bool = False
    taken: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: ANN401, N802 -- the server names it
        envelope, address = given[2:4]
        if self.to_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.names.append(str(session.host_name))
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        if self.hang_up:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if self.to_data.startswith("250"):
            self.taken.append(envelope)
        return self.to_data

    def message(self) -> EmailMessage:
        (one,) = self.taken
        assert isinstance(one.content, bytes)
        return message_from_bytes(one.content, policy=policy.default)


@contextmanager
def an_office(
    office: Office,
    *,
    implicit: ssl.SSLContext | None = None,
    **options: Any,  # noqa: ANN401 -- the server's own
) -> Iterator[int]:
    """A mail server on a free port of this machine.

    Args:
        implicit: encrypt from the first byte with it.
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port: int = free.getsockname()[1]
    controller = Controller(
        office, hostname="127.0.0.1", port=port, ssl_context=implicit, **options
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("mail") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def chosen(tmp_path: Path, port: int, **values: object) -> Settings:
    plain: dict[str, object] = {
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_tls": "none",
        "smtp_sender": SENDER,
    }
    return settings.for_directory(tmp_path, **(plain | values))


def send(found: Settings, language: Locale = "en") -> Fate:
    carry = mailing.carrier(found, now=lambda: AT)
    assert carry is not None
    return carry(letters.waiting(ID, TO, language, urgent=False))


@pytest.mark.parametrize("language", LOCALES)
def test_a_mail_arrives_whole_in_every_language(tmp_path: Path, language: Locale) -> None:
    office = Office()
    with an_office(office) as port:
        assert send(chosen(tmp_path, port), language) is Fate.TAKEN
    expected = letters.waiting(ID, TO, language, urgent=False)
    assert office.taken[0].mail_from == SENDER
    assert office.taken[0].rcpt_tos == [TO]
    assert office.message()["Subject"] == expected.subject
    assert office.message().get_content().replace("\r\n", "\n") == expected.body
    assert office.names == ["customs.example"]  # not what this machine is called


def test_a_mail_has_these_headers_and_no_others(tmp_path: Path) -> None:
    office = Office()
    with an_office(office) as port:
        send(chosen(tmp_path, port))
    headers = {name: str(value) for name, value in office.message().items()}
    headers.pop("X-Peer", None)  # the test server's own
    assert headers == {
        "From": "Tribune <tribune@customs.example>",
        "To": TO,
        "Subject": "Tribune: something waits for you",
        "Date": "Mon, 02 Mar 2026 09:30:00 +0000",
        "Message-ID": f"<{ID.hex}@customs.example>",
        "Content-Language": "en",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "base64",
    }


@pytest.mark.parametrize(
    ("office", "fate"),
    [
        (Office(to_rcpt="550 no such person"), Fate.NEVER),
        (Office(to_rcpt="451 try later"), Fate.NOT_NOW),
        (Office(to_data="554 not this"), Fate.NEVER),
        (Office(to_data="452 full"), Fate.NOT_NOW),
        (Office(hang_up=True), Fate.UNKNOWN),
    ],
)
def test_what_became_of_a_mail_is_known(tmp_path: Path, office: Office, fate: Fate) -> None:
    with an_office(office) as port:
        assert send(chosen(tmp_path, port)) is fate


def test_where_nobody_listens_there_is_no_server(tmp_path: Path) -> None:
    with an_office(Office()) as port:
        pass
    assert send(chosen(tmp_path, port)) is Fate.NO_SERVER


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    tmp_path: Path, certificate: Path
) -> None:
    office = Office()
    with an_office(office, tls_context=server_tls(certificate)) as port:
        assert send(chosen(tmp_path, port, smtp_tls="starttls")) is Fate.NO_SERVER
    assert office.taken == []


def test_a_server_that_offers_no_encryption_gets_nothing(tmp_path: Path) -> None:
    office = Office()
    with an_office(office) as port:
        assert send(chosen(tmp_path, port, smtp_tls="starttls")) is Fate.NO_SERVER
    assert office.taken == []


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_the_way_there_is_encrypted(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    office, context = Office(), server_tls(certificate)
    both = {"tls_context": context} if way == "starttls" else {"implicit": context}
    with an_office(office, **both) as port:
        assert send(chosen(tmp_path, port, smtp_tls=way)) is Fate.TAKEN
    assert office.encrypted == [True]


def test_name_and_password_are_given_and_a_wrong_one_is_no_server(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secret = tmp_path / "password"

    def known(*given: object) -> AuthResult:
        data = given[-1]
        right = (getattr(data, "login", b""), getattr(data, "password", b""))
        return AuthResult(success=right == (b"tribune", b"s3cret"), handled=False)

    office = Office()
    with an_office(
        office,
        tls_context=server_tls(certificate),
        authenticator=known,
        auth_required=True,
        require_starttls=True,
    ) as port:
        signed_in = chosen(
            tmp_path,
            port,
            smtp_tls="starttls",
            smtp_user="tribune",
            smtp_password_file=secret,
        )
        secret.write_text("wrong\n")
        assert send(signed_in) is Fate.NO_SERVER
        secret.write_text("s3cret\n")
        assert send(signed_in) is Fate.TAKEN


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({"smtp_sender": None}, "TRIBUNE_SMTP_SENDER"),
        ({"smtp_sender": "Tribune <t@x.example>"}, "TRIBUNE_SMTP_SENDER"),
        ({"smtp_host": "mail.example"}, "TRIBUNE_SMTP_TLS"),
        ({"smtp_user": "tribune"}, "TRIBUNE_SMTP_PASSWORD_FILE"),
        ({"smtp_password_file": "x"}, "TRIBUNE_SMTP_USER"),
    ],
)
def test_half_a_setting_stops_the_start(
    tmp_path: Path, values: dict[str, object], variable: str
) -> None:
    with pytest.raises(SettingsWrong) as wrong:
        chosen(tmp_path, 25, **values)
    assert [name for name, _ in wrong.value.faults] == [variable]


def test_a_password_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    found = chosen(tmp_path, 25, smtp_user="tribune", smtp_password_file=tmp_path / "none")
    with pytest.raises(SettingsWrong):
        mailing.carrier(found, now=lambda: AT)


def test_without_a_server_nothing_is_carried(tmp_path: Path) -> None:
    assert mailing.carrier(settings.for_directory(tmp_path), now=lambda: AT) is None


def test_an_operator_can_try_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    with an_office(office) as port:
        for name, value in settings.environment(chosen(tmp_path, port)).items():
            monkeypatch.setenv(name, value)
        done = CliRunner().invoke(app, ["mail", "test", TO, "--language", "fr"])
    assert (done.exit_code, done.output) == (0, "The mail server took it.\n")
    assert office.message()["Subject"] == "Tribune : un essai"
    again = CliRunner().invoke(app, ["mail", "test", TO])
    assert again.exit_code == 1  # the server is gone
    assert CliRunner().invoke(app, ["mail", "test", "nobody"]).exit_code == 2

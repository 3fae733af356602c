"""Handing e-mail to a server: SMTP, as the settings say. The only way by which anything leaves for staff."""

import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from api.settings import PREFIX, Settings, SettingsWrong
from cases.notifications.letters import Letter
from cases.notifications.rounds import Carrier, Fate

TIMEOUT_SECONDS = 10
"""For each answer of the server; the worker has other things to do than to wait for it."""

PERMANENT = 500
"""Answers from here on are final (RFC 5321, section 4.2.1)."""
REFUSED = 400
"""Answers from here on say no, for now."""
TAKEN = 250


def carrier(settings: Settings, *, now: Callable[[], datetime]) -> Carrier | None:
    """What hands e-mail to the server of the settings; None where they name none.

    Args:
        now: the house's clock; e-mail carries its day and time.

    Raises:
        SettingsWrong: the file with the password cannot be read.
    """
    if settings.smtp_host is None or settings.smtp_sender is None:
        return None
    sender, password = settings.smtp_sender, _password(settings)

    def carry(letter: Letter) -> Fate:
        try:
            server = _connect(settings, password)
        except (OSError, smtplib.SMTPException):
            return Fate.NO_SERVER
        try:
            return _hand_over(server, written(letter, sender=sender, at=now()), sender, letter.to)
        finally:
            server.close()

    return carry


def written(letter: Letter, *, sender: str, at: datetime) -> EmailMessage:
    """An e-mail as it is sent.

    The Message-ID is made of the letter's id, so that it is the same at every try.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Tribune <{sender}>"
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{letter.id.hex}@{_domain(sender)}>"
    # Nobody's absence note answers it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body, cte="base64")
    message["Content-Language"] = letter.language
    return message


def _connect(settings: Settings, password: str | None) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    # Our own name in the greeting is the sender's domain: the machine's is nobody's business.
    name = _domain(settings.smtp_sender or "")
    if settings.smtp_tls == "tls":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, local_hostname=name, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(host, port, local_hostname=name, timeout=TIMEOUT_SECONDS)
    try:
        if settings.smtp_tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user is not None and password is not None:
            server.login(settings.smtp_user, password)
    except BaseException:
        server.close()
        raise
    return server


def _hand_over(server: smtplib.SMTP, message: EmailMessage, sender: str, to: str) -> Fate:
    """One e-mail, step by step, so that it is known how far it came when something breaks."""
    try:
        server.ehlo_or_helo_if_needed()
        accepted = server.mail(sender)[0] == TAKEN
        answer = server.rcpt(to)[0]
    except (OSError, smtplib.SMTPException):
        return Fate.NOT_NOW
    if not accepted:
        return Fate.NOT_NOW  # it is our own name that is refused: an operator can mend that
    if answer < REFUSED:
        try:
            answer, _ = server.data(message.as_bytes())
        except smtplib.SMTPDataError as refused:
            answer = refused.smtp_code
        except (OSError, smtplib.SMTPException):
            return Fate.UNKNOWN
    if answer == TAKEN:
        _take_leave(server)
        return Fate.TAKEN
    return Fate.NEVER if answer >= PERMANENT else Fate.NOT_NOW


def _take_leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        return  # the e-mail was taken; how the server says goodbye does not matter


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2]


def _password(settings: Settings) -> str | None:
    if settings.smtp_password_file is None:
        return None
    try:
        return settings.smtp_password_file.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        pass
    # Outside the `except`: a traceback of this shows no other error, which could show a part of the file.
    raise SettingsWrong([(f"{PREFIX}SMTP_PASSWORD_FILE", "cannot be read")])

"""What a file is called and said to be, as the sender's header has it (RFC 6266, RFC 8187).

    Content-Disposition: attachment; filename="plain.pdf"; filename*=UTF-8''re%C3%A7u.pdf

Read strictly: a header that two programs could understand differently is refused. The name goes nowhere but
into a sealed record and back into a header; nothing on any disk is called by it.
"""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, unquote_to_bytes

from cases.errors import Unacceptable

NAME_BYTES = 255
"""The longest file name of common file systems, in UTF-8."""
HEADER_CHARACTERS = 2_000
MEDIA_TYPE_CHARACTERS = 127
ANYTHING = "application/octet-stream"

WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_TYPE = re.compile(rf"\s*({WORD})\s*")
_PARAMETER = re.compile(
    rf';\s*(?P<name>{WORD})\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[^\s";,]+))\s*'
)
_EXTENDED = re.compile(r"(?i:utf-8)'[A-Za-z0-9\-]*'((?:[A-Za-z0-9!#$&+\-.^_`|~]|%[0-9A-Fa-f]{2})+)")
_MEDIA_TYPE = re.compile(rf"\s*({WORD}/{WORD})\s*(?:;.*)?", re.DOTALL)

_BAD = [("/content-disposition", "wrong_format")]


def from_header(header: str | None) -> str:
    """The file name in a `Content-Disposition`.

    Raises:
        Unacceptable: none, more than one meaning, or a name that cannot be cleaned.
    """
    if header is None:
        raise Unacceptable([("/content-disposition", "missing")])
    parameters = dict(_parameters(header))
    if "filename*" in parameters:  # it wins over the plain one (RFC 6266, 4.3)
        return clean(_extended(parameters["filename*"]))
    if "filename" in parameters:
        return clean(parameters["filename"])
    raise Unacceptable([("/content-disposition", "missing")])


def _parameters(header: str) -> Iterator[tuple[str, str]]:
    kind = _TYPE.match(header)
    if len(header) > HEADER_CHARACTERS or not kind or kind[1].lower() != "attachment":
        raise Unacceptable(_BAD)
    seen: set[str] = set()
    at = kind.end()
    while at < len(header):
        found = _PARAMETER.match(header, at)
        if found is None:
            raise Unacceptable(_BAD)
        name = found["name"].lower()
        if name in seen:
            raise Unacceptable(_BAD)
        seen.add(name)
        quoted = found["quoted"]
        yield name, found["token"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        at = found.end()


def _extended(text: str) -> str:
    found = _EXTENDED.fullmatch(text)
    if found is None:
        raise Unacceptable(_BAD)
    try:
        return unquote_to_bytes(found[1]).decode("utf-8")
    except UnicodeDecodeError:
        raise Unacceptable(_BAD) from None


def clean(name: str) -> str:
    """A name without paths, control signs and signs that change the direction of writing.

    `../../etc/passwd` becomes `passwd`, and `gpj.exe` written from right to left shows what it is.

    Raises:
        Unacceptable: nothing is left, or more than 255 bytes.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Cc: control; Cf: overrides of direction and other signs that do not show; Cs, Co, Cn: no signs.
    kept = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    kept = " ".join(kept.split()).strip(" .")
    if not kept:
        raise Unacceptable(_BAD)
    if len(kept.encode()) > NAME_BYTES:
        raise Unacceptable([("/content-disposition", "too_long")])
    return kept


def media_type(header: str | None) -> str:
    """The kind of content a sender claims, without parameters; it is never believed, only repeated.

    Raises:
        Unacceptable: it is none.
    """
    if header is None or not header.strip():
        return ANYTHING
    found = _MEDIA_TYPE.fullmatch(header)
    if found is None or len(found[1]) > MEDIA_TYPE_CHARACTERS:
        raise Unacceptable([("/content-type", "wrong_format")])
    return found[1].lower()


def to_header(name: str) -> str:
    """The `Content-Disposition` under which a file is given back: to be kept, never shown in place."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    safe = "".join("_" if sign in '"\\%;' else sign for sign in plain)
    return f"attachment; filename=\"{safe}\"; filename*=UTF-8''{quote(name, safe='')}"

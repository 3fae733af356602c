"""Known answers that every process checks before it serves anybody.

An installation whose OpenSSL lacks ML-KEM, or whose Argon2 was built wrongly, must not start: what
it sealed could not be opened elsewhere. The answers are of our own making, but for RFC 8032's;
the tests find them again by independent implementations.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import UnsupportedAlgorithm

from cases.errors import SelfTestFailed, TribuneError
from cases.sealing import envelope, hpke, signatures

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = bytes(range(32))
CONTEXT = b"tribune/v1/self-test"
PLAINTEXT = b"Tribune"

WE1_ENVELOPE = bytes.fromhex(
    "01404142434445464748494a4b4c4d4e4f505152535455565701d064dc2470d647c83f6bc3797766"
    "86cb859b95121ca2efa03c68f58592a3795daa9815e7b34b6f00a446e0b53aeb9ff7cb7fbbf08482"
)
HPKE_PUBLIC_KEY_SHA256 = bytes.fromhex(
    "c9a3565ffde4f72b51661be391ee13e46378d7f06dd5c8bf5af9d2cfb5b8336b"
)
HPKE_SEALED = base64.b64decode(
    "AUXd43kWHemx1cvOZBb3aPCsCNyV356aBYqMS/VDBvQDQw5Y1lEQyQnr8ivzjk6PPjiDAEacJkcPLyOKdh8TORd0"
    "7VvfXJw1xRVmJ/VwB1WBMShg3PFyKsHWpUsVX0so3ygSfryn4mbrk/mk0tGztJ/VxhgcoGtSDMEex1BhKU1scExx"
    "1TPY1/cNjhiTfwXZE/Ndk3LoXAyJFjUX+F2YOJRHIjrIoEDcgXf9YPhl1LlWUyZT7n8XnhAUCaKJvY27S/Hetqov"
    "tRarnS5gbuTr/msU7Rr7J7hATUEoIFzHmItlqPn2Nr9BmXo7RP8yOc+m2+WbJRywkqe7txt5++eaargVKZvy3l+B"
    "f3hoNqzf0RIL8FmrYIJifD35VM3InzhOYjCcAwZ6/+HAlwN7Jf//Iw/0FQrG0OwTOdp4V0fTFswHgpC5O0p4a/A/"
    "Jkm5I/VBY9yRqu0+lmlB3XwH7RaHMxDrq0/tUCf+wIo5hb0GOoZ9pqMYgUKlIZBYa8Hf1KxcTr7DjIyOvG0m5cX9"
    "ddSI6weaC9WuVlHHo3Pz4oHMzheLjebcQvwGyLjQ0uohxQBLF6PKWr+e/9YYXrDcqM1ISVdVXT7fJENvHNWxyt51"
    "0ai658tniLHWDZEATPTzSMgXyoTXhF64IqwJaajPZWVJdfihV2IWFC101LVLsCvIxJBpVo9V2pVDxiYWYKjirU1q"
    "VO2bDAj3MOjGa5M7BYxMOkbQGDMB1k8w7Fgulq0cfgD3rMGHI/jT9zL0gEkPFUwdJmIMzWeKS/JkLyzt9zvQVCk0"
    "lbbHlgbevLcci0z3DR7RTZ6VQyda1ELSCW8B65te35DJkKTnwLs69NTrTk5beiD9PfOSuoy++2iZAEDf/oFDdngZ"
    "ezuvbOsSJ4aIZw3gTxupziITUX6g908t6Yz5yWG3aajqXuGjoIvR/oC7EfwVMPsNhiM2sir1OpQez6p+qnuST1w/"
    "pHukLtEwAeuosbSkaJiPlPO8DAN44aP778TZgeSl5hRsZH0ldgqNlg0zcvkQAoJOtEFA9H6ilnctavs8Ppdnd2m1"
    "mWILH1NUlwFmmNAkzuzmYHbifjak3yeQ0TdrqAop9cjc4T6C8GNEJQ1vB/tyAoy4ou8p9NFH14mUW6GQUDa8Oxgi"
    "k5CqGdWtotJgjLcxLnc0LGs7TH00gfnSpmxcHtQHPGfyOR+NjtxO4AfYQ9Rp/wJphhZWYB7exLYboKp4RL+NPo2n"
    "hmVp0SvuJLEpcC+a5w3pDeARTH9UPTTprDp7ZQkfM+nNII2DrCA6nvomuZANYxckRxIZaNyuqpn2g1o+HwmlluJP"
    "I9Or2KXof9d2oPE8x1qSAzTBL3p2H1Fuw1lmp9LU57fsvtIkQkFamEy4foGxJgUOR0KJoBZEVzMkl6Qf3zsGoX5Z"
    "qQbV9v7eHLeIk6MClf5JvLxosETwec6h9l7fl+3IZOwDvGvyhq/ZBJzyB+hYvg5qypC2UD2OU6L9rovNxspZ2W2f"
    "JkcLfl2cGAZWHyAdqFlP8s58zizIkA=="
)
ARGON2ID_SALT = b"self-test salt16"
ARGON2ID_STRETCHED = bytes.fromhex(
    "c8941c15562af3987584b9e468e4124a6c9fc5738fb068e54708dd540669621b"
)
# RFC 8032, section 7.1, test 2.
ED25519_SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
ED25519_MESSAGE = b"\x72"
ED25519_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def run() -> None:
    """Check every primitive; about 20 ms.

    Raises:
        SelfTestFailed: one of them gives a wrong answer or is missing.
    """
    checks: dict[str, Callable[[], bool]] = {
        "WE1": _we1,
        "HPKE": _hpke,
        "Argon2id": _argon2id,
        "Ed25519": _ed25519,
    }
    for primitive, check in checks.items():
        try:
            passed = check()
        except (TribuneError, UnsupportedAlgorithm, HashingError, ValueError):
            passed = False
        if not passed:
            raise SelfTestFailed(primitive)


def _we1() -> bool:
    fresh = envelope.seal(KEY, CONTEXT, PLAINTEXT)
    return (
        envelope.open_(KEY, CONTEXT, WE1_ENVELOPE) == PLAINTEXT
        and envelope.open_(KEY, CONTEXT, fresh) == PLAINTEXT
        and _refuses(lambda: envelope.open_(KEY, CONTEXT + b"?", WE1_ENVELOPE))
    )


def _hpke() -> bool:
    pk = hpke.public_key(KEY)
    fresh = hpke.seal(pk, CONTEXT, PLAINTEXT)
    return (
        hashlib.sha256(pk).digest() == HPKE_PUBLIC_KEY_SHA256
        and hpke.open_(KEY, CONTEXT, HPKE_SEALED) == PLAINTEXT
        and hpke.open_(KEY, CONTEXT, fresh) == PLAINTEXT
        and _refuses(lambda: hpke.open_(KEY, CONTEXT + b"?", HPKE_SEALED))
    )


def _argon2id() -> bool:
    stretched = hash_secret_raw(PLAINTEXT, ARGON2ID_SALT, 2, 19_456, 1, 32, Type.ID)
    return hmac.compare_digest(stretched, ARGON2ID_STRETCHED)


def _ed25519() -> bool:
    pk = signatures.public_key(ED25519_SEED)
    return (
        signatures.sign(ED25519_SEED, ED25519_MESSAGE) == ED25519_SIGNATURE
        and signatures.verifies(pk, ED25519_MESSAGE, ED25519_SIGNATURE)
        and not signatures.verifies(pk, ED25519_MESSAGE + b"?", ED25519_SIGNATURE)
    )


def _refuses(attempt: Callable[[], bytes]) -> bool:
    try:
        attempt()
    except TribuneError:
        return True
    return False

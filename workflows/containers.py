"""Container numbers: four letters, six digits and a check digit (ISO 6346).

CSQU3054383     the check digit of CSQU305438 is 3
"""

import re

_SHAPE = re.compile(r"[A-Z]{3}[UJZR][0-9]{7}")
_SERIAL = slice(0, 10)
_MODULUS = 11


def normalised(number: str) -> str:
    """A number as it is compared: without spaces and hyphens, in capitals."""
    return re.sub(r"[\s-]", "", number).upper()


def is_valid(number: str) -> bool:
    """Whether a number has the form of one, and its last digit is the one that the others give."""
    whole = normalised(number)
    return bool(_SHAPE.fullmatch(whole)) and check_digit(whole[_SERIAL]) == int(whole[-1])


def check_digit(serial: str) -> int:
    """The digit that checks the ten signs before it.

    Each sign counts with its value, doubled at every place: digits as they are, letters from 10 on without the
    multiples of 11. What remains after division by 11 is the digit; 10 counts as 0.

    Args:
        serial: four letters and six digits.
    """
    total = sum(_value(sign) << place for place, sign in enumerate(serial))
    return total % _MODULUS % 10


def _value(sign: str) -> int:
    if sign.isdigit():
        return int(sign)
    value = 10 + ord(sign) - ord("A")
    # 11, 22 and 33 are passed over.
    for passed in (11, 22, 33):
        value += value >= passed
    return value

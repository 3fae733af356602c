"""The conversation between a reporter and the service.

thread     messages both ways, and standard texts
wishes     what a reporter can ask for beyond writing
standing   how a report stands, as its author sees it
"""

from cases.messages.standing import Standing, standing
from cases.messages.thread import (
    Posted,
    Said,
    post_as_reporter,
    post_as_staff,
    read,
    read_own_thread,
    read_thread,
    standard_texts,
    standard_texts_for,
)
from cases.messages.wishes import (
    answer_check_in,
    demand_check_in,
    give_name,
    inside_review_window,
    request_review,
    withdraw,
)

__all__ = [
    "Posted",
    "Said",
    "Standing",
    "answer_check_in",
    "demand_check_in",
    "give_name",
    "inside_review_window",
    "post_as_reporter",
    "post_as_staff",
    "read",
    "read_own_thread",
    "read_thread",
    "request_review",
    "standard_texts",
    "standard_texts_for",
    "standing",
    "withdraw",
]

"""Telling staff by e-mail that something waits for them; never what, and never a reporter.

kinds      what they are told of, and how soon
occasions  who is told when what happens
errands    what is to be told: a row for each person, made with the act it is about
rounds     what is due is looked at again, and becomes e-mails
letters    what these say
"""

from cases.notifications.errands import holders, queue
from cases.notifications.kinds import Kind

__all__ = ["Kind", "holders", "queue"]

"""What must hold before a step is taken, by the codes of the list `guards`.

registry    every code and its check
beginning   receiving, triage, admission
people      who may not be the same, who must be free
harm        the risk of harm to reporters and witnesses
inquiry     the investigation and its report
ending      decision, closing, review, forgetting

A guard answers from what is on record, and its docstring says what it looks at. What none of them can
see is in `SECURITY.md`, under "Limits".
"""

from cases.guards.registry import BESIDES, GUARDS, failing

__all__ = ["BESIDES", "GUARDS", "failing"]

"""Everything remembered: what happened and who looked, in a form that outsiders can verify."""

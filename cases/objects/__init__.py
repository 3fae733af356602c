"""What staff write into a case, each a sealed record with versions.

shapes      what each kind of thing holds
things      adding, changing, taking away, reading
persons     people named in a case: who must not know of it from then on
allegations the unit of finding, and the tokens that figures count
"""

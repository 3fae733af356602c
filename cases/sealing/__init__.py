"""Everything that encrypts, stretches or derives a key; the only room that imports a cipher."""

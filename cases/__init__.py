"""The rooms in which a case is received, examined and settled; they know no web framework."""

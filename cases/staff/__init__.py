"""Who works here: units, offices, accounts, roles, key circles and sign-in."""

"""Who works here: units and offices, accounts, roles, key circles, sign-in; and whether enough people do."""

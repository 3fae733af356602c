"""The month's figures: counted on blind tokens, hidden once, frozen by two people, served many ways."""

"""What may happen, written down as data: no database, no clock, no environment."""

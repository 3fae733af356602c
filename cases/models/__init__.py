"""The nouns: tables and the words they share. Nothing here does anything."""

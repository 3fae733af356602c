"""Every way in: JSON, pages and the command line. No SQL, no ciphers."""

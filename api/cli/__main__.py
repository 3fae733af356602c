"""`python -m api.cli`: the `tribune` command where it is not installed."""

from api.cli import main

if __name__ == "__main__":  # worker processes import this file under another name
    main()

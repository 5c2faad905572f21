"""`python -m desk`: the same as the console script `perpdesk`."""

from desk.cli import main

if __name__ == "__main__":
    main()

"""``python -m text2sql``: the command line."""

from text2sql.cli import main

if __name__ == "__main__":
    main()

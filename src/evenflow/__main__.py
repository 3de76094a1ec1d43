"""`python -m evenflow` is the `evenflow` command."""

# A server's worker processes import this file again, and need none of it.
if __name__ == "__main__":
    from evenflow.cli import main

    main()

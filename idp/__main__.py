"""`python -m idp`: the operator's shell, for a checkout that is not installed."""

from idp.cli import main

if __name__ == "__main__":
    main()

"""`idp` whose workers are never replaced, so that it can be watched what a million requests leave behind."""

from idp import cli
from idp.cli import serve

if __name__ == "__main__":
    serve.MAX_REQUESTS = 10**9
    cli.main()

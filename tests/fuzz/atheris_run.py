"""One target under atheris: `python -m tests.fuzz.atheris_run KIND` and the options of libFuzzer."""

import sys

import atheris

with atheris.instrument_imports(include=["idp", "joserfc", "csv"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    kind = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[kind])
    atheris.Fuzz()

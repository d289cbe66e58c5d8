# SPDX-License-Identifier: GPL-3.0-or-later
"""tap.py: the Test Anything Protocol for the tests in Python. A test calls ok() for each thing that must hold and ends with done()."""
import sys

_count = 0
_failed = 0


def ok(good, name):
    global _count, _failed
    _count += 1
    _failed += not good
    print(f"{'' if good else 'not '}ok {_count} - {name}", flush=True)
    return bool(good)


def note(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def done():
    print(f"1..{_count}", flush=True)
    sys.exit(1 if _failed or not _count else 0)


def skip_all(why):
    print(f"1..0 # SKIP {why}", flush=True)
    sys.exit(0)  # with another status the TAP driver counts an error

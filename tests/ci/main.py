"""Runs the tests beside this file on the binary that the command line names. `tests/ci/run` calls it."""

import pathlib
import sys
import unittest

import place

if __name__ == "__main__":
    place.BINARY = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(__file__).parent
    tests = unittest.defaultTestLoader.discover(str(folder), pattern=sys.argv[2] if len(sys.argv) > 2 else "test_*.py")
    done = unittest.TextTestRunner(verbosity=2).run(tests)
    sys.exit(0 if done.wasSuccessful() and done.testsRun > 0 else 1)

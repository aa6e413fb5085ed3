"""The tests of what is published. Each installs it as a user would, from the files, and runs it."""

import sys
import unittest

import packages
from on_image import Image
from on_npm import Npm, Shim
from on_release import Archive, Names, Release
from on_wheel import Wheel


if __name__ == "__main__":
    packages.fresh("out")
    print(packages.package(packages.OUT), file=sys.stderr)
    unittest.main(verbosity=2)

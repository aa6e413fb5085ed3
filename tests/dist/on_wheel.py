import email
import os
import re
import unittest
import zipfile

import packages
from walk import walk


class Wheel(unittest.TestCase):
    def setUp(self):
        self.wheel = packages.one("*.whl")

    def metadata(self):
        with zipfile.ZipFile(self.wheel) as packed:
            return email.message_from_bytes(packed.read(f"rolecall-{packages.PROJECT.version}.dist-info/METADATA"))

    def test_installs_and_runs_with_nothing_else(self):
        folder = packages.fresh("wheel")
        programs = packages.environment(folder / "venv")
        packages.command([programs / "python", "-m", "pip", "install", "--no-index", "--disable-pip-version-check", self.wheel])
        command = programs / "rolecall"
        (folder / "work").mkdir()
        walk(self, lambda *arguments: packages.run(command, *arguments, cwd=folder / "work"), folder / "work")

    def test_says_what_it_is(self):
        metadata = self.metadata()
        self.assertEqual(metadata["Name"], "rolecall")
        self.assertEqual(metadata["Version"], packages.PROJECT.version)
        self.assertEqual(metadata["Summary"], packages.PROJECT.description)
        self.assertIn(packages.PROJECT.license, [metadata["License-Expression"], metadata["License"]])
        self.assertIn("text/markdown", metadata["Description-Content-Type"])
        self.assertIn("# rolecall", metadata.get_payload())
        licences = ["LICENSE-APACHE", "LICENSE-MIT", "LICENSES-THIRD-PARTY.txt"]
        self.assertEqual(sorted(metadata.get_all("License-File")), licences)

    def test_is_for_every_python_and_for_this_platform(self):
        tags = re.fullmatch(r"rolecall-[^-]+-(py3)-(none)-(.+)\.whl", self.wheel.name)
        self.assertIsNotNone(tags, self.wheel.name)
        self.assertEqual(self.metadata()["Requires-Python"], ">=3.8")
        if not os.environ["ROLECALL_BIN"]:
            self.assertEqual(tags[3], packages.TARGET.wheel)

    def test_holds_one_program_and_no_library(self):
        with zipfile.ZipFile(self.wheel) as packed:
            files = [each for each in packed.infolist() if ".dist-info/" not in each.filename]
        self.assertEqual([each.filename for each in files], [f"rolecall-{packages.PROJECT.version}.data/scripts/rolecall"])
        self.assertEqual(files[0].external_attr >> 16 & 0o777, 0o755)

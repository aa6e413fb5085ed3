"""The files of the container image, without an engine: the same files as the root of the file system, and the same user."""

import os
import re
import shutil
import subprocess
import sys
import unittest

import packages

sys.path.insert(0, str(packages.ROOT / "packaging" / "parts"))
import image


@unittest.skipUnless(os.geteuid() == 0, "only root may change the root of the file system")
class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = packages.fresh("image") / "root"
        [binary] = (packages.ROOT / "target" / "package" / "dist" / packages.TARGET.triple / "binary").iterdir()

        class Papers:
            licences = [packages.ROOT / "LICENSE-MIT"]
            bill = packages.one(f"{packages.PROJECT.archive_stem(packages.TARGET)}.cdx.json")

        image.file_system(binary, Papers, packages.WORK, cls.root)
        # The binary of the image is static. A binary that was given is not: it also needs its libraries.
        for library in re.findall(r"(/\S+)", subprocess.run(["ldd", binary], capture_output=True, text=True).stdout):
            place = cls.root / library.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
        work = cls.root / "work"
        work.mkdir()
        os.chown(work, image.USER, image.USER)

    def run_inside(self, *arguments, **environment):
        def enter():
            os.chroot(self.root)
            os.chdir("/work")
            os.setgroups([])
            os.setgid(image.USER)
            os.setuid(image.USER)

        command = ["/usr/local/bin/rolecall", *arguments]
        return subprocess.run(command, env=environment, preexec_fn=enter, capture_output=True, text=True)

    def test_applies_in_a_writable_folder(self):
        applied = self.run_inside("apply", "--sandbox", "--yes")
        self.assertEqual(applied.returncode, 0, applied.stderr)
        self.assertEqual(applied.stdout.splitlines()[-1], packages.LAST_LINE)
        state = self.root / "work" / ".rolecall"
        self.assertEqual(state.stat().st_uid, image.USER)

    def test_nothing_else_is_there_and_nothing_else_is_writable(self):
        self.assertFalse((self.root / "bin").exists())
        found = subprocess.run(["find", self.root, "-perm", "/022", "-not", "-type", "l"], capture_output=True, text=True).stdout
        self.assertEqual([line for line in found.splitlines() if not line.startswith(f"{self.root}/work")], [])

    def test_finds_the_roots_of_trust(self):
        self.assertGreater((self.root / "etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERTIFICATE"), 100)
        (self.root / "work" / "rolecall.toml").write_text((packages.ROOT / "src" / "cli" / "example.toml").read_text())
        # Nothing listens there. A client that found no root does not get as far as to try.
        aws = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
        told = self.run_inside("doctor", AWS_ENDPOINT_URL="https://127.0.0.1:9", **aws)
        self.assertEqual(told.returncode, 1, told.stderr)
        self.assertIn("cannot reach 127.0.0.1:9: tcp connect error", told.stdout)

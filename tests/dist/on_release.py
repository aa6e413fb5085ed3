import json
import os
import re
import subprocess
import tarfile
import tomllib
import unittest
import zipfile

import packages
from packages import OUT, PROJECT, TARGET
from walk import walk


def manifest():
    with open(packages.ROOT / "Cargo.toml", "rb") as cargo:
        return tomllib.load(cargo)["package"]


def binaries():
    """The binary in each of the packages."""
    with zipfile.ZipFile(packages.one("*.whl")) as wheel:
        yield wheel.read(f"rolecall-{PROJECT.version}.data/scripts/rolecall")
    for tarball, name in [
        (packages.one("rolecall-cli-*.tgz"), "package/rolecall"),
        (OUT / PROJECT.archive(TARGET), f"{PROJECT.archive_stem(TARGET)}/rolecall"),
    ]:
        with tarfile.open(tarball) as packed:
            yield packed.extractfile(name).read()


class Archive(unittest.TestCase):
    def setUp(self):
        self.archive = OUT / PROJECT.archive(TARGET)

    def test_unpacks_and_runs(self):
        folder = packages.fresh("archive")
        packages.command(["tar", "-xzf", self.archive, "-C", folder])
        program = folder / PROJECT.archive_stem(TARGET) / "rolecall"
        (folder / "work").mkdir()
        walk(self, lambda *arguments: packages.run(program, *arguments, cwd=folder / "work"), folder / "work")

    def test_holds_what_a_distributor_needs(self):
        with tarfile.open(self.archive) as packed:
            members = {each.name.removeprefix(PROJECT.archive_stem(TARGET) + "/"): each for each in packed.getmembers()}
        for name in ["rolecall", "README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "rolecall.cdx.json"]:
            self.assertIn(name, members)
        for name in ["man/rolecall.1", "man/rolecall-apply.1", "completions/rolecall.bash", "completions/_rolecall"]:
            self.assertIn(name, members)
        executable = {name for name, each in members.items() if each.mode & 0o111}
        self.assertEqual(executable, {"rolecall"})
        self.assertEqual({(each.uid, each.gid, each.mtime) for each in members.values()}, {(0, 0, PROJECT.time)})

    def test_names_the_licences_of_what_is_compiled_in(self):
        with tarfile.open(self.archive) as packed:
            text = packed.extractfile(f"{PROJECT.archive_stem(TARGET)}/LICENSES-THIRD-PARTY.txt").read().decode()
        for crate in ["aws-sdk-iam", "aws-lc-sys", "rustls", "tokio"]:
            self.assertRegex(text, rf"(?m)^{crate} \d")
        # Only for tests, and only for the compiler.
        for crate in ["insta", "proptest", "serde_derive", "syn"]:
            self.assertNotRegex(text, rf"(?m)^{crate} \d")
        self.assertIn("Permission is hereby granted, free of charge", text)

    def test_the_bill_lists_what_is_compiled_in_and_nothing_of_this_machine(self):
        text = (OUT / f"{PROJECT.archive_stem(TARGET)}.cdx.json").read_text()
        self.assertNotIn(str(packages.ROOT), text)
        bill = json.loads(text)
        self.assertEqual(bill["bomFormat"], "CycloneDX")
        self.assertEqual(bill["metadata"]["component"]["version"], PROJECT.version)
        found = {each["name"] for each in bill["components"]}
        self.assertLessEqual({"aws-sdk-iam", "aws-lc-sys", "rolecall-iam", "rolecall-sandbox", "tokio"}, found)
        self.assertFalse({"insta", "wiremock", "proptest", "lambda_runtime"} & found)


class Release(unittest.TestCase):
    def test_all_packages_have_the_same_binary(self):
        found = {packages.digest(content) for content in binaries()}
        self.assertEqual(len(found), 1)

    def test_sums(self):
        told = packages.command(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=OUT)
        listed = {line.split(": ")[0] for line in told.splitlines()}
        files = {each.name for each in OUT.iterdir() if each.is_file()} - {"SHA256SUMS"}
        self.assertEqual(listed, files)

    def test_the_same_sources_give_the_same_bytes(self):
        again = packages.WORK / "again"
        before = os.umask(0o077)
        try:
            packages.package(again, TZ="Pacific/Auckland", LANG="C")
        finally:
            os.umask(before)
        self.assertEqual((again / "SHA256SUMS").read_text(), (OUT / "SHA256SUMS").read_text())

    def test_an_incomplete_release_is_refused(self):
        told = [packages.ROOT / "packaging" / "dist", "--assemble", "--out", OUT]
        done = subprocess.run(told, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not a whole release, these lack: ", done.stderr)
        self.assertIn("rolecall-cli-darwin-arm64", done.stderr)

    def test_a_binary_of_another_version_is_refused(self):
        folder = packages.fresh("other")
        # Whatever it is asked, it says what it is. An executable file is all that maturin asks for.
        (folder / "other.c").write_text('#include <stdio.h>\nint main(void) { puts("rolecall 0.0.9"); return 0; }\n')
        packages.command(["cc", "-o", folder / "rolecall", folder / "other.c"])
        told = [packages.ROOT / "packaging" / "dist", "--binary", folder / "rolecall", "--out", folder / "out"]
        done = subprocess.run(told, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"the binary says that it is rolecall 0.0.9; Cargo.toml says {PROJECT.version}", done.stderr)


class Names(unittest.TestCase):
    """What others know of the names: cargo-binstall, Homebrew and the release workflow."""

    def test_cargo_binstall_looks_for_the_archives(self):
        described = manifest()["metadata"]["binstall"]
        for target in packages.release.targets():
            chosen = {**described, **described["overrides"].get(target.triple, {})}
            filled = {"repo": PROJECT.repository, "name": "rolecall", "version": PROJECT.version, "target": target.triple}
            filled |= {"bin": "rolecall", "binary-ext": ".exe" if target.npm["os"] == "win32" else ""}
            expand = lambda text: re.sub(r"\{ ([a-z-]+) \}", lambda found: filled[found[1]], text)
            self.assertEqual(expand(chosen["pkg-url"]), PROJECT.url(PROJECT.archive(target)))
            self.assertEqual(expand(chosen["bin-dir"]), f"{PROJECT.archive_stem(target)}/{target.executable}")
            self.assertEqual(chosen["pkg-fmt"], {"tar.gz": "tgz", "zip": "zip"}[target.archive])
        overridden = set(described["overrides"])
        self.assertLessEqual(overridden, {each.triple for each in packages.release.targets()})

    def test_the_formula_has_the_archives_with_their_sums(self):
        formula = (OUT / "rolecall.rb").read_text()
        archive = OUT / PROJECT.archive(TARGET)
        pairs = re.findall(r'url "([^"]+)"\s+sha256 "([0-9a-f]{64})"', formula)
        self.assertEqual(pairs, [(PROJECT.url(archive.name), packages.digest(archive.read_bytes()))])
        self.assertNotIn("{{", formula)
        self.assertIn(f'version "{PROJECT.version}"', formula)

    def test_the_release_workflow_builds_every_target(self):
        told = packages.command([packages.ROOT / "packaging" / "dist", "--matrix"])
        rows = json.loads(told)["include"]
        self.assertEqual([each["triple"] for each in rows], [each.triple for each in packages.release.targets()])
        workflow = (packages.ROOT / ".github" / "workflows" / "release.yml").read_text()
        self.assertIn("packaging/dist --matrix", workflow)
        self.assertIn("matrix: ${{ fromJSON(needs.plan.outputs.matrix) }}", workflow)

    def test_every_target_has_names_of_its_own(self):
        targets = packages.release.targets()
        for of in [lambda each: each.triple, lambda each: each.wheel, lambda each: each.npm_package]:
            self.assertEqual(len({of(each) for each in targets}), len(targets))
        for kind in ["formula", "container"]:
            named = [getattr(each, kind) for each in targets if getattr(each, kind)]
            self.assertEqual(len(set(named)), len(named))

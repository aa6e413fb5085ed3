import json
import os
import pty
import shutil
import signal
import subprocess
import tarfile
import unittest

import packages
from walk import walk

# Stands in for the binary: says what it was given, and which signals reach it.
STAND_IN = r"""#!/usr/bin/env node
const seen = { SIGINT: 0, SIGTERM: 0, SIGHUP: 0 };
for (const name of Object.keys(seen)) process.on(name, () => { seen[name] += 1; console.log(`heard ${name}`); });
if (process.argv[2] === "arguments") { console.log(JSON.stringify(process.argv.slice(3))); process.exit(0); }
if (process.argv[2] === "killed") process.kill(process.pid, "SIGKILL");
process.stdin.on("data", () => { console.log(JSON.stringify(seen)); process.exit(7); });
console.log("ready");
"""

# The one that is installed, one that can become another program (process.execve), and the oldest that package.json allows.
NODES = [None, 24, 18]


def platform_tarball():
    return packages.one("rolecall-cli-*.tgz")


def main_tarball():
    return packages.one(f"rolecall-{packages.PROJECT.version}.tgz")


class Npm(unittest.TestCase):
    def test_installs_and_runs(self):
        folder = packages.fresh("npm")
        modules = packages.npm_install(folder, [main_tarball(), platform_tarball()])
        for version in NODES:
            with self.subTest(node=version):
                work = packages.fresh("npm work")
                path = f"{packages.node(version).parent}:/usr/bin:/bin"
                command = modules / ".bin" / "rolecall"
                walk(self, lambda *arguments: packages.run(command, *arguments, cwd=work, path=path), work)

    def test_packages_agree_with_each_other(self):
        main, platform = description(main_tarball()), description(platform_tarball())
        self.assertEqual(main["name"], "rolecall")
        self.assertEqual(platform["name"], packages.TARGET.npm_package)
        self.assertEqual({main["version"], platform["version"]}, {packages.PROJECT.version})
        wanted = {each.npm_package: packages.PROJECT.version for each in packages.release.targets()}
        self.assertEqual(main["optionalDependencies"], wanted)
        self.assertEqual((platform["os"], platform["cpu"]), ([packages.TARGET.npm["os"]], [packages.TARGET.npm["cpu"]]))
        self.assertEqual(platform.get("libc"), [packages.TARGET.npm["libc"]])
        for described in [main, platform]:
            self.assertEqual(described["license"], packages.PROJECT.license)
            self.assertEqual(described["description"], packages.PROJECT.description)
            # Nothing runs at installation.
            self.assertNotIn("scripts", described)

    def test_files_and_modes(self):
        for tarball, executable, extra in [
            (main_tarball(), "rolecall.js", []),
            (platform_tarball(), "rolecall", ["LICENSES-THIRD-PARTY.txt"]),
        ]:
            with tarfile.open(tarball) as packed:
                modes = {each.name.removeprefix("package/"): each.mode & 0o777 for each in packed.getmembers()}
            wanted = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json", executable, *extra]
            self.assertEqual(sorted(modes), sorted(wanted))
            self.assertEqual({name for name, mode in modes.items() if mode & 0o111}, {executable})


def description(tarball):
    with tarfile.open(tarball) as packed:
        return json.load(packed.extractfile("package/package.json"))


def never_came(*_):
    raise AssertionError("a line that was waited for never came")


class Shim(unittest.TestCase):
    """With a stand-in for the binary, and with installations that went wrong."""

    def setUp(self):
        folder = packages.fresh("npm shim")
        self.modules = packages.npm_install(folder, [main_tarball()], "--omit=optional")
        self.command = self.modules / ".bin" / "rolecall"
        self.folder = folder
        # Something that is waited for and never comes is a failure, not a run without an end.
        signal.signal(signal.SIGALRM, never_came)
        signal.setitimer(signal.ITIMER_REAL, 300, 10)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)

    def platform(self, name=packages.TARGET.npm_package, version=packages.PROJECT.version):
        folder = self.modules / name
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"name": name, "version": version}))
        (folder / "rolecall").write_text(STAND_IN)
        (folder / "rolecall").chmod(0o755)

    def environment(self, version):
        return {"PATH": f"{packages.node(version).parent}:/usr/bin:/bin"}

    def start(self, version, **options):
        started = subprocess.Popen([self.command], env=self.environment(version), stdin=subprocess.PIPE, **options)
        self.addCleanup(started.kill)
        return started

    def test_passes_arguments_and_input(self):
        self.platform()
        given = ["two words", "", '"quoted"', "$HOME", "--flag=a b", "ü"]
        for version in NODES:
            with self.subTest(node=version):
                told = [self.command, "arguments", *given]
                done = subprocess.run(told, env=self.environment(version), capture_output=True, text=True)
                self.assertEqual((json.loads(done.stdout), done.stderr), (given, ""))
                started = self.start(version, stdout=subprocess.PIPE)
                output, _ = started.communicate(b"go\n")
                self.assertEqual(started.returncode, 7)
                self.assertIn(b'{"SIGINT":0,', output)

    def test_a_signal_to_the_shim_reaches_the_binary_once(self):
        self.platform()
        for version in NODES:
            for sent in ["SIGINT", "SIGTERM", "SIGHUP"]:
                with self.subTest(node=version, signal=sent):
                    # In a session of its own, so without a terminal.
                    started = self.start(version, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
                    self.assertEqual(started.stdout.readline(), b"ready\n")
                    started.send_signal(signal.Signals[sent])
                    self.assertEqual(started.stdout.readline(), f"heard {sent}\n".encode())
                    output, _ = started.communicate(b"go\n")
                    self.assertEqual(json.loads(output)[sent], 1)
                    self.assertEqual(started.returncode, 7)

    def test_control_c_at_a_terminal_reaches_the_binary_once(self):
        self.platform()
        for version in NODES:
            with self.subTest(node=version):
                child, terminal = pty.fork()
                if child == 0:
                    os.execve(self.command, [self.command], self.environment(version))
                said = self.read_until(terminal, b"", b"ready")
                for times in range(3):
                    os.write(terminal, b"\x03")
                    said = self.read_until(terminal, said, b"heard SIGINT", times + 1)
                    # The shim takes its signals in turn: when it has passed this one on, it is done with the other.
                    os.kill(child, signal.SIGTERM)
                    said = self.read_until(terminal, said, b"heard SIGTERM", times + 1)
                os.write(terminal, b"go\n")
                said = self.read_until(terminal, said, b"}")
                _, status = os.waitpid(child, 0)
                os.close(terminal)
                self.assertIn(b'{"SIGINT":3,', said)
                self.assertEqual(os.waitstatus_to_exitcode(status), 7)

    def read_until(self, terminal, said, wanted, times=1):
        while said.count(wanted) < times:
            said += os.read(terminal, 1024)
        return said

    def test_a_binary_that_was_killed_is_told_as_shells_tell_it(self):
        self.platform()
        for version in NODES:
            with self.subTest(node=version):
                told = ["/bin/sh", "-c", '"$0" killed; exit $?', self.command]
                done = subprocess.run(told, env=self.environment(version), capture_output=True)
                self.assertEqual(done.returncode, 128 + signal.SIGKILL)

    def fails_with(self, text, *before):
        node = [packages.node(None), *before, self.modules / "rolecall" / "rolecall.js", "--version"]
        done = subprocess.run(node, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, text)

    def test_a_missing_platform_package_is_said(self):
        musl = packages.TARGET.npm_package + "-musl"
        self.fails_with(
            f"error: {packages.TARGET.npm_package} or {musl} {packages.PROJECT.version} is not installed\n"
            "hint: it is an optional dependency: install again without --no-optional and --omit=optional, "
            "on the system that will run it\n"
        )

    def test_an_empty_binary_is_said(self):
        self.platform()
        binary = self.modules / packages.TARGET.npm_package / "rolecall"
        binary.write_text("")
        self.fails_with(f"error: {binary} is empty\nhint: install again\n")

    def test_a_platform_without_a_binary_is_said(self):
        self.pretend("Object.defineProperty(process, 'arch', { value: 'riscv64' });")
        self.fails_with(
            "error: there is no prebuilt binary for linux on riscv64\nhint: install it with cargo, from the sources\n",
            *["--require", self.folder / "pretend.js"],
        )

    def pretend(self, code):
        (self.folder / "pretend.js").write_text(code)

    def test_packages_of_different_versions_are_said(self):
        self.platform(version="0.0.9")
        self.fails_with(
            f"error: {packages.TARGET.npm_package} is 0.0.9, but rolecall is {packages.PROJECT.version}\n"
            "hint: install again, so that both are of the same version\n"
        )

    def test_where_both_are_installed_the_libc_decides(self):
        # Old versions of npm know nothing of libc and install both packages.
        glibc, musl = packages.TARGET.npm_package, packages.TARGET.npm_package + "-musl"
        for name in [glibc, musl]:
            self.platform(name)
            (self.modules / name / "rolecall").write_text(f"#!/bin/sh\necho {name}\n")
        alpine = "const fs = require('node:fs'); const read = fs.readFileSync; "
        alpine += "fs.readFileSync = (path, ...rest) => path === '/usr/bin/ldd' ? 'musl libc' : read(path, ...rest);"
        nothing = "const fs = require('node:fs'); const read = fs.readFileSync; fs.readFileSync = (path, ...rest) => "
        nothing += "{ if (path === '/usr/bin/ldd') throw new Error('no such file'); return read(path, ...rest); };"
        for code, wanted in [("", glibc), (alpine, musl), (nothing, glibc)]:
            with self.subTest(code=code):
                self.pretend(code)
                node = [packages.node(None), "--require", self.folder / "pretend.js", self.modules / "rolecall" / "rolecall.js"]
                self.assertEqual(packages.command(node), f"{wanted}\n")
        # The static one serves where it is the only one.
        shutil.rmtree(self.modules / glibc)
        self.assertEqual(packages.command([packages.node(None), self.modules / "rolecall" / "rolecall.js"]), f"{musl}\n")

"""What is released: the project as Cargo knows it, and the targets of packaging/targets.toml with the names made from them.

Every name of a file or a package is made here, so that the formula, the npm package and the archives cannot disagree.
"""

import dataclasses
import functools
import json
import os
import platform
import tomllib

from toolchain import ROOT, Trouble, commit_time, output

# Where no address is given: nothing is published under it.
PLACEHOLDER = "https://github.com/my-organization/rolecall"
# What each package calls itself in a registry.
NAME = "rolecall"
SCOPE = "@rolecall"


@dataclasses.dataclass(frozen=True)
class Target:
    triple: str
    wheel: str
    npm: dict
    build: str
    runner: str
    archive: str
    formula: str | None = None
    container: str | None = None

    @property
    def executable(self):
        return "rolecall.exe" if self.npm["os"] == "win32" else "rolecall"

    @property
    def npm_package(self):
        """The shim, packaging/npm/rolecall.js, makes the same name from what Node.js says of itself."""
        musl = "-musl" if self.npm.get("libc") == "musl" else ""
        return f"{SCOPE}/cli-{self.npm['os']}-{self.npm['cpu']}{musl}"

    def is_here(self):
        """Does a binary for this target run on this machine?"""
        # A static binary (musl) runs on every Linux.
        cpu = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
        system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}.get(platform.system())
        return (self.npm["os"], self.npm["cpu"]) == (system, cpu)

    def not_built_here(self):
        """Why this machine cannot build it; None where it can."""
        if self.build == "native" and not self.is_here():
            return f"needs the SDK of its own system: the release workflow builds it on {self.runner}"
        installed = output("rustc", "--print", "sysroot").strip()
        if not os.path.isdir(os.path.join(installed, "lib", "rustlib", self.triple, "lib")):
            return f"Rust's standard library for it is not installed: rustup target add {self.triple}"
        return None


@dataclasses.dataclass(frozen=True)
class Project:
    version: str
    description: str
    license: str
    keywords: list
    repository: str
    # Seconds since 1970: the time of every file in an archive.
    time: int

    def archive_stem(self, target):
        return f"{NAME}-{self.version}-{target.triple}"

    def archive(self, target):
        return f"{self.archive_stem(target)}.{target.archive}"

    def url(self, name):
        """Where the release workflow puts a file; `pkg-url` of Cargo.toml says the same for cargo-binstall."""
        return f"{self.repository}/releases/download/v{self.version}/{name}"


@functools.cache
def targets():
    with open(ROOT / "packaging" / "targets.toml", "rb") as manifest:
        return tuple(Target(**entry) for entry in tomllib.load(manifest)["target"])


def target(triple):
    for candidate in targets():
        if candidate.triple == triple:
            return candidate
    raise Trouble(f"`{triple}` is not in packaging/targets.toml: " + ", ".join(each.triple for each in targets()))


def project(repository):
    cargo = json.loads(output("cargo", "metadata", "--no-deps", "--format-version", "1"))
    package = next(each for each in cargo["packages"] if each["name"] == NAME)
    repository = repository or package["repository"] or PLACEHOLDER
    return Project(
        version=package["version"],
        description=package["description"],
        license=package["license"],
        keywords=package["keywords"],
        repository=repository.removesuffix("/").removesuffix(".git"),
        time=commit_time(),
    )

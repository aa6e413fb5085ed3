"""The wheel, by maturin: it compiles, checks that the binary keeps what the platform tag promises, and lists what is inside.

All other packages take the binary out of the wheel, so every way to install gives the same bytes.
"""

import json
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import zipfile

from toolchain import ROOT, Trouble, environment

# In the place of Cargo where a binary is given: it answers as Cargo does that has nothing to compile.
PREBUILT = """#!/usr/bin/env python3
import json, os, sys
if sys.argv[1] != "rustc":
    os.execvp("cargo", ["cargo", *sys.argv[1:]])
print(json.dumps({message}))
print(json.dumps({{"reason": "build-finished", "success": True}}))
"""


def stage(papers, folder):
    """The folder that maturin works in: our pyproject.toml beside the licences, which only lie together here."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    written = (ROOT / "packaging" / "wheel" / "pyproject.toml").read_text()
    told = json.dumps(str(ROOT / "Cargo.toml"))
    staged = written.replace('"../../Cargo.toml"', told)
    if staged == written:
        raise Trouble("packaging/wheel/pyproject.toml no longer names ../../Cargo.toml")
    (folder / "pyproject.toml").write_text(staged)
    for paper in papers.licences:
        shutil.copy(paper, folder)
    return folder


def compatibility(target):
    """The oldest libc that the tag promises, without the processor: manylinux_2_17, musllinux_1_2."""
    return ["--compatibility", re.search(r"(many|musl)linux_\d+_\d+", target.wheel)[0]]


def build(target, project, papers, folder, out):
    """Compiles a release binary and wraps it. Returns the wheel."""
    options = ["--release", "--all-features", "--locked", "--target", target.triple]
    if target.build == "zig":
        options += ["--zig", *compatibility(target)]
    told = environment(target.triple)
    if target.wheel.startswith("macosx_"):
        # The oldest macOS on which it must start: macosx_11_0_arm64 is 11.0.
        told["MACOSX_DEPLOYMENT_TARGET"] = ".".join(target.wheel.split("_")[1:3])
    wheel = run(["maturin", "build", *options], told, project, papers, folder, out)
    if not wheel.name.endswith(f"-{target.wheel}.whl"):
        raise Trouble(f"packaging/targets.toml calls the wheel of {target.triple} {target.wheel}; maturin made {wheel.name}")
    return wheel


def wrap(binary, target, project, papers, folder, out):
    """Wraps a binary that somebody else compiled; maturin finds the platforms that it fits."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    # A copy: maturin takes the file away. The command in the wheel is called what the file is called.
    named = folder.parent / target.executable
    named.unlink(missing_ok=True)
    shutil.copy(binary, named)
    source = {"name": "rolecall", "src_path": str(ROOT / "src" / "main.rs"), "edition": "2024"}
    message = {
        "reason": "compiler-artifact",
        "package_id": f"path+{ROOT.as_uri()}#rolecall@{project.version}",
        "manifest_path": str(ROOT / "Cargo.toml"),
        "target": {"kind": ["bin"], "crate_types": ["bin"], **source, "doc": True, "doctest": False, "test": True},
        "profile": {"opt_level": "0", "debuginfo": 0, "debug_assertions": True, "overflow_checks": True, "test": False},
        "features": [],
        "filenames": [str(named)],
        "executable": str(named),
        "fresh": True,
    }
    cargo = folder.parent / "prebuilt-cargo"
    cargo.write_text(PREBUILT.format(message=repr(message)))
    cargo.chmod(0o755)
    told = {**environment(target.triple), "CARGO": str(cargo)}
    # What glibc a binary asks for is found out; one for musl is static and asks for none.
    options = ["--target", target.triple, *(compatibility(target) if target.npm.get("libc") == "musl" else [])]
    return run(["maturin", "build", "--all-features", "--locked", *options], told, project, papers, folder, out)


def run(command, told, project, papers, folder, out):
    made = folder.parent / "made"
    shutil.rmtree(made, ignore_errors=True)
    told["SOURCE_DATE_EPOCH"] = str(project.time)
    where = stage(papers, folder)
    # Windows looks for a program on the path of this process, not on the one that it is given.
    program = shutil.which(command[0], path=told["PATH"])
    written = ["--sbom-include", str(papers.bill), "--out", str(made)]
    subprocess.run([program, *command[1:], *written], check=True, cwd=where, env=told, stdout=sys.stderr)
    [wheel] = made.glob("*.whl")
    out.mkdir(parents=True, exist_ok=True)
    return pathlib.Path(shutil.move(wheel, out / wheel.name))


def unpack(wheel, target, folder):
    """Takes the binary out of a wheel. Returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as packed:
        [entry] = [each for each in packed.infolist() if each.filename.endswith(f".data/scripts/{target.executable}")]
        if target.npm["os"] != "win32" and not (entry.external_attr >> 16) & stat.S_IXUSR:
            raise Trouble(f"{target.executable} in {wheel.name} is not executable")
        binary = folder / target.executable
        binary.write_bytes(packed.read(entry))
        binary.chmod(0o755)
        return binary

"""How release binaries are compiled: against a fixed libc, and to the same bytes in whatever folder.

zig links against the libc that it is told, so it does not matter which one this machine has. zig, cargo-zigbuild and maturin
come from PyPI, into target/package/tools. Python 3.9 is enough for this file.
"""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Together with Cargo.lock and the version of Rust, these versions decide the bytes.
TOOLS = ["cargo-zigbuild==0.24.0", "ziglang==0.17.1", "maturin==1.16.0"]


class Trouble(Exception):
    """Something that the person who packages has to mend; the text is all that is shown."""


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def commit_time():
    """The time that archives and bills state, in seconds since 1970: the last commit's, so that it says nothing of the build."""
    stated = os.environ.get("SOURCE_DATE_EPOCH")
    if stated:
        return int(stated)
    try:
        return int(output("git", "log", "-1", "--format=%ct"))
    except (OSError, subprocess.CalledProcessError):
        # Sources without a history; zip knows no earlier time.
        return 315532800


def target_folder():
    """Cargo's. Not resolved: what the compilers write of paths is as they were told."""
    return pathlib.Path(os.path.abspath(ROOT / os.environ.get("CARGO_TARGET_DIR", "target")))


def tools():
    """Installs the tools, unless they are there, and returns their folder."""
    folder = ROOT / "target" / "package" / "tools"
    versions = folder / "versions"
    wanted = " ".join(TOOLS)
    if not versions.is_file() or versions.read_text().strip() != wanted:
        if folder.exists():
            shutil.rmtree(folder)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            pip.append("--root-user-action=ignore")
        subprocess.run([*pip, "--target", str(folder), *TOOLS], check=True, stdout=sys.stderr)
        # Last, so that tools that were left half made are made again.
        versions.write_text(wanted + "\n")
    return folder


def remapped(triple):
    """Pairs of paths for `--remap-path-prefix`: what the compilers write of paths (in messages of panics and assertions)
    begins the same everywhere. Of several that fit, both compilers take the last."""
    sysroot = output("rustc", "--print", "sysroot").strip()
    installed = pathlib.Path(sysroot, "lib", "rustlib", triple, "lib")
    if not installed.is_dir():
        raise Trouble(f"this Rust has no standard library for {triple}; `rustup target add {triple}` fetches it")
    version = output("rustc", "--version", "--verbose").splitlines()
    commit = next(line.split(": ", 1)[1] for line in version if line.startswith("commit-hash: "))
    cargo = os.environ.get("CARGO_HOME") or os.path.join(os.path.expanduser("~"), ".cargo")
    return [
        f"{ROOT}=/rolecall",
        f"{target_folder()}=/target",
        f"{cargo}=/cargo",
        f"{os.path.join(sysroot, 'lib', 'rustlib', 'src', 'rust')}=/rustc/{commit}",
    ]


def environment(triple):
    """The variables for a build of `triple`, tools on the path included."""
    pairs = remapped(triple)
    if any(character.isspace() for pair in pairs for character in pair):
        raise Trouble(f"compilers take options with spaces for several options, and a path has one: {', '.join(pairs)}")
    folder = tools()
    if triple.endswith("-msvc"):
        # Its compiler has no such option. aws-lc brings its assembler code already assembled for machines without NASM.
        c_code = {"AWS_LC_SYS_PREBUILT_NASM": "1"}
    else:
        c_code = {"CFLAGS_" + triple.replace("-", "_"): " ".join(f"-ffile-prefix-map={pair}" for pair in pairs)}
    return {
        **os.environ,
        **c_code,
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(f"--remap-path-prefix={pair}" for pair in pairs),
        "CARGO_ZIGBUILD_ZIG_PATH": str(folder / "ziglang" / ("zig.exe" if os.name == "nt" else "zig")),
        "PATH": str(folder / "bin") + os.pathsep + os.environ.get("PATH", ""),
    }

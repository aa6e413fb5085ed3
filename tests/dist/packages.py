"""Makes the packages once for all tests, and runs what was installed from them with next to nothing around it."""

import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "packaging" / "parts"))
import release

# With a space, as folders of people have.
WORK = ROOT / "target" / "dist test"
OUT = WORK / "out"
PROJECT = release.project(None)
TARGET = next(each for each in release.targets() if each.is_here())
LAST_LINE = "Result: 3 changes made; every claim about the role is proved"


def command(arguments, **options):
    """Runs a tool; what it says is shown if it fails."""
    done = subprocess.run([os.fspath(each) for each in arguments], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{arguments} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def package(out, **surroundings):
    """`packaging/dist` with the given binary, or with one that it compiles."""
    given = os.environ["ROLECALL_BIN"]
    arguments = ["--out", out]
    if given:
        # Without its symbols: nothing here asks for them, and they are two thirds of it.
        small = WORK / "rolecall"
        command(["strip", "-o", small, given])
        arguments += ["--binary", small]
    else:
        arguments += [TARGET.triple]
    return command([ROOT / "packaging" / "dist", *arguments], env={**os.environ, **surroundings})


def fresh(name):
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def one(pattern):
    [found] = OUT.glob(pattern)
    return found


def digest(content):
    return hashlib.sha256(content).hexdigest()


def environment(folder):
    """An empty Python environment with pip. Debian's python3 comes without the module that makes them."""
    if subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True).returncode != 0:
        tools = ROOT / "target" / "dist-tools" / "virtualenv"
        if not tools.is_dir():
            command([sys.executable, "-m", "pip", "install", "--quiet", "--target", tools, "virtualenv"])
        path = {**os.environ, "PYTHONPATH": str(tools)}
        command([sys.executable, "-m", "virtualenv", "--quiet", "--clear", folder], env=path)
    return folder / "bin"


def run(program, *arguments, cwd, path=None, **options):
    """A program with an almost empty environment: no HOME, no credentials, and only `path` to look for others."""
    environment = {"PATH": path or str(pathlib.Path(program).parent)}
    told = [os.fspath(program), *map(os.fspath, arguments)]
    return subprocess.run(told, cwd=cwd, env=environment, capture_output=True, text=True, **options)


def node(version):
    """Node.js of a main version, from npm; None is the one that is installed."""
    if version is None:
        return pathlib.Path(shutil.which("node"))
    folder = ROOT / "target" / "dist-tools" / f"node-{version}"
    system, cpu = platform.system().lower(), {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    found = folder / "node_modules" / f"node-{system}-{cpu}" / "bin" / "node"
    if not found.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts"]
        command([shutil.which("npm"), "install", *quiet, f"node-{system}-{cpu}@{version}"], cwd=folder)
    return found


def npm_install(folder, packages, *options):
    """From the files alone: with an empty cache and offline, so that nothing else can be taken."""
    quiet = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--cache", folder / "cache"]
    command([shutil.which("npm"), "install", *quiet, *options, *packages], cwd=folder)
    return folder / "node_modules"

"""Where things are, and how programs are run: without the credentials and settings of whoever runs the tests."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path("rolecall")
TOOLS = pathlib.Path(sys.executable).parent

PRINCIPAL = "arn:aws:iam::765628985471:root"
EXTERNAL_ID = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"


def environment(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "PIP_INDEX_URL", "PIP_CERT") if name in os.environ}
    return {"PATH": f"{TOOLS}:/usr/local/bin:/usr/bin:/bin", **kept, **more}


def tool(name: str, *arguments: object, cwd: pathlib.Path = ROOT) -> str:
    """Runs a linter; what it finds is the failure."""
    done = subprocess.run([TOOLS / name, *map(str, arguments)], cwd=cwd, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{name} {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
    return done.stdout


def rolecall(folder: pathlib.Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run([BINARY, *arguments], cwd=folder, env=environment(CI="true"), capture_output=True, text=True)
    if done.returncode != code:
        raise AssertionError(f"rolecall {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def trust(*, with_external_id: bool) -> dict:
    statement = {"Effect": "Allow", "Principal": {"AWS": PRINCIPAL}, "Action": "sts:AssumeRole"}
    if with_external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    return {"Version": "2012-10-17", "Statement": statement}


def program(path: pathlib.Path, text: str) -> pathlib.Path:
    """A program in the place of rolecall."""
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return path

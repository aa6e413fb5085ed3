"""Pairs of random manifests on moto: those that `just pairs` makes for the sandbox, which `tests/chaos` prints.

One is applied, then the other one: each command ends with 0, `drift` too, and the same apply again writes nothing."""

import json
import pathlib
import shutil
import subprocess
import urllib.request

PAIRS = 36
REPOSITORY = pathlib.Path(__file__).parents[2]
PRINT = ["cargo", "test", "--quiet", "--workspace", "--all-features", "--test", "chaos", "--", "--print-pairs", str(PAIRS)]
PAPER = ("--level", "paper")


def walk(w):
    printed = subprocess.run(PRINT, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    made = json.loads(printed)
    converged = refused = 0
    for number, pair in enumerate(made["pairs"]):
        with w.step(f"pair {number} of manifests") as step:
            start_anew(w, made["functions"], made["alias"])
            one, other = pair
            put(w, one)
            applied(w, step, one)
            put(w, other)
            if one["path"] == other["path"]:
                applied(w, step, other)
                ends(w, step, 0, "drift", other)
                writes = ends(w, step, 0, "apply --yes", other, *PAPER).writes
                step.check("the same apply again writes nothing", writes, [])
                converged += 1
            else:
                # IAM never changes the path of a role.
                before = w.role()
                for command in ("apply --yes", "verify"):
                    step.check("writes nothing", ends(w, step, 4, command, other, *PAPER).writes, [])
                step.check("a role under another path is left as it is", w.role(), before)
                refused += 1
    with w.step(f"{PAIRS} pairs of manifests: {converged} converged, {refused} were refused for their path") as step:
        step.check("most of them have one path", converged > refused)


def start_anew(w, functions, alias):
    reset = urllib.request.Request(f"http://127.0.0.1:{w.emulator.port}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()
    for region, name in functions:
        w.emulator.create_functions([name], region=region)
        lambdas = w.emulator.client("lambda", region=region)
        lambdas.publish_version(FunctionName=name)
        lambdas.create_alias(FunctionName=name, Name=alias, FunctionVersion="1")


def put(w, manifest):
    (w.folder / "rolecall.toml").write_text(manifest["text"])
    folder = w.folder / "policies"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in manifest["templates"].items():
        (folder / name).write_text(text)


def ends(w, step, code, command, manifest, *options):
    policies = ["--policies", "policies"] if manifest["templates"] else []
    run = w.run(*command.split(), *options, *policies)
    step.check(f"{command} exits {code}", run.code, code)
    return run


def applied(w, step, manifest):
    if manifest["has_boundary"]:
        ends(w, step, 0, "boundary apply --yes", manifest)
    ends(w, step, 0, "apply --yes", manifest, *PAPER)

#!/usr/bin/env python3
"""Measures rolecall and a careful boto3 script on the same work, and prints a Markdown table.

  benches/compare.py [--binary target/release/rolecall] [--runs 5]

Both talk to moto through the proxy of the end-to-end tests, which counts their AWS calls and delays each by 0 or 50 ms.
Whole processes are measured, from start to exit. The tools take turns, so that a busy machine slows both."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
E2E = HERE.parent / "tests" / "e2e"
PYTHON = subprocess.run([E2E / "environment"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
if sys.executable != PYTHON:
    os.execv(PYTHON, [PYTHON, "-B", __file__, *sys.argv[1:]])

sys.path.insert(0, str(E2E))
import json

import emulator
from proxy import rounds

ROLE = "GenesysDataActionRole"
EXTERNAL_ID = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
PRINCIPAL = "arn:aws:iam::765628985471:root"
LATENCIES = (0, 50)
TARGETS = (1, 50)
FIRST, AGAIN, DRIFT = STEPS = ("first apply", "apply again", "drift, clean")
BOTO3, ROLECALL = TOOLS = ("boto3", "rolecall")


def measure(command, environment, folder):
    """One run of a program: exit code, wall time, CPU time, peak memory."""
    done = subprocess.run(
        # -I -S: nothing but the interpreter, which keeps it small
        [PYTHON, "-I", "-S", str(HERE / "measure.py"), *map(str, command)],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures = json.loads(done.stdout)
    if figures["code"] != 0:
        sys.exit(f"{command} ended with {figures['code']}:\n{done.stderr}")
    return figures


def commands(tool, binary):
    if tool == BOTO3:
        script = [PYTHON, HERE / "peers" / "boto3_role.py"]
        return {FIRST: [*script, "apply"], AGAIN: [*script, "apply"], DRIFT: [*script, "drift"]}
    # The boto3 script does not prove or probe anything; rolecall always proves, and is kept from probing.
    apply = [binary, "apply", "--yes", "--level", "paper"]
    return {FIRST: apply, AGAIN: apply, DRIFT: [binary, "drift"]}


def prepare(folder, names):
    text = f'version = 1\n[genesys]\nregion = "us-east-1"\norganization_id = "{EXTERNAL_ID}"\n[role]\nname = "{ROLE}"\n'
    text += "".join(f'[[target]]\nfunction = "{name}"\n' for name in names)
    pathlib.Path(folder, "rolecall.toml").write_text(text)


def empty(iam):
    """Removes the role and the policies, whoever made them."""
    if any(role["RoleName"] == ROLE for role in iam.list_roles()["Roles"]):
        for policy in iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=ROLE, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=ROLE)
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        iam.delete_policy(PolicyArn=policy["Arn"])


def run_all(binary, runs, folder):
    """Figures by (targets, step, tool, latency), one for each run."""
    figures = {}
    with emulator.start_moto() as aws:
        iam, names = aws.client("iam"), [f"genesys-function-{number:03}" for number in range(max(TARGETS))]
        aws.create_functions(names)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": aws.key,
            "AWS_SECRET_ACCESS_KEY": aws.secret,
            "AWS_REGION": emulator.REGION,
            "AWS_DEFAULT_REGION": emulator.REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "ROLE": ROLE,
            "EXTERNAL_ID": EXTERNAL_ID,
            "PRINCIPAL": PRINCIPAL,
        }
        for targets in TARGETS:
            prepare(folder, names[:targets])
            environment["TARGETS"] = " ".join(names[:targets])
            for _ in range(runs):
                for latency in LATENCIES:
                    for tool in TOOLS:
                        empty(iam)
                        aws.proxy.latency = latency / 1000
                        for step, command in commands(tool, binary).items():
                            aws.proxy.take()
                            taken = measure(command, environment, folder)
                            calls = aws.proxy.take()
                            taken |= {"calls": len(calls), "rounds": rounds(calls)}
                            figures.setdefault((targets, step, tool, latency), []).append(taken)
                print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return figures


def table(figures):
    def median(targets, step, tool, latency, figure):
        return statistics.median(run[figure] for run in figures[targets, step, tool, latency])

    yield "| targets | step | tool | AWS calls | rounds | wall 0 ms | wall 50 ms | of boto3's, 0 ms | 50 ms | peak MiB |"
    yield "|--:|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for targets in TARGETS:
        for step in STEPS:
            for tool in TOOLS:
                fast, slow = (median(targets, step, tool, latency, "wall") for latency in LATENCIES)
                shares = [
                    median(targets, step, tool, latency, "wall") / median(targets, step, BOTO3, latency, "wall")
                    for latency in LATENCIES
                ]
                calls, chain = (median(targets, step, tool, 50, figure) for figure in ("calls", "rounds"))
                peak = max(run["peak_mib"] for latency in LATENCIES for run in figures[targets, step, tool, latency])
                yield (
                    f"| {targets} | {step} | {tool} | {calls:.0f} | {chain:.0f} | {fast:.3f} s | {slow:.3f} s "
                    f"| {shares[0]:.2f} | {shares[1]:.2f} | {peak:.1f} |"
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=HERE.parent / "target" / "release" / "rolecall")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    with tempfile.TemporaryDirectory(prefix="rolecall-bench-") as folder:
        versions = [measure([binary, "--version"], dict(os.environ), folder) for _ in range(20)]
        print(*table(run_all(binary, arguments.runs, folder)), sep="\n")
    start, peak = (statistics.median(run[figure] for run in versions) for figure in ("wall", "peak_mib"))
    print(f"\n`rolecall --version`: {start * 1000:.1f} ms, peak {peak:.1f} MiB (median of {len(versions)})")


main()

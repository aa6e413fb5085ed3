#!/usr/bin/env python3
"""Measures `rolecall drift` on many roles of one account, and prints a Markdown table.

  benches/fleet.py [--binary target/release/rolecall] [--runs 3] [--roles 10 100 1000 5000]

Everything talks to the embedded AWS (`rolecall sandbox serve`), a process of its own, which counts the calls and delays each
by 0 or 50 ms. One role is made by `rolecall apply`; the others are copies of it in the state of the embedded AWS. Whole
processes are measured, from start to exit."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
LATENCIES = (0, 50)
MANIFEST = """version = 1
[genesys]
region = "us-east-1"
organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
[role]
name = "{0}"
[[target]]
function = "{0}-function"
"""


def name(number):
    return f"Role-{number:05}"


def prepare(binary, folder, roles):
    """Manifests, and an account in which each of them is in sync."""
    accounts = folder / "accounts"
    accounts.mkdir()
    for number in range(roles):
        (accounts / f"{number:05}.toml").write_text(MANIFEST.format(name(number)))
    first = accounts / f"{0:05}.toml"
    apply = [binary, "apply", "--sandbox", "--yes", "--level", "paper", "--file", first]
    subprocess.run(apply, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    file = accounts / ".rolecall" / "sandbox.json"
    state = json.loads(file.read_text())
    account = state["accounts"]["123456789012"]
    places = [account["roles"], account["policies"], account["functions"]["us-east-1"]]
    for place in places:
        own = {key: json.dumps(value) for key, value in place.items() if name(0).lower() in key.lower()}
        for number in range(1, roles):
            for key, text in own.items():
                key = key.replace(name(0), name(number)).replace(name(0).lower(), name(number).lower())
                place[key] = json.loads(text.replace(name(0), name(number)))
    file.write_text(json.dumps(state))
    return first


class Served:
    """The embedded AWS as a process."""

    def __init__(self, binary, manifest, latency):
        command = [binary, "sandbox", "serve", "--output", "json", "--latency", str(latency), "--file", manifest]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.environment = json.loads(self.process.stdout.readline())

    def control(self, path, method):
        url = f"{self.environment['AWS_ENDPOINT_URL']}/_sandbox/{path}"
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
            return answer.read()

    def calls(self):
        calls = json.loads(self.control("log", "GET"))["calls"]
        return [call["action"] for call in calls]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def measure(command, environment, folder):
    measure = [sys.executable, "-I", "-S", HERE / "measure.py", *map(str, command)]
    done = subprocess.run(measure, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    if figures["code"] != 0:
        sys.exit(f"{command} ended with {figures['code']}:\n{done.stderr}")
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=HERE.parent / "target" / "release" / "rolecall")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--roles", type=int, nargs="+", default=[10, 100, 1000, 5000])
    parser.add_argument("--output", default="human")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    print("| roles | AWS calls | of them pages of GetAccountAuthorizationDetails, ListRoles, ListFunctions | wall 0 ms | wall 50 ms | CPU | peak MiB |")
    print("|--:|--:|---|--:|--:|--:|--:|")
    for roles in arguments.roles:
        with tempfile.TemporaryDirectory(prefix="rolecall-bench-") as folder:
            folder = pathlib.Path(folder)
            manifest = prepare(binary, folder, roles)
            figures = {}
            for latency in LATENCIES:
                with Served(binary, manifest, latency) as aws:
                    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true"}
                    environment |= aws.environment
                    # Clearing the log would clear the latency with it.
                    for run in range(arguments.runs):
                        before = len(aws.calls())
                        command = [binary, "drift", "--file", "accounts/*.toml", "--output", arguments.output]
                        figures.setdefault(latency, []).append(measure(command, environment, folder))
                        calls = aws.calls()[before:]
            wall = {latency: statistics.median(it["wall"] for it in figures[latency]) for latency in LATENCIES}
            every = [it for latency in LATENCIES for it in figures[latency]]
            pages = [calls.count(it) for it in ("GetAccountAuthorizationDetails", "ListRoles", "ListFunctions")]
            print(
                f"| {roles:,} | {len(calls)} | {', '.join(map(str, pages))} | {wall[0]:.2f} s | {wall[50]:.2f} s "
                f"| {statistics.median(it['cpu'] for it in every):.2f} s | {max(it['peak_mib'] for it in every):.0f} |",
                flush=True,
            )


main()

#!/usr/bin/env python3
"""Measures `rolecall-lambda` from its start: until it asks for its first event, until that is answered, and the same event
again; and its peak memory. Prints a Markdown table.

  benches/cold_start.py [--binary target/release/rolecall-lambda] [--rolecall target/release/rolecall] [--runs 21]

A Runtime API in this process hands out the events and takes the answers, CloudFormation's among them; AWS is the embedded
one (`rolecall sandbox serve`), a process of its own. With limits, the function is in control groups (version 1, as root) that
give it the memory, and the share of a processor that Lambda gives with it: 1,769 MB have one (Developer Guide, "Configure
Lambda function memory"). In which slices Lambda gives a share is not documented; here it is Linux's default, so much of
every 100 ms. What Lambda itself does before `bootstrap` runs is not measured."""

import argparse
import http.server
import json
import os
import pathlib
import queue
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "e2e"))

from process import Server, exported, free_port

MB_OF_ONE_PROCESSOR = 1769
PERIOD = 100_000
GROUPS = pathlib.Path("/sys/fs/cgroup")
SECONDS = 60
ROLE = "GenesysDataActionRole"
ORGANIZATION = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
TARGET = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
MANIFEST = f"""version = 1
[genesys]
region = "us-east-1"
organization_id = "{ORGANIZATION}"
[role]
name = "{ROLE}"
[[target]]
function = "my-genesys-trigger-function"
"""
CASE = {
    "name": "one",
    "request": {
        "principal": "arn:aws:iam::123456789012:role/ci",
        "action": "lambda:InvokeFunction",
        "resource": {"resource": TARGET},
        "context": {},
    },
    "identityPolicies": [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:*", "Resource": TARGET}]}],
    "expected": {"response": "Allowed"},
}


class RuntimeApi(http.server.ThreadingHTTPServer):
    """Hands out events (AWS Lambda Developer Guide, "Using the Lambda runtime API") and notes when what happened."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events, self.seen = queue.Queue(), queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, *_):
        """The function was killed while it waited for an event."""

    def wait(self, what):
        """When it happened, and with what body."""
        seen, at, body = self.seen.get(timeout=SECONDS)
        if seen != what:
            raise SystemExit(f"{seen} instead of {what}: {body}")
        return at, body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise the answer's head and body go in two packets, of which the second waits.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.server.seen.put(("next", time.monotonic(), None))
        event = self.server.events.get()
        self.answer(
            200,
            json.dumps(event).encode(),
            Lambda_Runtime_Aws_Request_Id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            Lambda_Runtime_Deadline_Ms=str(int((time.time() + SECONDS) * 1000)),
            Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:us-east-1:123456789012:function:rolecall",
        )

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.put((self.path.rsplit("/", 1)[1], time.monotonic(), body))
        self.answer(202)

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if body["Status"] != "SUCCESS":
            raise SystemExit(f"failed: {body}")
        self.answer(200)


class Limits:
    """Control groups for so many MB of memory."""

    def __init__(self, megabytes):
        share = megabytes / MB_OF_ONE_PROCESSOR
        wanted = {
            "cpu": {"cpu.cfs_period_us": PERIOD, "cpu.cfs_quota_us": int(PERIOD * share)},
            "memory": {"memory.limit_in_bytes": megabytes << 20},
        }
        self.groups = [GROUPS / controller / f"rolecall-{os.getpid()}" for controller in wanted]
        for group, settings in zip(self.groups, wanted.values()):
            group.mkdir()
            for name, value in settings.items():
                (group / name).write_text(str(value))

    @property
    def launcher(self):
        """A shell that moves itself into the groups and then becomes the function."""
        moves = "".join(f"echo $$ > {group}/cgroup.procs; " for group in self.groups)
        return ["/bin/sh", "-c", f'{moves}exec "$@"', "sh"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for group in self.groups:
            group.rmdir()


def one_run(binary, environment, event, launcher):
    """In seconds: until it is ready, until the event is answered, and how long the event takes again. In MiB: the peak."""
    api = RuntimeApi()
    event = {**event, "ResponseURL": f"http://{api.address}/answer?signature=none"} if "RequestType" in event else event
    variables = {
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_FUNCTION_NAME": "rolecall",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "group",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        **environment,
    }
    api.events.put(event)
    start = time.monotonic()
    process = subprocess.Popen([*launcher, binary], env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ready, _ = api.wait("next")
        answered, body = api.wait("response")
        api.wait("next")
        again = time.monotonic()
        api.events.put(event)
        answered_again, _ = api.wait("response")
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        [peak] = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        api.shutdown()
        api.server_close()
    return {"ready": ready - start, "answered": answered - start, "again": answered_again - again, "peak": peak / 1024}, body


def custom_resource(change, **more):
    return {
        "RequestType": change,
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/contact-centre/1",
        "RequestId": "3b1f0c4e-0001",
        "ResourceType": "Custom::GenesysTrustProof",
        "LogicalResourceId": "Proof",
        "ResourceProperties": {
            "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:rolecall",
            "RoleName": ROLE,
            "OrganizationId": ORGANIZATION,
            "GenesysRegion": "us-east-1",
            "Targets": [TARGET],
        },
        **more,
    }


EVENTS = {
    "`simulate`, one case": {"command": "simulate", "cases": [CASE]},
    "`Custom::GenesysTrustProof`, Delete": custom_resource("Delete", PhysicalResourceId=f"trust-proof/{ROLE}"),
    "`Custom::GenesysTrustProof`, Create": custom_resource("Create"),
    "`drift`, one role": {"command": "drift", "manifest": MANIFEST},
}


def main():
    release = HERE.parent / "target" / "release"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=release / "rolecall-lambda")
    parser.add_argument("--rolecall", type=pathlib.Path, default=release / "rolecall", help="the one that serves AWS")
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[128, 256, MB_OF_ONE_PROCESSOR])
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    print("| limits | event | asks for an event after | answered after | the same again | peak MiB |")
    print("|---|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory(prefix="rolecall-bench-") as folder:
        folder, port = pathlib.Path(folder), free_port()
        (folder / "rolecall.toml").write_text(MANIFEST)
        serve = [arguments.rolecall.resolve(), "sandbox", "serve", "--port", port]
        with Server(serve, port, folder / "serve.log", folder) as server:
            environment = exported(server.log)
            apply = [arguments.rolecall.resolve(), "apply", "--yes", "--level", "paper"]
            subprocess.run(apply, cwd=folder, env=environment, check=True, capture_output=True)
            limits = [None, *arguments.megabytes] if (GROUPS / "cpu").is_dir() and os.geteuid() == 0 else [None]
            for megabytes in limits:
                for title, event in EVENTS.items():
                    runs = [limited(megabytes, binary, environment, event) for _ in range(arguments.runs)]
                    median = lambda name: f"{statistics.median(run[name] for run in runs) * 1000:.1f} ms"
                    share = f"{megabytes} MB, {megabytes / MB_OF_ONE_PROCESSOR:.0%} of a processor" if megabytes else "none"
                    peak = max(run["peak"] for run in runs)
                    print(f"| {share} | {title} | {median('ready')} | {median('answered')} | {median('again')} | {peak:.1f} |", flush=True)


def limited(megabytes, binary, environment, event):
    if megabytes is None:
        return one_run(binary, environment, event, [])[0]
    with Limits(megabytes) as limits:
        return one_run(binary, environment, event, limits.launcher)[0]


main()

"""Prism, which validates every request, serves the description of Genesys Cloud's API to rolecall's own commands."""

import json
import os
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

from process import Server, exported, free_port
from walk import Run, Steps

VERSION = "5.14.2"
DESCRIPTION = pathlib.Path("tests/genesys/openapi.json").resolve()
NPM = pathlib.Path("target/e2e/npm").resolve()
RUN_SECONDS = 60


def install():
    if not (NPM / "node_modules/@stoplight/prism-cli/package.json").exists():
        NPM.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", NPM, f"@stoplight/prism-cli@{VERSION}"]
        subprocess.run(npm, check=True, stdout=subprocess.DEVNULL)
    return NPM / "node_modules/.bin/prism"


def described(folder):
    """The description with an example for a state that something is waited for: Prism always answers with its examples."""
    description = json.loads(DESCRIPTION.read_text())
    for method in ("get", "patch"):
        answer = description["paths"]["/api/v2/integrations/{integrationId}"][method]["responses"]["200"]
        answer["content"]["application/json"]["example"]["reportedState"] = {"code": "ACTIVE"}
    path = folder / "description.json"
    path.write_text(json.dumps(description))
    return path


class Prism(Server):
    """A mock of the API that holds every request against the description, and says so in its log."""

    def __init__(self, folder):
        port = free_port()
        mock = [install(), "mock", "-h", "127.0.0.1", "-p", port, described(folder)]
        super().__init__(mock, port, folder / "prism.log", folder)
        self._read = 0

    def take(self):
        """The requests since the last time, and what was wrong with them."""
        log = re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text())
        new, self._read = log[self._read :], len(log)
        requests = re.findall(r"\] (get|post|put|patch|delete|head) (\S+) \S* *info +Request received", new)
        wrong = [line for line in new.splitlines() if "did not pass" in line or "Violation" in line or "error" in line]
        return [(method.upper(), path) for method, path in requests], wrong


def walk(binary):
    steps = Steps("prism")
    with Prism(steps.folder) as prism:
        watchful(steps, prism)
        commands(steps, prism, binary)
        port = free_port()
        serve = [binary, "sandbox", "serve", "--port", port]
        with Server(serve, port, steps.folder / "serve.log", steps.folder) as aws:
            both_sides(steps, prism, binary, exported(aws.log))
    return steps


def watchful(steps, prism):
    """A check that cannot fail would show nothing."""
    with steps.step("a wrong request is noticed") as step:
        request = urllib.request.Request(
            f"{prism.url}/api/v2/integrations",
            data=b'{"nom": "orders"}',
            headers={"Authorization": "Bearer x", "Content-Type": "application/json"},
        )
        try:
            status = urllib.request.urlopen(request).status
        except urllib.error.HTTPError as error:
            status = error.code
        requests, wrong = prism.take()
        step.check("refused", status, 400)
        step.check("seen", requests, [("POST", "/api/v2/integrations")])
        step.check("in the log", bool(wrong))


def commands(steps, prism, binary):
    """Each command alone, without a manifest: Prism answers with its examples, whatever was said before."""
    organization, limits, users = "/api/v2/organizations/me", "/api/v2/organizations/limits/namespaces/dataactions", "/api/v2/users"
    with steps.step("whoami") as step:
        run, requests, wrong = call(steps, prism, binary, "genesys", "whoami", "--probe", "users")
        step.check("every request is accepted", wrong, [])
        step.check("exits 0", run.code, 0)
        step.check("a token first", requests[0], ("POST", "/oauth/token"))
        wanted = {("GET", path) for path in (organization, limits, users)}
        step.check("asks for organization, limits and users", wanted - set(requests), set())
    with steps.step("audit") as step:
        run, requests, wrong = call(steps, prism, binary, "genesys", "audit", "--since", "2h")
        step.check("every request is accepted", wrong, [])
        step.check("exits 0", run.code, 0)
        step.check("asks, waits, reads", [method for method, _ in requests if method != "HEAD"][:4], ["POST", "POST", "GET", "GET"])


def both_sides(steps, prism, binary, aws):
    """The commands that make things in Genesys Cloud, with the embedded AWS on the other side."""
    (steps.folder / "input.json").write_text('{"type":"object","properties":{"order":{"type":"string"}}}')
    (steps.folder / "output.json").write_text('{"type":"object","properties":{"status":{"type":"string"}}}')
    (steps.folder / "test.json").write_text('{"order":"A-1"}')
    (steps.folder / "new.toml").write_text(MANIFEST.format(integration="Not there yet", category="Orders"))
    # As the description's examples have it.
    (steps.folder / "there.toml").write_text(
        MANIFEST.format(integration="prod-orders-Lambda-Integration", category="prod-orders-Lambda")
    )
    integration = "/api/v2/integrations/8a1d3c52-3a60-4c5b-9f5b-0f2f6a1b7c10"
    action = "/api/v2/integrations/actions/custom_-_0b6c1b0e-6a3e-4f0a-9d5e-1c0d7f6f4a11"
    runs = [
        # What was made is in none of the examples that Prism goes on answering with, which is said with exit code 5.
        (
            "apply makes everything",
            ["apply", "--yes", "--level", "paper", "--deadline", "3", "--file", "new.toml"],
            5,
            {
                ("POST", "/api/v2/integrations/credentials"),
                ("POST", "/api/v2/integrations"),
                ("PUT", f"{integration}/config/current"),
                ("PATCH", integration),
                ("POST", "/api/v2/integrations/actions/drafts"),
                ("GET", f"{action}/draft/validation"),
                ("POST", f"{action}/draft/publish"),
            },
        ),
        (
            "apply replaces an action",
            ["apply", "--yes", "--level", "paper", "--deadline", "3", "--adopt", "--replace", "--file", "there.toml"],
            # It goes on showing the deleted action.
            1,
            {("PUT", f"{integration}/config/current"), ("DELETE", action)},
        ),
        ("connect", ["genesys", "connect", "--yes", "--deadline", "3", "--file", "new.toml"], None, {("PATCH", integration)}),
        ("action list", ["genesys", "action", "list", "--file", "there.toml"], 0, {("GET", "/api/v2/integrations/actions")}),
        ("action export", ["genesys", "action", "export", "Get order status", "--file", "there.toml"], 0, {("GET", action)}),
        (
            "action test",
            ["genesys", "action", "test", "Get order status", "--yes", "--input", "test.json", "--file", "there.toml"],
            0,
            {("POST", f"{action}/test")},
        ),
        ("drift", ["drift", "--file", "there.toml"], 4, {("GET", "/api/v2/integrations/credentials/listing")}),
    ]
    for name, arguments, code, wanted in runs:
        with steps.step(name) as step:
            run, requests, wrong = call(steps, prism, binary, *arguments, **aws)
            step.check("every request is accepted", wrong, [])
            step.check("asks for what it is about", wanted - set(requests), set())
            if code is not None:
                step.check(f"exits {code}", run.code, code)


MANIFEST = """version = 1
[genesys]
region = "us-east-1"
[genesys.integration]
name = "{integration}"
[role]
name = "GenesysDataActionRole"
[[target]]
function = "my-genesys-trigger-function"
[[action]]
name = "Get order status"
category = "{category}"
target = "my-genesys-trigger-function"
input_schema = "input.json"
output_schema = "output.json"
"""


def call(steps, prism, binary, *arguments, **more):
    """Runs the binary against Prism: the run, the requests that came, and what was wrong with them."""
    prism.take()
    environment = {
        **more,
        "PATH": os.environ["PATH"],
        "HOME": str(steps.folder),
        "GENESYSCLOUD_REGION": prism.url,
        "GENESYSCLOUD_OAUTHCLIENT_ID": "11111111-2222-3333-4444-555555555555",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": "not-a-secret",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = subprocess.run(
        [binary, *arguments],
        cwd=steps.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    run = Run(list(arguments), done.returncode, done.stdout, done.stderr, 0, [])
    steps.runs.append(run)
    requests, wrong = prism.take()
    return run, requests, wrong

"""The little of GitHub that `action.yml` needs: a runner of composite actions, and the API of comments."""

import http.server
import json
import pathlib
import re
import subprocess
import tempfile
import threading
import urllib.parse
from dataclasses import dataclass, field

import yaml

import place

REPOSITORY = "my-organization/my-repository"
TOKEN = "token-of-the-job"
BOT = "github-actions[bot]"


class Api:
    """Comments of one repository, as GitHub's REST API has them."""

    def __init__(self) -> None:
        self.comments: list[dict] = []
        self.requests: list[tuple[str, str]] = []
        self.status = 200
        # Where every request is sent on to.
        self.elsewhere: str | None = None
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                content = json.loads(self.rfile.read(length)) if length else None
                status, answer = api.answer(self.command, self.path, self.headers.get("Authorization"), content)
                data = json.dumps(answer).encode()
                self.send_response(status)
                if api.elsewhere:
                    self.send_header("Location", api.elsewhere)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = handle_any

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(self, body: str, login: str = BOT) -> dict:
        comment = {"id": len(self.comments) + 1, "body": body, "user": {"login": login}}
        self.comments.append(comment)
        return comment

    def answer(self, method: str, path: str, authorization: str | None, content: dict | None) -> tuple[int, object]:
        self.requests.append((method, path))
        if self.elsewhere:
            return 307, {}
        if self.status != 200:
            return self.status, {"message": "Resource not accessible by integration"}
        if authorization != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        parts = urllib.parse.urlsplit(path)
        if content is not None and len(content["body"]) > 65_536:
            return 422, {"message": "body is too long (maximum is 65536 characters)"}
        if parts.path == f"/repos/{REPOSITORY}/issues/7/comments":
            if method == "POST":
                return 201, self.add(content["body"])
            query = urllib.parse.parse_qs(parts.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.comments[(page - 1) * size : page * size]
        known = re.fullmatch(rf"/repos/{REPOSITORY}/issues/comments/(\d+)", parts.path)
        if method == "PATCH" and known:
            comment = self.comments[int(known.group(1)) - 1]
            comment["body"] = content["body"]
            return 200, comment
        return 404, {"message": "Not Found"}


@dataclass
class Job:
    """What is left of a job that used the action."""

    code: int = 0
    log: str = ""
    outputs: dict = field(default_factory=dict)
    summary: str = ""
    # The actions that it used, with what they were given.
    used: list = field(default_factory=list)


def use_action(workspace: pathlib.Path, inputs: dict, api: Api, event: dict | None = None, **environment: str) -> Job:
    """Runs the steps of `action.yml` as a runner does: outputs, conditions, and bash with `-e`."""
    action = yaml.safe_load((place.ROOT / "action.yml").read_text())
    unknown = set(inputs) - set(action["inputs"])
    assert not unknown, unknown
    values = {name: inputs.get(name, declared.get("default", "")) for name, declared in action["inputs"].items()}
    job, steps = Job(), {}
    with tempfile.TemporaryDirectory() as kept:
        runner = pathlib.Path(kept)
        (runner / "event.json").write_text(json.dumps(event or {}))
        for step in action["runs"]["steps"]:
            known = {"inputs": values, "steps": steps, "github": {"token": TOKEN}}
            condition = step.get("if")
            if condition is None and job.code != 0 or condition is not None and not evaluate(inner(condition), known):
                continue
            if "uses" in step:
                job.used.append((step["uses"], {key: fill(str(value), known) for key, value in step["with"].items()}))
                continue
            output, summary = runner / "output", runner / "summary"
            output.write_text(""), summary.write_text("")
            variables = place.environment(
                CI="true",
                GITHUB_ACTION_PATH=str(place.ROOT),
                GITHUB_API_URL=api.url,
                GITHUB_EVENT_NAME="pull_request" if event else "schedule",
                GITHUB_EVENT_PATH=str(runner / "event.json"),
                GITHUB_JOB="drift",
                GITHUB_OUTPUT=str(output),
                GITHUB_REPOSITORY=REPOSITORY,
                GITHUB_RUN_ID="42",
                GITHUB_SERVER_URL="https://github.com",
                GITHUB_STEP_SUMMARY=str(summary),
                GITHUB_WORKFLOW="rolecall",
                RUNNER_TEMP=str(workspace / ".temp"),
            )
            variables |= {key: fill(str(value), known) for key, value in step.get("env", {}).items()} | environment
            (workspace / ".temp").mkdir(exist_ok=True)
            script = runner / "script.sh"
            script.write_text(step["run"])
            assert "${{" not in step["run"], "what users state must not be part of a script"
            call = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
            done = subprocess.run(
                call, cwd=workspace, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
            job.log += done.stdout
            job.summary += summary.read_text()
            job.code = job.code or done.returncode
            if "id" in step:
                steps[step["id"]] = {"outputs": parse_outputs(output.read_text())}
    known = {"inputs": values, "steps": steps, "github": {}}
    job.outputs = {name: fill(declared["value"], known) for name, declared in action["outputs"].items()}
    return job


def parse_outputs(text: str) -> dict:
    outputs, lines = {}, iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, separator, end = line.partition("<<")
        assert separator, f"not `name<<end`: {line}"
        outputs[name] = "\n".join(iter(lambda: next(lines), end))
    return outputs


def fill(text: str, known: dict) -> str:
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(evaluate(found.group(1), known)), text)


def inner(expression: str) -> str:
    found = re.fullmatch(r"\$\{\{(.*)\}\}", expression)
    assert found, expression
    return found.group(1)


def evaluate(expression: str, known: dict):
    """The expressions that `action.yml` has: names, texts, `==`, `!=` and `&&`, with `!cancelled()`."""
    values = [value(part.strip(), known) for part in expression.split("&&")]
    return values[0] if len(values) == 1 else all(values)


def value(term: str, known: dict):
    if term == "!cancelled()":
        return True
    for sign, wanted in (("==", True), ("!=", False)):
        if sign in term:
            left, right = (value(side.strip(), known) for side in term.split(sign))
            return (left == right) == wanted
    if term.startswith("'"):
        return term.strip("'")
    found = known
    for name in term.split("."):
        # A runner has an empty text for what is not there.
        found = found.get(name, "") if isinstance(found, dict) else ""
    return found if isinstance(found, str) else ""

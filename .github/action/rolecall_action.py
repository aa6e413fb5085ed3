"""What `action.yml` does in its steps: `run`, `comment` and `verdict`.

`run` installs rolecall or takes an installed one, runs it once, and leaves its reports for the steps after it. `comment` puts the
Markdown report into one comment of the pull request and updates that comment later. `verdict` fails the job or not.

All that users state comes from the environment, and is never part of a script. Only `comment` is given a token. A comment that cannot
be written is said and never fails the job: a pull request from a fork has a token that only reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

COMMANDS = ("drift", "plan", "verify", "prove")
# docs/ci.md lists the exit codes.
RESULTS = {0: "success", 1: "failed", 2: "usage", 3: "pending", 4: "refuted", 5: "inconclusive"}
# The exit codes of a run that has a result.
WITH_RESULT = (0, 3, 4, 5)
# What each `fail-on` lets pass, with a warning.
PASSING = {"pending": (), "inconclusive": (3,), "refuted": (3, 5)}
# "Job summaries are isolated between steps and each step is restricted to a maximum size of 1MiB."
SUMMARY_BYTES = 1024 * 1024
# GitHub refuses a longer body. It counts characters; bytes are never fewer.
COMMENT_BYTES = 65_536
# Who the job's own token writes as.
AUTHOR = "github-actions[bot]"
PAGES = 100
COMMENTS_A_PAGE = 100
TIMEOUT = 30


class Wrong(Exception):
    """What the user stated cannot be done."""


def main() -> int:
    steps = {"run": run, "comment": comment, "verdict": verdict}
    try:
        return steps[sys.argv[1]]()
    except Wrong as error:
        say("error", str(error))
        return 2


def stated(name: str) -> str:
    return os.environ.get(f"ROLECALL_ACTION_{name}", "")


def say(level: str, text: str) -> None:
    """An annotation; escaped as GitHub's own toolkit does, so that no text becomes another command."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::{level} title=rolecall::{text}", flush=True)


def fail_on() -> str:
    choice = stated("FAIL_ON")
    if choice not in PASSING:
        raise Wrong(f"fail-on is `{choice}`; it must be {', '.join(PASSING)}")
    return choice


# The first step


def run() -> int:
    command, file = stated("COMMAND"), stated("FILE")
    if command not in COMMANDS:
        raise Wrong(f"command is `{command}`; it must be {', '.join(COMMANDS)}")
    if command == "prove" and not file:
        raise Wrong("prove needs `file`: the policy, plan or template to prove")
    fail_on()
    try:
        arguments = shlex.split(stated("ARGUMENTS"))
    except ValueError as error:
        raise Wrong(f"cannot split `arguments`: {error}") from error
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rolecall-", dir=os.environ.get("RUNNER_TEMP")))
    rolecall = find(stated("PATH")) if stated("PATH") else install(stated("VERSION"), folder)
    reports = {"json": folder / "rolecall.json", "sarif": folder / "rolecall.sarif", "markdown": folder / "rolecall.md"}
    call = [rolecall, command, "--output=github", *(f"--report={name}={path}" for name, path in reports.items())]
    # With `=` and after `--` a path that begins with a hyphen is a path.
    if command == "prove":
        call += [*arguments, "--", file]
    else:
        call += [*([f"--file={file}"] if file else []), *arguments]
    try:
        code = subprocess.run(call, check=False).returncode
    except OSError as error:
        raise Wrong(f"cannot run rolecall: {error}") from error
    if code in WITH_RESULT and not has_result(reports["json"]):
        # Such as `--help` among the arguments: green would say that something was proved.
        say("error", f"rolecall ended with exit code {code} and left no result")
        code = 1
    if not reports["markdown"].is_file():
        # The comment of an earlier commit must not stand for this one.
        text = f"## rolecall {command}\n\nrolecall ended with exit code {code} before it had a result. The log of the job says why.\n"
        reports["markdown"].write_text(text, encoding="utf-8")
    written = {name: str(path) if path.is_file() else "" for name, path in reports.items()}
    result = RESULTS.get(code, "failed")
    outputs = {"exit-code": str(code), "result": result, **written}
    append("GITHUB_OUTPUT", "".join(output(name, value) for name, value in outputs.items()).encode())
    append("GITHUB_STEP_SUMMARY", shorten(reports["markdown"].read_text(encoding="utf-8"), SUMMARY_BYTES).encode())
    return 0


def has_result(report: pathlib.Path) -> bool:
    try:
        return "error" not in json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def find(path: str) -> str:
    found = shutil.which(path)
    if found is None:
        raise Wrong(f"rolecall-path is `{path}`, and there is no such program")
    return os.path.abspath(found)


def install(version: str, folder: pathlib.Path) -> str:
    # Anything else could be a URL or a marker to pip.
    if not re.fullmatch(r"\d+\.\d+\.\d+[0-9A-Za-z.]*", version):
        raise Wrong(f"version is `{version}`; it must be a version such as 0.1.0")
    environment = folder / "installed"
    python = environment / "bin" / "python"
    wheel = ["--only-binary", ":all:", "--no-deps", "--disable-pip-version-check", "--no-input", f"rolecall=={version}"]
    for call in (
        [sys.executable, "-I", "-m", "venv", str(environment)],
        [str(python), "-I", "-m", "pip", "install", "--quiet", *wheel],
    ):
        if subprocess.run(call, check=False).returncode != 0:
            raise Wrong(f"cannot install rolecall {version} from PyPI; `rolecall-path` names an installed one")
    return str(environment / "bin" / "rolecall")


def output(name: str, value: str) -> str:
    """A value for the steps after this one; what ends it cannot be foreseen."""
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def append(variable: str, text: bytes) -> None:
    path = os.environ.get(variable)
    if path:
        with open(path, "ab") as file:
            file.write(text)


def shorten(text: str, most: int) -> str:
    """The text, or as many of its lines as fit, with a note that says so. It is never cut within a block or a folded part."""
    size = len(text.encode())
    if size <= most:
        return text
    note = f"\n**This report is cut off.** It has {size} bytes, and GitHub takes {most}. The JSON report of the run has all of it.\n"
    room = most - len(note.encode())
    used, whole, fence, folded, kept = 0, 0, "", 0, []
    for line in text.splitlines(keepends=True):
        used += len(line.encode())
        if used > room:
            break
        kept.append(line)
        ticks = re.match("`{3,}", line)
        if fence:
            fence = "" if line.strip() == fence else fence
        elif ticks:
            fence = ticks.group()
        else:
            folded += line.count("<details>") - line.count("</details>")
        if not fence and not folded:
            whole = len(kept)
    return "".join(kept[:whole]) + note


# The second step


def comment() -> int:
    if os.environ.get("GITHUB_EVENT_NAME") != "pull_request":
        print("No comment: this run is not about a pull request.")
        return 0
    try:
        event = json.loads(pathlib.Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        number, commit = int(event["pull_request"]["number"]), str(event["pull_request"]["head"]["sha"])
        text = pathlib.Path(stated("MARKDOWN")).read_text(encoding="utf-8")
        print(write(Comments(number), body(text, commit)))
    except urllib.error.HTTPError as error:
        why = f"GitHub answered {error.code} {error.reason}"
        if error.code in (401, 403, 404):
            why += "; the job needs the permission `pull-requests: write`, which a pull request from a fork never has"
        say("notice", f"no comment on the pull request: {why}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        say("warning", f"no comment on the pull request: {error}")
    return 0


def marker() -> str:
    """What tells the comment of this job and this file from others. A digest: nothing that users state ends the HTML comment."""
    names = [os.environ.get(name, "") for name in ("GITHUB_WORKFLOW", "GITHUB_JOB")]
    names += [stated(name) for name in ("COMMAND", "FILE", "ARGUMENTS")]
    digest = hashlib.sha256(json.dumps(names).encode()).hexdigest()
    return f"<!-- rolecall {digest[:32]} -->\n"


def body(text: str, commit: str) -> str:
    environment = os.environ
    where = f"{environment['GITHUB_SERVER_URL']}/{environment['GITHUB_REPOSITORY']}/actions/runs/{environment['GITHUB_RUN_ID']}"
    commit = commit if re.fullmatch("[0-9a-f]{40,64}", commit) else "unknown"
    end = f"\n---\nOf commit `{commit}`, by [this run]({where}).\n"
    room = COMMENT_BYTES - len((marker() + end).encode())
    return marker() + shorten(text, room) + end


def write(comments: Comments, text: str) -> str:
    """Updates the comment of an earlier run, or writes the first. Somebody else's comment with our marker is never ours."""
    for known in comments.all():
        user = known.get("user") or {}
        if user.get("login") == AUTHOR and str(known.get("body", "")).replace("\r\n", "\n").startswith(marker()):
            comments.call("PATCH", f"issues/comments/{int(known['id'])}", {"body": text})
            return "Updated the comment on the pull request."
    comments.call("POST", f"issues/{comments.number}/comments", {"body": text})
    return "Wrote a comment on the pull request."


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to where it leads."""

    def redirect_request(self, *_: object) -> None:
        return None


class Comments:
    """The comments of one pull request, by GitHub's REST API."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.base = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}"
        self.opener = urllib.request.build_opener(NoRedirect)

    def all(self):
        for page in range(1, PAGES + 1):
            found = self.call("GET", f"issues/{self.number}/comments?per_page={COMMENTS_A_PAGE}&page={page}")
            yield from found
            if len(found) < COMMENTS_A_PAGE:
                return

    def call(self, method: str, path: str, content: object = None):
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {stated('TOKEN')}",
            "Content-Type": "application/json",
            "User-Agent": "rolecall-action",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.base}/{path}", data, headers, method=method)
        with self.opener.open(request, timeout=TIMEOUT) as answer:
            return json.load(answer)


# The last step


def verdict() -> int:
    code = int(stated("EXIT_CODE"))
    result = RESULTS.get(code, "failed")
    if code == 0:
        print("rolecall: success")
        return 0
    if code in PASSING[fail_on()]:
        say("warning", f"the result is {result} (exit code {code}), which fail-on lets pass")
        return 0
    print(f"rolecall: {result} (exit code {code})")
    # A signal is a negative number here, and no exit code.
    return code if 0 < code < 256 else 1


if __name__ == "__main__":
    sys.exit(main())

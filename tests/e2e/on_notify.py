"""The webhook of `apply`: what the binary sends is checked with the code that docs/notify.md gives to receivers."""

import json
import pathlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "0123456789abcdef0123456789abcdef"
PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/notify.md"


def documented():
    """The function of the page."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names = {}
    exec(compile(code, PAGE, "exec"), names)
    return names["is_genuine"]


class Receiver:
    """Answers with these statuses, one after the other, and keeps what it gets."""

    def __init__(self, *statuses):
        self.requests, answers = [], list(statuses)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers), body))
                self.send_response(answers.pop(0) if answers else 204)
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def walk(w, apply, target):
    """`target` is a function that is there; the role is not."""
    is_genuine = documented()
    w.manifest(target)
    text = (w.folder / "rolecall.toml").read_text()
    with w.step("a webhook that fails at first") as step, Receiver(503, 500) as receiver:
        (w.folder / "rolecall.toml").write_text(f'{text}\n[notify]\nwebhook = "{receiver.url}"\n')
        w.check_run(step, w.run(*apply, environment={"ROLECALL_NOTIFY_SECRET": SECRET}), 0)
        step.check("three attempts", len(receiver.requests), 3)
        step.check("which are the same", len({(tuple(sorted(headers.items())), body) for headers, body in receiver.requests}), 1)
        # http.client writes header names as they came; the documented code asks for them as the page spells them.
        headers = {name.title(): value for name, value in receiver.requests[0][0].items()}
        body = receiver.requests[0][1]
        told = json.loads(body)
        step.check("genuine, says the code of the page", is_genuine(SECRET.encode(), headers, body))
        step.check("not with another secret", is_genuine(b"another", headers, body), False)
        step.check("not with another body", is_genuine(SECRET.encode(), headers, body + b" "), False)
        step.check("not an hour later", is_genuine(SECRET.encode(), headers, body, int(headers["Rolecall-Timestamp"]) + 3600), False)
        step.check("its key", headers["Idempotency-Key"], told["id"])
        step.check("what was changed", [it["operation"] for it in told["changed"]].count("iam:CreateRole"), 1)
        step.check("no secret", SECRET in body.decode(), False)
    with w.step("nothing to do, and nobody is told") as step, Receiver() as receiver:
        (w.folder / "rolecall.toml").write_text(f'{text}\n[notify]\nwebhook = "{receiver.url}"\n')
        w.check_run(step, w.run(*apply, environment={"ROLECALL_NOTIFY_SECRET": SECRET}), 0, writes=[])
        step.check("no request", receiver.requests, [])
    (w.folder / "rolecall.toml").write_text(text)
    w.run("destroy", "--yes")

"""The scheduled check on moto: manifests out of S3, Parameter Store and Secrets Manager, and what SNS and Security Hub hold
afterwards. `rolecall-lambda` runs against a Lambda runtime API that is served here, for moto needs Docker to run it."""

import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from walk import ROLE

BUCKET, KEY = "manifests", "team/rolecall.toml"
MANIFEST = f"s3://{BUCKET}/{KEY}"
FINDING = f"rolecall/drift/{MANIFEST}"
INVOCATION_SECONDS = 60


class Function:
    """The function as Lambda runs it: one event after the other, until it is stopped."""

    def __init__(self, w, **settings):
        self.w = w
        self.event = self.told = None
        self.changed = threading.Condition()
        function = self

        class RuntimeApi(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                with function.changed:
                    function.changed.wait_for(lambda: function.event is not None)
                    event, function.event = function.event, None
                deadline = int((time.time() + INVOCATION_SECONDS) * 1000)
                arn = w.emulator.function_arn("rolecall")
                self.answer(200, json.dumps(event), {"Aws-Request-Id": "8476a536", "Deadline-Ms": deadline, "Invoked-Function-Arn": arn})

            def do_POST(self):
                told = json.loads(self.body())
                self.answer(202, "", {})
                with function.changed:
                    function.told = (self.path.rsplit("/", 1)[1], told)
                    function.changed.notify_all()

            def body(self):
                if "Content-Length" in self.headers:
                    return self.rfile.read(int(self.headers["Content-Length"]))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def answer(self, status, text, headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(f"Lambda-Runtime-{name}", str(value))
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.output = (w.folder / "function.out").open("w+")
        self.process = subprocess.Popen(
            [Path(w.binary).with_name("rolecall-lambda")],
            env={
                "PATH": os.environ["PATH"],
                "AWS_ENDPOINT_URL": w.emulator.url,
                "AWS_ACCESS_KEY_ID": w.key,
                "AWS_SECRET_ACCESS_KEY": w.secret,
                "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
                "AWS_LAMBDA_FUNCTION_NAME": "rolecall",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
                "AWS_LAMBDA_LOG_GROUP_NAME": "group",
                **settings,
            },
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.server.shutdown()
        self.output.close()

    def invoke(self, manifest, **publish):
        """The answer to a check, or what kept the function from one."""
        event = {"command": "drift", "manifest": manifest, "region": "us-east-1"}
        return self.answer({**event, **({"publish": publish} if publish else {})})

    def answer(self, event):
        """The answer to any event."""
        with self.changed:
            self.told, self.event = None, event
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.told is not None, INVOCATION_SECONDS)
        how, answer = self.told or ("nothing", {})
        return answer if how == "response" else {"failed": answer}

    def metrics(self, *names):
        """Those of the last check."""
        line = json.loads((self.w.folder / "function.out").read_text().splitlines()[-1])
        return {name: line[name] for name in names or ("Roles", "Wrong", "Drifted", "Refuted", "Unknown", "Failed")}


def walk(w, apply, target):
    """`target` is a function that is there; the role is not."""
    w.manifest(target)
    text = (w.folder / "rolecall.toml").read_text()
    s3, hub = w.emulator.client("s3"), w.emulator.client("securityhub")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=BUCKET, Key=KEY, Body=text)["VersionId"]
    topic, messages = subscribed(w)
    hub.enable_security_hub()
    publish = {"metrics": "Rolecall", "topic": topic, "security_hub": True}

    def finding():
        [finding] = hub.get_findings(Filters={"Id": [{"Value": FINDING, "Comparison": "EQUALS"}]})["Findings"]
        return finding["Compliance"]["Status"], finding["RecordState"]

    with Function(w) as function:
        with w.step("a scheduled check where nothing is") as step:
            step.check("drift", function.invoke(MANIFEST, **publish).get("exit_code"), 4)
            step.check("is in the metrics", function.metrics()["Drifted"], 1)
            step.check("is a finding", finding(), ("FAILED", "ACTIVE"))
            [message] = messages()
            step.check("is a message", message["Subject"], f"rolecall drift: {ROLE} REFUTED")
            step.check("in Markdown", message["Message"].startswith("## rolecall drift: refuted"))
        with w.step("the same after apply") as step:
            w.check_run(step, w.run(*apply), 0)
            step.check("no drift", function.invoke(MANIFEST, **publish).get("exit_code"), 0)
            step.check("nothing wrong in the metrics", function.metrics()["Wrong"], 0)
            step.check("the same finding has passed", finding(), ("PASSED", "ARCHIVED"))
            step.check("no message", messages(), [])
        with w.step("a manifest that is gone") as step:
            gone = function.invoke(f"s3://{BUCKET}/gone.toml", **publish)
            step.check("is an answer", gone.get("exit_code"), 1)
            step.check("that names it", f"`s3://{BUCKET}/gone.toml`" in gone["error"]["message"])
            step.check("counts as failed", function.metrics()["Failed"], 1)
            step.check("is a message", len(messages()), 1)
        with w.step("manifests in other places") as step:
            ssm, secrets = w.emulator.client("ssm"), w.emulator.client("secretsmanager")
            ssm.put_parameter(Name="/rolecall/orders", Type="SecureString", Value=text)
            parameter = ssm.get_parameter(Name="/rolecall/orders")["Parameter"]["ARN"]
            secret = secrets.create_secret(Name="rolecall", SecretString=text)["ARN"]
            s3.put_object(Bucket=BUCKET, Key=KEY, Body="no manifest any more")
            for what, manifest in (("an older version", f"{MANIFEST}?versionId={version}"), ("a SecureString", parameter), ("a secret", secret)):
                step.check(what, function.invoke(manifest).get("exit_code"), 0)
            step.check("the version of now is wrong", function.invoke(MANIFEST).get("exit_code"), 2)
        with w.step("a topic that is gone") as step:
            answer = function.invoke(parameter, topic=f"{topic}-gone", topic_always=True)
            error = answer.get("failed", {}).get("errorMessage", "")
            step.check("fails the invocation", f"{topic}-gone" in error)
            step.check("which says what was found", f"{ROLE} as it should be" in error)
    w.run("destroy", "--yes")


def subscribed(w):
    """A topic, and what takes the messages that have come to it since the last time."""
    sns, sqs = w.emulator.client("sns"), w.emulator.client("sqs")
    topic = sns.create_topic(Name="rolecall")["TopicArn"]
    queue = sqs.create_queue(QueueName="rolecall")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def messages():
        taken = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in taken:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in taken]

    return topic, messages

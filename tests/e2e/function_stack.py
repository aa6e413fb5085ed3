"""The function's own stack, `deploy/rolecall.yaml`: what it makes, what its role allows, and the check of its schedule."""

import io
import json
import subprocess
import time
import zipfile

import botocore.exceptions

from on_sdk import CLIENT
from stacks import CUSTOMER, DEPLOY, PROVIDER
from walk import EXTERNAL_ID

STRANGER = "999999999999"
# What sends the events in the place of CloudTrail.
SOURCE = "e2e.iam"
EVENT_SECONDS = 60
KEY = f"arn:aws:kms:us-east-1:{CUSTOMER}:key/1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b"
# A key's policy decides first; the one that AWS gives leaves it to IAM.
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{CUSTOMER}:root"}, "Action": "kms:*", "Resource": "*"}],
}
MANIFEST = f"""version = 1
[genesys]
region = "us-east-1"
organization_id = "{EXTERNAL_ID}"
[role]
name = "{{}}"
[[target]]
function = "watched"
"""


def archive(function):
    """The zip as `just package` makes it, of this binary."""
    made = io.BytesIO()
    entry = zipfile.ZipInfo("bootstrap")
    entry.create_system, entry.external_attr = 3, 0o100755 << 16
    with zipfile.ZipFile(made, "w") as code:
        code.writestr(entry, function.read_bytes(), compress_type=zipfile.ZIP_DEFLATED, compresslevel=1)
    return made.getvalue()


def provider(w):
    """The function's own template. The emulator's answers do not go to S3, so the function is told of its host."""
    text = (DEPLOY / "rolecall.yaml").read_text()
    # Not the counting proxy's port: the emulator names its own.
    hosts = ",".join(f"{host}:{w.emulator.port}" for host in ("127.0.0.1", "localhost"))
    variables = "        Variables:\n"
    assert text.count(variables) == 1
    text = text.replace(variables, f"{variables}          ROLECALL_RESPONSE_HOSTS: {hosts}\n")
    # As on AWS, nobody else may send events whose source begins with `aws.`, and the emulator has no CloudTrail.
    source = "source: [aws.iam, aws.lambda]"
    assert text.count(source) == 1
    return text.replace(source, f"source: [{SOURCE}]")


def provided(w, function, genesys):
    """The function's stack; its parameters."""
    credentials = json.dumps({"client_id": CLIENT[0], "client_secret": CLIENT[1], "base_url": genesys})
    secret = w.emulator.client("secretsmanager").create_secret(Name="genesys", SecretString=credentials)["ARN"]
    buckets = w.emulator.client("s3")
    buckets.create_bucket(Bucket="code")
    buckets.put_object(Bucket="code", Key="rolecall.zip", Body=archive(function))
    template = provider(w)
    code = {"CodeBucket": "code", "CodeKey": "rolecall.zip", "Architecture": "x86_64", "Roles": "*", "Functions": "*"}
    schedule = {"Schedule": "rate(1 day)", "Manifests": "s3://code/a.toml,s3://code/b.toml", "SecurityHub": "true"}
    reads = {"CredentialsSecret": secret, "GenesysRegion": "us-east-1", "ReadableObjects": "arn:aws:s3:::code/a.toml,arn:aws:s3:::code/b.toml", "DecryptionKeys": KEY}
    # MiniStack keeps the statements of empty lists, which CloudFormation leaves out.
    reads |= {name: secret.replace("genesys", "definitions") for name in ("ReadableSecrets", "ManifestSecrets")}
    options = {**code, **schedule, **reads, "Email": "somebody@example.com"}
    with w.step("the function's own stack") as step:
        try:
            refused = w.create(PROVIDER, template, **code, Schedule="rate(1 day)")
        except botocore.exceptions.ClientError as error:
            refused = error.response["Error"]["Message"]
        step.check("a schedule without manifests is refused", "A schedule needs Manifests" in str(refused))
        made = w.create(PROVIDER, template, **{**options, "Roles": "elsewhere/*"})
        step.check("made", made, ("CREATE_COMPLETE", {}))
        schedules = w.emulator.client("scheduler")
        check = schedules.get_schedule(Name=w.physical(PROVIDER, "Check"), GroupName=w.physical(PROVIDER, "Group"))
        asked = {
            "command": "drift",
            "manifest": ["s3://code/a.toml", "s3://code/b.toml"],
            "publish": {"metrics": "Rolecall", "security_hub": True, "topic": w.outputs(PROVIDER)["TopicArn"]},
        }
        step.check("what the schedule sends", json.loads(check["Target"]["Input"]), asked)
    return options


def simulated(w, binary, secret):
    """What the function may do, decided by rolecall for the policy that the stack has made."""
    outputs = w.outputs(PROVIDER)
    role = outputs["ExecutionRoleArn"].rsplit("/", 1)[1]
    policy = w.iam.get_role_policy(RoleName=role, PolicyName="rolecall")["PolicyDocument"]
    function, topic = outputs["FunctionArn"], outputs["TopicArn"]
    other = f"arn:aws:iam::{CUSTOMER}:role/other"
    stream = f"arn:aws:logs:us-east-1:{CUSTOMER}:log-group:{{}}:log-stream:it"
    findings = f"arn:aws:securityhub:us-east-1:{CUSTOMER}:product/{CUSTOMER}/{{}}"
    via = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}
    table = [
        ("logs:PutLogEvents", stream.format(outputs["LogGroup"]), stream.format("/aws/lambda/other")),
        ("iam:GetRole", other, f"arn:aws:iam::{STRANGER}:role/other"),
        ("lambda:GetPolicy", function, function.replace(CUSTOMER, STRANGER)),
        ("secretsmanager:GetSecretValue", secret, secret.replace("genesys", "database")),
        ("s3:GetObject", "arn:aws:s3:::code/a.toml", "arn:aws:s3:::code/rolecall.zip"),
        ("sns:Publish", topic, f"{topic}-other"),
        ("securityhub:BatchImportFindings", findings.format("default"), findings.format("other")),
        *((action, None, other) for action in ("sts:AssumeRole", "iam:PassRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy")),
        ("lambda:InvokeFunction", None, function),
        ("lambda:UpdateFunctionCode", None, function),
        ("s3:PutObject", None, "arn:aws:s3:::code/a.toml"),
        ("secretsmanager:PutSecretValue", None, secret),
        ("kms:Decrypt", None, KEY),
    ]
    cases = [(action, allowed, {}, "Allowed") for action, allowed, _ in table if allowed]
    cases += [(action, denied, {}, "ImplicitlyDenied") for action, _, denied in table]
    cases.append(("kms:Decrypt", KEY, via, "Allowed"))
    file = w.folder / "cases.json"
    request = lambda action, resource, context: {
        "principal": outputs["ExecutionRoleArn"],
        "action": action,
        "resource": {"resource": resource, "accountId": CUSTOMER},
        "context": context,
    }
    case = lambda action, resource, context, expected: {
        "name": f"{action} on {resource}: {expected}",
        "request": request(action, resource, context),
        "identityPolicies": [policy],
        **({"resourcePolicy": KEY_POLICY} if resource == KEY else {}),
        "expected": {"response": expected},
    }
    file.write_text(json.dumps([case(*it) for it in cases]))
    with w.step("what the function may do") as step:
        done = subprocess.run([binary, "simulate", file, "--output", "json"], capture_output=True, text=True, check=False)
        failed = [f"{it['name']}: {it['response']}, {it['reason']}" for it in json.loads(done.stdout) if not it["pass"]]
        step.check(f"{len(cases)} requests, allowed and denied", (done.returncode, failed), (0, []))


def fed_by(topic, queue):
    """The policy of a queue that a topic may write to."""
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]}


def checked(w, binary, options):
    """What the schedule sends, sent: the function reads the manifests from S3 and tells the topic, with its own role."""
    # MiniStack has no Security Hub.
    w.update(PROVIDER, provider(w), **{**options, "SecurityHub": "false"})
    objects, queues, topics = (w.emulator.client(it) for it in ("s3", "sqs", "sns"))
    w.emulator.create_functions(["watched"])
    for key, role in (("a.toml", "WatchedA"), ("b.toml", "WatchedB")):
        (w.folder / "rolecall.toml").write_text(MANIFEST.format(role))
        objects.put_object(Bucket="code", Key=key, Body=MANIFEST.format(role))
        made = subprocess.run(
            [binary, "apply", "--yes", "--level", "paper"],
            cwd=w.folder,
            env={"AWS_ENDPOINT_URL": w.emulator.url, "AWS_ACCESS_KEY_ID": CUSTOMER, "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
    queue = queues.create_queue(QueueName="told")["QueueUrl"]
    queue_arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = w.outputs(PROVIDER)["TopicArn"]
    queues.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(fed_by(topic, queue_arn))})
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)

    def told():
        taken = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in taken:
            queues.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(it["Body"]) for it in taken]

    with w.step("the check of the schedule, when all is well") as step:
        step.check("in sync", w.check()["exit_code"], 0)
        step.check("nobody is told", told(), [])
        step.check("the metrics", w.metrics(), {"Roles": 2, "Wrong": 0, "Drifted": 0, "Refuted": 0, "Unknown": 0, "Failed": 0})
    with w.step("the check of the schedule, when one role was opened") as step:
        trust = w.iam.get_role(RoleName="WatchedB")["Role"]["AssumeRolePolicyDocument"]
        del trust["Statement"][0]["Condition"]
        w.iam.update_assume_role_policy(RoleName="WatchedB", PolicyDocument=json.dumps(trust))
        step.check("refuted", w.check()["exit_code"], 4)
        messages = told()
        step.check("the topic is told", [("WatchedB" in it["Message"], "WatchedA" in it["Message"]) for it in messages], [(True, True)])
        wrong = {key: value for key, value in w.metrics().items() if value}
        step.check("the metrics", wrong, {"Roles": 2, "Wrong": 1, "Drifted": 1, "Refuted": 1})
    changed_by_hand(w, {**options, "SecurityHub": "false"}, trust, told)
    with w.step("the check of the schedule, when a manifest is gone") as step:
        objects.delete_object(Bucket="code", Key="a.toml")
        step.check("failed", w.check()["exit_code"], 1)
        step.check("the topic is told", len(told()), 1)
        step.check("the metrics", w.metrics()["Failed"] > 0)


def recorded(role, event_id):
    """A change of a role's trust policy as CloudTrail records it and EventBridge delivers it (see the function's own tests)."""
    session = f"arn:aws:sts::{CUSTOMER}:assumed-role/Administrator/mallory"
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AssumedRole", "arn": session, "accountId": CUSTOMER},
        "eventTime": "2026-11-20T14:17:14Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "UpdateAssumeRolePolicy",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.31.0",
        "requestParameters": {"roleName": role, "policyDocument": "{}"},
        "eventID": event_id,
        "readOnly": False,
        "recipientAccountId": CUSTOMER,
    }


def changed_by_hand(w, options, trust, told):
    """The rule of the stack: an event goes through EventBridge to the function, which names who made the change."""
    w.update(PROVIDER, provider(w), **{**options, "Events": "true"})
    events = w.emulator.client("events")

    def sent(role, event_id, **more):
        """Sends the event to the bus."""
        detail = {**recorded(role, event_id), **more}
        entry = {"Source": SOURCE, "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(detail)}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def logged(event_id):
        """What the function logged about the event, once it has answered; nothing if it never did."""
        deadline = time.monotonic() + EVENT_SECONDS
        while time.monotonic() < deadline:
            lines = [json.loads(it) for it in w.log().splitlines() if it.startswith("{")]
            about = [it for it in lines if it.get("event") == event_id]
            ended = {it["span"]["request_id"] for it in lines if it.get("message") in ("answered", "failed")}
            if about and about[-1]["span"]["request_id"] in ended:
                return about[-1]["message"]
            time.sleep(0.2)
        return "nothing"

    with w.step("a change by hand that EventBridge tells of") as step:
        sent("WatchedB", "event-1")
        step.check("is checked", logged("event-1"), "checking")
        [message] = told()
        step.check("the message names the change", message["Subject"], "rolecall drift: WatchedB REFUTED after UpdateAssumeRolePolicy")
        step.check("and who made it", "assumed-role/Administrator/mallory" in message["Message"] and "192.0.2.7" in message["Message"])
        step.check("and no other role", "WatchedA" in message["Message"], False)
    with w.step("an event about another role") as step:
        sent("Other", "event-2")
        step.check("is ignored", logged("event-2"), "ignored")
        step.check("nobody is told", told(), [])
    with w.step("an event about a role that is right again") as step:
        trust["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
        w.iam.update_assume_role_policy(RoleName="WatchedB", PolicyDocument=json.dumps(trust))
        sent("WatchedB", "event-0", errorCode="AccessDenied")
        sent("WatchedB", "event-3")
        step.check("is checked", logged("event-3"), "checking")
        step.check("nobody is told", told(), [])
        step.check("no rule takes a call that was refused", "event-0" in w.log(), False)
    with w.step("an event about a function of both roles") as step:
        # The rule of the emulator's source takes IAM's and Lambda's events alike.
        parameters = {"functionName": w.emulator.function_arn("watched")}
        names = {"eventSource": "lambda.amazonaws.com", "eventName": "AddPermission20150331v2"}
        sent("", "event-4", **names, requestParameters=parameters)
        step.check("is checked", logged("event-4"), "checking")
        step.check("nobody is told", [it["Message"] for it in told()], [])

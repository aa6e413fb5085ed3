"""Stacks of CloudFormation on MiniStack, with the real `rolecall-lambda` as the provider of their custom resources.

MiniStack runs a function of the runtime provided.al2023 for real: it starts `bootstrap`, serves it the Runtime API, and
takes what it sends to the ResponseURL. Both stacks are the ones of `deploy/`. The function has the execution role of its
template and no other permissions, for MiniStack decides each of its calls by that role's policy."""

import io
import json
import pathlib
import subprocess
import time
import zipfile

import botocore.exceptions

from emulator import start_ministack
from on_sdk import CLIENT, Cloud, refusal
from process import Server, free_port
from walk import EXTERNAL_ID, ROLE, VENDOR_ACCOUNT, Steps

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
CUSTOMER = "111122223333"
SERVICES = "iam,sts,lambda,cloudformation,s3,logs,sns,scheduler,monitoring,cloudwatch,ssm,secretsmanager"
OTHER_ROLE = "OtherDataActionRole"
OTHER_ORGANIZATION = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
STACK_SECONDS = 120
STRANGER = "999999999999"
KEY = f"arn:aws:kms:us-east-1:{CUSTOMER}:key/1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b"
# A key's policy decides first; the one that AWS gives leaves it to IAM.
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{CUSTOMER}:root"}, "Action": "kms:*", "Resource": "*"}],
}
PROVIDER, STACK = "rolecall", "orders"
ASKED = {"OrganizationId": EXTERNAL_ID}
CONDITION = """            Condition:
              StringEquals:
                sts:ExternalId: !Ref OrganizationId
"""
# What the URL for CloudFormation's answer looks like here.
RESPONSE_URL = "_ministack/cfn-response"


class Stacks(Steps):
    """The steps on one MiniStack."""

    def __init__(self, emulator):
        super().__init__("stack")
        self.emulator = emulator
        self.cloudformation, self.iam, self.logs = (emulator.client(it) for it in ("cloudformation", "iam", "logs"))

    def start(self, change, name, template, **parameters):
        """Asks for a change of a stack and waits for its end; the end, and the reason of every event that has one."""
        seen = {event["EventId"] for event in self.events(name)}
        change(
            StackName=name,
            TemplateBody=template,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        return self.end(name, seen)

    def create(self, name, template, **parameters):
        return self.start(self.cloudformation.create_stack, name, template, **parameters)

    def update(self, name, template, **parameters):
        return self.start(self.cloudformation.update_stack, name, template, **parameters)

    def delete(self, name):
        seen = {event["EventId"] for event in self.events(name)}
        identity = self.stack(name)["StackId"]
        self.cloudformation.delete_stack(StackName=name)
        return self.end(identity, seen)

    def end(self, name, seen):
        deadline = time.monotonic() + STACK_SECONDS
        while (status := self.stack(name)["StackStatus"]).endswith("_IN_PROGRESS"):
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        events = [event for event in self.events(name) if event["EventId"] not in seen]
        reasons = {event["LogicalResourceId"]: event.get("ResourceStatusReason", "") for event in events if "FAILED" in event["ResourceStatus"]}
        return status, reasons

    def stack(self, name):
        return self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]

    def events(self, name):
        try:
            pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
            return [event for page in pages for event in page["StackEvents"]]
        except botocore.exceptions.ClientError:
            return []

    def outputs(self, name):
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(name).get("Outputs", [])}

    def physical(self, name, logical):
        resource = self.cloudformation.describe_stack_resource(StackName=name, LogicalResourceId=logical)
        return resource["StackResourceDetail"]["PhysicalResourceId"]

    def function(self, name):
        """The ARN of the stack's own function."""
        return self.emulator.function_arn(self.physical(name, "Orders"))

    def roles(self):
        return {role["RoleName"] for role in self.iam.list_roles()["Roles"]}

    def log(self):
        """Everything that the function has logged."""
        group = self.outputs(PROVIDER)["LogGroup"]
        return "\n".join(event["message"] for event in self.logs.filter_log_events(logGroupName=group)["events"])


def walk(binary):
    function = pathlib.Path(binary).with_name("rolecall-lambda")
    if not function.exists():
        raise SystemExit(f"no {function}: cargo build --features lambda")
    port = free_port()
    serve = [binary, "sandbox", "serve", "--port", port]
    with start_ministack(CUSTOMER, SERVICES, AWS_ENDPOINT_URL="http://127.0.0.1:{port}") as emulator:
        w = Stacks(emulator)
        with Server(serve, port, w.folder / "genesys.log", w.folder) as genesys:
            secret = provided(w, function, genesys.url)
            simulated(w, binary, secret)
            proof_alone(w)
            everything(w, Cloud(genesys.url))
            logged(w)
        w.close()
    return w


def archive(function):
    """The zip as `just package` makes it, of this binary."""
    made = io.BytesIO()
    entry = zipfile.ZipInfo("bootstrap")
    entry.create_system, entry.external_attr = 3, 0o100755 << 16
    with zipfile.ZipFile(made, "w") as code:
        code.writestr(entry, function.read_bytes(), compress_type=zipfile.ZIP_DEFLATED, compresslevel=1)
    return made.getvalue()


def provided(w, function, genesys):
    """The function's stack; the secret that it reads."""
    credentials = json.dumps({"client_id": CLIENT[0], "client_secret": CLIENT[1], "base_url": genesys})
    secret = w.emulator.client("secretsmanager").create_secret(Name="genesys", SecretString=credentials)["ARN"]
    buckets = w.emulator.client("s3")
    buckets.create_bucket(Bucket="code")
    buckets.put_object(Bucket="code", Key="rolecall.zip", Body=archive(function))
    template = (DEPLOY / "rolecall.yaml").read_text()
    code = {"CodeBucket": "code", "CodeKey": "rolecall.zip", "Architecture": "x86_64"}
    schedule = {"Schedule": "rate(1 day)", "Manifests": "s3://code/a.toml,s3://code/b.toml", "SecurityHub": "true"}
    reads = {"CredentialsSecret": secret, "GenesysRegion": "us-east-1", "ReadableObjects": "arn:aws:s3:::code/a.toml,arn:aws:s3:::code/b.toml", "DecryptionKeys": KEY}
    options = {**code, **schedule, **reads, "Email": "somebody@example.com"}
    with w.step("the function's own stack") as step:
        try:
            refused = w.create(PROVIDER, template, **code, Schedule="rate(1 day)")
        except botocore.exceptions.ClientError as error:
            refused = error.response["Error"]["Message"]
        step.check("a schedule without manifests is refused", "A schedule needs Manifests" in str(refused))
        made = w.create(PROVIDER, template, **options, Roles="elsewhere/*")
        step.check("made", made, ("CREATE_COMPLETE", {}))
        schedules = w.emulator.client("scheduler")
        check = schedules.get_schedule(Name=w.physical(PROVIDER, "Check"), GroupName=w.physical(PROVIDER, "Group"))
        asked = {
            "command": "drift",
            "manifest": ["s3://code/a.toml", "s3://code/b.toml"],
            "publish": {"metrics": "Rolecall", "security_hub": True, "topic": w.outputs(PROVIDER)["TopicArn"]},
        }
        step.check("what the schedule sends", json.loads(check["Target"]["Input"]), asked)
    with w.step("a function that may look at other roles only") as step:
        status, reasons = w.create(STACK, proof(), **ASKED)
        step.check("the stack fails", status, "ROLLBACK_COMPLETE")
        step.check("and says which permission is missing", "is not authorized to perform: iam:" in reasons["Proof"])
        step.check("it can be deleted", w.delete(STACK)[0], "DELETE_COMPLETE")
        allowed = w.update(PROVIDER, template, **options)
        step.check("allowed", allowed, ("UPDATE_COMPLETE", {}))
    return secret


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
        failed = [it["name"] for it in json.loads(done.stdout) if not it["pass"]]
        step.check(f"{len(cases)} requests, allowed and denied", (done.returncode, failed), (0, []))


def without(text, start, end):
    """The text without what begins with one text and ends before another."""
    head, rest = text.split(start, 1)
    return head + end + rest.split(end, 1)[1]


def example():
    return (DEPLOY / "example.yaml").read_text()


def proof():
    """The example without what it makes in Genesys Cloud."""
    template = without(example(), "  Integration:", "Outputs:")
    return template.split("  IntegrationId:\n    Value")[0]


def open_role(template):
    """The template with a role that asks for no external ID."""
    assert template.count(CONDITION) == 1
    return template.replace(CONDITION, "")


def proof_alone(w):
    with w.step("a role and its proof") as step:
        step.check("made", w.create(STACK, proof(), **ASKED), ("CREATE_COMPLETE", {}))
        outputs = w.outputs(STACK)
        step.check("proved", outputs["Proved"], "proved")
        step.check("the role", outputs["RoleArn"], f"arn:aws:iam::{CUSTOMER}:role/{ROLE}")
        step.check("the physical ID", w.physical(STACK, "Proof"), f"trust-proof/{ROLE}")
    with w.step("another organisation") as step:
        done = w.update(STACK, proof(), OrganizationId=OTHER_ORGANIZATION)
        step.check("updated", done, ("UPDATE_COMPLETE", {}))
        step.check("in place", w.physical(STACK, "Proof"), f"trust-proof/{ROLE}")
        step.check("what IAM has", external_id(w, ROLE), OTHER_ORGANIZATION)
    with w.step("an update that opens the role") as step:
        status, reasons = w.update(STACK, open_role(proof()), **ASKED)
        step.check("rolled back", status, "UPDATE_ROLLBACK_COMPLETE")
        refuted(step, reasons)
        step.check("IAM has what it had", external_id(w, ROLE), OTHER_ORGANIZATION)
    with w.step("another role") as step:
        done = w.update(STACK, proof(), **ASKED, RoleName=OTHER_ROLE)
        step.check("updated", done, ("UPDATE_COMPLETE", {}))
        step.check("replaced", w.physical(STACK, "Proof"), f"trust-proof/{OTHER_ROLE}")
        step.check("the one before is gone", w.roles() & {ROLE, OTHER_ROLE}, {OTHER_ROLE})
    with w.step("deleted") as step:
        step.check("deleted", w.delete(STACK), ("DELETE_COMPLETE", {}))
        step.check("no role", w.roles() & {ROLE, OTHER_ROLE}, set())
    with w.step("a role that is open from the start") as step:
        status, reasons = w.create(STACK, open_role(proof()), **ASKED)
        step.check("rolled back", status, "ROLLBACK_COMPLETE")
        refuted(step, reasons)
        step.check("the role is gone", ROLE in w.roles(), False)
        step.check("deleted", w.delete(STACK)[0], "DELETE_COMPLETE")


def everything(w, cloud):
    """The whole example: role, proof, integration and action."""
    api, template = cloud.integrations, example()
    with w.step("a role, its proof, an integration and an action") as step:
        step.check("made", w.create(STACK, template, **ASKED), ("CREATE_COMPLETE", {}))
        outputs = w.outputs(STACK)
        integration, action = outputs["IntegrationId"], outputs["ActionId"]
        step.check("the integration's state", api.get_integration(integration).reported_state.code, "ACTIVE")
        read = api.get_integrations_action(action, expand="contract", include_config=True)
        step.check("its function", read.config.request.request_url_template, w.function(STACK))
        step.check("a number of the contract", read.contract.input.input_schema.properties["order"]["maxLength"], 20)
        step.check("its version", (str(read.version), read.integration_id), (outputs["ActionVersion"], integration))
    with w.step("another timeout, and another name of the integration") as step:
        template = changed(template, ("timeoutSeconds: 10", "timeoutSeconds: 15"), ("(AWS Lambda)", "(Lambda)"))
        step.check("updated", w.update(STACK, template, **ASKED), ("UPDATE_COMPLETE", {}))
        after = w.outputs(STACK)
        step.check("the same integration and action", (after["IntegrationId"], after["ActionId"]), (integration, action))
        step.check("the next version", int(after["ActionVersion"]) > int(outputs["ActionVersion"]))
        step.check("the timeout", api.get_integrations_action(action, include_config=True).config.timeout_seconds, 15)
        step.check("the name", api.get_integration(integration).name, f"{STACK} (Lambda)")
    with w.step("an update that fails at the action") as step:
        broken = changed(template, ("timeoutSeconds: 15", "timeoutSeconds: 999"), ("(Lambda)", "(Renamed)"))
        status, reasons = w.update(STACK, broken, **ASKED)
        step.check("rolled back", status, "UPDATE_ROLLBACK_COMPLETE")
        step.check("what was wrong", "imeout" in reasons.get("Status", ""), True)
        step.check("the name is what it was", api.get_integration(integration).name, f"{STACK} (Lambda)")
        step.check("the timeout", api.get_integrations_action(action, include_config=True).config.timeout_seconds, 15)
    with w.step("another contract") as step:
        template = changed(template, ("maxLength: 20", "maxLength: 40"))
        step.check("updated", w.update(STACK, template, **ASKED), ("UPDATE_COMPLETE", {}))
        replaced = w.outputs(STACK)["ActionId"]
        step.check("another action", replaced != action)
        step.check("the one before is gone", refusal(api.get_integrations_action, action)[0], 404)
        step.check("the integration holds one", len(actions(api, integration)), 1)
    with w.step("an action that somebody changed by hand") as step:
        version = api.get_integrations_action(replaced).version
        api.patch_integrations_action(replaced, body={"version": version, "category": "Elsewhere"})
        template = changed(template, ("timeoutSeconds: 15", "timeoutSeconds: 20"))
        step.check("updated", w.update(STACK, template, **ASKED), ("UPDATE_COMPLETE", {}))
        step.check("as the stack says", api.get_integrations_action(replaced).category, "Orders")
        step.check("the log says so", "changed outside the stack" in w.log())
    with w.step("another role") as step:
        moved = {**ASKED, "RoleName": OTHER_ROLE}
        step.check("updated", w.update(STACK, template, **moved), ("UPDATE_COMPLETE", {}))
        after = w.outputs(STACK)
        step.check("the same integration and action", (after["IntegrationId"], after["ActionId"]), (integration, replaced))
        step.check("the proof's role", after["RoleArn"], f"arn:aws:iam::{CUSTOMER}:role/{OTHER_ROLE}")
        step.check("the role before is gone", w.roles() & {ROLE, OTHER_ROLE}, {OTHER_ROLE})
    with w.step("an update that opens the role") as step:
        status, reasons = w.update(STACK, open_role(changed(template, ("(Lambda)", "(Open)"))), **moved, GenesysRegion="us-west-2")
        step.check("rolled back", status, "UPDATE_ROLLBACK_COMPLETE")
        refuted(step, reasons)
        step.check("Genesys Cloud never heard of it", api.get_integration(integration).name, f"{STACK} (Lambda)")
    with w.step("all of it deleted, when the action is gone already") as step:
        api.delete_integrations_action(replaced)
        step.check("deleted", w.delete(STACK), ("DELETE_COMPLETE", {}))
        step.check("no role", w.roles() & {ROLE, OTHER_ROLE}, set())
        nothing_left(step, api)
    with w.step("a stack that fails at its last resource") as step:
        status, reasons = w.create(STACK, changed(template, ("timeoutSeconds: 20", "timeoutSeconds: 999")), **ASKED)
        step.check("rolled back", (status, list(reasons)), ("ROLLBACK_COMPLETE", ["Status"]))
        nothing_left(step, api)
        step.check("deleted", w.delete(STACK)[0], "DELETE_COMPLETE")


def changed(text, *changes):
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def actions(api, integration):
    every = api.get_integrations_actions(page_size=100).entities
    return [it for it in every if it.integration_id == integration]


def nothing_left(step, api):
    names = [it.name for it in api.get_integrations(page_size=100).entities]
    step.check("no integration", [name for name in names if STACK in name], [])
    step.check("no action", [it.name for it in api.get_integrations_actions(page_size=100).entities if "order" in it.name], [])
    step.check("no credential", api.get_integrations_credentials_listing(page_size="100").entities, [])


def refuted(step, reasons):
    reason = reasons.get("Proof", "")
    step.check("the stack's event has the witness", "is refuted" in reason and "without an external ID" in reason, True)
    step.check("the log's URL is not in it", RESPONSE_URL in reason, False)


def external_id(w, role):
    [statement] = w.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    return statement["Condition"]["StringEquals"]["sts:ExternalId"]


def logged(w):
    with w.step("the log") as step:
        log = w.log()
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        answered = [line for line in lines if line.get("message") == "custom resource"]
        step.check("every request", len(answered) > 8)
        step.check("no URL for an answer", RESPONSE_URL in log, False)
        step.check("no secret", CLIENT[1] in log, False)

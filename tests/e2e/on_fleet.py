"""A hundred accounts: the state machines of `examples/step-functions` and the scheduled check of `deploy`, from a central account.

MiniStack has the accounts and the stacks of the three templates, and runs the state machine as CloudFormation made it. For each
manifest it starts the real `bootstrap`, with the execution role of its template, and decides every call by the policies of the
account. `ministack_filled.py` adds the parts of Step Functions that MiniStack lacks."""

import json
import pathlib
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from emulator import REGION, start_ministack
from function_stack import archive, fed_by
from stacks import CUSTOMER, DEPLOY, PROVIDER, Stacks
from walk import EXTERNAL_ID, ROLE, Mismatch

ACCOUNTS = [str(200000000000 + number) for number in range(100)]
REFUTED, CLOSED, BROKEN = ACCOUNTS[7], ACCOUNTS[42], ACCOUNTS[99]
SUSPENDED = "300000000000"
SERVICES = "iam,sts,lambda,cloudformation,s3,logs,sns,sqs,scheduler,events,states,monitoring,cloudwatch,ssm,secretsmanager"
EXAMPLES = DEPLOY.parent / "examples"
MACHINE, BUCKET, PREFIX, FLEET_ID, AUDIT = "fleet", "fleet", "accounts/", "rolecall-fleet", "audit"
EXECUTION_SECONDS = 300
AT_A_TIME = 8


def manifest(account, role="rolecall-verifier"):
    return f"""version = 1
[genesys]
region = "us-east-1"
organization_id = "{EXTERNAL_ID}"
[aws]
account = "{account}"
region = "{REGION}"
assume_role = "arn:aws:iam::{account}:role/{role}"
external_id = "{FLEET_ID}"
[role]
name = "{ROLE}"
[[target]]
function = "orders"
"""


def trusts(*principals):
    condition = {"StringEquals": {"sts:ExternalId": FLEET_ID}}
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Fleet(Stacks):
    """The accounts."""

    def __init__(self, emulator, binary):
        super().__init__(emulator, "fleet")
        self.binary = binary
        self.texts = {f"{PREFIX}{account}.toml": manifest(account) for account in ACCOUNTS}

    def everywhere(self, work):
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return list(pool.map(work, ACCOUNTS))

    def of(self, service, account):
        return self.emulator.client(service, key=account)

    def command(self, *arguments):
        """A run of the command, with the central account's root user; its report."""
        credentials = {"AWS_ACCESS_KEY_ID": CUSTOMER, "AWS_SECRET_ACCESS_KEY": "test"}
        done = subprocess.run(
            [self.binary, *arguments],
            cwd=self.folder,
            env={"AWS_ENDPOINT_URL": self.emulator.url, "AWS_REGION": REGION, **credentials},
            capture_output=True,
            text=True,
            check=False,
        )
        if not done.stdout:
            raise Mismatch(f"no report: {done.stderr}")
        return json.loads(done.stdout)

    def execution(self):
        """Runs the state machine; how it ended, what its map counted, and the exit codes in the results of those that failed."""
        buckets = self.emulator.client("s3")
        for key, text in self.texts.items():
            buckets.put_object(Bucket=BUCKET, Key=key, Body=text)
        return self.executed(MACHINE, "results", "key")

    def executed(self, stack, prefix, name):
        """The same of any state machine whose items have a name."""
        buckets, states = self.emulator.client("s3"), self.emulator.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=self.physical(stack, "Machine"))["executionArn"]
        deadline = time.monotonic() + EXECUTION_SECONDS
        while (told := states.describe_execution(executionArn=arn))["status"] == "RUNNING" and time.monotonic() < deadline:
            time.sleep(0.2)
        [run] = [it for it in states.list_map_runs(executionArn=arn)["mapRuns"] if it["executionArn"] == arn]
        counts = states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
        folder = f"{prefix}/{run['mapRunArn'].rsplit(':', 1)[1]}"
        read = lambda key: json.loads(buckets.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        files = read(f"{folder}/manifest.json")["ResultFiles"]
        failed, succeeded = ([it for file in files[status] for it in read(file["Key"])] for status in ("FAILED", "SUCCEEDED"))
        wrong = {json.loads(it["Input"])[name]: it["Error"] for it in failed}
        return told, {key: counts[key] for key in ("total", "succeeded", "failed")}, wrong, failed, succeeded


def walk(binary):
    function = pathlib.Path(binary).with_name("rolecall-lambda")
    if not function.exists():
        raise SystemExit(f"no {function}: cargo build")
    print("fleet: MiniStack runs the state machines; ministack_filled.py adds what it lacks of Step Functions and Organizations")
    command = ("python", "-B", str(pathlib.Path(__file__).with_name("ministack_filled.py")))
    with start_ministack(CUSTOMER, SERVICES, command, AWS_ENDPOINT_URL="http://127.0.0.1:{port}", E2E_ACCOUNTS=",".join([*ACCOUNTS, SUSPENDED])) as emulator:
        w = Fleet(emulator, binary)
        stacks(w, function)
        roles(w)
        state_machine(w)
        roll_call(w)
        scheduled(w)
        w.close()
    return w


def stacks(w, function):
    """The central account's stack, and the verifier role's in every account, as CloudFormation makes them."""
    buckets = w.emulator.client("s3")
    buckets.create_bucket(Bucket=BUCKET)
    buckets.put_object(Bucket=BUCKET, Key="rolecall-lambda.zip", Body=archive(function))
    with w.step("the fleet's stack") as step:
        made = w.create(MACHINE, (EXAMPLES / "step-functions/fleet.yaml").read_text(), Bucket=BUCKET)
        step.check("made", made, ("CREATE_COMPLETE", {}))
        w.central = f"arn:aws:iam::{CUSTOMER}:role/rolecall-fleet"
    verifier = (EXAMPLES / "stackset/verifier-role.yaml").read_text()
    with w.step("the verifier role in a hundred accounts") as step:
        ends = w.everywhere(lambda account: verifying(w, account, verifier))
        step.check("made", set(ends), {"CREATE_COMPLETE"})


def verifying(w, account, template, name="verifier", central=None):
    stack = w.of("cloudformation", account)
    parameters = {"CentralPrincipal": central or w.central, "ExternalId": FLEET_ID}
    stack.create_stack(
        StackName=name,
        TemplateBody=template,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    while (status := stack.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]).endswith("_IN_PROGRESS"):
        time.sleep(0.05)
    return status


def roles(w):
    """One run of the command makes the role in every account."""
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:*", "lambda:*"], "Resource": "*"}]}

    def prepare(account):
        iam = w.of("iam", account)
        iam.create_role(RoleName="pipeline", AssumeRolePolicyDocument=trusts(f"arn:aws:iam::{CUSTOMER}:root"))
        iam.put_role_policy(RoleName="pipeline", PolicyName="all", PolicyDocument=json.dumps(everything))
        w.emulator.create_functions(["orders"], account)

    w.everywhere(prepare)
    (w.folder / "accounts").mkdir()
    for account in ACCOUNTS:
        (w.folder / "accounts" / f"{account}.toml").write_text(manifest(account, "pipeline"))
    with w.step("one `apply` for a hundred accounts") as step:
        run = w.command("apply", "--yes", "--level", "paper", "--file", "accounts/*.toml", "--output", "json")
        step.check("exit code", run["exit_code"], 0)
        step.check("every role", run["exit_codes"], {"0": len(ACCOUNTS)})


def state_machine(w):
    with w.step("the state machine, where all is well") as step:
        told, counts, wrong, _, succeeded = w.execution()
        step.check("every account in sync", wrong, {})
        step.check("counted", counts, {"total": 100, "succeeded": 100, "failed": 0})
        roles = {json.loads(it["Output"])["role"]["arn"] for it in succeeded}
        step.check("each looked at its own role", roles, {f"arn:aws:iam::{account}:role/{ROLE}" for account in ACCOUNTS})
        step.check("the execution", told["status"], "SUCCEEDED")
    break_three(w)
    with w.step("the state machine, where three of a hundred are not") as step:
        told, counts, wrong, failed, succeeded = w.execution()
        codes = ((REFUTED, 4), (CLOSED, 1), (BROKEN, 2))
        expected = {f"{PREFIX}{account}.toml": f"exit code {code}" for account, code in codes}
        step.check("these three, each with its own exit code", wrong, expected)
        step.check("their reports", all(str(json.loads(it["Cause"])["exit_code"]) in it["Error"] for it in failed))
        step.check("none hides another", len(succeeded), 97)
        step.check("counted", counts, {"total": 100, "succeeded": 97, "failed": 3})
        step.check("the execution", (told["status"], told.get("error")), ("FAILED", "rolecall"))
        cause = f"3 of 100 manifests are not in sync; their reports are in s3://{BUCKET}/results"
        step.check("its cause", told.get("cause"), cause)


def break_three(w):
    """One role is open to everybody who knows its ARN, one account does not let us in, one manifest is not a manifest."""
    iam = w.of("iam", REFUTED)
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    del trust["Statement"][0]["Condition"]
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    w.of("iam", CLOSED).update_assume_role_policy(RoleName="rolecall-verifier", PolicyDocument=trusts(f"arn:aws:iam::{CLOSED}:root"))
    w.texts[f"{PREFIX}{BROKEN}.toml"] = w.texts[f"{PREFIX}{BROKEN}.toml"].replace("[role]", "[rolle]")


def roll_call(w):
    """The other state machine: the roll of each account. In one of them a role is open by now, another lets nobody in."""
    role = (EXAMPLES / "stackset/audit-role.yaml").read_text()
    machine = (EXAMPLES / "step-functions/audit.yaml").read_text()
    w.emulator.client("s3").put_object(Bucket=BUCKET, Key="audit.toml", Body=f'own_accounts = ["{CUSTOMER}"]\n')
    options = {"Bucket": BUCKET, "ExpectKey": "audit.toml", "ExternalId": FLEET_ID, "Architecture": "x86_64"}
    with w.step("the roll call's stacks") as step:
        step.check("made", w.create(AUDIT, machine, **options), ("CREATE_COMPLETE", {}))
        central = f"arn:aws:iam::{CUSTOMER}:role/rolecall-audit-central"
        ends = w.everywhere(lambda account: verifying(w, account, role, AUDIT, central))
        step.check("the role in every account", set(ends), {"CREATE_COMPLETE"})
    w.of("iam", CLOSED).update_assume_role_policy(RoleName="rolecall-audit", PolicyDocument=trusts(f"arn:aws:iam::{CLOSED}:root"))
    with w.step("the roll of a hundred accounts") as step:
        told, counts, wrong, failed, succeeded = w.executed(AUDIT, AUDIT, "account")
        step.check("these two, each with its own exit code", wrong, {REFUTED: "exit code 4", CLOSED: "exit code 1"})
        step.check("counted, without the one that is suspended", counts, {"total": 100, "succeeded": 98, "failed": 2})
        read = {source for it in succeeded for source in json.loads(it["Output"])["sources"]}
        step.check("each read its own account", len(read), 98)
        causes = {json.loads(it["Input"])["account"]: json.loads(it["Cause"]) for it in failed}
        named = [found["arn"] for found in causes[REFUTED]["roles"]]
        step.check("the open role is named", named, [f"arn:aws:iam::{REFUTED}:role/{ROLE}"])
        step.check("what was not read is not closed", "summary" not in causes[CLOSED] and "error" in causes[CLOSED])
        cause = f"2 of 100 accounts are not closed, or were not read; their summaries are in s3://{BUCKET}/{AUDIT}"
        step.check("the execution", (told["status"], told.get("cause")), ("FAILED", cause))


def scheduled(w):
    """What the schedule of the function's own stack sends for a hundred accounts, in one invocation."""
    buckets = w.emulator.client("s3")
    # A manifest that cannot be read keeps a check from beginning; two roles are still wrong.
    w.texts[f"{PREFIX}{BROKEN}.toml"] = manifest(BROKEN)
    for key, text in w.texts.items():
        buckets.put_object(Bucket=BUCKET, Key=key, Body=text)
    options = {
        "CodeBucket": BUCKET,
        "CodeKey": "rolecall-lambda.zip",
        "Architecture": "x86_64",
        "Roles": "*",
        "Functions": "*",
        "Schedule": "rate(1 day)",
        "Manifests": ",".join(f"s3://{BUCKET}/{key}" for key in w.texts),
        "ReadableObjects": f"arn:aws:s3:::{BUCKET}/{PREFIX}*",
        "AssumableRoles": "arn:aws:iam::*:role/rolecall-verifier",
        "Email": "somebody@example.com",
    }
    with w.step("the scheduled check of a hundred accounts") as step:
        step.check("made", w.create(PROVIDER, (DEPLOY / "rolecall.yaml").read_text(), **options), ("CREATE_COMPLETE", {}))
        role, topic = w.outputs(PROVIDER)["ExecutionRoleArn"], w.outputs(PROVIDER)["TopicArn"]

        def admit(account):
            trust = trusts(w.central, role)
            w.of("iam", account).update_assume_role_policy(RoleName="rolecall-verifier", PolicyDocument=trust)

        w.everywhere(lambda account: account == CLOSED or admit(account))
        messages = subscribed(w, topic)
        report = w.check()
        wrong = {it["manifest"]: it["exit_code"] for it in report["roles"] if it["exit_code"]}
        named = lambda account: f"s3://{BUCKET}/{PREFIX}{account}.toml"
        step.check("the two, and nothing hides the other", wrong, {named(REFUTED): 4, named(CLOSED): 1})
        step.check("all of them are in the report", len(report["roles"]), len(ACCOUNTS))
        step.check("the exit codes", report["exit_codes"], {"0": 98, "1": 1, "4": 1})
        metrics = w.metrics()
        step.check("the metrics", [metrics[it] for it in ("Roles", "Wrong", "Refuted", "Failed")], [100, 2, 1, 1])
        told = messages()
        step.check("one message that names both", [all(named(it) in text for it in (REFUTED, CLOSED)) for text in told], [True])


def subscribed(w, topic):
    queues = w.emulator.client("sqs")
    queue = queues.create_queue(QueueName="told")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    queues.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(fed_by(topic, arn))})
    w.emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return lambda: [it["Body"] for it in queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])]

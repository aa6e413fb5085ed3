"""The life of a role on moto: what is stored, what is noticed, what is repaired, what is left behind.

moto stores IAM faithfully and checks nothing at sts:AssumeRole, so the verification stays on paper here."""

import json
import socket
import time

import on_audit
import on_notify
import on_pairs
import on_schedule
import troubles
from proxy import rounds
from walk import EXTERNAL_ID, ROLE, VENDOR

PAPER = ("--level", "paper")
APPLY = ("apply", "--yes", *PAPER)
DRIFT = ("drift",)
PLAN = ("plan", "--detailed-exitcode")
ORDERS, LOOKUP, STATUS = "orders", "customer-lookup", "orders-status"
FIRST = ["iam:CreateRole", "iam:CreatePolicy", "iam:AttachRolePolicy"]
# Long enough for calls made side by side to overlap in the proxy's log on a busy machine.
LATENCY = 0.05
MOST_ROUNDS = 3
MANY = [f"many-{number:02}" for number in range(50)]
MOST_CALLS = 10
OF_EACH_FUNCTION = ("lambda:GetPolicy", "lambda:ListFunctionUrlConfigs")
STRANGER = "arn:aws:iam::999999999999:root"


def walk(w):
    w.emulator.create_functions([ORDERS, LOOKUP, STATUS])
    publish_alias(w)
    w.manifest(ORDERS)
    from_nothing(w)
    again(w)
    tampered(w)
    same_meaning(w)
    more_targets(w)
    foreign_policies(w)
    full_of_versions(w)
    refusals(w)
    destroyed(w)
    adopted(w)
    troubles.walk(w, APPLY, FIRST, ORDERS)
    on_notify.walk(w, APPLY, ORDERS)
    on_schedule.walk(w, APPLY, ORDERS)
    on_audit.walk(w)
    on_pairs.walk(w)


def publish_alias(w):
    w.lambdas.publish_version(FunctionName=STATUS)
    w.lambdas.create_alias(FunctionName=STATUS, Name="live", FunctionVersion="1")


def check_in_sync(w, step, *targets):
    """AWS holds exactly the role that the manifest describes."""
    step.check("the trust policy is the manifest's", w.plain_trust(), w.wanted_trust())
    step.check("one policy is attached", w.attached(), [w.policy_arn])
    step.check(f"it allows {len(targets)} targets and nothing else", sorted(w.may_invoke()), sorted(targets))
    step.check("no inline policy", w.inline(), [])


def repair(w, step, operations):
    w.check_run(step, w.run(*APPLY), 0, operations, operations)
    check_in_sync(w, step, w.emulator.function_arn(ORDERS))
    w.check_run(step, w.run(*DRIFT), 0, [], [])


def from_nothing(w):
    with w.step("plan where nothing is") as step:
        w.check_run(step, w.run("plan"), 0, FIRST, [])
        w.check_run(step, w.run(*PLAN), 4, FIRST, [])
        step.check("no role", w.role(), None)
    with w.step("drift where nothing is") as step:
        w.check_run(step, w.run(*DRIFT), 4, FIRST, [])
    with w.step("apply without --yes and without a terminal") as step:
        run = w.run("apply", *PAPER, json_output=False)
        w.check_run(step, run, 2, writes=[])
        step.check("names --yes", "--yes" in run.stderr)
        step.check("no role", w.role(), None)
    with w.step("apply from nothing") as step:
        run = w.run(*APPLY)
        w.check_run(step, run, 0, FIRST, FIRST)
        done = [change["operation"] for change in run.report["applied"]["done"]]
        step.check("reports what was done", done, FIRST)
        step.check("every claim proved", run.claims, ["proved"])
        check_in_sync(w, step, w.emulator.function_arn(ORDERS))
        step.check("tags of the manifest and the owner's", w.tags(), {"team": "contact-centre", "rolecall:role": ROLE})
        step.check("an hour of session", w.role()["MaxSessionDuration"], 3600)


def again(w):
    with w.step("apply again") as step:
        w.emulator.proxy.latency = LATENCY
        run = w.run(*APPLY)
        w.emulator.proxy.latency = 0
        w.check_run(step, run, 0, [], [])
        step.check("nothing was applied", run.report.get("applied"), None)
        step.check(f"{len(run.calls)} calls in at most {MOST_ROUNDS} rounds", w.rounds_of(run) <= MOST_ROUNDS)
    with w.step("plan, drift and verify where all is well") as step:
        for command in (PLAN, DRIFT, ("verify", *PAPER)):
            run = w.run(*command)
            w.check_run(step, run, 0, writes=[])
            step.check("every claim proved", run.claims, ["proved"])
    with w.step("the same for people") as step:
        run = w.run(*APPLY, json_output=False)
        w.check_run(step, run, 0, writes=[])
        step.check("says that nothing is to do", "No changes" in run.stdout)
        step.check("no colour in a pipe", "\x1b" not in run.stdout + run.stderr)


def trust(external_id=EXTERNAL_ID, **changes):
    condition = {"StringEquals": {"sts:ExternalId": external_id}}
    statement = {"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "sts:AssumeRole", "Condition": condition}
    statement.update(changes)
    return {"Version": "2012-10-17", "Statement": [{key: value for key, value in statement.items() if value is not None}]}


def widen(w):
    document = {**w.document(w.policy_arn)}
    document["Statement"] = [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]
    w.iam.create_policy_version(PolicyArn=w.policy_arn, PolicyDocument=json.dumps(document), SetAsDefault=True)


def delete_role(w):
    w.iam.detach_role_policy(RoleName=ROLE, PolicyArn=w.policy_arn)
    w.iam.delete_role(RoleName=ROLE)


def tampered(w):
    update_trust, update_role = "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"
    two_principals = {"AWS": [VENDOR, STRANGER]}
    # What somebody did; what drift and plan answer (4: somebody can do too much, or Genesys Cloud too little); what repairs it.
    table = [
        ("another external ID", lambda: w.set_trust(trust("somebody-else")), 4, [update_trust]),
        ("no condition", lambda: w.set_trust(trust(Condition=None)), 4, [update_trust]),
        ("a stranger's account trusted", lambda: w.set_trust(trust(Principal=two_principals)), 4, [update_trust]),
        ("a policy for every function", lambda: widen(w), 4, ["iam:CreatePolicyVersion"]),
        ("the policy detached", lambda: w.iam.detach_role_policy(RoleName=ROLE, PolicyArn=w.policy_arn), 4, ["iam:AttachRolePolicy"]),
        ("a longer session", lambda: w.iam.update_role(RoleName=ROLE, Description=w.role()["Description"], MaxSessionDuration=43200), 3, [update_role]),
        ("another description", lambda: w.iam.update_role_description(RoleName=ROLE, Description="mine"), 3, [update_role]),
        ("a tag changed", lambda: w.iam.tag_role(RoleName=ROLE, Tags=[{"Key": "team", "Value": "sales"}]), 3, ["iam:TagRole"]),
        ("the role deleted", lambda: delete_role(w), 4, ["iam:CreateRole", "iam:AttachRolePolicy"]),
    ]
    for title, tamper, drift, operations in table:
        with w.step(f"tampered: {title}") as step:
            tamper()
            w.check_run(step, w.run(*PLAN), drift, operations, [])
            run = w.run(*DRIFT)
            w.check_run(step, run, drift, operations, [])
            # Of a role that is gone, one thing is claimed: that nobody reaches the functions without it.
            if drift == 4 and len(run.claims) > 1:
                step.check("a claim refuted", "refuted" in run.claims)
            repair(w, step, operations)


def same_meaning(w):
    with w.step("the same trust policy, written differently") as step:
        w.set_trust(
            {
                "Statement": {
                    "Condition": {"StringEquals": {"STS:externalid": [EXTERNAL_ID]}},
                    "Action": ["sts:AssumeRole"],
                    "Principal": {"AWS": [VENDOR]},
                    "Effect": "Allow",
                },
                "Version": "2012-10-17",
            }
        )
        written = w.trust()
        w.check_run(step, w.run(*DRIFT), 0, [], [])
        w.check_run(step, w.run(*PLAN), 0, [], [])
        w.check_run(step, w.run(*APPLY), 0, [], [])
        step.check("it is left as it is", w.trust(), written)
        w.set_trust(trust())
    with w.step("a tag of somebody else's") as step:
        w.iam.tag_role(RoleName=ROLE, Tags=[{"Key": "cost-centre", "Value": "4711"}])
        w.check_run(step, w.run(*DRIFT), 0, [], [])
        step.check("it is left as it is", w.tags().get("cost-centre"), "4711")


def more_targets(w):
    orders, lookup, live = (w.emulator.function_arn(name) for name in (ORDERS, LOOKUP, f"{STATUS}:live"))
    table = [
        ("a second target", [ORDERS, LOOKUP], [orders, lookup]),
        ("a third target, called through its alias", [ORDERS, LOOKUP, (STATUS, "live")], [orders, lookup, live]),
        ("a target less", [ORDERS, (STATUS, "live")], [orders, live]),
    ]
    for title, targets, resources in table:
        with w.step(title) as step:
            w.manifest(*targets)
            run = w.run(*APPLY)
            w.check_run(step, run, 0, writes=run.operations)
            step.check("the last change is a policy version", run.operations[-1], "iam:CreatePolicyVersion")
            check_in_sync(w, step, *resources)
            w.check_run(step, w.run(*APPLY), 0, [], [])
    with w.step("a function that does not exist") as step:
        w.manifest(ORDERS, "customer-lokup")
        run = w.run(*APPLY, json_output=False)
        w.check_run(step, run, 4, writes=[])
        step.check("names the nearest", LOOKUP in run.stderr)
    with w.step("an alias that does not exist") as step:
        w.manifest(ORDERS, (STATUS, "beta"))
        run = w.run(*APPLY, json_output=False)
        w.check_run(step, run, 4, writes=[])
        step.check("names the alias", "`beta`" in run.stderr)
    with w.step("fifty targets") as step:
        w.emulator.create_functions(MANY)
        w.manifest(*MANY)
        w.check_run(step, w.run(*APPLY), 0)
        check_in_sync(w, step, *map(w.emulator.function_arn, MANY))
        w.emulator.proxy.latency = LATENCY
        run = w.run(*APPLY)
        w.emulator.proxy.latency = 0
        w.check_run(step, run, 0, [], [])
        # What is read of each function goes out at a pace, beside the other calls, and nothing waits for it.
        others = [call for call in run.calls if call.action not in OF_EACH_FUNCTION]
        step.check(f"at most {MOST_CALLS} other calls", len(others) <= MOST_CALLS)
        step.check(f"in at most {MOST_ROUNDS} rounds", rounds(others) <= MOST_ROUNDS)
        step.check("two calls a function", len(run.calls) - len(others), 2 * len(MANY))
    with w.step("back to one target") as step:
        w.manifest(ORDERS)
        w.check_run(step, w.run(*APPLY), 0)
        check_in_sync(w, step, orders)


def foreign_policies(w):
    everything = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    sneaky = f"arn:aws:iam::{w.emulator.account}:policy/Sneaky"
    with w.step("a managed and an inline policy of somebody else's") as step:
        w.iam.create_policy(PolicyName="Sneaky", PolicyDocument=everything)
        w.iam.attach_role_policy(RoleName=ROLE, PolicyArn=sneaky)
        w.iam.put_role_policy(RoleName=ROLE, PolicyName="sneaky-inline", PolicyDocument=everything)
        run = w.run(*DRIFT)
        w.check_run(step, run, 4, [], [])
        step.check("drift shows both", run.foreign, [sneaky, "sneaky-inline"])
        run = w.run(*APPLY)
        w.check_run(step, run, 4, [], [])
        step.check("apply shows both", run.foreign, [sneaky, "sneaky-inline"])
        step.check("apply leaves both", (w.attached(), w.inline()), (sorted([sneaky, w.policy_arn]), ["sneaky-inline"]))
    with w.step("apply --remove-foreign") as step:
        operations = ["iam:DetachRolePolicy", "iam:DeleteRolePolicy"]
        w.check_run(step, w.run(*APPLY, "--remove-foreign"), 0, operations, operations)
        check_in_sync(w, step, w.emulator.function_arn(ORDERS))
        step.check("the managed policy still exists", sneaky in w.customer_policies())
        w.check_run(step, w.run(*DRIFT), 0, [], [])


def full_of_versions(w):
    with w.step("five versions of the policy, the fifth not ours") as step:
        for version in w.versions(w.policy_arn):
            if not version["IsDefaultVersion"]:
                w.iam.delete_policy_version(PolicyArn=w.policy_arn, VersionId=version["VersionId"])
        for _ in range(4):
            widen(w)
        kept = sorted(version["VersionId"] for version in w.versions(w.policy_arn))
        operations = ["iam:DeletePolicyVersion", "iam:CreatePolicyVersion"]
        w.check_run(step, w.run(*APPLY), 0, operations, operations)
        check_in_sync(w, step, w.emulator.function_arn(ORDERS))
        left = [version["VersionId"] for version in w.versions(w.policy_arn)]
        step.check("five versions again", len(left), 5)
        oldest = min(kept, key=lambda version: int(version[1:]))
        step.check("the oldest is gone", set(kept) - set(left), {oldest})


def refusals(w):
    with w.step("nobody listens at the endpoint") as step:
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            start = time.monotonic()
            run = w.run(*APPLY, "--deadline", "5", endpoint=f"http://127.0.0.1:{reserved.getsockname()[1]}", json_output=False)
        w.check_run(step, run, 1)
        step.check("says what to do", "hint" in run.stderr.lower())
        step.check("gives up by the deadline", time.monotonic() - start < 8)
    with w.step("a manifest with two mistakes") as step:
        manifest = w.folder / "rolecall.toml"
        text = manifest.read_text()
        manifest.write_text(text.replace("[role]", "[rolle]").replace("version = 1", 'version = "one"'))
        run = w.run(*DRIFT, json_output=False)
        manifest.write_text(text)
        w.check_run(step, run, 2)
        step.check("nothing was contacted", run.calls, [])
        step.check("both mistakes, with line and column", all(place in run.stderr for place in ("rolecall.toml:1:", "rolecall.toml:7:")))


def destroyed(w):
    with w.step("destroy") as step:
        foreign = [arn for arn in w.customer_policies() if "/rolecall/" not in arn]
        run = w.run("destroy", "--yes")
        versions = ["iam:DeletePolicyVersion"] * 4
        operations = ["iam:DetachRolePolicy", *versions, "iam:DeletePolicy", "iam:DeleteRole"]
        w.check_run(step, run, 0, operations, operations)
        step.check("no role", w.role(), None)
        step.check("only the policies of others are left", w.customer_policies(), foreign)
        functions = {function["FunctionName"] for function in w.lambdas.list_functions()["Functions"]}
        step.check("the functions are untouched", functions, {ORDERS, LOOKUP, STATUS, *MANY})
    with w.step("destroy again") as step:
        w.check_run(step, w.run("destroy", "--yes"), 0, [], [])


def adopted(w):
    with w.step("a role of that name, made by hand") as step:
        by_hand = json.dumps(trust(Principal={"AWS": STRANGER}))
        w.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=by_hand, Description="by hand")
        # Its trust policy lets a stranger in, which no error hides; `destroy` proves nothing.
        for command, code in ((APPLY, 4), (PLAN, 4), (("destroy", "--yes"), 1)):
            run = w.run(*command, json_output=False)
            w.check_run(step, run, code, writes=[])
            step.check("names --adopt", "--adopt" in run.stderr)
        # Looking is not touching: drift says how it differs, and what its trust policy lets happen.
        w.check_run(step, w.run(*DRIFT), 4, writes=[])
        step.check("it is left as it is", (w.role()["Description"], w.trust()), ("by hand", json.loads(by_hand)))
    with w.step("apply --adopt") as step:
        operations = ["iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:CreatePolicy", "iam:AttachRolePolicy"]
        # A longer session comes last.
        operations.append("iam:UpdateRole")
        w.check_run(step, w.run(*APPLY, "--adopt"), 0, operations, operations)
        check_in_sync(w, step, w.emulator.function_arn(ORDERS))
        step.check("it is ours now", w.tags()["rolecall:role"], ROLE)
        w.check_run(step, w.run(*APPLY), 0, [], [])
    with w.step("destroy what was adopted") as step:
        w.check_run(step, w.run("destroy", "--yes"), 0)
        step.check("no role", w.role(), None)

"""The same life on MiniStack, whose trust policies and permissions count: here the live probes are worth something.

The callers are users with the least privileges that `rolecall render` prints, so those documents are tried too. Gaps of
MiniStack that are worked around here: it asks for iam:CreatePolicy on another resource than AWS does, knows no
iam:PolicyARN when a policy is attached, and ignores an invocation's qualifier (so no target has one)."""

import json

import botocore.exceptions

from walk import EXTERNAL_ID, ROLE, VENDOR, VENDOR_ACCOUNT

ORDERS, LOOKUP = "orders", "customer-lookup"
# What the binary calls the function that the session must not be able to invoke.
SIBLING = f"{ORDERS}-rolecall-sibling"
APPLY = ("apply", "--yes")
STRANGER_ACCOUNT = "999999999999"
GAPS = {"Effect": "Allow", "Action": ["iam:CreatePolicy", "iam:AttachRolePolicy"], "Resource": "*"}
RIGHT, NONE, WRONG = (f"sts:AssumeRole {how}" for how in ("with the right external ID", "without an external ID", "with a wrong external ID"))


def walk(w):
    w.emulator.create_functions([ORDERS, LOOKUP])
    probe = f"arn:aws:iam::{w.emulator.account}:user/probe"
    w.manifest(ORDERS, LOOKUP, probe_principal=probe)
    provisioner, verifier = (
        create_user(w, name, document) for name, document in (("probe", "provisioner"), ("bystander", "verifier"))
    )
    w.key, w.secret = provisioner
    applied(w, probe)
    second_opinion(w)
    by_a_bystander(w, verifier)
    w.key, w.secret = provisioner
    tampered(w, probe)
    bad_secret(w)
    destroyed(w)


def create_user(w, name, document):
    """A user who may do exactly what a document of `rolecall render` allows."""
    run = w.run("render", document, "--account", w.emulator.account, "--region", "us-east-1", json_output=False)
    policy = run.report
    policy["Statement"].append(GAPS)
    w.iam.create_user(UserName=name)
    w.iam.put_user_policy(UserName=name, PolicyName=document, PolicyDocument=json.dumps(policy))
    key = w.iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def dry_run(w, name):
    return f"DryRun of {w.emulator.function_arn(name)}"


def all_is_well(w):
    """What the probes must show where the caller is the probe principal."""
    return [
        (RIGHT, "allowed", "confirms"),
        (NONE, "denied", "confirms"),
        (WRONG, "denied", "confirms"),
        (dry_run(w, ORDERS), "allowed", "confirms"),
        (dry_run(w, LOOKUP), "allowed", "confirms"),
        (dry_run(w, SIBLING), "denied", "confirms"),
    ]


def applied(w, probe):
    first = ["iam:CreateRole", "iam:CreatePolicy", "iam:AttachRolePolicy"]
    with w.step("apply from nothing, with the least privileges") as step:
        run = w.run(*APPLY)
        w.check_run(step, run, 0, first, first)
        step.check("the right ID is let in, none and a wrong one are not; targets may be invoked, a sibling not", run.probes, all_is_well(w))
        step.check("every claim proved", run.claims, ["proved"])
        step.check("the trust policy is the manifest's", w.plain_trust(), w.wanted_trust(probe))
    with w.step("apply again") as step:
        run = w.run(*APPLY)
        w.check_run(step, run, 0, [], [])
        step.check("the probes show the same", run.probes, all_is_well(w))
    with w.step("verify on paper") as step:
        run = w.run("verify", "--level", "paper")
        w.check_run(step, run, 0, writes=[])
        step.check("probes nothing", (run.probes, [call for call in run.calls if call.action == "sts:AssumeRole"]), ([], []))


def assume(w, account, external_id):
    """Whether the root user of an account gets into the role."""
    arguments = {} if external_id is None else {"ExternalId": external_id}
    sts = w.emulator.client("sts", key=account)
    try:
        sts.assume_role(RoleArn=w.role()["Arn"], RoleSessionName="e2e", **arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"


def second_opinion(w):
    with w.step("the accounts themselves knock, without rolecall") as step:
        for who, account, external_id, answer in (
            ("Genesys Cloud with the right ID", VENDOR_ACCOUNT, EXTERNAL_ID, "allowed"),
            ("Genesys Cloud without an ID", VENDOR_ACCOUNT, None, "AccessDenied"),
            ("Genesys Cloud with a wrong ID", VENDOR_ACCOUNT, "another", "AccessDenied"),
            ("a stranger with the right ID", STRANGER_ACCOUNT, EXTERNAL_ID, "AccessDenied"),
        ):
            step.check(f"{who}: {answer}", assume(w, account, external_id), answer)


def by_a_bystander(w, verifier):
    with w.step("verify and drift by somebody who is not trusted, with the least privileges") as step:
        w.key, w.secret = verifier
        run = w.run("verify")
        w.check_run(step, run, 0, writes=[])
        told_apart = [(attempt, "denied", "no_information") for attempt in (RIGHT, NONE, WRONG)]
        step.check("denials to an untrusted caller show nothing", run.probes, told_apart)
        step.check("every claim proved", run.claims, ["proved"])
        w.check_run(step, w.run("drift"), 0, [], [])


def tampered(w, probe):
    principals = {"AWS": [VENDOR, probe]}
    trust = lambda condition: {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole", "Condition": condition}],
    }
    update_trust = ["iam:UpdateAssumeRolePolicy"]
    table = [
        ("any external ID will do", {"StringLike": {"sts:ExternalId": "*"}}, {RIGHT: "allowed", NONE: "denied", WRONG: "allowed"}),
        ("no external ID is needed", {"StringLikeIfExists": {"sts:ExternalId": "*"}}, {RIGHT: "allowed", NONE: "allowed", WRONG: "allowed"}),
        ("another external ID", {"StringEquals": {"sts:ExternalId": "somebody-else"}}, {RIGHT: "denied", NONE: "denied", WRONG: "denied"}),
    ]
    for title, condition, answers in table:
        with w.step(f"tampered: {title}") as step:
            w.set_trust(trust(condition))
            run = w.run("verify")
            w.check_run(step, run, 4, writes=[])
            wanted = {RIGHT: "allowed", NONE: "denied", WRONG: "denied"}
            shown = [(attempt, answer, "confirms" if answer == wanted[attempt] else "refutes") for attempt, answer in answers.items()]
            step.check("the probes show it", run.probes[:3], shown)
            step.check("a claim refuted", "refuted" in run.claims)
            w.check_run(step, w.run("drift"), 4, update_trust, [])
            repair(w, step, update_trust)
    with w.step("tampered: a policy for every function") as step:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]}
        w.iam.create_policy_version(PolicyArn=w.policy_arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
        run = w.run("verify")
        w.check_run(step, run, 4, writes=[])
        step.check("the sibling can be invoked", run.probes[-1], (dry_run(w, SIBLING), "allowed", "refutes"))
        repair(w, step, ["iam:CreatePolicyVersion"])
    with w.step("tampered: the policy detached") as step:
        w.iam.detach_role_policy(RoleName=ROLE, PolicyArn=w.policy_arn)
        run = w.run("verify")
        w.check_run(step, run, 4, writes=[])
        step.check("a target cannot be invoked", run.probes[3], (dry_run(w, ORDERS), "denied", "refutes"))
        repair(w, step, ["iam:AttachRolePolicy"])


def repair(w, step, operations):
    run = w.run(*APPLY)
    w.check_run(step, run, 0, operations, operations)
    step.check("all is well again", run.probes, all_is_well(w))


def bad_secret(w):
    with w.step("a wrong secret key") as step:
        right, w.secret = w.secret, "wrong"
        run = w.run(*APPLY, json_output=False)
        w.secret = right
        w.check_run(step, run, 1, writes=[])
        step.check("says what to check", "secret key" in run.stderr)


def destroyed(w):
    with w.step("destroy") as step:
        run = w.run("destroy", "--yes")
        w.check_run(step, run, 0, writes=run.operations)
        step.check("no role", w.role(), None)
        step.check("no policy", w.customer_policies(), [])
        functions = {function["FunctionName"] for function in w.lambdas.list_functions()["Functions"]}
        step.check("the functions are untouched", functions, {ORDERS, LOOKUP})
    with w.step("destroy again") as step:
        w.check_run(step, w.run("destroy", "--yes"), 0, [], [])

"""The same life on MiniStack, whose trust policies and permissions count: here the live probes are worth something.

The callers are users with the least privileges that `rolecall render` prints, so those documents are tried too. Gaps of
MiniStack that are worked around here: it asks for iam:CreatePolicy on another resource than AWS does, and knows no
iam:PolicyARN when a policy is attached."""

import json

import botocore.exceptions

import on_recordings
from walk import EXTERNAL_ID, ROLE, VENDOR, VENDOR_ACCOUNT

ORDERS, LOOKUP = "orders", "customer-lookup"
# What the binary calls the function that the session must not be able to invoke.
SIBLING = f"{ORDERS}-rolecall-sibling"
APPLY = ("apply", "--yes")
STRANGER_ACCOUNT = "999999999999"
GAPS = {"Effect": "Allow", "Action": ["iam:CreatePolicy", "iam:AttachRolePolicy"], "Resource": "*"}
KEEP = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*"}]}
RIGHT, NONE, WRONG, FLIPPED, BEGINNING = (
    f"sts:AssumeRole {how}"
    for how in (
        "with the correct external ID",
        "without an external ID",
        "with a wrong external ID",
        "with the correct external ID, different letter case",
        "with only the beginning of the external ID",
    )
)
TWIN = ("verify", "--level", "twin")


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
    twins(w)
    w.key, w.secret = provisioner
    bad_secret(w)
    destroyed(w)
    on_recordings.walk(w)


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
        (FLIPPED, "denied", "confirms"),
        *invocations(w),
    ]


def invocations(w):
    return [
        (dry_run(w, ORDERS), "allowed", "confirms"),
        (dry_run(w, LOOKUP), "allowed", "confirms"),
        (dry_run(w, SIBLING), "denied", "confirms"),
        (dry_run(w, f"{ORDERS}:$LATEST"), "denied", "confirms"),
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
    with w.step("verify with the second opinions that the emulator can give") as step:
        # As the account itself: the emulator takes the simulated role for no resource of the call.
        caller = w.key, w.secret
        w.key, w.secret = w.emulator.key, w.emulator.secret
        run = w.run("verify")
        w.key, w.secret = caller
        w.check_run(step, run, 0, writes=[])
        analyses = run.report["verification"]["analyses"]
        simulated = [it["shows"] for it in analyses if it["analyser"] == "iam:SimulatePrincipalPolicy"]
        # It answers about the first resource of a call alone.
        step.check("its simulator agrees with rolecall", set(simulated), {"confirms"})
        notes = " ".join(run.report["verification"]["notes"])
        step.check("what it left out is said", "left out" in notes, True)
        step.check("that it has no Access Analyzer is said", "no second opinion from access-analyzer:ValidatePolicy" in notes, True)


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
        told_apart = [(attempt, "denied", "no_information") for attempt in (RIGHT, NONE, WRONG, FLIPPED)]
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
        ("any external ID will do", {"StringLike": {"sts:ExternalId": "*"}}, {RIGHT: "allowed", NONE: "denied", WRONG: "allowed", FLIPPED: "allowed"}),
        ("no external ID is needed", {"StringLikeIfExists": {"sts:ExternalId": "*"}}, {RIGHT: "allowed", NONE: "allowed", WRONG: "allowed", FLIPPED: "allowed"}),
        ("another external ID", {"StringEquals": {"sts:ExternalId": "somebody-else"}}, {RIGHT: "denied", NONE: "denied", WRONG: "denied", FLIPPED: "denied"}),
    ]
    for title, condition, answers in table:
        with w.step(f"tampered: {title}") as step:
            w.set_trust(trust(condition))
            run = w.run("verify")
            w.check_run(step, run, 4, writes=[])
            wanted = {RIGHT: "allowed", NONE: "denied", WRONG: "denied", FLIPPED: "denied"}

            def shows(attempt, answer):
                if answer != wanted[attempt]:
                    return "refutes"
                # That an ID is refused shows nothing where the right one is refused, too.
                return "confirms" if answers[RIGHT] == "allowed" else "no_information"

            shown = [(attempt, answer, shows(attempt, answer)) for attempt, answer in answers.items()]
            step.check("the probes show it", run.probes[:4], shown)
            step.check("a claim refuted", "refuted" in run.claims)
            w.check_run(step, w.run("drift"), 4, update_trust, [])
            repair(w, step, update_trust)
    with w.step("tampered: a policy for every function") as step:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]}
        w.iam.create_policy_version(PolicyArn=w.policy_arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
        run = w.run("verify")
        w.check_run(step, run, 4, writes=[])
        step.check("the sibling can be invoked", run.probes[6], (dry_run(w, SIBLING), "allowed", "refutes"))
        repair(w, step, ["iam:CreatePolicyVersion"])
    with w.step("tampered: the policy detached") as step:
        w.iam.detach_role_policy(RoleName=ROLE, PolicyArn=w.policy_arn)
        run = w.run("verify")
        w.check_run(step, run, 4, writes=[])
        step.check("a target cannot be invoked", run.probes[4], (dry_run(w, ORDERS), "denied", "refutes"))
        repair(w, step, ["iam:AttachRolePolicy"])


def repair(w, step, operations):
    run = w.run(*APPLY)
    w.check_run(step, run, 0, operations, operations)
    step.check("all is well again", run.probes, all_is_well(w))


def twins(w):
    """A role that trusts Genesys Cloud alone, and a caller who may do what `rolecall render twin` prints and no more."""
    w.manifest(ORDERS, LOOKUP)
    w.run(*APPLY)
    w.key, w.secret = create_user(w, "twin-maker", "twin")
    with w.step("verify --level twin, with the least privileges") as step:
        run = w.run(*TWIN)
        w.check_run(step, run, 0)
        entered = [(RIGHT, "allowed"), (NONE, "denied"), (WRONG, "denied"), (FLIPPED, "denied"), (BEGINNING, "denied")]
        wanted = [*((attempt, answer, "confirms") for attempt, answer in entered), ("sts:GetCallerIdentity", "allowed", "confirms")]
        canaries = ["iam:ListRoles", f"iam:GetRole of {w.role()['Arn']}", "lambda:ListFunctions in us-east-1"]
        canaries.append(f"lambda:GetFunctionConfiguration of {w.emulator.function_arn(ORDERS)}")
        wanted += [*invocations(w), *((canary, "denied", "confirms") for canary in canaries)]
        step.check("what Genesys Cloud can do, and cannot", run.twin, wanted)
        step.check("the twin is gone", twin_names(w), [])
        made_and_removed = ["iam:AttachRolePolicy", "iam:CreateRole", *2 * ["iam:DeleteRole", "iam:DetachRolePolicy"]]
        step.check("written: the rehearsal, the twin and its removal", sorted(run.writes), sorted(made_and_removed))
    right = w.plain_trust()
    statement = lambda condition: {
        "Effect": "Allow",
        "Principal": {"AWS": VENDOR},
        "Action": "sts:AssumeRole",
        **({"Condition": condition} if condition else {}),
    }
    external_id = lambda operator, value: statement({operator: {"sts:ExternalId": value}})
    pitfalls = [
        ("T1", [statement(None)], [NONE, WRONG, FLIPPED, BEGINNING]),
        ("T2", [external_id("StringLike", "*")], [WRONG, FLIPPED, BEGINNING]),
        ("T3", [external_id("StringEqualsIfExists", EXTERNAL_ID)], [NONE]),
        ("T4", [external_id("ForAllValues:StringEquals", EXTERNAL_ID)], [NONE]),
        ("T5", [external_id("StringNotEquals", "x")], [NONE, WRONG, FLIPPED, BEGINNING]),
        ("T6", [external_id("Null", "true")], [RIGHT, NONE]),
        ("T7", [external_id("StringEqualsIgnoreCase", EXTERNAL_ID)], [FLIPPED]),
        ("T8", [external_id("StringEquals", EXTERNAL_ID), statement(None)], [NONE, WRONG, FLIPPED, BEGINNING]),
    ]
    for name, statements, refuted in pitfalls:
        with w.step(f"verify --level twin where the trust policy is {name}") as step:
            w.set_trust({"Version": "2012-10-17", "Statement": statements})
            run = w.run(*TWIN)
            w.check_run(step, run, 4)
            attempts = (RIGHT, NONE, WRONG, FLIPPED, BEGINNING)
            shown = [attempt for attempt, _, shows in run.twin if shows == "refutes" and attempt in attempts]
            step.check("refuted by the emulator", sorted(shown), sorted(refuted))
            step.check("refuted by the proof", "refuted" in run.claims)
            step.check("the twin is gone", twin_names(w), [])
    w.set_trust(right)
    with w.step("a twin that could not be removed is not made") as step:
        w.iam.put_user_policy(UserName="twin-maker", PolicyName="keep", PolicyDocument=json.dumps(KEEP))
        run = w.run(*TWIN)
        w.check_run(step, run, 5)
        step.check("no role was made", "iam:CreateRole" in run.writes, False)
        w.iam.delete_user_policy(UserName="twin-maker", PolicyName="keep")
    with w.step("verify --sweep") as step:
        name = f"{ROLE}-twin-abcdefgh"
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement(None)]})
        w.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=[{"Key": "rolecall:twin", "Value": ROLE}])
        w.iam.create_role(RoleName=f"{ROLE}-twin-untagged", AssumeRolePolicyDocument=trust)
        run = w.run("verify", "--sweep")
        w.check_run(step, run, 0, ["iam:DeleteRole"], ["iam:DeleteRole"])
        step.check("what is not tagged stays", twin_names(w), [f"{ROLE}-twin-untagged"])
        w.iam.delete_role(RoleName=f"{ROLE}-twin-untagged")


def twin_names(w):
    return [role["RoleName"] for role in w.iam.list_roles()["Roles"] if "-twin-" in role["RoleName"]]


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

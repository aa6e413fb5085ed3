"""The roll call on moto: of an organization, by the command and by the function, and what SNS and Security Hub hold afterwards."""

import json

from on_schedule import Function, subscribed

MEMBER, STRANGER = "rolecall-audit", "999999999999"


def trusting(account, **condition):
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    conditions = {"Condition": {"StringEquals": condition}} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **conditions}]})


def walk(w):
    """moto: the accounts of an organization, one of them with a role that is open."""
    organizations, hub = w.emulator.client("organizations"), w.emulator.client("securityhub")
    organizations.create_organization(FeatureSet="ALL")
    member = organizations.create_account(AccountName="orders", Email="orders@example.com")["CreateAccountStatus"]["AccountId"]
    arn = f"arn:aws:iam::{member}:role/{MEMBER}"
    iam = client_of(w, member)
    iam.create_role(RoleName="vendor", AssumeRolePolicyDocument=trusting(STRANGER))
    expected = f'own_accounts = ["{w.emulator.account}"]\n'
    (w.folder / "audit.toml").write_text(expected)
    with w.step("the roll of an organization") as step:
        run = w.run("audit", "--organization-role", MEMBER, "--expect", "audit.toml")
        step.check("exit code", run.code, 4)
        step.check("both accounts", sorted(run.report["sources"]), sorted(f"account {it}" for it in (w.emulator.account, member)))
        step.check("none is unread", run.report.get("unread_accounts"), None)
        opened = [role["arn"] for role in run.report["roles"] if role["standing"] == "open"]
        step.check("the role that is open", opened, [f"arn:aws:iam::{member}:role/vendor"])
        step.check("nothing is written", [call.action for call in run.calls if call.is_write()], [])
    topic, messages = subscribed(w)
    publish = {"metrics": "Rolecall", "topic": topic, "security_hub": True}
    event = {"command": "audit", "expect": expected, "report": "summary", "publish": publish}

    def finding():
        known = {it["Id"]: it for it in hub.get_findings()["Findings"]}
        it = known[f"rolecall/audit/{member}/vendor/R2"]
        return it["Compliance"]["Status"], it["RecordState"], it["FindingProviderFields"]["Severity"]["Label"]

    with Function(w, ROLECALL_ALLOWED_ROLES=f"arn:aws:iam::*:role/{MEMBER}") as function:
        with w.step("the roll of an account, by the function") as step:
            answer = function.answer({**event, "assume_role": arn})
            step.check("exit code", answer.get("exit_code"), 4)
            step.check("the account", answer["sources"], [f"account {member}"])
            step.check("the metrics", function.metrics("RolesOpen", "AccountsUnread"), {"RolesOpen": 1, "AccountsUnread": 0})
            step.check("a finding", finding(), ("FAILED", "ACTIVE", "HIGH"))
            [message] = messages()
            step.check("a message that names the role", "role/vendor" in message["Message"])
        with w.step("the same, once it is closed") as step:
            iam.update_assume_role_policy(RoleName="vendor", PolicyDocument=trusting(STRANGER, **{"sts:ExternalId": "8d0c6f3e-4f0b-4a57-9f3e-1c2d3e4f5a6b"}))
            answer = function.answer({**event, "assume_role": arn})
            step.check("exit code", answer.get("exit_code"), 0)
            step.check("the finding is archived", finding()[:2], ("PASSED", "ARCHIVED"))
            step.check("no message", messages(), [])
        with w.step("the roll of an organization, by the function") as step:
            answer = function.answer({**event, "organization_role": MEMBER})
            step.check("exit code", answer.get("exit_code"), 0)
            step.check("both accounts", len(answer["sources"]), 2)
        with w.step("a role that the settings do not allow") as step:
            answer = function.answer({**event, "assume_role": f"arn:aws:iam::{member}:role/Admin"})
            step.check("is refused", "ROLECALL_ALLOWED_ROLES" in answer["failed"]["errorMessage"])


def client_of(w, account):
    """IAM of that account, which holds the role that is assumed."""
    arn = f"arn:aws:iam::{account}:role/{MEMBER}"
    session = w.emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="e2e")["Credentials"]
    iam = w.emulator.client("iam", session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    iam.create_role(RoleName=MEMBER, AssumeRolePolicyDocument=trusting(w.emulator.account))
    return iam


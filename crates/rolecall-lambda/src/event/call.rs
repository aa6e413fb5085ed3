//! One call that CloudTrail recorded, as EventBridge delivers it: what was called, on what, and by whom. Pure.
//!
//! Of the parameters of the call only the names of the role, the policy and the function are read. The others (policy
//! documents, external IDs, environment variables) never leave this module. Everything that the caller chose (the
//! program, the session's name) is a text of others: it is shown, and decides nothing.

use std::fmt;

use anyhow::{Context as _, ensure};
use rolecall::desired::aws::{boundary_name, boundary_path, policy_path};
use rolecall::iam::arn::{AccountId, PolicyArn, PolicyOwner, RoleArn};
use rolecall::manifest::{Boundary, Manifest, Target};
use serde_json::Value;

/// The only kind of event that is a call (EventBridge User Guide, "AWS service events delivered via AWS CloudTrail").
const DETAIL_TYPE: &str = "AWS API Call via CloudTrail";

/// The longest text of others that is kept; no ARN of IAM or Lambda is longer.
const LONGEST: usize = 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// CloudTrail's ID of the record: a second delivery has the same.
    pub(crate) id: String,
    /// When it was made, as CloudTrail writes it.
    pub(crate) time: String,
    pub(crate) service: Service,
    /// The operation, without the version that Lambda's have.
    pub(crate) operation: String,
    pub(crate) region: String,
    /// The account that the record is for.
    pub(crate) account: AccountId,
    pub(crate) actor: Actor,
    /// The error, if AWS refused the call: then it changed nothing.
    pub(crate) refused: Option<String>,
    pub(crate) about: Vec<Thing>,
    is_reading: bool,
}

/// Whose call it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Iam,
    Lambda,
    Sts,
}

/// Who called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Actor {
    /// `IAMUser`, `AssumedRole`, `AWSAccount` …
    pub(crate) kind: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) account: Option<String>,
    /// The role of a session.
    pub(crate) issuer: Option<String>,
    /// The service that called in somebody's name.
    pub(crate) invoked_by: Option<String>,
    pub(crate) address: Option<String>,
    /// The program, in the caller's own words.
    pub(crate) program: Option<String>,
}

/// What a call names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Role(String),
    Policy(PolicyArn),
    Function(Target),
}

/// What a call is to the roles of the manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It may have changed what it names.
    Changes,
    /// Somebody got a session of the role.
    Assumes,
    /// Neither.
    Nothing(&'static str),
}

impl Call {
    /// Reads EventBridge's event.
    pub(crate) fn read(event: &Value) -> anyhow::Result<Self> {
        let kind = text(event, "/detail-type");
        ensure!(
            kind.as_deref() == Some(DETAIL_TYPE),
            "not an event of CloudTrail: `detail-type` is {}, and must be `{DETAIL_TYPE}`",
            kind.map_or("missing".to_owned(), |kind| format!("`{kind}`"))
        );
        let stated = |key: &str| {
            text(event, &format!("/detail/{key}"))
                .with_context(|| format!("not an event of CloudTrail: `detail.{key}` is missing"))
        };
        let source = stated("eventSource")?;
        let service = match source.as_str() {
            "iam.amazonaws.com" => Service::Iam,
            "lambda.amazonaws.com" => Service::Lambda,
            "sts.amazonaws.com" => Service::Sts,
            other => anyhow::bail!(
                "`detail.eventSource` is `{other}`; rolecall knows events of IAM, Lambda and STS"
            ),
        };
        let account = text(event, "/detail/recipientAccountId").or_else(|| text(event, "/account"));
        let account =
            account.context("not an event of CloudTrail: `detail.recipientAccountId` is missing")?;
        let name = stated("eventName")?;
        let operation = operation(&name).to_owned();
        let stated_as_reading = event.pointer("/detail/readOnly").and_then(Value::as_bool) == Some(true);
        let named_as_reading = ["Get", "List", "Simulate"].iter().any(|verb| operation.starts_with(verb));
        Ok(Self {
            id: stated("eventID")?,
            time: stated("eventTime")?,
            service,
            region: stated("awsRegion")?,
            account: account.parse().context("`detail.recipientAccountId`")?,
            actor: Actor::read(event),
            refused: text(event, "/detail/errorCode"),
            about: things(event),
            is_reading: stated_as_reading || named_as_reading,
            operation,
        })
    }

    /// What it is to the roles of the manifests. The check itself reads roles and policies, so a call that only reads never
    /// starts one: with a rule that matches such calls, each check would start the next.
    pub(crate) fn meaning(&self) -> Meaning {
        if self.service == Service::Sts {
            return match (self.operation.starts_with("AssumeRole"), &self.refused) {
                (true, None) => Meaning::Assumes,
                (true, Some(_)) => Meaning::Nothing("AWS refused the session"),
                (false, _) => Meaning::Nothing("the call gives no session of a role"),
            };
        }
        if self.is_reading {
            return Meaning::Nothing("the call only reads");
        }
        if self.about.is_empty() {
            return Meaning::Nothing("the call names no role, policy or function");
        }
        Meaning::Changes
    }

    /// Whether a function was made or deleted.
    pub(crate) fn is_about_existence(&self) -> bool {
        matches!(self.operation.as_str(), "CreateFunction" | "DeleteFunction")
    }

    /// Whether the manifest describes what the call names. `home` is the account of a manifest that names none.
    pub(crate) fn is_about(&self, manifest: &Manifest, home: &AccountId) -> bool {
        let access = &manifest.access;
        let assumed = access.assume_role.as_ref().map(|assumed| &assumed.role.account);
        let account = access.account.as_ref().or(assumed).unwrap_or(home);
        self.about.iter().any(|thing| match thing {
            Thing::Role(name) => self.account == *account && name == manifest.role.name.as_str(),
            Thing::Policy(arn) => self.account == *account && holds(manifest, arn),
            Thing::Function(function) => manifest.targets.iter().any(|target| {
                let owner = target.account.as_ref().unwrap_or(account);
                let region = target.region.as_ref().map_or(self.region.as_str(), |region| region.as_str());
                target.function == function.function
                    && *owner == *function.account.as_ref().unwrap_or(&self.account)
                    && region == self.region
            }),
        })
    }

    /// Whether the manifest trusts who got a session. A call from another account has no more than the account.
    pub(crate) fn is_by_a_trusted_principal(&self, manifest: &Manifest) -> bool {
        let Actor { account, arn, issuer, .. } = &self.actor;
        let probe = manifest.verify.probe_principal.as_ref().map(ToString::to_string);
        account.as_deref() == Some(manifest.party.trusted_account().as_str())
            || (probe.is_some() && (probe == *arn || probe == *issuer))
    }
}

impl Actor {
    fn read(event: &Value) -> Self {
        let identity = |key: &str| text(event, &format!("/detail/userIdentity/{key}"));
        Self {
            kind: identity("type"),
            arn: identity("arn"),
            account: identity("accountId"),
            issuer: identity("sessionContext/sessionIssuer/arn"),
            invoked_by: identity("invokedBy"),
            address: text(event, "/detail/sourceIPAddress"),
            program: text(event, "/detail/userAgent"),
        }
    }

    /// The most that is known of who called.
    pub(crate) fn name(&self) -> &str {
        let names = [&self.arn, &self.issuer, &self.invoked_by, &self.account];
        names.into_iter().flatten().next().map_or("a caller that CloudTrail does not name", String::as_str)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iam => "IAM",
            Self::Lambda => "Lambda",
            Self::Sts => "STS",
        })
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(name) => write!(f, "role {name}"),
            Self::Policy(arn) => write!(f, "policy {arn}"),
            Self::Function(target) => write!(f, "function {}", target.function),
        }
    }
}

/// Lambda's operations end in the version of its API (`AddPermission20150331v2`), and not every one in the same.
fn operation(name: &str) -> &str {
    name.split(|character: char| character.is_ascii_digit()).next().unwrap_or(name)
}

/// Whether a new version of the policy may change what the role may do. Whoever else manages the role chooses where its
/// policies lie, so there any policy of customers may be one.
fn holds(manifest: &Manifest, policy: &PolicyArn) -> bool {
    let role = &manifest.role;
    if policy.owner == PolicyOwner::Aws {
        return false;
    }
    let is_boundary = role.permissions_boundary.as_ref().is_some_and(|boundary| match boundary {
        Boundary::Targets => policy.path == boundary_path() && policy.name == boundary_name(&role.name),
        Boundary::Policy(arn) => arn == policy,
    });
    is_boundary || role.managed_by.is_some() || policy.path == policy_path(&role.name)
}

/// What the parameters name. CloudTrail writes the name of a function as the caller wrote it: name, part of the ARN or ARN.
fn things(event: &Value) -> Vec<Thing> {
    let parameter = |name: &str| text(event, &format!("/detail/requestParameters/{name}"));
    let assumed = parameter("roleArn").and_then(|arn| arn.parse().ok());
    let assumed = assumed.map(|arn: RoleArn| Thing::Role(arn.name.to_string()));
    let policy = |name: &str| parameter(name).and_then(|arn| arn.parse().ok()).map(Thing::Policy);
    let function = parameter("functionName").and_then(|name| name.parse().ok());
    [
        parameter("roleName").map(Thing::Role),
        assumed,
        policy("policyArn"),
        policy("permissionsBoundary"),
        function.map(Thing::Function),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A text that is there, cut.
fn text(event: &Value, pointer: &str) -> Option<String> {
    let text = event.pointer(pointer)?.as_str()?;
    Some(crate::publish::cut(text, LONGEST)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use rolecall::connect::Loaded;
    use serde_json::json;

    use super::*;

    const HOME: &str = "123456789012";

    fn manifest(role: &str, rest: &str) -> Manifest {
        let text = format!(
            "version = 1\n[genesys]\nregion = \"us-east-1\"\n[role]\nname = \"Orders\"\n{role}\n[[target]]\nfunction = \"f\"\n{rest}\n"
        );
        Loaded::parse(&text, "rolecall.toml").unwrap().manifest
    }

    fn call(service: &str, operation: &str, account: &str, parameters: &Value) -> Call {
        Call::read(&json!({"detail-type": DETAIL_TYPE, "detail": {
            "eventID": "1", "eventTime": "now", "eventSource": format!("{service}.amazonaws.com"), "eventName": operation,
            "awsRegion": "us-east-1", "recipientAccountId": account, "requestParameters": parameters,
        }}))
        .unwrap()
    }

    #[test]
    fn the_manifest_describes_what_is_in_its_account() {
        let home: AccountId = HOME.parse().unwrap();
        let plain = manifest("", "");
        let there = manifest("", "[aws]\naccount = \"999999999999\"");
        let by_role = manifest("", "[aws]\nassume_role = \"arn:aws:iam::999999999999:role/verifier\"");
        let bounded = manifest("permissions_boundary = \"targets\"", "");
        let other = "arn:aws:iam::123456789012:policy/team/other";
        let by_other = manifest(&format!("permissions_boundary = \"{other}\""), "");
        let elsewhere = manifest("", "region = \"eu-west-1\"");
        let managed = manifest("managed_by = \"terraform\"", "");
        let role = |account: &str| call("iam", "DeleteRole", account, &json!({"roleName": "Orders"}));
        let policy = |arn: &str| call("iam", "CreatePolicyVersion", HOME, &json!({"policyArn": arn}));
        let own = format!("arn:aws:iam::{HOME}:policy{}{}", policy_path(&plain.role.name), "any");
        let boundary =
            format!("arn:aws:iam::{HOME}:policy{}{}", boundary_path(), boundary_name(&plain.role.name));
        let function =
            |name: &str| call("lambda", "AddPermission20150331v2", HOME, &json!({"functionName": name}));
        for (name, manifest, call, expected) in [
            ("the role", &plain, role(HOME), true),
            ("a role of that name elsewhere", &plain, role("999999999999"), false),
            ("the account of the manifest", &there, role("999999999999"), true),
            ("not the function's, then", &there, role(HOME), false),
            ("the account of the role that it assumes", &by_role, role("999999999999"), true),
            ("rolecall's policy", &plain, policy(&own), true),
            ("another policy", &plain, policy(other), false),
            ("a boundary that nobody asked for", &plain, policy(&boundary), false),
            ("the boundary of the targets", &bounded, policy(&boundary), true),
            ("a boundary of others", &by_other, policy(other), true),
            ("any policy, if others manage the role", &managed, policy(other), true),
            ("but none of AWS", &managed, policy("arn:aws:iam::aws:policy/ReadOnlyAccess"), false),
            ("the function", &plain, function("f"), true),
            ("an alias of it", &plain, function("f:live"), true),
            ("another function", &plain, function("ff"), false),
            ("the function in another region", &elsewhere, function("f"), false),
            ("the function of another account", &plain, function("999999999999:function:f"), false),
        ] {
            assert_eq!(call.is_about(manifest, &home), expected, "{name}: {call:?}");
        }
    }

    #[test]
    fn versions_of_an_api_are_no_part_of_its_operations() {
        for (name, expected) in [
            ("AddPermission20150331v2", "AddPermission"),
            ("DeleteFunction20150331", "DeleteFunction"),
            ("UpdateAssumeRolePolicy", "UpdateAssumeRolePolicy"),
        ] {
            assert_eq!(operation(name), expected);
        }
    }

    #[test]
    fn a_long_text_of_others_is_cut() {
        let event = json!({"program": "x".repeat(5000)});
        assert_eq!(text(&event, "/program").unwrap().chars().count(), LONGEST);
    }
}

//! Each kind of tampering does what it says, as the API then shows.

use rolecall::sandbox::{Principal, Sandbox, Tamper, TamperError};
use serde_json::{Value, json};

use super::client::{Client, allow, sandbox, trust};

const ROLE: &str = "GenesysDataActionRole";
const POLICY: &str = "arn:aws:iam::123456789012:policy/GenesysInvoke";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";

/// A role as a tool would make it, with two versions of its policy.
async fn scene() -> Sandbox {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Principal::Administrator);
    let document = trust(&json!([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::765628985471:root"},
        "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "org-1"}}}]));
    let tags = [("Tags.member.1.Key", "managed-by"), ("Tags.member.1.Value", "rolecall")];
    let role = [("RoleName", ROLE), ("AssumeRolePolicyDocument", document.as_str()), tags[0], tags[1]];
    client.iam("CreateRole", &role).await.ok();
    let policy = allow("lambda:InvokeFunction", &json!([FUNCTION]));
    client.iam("CreatePolicy", &[("PolicyName", "GenesysInvoke"), ("PolicyDocument", &policy)]).await.ok();
    let version = [("PolicyArn", POLICY), ("PolicyDocument", policy.as_str()), ("SetAsDefault", "true")];
    client.iam("CreatePolicyVersion", &version).await.ok();
    client.iam("AttachRolePolicy", &[("RoleName", ROLE), ("PolicyArn", POLICY)]).await.ok();
    sandbox
}

fn apply(sandbox: &Sandbox, kind: Tamper) -> Result<String, TamperError> {
    sandbox.change(|state| kind.apply(state, ROLE)).unwrap()
}

#[tokio::test]
async fn trust_policies_are_tampered_with() {
    let statement = |principal: &str, operator: &str, id: &str| {
        let condition = json!({operator: {"sts:ExternalId": id}});
        json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": condition})
    };
    let vendor = "arn:aws:iam::765628985471:root";
    let original = statement(vendor, "StringEquals", "org-1");
    let mut bare = original.clone();
    bare.as_object_mut().unwrap().remove("Condition");
    let mut stranger = bare.clone();
    stranger["Principal"]["AWS"] = json!("arn:aws:iam::999999999999:root");
    for (kind, expected) in [
        (Tamper::TrustExternalId, json!([statement(vendor, "StringEquals", "attacker-org-id")])),
        (Tamper::TrustNoCondition, json!([bare])),
        (Tamper::TrustExtraPrincipal, json!([original, stranger])),
        (Tamper::TrustWildcardPrincipal, json!([statement("*", "StringEquals", "org-1")])),
        (Tamper::TrustIfExists, json!([statement(vendor, "StringEqualsIfExists", "org-1")])),
        (
            Tamper::EquivalentJson,
            json!([{"Effect": "Allow", "Principal": {"AWS": [vendor]}, "Action": ["sts:AssumeRole"],
                    "Condition": {"StringEquals": {"sts:ExternalId": ["org-1"]}}}]),
        ),
    ] {
        let sandbox = scene().await;
        apply(&sandbox, kind).unwrap();
        let client = Client::new(&sandbox, Principal::Administrator);
        let shown = client.iam("GetRole", &[("RoleName", ROLE)]).await.document("AssumeRolePolicyDocument");
        assert_eq!(shown["Statement"], expected, "{}", kind.name());
    }
}

#[tokio::test]
async fn everything_else_is_tampered_with() {
    let seen = |sandbox: &Sandbox| -> Value {
        let state = sandbox.state();
        let account = &state.accounts["123456789012"];
        let Some(role) = state.role("123456789012", ROLE) else { return json!("gone") };
        let policy: Value = serde_json::from_str(account.policies[POLICY].document()).unwrap();
        json!({
            "attached": role.permissions.attached,
            "inline": role.permissions.inline.keys().collect::<Vec<_>>(),
            "boundary": role.permissions.boundary,
            "session": role.max_session_duration,
            "tags": role.tags.len(),
            "version": account.policies[POLICY].default,
            "resource": policy["Statement"][0]["Resource"],
            "function": state.function("123456789012", "us-east-1", "my-genesys-trigger-function").is_some(),
        })
    };
    let original = json!({"attached": [POLICY], "inline": [], "boundary": null, "session": 3600, "tags": 1,
        "version": 2, "resource": [FUNCTION], "function": true});
    assert_eq!(seen(&scene().await), original);
    for (kind, changes) in [
        (Tamper::PolicyWidened, json!({"version": 3, "resource": "*"})),
        (Tamper::PolicyDetached, json!({"attached": []})),
        (Tamper::PolicyVersionRolledBack, json!({"version": 1})),
        (
            Tamper::ExtraManagedPolicy,
            json!({"attached": [POLICY, "arn:aws:iam::123456789012:policy/Sneaky"]}),
        ),
        (Tamper::ExtraInlinePolicy, json!({"inline": ["sneaky"]})),
        (Tamper::MaxSession, json!({"session": 43200})),
        (Tamper::BoundaryChanged, json!({"boundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"})),
        (Tamper::TagRemoved, json!({"tags": 0})),
        (Tamper::FunctionDeleted, json!({"function": false})),
    ] {
        let sandbox = scene().await;
        assert!(!apply(&sandbox, kind).unwrap().is_empty());
        let mut expected = original.clone();
        expected.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        assert_eq!(seen(&sandbox), expected, "{}", kind.name());
    }
    for (kind, policies, urls) in [(Tamper::FunctionPublic, 1, 0), (Tamper::FunctionUrl, 0, 1)] {
        let sandbox = scene().await;
        apply(&sandbox, kind).unwrap();
        let state = sandbox.state();
        let function = state.function("123456789012", "us-east-1", "my-genesys-trigger-function").unwrap();
        assert_eq!((function.policies.len(), function.urls.len()), (policies, urls), "{}", kind.name());
    }
    let sandbox = scene().await;
    apply(&sandbox, Tamper::BoundaryChanged).unwrap();
    assert!(apply(&sandbox, Tamper::BoundaryWidened).is_err(), "a policy of AWS cannot be changed");
    let sandbox = scene().await;
    apply(&sandbox, Tamper::RoleDeleted).unwrap();
    assert_eq!(seen(&sandbox), json!("gone"));
}

#[tokio::test]
async fn what_does_not_apply_is_refused_and_changes_nothing() {
    let sandbox = scene().await;
    for (first, then) in [
        (Tamper::TrustNoCondition, Tamper::TrustExternalId),
        (Tamper::TrustNoCondition, Tamper::TrustIfExists),
        (Tamper::PolicyVersionRolledBack, Tamper::PolicyVersionRolledBack),
        (Tamper::PolicyDetached, Tamper::PolicyWidened),
        (Tamper::TagRemoved, Tamper::TagRemoved),
        (Tamper::MaxSession, Tamper::MaxSession),
    ] {
        let _ = apply(&sandbox, first);
        let before = sandbox.state();
        assert!(matches!(apply(&sandbox, then), Err(TamperError::NotApplicable { .. })), "{}", then.name());
        assert_eq!(before, sandbox.state());
    }
    apply(&sandbox, Tamper::RoleDeleted).unwrap();
    for kind in Tamper::ALL {
        if !kind.is_in_genesys() {
            assert_eq!(apply(&sandbox, kind), Err(TamperError::NoRole { role: ROLE.to_owned() }));
        }
        assert_eq!(Tamper::from_name(kind.name()), Some(kind));
    }
}

//! The roll call of an account with fifty roles of all kinds. The account is the sandbox's example.
//!
//! What is right for each role follows from the pages that are named beside it: IAM UG is the IAM User Guide.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_audit::expectation::Expectation;
use rolecall_audit::finding::FindingId::{self, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11};
use rolecall_audit::roll::Standing::{self, Closed, Open, Unknown};
use rolecall_audit::roll::{RollCall, call};
use rolecall_audit::snapshot::Snapshot;
use serde_json::{Value, json};

const ACCOUNT: &str = include_str!("../../rolecall-sandbox/data/example-account.json");
const EXPECTED: &str = r#"
own_accounts = ["222222222222"]
own_organizations = ["o-a1b2c3d4e5"]

[[vendor]]
account = "765628985471"
external_ids = ["5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"]
"#;

/// Every role: how it stands, the findings, and why.
const RIGHT: [(&str, Option<Standing>, &[FindingId], &str); 53] = [
    // IAM UG, "The confused deputy problem": another account, with and without an external ID.
    ("datadog-integration", Some(Closed), &[], "one external ID"),
    ("datadog-old", Some(Open), &[R2], "no condition"),
    ("vendor-role-named", Some(Closed), &[], "one role of the vendor, one external ID"),
    ("two-ids", Some(Closed), &[], "either of two external IDs"),
    ("monitoring-prefix", Some(Open), &[R3], "StringLike with a wildcard"),
    (
        "literal-wildcard",
        Some(Closed),
        &[],
        "StringEquals takes `*` literally, and no external ID can have it",
    ),
    ("scanner-named-id", Some(Closed), &[R5], "a name as external ID"),
    ("scanner-account-id", Some(Closed), &[R5], "an account ID as external ID"),
    ("shared-one", Some(Closed), &[R6], "the external ID of another vendor, too"),
    ("shared-two", Some(Closed), &[R6], "the external ID of another vendor, too"),
    // IAM UG, "Condition operators", `IfExists`, `Null`; "Multivalued context keys", `ForAllValues` and an absent key.
    ("backup-if-exists", Some(Open), &[R2], "no external ID satisfies IfExists"),
    ("backup-for-all", Some(Open), &[R2], "no external ID satisfies ForAllValues"),
    ("billing-any-id", Some(Open), &[R3], "any external ID satisfies Null: false"),
    // IAM UG, "Policy evaluation logic": each statement by itself, an explicit Deny above all.
    ("half-guarded", Some(Open), &[R2], "the second statement asks for nothing"),
    (
        "denied-otherwise",
        Some(Closed),
        &[],
        "Deny unless the external ID is right; an absent key is not equal",
    ),
    ("denied-if-exists", Some(Closed), &[], "the same with IfExists, which an absent key satisfies"),
    ("denied-only-if-absent", Some(Open), &[R3], "any external ID escapes the Deny"),
    ("denied-only-if-wrong", Some(Open), &[R2], "ForAnyValue has no match where the key is absent"),
    // Conditions on the session or the network do not tell one customer of a vendor from another.
    ("mfa-only", Some(Open), &[R2], "a vendor's user with MFA"),
    ("address-only", Some(Open), &[R2], "a vendor's address"),
    // Genesys Cloud's Resource Center, "About the AWS Lambda data actions integration": the external ID is the organization's ID.
    ("genesys-data-actions", Some(Closed), &[], "the organization's ID"),
    ("genesys-other-organization", Some(Open), &[R4], "the ID of another organization"),
    // IAM UG, "AWS JSON policy elements: Principal"; "Global condition keys", `aws:PrincipalOrgID`, `aws:PrincipalAccount`.
    ("public", Some(Open), &[R1], "everybody"),
    ("public-with-id", Some(Open), &[R1], "everybody who knows the external ID"),
    ("everybody-but-us", Some(Open), &[R1], "NotPrincipal with Allow"),
    ("own-organization", Some(Closed), &[], "accounts of the own organization"),
    ("other-organization", Some(Open), &[R1], "accounts of another organization"),
    ("account-by-condition", Some(Open), &[R2], "a wildcard that a condition narrows to one account"),
    ("role-by-condition", Some(Closed), &[], "the same to roles of one account, with an external ID"),
    ("sibling-account", Some(Closed), &[], "another account of the same owner"),
    ("own-account", None, &[], "nobody outside"),
    ("deleted-principal", None, &[], "the unique ID of a principal that was deleted names nobody"),
    // IAM UG, "AWS service principals"; "Cross-service confused deputy prevention".
    ("function-role", Some(Closed), &[R10], "Lambda"),
    ("function-admin", Some(Closed), &[R10], "Lambda, with every permission"),
    ("config-own", Some(Closed), &[], "AWS Config, for this account"),
    ("config-any", Some(Closed), &[R10], "AWS Config, for any account"),
    // GitHub Docs, "OpenID Connect reference"; IAM UG, "Create a role for OpenID Connect federation".
    ("github-open", Some(Open), &[R7], "no condition"),
    ("github-audience-only", Some(Open), &[R7], "the audience is the same for all"),
    ("github-prefix", Some(Open), &[R7], "`octo-org*` matches `octo-org-other`, too"),
    ("github-for-all", Some(Open), &[R7], "a token without the claim satisfies ForAllValues"),
    ("github-organization", Some(Closed), &[R8], "any repository of one organization"),
    ("github-branch", Some(Closed), &[], "one branch of one repository"),
    // GitLab Docs, "Connect to cloud services"; HashiCorp, "Dynamic credentials".
    ("gitlab-group", Some(Closed), &[R8], "any project of one group"),
    ("terraform-organization", Some(Closed), &[R8], "any workspace of one organization"),
    ("terraform-any", Some(Open), &[R7], "the workspace is pinned, the organization is not"),
    // Amazon EKS User Guide, "IAM roles for service accounts".
    ("eks-any-pod", Some(Open), &[R7], "any service account of the cluster"),
    ("eks-service-account", Some(Closed), &[], "one service account"),
    // Amazon Cognito Developer Guide, "Role trust and permissions".
    ("cognito-any-pool", Some(Open), &[R7], "any identity pool"),
    ("cognito-pool", Some(Unknown), &[R11, R9], "one identity pool, and its guests if it admits any"),
    ("cognito-signed-in", Some(Closed), &[], "one identity pool, who signed in"),
    ("unlisted-issuer", Some(Unknown), &[R11], "nobody here knows whom the issuer serves"),
    // IAM UG, "Create a role for SAML 2.0 federation".
    ("saml-engineers", Some(Closed), &[], "the account's own provider"),
    ("broken-trust", None, &[], "cannot be read"),
];

fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn called() -> RollCall {
    let snapshot = Snapshot::read(ACCOUNT).unwrap();
    call(&snapshot, &Expectation::read(EXPECTED).unwrap(), at("2026-11-23"))
}

#[test]
fn each_of_fifty_roles_is_answered_for_rightly() {
    let called = called();
    assert_eq!(called.roles, RIGHT.len());
    let mut found = BTreeMap::new();
    for answer in &called.answers {
        let ids: Vec<FindingId> =
            answer.ways.iter().flat_map(|way| way.findings.iter().map(|finding| finding.id)).collect();
        found.insert(answer.role.name.to_string(), (answer.standing(), ids));
    }
    for (name, standing, findings, why) in RIGHT {
        let expected = standing.map(|standing| (standing, findings.to_vec()));
        assert_eq!(found.remove(name), expected, "{name}: {why}");
    }
    assert!(found.is_empty(), "{found:?}");
    let unreadable: Vec<&str> = called.unreadable.iter().map(|role| role.role.as_str()).collect();
    assert_eq!(unreadable, ["arn:aws:iam::123456789012:role/broken-trust"]);
}

#[test]
fn each_way_in_is_told_in_words() {
    let mut told = String::new();
    for answer in &called().answers {
        for way in &answer.ways {
            let (name, entry) = (&answer.role.name, &way.entry);
            let reach = answer.reach.certain.as_str();
            told.push_str(&format!("{name}: {}: {}: {reach}\n", entry.outsider, entry.guard));
            for finding in &way.findings {
                told.push_str(&format!("  {} {}\n", finding.id, finding.message));
            }
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn an_expectation_in_json_is_that_of_toml() {
    let toml =
        "own_accounts = [\"222222222222\"]\n[[suppress]]\nrole = \"*\"\nreason = \"x\"\nuntil = 2027-01-31\n";
    let json = |until: &str| {
        let suppress = serde_json::json!([{"role": "*", "reason": "x", "until": until}]);
        Expectation::read_json(serde_json::json!({"own_accounts": ["222222222222"], "suppress": suppress}))
    };
    let (toml, read) = (Expectation::read(toml).unwrap(), json("2027-01-31").unwrap());
    assert_eq!(format!("{toml:?}"), format!("{read:?}"));
    for wrong in ["2027-02-31", "tomorrow", ""] {
        let error = json(wrong).unwrap_err().to_string();
        assert!(error.contains("is not a date such as 2027-01-31"), "{error}");
    }
    assert!(Expectation::read_json(serde_json::json!({"own_account": []})).is_err());
}

#[test]
fn what_was_accepted_counts_until_its_last_day() {
    let snapshot = Snapshot::read(ACCOUNT).unwrap();
    let accepted = r#"
        [[suppress]]
        role = "arn:aws:iam::123456789012:role/datadog-*"
        outsider = "account 464622532012"
        reason = "moves to the new integration"
        until = 2026-12-31
    "#;
    let expectation = Expectation::read(accepted).unwrap();
    let standing = |today: &str| {
        let called = call(&snapshot, &expectation, at(today));
        let answer = called.answers.iter().find(|answer| answer.role.name.as_str() == "datadog-old").unwrap();
        (answer.standing(), called.ended.len())
    };
    assert_eq!(standing("2026-12-31"), (Closed, 0));
    assert_eq!(standing("2027-01-01"), (Open, 1));
}

#[test]
fn a_file_of_expectations_says_what_is_wrong_with_it() {
    for (text, said) in [
        ("own_accounts = [\"12\"]", "own_accounts: `12` is not an AWS account ID of 12 digits"),
        (
            "own_organizations = [\"acme\"]",
            "own_organizations: `acme` is not the ID of an organization (`o-` and 10 to 32 letters or digits)",
        ),
        (
            "[[suppress]]\nrole = \"*\"\nreason = \" \"\nuntil = 2027-01-01",
            "suppress.reason: ` ` is not a reason",
        ),
        (
            "[[suppress]]\nrole = \"*\"\nreason = \"x\"\nuntil = 10:00:00",
            "suppress.until: `10:00:00` is not a date such as 2027-01-31",
        ),
    ] {
        assert_eq!(Expectation::read(text).unwrap_err().to_string(), said);
    }
    let unknown = Expectation::read("own_account = []").unwrap_err().to_string();
    assert!(unknown.contains("unknown field `own_account`") && unknown.contains("line 1"), "{unknown}");
}

fn snapshot_of(roles: &[(&str, Value)]) -> Snapshot {
    let roles: Vec<Value> = roles
        .iter()
        .map(|(name, statement)| {
            let document = json!({"Version": "2012-10-17", "Statement": statement});
            json!({"Arn": format!("arn:aws:iam::123456789012:role/{name}"), "AssumeRolePolicyDocument": document})
        })
        .collect();
    Snapshot::read(&json!({"RoleDetailList": roles, "Policies": []}).to_string()).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "it is called with new values")]
fn allow(principal: Value, action: &str, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition})
}

fn token(provider: &str, condition: Value) -> Value {
    allow(json!({"Federated": provider}), "sts:AssumeRoleWithWebIdentity", condition)
}

/// How a role with this trust stands, with what holds others back.
fn stands(statement: Value) -> (Standing, String) {
    let called =
        call(&snapshot_of(&[("x", statement)]), &Expectation::read(EXPECTED).unwrap(), at("2026-11-23"));
    let answer = called.answers.first().unwrap();
    let guards: Vec<String> = answer.ways.iter().map(|way| way.entry.guard.to_string()).collect();
    (answer.standing(), guards.join("; "))
}

#[test]
fn nothing_is_closed_that_nobody_has_shown() {
    const GITHUB: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    const COGNITO: &str = "cognito-identity.amazonaws.com";
    let provider = |host: &str| format!("arn:aws:iam::123456789012:oidc-provider/{host}");
    let namespace = |host: &str| {
        token(&provider(host), json!({"StringLike": {format!("{host}:sub"): "system:serviceaccount:ns:*"}}))
    };
    let subject =
        |host: &str| token(&provider(host), json!({"StringEquals": {format!("{host}:sub"): "one"}}));
    let web = "sts:AssumeRoleWithWebIdentity";
    for (right, statement) in [
        // What AWS does not document.
        (Unknown, allow(json!({"AWS": "*"}), web, json!({}))),
        (Unknown, allow(json!({"Federated": "*"}), "sts:AssumeRoleWithSAML", json!({}))),
        (Unknown, allow(json!({"Federated": "*"}), web, json!({}))),
        (Unknown, allow(json!({"Service": "*"}), "sts:AssumeRole", json!({}))),
        (Unknown, allow(json!({"Service": "evil.example.com"}), "sts:AssumeRole", json!({}))),
        (
            Unknown,
            allow(
                json!({"Federated": "arn:aws:iam::222222222222:saml-provider/other"}),
                "sts:AssumeRoleWithSAML",
                json!({}),
            ),
        ),
        (
            Unknown,
            token(
                "arn:aws:iam::999999999999:oidc-provider/token.actions.githubusercontent.com",
                json!({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:octo/*"}}),
            ),
        ),
        // Issuers that only look like a cluster, and issuers whose tenant stands elsewhere.
        (Unknown, namespace("oidc.eks.us-east-1.amazonaws.com.evil.example/id/ABCDEF")),
        (Unknown, namespace("oidc.eks.evil.example.amazonaws.common.io/id/X")),
        (Closed, namespace("oidc.eks.cn-north-1.amazonaws.com.cn/id/ABCDEF")),
        (Unknown, subject("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/")),
        (Closed, subject("login.example.com")),
        // Guests.
        (
            Open,
            token(
                COGNITO,
                json!({"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:1"}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}}),
            ),
        ),
        (
            Unknown,
            token(
                COGNITO,
                json!({"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:1"}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "${aws:RequestTag/x}"}}),
            ),
        ),
        // One account of Google, and an organization by its path.
        (Closed, token("accounts.google.com", json!({"StringEquals": {"accounts.google.com:sub": "1234"}}))),
        (
            Closed,
            allow(
                json!({"AWS": "*"}),
                "sts:AssumeRole",
                json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}}),
            ),
        ),
        (
            Open,
            allow(
                json!({"AWS": "*"}),
                "sts:AssumeRole",
                json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/*"}}),
            ),
        ),
        (
            Open,
            allow(
                json!({"AWS": "*"}),
                "sts:AssumeRole",
                json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
            ),
        ),
    ] {
        assert_eq!(stands(json!([statement])).0, right, "{statement}");
    }
    let octo = json!({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:octo/*"}});
    let evil = json!({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:evil/*"}});
    let mut deny = token(GITHUB, evil);
    deny["Effect"] = "Deny".into();
    assert_eq!(stands(json!([token(GITHUB, octo), deny])), (Closed, "organization `octo`".to_owned()));
}

#[test]
fn an_answer_that_is_cut_or_empty_is_no_account() {
    let role = json!({"Arn": "arn:aws:iam::123456789012:role/x", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}, "RolePolicyList": null});
    for cut in [json!({"IsTruncated": true, "Marker": "a"}), json!({"NextToken": "a"})] {
        let mut page = json!({"RoleDetailList": [role]});
        page.as_object_mut().unwrap().extend(cut.as_object().unwrap().clone());
        assert!(Snapshot::read(&page.to_string()).unwrap_err().to_string().starts_with("the answer is cut"));
        let whole = json!([page, {"RoleDetailList": [], "IsTruncated": false}]);
        assert_eq!(Snapshot::read(&whole.to_string()).unwrap().roles.len(), 1);
    }
    let empty = Snapshot::read(r#"{"RoleDetailList": []}"#).unwrap();
    assert_eq!(empty.unreadable.len(), 1);
}

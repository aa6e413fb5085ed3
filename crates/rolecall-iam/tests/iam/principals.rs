//! The `Principal` element. Sources: IAM User Guide, "Principal" (P), "NotPrincipal" (NP), "IAM identifiers" (ID), "AWS
//! global condition context keys" (GK).

use rolecall_iam::evaluate::Decision::{self, Allowed, ExplicitlyDenied, ImplicitlyDenied, Unknown};
use rolecall_iam::evaluate::{Layers, evaluate};
use rolecall_iam::principal::Principal;
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::support::{
    CUSTOMER, STRANGER, VENDOR, VENDOR_ROLE, allow_all, assume, document, policy, request, trust, trust_side,
    with_context,
};

const SESSION: &str = "arn:aws:sts::765628985471:assumed-role/platform/s1";

#[test]
fn names_and_callers() {
    let root = format!("arn:aws:iam::{VENDOR}:root");
    let user = format!("arn:aws:iam::{VENDOR}:user/x/ann");
    let rows: Vec<(Value, &str, Decision, &str)> = vec![
        (json!({ "AWS": VENDOR }), VENDOR_ROLE, Allowed, "P: any principal of the account"),
        (json!({ "AWS": VENDOR }), SESSION, Allowed, "P: any principal of the account"),
        (json!({ "AWS": VENDOR }), &user, Allowed, "P: any principal of the account"),
        (json!({ "AWS": VENDOR }), &root, Allowed, "P: the root user is in the account"),
        (json!({ "AWS": root }), VENDOR_ROLE, Allowed, "P: the root ARN is the account, not the root user"),
        (
            json!({ "AWS": root }),
            "arn:aws:iam::999988887777:role/platform",
            ImplicitlyDenied,
            "P: another account",
        ),
        (json!({ "AWS": [STRANGER, VENDOR] }), VENDOR_ROLE, Allowed, "P: any of several"),
        (json!({ "AWS": VENDOR_ROLE }), VENDOR_ROLE, Allowed, "P: a role"),
        (json!({ "AWS": VENDOR_ROLE }), SESSION, Allowed, "P: a role and its sessions"),
        (
            json!({ "AWS": VENDOR_ROLE }),
            "arn:aws:iam::765628985471:role/Platform",
            ImplicitlyDenied,
            "P: names are case-sensitive",
        ),
        (
            json!({ "AWS": VENDOR_ROLE }),
            "arn:aws:iam::765628985471:role/other",
            ImplicitlyDenied,
            "P: another role",
        ),
        (json!({ "AWS": VENDOR_ROLE }), &user, ImplicitlyDenied, "P: a user is no role"),
        (
            json!({ "AWS": "arn:aws:iam::765628985471:role/team/platform" }),
            SESSION,
            Allowed,
            "P: a session's ARN has no path",
        ),
        (
            json!({ "AWS": "arn:aws:iam::765628985471:role/team/platform" }),
            VENDOR_ROLE,
            ImplicitlyDenied,
            "P: a role's ARN has",
        ),
        (json!({ "AWS": SESSION }), SESSION, Allowed, "P: exactly this session"),
        (
            json!({ "AWS": SESSION }),
            "arn:aws:sts::765628985471:assumed-role/platform/s2",
            ImplicitlyDenied,
            "P: another session",
        ),
        (json!({ "AWS": SESSION }), VENDOR_ROLE, Unknown, "which session of the role is not stated"),
        (
            json!({ "AWS": SESSION }),
            "arn:aws:iam::765628985471:role/other",
            ImplicitlyDenied,
            "P: a session of another role",
        ),
        (
            json!({ "AWS": SESSION }),
            "arn:aws:iam::999988887777:role/platform",
            ImplicitlyDenied,
            "P: another account",
        ),
        (
            json!({ "AWS": SESSION }),
            "arn:aws:sts::765628985471:assumed-role/other/s1",
            ImplicitlyDenied,
            "P: another role",
        ),
        (
            json!({ "AWS": SESSION }),
            "arn:aws:sts::999988887777:assumed-role/platform/s1",
            ImplicitlyDenied,
            "P: another account",
        ),
        (
            json!({ "AWS": VENDOR_ROLE }),
            "arn:aws:sts::999988887777:assumed-role/platform/s1",
            ImplicitlyDenied,
            "P: another account",
        ),
        (
            json!({ "AWS": VENDOR_ROLE }),
            "arn:aws-cn:sts::765628985471:assumed-role/platform/s1",
            ImplicitlyDenied,
            "P: another partition",
        ),
        (
            json!({ "AWS": "arn:aws:sts::765628985471:assumed-role/platform/*" }),
            SESSION,
            ImplicitlyDenied,
            "P: no wildcard in a session",
        ),
        (json!({ "AWS": user }), &user, Allowed, "P: a user"),
        (
            json!({ "AWS": "arn:aws:iam::765628985471:user/ann" }),
            &user,
            ImplicitlyDenied,
            "P: the path belongs to the ARN",
        ),
        (
            json!({ "AWS": "arn:aws:iam::765628985471:role/*" }),
            VENDOR_ROLE,
            ImplicitlyDenied,
            "P: no partial wildcards",
        ),
        (json!({ "AWS": "7656*" }), VENDOR_ROLE, ImplicitlyDenied, "P: no partial wildcards"),
        (json!({ "AWS": "arn:aws:iam::*:root" }), VENDOR_ROLE, ImplicitlyDenied, "P: no partial wildcards"),
        (json!({ "AWS": "AROA1234567890EXAMPLE" }), VENDOR_ROLE, ImplicitlyDenied, "ID: the role is deleted"),
        (
            json!({ "AWS": "arn:aws:iam::765628985471:group/g" }),
            &user,
            ImplicitlyDenied,
            "P: a group is no principal",
        ),
        (
            json!({ "CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be" }),
            VENDOR_ROLE,
            ImplicitlyDenied,
            "P: S3 only",
        ),
        (json!({ "AWS": "*" }), "arn:aws:iam::999988887777:role/x", Allowed, "P: everybody with credentials"),
        (json!({ "Service": "lambda.amazonaws.com" }), "lambda.amazonaws.com", Allowed, "P: a service"),
        (
            json!({ "Service": "lambda.amazonaws.com" }),
            "ec2.amazonaws.com",
            ImplicitlyDenied,
            "P: another service",
        ),
        (
            json!({ "Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"] }),
            "lambda.amazonaws.com",
            Allowed,
            "P: any of several",
        ),
        (
            json!({ "Service": "lambda.amazonaws.com" }),
            VENDOR_ROLE,
            ImplicitlyDenied,
            "P: a service is no account",
        ),
        (
            json!({ "AWS": VENDOR, "Service": "lambda.amazonaws.com" }),
            VENDOR_ROLE,
            Allowed,
            "P: kinds are alternatives",
        ),
        (
            json!({ "AWS": VENDOR, "Service": "lambda.amazonaws.com" }),
            "lambda.amazonaws.com",
            Allowed,
            "P: kinds are alternatives",
        ),
        (
            json!({ "Federated": "cognito-identity.amazonaws.com" }),
            VENDOR_ROLE,
            ImplicitlyDenied,
            "P: a provider is no account",
        ),
        (json!({ "AWS": [] }), VENDOR_ROLE, ImplicitlyDenied, "nobody is named"),
    ];
    for (principal, caller, expected, source) in rows {
        assert_eq!(
            trust_side(&assume(caller), &trust(principal.clone())),
            expected,
            "{source}: {principal} and {caller}"
        );
    }
}

/// A session that is known to belong to a role with a path is not a session of a role without.
#[test]
fn a_session_whose_path_is_known() {
    let role = "arn:aws:iam::765628985471:role/team/platform".parse().unwrap();
    let mut asked = assume(VENDOR_ROLE);
    asked.principal = Principal::session_of(&role, "s1".parse().unwrap());
    assert_eq!(trust_side(&asked, &trust(json!({ "AWS": role.to_string() }))), Allowed);
    assert_eq!(trust_side(&asked, &trust(json!({ "AWS": VENDOR_ROLE }))), ImplicitlyDenied);
}

/// NP: a caller is exempt where its account, its user or role and its session are all listed.
#[test]
fn not_principal() {
    let root = format!("arn:aws:iam::{VENDOR}:root");
    let user = format!("arn:aws:iam::{VENDOR}:user/ann");
    let rows = [
        (json!({ "AWS": STRANGER }), VENDOR_ROLE, ExplicitlyDenied),
        (json!({ "AWS": [user, root] }), user.as_str(), Allowed),
        (json!({ "AWS": [user] }), user.as_str(), Unknown),
        (json!({ "AWS": [root] }), user.as_str(), Unknown),
        (json!({ "AWS": [SESSION, VENDOR_ROLE, VENDOR] }), SESSION, Allowed),
        (json!({ "AWS": [VENDOR_ROLE, VENDOR] }), SESSION, Unknown),
        (json!({ "AWS": [SESSION, VENDOR] }), SESSION, Unknown),
        (json!({ "AWS": [SESSION, VENDOR_ROLE] }), SESSION, Unknown),
        (json!({ "AWS": SESSION }), SESSION, Unknown),
        (json!({ "AWS": VENDOR_ROLE }), SESSION, Unknown),
        (json!({ "AWS": [VENDOR, VENDOR_ROLE] }), VENDOR_ROLE, Unknown),
        (json!({ "AWS": CUSTOMER }), "arn:aws:sts::111122223333:federated-user/fed", Unknown),
        (
            json!({ "AWS": "arn:aws:sts::111122223333:federated-user/fed" }),
            "arn:aws:sts::111122223333:federated-user/fed",
            Unknown,
        ),
        (json!({ "AWS": STRANGER }), "arn:aws:sts::111122223333:federated-user/fed", ExplicitlyDenied),
        (json!({ "AWS": "*" }), SESSION, Allowed),
        (json!({ "AWS": ["*", STRANGER] }), SESSION, Allowed),
        (json!({ "Service": "lambda.amazonaws.com" }), "lambda.amazonaws.com", Allowed),
        (json!({ "Service": "ec2.amazonaws.com" }), "lambda.amazonaws.com", ExplicitlyDenied),
    ];
    for (listed, caller, expected) in rows {
        let resource = policy(json!([
            { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" },
            { "Effect": "Deny", "NotPrincipal": listed, "Action": "*", "Resource": "*" },
        ]));
        let all = allow_all();
        let layers = Layers { identity: vec![&all], resource: Some(&resource), ..Layers::default() };
        let asked = request(caller, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q");
        assert_eq!(evaluate(&asked, &layers).decision, expected, "NP: all but {listed}, {caller}");
        if caller == user {
            // NP: with Deny it always denies a principal that has a permissions boundary.
            let bounded = Layers { boundary: Some(vec![&all]), ..layers };
            assert_eq!(
                evaluate(&asked, &bounded).decision,
                ExplicitlyDenied,
                "NP: all but {listed}, with a boundary"
            );
        }
    }
    // The trust side alone knows of no boundary.
    let guarded = policy(json!([
        { "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" },
        { "Effect": "Deny", "NotPrincipal": { "AWS": [user, root] }, "Action": "sts:AssumeRole" },
    ]));
    assert_eq!(trust_side(&assume(&user), &guarded), Allowed);
    let statement = document(
        json!({ "Statement": { "Effect": "Allow", "NotPrincipal": { "AWS": STRANGER }, "Action": "sts:AssumeRole" } }),
    );
    assert_eq!(statement.statements()[0].names_principal(&VENDOR_ROLE.parse().unwrap()), Truth::True);
    let unnamed = document(json!({ "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole" } }));
    assert_eq!(unnamed.statements()[0].names_principal(&VENDOR_ROLE.parse().unwrap()), Truth::Unknown);
    let stranger = "arn:aws:iam::999988887777:role/x".parse().unwrap();
    assert_eq!(statement.statements()[0].names_principal(&stranger), Truth::Unknown);
}

/// GK: keys that follow from the caller, and a context that says otherwise.
#[test]
fn derived_keys() {
    let rows = [
        (VENDOR_ROLE, "aws:PrincipalArn", VENDOR_ROLE, Allowed),
        (SESSION, "aws:PrincipalArn", VENDOR_ROLE, Allowed),
        (SESSION, "aws:PrincipalArn", SESSION, ImplicitlyDenied),
        (SESSION, "aws:PrincipalAccount", VENDOR, Allowed),
        (SESSION, "aws:PrincipalType", "AssumedRole", Allowed),
        ("arn:aws:iam::765628985471:user/x/ann", "aws:PrincipalType", "User", Allowed),
        ("arn:aws:iam::765628985471:user/x/ann", "aws:username", "ann", Allowed),
        (SESSION, "aws:username", "*", ImplicitlyDenied),
        ("arn:aws:iam::765628985471:root", "aws:PrincipalType", "Account", Allowed),
        ("arn:aws:iam::765628985471:root", "aws:userid", VENDOR, Allowed),
        (SESSION, "aws:userid", "AROA*", Unknown),
        ("lambda.amazonaws.com", "aws:PrincipalServiceName", "lambda.amazonaws.com", Allowed),
        // GK: what a service has of these is not documented.
        ("lambda.amazonaws.com", "aws:PrincipalAccount", "*", Unknown),
        ("lambda.amazonaws.com", "aws:PrincipalArn", "*", Unknown),
        ("lambda.amazonaws.com", "aws:PrincipalType", "*", Unknown),
        (SESSION, "aws:PrincipalOrgID", "*", ImplicitlyDenied),
    ];
    let conditional = |key: &str, value: &str| {
        policy(json!([{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole",
            "Condition": { "StringLike": { key: value } } }]))
    };
    for (caller, key, value, expected) in rows {
        assert_eq!(trust_side(&assume(caller), &conditional(key, value)), expected, "GK: {key} of {caller}");
    }
    // CO: an operator on a key of another type is not documented.
    let is_service = |operator: &str, value: &str| {
        policy(json!([{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole",
            "Condition": { operator: { "aws:PrincipalIsAWSService": value } } }]))
    };
    assert_eq!(trust_side(&assume(SESSION), &is_service("Bool", "false")), Allowed);
    assert_eq!(trust_side(&assume("lambda.amazonaws.com"), &is_service("Bool", "true")), Allowed);
    assert_eq!(trust_side(&assume("lambda.amazonaws.com"), &is_service("StringEquals", "true")), Unknown);
    let stated = with_context(
        assume(SESSION),
        json!({ "aws:userid": "AROAEXAMPLE:s1", "AWS:PRINCIPALARN": "arn:aws:iam::765628985471:role/team/platform" }),
    );
    assert_eq!(trust_side(&stated, &conditional("aws:userid", "AROA*")), Allowed);
    assert_eq!(trust_side(&stated, &conditional("aws:PrincipalArn", "*/team/*")), Allowed);
}

#[test]
fn callers_as_text() {
    for text in [
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:user/ann",
        "arn:aws:iam::111122223333:user/a/b/ann",
        "arn:aws-cn:iam::111122223333:role/a/r",
        SESSION,
        "arn:aws:sts::111122223333:federated-user/fed",
        "lambda.amazonaws.com",
        "accounts.google.com",
        "arn:aws:iam::111122223333:saml-provider/idp",
        "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
    ] {
        let caller: Principal = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(caller.to_string(), text);
    }
    for text in [
        "",
        "*",
        CUSTOMER,
        "arn:aws:iam::111122223333:group/g",
        "arn:aws:iam::1:role/x",
        "example.com",
        "arn:aws:sts::111122223333:assumed-role/r",
        ".amazonaws.com",
        "lamb da.amazonaws.com",
        "arn:aws:sts::111122223333:federated-user/name-that-is-longer-than-thirty-two",
        "arn:aws:sts::111122223333:federated-user/*",
        "arn:aws:iam::111122223333:role/",
    ] {
        let error = text.parse::<Principal>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{text}` is not a principal")), "{error}");
    }
}

//! To trust a provider that many tenants share is to trust nobody in particular.

use rolecall_iam::prove::{Proof, RoleIntent, prove_trust};
use serde_json::{Value, json};

use crate::iam::support::policy;

const GITHUB: &str = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";

/// "Nobody but", of a role that trusts a provider: whom the document names, and as stated.
fn only_trusted(provider: &str, condition: &Value) -> [Proof; 2] {
    let document = policy(json!([{ "Effect": "Allow", "Principal": { "Federated": provider },
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition }]));
    let stated = RoleIntent { trusted: vec![provider.parse().unwrap()], ..RoleIntent::default() };
    [RoleIntent::default(), stated].map(|intent| prove_trust(&document, &intent).remove(0).result)
}

#[test]
fn a_provider_of_many_tenants_is_not_trusted_without_its_tenant() {
    let sub = "token.actions.githubusercontent.com:sub";
    let aud = "token.actions.githubusercontent.com:aud";
    for condition in [
        json!({}),
        json!({ "StringEquals": { aud: "sts.amazonaws.com" } }),
        json!({ "StringLike": { sub: "*" } }),
        json!({ "StringLike": { sub: "repo:*" } }),
        json!({ "StringLike": { sub: "repo:octo*" } }),
        json!({ "StringLike": { sub: ["repo:octo/app:*", "repo:*/app:*"] } }),
        json!({ "StringLikeIfExists": { sub: "repo:octo/app:*" } }),
        json!({ "ForAllValues:StringLike": { sub: "repo:octo/app:*" } }),
        json!({ "StringNotLike": { sub: "repo:evil/*" } }),
    ] {
        for found in only_trusted(GITHUB, &condition) {
            let Proof::Refuted(witness) = found else { panic!("{condition}: {found:?}") };
            assert!(
                witness.sentence.starts_with("any repository on GitHub can assume the role"),
                "{}",
                witness.sentence
            );
        }
    }
    for condition in [
        json!({ "StringLike": { sub: "repo:octo/app:*" }, "StringEquals": { aud: "sts.amazonaws.com" } }),
        json!({ "StringEquals": { sub: "repo:octo/app:ref:refs/heads/main" } }),
        json!({ "StringLike": { sub: "repo:octo/*" } }),
    ] {
        assert_eq!(only_trusted(GITHUB, &condition), [Proof::Proved, Proof::Proved], "{condition}");
    }
}

#[test]
fn a_provider_that_rolecall_does_not_know_is_trusted_for_stated_subjects_only() {
    let provider = "arn:aws:iam::111122223333:oidc-provider/login.example.com";
    for found in only_trusted(provider, &json!({ "StringEquals": { "login.example.com:aud": "app" } })) {
        assert!(matches!(found, Proof::Unknown { .. }), "{found:?}");
    }
    let one = json!({ "StringEquals": { "login.example.com:sub": "one" } });
    assert_eq!(only_trusted(provider, &one), [Proof::Proved, Proof::Proved]);
}

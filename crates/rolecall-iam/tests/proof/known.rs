//! Claims that were once proved although they are false, or although AWS does not say that they hold. None of them may be
//! proved again: each must be refuted by a witness or end as unknown.
//!
//! Every document is the clean trust policy with one or more statements beside it; the facts are those of
//! `reference/proof.md`, section 2 (which caller has which key) and section 2.3 (alphabets).

mod callers;
mod services;

use rolecall_iam::prove::{Claim, Proof, RoleIntent};
use serde_json::{Value, json};

use super::support::{
    EXTERNAL_ID, FUNCTION, GENESYS, QUALIFIED, intent, permission_results, trust_of, trust_results,
};

/// The claim that must not be proved.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    OnlyTrusted,
    OnlyWithId,
    MayAssume,
}

impl Wanted {
    fn is(self, claim: &Claim) -> bool {
        match claim {
            Claim::OnlyTrustedMayAssume => self == Self::OnlyTrusted,
            Claim::OnlyWithExternalId(_) | Claim::OthersOnlyWithExternalId(_) => self == Self::OnlyWithId,
            Claim::MayAssume(_) | Claim::MayAssumeUnderConditions(_) => self == Self::MayAssume,
            Claim::OnlyWithOneOf { .. }
            | Claim::NoLongerWith { .. }
            | Claim::MayAssumeWith { .. }
            | Claim::OnlyTargetsMayBeInvoked
            | Claim::OnlyStatedMayBeDone
            | Claim::EveryTargetMayBeInvoked(_)
            | Claim::EveryStatedMayBeDone(_)
            | Claim::BoundaryAllowsNoMore
            | Claim::OnlyThroughRole => false,
        }
    }
}

/// The clean statement and others beside it.
fn beside_clean(statements: &[Value]) -> Value {
    let clean = json!({
        "Principal": {"AWS": GENESYS},
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    });
    trust_of(&[std::slice::from_ref(&clean), statements].concat())
}

/// Everybody with the right external ID, on these conditions too.
fn everybody(conditions: &Value) -> Value {
    let mut block = json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}});
    for (operator, keys) in conditions.as_object().unwrap() {
        for (key, values) in keys.as_object().unwrap() {
            block[operator][key] = values.clone();
        }
    }
    json!({"Principal": {"AWS": "*"}, "Condition": block})
}

fn deny(principal: &Value, condition: &Value) -> Value {
    json!({"Effect": "Deny", "Principal": principal, "Condition": condition})
}

fn federated(provider: &str, condition: &Value) -> Value {
    let saml = provider.contains("saml-provider");
    let action = if saml { "sts:AssumeRoleWithSAML" } else { "sts:AssumeRoleWithWebIdentity" };
    json!({"Principal": {"Federated": provider}, "Action": action, "Condition": condition})
}

fn assert_never_proved(wanted: Wanted, cases: &[(&str, Vec<Value>)]) {
    assert_never_proved_for(&intent(), wanted, cases);
}

/// Every case is looked at before the test fails, so that one run shows all that is wrong.
fn assert_never_proved_for(intent: &RoleIntent, wanted: Wanted, cases: &[(&str, Vec<Value>)]) {
    let mut wrong = Vec::new();
    for (reason, statements) in cases {
        let results = trust_results(&beside_clean(statements), intent);
        let about = results.iter().filter(|result| wanted.is(&result.claim));
        let proved: Vec<String> = about
            .filter(|result| result.result == Proof::Proved)
            .map(|result| result.claim.to_string())
            .collect();
        if !proved.is_empty() {
            wrong.push(format!("{reason}\n  {}\n  {}", proved.join("; "), json!(statements)));
        }
    }
    let (count, all) = (wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{count} of {all} false proofs:\n{}", wrong.join("\n"));
}

const EXAMPLE_ACCOUNTS: [&str; 3] = ["999999999999", "888888888888", "777777777777"];
const GOOGLE: &str = "accounts.google.com";
const SAML: &str = "arn:aws:iam::111122223333:saml-provider/idp";

#[test]
fn a_star_across_colons_protects_nothing() {
    let other = "arn:aws:lambda:us-east-1:111122223333:function:payments";
    let with = |deny: Value| {
        let mut deny = deny;
        deny["Effect"] = json!("Deny");
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": [FUNCTION, QUALIFIED, other]},
            deny,
        ]})
    };
    let invoke = "lambda:InvokeFunction";
    for deny in [
        json!({"Action": invoke, "Resource": "arn:aws:lambda:*:payments"}),
        json!({"Action": invoke, "Resource": "arn:aws:lambda:us-east-1:*:payments"}),
        json!({"Action": invoke, "Resource": "arn:*payments"}),
        json!({"Action": invoke, "NotResource": ["arn:aws:lambda:us-east-1:111122223333:function:orders",
            "arn:aws:lambda:us-east-1:*:live", "arn:aws:lambda:*:payments"]}),
        json!({"Action": "l*:InvokeFunction", "Resource": other}),
        json!({"Action": invoke, "Resource": "arn:aws:lambda:us-east-1:111122223333:function:${aws:PrincipalTag/function}"}),
    ] {
        let results = permission_results(&[&with(deny.clone())], None, &intent());
        assert_ne!(results[0].result, Proof::Proved, "{deny}");
    }
}

/// `sts:TransitiveTagKeys`: "present in the request when you make a request using temporary security credentials" (IAM User Guide, "IAM
/// and AWS STS condition context keys"). So a session has it without passing a tag, which would need `sts:TagSession`.
#[test]
fn transitive_tag_keys_come_with_temporary_credentials() {
    for condition in [
        json!({"Null": {"sts:TransitiveTagKeys": "false"}}),
        json!({"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "team"}}),
    ] {
        let open = json!({"Effect": "Allow", "Principal": {"AWS": GENESYS}, "Action": "sts:AssumeRole",
            "Condition": condition});
        let results = trust_results(&trust_of(&[open]), &intent());
        let with_id = results.iter().find(|it| Wanted::OnlyWithId.is(&it.claim)).unwrap();
        assert!(matches!(with_id.result, Proof::Refuted(_)), "{results:?}");
    }
}

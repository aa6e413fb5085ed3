//! Claims that were once proved although they are false, or although AWS does not say that they hold. None of them may be
//! proved again: each must be refuted by a witness or end as unknown.
//!
//! Every document is the clean trust policy with one or more statements beside it; the facts are those of
//! `reference/proof.md`, section 2 (which caller has which key) and section 2.3 (alphabets).

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
            Claim::OnlyTargetsMayBeInvoked | Claim::EveryTargetMayBeInvoked(_) => false,
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
fn denying_the_examples_of_a_prover_proves_nothing_about_others() {
    let no_service = json!({"Bool": {"aws:PrincipalIsAWSService": "false"}});
    let account = json!({"AWS": "222233334444"});
    let batch = json!({"AWS": "arn:aws:iam::222233334444:role/batch"});
    assert_never_proved(
        Wanted::OnlyTrusted,
        &[
            (
                "three accounts are denied as principals, every other account gets in",
                vec![everybody(&no_service), deny(&json!({"AWS": EXAMPLE_ACCOUNTS}), &json!({}))],
            ),
            (
                "the same by a condition on the account",
                vec![
                    everybody(&no_service),
                    deny(
                        &json!({"AWS": "*"}),
                        &json!({"StringEquals": {"aws:PrincipalAccount": EXAMPLE_ACCOUNTS}}),
                    ),
                ],
            ),
            (
                "the same by a condition on the caller's ARN",
                vec![
                    everybody(&no_service),
                    deny(
                        &json!({"AWS": "*"}),
                        &json!({"ArnLike": {"aws:PrincipalArn":
                            EXAMPLE_ACCOUNTS.map(|account| format!("arn:aws:iam::{account}:*"))}}),
                    ),
                ],
            ),
            (
                "NotPrincipal leaves out the examples, every other account gets in",
                vec![json!({
                    "NotPrincipal": {"AWS": [GENESYS, "111122223333", EXAMPLE_ACCOUNTS[0], EXAMPLE_ACCOUNTS[1],
                        EXAMPLE_ACCOUNTS[2]]},
                    "Condition": no_service,
                })],
            ),
            (
                "three services are denied, every other service gets in",
                vec![
                    everybody(&json!({"Bool": {"aws:PrincipalIsAWSService": "true"}})),
                    deny(
                        &json!({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com", "another.amazonaws.com"]}),
                        &json!({}),
                    ),
                ],
            ),
            (
                "NotPrincipal leaves out the example providers, every other provider gets in",
                vec![json!({
                    "NotPrincipal": {
                        "AWS": [GENESYS, "111122223333"],
                        "Federated": [GOOGLE, "arn:aws:iam::999999999999:oidc-provider/another.example.com",
                            "arn:aws:iam::999999999999:saml-provider/another-provider"],
                    },
                    "Action": "sts:AssumeRoleWithWebIdentity",
                })],
            ),
            (
                "one role and one user of an account are denied, all others get in",
                vec![
                    json!({"Principal": account}),
                    deny(
                        &json!({"AWS": ["arn:aws:iam::222233334444:role/another-role",
                            "arn:aws:iam::222233334444:user/another-user"]}),
                        &json!({}),
                    ),
                ],
            ),
            (
                "two session names of a role are denied, every other session gets in",
                vec![
                    json!({"Principal": batch}),
                    deny(
                        &json!({"AWS": ["arn:aws:sts::222233334444:assumed-role/batch/session",
                            "arn:aws:sts::222233334444:assumed-role/batch/another-session"]}),
                        &json!({}),
                    ),
                ],
            ),
            (
                "users are asked for, and the example user is denied as a principal",
                vec![
                    json!({"Principal": account, "Condition": {"Null": {"aws:username": "false"}}}),
                    deny(&json!({"AWS": "arn:aws:iam::222233334444:user/another-user"}), &json!({})),
                ],
            ),
            (
                "roles are asked for by their type, and the example role is denied as a principal",
                vec![
                    json!({"Principal": account, "Condition": {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}}),
                    deny(&json!({"AWS": "arn:aws:iam::222233334444:role/another-role"}), &json!({})),
                ],
            ),
        ],
    );
}

#[test]
fn variables_stand_for_the_callers_own_values() {
    assert_never_proved(
        Wanted::OnlyTrusted,
        &[
            (
                "the variable is the caller's own account, so the role `deployer` of any account gets in",
                vec![everybody(
                    &json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/deployer"}}),
                )],
            ),
            (
                "a user of any account in the path /ops/",
                vec![everybody(
                    &json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:user/ops/${aws:username}"}}),
                )],
            ),
            (
                "the variable's default is not what a caller with an account gets",
                vec![everybody(
                    &json!({"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/${aws:PrincipalAccount, '1'}/bob"}}),
                )],
            ),
            (
                "a user whose name is its own account",
                vec![everybody(&json!({"StringEquals": {"aws:username": "${aws:PrincipalAccount}"}}))],
            ),
            (
                "a role whose name is one of its session tags",
                vec![everybody(
                    &json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/${aws:PrincipalTag/team}"}}),
                )],
            ),
            (
                "a Deny that asks for an inequality with a variable that roles do not have: AWS says that it matches, \
                 and that the statement might be invalid",
                vec![
                    json!({"Principal": {"AWS": "arn:aws:iam::222233334444:role/batch"}}),
                    deny(
                        &json!({"AWS": "*"}),
                        &json!({"StringNotEquals": {"sts:RoleSessionName": "${aws:username}"}}),
                    ),
                ],
            ),
        ],
    );
}

#[test]
fn operators_of_another_type_match_somebody() {
    let ask = |operator: &str, key: &str, value: &str| vec![everybody(&json!({operator: {key: value}}))];
    assert_never_proved(
        Wanted::OnlyTrusted,
        &[
            (
                "account 123456789012 equals that number",
                ask("NumericEquals", "aws:PrincipalAccount", "123456789012"),
            ),
            ("accounts that begin with zeros", ask("NumericLessThan", "aws:PrincipalAccount", "100000000")),
            ("an account is seconds since 1970", ask("DateLessThan", "aws:PrincipalAccount", "2000-01-01")),
            ("an account is base64", ask("BinaryEquals", "aws:PrincipalAccount", "123456789012")),
            ("a user called 42", ask("NumericEquals", "aws:username", "42")),
            ("a user called 2026-01-01", ask("DateEquals", "aws:username", "2026-01-01")),
            ("a user called 10.0.0.1", ask("IpAddress", "aws:username", "10.0.0.0/8")),
            ("a user called true", ask("Bool", "aws:username", "true")),
            ("a user called YWRh", ask("BinaryEquals", "aws:username", "YWRh")),
            (
                "what an address operator says of an ARN is not documented",
                ask("NotIpAddress", "aws:PrincipalArn", "10.0.0.0/8"),
            ),
            (
                "what a number operator says of an ARN is not documented",
                ask("NumericNotEquals", "aws:PrincipalArn", "7"),
            ),
            (
                "what a date operator says of an ARN is not documented",
                ask("DateNotEquals", "aws:PrincipalArn", "2026-01-01"),
            ),
            (
                "session names have no colon, but a time needs none",
                ask("DateEquals", "sts:RoleSessionName", "2026-01-01T00:00:00Z"),
            ),
            (
                "times between others need no colon either",
                ask("DateLessThan", "sts:RoleSessionName", "2026-01-01T00:00:00Z"),
            ),
            (
                "the sign of the temperature is a k in lower case",
                ask("StringEqualsIgnoreCase", "aws:username", "\u{212a}elvin"),
            ),
        ],
    );
}

#[test]
fn paths_hold_every_visible_character() {
    let ask = |operator: &str, value: &str| vec![everybody(&json!({operator: {"aws:PrincipalArn": value}}))];
    assert_never_proved(
        Wanted::OnlyTrusted,
        &[
            ("a colon", ask("ArnLike", "arn:aws:iam::*:role/a:b/*")),
            ("a star", ask("StringLike", "arn:aws:iam::*:role/${*}/deployer")),
            ("a question mark", ask("ArnLike", "arn:aws:iam::*:user/${?}/ada")),
            ("a quotation mark", ask("StringLike", "arn:aws:iam::*:role/\"/deployer")),
            ("a backslash", ask("StringEquals", "arn:aws:iam::123456789012:role/\\/deployer")),
            ("braces and a dollar", ask("StringLike", "arn:aws:iam::*:role/${$}{x}/deployer")),
            (
                "a star that runs into the path of a stranger's user",
                ask("StringLike", "arn:aws:iam::*:user/*:765628985471:role/*"),
            ),
        ],
    );
}

#[test]
fn a_session_does_not_show_the_path_of_its_role() {
    let session = json!({"AWS": "arn:aws:sts::222233334444:assumed-role/batch/nightly"});
    let with_path = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222233334444:role/jobs/batch"}});
    assert_never_proved(
        Wanted::OnlyTrusted,
        &[
            (
                "the role of the session may have the path that is asked for",
                vec![json!({"Principal": session, "Condition": with_path})],
            ),
            (
                "the role of the session may have another path than the one that is denied",
                vec![
                    json!({"Principal": session}),
                    deny(
                        &json!({"AWS": "*"}),
                        &json!({"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::222233334444:role/batch"}}),
                    ),
                ],
            ),
        ],
    );
    let trusted = RoleIntent {
        trusted: vec![
            GENESYS.parse().unwrap(),
            "arn:aws:sts::222233334444:assumed-role/batch/nightly".parse().unwrap(),
        ],
        ..intent()
    };
    let root_path = json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID, "aws:PrincipalArn": "arn:aws:iam::222233334444:role/batch"}});
    let results =
        trust_results(&beside_clean(&[json!({"Principal": session, "Condition": root_path})]), &trusted);
    let proved = results.iter().filter(|result| Wanted::MayAssume.is(&result.claim)).nth(1);
    assert_ne!(proved.unwrap().result, Proof::Proved, "the path of the trusted session's role is not known");
}

#[test]
fn services_say_who_they_are() {
    let service =
        |condition: Value| json!({"Principal": {"Service": "vendor.amazonaws.com"}, "Condition": condition});
    assert_never_proved(
        Wanted::OnlyTrusted,
        &[
            (
                "a service that no statement names as a principal",
                vec![everybody(
                    &json!({"StringEquals": {"aws:PrincipalServiceName": "cloudformation.amazonaws.com"}}),
                )],
            ),
            (
                "services of a form",
                vec![everybody(
                    &json!({"StringLike": {"aws:PrincipalServiceName": "delivery.*.amazonaws.com"}}),
                )],
            ),
            (
                "one of the names of a service",
                vec![everybody(
                    &json!({"ForAnyValue:StringEquals": {"aws:PrincipalServiceNamesList": "delivery.logs.amazonaws.com"}}),
                )],
            ),
            (
                "AWS does not say whether services have an ARN",
                vec![service(json!({"Null": {"aws:PrincipalArn": "false"}}))],
            ),
            (
                "AWS does not say what account services have",
                vec![service(json!({"StringEquals": {"aws:PrincipalAccount": "123456789012"}}))],
            ),
            (
                "AWS does not say whether services have a type",
                vec![service(json!({"Null": {"aws:PrincipalType": "true"}}))],
            ),
            (
                "a Deny of everybody without an ARN, and AWS does not say whether services have one",
                vec![
                    service(json!({})),
                    deny(
                        &json!({"AWS": "*"}),
                        &json!({"ArnLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::222233334444:*"}}),
                    ),
                ],
            ),
            (
                "AWS does not say whether services have a user id",
                vec![service(json!({"Null": {"aws:userid": "true"}}))],
            ),
        ],
    );
}

#[test]
fn a_trusted_service_may_have_keys_that_aws_does_not_tell() {
    let intent = RoleIntent { trusted: vec!["vendor.amazonaws.com".parse().unwrap()], ..intent() };
    let service = json!({"Principal": {"Service": "vendor.amazonaws.com"}});
    let denied = |condition: Value| vec![service.clone(), deny(&json!({"AWS": "*"}), &condition)];
    assert_never_proved_for(
        &intent,
        Wanted::MayAssume,
        &[
            (
                "the account that is denied may be the service's",
                denied(json!({"StringEquals": {"aws:PrincipalAccount": "888888888888"}})),
            ),
            (
                "whoever has an ARN is denied, and services may have one",
                denied(json!({"Null": {"aws:PrincipalArn": "false"}})),
            ),
            (
                "a user id that is denied may be the service's",
                denied(json!({"StringLikeIfExists": {"aws:userid": "${aws:username}"}})),
            ),
        ],
    );
}

#[test]
fn unsigned_calls_have_few_keys() {
    let mut cases: Vec<(String, Vec<Value>)> = Vec::new();
    for provider in [GOOGLE, SAML] {
        for key in ["aws:PrincipalArn", "aws:userid", "aws:PrincipalType", "aws:PrincipalIsAWSService"] {
            cases.push((
                format!("{provider}: a call without a signature may lack {key}"),
                vec![federated(provider, &json!({"Null": {key: "true"}}))],
            ));
        }
        cases.push((
            format!("{provider}: a Deny that asks for a key of signed calls"),
            vec![
                federated(provider, &json!({})),
                json!({"Effect": "Deny", "Principal": {"Federated": provider}, "Action": "sts:*",
                    "Condition": {"Null": {"aws:PrincipalArn": "false"}}}),
            ],
        ));
        cases.push((
            format!("{provider}: a Deny of callers that are no service"),
            vec![
                federated(provider, &json!({})),
                json!({"Effect": "Deny", "Principal": {"Federated": provider}, "Action": "sts:*",
                    "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}}),
            ],
        ));
        cases.push((
            format!("{provider}: no value is as good as any for ForAllValues"),
            vec![federated(
                provider,
                &json!({"ForAllValues:StringEquals": {"aws:PrincipalIsAWSService": "x"}}),
            )],
        ));
        cases.push((
            format!("{provider}: every request has an account, and AWS does not say which"),
            vec![federated(provider, &json!({"StringEquals": {"aws:PrincipalAccount": "123456789012"}}))],
        ));
    }
    let cases: Vec<(&str, Vec<Value>)> =
        cases.iter().map(|(reason, statements)| (reason.as_str(), statements.clone())).collect();
    assert_never_proved(Wanted::OnlyTrusted, &cases);
}

#[test]
fn user_ids_end_with_the_session() {
    let account = json!({"AWS": "222233334444"});
    assert_never_proved(
        Wanted::OnlyTrusted,
        &[
            (
                "a session called `admin` of a role whose id is not known",
                vec![
                    json!({"Principal": account, "Condition": {"StringLike": {"aws:userid": "AROA*:admin"}}}),
                ],
            ),
            (
                "every session but two",
                vec![
                    json!({"Principal": account, "Condition": {"StringLike": {"aws:userid": "AROA*:*"}}}),
                    deny(
                        &json!({"AWS": "*"}),
                        &json!({"StringLike": {"aws:userid": ["*:session", "*:another-session"]}}),
                    ),
                ],
            ),
            (
                "a user by its id",
                vec![
                    json!({"Principal": account, "Condition": {"StringEquals": {"aws:userid": "AIDACKCEVSQ6C2EXAMPLE"}}}),
                ],
            ),
        ],
    );
}

#[test]
fn what_aws_leaves_open_is_no_ground_for_a_proof() {
    let account = json!({"AWS": "222233334444"});
    assert_never_proved(
        Wanted::OnlyTrusted,
        &[
            (
                "which wins where a key is absent, ForAnyValue or IfExists",
                vec![
                    json!({"Principal": account}),
                    deny(
                        &json!({"AWS": "*"}),
                        &json!({"ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": "*"}}),
                    ),
                ],
            ),
            (
                "the same in an Allow",
                vec![json!({"Principal": account,
                    "Condition": {"ForAnyValue:StringEqualsIfExists": {"aws:PrincipalOrgPaths": "o-none"}}})],
            ),
            (
                "a pattern with fewer than six parts is no ARN",
                vec![everybody(&json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam:*"}}))],
            ),
            (
                "an operator that does not exist",
                vec![
                    json!({"Principal": account}),
                    deny(
                        &json!({"AWS": "*"}),
                        &json!({"StringMatches": {"aws:PrincipalAccount": "222233334444"}}),
                    ),
                ],
            ),
            (
                "another word than true and false",
                vec![
                    json!({"Principal": account}),
                    deny(&json!({"AWS": "*"}), &json!({"Null": {"aws:PrincipalAccount": "no"}})),
                ],
            ),
            (
                "NotPrincipal exempts a user for sure only together with its account",
                vec![
                    json!({"Principal": account}),
                    json!({"Effect": "Deny", "NotPrincipal": {"AWS": "222233334444"}}),
                ],
            ),
        ],
    );
}

#[test]
fn trusted_callers_are_not_all_like_the_examples() {
    let of_genesys = |condition: Value| json!({"Principal": {"AWS": GENESYS}, "Condition": condition});
    assert_never_proved(
        Wanted::OnlyWithId,
        &[
            (
                "a role of the trusted account gets in without an ID",
                vec![of_genesys(
                    json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/deployer"}}),
                )],
            ),
            (
                "a user called 42 gets in without an ID",
                vec![of_genesys(json!({"NumericEquals": {"aws:username": "42"}}))],
            ),
            (
                "a path with a colon",
                vec![of_genesys(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a:b/*"}}))],
            ),
            (
                "every role and user but the examples gets in without an ID",
                vec![
                    of_genesys(json!({})),
                    json!({"Effect": "Deny", "Principal": {"AWS": ["arn:aws:iam::765628985471:role/another-role",
                        "arn:aws:iam::765628985471:user/another-user"]}}),
                ],
            ),
        ],
    );
}

#[test]
fn what_is_denied_to_some_callers_is_no_right_of_their_account() {
    let denied = |condition: Value| vec![deny(&json!({"AWS": "*"}), &condition)];
    assert_never_proved(
        Wanted::MayAssume,
        &[
            (
                "the role `deployer` of the trusted account is denied",
                denied(
                    json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/deployer"}}),
                ),
            ),
            ("a user called 42 is denied", denied(json!({"NumericEquals": {"aws:username": "42"}}))),
            (
                "roles in a path with a colon are denied",
                denied(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a:b/*"}})),
            ),
            (
                "a session name that is a time is denied",
                denied(json!({"DateEquals": {"sts:RoleSessionName": "2026-01-01T00:00:00Z"}})),
            ),
        ],
    );
}

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

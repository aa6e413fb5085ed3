//! Services, and callers with a token: what AWS says of their keys, and what it leaves open.

use rolecall_iam::prove::RoleIntent;
use serde_json::{Value, json};

use super::super::support::intent;
use super::{GOOGLE, SAML, Wanted, assert_never_proved, assert_never_proved_for, deny, everybody, federated};

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

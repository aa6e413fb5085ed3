//! Users, roles and sessions: their names, paths, accounts and unique ids.

use rolecall_iam::prove::{Proof, RoleIntent};
use serde_json::{Value, json};

use super::super::support::{EXTERNAL_ID, GENESYS, intent, trust_results};
use super::{EXAMPLE_ACCOUNTS, GOOGLE, Wanted, assert_never_proved, beside_clean, deny, everybody};

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

//! What a reader of the prover's source found: each document was proved although the evaluator lets somebody in, or does
//! not know. The reason stands beside it.

use rolecall_iam::prove::{Claim, Proof, RoleIntent};
use serde_json::{Value, json};

use super::support::{permission_results, told, trust_of, trust_results};

const TRUSTED: &str = "arn:aws:iam::222222222222:root";

fn intent(trusted: &[&str], external_id: Option<&str>) -> RoleIntent {
    RoleIntent {
        trusted: trusted.iter().map(|principal| principal.parse().unwrap()).collect(),
        external_id: external_id.map(|id| id.parse().unwrap()),
        ..RoleIntent::default()
    }
}

fn answers(statements: &[Value], intent: &RoleIntent) -> Vec<String> {
    told(&trust_results(&trust_of(statements), intent))
}

/// A stranger's account is let in under a condition that some request meets.
#[test]
fn a_stranger_who_meets_the_condition_is_not_overlooked() {
    let stranger = json!({"AWS": "111111111111"});
    let key = |conditions: Value| json!({"Principal": stranger, "Condition": conditions});
    let time = "2030-01-01T00:00:00Z";
    for (why, condition) in [
        (
            "the empty tag is twice itself",
            json!({"StringLike": {"aws:PrincipalTag/x": "${aws:PrincipalTag/x}${aws:PrincipalTag/x}"}}),
        ),
        (
            "ligatures are two letters in upper case",
            json!({"StringEqualsIgnoreCase": {"aws:PrincipalTag/x": "off"}, "StringLike": {"aws:PrincipalTag/x": "??"}}),
        ),
        (
            "a time is written in many ways",
            json!({"DateEquals": {"test:k": time}, "StringNotEquals": {"test:k": time}}),
        ),
        (
            "a number is written in many ways",
            json!({"NumericEquals": {"test:k": "5"}, "StringNotEquals": {"test:k": ["5", "5.0", "5.00", "5.000"]}}),
        ),
        (
            "an address is written in many ways",
            json!({"IpAddress": {"test:k": "::1/128"}, "StringNotEquals": {"test:k": "::1"}}),
        ),
        (
            "other spellings of true may count",
            json!({"Bool": {"test:k": "true"}, "StringNotEquals": {"test:k": ["true", "True"]}}),
        ),
        (
            "four digits may be a year or seconds",
            json!({"DateLessThan": {"test:k": time}, "DateGreaterThanEquals": {"test:k": time}}),
        ),
    ] {
        let told = answers(&[key(condition)], &intent(&[TRUSTED], None));
        assert_ne!(told[0], "proved", "{why}");
    }
}

#[test]
fn an_external_id_with_letters_beyond_ascii_may_be_another() {
    for id in ["99\u{212a}", "9ß"] {
        let other = json!({"Principal": {"AWS": TRUSTED}, "Condition": {"StringEqualsIgnoreCase": {"sts:ExternalId": id}}});
        let right = json!({"Principal": {"AWS": TRUSTED}, "Condition": {"StringEquals": {"sts:ExternalId": "Zx81-secret"}}});
        assert_ne!(answers(&[right, other], &intent(&[TRUSTED], Some("Zx81-secret")))[1], "proved", "{id}");
    }
}

#[test]
fn callers_and_functions_of_another_partition_count_while_the_role_is_not_known() {
    let role = "arn:aws-us-gov:iam::222222222222:role/g";
    let told = answers(&[json!({"Principal": {"AWS": role}})], &intent(&[role], Some("Zx81-secret")));
    assert!(told[1].starts_with("refuted"), "{told:?}");
    let function = |name: &str| format!("arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:{name}");
    let policy = json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function("*")}});
    let targets = RoleIntent { targets: Some(vec![function("t").parse().unwrap()]), ..RoleIntent::default() };
    let told = super::support::told(&permission_results(&[&policy], None, &targets));
    assert_ne!(told[0], "proved");
}

#[test]
fn what_no_request_can_be_is_no_proof_that_somebody_can() {
    for condition in [
        json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
        json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "0"}}),
    ] {
        let statement = json!({"Principal": {"AWS": TRUSTED}, "Condition": condition});
        let results = trust_results(&trust_of(&[statement]), &RoleIntent::default());
        let can = results.iter().find(|result| matches!(result.claim, Claim::MayAssumeUnderConditions(_)));
        assert!(can.is_none_or(|result| result.result != Proof::Proved), "{condition}");
    }
}

#[test]
fn a_whole_account_is_named_only_where_all_of_it_gets_in() {
    let account = json!({"AWS": "111111111111"});
    let tagged = json!({"Principal": account, "Condition": {"StringEquals": {"aws:RequestTag/x": "y"}}});
    let special =
        json!({"Principal": {"AWS": "arn:aws:iam::111111111111:role/special"}, "Action": "sts:TagSession"});
    let told = answers(&[tagged, special], &intent(&[TRUSTED], None));
    assert!(told[0].starts_with("refuted: `arn:aws:sts::111111111111:assumed-role/special/"), "{told:?}");
}

/// A service passes no external ID, so that nothing is claimed of an ID that it should pass.
#[test]
fn no_external_id_is_claimed_of_services() {
    let service = json!({"Principal": {"Service": "lambda.amazonaws.com"}});
    let results =
        trust_results(&trust_of(&[service]), &intent(&["lambda.amazonaws.com"], Some("Zx81-secret")));
    assert!(results.iter().all(|result| !matches!(result.claim, Claim::OnlyWithExternalId(_))));
}

#[test]
fn a_statement_that_names_another_role_is_not_read_for_ours() {
    let elsewhere =
        json!({"Principal": {"AWS": "111111111111"}, "Resource": "arn:aws:iam::333333333333:role/real"});
    assert!(answers(&[elsewhere], &intent(&[TRUSTED], None))[0].starts_with("unknown"));
}

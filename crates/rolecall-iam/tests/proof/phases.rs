//! Several external IDs on one role, for good and for a time.

use rolecall_iam::prove::{FurtherId, Proof, RoleIntent};
use serde_json::{Value, json};

use super::support::{EXTERNAL_ID, GENESYS, ROLE, told, trust_of, trust_results};

const OLD: &str = "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9";
const END: &str = "2027-01-31T18:00:00Z";

fn intent(until: Option<&str>) -> RoleIntent {
    RoleIntent {
        role: Some(ROLE.parse().unwrap()),
        trusted: vec![GENESYS.parse().unwrap()],
        external_id: Some(EXTERNAL_ID.parse().unwrap()),
        further_ids: vec![FurtherId {
            id: OLD.parse().unwrap(),
            until: until.map(|until| until.parse().unwrap()),
        }],
        ..RoleIntent::default()
    }
}

fn lets_in(condition: &Value) -> Value {
    json!({"Principal": {"AWS": GENESYS}, "Condition": condition})
}

fn answers(statements: &[Value], intent: &RoleIntent) -> Vec<String> {
    told(&trust_results(&trust_of(statements), intent))
}

fn new_one() -> Value {
    lets_in(&json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}))
}

fn old_one(time: &Value) -> Value {
    let mut condition = json!({"StringEquals": {"sts:ExternalId": OLD}});
    for (operator, tested) in time.as_object().unwrap() {
        condition[operator] = tested.clone();
    }
    lets_in(&condition)
}

#[test]
fn two_organizations_for_good() {
    let both = lets_in(&json!({"StringEquals": {"sts:ExternalId": [EXTERNAL_ID, OLD]}}));
    assert_eq!(answers(&[both], &intent(None)), ["proved"; 4]);
    assert_eq!(answers(&[new_one(), old_one(&json!({}))], &intent(None)), ["proved"; 4]);
    let results = trust_results(&trust_of(&[new_one()]), &intent(None));
    let said: Vec<String> = results.iter().map(|result| result.claim.to_string()).collect();
    assert_eq!(
        said[1],
        format!(
            "the trusted principals can assume the role only with one of the external IDs `{EXTERNAL_ID}`, `{OLD}`"
        )
    );
    assert_eq!(said[3], format!("`{GENESYS}` can assume the role with the external ID `{OLD}`"));
    let told = told(&results);
    assert_eq!(told[..3], ["proved", "proved", "proved"]);
    assert!(told[3].starts_with("refuted") && told[3].contains(OLD), "{told:?}");
    let third = lets_in(&json!({"StringEquals": {"sts:ExternalId": [EXTERNAL_ID, OLD, "a-third-one"]}}));
    assert!(answers(&[third], &intent(None))[1].contains("`a-third-one`"));
}

#[test]
fn a_move_with_an_end() {
    let moving = [new_one(), old_one(&json!({"DateLessThan": {"aws:CurrentTime": END}}))];
    let results = trust_results(&trust_of(&moving), &intent(Some(END)));
    assert!(results.iter().all(|result| result.result == Proof::Proved), "{:?}", told(&results));
    let said: Vec<String> = results.iter().map(|result| result.claim.to_string()).collect();
    assert_eq!(
        said[3..],
        [
            format!(
                "from {END} on nobody of another account can assume the role with the external ID `{OLD}`"
            ),
            format!("`{GENESYS}` can assume the role with the external ID `{OLD}` until {END}"),
        ]
    );
}

#[test]
fn an_end_that_is_too_late_too_early_or_missing_is_told() {
    let told_of = |time: &Value| answers(&[new_one(), old_one(time)], &intent(Some(END)));
    for late in [
        json!({}),
        json!({"DateLessThan": {"aws:CurrentTime": "2027-02-28T18:00:00Z"}}),
        json!({"DateLessThanEquals": {"aws:CurrentTime": END}}),
    ] {
        let told = told_of(&late);
        assert!(told[3].starts_with("refuted") && told[3].contains(OLD), "{late}: {told:?}");
        assert_eq!(told[4], "proved", "{late}");
    }
    for early in [
        json!({"DateLessThan": {"aws:CurrentTime": "2026-12-31T18:00:00Z"}}),
        json!({"DateLessThan": {"aws:EpochTime": "1"}}),
    ] {
        let told = told_of(&early);
        assert_ne!(told[4], "proved", "{early}");
    }
    let never = answers(&[new_one()], &intent(Some(END)));
    assert_eq!(never[3], "proved");
    assert!(never[4].starts_with("refuted"), "{never:?}");
    let only_afterwards = told_of(&json!({"DateGreaterThanEquals": {"aws:CurrentTime": END}}));
    assert!(
        only_afterwards[3].starts_with("refuted") && only_afterwards[4].starts_with("refuted"),
        "{only_afterwards:?}"
    );
}

#[test]
fn a_deny_that_ends_it_counts_too() {
    let denied = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {
        "StringEquals": {"sts:ExternalId": OLD}, "DateGreaterThanEquals": {"aws:CurrentTime": END}}});
    let both = lets_in(&json!({"StringEquals": {"sts:ExternalId": [EXTERNAL_ID, OLD]}}));
    let told = answers(&[both, denied], &intent(Some(END)));
    assert_eq!(told[..4], ["proved"; 4]);
    // The denial after the end is no reason to doubt what holds before it, but it is not told apart.
    assert!(told[4] == "proved" || told[4].starts_with("unknown"), "{told:?}");
}

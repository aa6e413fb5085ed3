//! The role that a user names, held against what rolecall recorded in the integration's notes and against its credential.

use super::genesys::applied;
use super::one_side::{ROLE_ARN, administrator};
use super::stage::{Run, Stage};
use super::views::named;

const ELSEWHERE: &str = "arn:aws:iam::210987654321:role/GenesysDataActionRole";

fn list(stage: &Stage, more: &[&str]) -> Run {
    let run = administrator(stage, &[&["genesys", "action", "list"], more].concat()).output().unwrap();
    Run::from(run).expect(0)
}

#[test]
fn an_integration_that_is_recorded_for_another_role_is_not_taken_for_this_one() {
    let stage = applied();
    let mut said = named("its own role", &list(&stage, &["--role-arn", ROLE_ARN]).whole());
    said += &named("another account", &list(&stage, &["--role-arn", ELSEWHERE]).whole());
    let test = ["genesys", "action", "test", "Get order status", "--yes", "--role-arn", ELSEWHERE];
    let run = Run::from(administrator(&stage, &test).output().unwrap());
    said += &named("a test", &run.standard_error());
    insta::assert_snapshot!(said, @"
    === its own role
    exit 0
    -- stdout
    ✓ Get order status  [Orders]  custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8  version 1
    === another account
    exit 0
    -- stdout
      Get order status  [Orders]  custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8  version 1
    ✗ Get order status  [Orders]  does not exist yet
    -- stderr
    warning: the notes of integration `GenesysDataActionRole` say that rolecall wrote its credential for arn:aws:iam::123456789012:role/GenesysDataActionRole, not for arn:aws:iam::210987654321:role/GenesysDataActionRole
    === a test
    exit 0
    -- stderr
    warning: the notes of integration `GenesysDataActionRole` say that rolecall wrote its credential for arn:aws:iam::123456789012:role/GenesysDataActionRole, not for arn:aws:iam::210987654321:role/GenesysDataActionRole
    ");
    let report = list(&stage, &["--role-arn", ELSEWHERE, "--output", "json"]).json();
    assert_eq!(report["actions"][0]["in_manifest"], false);
    assert_eq!(report["warnings"].as_array().unwrap().len(), 1);
    let report = list(&stage, &["--role-arn", ROLE_ARN, "--output", "json"]).json();
    assert_eq!(report["actions"][0]["in_manifest"], true);
    assert_eq!(report["warnings"], serde_json::json!([]));
}

#[test]
fn a_credential_that_rolecall_did_not_write_is_not_taken_for_its_own() {
    let stage = applied();
    stage
        .sandbox
        .change(|state| {
            let own = state.genesys.integrations.values_mut().find(|it| it.kind == "aws-lambda-data-actions");
            let credentials = &mut own.unwrap().configuration.credentials;
            let id = credentials.values_mut().next().unwrap();
            let theirs = state.genesys.credentials[id.as_str()].clone();
            let other = "00000000-1111-4222-8333-444444444444".to_owned();
            state.genesys.credentials.insert(other.clone(), theirs);
            *id = other;
        })
        .unwrap();
    insta::assert_snapshot!(list(&stage, &["--role-arn", ROLE_ARN]).whole(), @"
    exit 0
    -- stdout
    ✓ Get order status  [Orders]  custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8  version 1
    -- stderr
    warning: the credential of integration `GenesysDataActionRole` is not the one that rolecall wrote for arn:aws:iam::123456789012:role/GenesysDataActionRole: which role it holds is not known; `rolecall genesys connect` writes it again
    ");
}

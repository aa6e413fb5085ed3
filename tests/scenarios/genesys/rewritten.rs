//! A credential in Genesys Cloud that is wrong though nothing shows it: the command that writes it again.

use super::*;

const REWRITE: [&str; 4] = ["genesys", "connect", "--rewrite-credential", "--yes"];

/// The ID of the only credential, and what stands in it.
fn credential(stage: &Stage) -> (String, Vec<String>) {
    let state = stage.sandbox.state();
    let mut credentials = state.genesys.credentials.iter();
    let (id, credential) = credentials.next().unwrap();
    assert!(credentials.next().is_none());
    (id.clone(), credential.fields.values().cloned().collect())
}

#[test]
fn a_wrong_credential_that_looks_right_is_written_again_under_its_id() {
    let stage = applied();
    let right = credential(&stage);
    // Without a change of its date: what is in it, nobody can see.
    change(&stage, |state| {
        for credential in state.genesys.credentials.values_mut() {
            for value in credential.fields.values_mut() {
                *value = "arn:aws:iam::999999999999:role/another".to_owned();
            }
        }
    });
    assert_ne!(credential(&stage), right);
    stage.run_client(&["genesys", "connect", "--yes"]).expect(0);
    assert_ne!(credential(&stage), right);
    let plan = stage.run_client(&REWRITE).expect(0);
    assert!(plan.stdout.contains("you asked for it"), "{}", plan.stdout);
    assert_eq!(credential(&stage), right);
    stage.run_client(&["drift"]).expect(0);
    stage.run_client(&TEST).expect(0);
    // Again and again: each run writes, and ends.
    stage.run_client(&REWRITE).expect(0);
    assert_eq!(credential(&stage), right);
    stage.run_client(&["drift"]).expect(0);
}

#[test]
fn a_credential_that_is_gone_is_made() {
    let stage = applied();
    let (id, fields) = credential(&stage);
    change(&stage, |state| state.genesys.credentials.clear());
    stage.run_client(&REWRITE).expect(0);
    let (new, made) = credential(&stage);
    assert_eq!(made, fields);
    assert_ne!(new, id);
}

//! The credential with the role's ARN where the list of credentials does not show it: no run makes a second one.

use rolecall::sandbox::{Faults, GenesysFaults};

use super::*;

/// From now on the list of credentials is empty.
fn unlisted(stage: &Stage) {
    let genesys = GenesysFaults { hides_credentials: true, ..GenesysFaults::default() };
    stage.set(Faults { genesys, ..Faults::default() });
}

fn credentials(stage: &Stage) -> Vec<String> {
    stage.sandbox.state().genesys.credentials.keys().cloned().collect()
}

#[test]
fn a_credential_that_no_list_shows_is_read_by_its_id() {
    let stage = stage();
    unlisted(&stage);
    for _ in 0..3 {
        stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
        assert_eq!(credentials(&stage).len(), 1);
    }
    stage.calls();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    assert_eq!(writes(&stage), [] as [&str; 0]);
    stage.run_client(&["drift"]).expect(0);
}

/// Somebody rewrites the notes, as Terraform does at each of its runs: the configuration still names the credential.
#[test]
fn without_its_mark_the_attached_credential_is_taken_again() {
    let stage = applied();
    let own = credentials(&stage);
    for is_listed in [true, false, false] {
        if !is_listed {
            unlisted(&stage);
        }
        change(&stage, |state| {
            for integration in state.genesys.integrations.values_mut() {
                integration.configuration.notes = "Ask the orders team.".to_owned();
            }
        });
        stage.run_client(&["apply", "--yes", "--level", "paper", "--adopt"]).expect(0);
        assert_eq!(credentials(&stage), own);
    }
}

//! `genesys audit --fail-on foreign`: who changed what the manifest describes, and what does not count.

use rolecall::sandbox::Change;

use super::*;

const AUDIT: [&str; 4] = ["genesys", "audit", "--fail-on", "foreign"];

/// What rolecall itself did is no finding, nor is what others did elsewhere.
#[test]
fn own_changes_are_no_finding() {
    let stage = applied();
    elsewhere(&stage);
    let run = stage.run_client(&AUDIT).expect(0);
    assert!(run.stdout.contains("! ") && !run.stdout.contains("A1"), "{}", run.stdout);
    insta::assert_snapshot!(last(&run.stdout), @"Result: the audit trail has no change by others to what the manifest describes");
    // The client of the audit is another one than the client that applied.
    let client = own_client(&stage);
    change(&stage, |state| state.genesys.audits.iter_mut().for_each(|it| it.client = Some(OTHER.to_owned())));
    stage.run_client(&AUDIT).expect(4);
    stage.run_client(&[AUDIT.as_slice(), &["--own-client", OTHER]].concat()).expect(0);
    assert_ne!(client, OTHER);
}

/// Every kind of thing that the manifest describes, changed or deleted by hand.
#[test]
fn a_change_by_somebody_else_is_refuted() {
    for (kind, names) in [
        (Tamper::GenesysActionEdited, "Update of Action Get order status"),
        (Tamper::GenesysActionDeleted, "Delete of Action Get order status"),
        (Tamper::GenesysIntegrationDisabled, "Disable of Integration GenesysDataActionRole"),
        (Tamper::GenesysCredentialRole, "Update of Credential GenesysDataActionRole (rolecall"),
    ] {
        let stage = applied();
        elsewhere(&stage);
        tamper(&stage, kind);
        let report = stage.run_client(&[AUDIT.as_slice(), &["--output", "json"]].concat()).expect(4).json();
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!((&findings[0]["id"], &report["exit_code"]), (&json!("A1"), &json!(4)));
        let message = findings[0]["message"].as_str().unwrap();
        assert!(
            message.contains(names) && message.contains("00000000-0000-4000-8000-000000000001"),
            "{message}"
        );
        // A deleted action that rolecall has made again has another ID, and its deletion is still found.
        stage.run_client(&["apply", "--yes", "--level", "paper"]);
        stage.run_client(&AUDIT).expect(4);
    }
}

/// What stood there before, and what does now; never the value of a credential's field.
#[test]
fn what_changed_is_shown_and_secrets_are_not() {
    let stage = applied();
    tamper(&stage, Tamper::GenesysActionEdited);
    change(&stage, |state| {
        let entry = state.genesys.audits.last_mut().unwrap();
        let value = |text: &str| vec![text.to_owned()];
        let config = r#"{"headers":{"X-Key":"canary-1"}}"#;
        entry.changes.push(Change { property: "config".to_owned(), old: value(config), new: value("{}") });
        let mut credential = entry.clone();
        credential.entity_type = "Credential".to_owned();
        credential.id = "c".to_owned();
        credential.changes =
            vec![Change { property: "anything".to_owned(), old: value("canary-2"), new: value("canary-3") }];
        state.genesys.audits.push(credential);
    });
    for output in ["human", "json", "markdown", "csv"] {
        let run = stage.run_client(&[AUDIT.as_slice(), &["--output", output, "-v"]].concat()).expect(4);
        assert!(!(run.stdout.clone() + &run.stderr).contains("canary"), "{}", run.stdout);
        assert!(run.stdout.contains("timeoutSeconds") && run.stdout.contains("59"), "{}", run.stdout);
    }
}

/// An attempt that failed changed nothing, and a trail that does not reach back shows no absence.
#[test]
fn what_failed_and_what_is_not_known() {
    let stage = applied();
    tamper(&stage, Tamper::GenesysActionEdited);
    change(&stage, |state| state.genesys.audits.last_mut().unwrap().success = false);
    stage.run_client(&AUDIT).expect(0);
    let run = stage.run_client(&[AUDIT.as_slice(), &["--since", "500d"]].concat()).expect(5);
    insta::assert_snapshot!(last(&run.stdout), @"Result: undecided: the audit trail may not reach back so far (exit code 5)");
}

const OTHER: &str = "12121212-3434-4565-8787-909090909090";

fn own_client(stage: &Stage) -> String {
    stage.sandbox.genesys_environment().into_iter().find(|(name, _)| name.ends_with("_ID")).unwrap().1
}

fn last(text: &str) -> &str {
    text.lines().last().unwrap()
}

/// Somebody changes an action of another integration, which has the name of ours.
fn elsewhere(stage: &Stage) {
    change(stage, |state| {
        let (id, action) =
            state.genesys.actions.iter().next().map(|(id, it)| (id.clone(), it.clone())).unwrap();
        let mut entry = state.genesys.audits.last().unwrap().clone();
        let other = format!("{id}-other");
        entry.id = "elsewhere".to_owned();
        (entry.client, entry.user) = (None, Some(OTHER.to_owned()));
        (entry.entity_type, entry.entity_id) = ("Action".to_owned(), other.clone());
        entry.entity_name = ACTION.to_owned();
        entry.success = true;
        let mut action = action;
        action.integration = "another".to_owned();
        state.genesys.actions.insert(other, action);
        state.genesys.audits.push(entry);
    });
}

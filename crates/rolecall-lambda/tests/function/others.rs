//! What belongs to others, and what an attempt leaves: nothing of somebody else is deleted with a stack, and nothing of the
//! stack stays.

use std::sync::Arc;

use rolecall::sandbox::{Fault, FaultRule, Faults, State};
use serde_json::{Value, json};

use super::life::{
    ACTION, INTEGRATION, Life, action, actions, id, integration, is_empty, reason, slower, with,
};
use crate::stage::Stage;

fn fails(operation: &'static str, times: Option<u32>) -> impl FnOnce(&Arc<Stage>) + Send + 'static {
    move |stage| {
        let rule = FaultRule { operation: operation.to_owned(), skip: 0, times, fault: Fault::Deny };
        stage.set(Faults { rules: vec![rule], ..Faults::default() });
    }
}

fn works(stage: &Arc<Stage>) {
    stage.set(Faults::default());
}

/// The configurations of the integrations, notes and credentials.
fn configurations(stage: &Stage) -> Vec<(String, Vec<String>)> {
    let state = stage.sandbox.state();
    let own = state.genesys.integrations.values().filter(|it| it.configuration.name == "Orders");
    own.map(|it| (it.configuration.notes.clone(), it.configuration.credentials.values().cloned().collect()))
        .collect()
}

fn arns(stage: &Stage) -> Vec<String> {
    let state = stage.sandbox.state();
    let mut arns: Vec<String> =
        state.genesys.credentials.values().map(|it| it.fields["ARN"].clone()).collect();
    arns.sort();
    arns
}

/// Somebody takes the marks out of the notes and the credential's name: both are theirs from then on.
fn by_hand(stage: &Arc<Stage>) {
    let change = |state: &mut State| {
        let mut all = state.genesys.integrations.values_mut();
        let own = all.find(|it| it.configuration.name == "Orders").unwrap();
        own.configuration.notes = "Call 555.".to_owned();
        for id in own.configuration.credentials.values() {
            state.genesys.credentials.get_mut(id).unwrap().name = "Orders".to_owned();
        }
    };
    stage.sandbox.change(change).unwrap();
}

/// A template that describes an action which is there already does not get it, and does not delete it.
#[test]
fn an_action_in_somebody_elses_integration_is_not_taken_for_the_stacks() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration()).create(ACTION, &action());
    life.ask_after(by_hand, ACTION, "Create", "", &action(), &Value::Null);
    life.delete(ACTION, "${2}", &action());
    let mut adopted = action();
    adopted["Adopt"] = json!(true);
    life.create(ACTION, &adopted).delete(ACTION, "${4}", &adopted);
    let (stage, served) = life.live();
    assert!(reason(&served.answers[2]).contains("may be somebody else's"), "{}", served.answers[2]);
    assert_eq!(id(&served.answers[4]), id(&served.answers[1]));
    assert!(served.answers[5]["Reason"].as_str().unwrap().contains("stays"), "{}", served.answers[5]);
    assert_eq!(actions(&stage), [id(&served.answers[1])]);
}

/// Whether the stack fails at once or is deleted later: the integration is as it was, with its credential and its notes.
#[test]
fn an_integration_that_was_taken_over_is_given_back() {
    let mut adopted = integration();
    adopted["Adopt"] = json!("true");
    adopted.as_object_mut().unwrap().remove("Notes");
    let mut life = Life::new();
    life.create(INTEGRATION, &integration());
    let before = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&before);
    let break_it = move |stage: &Arc<Stage>| {
        by_hand(stage);
        // It has to be enabled again, which fails.
        let change = |state: &mut State| {
            let mut all = state.genesys.integrations.values_mut();
            let own = all.find(|it| it.configuration.name == "Orders").unwrap();
            own.intended = rolecall::sandbox::IntendedState::Disabled;
        };
        stage.sandbox.change(change).unwrap();
        *seen.lock().unwrap() = configurations(stage);
        fails("genesys:patchIntegration", None)(stage);
    };
    life.ask_after(break_it, INTEGRATION, "Create", "", &adopted, &Value::Null);
    life.ask_after(works, INTEGRATION, "Delete", "${1}", &adopted, &Value::Null);
    let check = {
        let before = Arc::clone(&before);
        move |stage: &Arc<Stage>| assert_eq!(configurations(stage), *before.lock().unwrap())
    };
    life.ask_after(check, INTEGRATION, "Create", "", &adopted, &Value::Null);
    life.delete(INTEGRATION, "${3}", &adopted);
    let (stage, served) = life.live();
    assert!(reason(&served.answers[1]).contains("deleted again"), "{}", served.answers[1]);
    assert!(
        served.answers[4]["Reason"].as_str().unwrap().contains("stays as it was"),
        "{}",
        served.answers[4]
    );
    assert_eq!(configurations(&stage), *before.lock().unwrap());
    assert_eq!(arns(&stage).len(), 1, "rolecall's own credential is gone");
}

/// The credential holds the new role when the update fails, and the old one when it was rolled back.
#[test]
fn a_role_that_is_rolled_back_is_written_back() {
    let moved = with(integration(), "/RoleArn", json!("arn:aws:iam::123456789012:role/Other"));
    let mut life = Life::new();
    life.create(INTEGRATION, &integration());
    let fails = fails("genesys:putIntegrationConfigCurrent", None);
    life.ask_after(fails, INTEGRATION, "Update", "${0}", &moved, &integration());
    life.ask_after(works, INTEGRATION, "Update", "${0}", &integration(), &moved);
    let (stage, served) = life.live();
    reason(&served.answers[1]);
    id(&served.answers[2]);
    assert_eq!(arns(&stage), [integration()["RoleArn"].as_str().unwrap()]);
}

/// A credential that nothing uses yet is somebody's, or about to be another resource's, unless its name says whose it is.
#[test]
fn an_unused_credential_stays() {
    let mut life = Life::new();
    let theirs = |stage: &Arc<Stage>| {
        let change = |state: &mut State| {
            let mut credential = state.genesys.credentials.values().next().unwrap().clone();
            credential.name = "Orders".to_owned();
            state.genesys.credentials.insert("00000000-0000-4000-8000-00000000000c".to_owned(), credential);
        };
        stage.sandbox.change(change).unwrap();
    };
    life.create(INTEGRATION, &integration());
    life.ask_after(theirs, INTEGRATION, "Delete", "${0}", &integration(), &Value::Null);
    life.create(INTEGRATION, &integration()).delete(INTEGRATION, "${2}", &integration());
    let (stage, served) = life.live();
    served.answers.iter().for_each(|answer| assert!(!id(answer).is_empty()));
    let state = stage.sandbox.state();
    assert_eq!(
        state.genesys.credentials.keys().collect::<Vec<_>>(),
        ["00000000-0000-4000-8000-00000000000c"]
    );
}

/// What the client of another organization does not find is not gone.
#[test]
fn another_organization_deletes_nothing() {
    let mut stated = action();
    stated["OrganizationId"] = integration()["OrganizationId"].clone();
    let mut life = Life::new();
    life.create(INTEGRATION, &integration()).create(ACTION, &stated);
    let moved = |stage: &Arc<Stage>| {
        let change = |state: &mut State| {
            state.genesys.organization.id = "00000000-0000-4000-8000-000000000009".to_owned();
        };
        stage.sandbox.change(change).unwrap();
    };
    life.ask_after(moved, ACTION, "Delete", "${1}", &stated, &Value::Null);
    life.delete(INTEGRATION, "${0}", &integration());
    let (stage, served) = life.live();
    for answer in &served.answers[2..] {
        assert!(reason(answer).contains("`OrganizationId` says"), "{answer}");
    }
    assert_eq!(actions(&stage).len(), 1);
}

/// The draft of an update that failed would be in the way of the next one.
#[test]
fn an_update_that_fails_leaves_no_draft() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration()).create(ACTION, &action());
    let fails = fails("genesys:postIntegrationsActionDraftPublish", None);
    life.ask_after(fails, ACTION, "Update", "${1}", &slower("20"), &action());
    life.ask_after(works, ACTION, "Update", "${1}", &action(), &slower("20"));
    life.update(ACTION, "${1}", &slower("30"), &action());
    let (stage, served) = life.live();
    reason(&served.answers[2]);
    assert_eq!(id(&served.answers[4]), id(&served.answers[1]));
    let state = stage.sandbox.state();
    assert!(
        state.genesys.actions.values().all(|action| action.draft.is_none()),
        "{:#?}",
        state.genesys.actions
    );
}

/// The function was stopped before it could answer, Lambda ran it again, and then it failed: what the first attempt made
/// goes with the stack.
#[test]
fn what_an_attempt_before_made_is_deleted_with_the_stack() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration());
    let disabled = |stage: &Arc<Stage>| {
        let change = |state: &mut State| {
            let all = state.genesys.integrations.values_mut();
            all.filter(|it| it.configuration.name == "Orders").for_each(|it| {
                it.intended = rolecall::sandbox::IntendedState::Disabled;
            });
        };
        stage.sandbox.change(change).unwrap();
        fails("genesys:patchIntegration", None)(stage);
    };
    life.ask_after(disabled, INTEGRATION, "Create", "", &integration(), &Value::Null);
    life.ask_after(works, INTEGRATION, "Delete", "${1}", &integration(), &Value::Null);
    let (stage, served) = life.live();
    reason(&served.answers[1]);
    assert_eq!(served.answers[1]["PhysicalResourceId"], served.answers[0]["PhysicalResourceId"]);
    assert!(is_empty(&stage), "{:#?}", stage.sandbox.state().genesys);
}

/// Somebody removes the line from the notes: the next update puts it back, and the integration goes with its stack.
#[test]
fn a_mark_that_was_removed_comes_back() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration());
    life.ask_after(by_hand, INTEGRATION, "Update", "${0}", &integration(), &integration());
    // Properties that this function does not know do not keep it from deleting.
    let mut unknown = integration();
    unknown["Colour"] = json!("red");
    life.delete(INTEGRATION, "${0}", &unknown);
    let (stage, served) = life.live();
    assert!(
        served.answers[1]["Reason"].as_str().unwrap().contains("changed outside"),
        "{}",
        served.answers[1]
    );
    id(&served.answers[2]);
    assert!(is_empty(&stage), "{:#?}", stage.sandbox.state().genesys);
}

//! Answers that are none, and answers that contradict each other: neither hides a policy that is on the role, so nobody is let
//! in while it is.

use rolecall::sandbox::{Fault, FaultRule, Faults, Principal, State};

use super::stage::{EXTERNAL_ID, ONE_TARGET, ROLE, Stage, manifest};

const ACCOUNT: &str = "123456789012";
const BY_HAND: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

/// A role that somebody made by hand: it trusts nobody of Genesys Cloud's, and may do everything.
fn made_by_hand() -> Stage {
    let mut state = State::demo();
    state.add_role(ACCOUNT, ROLE, r#"{"AWS":"arn:aws:iam::123456789012:root"}"#);
    let permissions = &mut state.role_mut(ACCOUNT, ROLE).unwrap().permissions;
    permissions.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
    permissions.inline.insert("by-hand".to_owned(), BY_HAND.to_owned());
    let stage = Stage::with(&manifest(ONE_TARGET), state);
    stage.sandbox.keep_history();
    stage
}

const ADOPT: [&str; 6] = ["apply", "--yes", "--level", "paper", "--adopt", "--remove-foreign"];

fn once(operation: &str, fault: Fault) -> Faults {
    let rule = FaultRule { operation: operation.to_owned(), skip: 0, times: Some(1), fault };
    Faults { rules: vec![rule], ..Faults::default() }
}

/// Whether, at any moment, the organization was let in while a session could do more than invoke the target.
fn was_wider(stage: &Stage) -> bool {
    stage.sandbox.history().iter().any(|state| {
        state.lets_in(ROLE, Principal::Vendor, Some(EXTERNAL_ID))
            && (state.lets_session(ROLE, "iam:CreateUser", "arn:aws:iam::123456789012:user/mallory")
                || state.lets_session(ROLE, "s3:GetObject", "arn:aws:s3:::bucket/object"))
    })
}

/// The SDK reads no body where an operation returns nothing.
#[test]
fn a_write_that_something_else_answered_is_not_done() {
    for operation in ["iam:DetachRolePolicy", "iam:DeleteRolePolicy"] {
        for fault in [Fault::Html, Fault::Empty, Fault::Malformed] {
            let stage = made_by_hand();
            stage.set(once(operation, fault));
            let run = stage.run(&ADOPT).expect(1);
            let says = "came back with HTTP status 200; a proxy, a login page or a mock may have answered";
            assert!(run.stderr.contains(&format!("{operation} failed")), "{}", run.stderr);
            assert!(run.stderr.contains(says), "{operation} × {fault:?}: {}", run.stderr);
            assert!(run.stderr.contains("may have been carried out"), "{}", run.stderr);
            stage.set(Faults::default());
            stage.run(&ADOPT).expect(0);
            stage.run(&["drift"]).expect(0);
            assert!(!was_wider(&stage), "{operation} × {fault:?}");
        }
    }
}

/// "No such entity" about what a list, or the role itself, says is there.
#[test]
fn what_is_not_found_although_it_is_there_is_looked_for_again() {
    for operation in [
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:GetRolePolicy",
        "iam:DetachRolePolicy",
        "iam:DeleteRolePolicy",
    ] {
        let stage = made_by_hand();
        stage.set(once(operation, Fault::NotFound));
        let run = stage.run(&ADOPT);
        assert_eq!(run.status, 0, "{operation}: {}{}", run.stdout, run.stderr);
        stage.run(&["drift"]).expect(0);
        assert!(!was_wider(&stage), "{operation}");
    }
}

/// What another hand removed between the plan and the write is gone, and nobody waits for it.
#[test]
fn what_is_gone_already_is_not_waited_for() {
    let stage = made_by_hand();
    let makes_its_own = |entry: &rolecall::sandbox::LogEntry| entry.action == "CreatePolicy";
    stage.sandbox.once_after(makes_its_own, |state, _| {
        state
            .role_mut(ACCOUNT, ROLE)
            .unwrap()
            .permissions
            .attached
            .retain(|arn| !arn.contains("Administrator"));
    });
    stage.run(&ADOPT).expect(0);
    stage.run(&["drift"]).expect(0);
}

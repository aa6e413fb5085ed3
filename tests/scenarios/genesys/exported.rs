//! What `action export` does not show without being told to, and what a missing function is not told to be.

use super::*;

/// The header of somebody else's action, in which the secret itself stands.
#[test]
fn a_secret_in_a_header_is_exported_only_on_demand() {
    let stage = applied();
    change(&stage, |state| {
        for action in state.genesys.actions.values_mut() {
            let revision = action.published.as_mut().unwrap();
            revision.config["request"]["headers"] = json!({"Authorization": "Bearer hunter2", "X-Token": "${credentials.token}", "X-Tenant": "7"});
        }
    });
    let export = ["genesys", "action", "export", "Get order status"];
    let refused = stage.run_client(&export).expect(2);
    insta::assert_snapshot!(refused.whole(), @"
    exit 2
    -- stderr
    error[E1]: headers of action `Get order status` seem to hold secrets: `Authorization`
    hint: --with-secrets exports them as they are; keep such a file like a password
    ");
    let demanded = stage.run_client(&[&export[..], &["--with-secrets"]].concat()).expect(0);
    assert!(demanded.stdout.contains("Bearer hunter2"), "{}", demanded.stdout);
}

/// A target that Lambda does not have is not called "not a target".
#[test]
fn a_missing_function_is_a_target_all_the_same() {
    let stage = applied();
    tamper(&stage, Tamper::FunctionDeleted);
    let said = "User: arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole/session is not authorized to perform: \
                lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";
    let run = stage.run_client(&["verify", "--explain-error", said]);
    assert!(!run.stdout.contains("not a target"), "{}", run.stdout);
    assert!(run.stdout.contains("no function `my-genesys-trigger-function`"), "{}", run.stdout);
}

/// Older than anything that Genesys Cloud keeps: that much is asked for, and said.
#[test]
fn the_audit_trail_is_asked_for_no_longer_than_it_is_kept() {
    let stage = applied();
    let run = stage.run_client(&["genesys", "audit", "--since", "5000000h", "--output", "json"]).expect(0);
    assert!(run.stderr.contains("keeps its audit trail for about a year"), "{}", run.stderr);
    assert!(stage.calls().len() < 60, "a year in parts of a month");
    stage.run_client(&["genesys", "audit", "--since", "1999-01-01", "--until", "2000-01-01"]).expect(2);
}

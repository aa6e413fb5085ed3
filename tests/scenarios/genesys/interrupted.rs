//! Runs that are stopped, that come too early, or that somebody overtakes.

use rolecall::sandbox::{Fault, FaultRule, Faults, LogEntry};

use super::super::views::named;
use super::*;

/// What was to be deleted and is gone is not called deleted by this run.
#[test]
fn what_is_gone_already_is_said_to_be_gone() {
    let stage = applied();
    // Somebody deletes the action after the plan was made.
    let is_after = |call: &LogEntry| call.action == "getArchitectDependencytrackingConsumingresources";
    stage.sandbox.once_after(is_after, |state, _| state.genesys.actions.clear());
    let by_somebody = stage.run_client(&["destroy", "--yes"]).expect(0);
    assert!(stage.sandbox.state().genesys.actions.is_empty());
    // The answer is lost, and the client asks again.
    let stage = applied();
    let operation = "genesys:deleteIntegrationsAction".to_owned();
    let rule = FaultRule { operation, skip: 0, times: Some(1), fault: Fault::DropReply };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
    let lost = stage.run_client(&["destroy", "--yes"]).expect(0);
    let said = named("deleted by somebody", &by_somebody.standard_error())
        + &named("an answer was lost", &lost.standard_error());
    insta::assert_snapshot!(said, @"
    === deleted by somebody
    exit 0
    -- stderr
      ✓ nothing to do: delete action Get order status (not found)
      ✓ delete integration GenesysDataActionRole
      ✓ delete credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole
      ✓ delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ delete role GenesysDataActionRole
    === an answer was lost
    exit 0
    -- stderr
      ✓ delete action Get order status (gone; whether by this run is not known)
      ✓ delete integration GenesysDataActionRole
      ✓ delete credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole
      ✓ delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ delete role GenesysDataActionRole
    ");
}

/// Whatever the write at which a run is stopped, before or after Genesys Cloud did it, the next run ends with one of each.
#[test]
fn an_interrupted_run_is_continued() {
    let operations = [
        "postIntegrationsCredentials",
        "postIntegrations",
        "putIntegrationConfigCurrent",
        "patchIntegration",
        "postIntegrationsActionsDrafts",
        "postIntegrationsActionDraftPublish",
    ];
    let continued = |operation: &str, fault: Fault| {
        let stage = stage();
        let rule = FaultRule { operation: format!("genesys:{operation}"), skip: 0, times: None, fault };
        stage.set(Faults { rules: vec![rule], ..Faults::default() });
        let run = stage.run_client(&["apply", "--yes", "--level", "paper", "--deadline", "10"]);
        let said = named(format!("{operation}: {fault:?}"), &run.standard_error());
        stage.set(Faults::default());
        let run = stage.run_client(&["apply", "--yes", "--level", "genesys", "--output", "json"]);
        assert_eq!(run.expect(0).json()["verification"]["actions"][0]["outcome"], "succeeded");
        let genesys = stage.sandbox.state().genesys.clone();
        let integrations =
            genesys.integrations.values().filter(|it| it.kind == "aws-lambda-data-actions").count();
        let counts = (genesys.credentials.len(), integrations, genesys.actions.len());
        assert_eq!(counts, (1, 1, 1), "{operation} {fault:?}");
        stage.run_client(&["drift"]).expect(0);
        said
    };
    // Side by side: each mostly waits.
    let said: String = std::thread::scope(|scope| {
        let faults = [Fault::DropReply, Fault::Deny];
        let cases = operations.iter().flat_map(|operation| faults.map(|fault| (*operation, fault)));
        let running: Vec<_> =
            cases.map(|(operation, fault)| scope.spawn(move || continued(operation, fault))).collect();
        running.into_iter().map(|case| case.join().unwrap()).collect()
    });
    insta::assert_snapshot!(said, @"
    === postIntegrationsCredentials: DropReply
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    error[E25]: create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole): this may have been carried out, but no answer confirms it: POST /api/v2/integrations/credentials failed: no answer from `127.0.0.1:[port]`: connection closed before message completed; Genesys Cloud may have carried it out
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      not tried:
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration configuration of GenesysDataActionRole
        update integration state of GenesysDataActionRole
        create action Get order status
    hint: check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region, and the certificates that are trusted (SSL_CERT_FILE); then repeat the command; it reads what is there, and goes on from that
    === postIntegrationsCredentials: Deny
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    error[E32]: could not create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole): POST /api/v2/integrations/credentials failed: Unable to perform the requested action. You must have at least one of the following permissions assigned: [integrations:integration:add] (HTTP 403, missing.any.permissions, contextId [id])
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      not tried:
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration configuration of GenesysDataActionRole
        update integration state of GenesysDataActionRole
        create action Get order status
    hint: permissions come from the roles of the OAuth client, not from scopes; `rolecall genesys whoami` lists what each command needs; then repeat the command; it reads what is there, and goes on from that
    === postIntegrations: DropReply
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
    error[E25]: create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole): this may have been carried out, but no answer confirms it: POST /api/v2/integrations failed: no answer from `127.0.0.1:[port]`: connection closed before message completed; Genesys Cloud may have carried it out
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      not tried:
        create integration configuration of GenesysDataActionRole
        update integration state of GenesysDataActionRole
        create action Get order status
    hint: check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region, and the certificates that are trusted (SSL_CERT_FILE); then repeat the command; it reads what is there, and goes on from that
    === postIntegrations: Deny
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
    error[E32]: could not create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole): POST /api/v2/integrations failed: Unable to perform the requested action. You must have at least one of the following permissions assigned: [integrations:integration:add] (HTTP 403, missing.any.permissions, contextId [id])
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      not tried:
        create integration configuration of GenesysDataActionRole
        update integration state of GenesysDataActionRole
        create action Get order status
    hint: permissions come from the roles of the OAuth client, not from scopes; `rolecall genesys whoami` lists what each command needs; then repeat the command; it reads what is there, and goes on from that
    === putIntegrationConfigCurrent: DropReply
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
    error[E25]: create integration configuration of GenesysDataActionRole: this may have been carried out, but no answer confirms it: PUT /api/v2/integrations/{integrationId}/config/current failed: no answer from `127.0.0.1:[port]`: connection closed before message completed; Genesys Cloud may have carried it out
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      not tried:
        update integration state of GenesysDataActionRole
        create action Get order status
    hint: check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region, and the certificates that are trusted (SSL_CERT_FILE); then repeat the command; it reads what is there, and goes on from that
    === putIntegrationConfigCurrent: Deny
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
    error[E32]: could not create integration configuration of GenesysDataActionRole: PUT /api/v2/integrations/{integrationId}/config/current failed: Unable to perform the requested action. You must have at least one of the following permissions assigned: [integrations:integration:edit] (HTTP 403, missing.any.permissions, contextId [id])
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      not tried:
        update integration state of GenesysDataActionRole
        create action Get order status
    hint: permissions come from the roles of the OAuth client, not from scopes; `rolecall genesys whoami` lists what each command needs; then repeat the command; it reads what is there, and goes on from that
    === patchIntegration: DropReply
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration configuration of GenesysDataActionRole
    error[E25]: update integration state of GenesysDataActionRole: this may have been carried out, but no answer confirms it: PATCH /api/v2/integrations/{integrationId} failed: no answer from `127.0.0.1:[port]`: connection closed before message completed; Genesys Cloud may have carried it out
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration configuration of GenesysDataActionRole
      not tried:
        create action Get order status
    hint: check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region, and the certificates that are trusted (SSL_CERT_FILE); then repeat the command; it reads what is there, and goes on from that
    === patchIntegration: Deny
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration configuration of GenesysDataActionRole
    error[E32]: could not update integration state of GenesysDataActionRole: PATCH /api/v2/integrations/{integrationId} failed: Unable to perform the requested action. You must have at least one of the following permissions assigned: [integrations:integration:edit] (HTTP 403, missing.any.permissions, contextId [id])
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration configuration of GenesysDataActionRole
      not tried:
        create action Get order status
    hint: permissions come from the roles of the OAuth client, not from scopes; `rolecall genesys whoami` lists what each command needs; then repeat the command; it reads what is there, and goes on from that
    === postIntegrationsActionsDrafts: DropReply
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration configuration of GenesysDataActionRole
      ✓ update integration state of GenesysDataActionRole
    error[E25]: create action Get order status: this may have been carried out, but no answer confirms it: POST /api/v2/integrations/actions/drafts failed: no answer from `127.0.0.1:[port]`: connection closed before message completed; Genesys Cloud may have carried it out
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration configuration of GenesysDataActionRole
        update integration state of GenesysDataActionRole
    hint: check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region, and the certificates that are trusted (SSL_CERT_FILE); then repeat the command; it reads what is there, and goes on from that
    === postIntegrationsActionsDrafts: Deny
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration configuration of GenesysDataActionRole
      ✓ update integration state of GenesysDataActionRole
    error[E32]: could not create action Get order status: POST /api/v2/integrations/actions/drafts failed: Unable to perform the requested action. You must have at least one of the following permissions assigned: [integrations:action:add] (HTTP 403, missing.any.permissions, contextId [id])
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration configuration of GenesysDataActionRole
        update integration state of GenesysDataActionRole
    hint: permissions come from the roles of the OAuth client, not from scopes; `rolecall genesys whoami` lists what each command needs; then repeat the command; it reads what is there, and goes on from that
    === postIntegrationsActionDraftPublish: DropReply
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration configuration of GenesysDataActionRole
      ✓ update integration state of GenesysDataActionRole
    error[E19]: create action Get order status: this was begun and is not finished: POST /api/v2/integrations/actions/{actionId}/draft/publish failed: no answer from `127.0.0.1:[port]`: connection closed before message completed; Genesys Cloud may have carried it out
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration configuration of GenesysDataActionRole
        update integration state of GenesysDataActionRole
    hint: check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region, and the certificates that are trusted (SSL_CERT_FILE); then repeat the command; it reads what is there, and goes on from that
    === postIntegrationsActionDraftPublish: Deny
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ✓ create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ create integration configuration of GenesysDataActionRole
      ✓ update integration state of GenesysDataActionRole
    error[E32]: create action Get order status: this was begun and is not finished: POST /api/v2/integrations/actions/{actionId}/draft/publish failed: Unable to perform the requested action. You must have at least one of the following permissions assigned: [integrations:action:edit] (HTTP 403, missing.any.permissions, contextId [id])
      done:
        create role GenesysDataActionRole
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
        create credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
        create integration configuration of GenesysDataActionRole
        update integration state of GenesysDataActionRole
    hint: permissions come from the roles of the OAuth client, not from scopes; `rolecall genesys whoami` lists what each command needs; then repeat the command; it reads what is there, and goes on from that
    ");
}

/// The run that enabled the integration was stopped while it waited. The next one waits in its place.
#[cfg(unix)]
#[test]
fn a_wait_that_was_cut_is_waited_for_again() {
    let stage = stage();
    let mut faults = Faults::default();
    faults.genesys.activation_ms = 3000;
    stage.set(faults);
    let apply = ["apply", "--yes", "--level", "paper"];
    let is_enabled = |call: &LogEntry| call.action == "patchIntegration";
    let killed = stage.run_until(is_enabled, "-KILL", stage.client_command(&apply));
    assert!(!killed.status.success());
    let again = stage.run_client(&apply).expect(0);
    assert!(again.waited_for("the integration to be active"), "{}", again.stderr);
    stage.run_client(&["drift"]).expect(0);
    // What cannot become active is an error, not a wait without end and not a green.
    let mut faults = Faults::default();
    faults.genesys.activation_ms = 600_000;
    stage.set(faults);
    let late = stage.run_client(&["apply", "--yes", "--level", "paper", "--deadline", "2"]);
    insta::assert_snapshot!(late.standard_error(), @"
    exit 1
    -- stderr
    error[E21]: update integration state of GenesysDataActionRole: this was begun and is not finished: waited [time] s for the integration to be active
      no change was confirmed
    hint: run the same command again: it reads what is there, and goes on from that
    ");
}

#[test]
fn what_is_not_visible_at_once_is_waited_for() {
    let stage = stage();
    let mut faults = Faults::default();
    faults.genesys.read_lag_ms = 1500;
    faults.genesys.activation_ms = 1000;
    stage.set(faults);
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes", "--level", "paper"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    7 to create, 1 to change, 0 to delete.
    8 changes made.
    Verification
    Result: 8 changes made; every claim about the role is proved
    ");
    let run = stage.run_client(&["apply", "--yes", "--level", "genesys"]);
    insta::assert_snapshot!(run.section("Data actions"), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    No changes: AWS matches the manifest, and so does everything that Genesys Cloud shows.
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: no changes; every claim about the role is proved
    "#);
}

/// Somebody writes between rolecall's read and its write: what is there is read again, and written over in its newest version.
#[test]
fn a_version_that_somebody_overtakes_is_read_again() {
    let stage = stage();
    let overtake = |after: &'static str, change: fn(&mut State)| {
        stage.sandbox.once_after(move |call| call.action == after, move |state, _| change(state));
    };
    overtake("getIntegrationConfigCurrent", |state| {
        let all = state.genesys.integrations.values_mut();
        all.filter(|it| it.kind == "aws-lambda-data-actions").for_each(|it| it.configuration.version += 1);
    });
    overtake("getIntegrationsActionDraftValidation", |state| {
        state.genesys.actions.values_mut().for_each(|it| it.draft.as_mut().unwrap().version += 1);
    });
    let run = stage.run_client(&["apply", "--yes", "--level", "paper"]);
    insta::assert_snapshot!(run.headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    7 to create, 1 to change, 0 to delete.
    8 changes made.
    Verification
    Result: 8 changes made; every claim about the role is proved
    ");
    let calls = stage.calls();
    for action in ["putIntegrationConfigCurrent", "postIntegrationsActionDraftPublish"] {
        let statuses: Vec<u16> =
            calls.iter().filter(|call| call.action == action).map(|call| call.status).collect();
        assert!(matches!(statuses.as_slice(), [400 | 409, 200]), "{action}: {statuses:?}");
    }
    stage.set(Faults::default());
    stage.run_client(&["drift"]).expect(0);
}

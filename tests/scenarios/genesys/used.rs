//! Who uses an action whose ID ends: told before it ends, and never taken for nobody.

use rolecall::sandbox::Flow;

use super::super::views::named;
use super::*;

const ADA: &str = "00000000-0000-4000-8000-000000000007";

/// A flow that uses the action in these versions.
fn flow(stage: &Stage, id: &str, name: &str, kind: &str, versions: &[&str]) {
    let actions = published(stage);
    let flow = Flow {
        name: name.to_owned(),
        kind: kind.to_owned(),
        division: "Home".to_owned(),
        published_by: Some(ADA.to_owned()),
        published: Some("3.0".to_owned()),
        versions: versions.iter().map(|version| (*version).to_owned()).collect(),
        actions,
    };
    change(stage, |state| drop(state.genesys.flows.insert(id.to_owned(), flow)));
}

/// An action that two flows and a script use, and whose contract changes.
fn replaced() -> Stage {
    let stage = applied();
    flow(&stage, "flow-1", "Main IVR", "INBOUNDCALLFLOW", &["2.0", "3.0"]);
    flow(&stage, "flow-2", "Night", "WORKFLOW", &["1.0"]);
    flow(&stage, "script-1", "Agent desktop", "COMPOSERSCRIPT", &["1.0"]);
    stage.write("schemas/request.json", &request(&["orderNumber", "customer"]));
    stage
}

#[test]
fn a_replacement_is_refused_with_what_breaks() {
    let stage = replaced();
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes"]).whole(), @r#"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      + create action Get order status
          a replacement: the new action gets a new ID; change the flows that refer to custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8
            {
              "category": "Orders",
              "config": {
                "headers": {},
                "method": "POST",
                "request_template": "${input.rawRequest}",
                "success_template": "${rawResult}",
                "timeout_seconds": 10,
                "translation_map": {},
                "translation_map_defaults": {},
                "url_template": "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
              },
              "input": {
                "properties": {
                  "customer": {
                    "type": "string"
                  },
                  "orderNumber": {
                    "type": "string"
                  }
                },
                "type": "object"
              },
              "output": {
                "properties": {
                  "status": {
                    "type": "string"
                  }
                },
                "type": "object"
              },
              "secure": false
            }
      - delete action Get order status
          replaced: flows that refer to its ID will fail
            "custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8"
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
      ? action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its ID ends, and what refers to it fails; used by Main IVR (INBOUNDCALLFLOW, flow-1), published by Agent 07, division Home; used by Night (WORKFLOW, flow-2), published by Agent 07, division Home; only in versions that are not the published one; used by Agent desktop (COMPOSERSCRIPT, script-1)
    1 to create, 0 to change, 1 to delete.
    -- stderr
    error[E45]: nothing was changed in AWS or Genesys Cloud: flows may refer to the IDs of actions that this plan deletes or replaces:
      Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its contract changes, which needs a new action
        used by Main IVR (INBOUNDCALLFLOW, flow-1), published by Agent 07, division Home
        used by Night (WORKFLOW, flow-2), published by Agent 07, division Home; only in versions that are not the published one
        used by Agent desktop (COMPOSERSCRIPT, script-1)
    hint: change the flows that use these actions first, or tell their owners; then use --replace to carry out the plan
    "#);
    assert!(writes(&stage).is_empty());
    insta::assert_snapshot!(stage.run_client(&["drift"]).whole(), @r#"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      a data action differs from the manifest
        action of Get order status (rolecall.toml:17)
        contract differs; only a new action with a new ID can have the contract in the manifest
          - {
          -   "category": "Orders",
          -   "config": {
          -     "headers": {},
          -     "method": "POST",
          -     "request_template": "${input.rawRequest}",
          -     "success_template": "${rawResult}",
          -     "timeout_seconds": 10,
          -     "translation_map": {},
          -     "translation_map_defaults": {},
          -     "url_template": "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
          -   },
          -   "input": {
          -     "properties": {
          -       "customer": {
          -         "type": "string"
          -       },
          -       "orderNumber": {
          -         "type": "string"
          -       }
          -     },
          -     "type": "object"
          -   },
          -   "output": {
          -     "properties": {
          -       "status": {
          -         "type": "string"
          -       }
          -     },
          -     "type": "object"
          -   },
          -   "secure": false
          - }

      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
      ? action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its ID ends, and what refers to it fails; used by Main IVR (INBOUNDCALLFLOW, flow-1), published by Agent 07, division Home; used by Night (WORKFLOW, flow-2), published by Agent 07, division Home; only in versions that are not the published one; used by Agent desktop (COMPOSERSCRIPT, script-1)
    1 difference; - expected by the manifest, + found.

    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Do this now
      1. rolecall apply --replace
         rolecall writes what the manifest says; --replace makes data actions anew: flows refer to a data action by its ID, lose it and must be pointed at the new one

    Result: refuted: a data action differs from the manifest (1 difference) (exit code 4)
    "#);
    let report = stage.run_client(&["plan", "--output", "json"]).json();
    let notices = report["genesys"]["notices"].as_array().unwrap();
    let told = notices.iter().find(|notice| notice["notice"] == "in_use").unwrap();
    assert!(told["message"].as_str().unwrap().contains("Main IVR"), "{told}");
    stage.run_client(&["apply", "--yes", "--replace", "--level", "paper"]).expect(0);
}

#[test]
fn destroy_tells_what_breaks() {
    let stage = replaced();
    insta::assert_snapshot!(stage.run_client(&["destroy", "--yes"]).whole(), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role GenesysDataActionRole

      - delete action Get order status
            "custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8"
      - delete integration GenesysDataActionRole
            "aws-lambda-data-actions"
      - delete credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
            "f3b8488c-368c-b0a6-72c4-7863a53f9962"
      - detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole
      - delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
            {
              "Statement": [
                {
                  "Action": "lambda:InvokeFunction",
                  "Effect": "Allow",
                  "Resource": [
                    "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
                  ]
                }
              ],
              "Version": "2012-10-17"
            }
      - delete role GenesysDataActionRole
      ? action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its ID ends, and what refers to it fails; used by Main IVR (INBOUNDCALLFLOW, flow-1), published by Agent 07, division Home; used by Night (WORKFLOW, flow-2), published by Agent 07, division Home; only in versions that are not the published one; used by Agent desktop (COMPOSERSCRIPT, script-1)
    0 to create, 0 to change, 6 to delete.

    6 changes made.

    Result: 6 changes made
    -- stderr
      ✓ delete action Get order status
      ✓ delete integration GenesysDataActionRole
      ✓ delete credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole
      ✓ delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ delete role GenesysDataActionRole
    "#);
}

/// What keeps dependency tracking from answering.
type Disorder = fn(&mut State);

#[test]
fn what_cannot_be_asked_is_not_nobody() {
    let refused = |change_it: Disorder| {
        let stage = applied();
        stage.write("schemas/request.json", &request(&["orderNumber", "customer"]));
        change(&stage, change_it);
        stage.run_client(&["apply", "--yes"]).expect(1).standard_error()
    };
    let cases: [(&str, Disorder); 4] = [
        ("nothing uses it", |_| {}),
        ("the permission is missing", |state| {
            for client in state.genesys.clients.values_mut() {
                client.permissions.retain(|held| held != "architect:dependencyTracking:view");
            }
        }),
        ("the index is being built", |state| {
            state.genesys.dependency_index.status = "BUILDINPROGRESS".to_owned();
        }),
        ("a flow could not be indexed", |state| {
            state.genesys.dependency_index.failed = vec!["Old IVR".to_owned()];
        }),
    ];
    let said: String = cases.into_iter().map(|(name, case)| named(name, &refused(case))).collect();
    insta::assert_snapshot!(said, @"
    === nothing uses it
    exit 1
    -- stderr
    error[E45]: nothing was changed in AWS or Genesys Cloud: flows may refer to the IDs of actions that this plan deletes or replaces:
      Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its contract changes, which needs a new action
        Architect's dependency tracking shows nothing that uses it
    hint: change the flows that use these actions first, or tell their owners; then use --replace to carry out the plan
    === the permission is missing
    exit 1
    -- stderr
    error[E45]: nothing was changed in AWS or Genesys Cloud: flows may refer to the IDs of actions that this plan deletes or replaces:
      Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its contract changes, which needs a new action
        whether anything uses it is not known: the OAuth client lacks architect:dependencyTracking:view
    hint: change the flows that use these actions first, or tell their owners; then use --replace to carry out the plan
    === the index is being built
    exit 1
    -- stderr
    error[E45]: nothing was changed in AWS or Genesys Cloud: flows may refer to the IDs of actions that this plan deletes or replaces:
      Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its contract changes, which needs a new action
        whether anything uses it is not known: the index of Architect's dependency tracking is being built
    hint: change the flows that use these actions first, or tell their owners; then use --replace to carry out the plan
    === a flow could not be indexed
    exit 1
    -- stderr
    error[E45]: nothing was changed in AWS or Genesys Cloud: flows may refer to the IDs of actions that this plan deletes or replaces:
      Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its contract changes, which needs a new action
        whether anything uses it is not known: Architect's dependency tracking could not index Old IVR
    hint: change the flows that use these actions first, or tell their owners; then use --replace to carry out the plan
    ");
}

/// Only secure flows may call a secure action, and dependency tracking keeps these apart. Without the permission for flows, their
/// names are known and their owners are not.
#[test]
fn a_secure_action_is_asked_for_as_such() {
    let manifest = with_action().replace("timeout_seconds = 10", "timeout_seconds = 10\nsecure = true");
    let stage = stage_with(&manifest, State::demo());
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    flow(&stage, "flow-1", "Payment", "SECURECALLFLOW", &["3.0"]);
    change(&stage, |state| {
        for client in state.genesys.clients.values_mut() {
            client.permissions.retain(|held| held != "architect:flow:view");
        }
    });
    stage.write("rolecall.toml", &with_action());
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes"]).standard_error(), @"
    exit 1
    -- stderr
    error[E45]: nothing was changed in AWS or Genesys Cloud: flows may refer to the IDs of actions that this plan deletes or replaces:
      Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its contract changes, which needs a new action
        used by Payment (SECURECALLFLOW, flow-1); its owner is not known, because the OAuth client lacks architect:flow:view
    hint: change the flows that use these actions first, or tell their owners; then use --replace to carry out the plan
    ");
}

//! What changes in the manifest or in Genesys Cloud, and what `apply` and `destroy` make of it.

use super::super::views::named;
use super::*;

#[test]
fn a_contract_changes_only_with_a_new_action_and_the_users_word() {
    let stage = applied();
    let before = published(&stage);
    stage.write("schemas/request.json", &request(&["orderNumber", "customer"]));
    insta::assert_snapshot!(stage.run_client(&["plan"]).down_to(6), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      + create action Get order status
          a replacement: the new action gets a new ID; change the flows that refer to custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8
      - delete action Get order status
          replaced: flows that refer to its ID will fail
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
      ? action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its ID ends, and what refers to it fails; Architect's dependency tracking shows nothing that uses it
    1 to create, 0 to change, 1 to delete.
    After apply
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: pending: 1 to create, 0 to change, 1 to delete; after apply every claim about the role is proved; until then: a data action differs from the manifest
    ");
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes"]).headlines(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 to create, 0 to change, 1 to delete.
    -- stderr
    error[E45]: nothing was changed in AWS or Genesys Cloud: flows may refer to the IDs of actions that this plan deletes or replaces:
    hint: change the flows that use these actions first, or tell their owners; then use --replace to carry out the plan
    ");
    assert!(writes(&stage).is_empty());
    insta::assert_snapshot!(stage.run_client(&["drift"]).down_to(4), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      a data action differs from the manifest
        action of Get order status (rolecall.toml:17)
        contract differs; only a new action with a new ID can have the contract in the manifest
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
      ? action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8): its ID ends, and what refers to it fails; Architect's dependency tracking shows nothing that uses it
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
    Result: refuted: a data action differs from the manifest (1 difference) (exit code 4)
    ");
    let run = stage.run_client(&["apply", "--yes", "--replace", "--level", "genesys"]);
    insta::assert_snapshot!(run.section("Data actions"), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 to create, 0 to change, 1 to delete.
    2 changes made.
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_3466e9a0-8391-4f64-0328-838413292df7)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 2 changes made; every claim about the role is proved
    "#);
    let after = published(&stage);
    assert_eq!(after.len(), 1);
    assert_ne!(before, after);
    stage.run_client(&["drift"]).expect(0);
    // What the manifest no longer names goes with the same word.
    stage.write("rolecall.toml", &format!("{}\n[genesys.integration]\n", manifest(ONE_TARGET)));
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes"]).whole(), @r#"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      - delete action Get order status
          not in the manifest: flows that refer to its ID will fail
            "custom_-_3466e9a0-8391-4f64-0328-838413292df7"
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
      ? action Get order status (custom_-_3466e9a0-8391-4f64-0328-838413292df7): its ID ends, and what refers to it fails; Architect's dependency tracking shows nothing that uses it
    0 to create, 0 to change, 1 to delete.
    -- stderr
    error[E45]: nothing was changed in AWS or Genesys Cloud: flows may refer to the IDs of actions that this plan deletes or replaces:
      Get order status (custom_-_3466e9a0-8391-4f64-0328-838413292df7): the manifest does not contain it
        Architect's dependency tracking shows nothing that uses it
    hint: an action that is to stay, perhaps because somebody renamed it, belongs into the manifest under its present name; for the others, change the flows that use these actions first, or tell their owners; then use --replace to carry out the plan
    "#);
    stage.run_client(&["apply", "--yes", "--replace"]).expect(0);
    assert!(published(&stage).is_empty());
}

#[test]
fn a_schema_in_another_order_is_no_difference() {
    let stage = applied();
    stage.write(
        "schemas/request.json",
        "{\"additionalProperties\": true, \"properties\": {\"orderNumber\": {\"type\":\n \"string\"}},\n \"type\": \"object\"}",
    );
    stage.run_client(&["drift"]).expect(0);
}

#[test]
fn what_somebody_changes_is_drift_and_is_repaired() {
    let mut said = String::new();
    for kind in
        [Tamper::GenesysActionEdited, Tamper::GenesysActionDeleted, Tamper::GenesysIntegrationDisabled]
    {
        let stage = applied();
        let ids = published(&stage);
        tamper(&stage, kind);
        said += &named(format!("drift: {}", kind.name()), &stage.run_client(&["drift"]).down_to(4));
        let run = stage.run_client(&["apply", "--yes", "--level", "genesys"]);
        said += &named("apply", &run.section("Data actions"));
        assert_eq!(
            published(&stage) == ids,
            kind != Tamper::GenesysActionDeleted,
            "an action that is changed keeps its ID"
        );
        stage.run_client(&["drift"]).expect(0);
        stage.run_client(&["destroy", "--yes"]).expect(0);
        let genesys = stage.sandbox.state().genesys.clone();
        assert!(genesys.actions.is_empty() && genesys.credentials.is_empty());
        assert!(genesys.integrations.values().all(|it| it.kind != "aws-lambda-data-actions"));
        insta::allow_duplicates! {
            insta::assert_snapshot!(stage.run_client(&["destroy", "--yes"]).whole(), @"
            exit 0
            -- stdout
            account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
            Role GenesysDataActionRole

            No changes: no resources managed by rolecall were found.

            Result: no changes
            ");
        }
    }
    insta::assert_snapshot!(said, @r#"
    === drift: genesys-action-edited
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      a data action differs from the manifest
        action of Get order status (rolecall.toml:17)
        configuration differs from the manifest
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
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
      1. rolecall apply
    Result: refuted: a data action differs from the manifest (1 difference) (exit code 4)
    === apply
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 1 to change, 0 to delete.
    1 change made.
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 1 change made; every claim about the role is proved
    === drift: genesys-action-deleted
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      a data action is missing
        action of Get order status (rolecall.toml:17)
        flows cannot call it
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
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
      1. rolecall apply
    Result: refuted: a data action is missing (1 difference) (exit code 4)
    === apply
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 to create, 0 to change, 0 to delete.
    1 change made.
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_d81a8d2b-5a44-85ac-88db-6a8251f147b7)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 1 change made; every claim about the role is proved
    === drift: genesys-integration-disabled
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      Genesys Cloud is not connected to the role
        integration state of GenesysDataActionRole (rolecall.toml:3)
        none of its actions can be called
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
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
      1. rolecall apply
    Result: refuted: Genesys Cloud is not connected to the role (1 difference) (exit code 4)
    === apply
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 1 to change, 0 to delete.
    1 change made.
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 1 change made; every claim about the role is proved
    "#);
}

/// The order of `destroy` is that of `apply` turned round.
#[test]
fn destroy_removes_what_uses_the_role_before_the_role() {
    let stage = applied();
    let run = stage.run_client(&["destroy", "--yes", "--output", "json"]).expect(0).json();
    let planned: Vec<&str> =
        run["changes"].as_array().unwrap().iter().map(|it| it["operation"].as_str().unwrap()).collect();
    assert_eq!(
        planned,
        [
            "DELETE /api/v2/integrations/actions/{actionId}",
            "DELETE /api/v2/integrations/{integrationId}",
            "DELETE /api/v2/integrations/credentials/{credentialId}",
            "iam:DetachRolePolicy",
            "iam:DeletePolicy",
            "iam:DeleteRole",
        ]
    );
}

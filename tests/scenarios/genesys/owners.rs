//! What somebody else made or changed: credentials, integrations, drafts, another organization.

use rolecall::sandbox::IntendedState;

use super::*;

/// The credential cannot be read, so only the test shows that it names another role.
#[test]
fn a_credential_for_another_role_is_found_by_the_test() {
    let stage = applied();
    tamper(&stage, Tamper::GenesysCredentialRole);
    let run = stage.run_client(&[TEST.as_slice(), &["--output", "json"]].concat()).expect(4).json();
    assert_eq!(run["diagnosis"]["causes"][0]["cause"], "other_role", "{run:#}");
    // Genesys Cloud says when it was changed, and that was not by rolecall.
    change(&stage, |state| {
        let later = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10);
        state.genesys.credentials.values_mut().for_each(|it| it.modified = later.to_string());
    });
    insta::assert_snapshot!(stage.run_client(&["drift"]).section("Role"), @r#"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      Genesys Cloud is not connected to the role
        credential of GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole) (rolecall.toml:3)
        Genesys Cloud may assume a different role or no role
          - "arn:aws:iam::123456789012:role/GenesysDataActionRole"
      a name, a category or notes in Genesys Cloud differ
        integration configuration of GenesysDataActionRole (rolecall.toml:3)
        name or notes differ
              },
              "name": "GenesysDataActionRole",
          -   "notes": "Managed by rolecall: role=arn:aws:iam::123456789012:role/GenesysDataActionRole"
          +   "notes": "Managed by rolecall: role=arn:aws:iam::123456789012:role/GenesysDataActionRole credential=f3b8488c-368c-b0a6-72c4-7863a53f9962 written=[time]",
          +   "version": 2
            }
    2 differences; - expected by the manifest, + found.
    As it is in AWS
    Do this now
    Result: refuted: Genesys Cloud is not connected to the role (2 differences) (exit code 4)
    "#);
    let run = stage.run_client(&["apply", "--yes", "--level", "genesys"]);
    insta::assert_snapshot!(run.section("Data actions"), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 2 to change, 0 to delete.
    2 changes made.
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 2 changes made; every claim about the role is proved
    "#);
}

/// Where Genesys Cloud shows the fields, the ARN is compared, and nothing is left unsaid.
#[test]
fn a_credential_that_can_be_read_is_compared() {
    let mut state = State::demo();
    state.genesys.shows_credential_fields = true;
    let stage = stage_with(&with_action(), state);
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    let run = stage.run_client(&["drift"]);
    insta::assert_snapshot!(run.whole(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

    No changes: AWS and Genesys Cloud match the manifest.

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

    Result: AWS and Genesys Cloud match the manifest; every claim about the role is proved
    ");
    assert!(!run.stdout.contains("not verifiable"));
    tamper(&stage, Tamper::GenesysCredentialRole);
    insta::assert_snapshot!(stage.run_client(&["drift"]).section("Role"), @r#"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      Genesys Cloud is not connected to the role
        credential of GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole) (rolecall.toml:3)
        Genesys Cloud may assume a different role or no role
          - "arn:aws:iam::123456789012:role/GenesysDataActionRole"
      a name, a category or notes in Genesys Cloud differ
        integration configuration of GenesysDataActionRole (rolecall.toml:3)
        name or notes differ
              },
              "name": "GenesysDataActionRole",
          -   "notes": "Managed by rolecall: role=arn:aws:iam::123456789012:role/GenesysDataActionRole"
          +   "notes": "Managed by rolecall: role=arn:aws:iam::123456789012:role/GenesysDataActionRole credential=f3b8488c-368c-b0a6-72c4-7863a53f9962 written=[time]",
          +   "version": 2
            }
    2 differences; - expected by the manifest, + found.
    As it is in AWS
    Do this now
    Result: refuted: Genesys Cloud is not connected to the role (2 differences) (exit code 4)
    "#);
    let run = stage.run_client(&["apply", "--yes", "--level", "genesys"]);
    insta::assert_snapshot!(run.section("Data actions"), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 2 to change, 0 to delete.
    2 changes made.
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 2 changes made; every claim about the role is proved
    "#);
}

/// An organization in which somebody already made an integration of that name, with an action.
fn made_by_hand() -> State {
    let hand = applied();
    change(&hand, |state| {
        let integration =
            state.genesys.integrations.values_mut().find(|it| it.kind == "aws-lambda-data-actions");
        let integration = integration.unwrap();
        integration.configuration.notes = "Made by hand.".to_owned();
        for credential in state.genesys.credentials.values_mut() {
            credential.name = "Made by hand".to_owned();
        }
        integration.intended = IntendedState::Disabled;
        let action = state.genesys.actions.values().next().unwrap().clone();
        let mut other = action;
        other.published.as_mut().unwrap().name = "Somebody's".to_owned();
        state.genesys.actions.insert("custom_-_00000000-0000-4000-8000-000000000001".to_owned(), other);
    });
    let mut state = State::demo();
    state.genesys = hand.sandbox.state().genesys.clone();
    state
}

#[test]
fn an_integration_of_somebody_else_is_taken_over_only_when_asked_and_never_deleted() {
    let stage = stage_with(&with_action(), made_by_hand());
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes"]).whole(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


    As it is in AWS
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: failed: nothing was changed: integration `GenesysDataActionRole` (c2d326e0-055b-def6-0eb9-36d56fa29667) exists and was not made by rolecall (exit code 1)
    -- stderr
    error[E35]: nothing was changed: integration `GenesysDataActionRole` (c2d326e0-055b-def6-0eb9-36d56fa29667) exists and was not made by rolecall
    hint: choose another `name` in [genesys.integration], or use --adopt to take the integration over: the command shows what would change, and asks first
    ");
    assert!(writes(&stage).is_empty());
    let run = stage.run_client(&["apply", "--yes", "--adopt", "--level", "genesys"]);
    insta::assert_snapshot!(run.section("Data actions"), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    4 to create, 2 to change, 0 to delete.
    6 changes made.
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 6 changes made; every claim about the role is proved
    "#);
    insta::assert_snapshot!(stage.run_client(&["drift"]).section("Role"), @"
    exit 3
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      something in Genesys Cloud is not in the manifest
        state of custom_-_00000000-0000-4000-8000-000000000001 (rolecall.toml:17)
        action Somebody's (custom_-_00000000-0000-4000-8000-000000000001) is not in the manifest; rolecall leaves it alone, because rolecall did not make its integration
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
    1 difference; - expected by the manifest, + found.
    As it is in AWS
    Do this now
    Result: pending: 1 difference; every claim about the role is proved (exit code 3)
    ");
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    insta::assert_snapshot!(stage.run_client(&["destroy", "--yes"]).outline(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role GenesysDataActionRole
      ~ update integration configuration of GenesysDataActionRole
      - delete credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      - detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole
      - delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      - delete role GenesysDataActionRole
      ? integration GenesysDataActionRole was adopted, so rolecall does not delete it or its actions; rolecall only stops managing it
    0 to create, 1 to change, 4 to delete.
    5 changes made.
    Result: 5 changes made
    -- stderr
      ✓ update integration configuration of GenesysDataActionRole
      ✓ delete credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole
      ✓ delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ delete role GenesysDataActionRole
    ");
    let genesys = stage.sandbox.state().genesys.clone();
    let left: Vec<_> =
        genesys.integrations.values().filter(|it| it.kind == "aws-lambda-data-actions").collect();
    assert_eq!(left.len(), 1);
    // As it was, with its notes.
    assert_eq!(left[0].configuration.notes, "Made by hand.");
    assert_eq!(genesys.actions.len(), 2);
}

/// Somebody's draft is not overwritten; one that says what is published, or what is wanted, is a run's that was stopped.
#[test]
fn the_draft_of_somebody_else_stays() {
    let stage = applied();
    change(&stage, |state| {
        let action = state.genesys.actions.values_mut().next().unwrap();
        let mut draft = action.published.clone().unwrap();
        draft.config["timeoutSeconds"] = json!(33);
        action.draft = Some(draft);
    });
    stage.write("rolecall.toml", &with_action().replace("timeout_seconds = 10", "timeout_seconds = 20"));
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes", "--level", "paper"]).whole(), @r#"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      ~ update action Get order status
                "request_template": "${input.rawRequest}",
                "success_template": "${rawResult}",
          -     "timeout_seconds": 10,
          +     "timeout_seconds": 20,
                "translation_map": {},
                "translation_map_defaults": {},
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
    0 to create, 1 to change, 0 to delete.

    Result: failed: could not update action Get order status: action `custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8` has an unpublished draft (version 1); rolecall did not change the draft (exit code 1)
    -- stderr
    error[E50]: could not update action Get order status: action `custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8` has an unpublished draft (version 1); rolecall did not change the draft
      nothing was changed
    hint: publish or discard the draft in Genesys Cloud (Admin > Integrations > Actions), then repeat the command
    "#);
    change(&stage, |state| {
        let action = state.genesys.actions.values_mut().next().unwrap();
        action.draft = action.published.clone();
    });
    let run = stage.run_client(&["apply", "--yes", "--level", "genesys"]);
    insta::assert_snapshot!(run.section("Data actions"), @r#"
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

#[test]
fn another_organization_is_refused() {
    let stage = applied();
    tamper(&stage, Tamper::GenesysOrganization);
    insta::assert_snapshot!(stage.run_client(&["drift"]).section("Role"), @r#"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      wrong Genesys Cloud organization
        ID of organization Contact Centre (sandbox) (rolecall.toml:5)
        the role's external ID is not the ID of the OAuth client's organization
          - "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
          + "0a0a0a0a-1b1b-4c2c-8d3d-4e4e4e4e4e4e"
    1 difference; - expected by the manifest, + found.
    As it is in AWS
    Do this now
    Result: refuted: wrong Genesys Cloud organization (1 difference) (exit code 4)
    "#);
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes"]).whole(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


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

    Result: refuted: nothing was changed: the OAuth client belongs to organization `Contact Centre (sandbox)` (0a0a0a0a-1b1b-4c2c-8d3d-4e4e4e4e4e4e), but the role is for `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: only that organization could assume it (exit code 4)
    -- stderr
    error[E33]: nothing was changed: the OAuth client belongs to organization `Contact Centre (sandbox)` (0a0a0a0a-1b1b-4c2c-8d3d-4e4e4e4e4e4e), but the role is for `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: only that organization could assume it
    hint: set `organization_id` in [genesys] to the correct organization, or use an OAuth client of the organization in the manifest; `rolecall genesys whoami` shows the client's organization
    ");
    assert!(writes(&stage).is_empty());
}

//! `managed_by`: another tool makes the role, and rolecall proves it and writes nothing to AWS.

use std::path::Path;
use std::process::Command;

use rolecall::sandbox::{State, Tamper};

use super::stage::{ONE_TARGET, ROLE, Run, Stage, manifest};

const ACCOUNT: &str = "123456789012";
const POLICY: &str =
    "arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke";

fn managed() -> String {
    manifest(ONE_TARGET).replace("[role]\n", "[role]\nmanaged_by = \"terraform\"\n")
}

/// A role as another tool makes it from what `render` prints.
fn rendered() -> Stage {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.write("rolecall.toml", &managed());
    stage
        .sandbox
        .change(|state| {
            state.role_mut(ACCOUNT, ROLE).unwrap().tags.remove("rolecall:role");
            let policies = &mut state.accounts.get_mut(ACCOUNT).unwrap().policies;
            policies.get_mut(POLICY).unwrap().tags.remove("rolecall:role");
        })
        .unwrap();
    stage.calls();
    stage
}

fn writes(stage: &Stage) -> Vec<String> {
    stage.calls().into_iter().filter(|call| call.write).map(|call| call.action).collect()
}

#[test]
fn what_another_tool_made_is_in_sync() {
    let stage = rendered();
    insta::assert_snapshot!(stage.run(&["drift"]).whole(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      managed by  Terraform; rolecall writes nothing to AWS for this role
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

    No changes: AWS matches the manifest.

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

    Result: AWS matches the manifest; every claim about the role is proved
    ");
    for command in [&["plan", "--detailed-exitcode"] as &[&str], &["apply", "--yes"], &["verify"]] {
        stage.run(command).expect(0);
    }
    assert!(writes(&stage).is_empty());
}

/// A module of somebody's own: a policy with another name, the same permission inline, a description of their own.
#[test]
fn policies_of_any_name_are_right_as_long_as_the_proof_holds() {
    const THEIRS: &str = "arn:aws:iam::123456789012:policy/team/orders";
    let stage = rendered();
    stage
        .sandbox
        .change(|state| {
            let account = state.accounts.get_mut(ACCOUNT).unwrap();
            let mut policy = account.policies.remove(POLICY).unwrap();
            (policy.name, policy.path) = ("orders".to_owned(), "/team/".to_owned());
            let document = policy.versions[&policy.default].document.clone();
            // A form of their own, with the same meaning.
            let version = policy.versions.get_mut(&policy.default).unwrap();
            version.document = document.replacen("{\"Effect\"", "{\"Sid\":\"Theirs\",\"Effect\"", 1);
            assert_ne!(version.document, document);
            account.policies.insert(THEIRS.to_owned(), policy);
            let role = state.role_mut(ACCOUNT, ROLE).unwrap();
            role.description = Some("made by the orders team".to_owned());
            role.permissions.attached = vec![THEIRS.to_owned()];
            role.permissions.inline.insert("again".to_owned(), document);
        })
        .unwrap();
    let run = stage.run(&["drift", "--output", "json"]).expect(0).json();
    assert_eq!(run["verification"]["findings"].as_array().map_or(0, Vec::len), 0, "{run:#}");
    stage.run(&["apply", "--yes"]).expect(0);
    assert!(writes(&stage).is_empty());
}

#[test]
fn whoever_changes_it_by_hand_is_found_and_the_other_tool_repairs_it() {
    let stage = rendered();
    let before = State::clone(&stage.sandbox.state());
    let kinds = Tamper::ALL.into_iter().filter(|kind| kind.is_of_role() || *kind == Tamper::FunctionDeleted);
    for kind in kinds.filter(|kind| !matches!(kind, Tamper::PolicyVersionRolledBack | Tamper::TagRemoved)) {
        stage.tamper(kind);
        let drift = stage.run(&["drift", "--output", "json"]);
        let differences = drift.json()["drift"].as_array().unwrap().clone();
        if kind == Tamper::EquivalentJson {
            assert_eq!((drift.status, differences.len()), (0, 0));
        } else {
            assert_ne!(drift.status, 0, "{}", kind.name());
            assert_eq!(differences.len(), 1, "{}: {differences:#?}", kind.name());
            let repair = differences[0]["repair"].as_str().unwrap();
            let is_theirs = repair.starts_with("Terraform manages this role");
            assert_eq!(is_theirs, kind != Tamper::FunctionDeleted, "{}: {repair}", kind.name());
        }
        for flags in [&[] as &[&str], &["--adopt"], &["--remove-foreign"], &["--adopt", "--remove-foreign"]] {
            let apply = stage.run(&[&["apply", "--yes", "--level", "paper"], flags].concat());
            assert_eq!(apply.status == 0, drift.status == 0, "{} {flags:?}\n{}", kind.name(), apply.stderr);
        }
        assert!(writes(&stage).is_empty(), "{}", kind.name());
        stage.sandbox.change(|state| *state = before.clone()).unwrap();
        stage.run(&["drift"]).expect(0);
    }
}

#[test]
fn what_differs_is_said_and_whose_job_it_is() {
    let stage = rendered();
    stage.tamper(Tamper::PolicyWidened);
    insta::assert_snapshot!(stage.run(&["drift"]).whole(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      managed by  Terraform; rolecall writes nothing to AWS for this role
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      a session can do more than the manifest allows
        permissions of arn:aws:iam::123456789012:role/GenesysDataActionRole (rolecall.toml:11)
        a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-other`, because statement 1 of `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` allows it

    1 difference; - expected by the manifest, + found.

    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      refuted    a session can do nothing but invoke the target functions
                 shown above
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      P6 (statement 1 of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke): a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:another-function`, because statement 1 of `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` allows it
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` alone, on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function` alone
      error      P7 (statement 1 of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke): as shown above
                 why: a function without a qualifier and each alias or version are different resources, and a prefix covers siblings (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` alone, on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function` alone
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Do this now
      1. Terraform manages this role: correct its configuration there, and run `terraform apply`: arn:aws:iam::123456789012:role/GenesysDataActionRole

    Result: refuted: a session can do more than the manifest allows (1 difference) (exit code 4)
    ");
    insta::assert_snapshot!(stage.run(&["plan"]).section("1 difference"), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 difference for Terraform to repair; rolecall writes nothing to AWS.
    As it is in AWS, which apply does not change
    Result: refuted: a session can do more than the manifest allows (1 difference) (exit code 4)
    ");
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--level", "paper"]).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 difference for Terraform to repair; rolecall writes nothing to AWS.
    Verification
    Result: refuted: a session can do more than the manifest allows (1 difference) (exit code 4)
    ");
}

#[test]
fn what_only_another_tool_can_do_is_refused_and_says_so() {
    let stage = rendered();
    insta::assert_snapshot!(stage.run(&["destroy", "--yes"]).whole(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role GenesysDataActionRole

    No changes: no resources managed by rolecall were found.

    Result: no changes
    -- stderr
    role `GenesysDataActionRole` was left alone: Terraform manages it; to delete it, remove it from the configuration and run `terraform apply`
    ");
    let added = ["target", "add", "orders-status", "--apply", "--yes"];
    insta::assert_snapshot!(stage.run(&added).whole(), @"
    exit 2
    -- stderr
    error[E37]: `--apply` has nothing to write: Terraform manages the role (`managed_by` in [role]); the manifest was not changed
    hint: leave out --apply, then change the role with the tool that manages it
    ");
    assert_eq!(std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap(), managed());
    insta::assert_snapshot!(stage.run(&["target", "add", "orders-status"]).whole(), @"
    exit 0
    -- stdout
    added orders-status
    -- stderr
    hint: Terraform manages the role: allow the new targets in its configuration, and run `terraform apply`; then `rolecall drift` compares
    ");
    assert!(writes(&stage).is_empty());

    let nothing = Stage::with(&managed(), State::demo());
    insta::assert_snapshot!(nothing.run(&["apply", "--yes"]).whole(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      managed by  Terraform; rolecall writes nothing to AWS for this role
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


    As it is in AWS
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: refuted: nothing was changed: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` does not exist, and Terraform manages it (`managed_by` in [role]) (exit code 4)
    -- stderr
    error[E37]: nothing was changed: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` does not exist, and Terraform manages it (`managed_by` in [role])
    hint: Terraform manages this role: correct its configuration there, and run `terraform apply`; then repeat the command
    ");
    insta::assert_snapshot!(nothing.run(&["verify"]).whole(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      managed by  Terraform; rolecall writes nothing to AWS for this role
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

    Verification
      unknown    nobody but the trusted principals can assume the role
                 the role does not exist, so there is no trust policy to prove it with
      unknown    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 the role does not exist, so there is no trust policy to prove it with
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 the role does not exist, so nobody can assume it
      refuted    `arn:aws:iam::123456789012:role/ci` can assume the role
                 the role does not exist, so nobody can assume it
      unknown    a session can do nothing but invoke the target functions
                 the role does not exist, so there are no policies to prove it with
      refuted    a session can invoke the target function
                 the role does not exist, so there are no sessions of it
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Do this now
      1. Terraform manages this role: correct its configuration there, and run `terraform apply`: arn:aws:iam::123456789012:role/GenesysDataActionRole

    Result: refuted: the role does not exist (exit code 4)
    ");
    assert_eq!(nothing.run(&["drift", "--output", "json"]).json()["drift"][0]["attribute"], "role");
}

/// The whole way with Terraform itself: from `render` to `drift` 0, to a change in its configuration, and back.
#[test]
#[ignore = "needs Terraform and a mirror with its AWS provider: `just terraform`"]
fn terraform_itself_makes_the_role_and_repairs_it() {
    let stage = Stage::with(&managed(), State::demo());
    let folder = stage.folder.path().join("terraform");
    let provider = "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n    }\n  }\n}\n\
                    provider \"aws\" {\n  skip_credentials_validation = true\n  skip_metadata_api_check = true\n}\n";
    stage.write("terraform/provider.tf", provider);
    let render = ["render", "--format", "terraform", "--account", ACCOUNT, "--region", "us-east-1"];
    let configuration = stage.run(&render).expect(0).stdout;
    stage.write("terraform/role.tf.json", &configuration);
    terraform(&stage, &folder, &["init", "-no-color"]);
    terraform(&stage, &folder, &["apply", "-auto-approve", "-no-color"]);
    stage.run(&["drift"]).expect(0);
    stage.run(&["apply", "--yes"]).expect(0);

    let wider = configuration.replace(":function:my-genesys-trigger-function", ":function:*");
    assert_ne!(wider, configuration);
    stage.write("terraform/role.tf.json", &wider);
    terraform(&stage, &folder, &["apply", "-auto-approve", "-no-color"]);
    let drift = stage.run(&["drift", "--output", "json"]).expect(4).json();
    assert_eq!(drift["drift"][0]["consequence"], "widens-permissions", "{drift:#}");

    stage.write("terraform/role.tf.json", &configuration);
    terraform(&stage, &folder, &["apply", "-auto-approve", "-no-color"]);
    stage.run(&["drift"]).expect(0);
    stage.run(&["destroy", "--yes"]).expect(0);
    terraform(&stage, &folder, &["plan", "-detailed-exitcode", "-no-color"]);
}

/// Runs Terraform against the embedded AWS; `ROLECALL_TERRAFORM_MIRROR` is a folder with its provider.
#[track_caller]
pub(super) fn terraform(stage: &Stage, folder: &Path, arguments: &[&str]) {
    let mirror =
        std::env::var("ROLECALL_TERRAFORM_MIRROR").expect("ROLECALL_TERRAFORM_MIRROR names a folder");
    let settings =
        format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"{mirror}\"\n  }}\n}}\n");
    stage.write("terraformrc", &settings);
    let mut command = Command::new("terraform");
    command.args(arguments).current_dir(folder).envs(stage.environment());
    command.env("TF_CLI_CONFIG_FILE", stage.folder.path().join("terraformrc")).env("CHECKPOINT_DISABLE", "1");
    let run: Run = command.output().unwrap().into();
    run.expect(0);
}

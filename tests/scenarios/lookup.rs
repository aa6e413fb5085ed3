//! Nothing stands silently in the place of what was named: the manifest, the region, the tag, the action, the boundary, and the name
//! of a policy.

use rolecall::sandbox::{Fault, FaultRule, Faults, State};

use super::stage::{ONE_TARGET, Run, Stage, binary, manifest};
use super::views::named;

fn run_in(folder: &std::path::Path, arguments: &[&str]) -> Run {
    binary(folder).args(arguments).output().unwrap().into()
}

#[test]
fn a_manifest_is_looked_for_upwards_and_what_it_names_stays_beside_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let below = folder.path().join("services/orders");
    std::fs::create_dir_all(&below).unwrap();
    std::fs::write(folder.path().join("rolecall.toml"), manifest(ONE_TARGET)).unwrap();
    let run = run_in(&below, &["apply", "--sandbox", "--yes", "--level", "paper"]).expect(0);
    assert!(run.stderr.contains("using `../../rolecall.toml`"), "{}", run.stderr);
    assert!(folder.path().join(".rolecall/sandbox.json").exists(), "the state is beside the manifest");
    assert!(!below.join(".rolecall").exists());
    // In its own folder it is the same sandbox, and nothing is said of the file.
    let run = run_in(folder.path(), &["plan", "--sandbox", "--detailed-exitcode"]).expect(0);
    assert!(!run.stderr.contains("using"), "{}", run.stderr);
    // An edit goes into the file that is used, and advice leads back to it.
    run_in(&below, &["target", "add", "customer-lookup", "--sandbox"]).expect(0);
    assert!(
        std::fs::read_to_string(folder.path().join("rolecall.toml")).unwrap().contains("customer-lookup")
    );
    run_in(&below, &["render", "trust", "--account", "123456789012", "--region", "us-east-1"]).expect(0);
    // A manifest of its own goes before.
    std::fs::write(below.join("rolecall.toml"), "version = 2\n").unwrap();
    run_in(&below, &["plan", "--sandbox"]).expect(2);
}

#[test]
fn the_example_is_used_only_where_no_manifest_is_meant() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut said = String::new();
    for arguments in [
        ["plan", "--sandbox", "--file", "other.toml"].as_slice(),
        &["sandbox", "tamper", "role-deleted", "--file", "other.toml"],
        &["genesys", "whoami", "--file", "other.toml"],
        &["drift", "--file", "other.toml"],
    ] {
        said += &named(arguments.join(" "), &run_in(folder.path(), arguments).whole());
    }
    insta::assert_snapshot!(said, @"
    === plan --sandbox --file other.toml
    exit 2
    -- stderr
    error[E4]: no manifest at `other.toml`; `rolecall init` writes a manifest, `--file` names a different path
    === sandbox tamper role-deleted --file other.toml
    exit 2
    -- stderr
    error[E4]: no manifest at `other.toml`; `rolecall init` writes a manifest, `--file` names a different path
    === genesys whoami --file other.toml
    exit 2
    -- stderr
    error[E4]: no manifest at `other.toml`; `rolecall init` writes a manifest, `--file` names a different path
    === drift --file other.toml
    exit 2
    -- stderr
    error[E4]: no manifest at `other.toml`; `rolecall init` writes a manifest, `--file` names a different path
    ");
    let run = run_in(folder.path(), &["plan", "--sandbox"]).expect(0);
    insta::assert_snapshot!(run.stderr, @"no rolecall.toml here or above: the sandbox uses the built-in example");
}

#[test]
fn a_name_that_nothing_has_is_a_mistake_before_anything_is_written() {
    let text = manifest(ONE_TARGET)
        + "\n[[action]]\nname = \"Get order status\"\ntarget = \"my-genesys-trigger-function\"\n\
        category = \"Orders\"\ninput_schema = \"schema.json\"\noutput_schema = \"schema.json\"\n";
    let stage = Stage::with(&text, State::demo());
    stage.write("schema.json", r#"{"type": "object", "properties": {}}"#);
    let own = |region: &str| {
        manifest("")
            .replace("[verify]", &format!("[[target]]\nfunction = \"f\"\nregion = \"{region}\"\n[verify]"))
    };
    stage.write("region.toml", &own("us-esat-1"));
    stage.write(
        "arn.toml",
        &manifest("[[target]]\nfunction = \"arn:aws:lambda:eu-centrall-1:123456789012:function:f\"\n"),
    );
    stage.write("access.toml", &manifest("[aws]\nregion = \"us-esat-1\"\n[[target]]\nfunction = \"f\"\n"));
    let mut said = String::new();
    for arguments in [
        ["plan", "--region", "us-esat-1"].as_slice(),
        &["plan", "--file", "region.toml"],
        &["plan", "--file", "arn.toml"],
        &["plan", "--file", "access.toml"],
        &["target", "add", "arn:aws:lambda:us-esat-1:123456789012:function:f"],
        &["target", "add", "--tag", "team=nobody"],
        &["genesys", "action", "test", "Get order statsu"],
    ] {
        said += &named(arguments.join(" "), &stage.run_client(arguments).whole());
    }
    insta::assert_snapshot!(said, @r#"
    === plan --region us-esat-1
    exit 2
    -- stderr
    error[E1]: invalid value 'us-esat-1' for '--region <REGION>': `us-esat-1` is not an AWS region; did you mean `us-east-1`?

    For more information, try '--help'.
    === plan --file region.toml
    exit 2
    -- stderr
    error[E5]: region.toml:14:10: `us-esat-1` is not an AWS region; did you mean `us-east-1`?
       |
    14 | region = "us-esat-1"
       |          ^^^^^^^^^^^
    === plan --file arn.toml
    exit 2
    -- stderr
    error[E5]: arn.toml:11:12: `eu-centrall-1` is not an AWS region; did you mean `eu-central-1`?
       |
    11 | function = "arn:aws:lambda:eu-centrall-1:123456789012:function:f"
       |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    === plan --file access.toml
    exit 2
    -- stderr
    error[E5]: access.toml:11:10: `us-esat-1` is not an AWS region; did you mean `us-east-1`?
       |
    11 | region = "us-esat-1"
       |          ^^^^^^^^^^^
    === target add arn:aws:lambda:us-esat-1:123456789012:function:f
    exit 2
    -- stderr
    error[E12]: `us-esat-1` is not an AWS region; did you mean `us-east-1`?
    === target add --tag team=nobody
    exit 2
    -- stderr
    error[E1]: no function in us-east-1 has the tag `team=nobody`
    hint: keys and values of tags are compared with regard to case
    === genesys action test Get order statsu
    exit 2
    -- stderr
    error[E1]: no [[action]] is named `Get order statsu`, and there is no input for one that is not in the manifest; did you mean `Get order status`?
    hint: pass a JSON file with --input FILE, or set `test_input` in the [[action]]
    "#);
    assert!(stage.calls().iter().all(|call| !call.write));
}

const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/limits";

fn bounded() -> String {
    manifest(ONE_TARGET)
        .replace("\n\n[[target]]", &format!("\npermissions_boundary = \"{BOUNDARY}\"\n\n[[target]]"))
}

/// Somebody makes a policy by hand, in the form that IAM keeps it in.
fn with_policy(path: &str, name: &str, document: &str) -> State {
    let mut state = State::demo();
    state.add_policy("123456789012", path, name, document);
    state
}

#[test]
fn a_boundary_that_is_to_be_set_is_part_of_the_proof_before_anything_is_written() {
    let mut said = String::new();
    for (what, state) in [
        ("missing", State::demo()),
        (
            "forbids all",
            with_policy(
                "/",
                "limits",
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#,
            ),
        ),
        (
            "allows all",
            with_policy(
                "/",
                "limits",
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
            ),
        ),
    ] {
        let stage = Stage::with(&bounded(), state);
        for command in [["plan"].as_slice(), &["apply", "--yes", "--level", "paper"]] {
            said += &named(format!("{what}: {}", command[0]), &stage.run(command).standard_error());
        }
        assert_eq!(stage.calls().iter().any(|call| call.write), what == "allows all");
    }
    insta::assert_snapshot!(said, @"
    === missing: plan
    exit 2
    -- stderr
    error[E40]: the permissions boundary `arn:aws:iam::123456789012:policy/limits` does not exist
    hint: correct `permissions_boundary` in [role], or create the policy first
    === missing: apply
    exit 2
    -- stderr
    error[E40]: nothing was changed: the permissions boundary `arn:aws:iam::123456789012:policy/limits` does not exist
    hint: correct `permissions_boundary` in [role], or create the policy first
    === forbids all: plan
    exit 4
    === forbids all: apply
    exit 4
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      every-target (refuted): a session can invoke the target function: a session of the role cannot call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function`, because statement 1 of the permissions boundary denies it
    hint: correct the template or the manifest; use `--allow-claim every-target` to apply anyway
    === allows all: plan
    exit 0
    === allows all: apply
    exit 0
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    ");
}

#[test]
fn a_policy_name_that_is_taken_elsewhere_in_the_account_is_found_by_the_plan() {
    let document =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
    let stage =
        Stage::with(&manifest(ONE_TARGET), with_policy("/teams/", "genesysdataactionrole-INVOKE", document));
    for command in [["plan"].as_slice(), &["apply", "--yes"]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(stage.run(command).standard_error().replace("nothing was changed in AWS or Genesys Cloud: ", "").replace("nothing was changed: ", ""), @"
            exit 1
            -- stderr
            error[E36]: the policy `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` cannot be created, because `arn:aws:iam::123456789012:policy/teams/genesysdataactionrole-INVOKE` has its name: names of policies are unique in an account, whatever their path and case
            hint: choose another `name` in [role], from which the names of its policies are made; or, if nobody needs it, delete the policy: `aws iam delete-policy --policy-arn arn:aws:iam::123456789012:policy/teams/genesysdataactionrole-INVOKE`
            ");
        }
    }
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_role_that_iam_changes_at_this_moment_is_waited_for() {
    let stage = Stage::new();
    let rules = vec![FaultRule {
        operation: "iam:AttachRolePolicy".to_owned(),
        skip: 0,
        times: Some(2),
        fault: Fault::Unmodifiable,
    }];
    stage.set(Faults { rules, ..Faults::default() });
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.run(&["drift"]).expect(0);
}

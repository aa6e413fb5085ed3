//! A role or a function that does not exist: it is named, and what is advised works in that state.

use rolecall::sandbox::{State, Tamper};

use super::stage::{ONE_TARGET, Stage, manifest};

const MISSPELT: &str = "[[target]]\nfunction = \"my-genesys-triger-function\"\n";

/// Where both are missing, neither hides the other.
#[test]
fn a_missing_role_does_not_hide_a_missing_function() {
    let stage = Stage::with(&manifest(MISSPELT), State::demo());
    let run = stage.run(&["verify"]).expect(4);
    insta::assert_snapshot!(run.section("Verification"), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
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
                 no function `my-genesys-triger-function` in us-east-1; the nearest names there are `my-genesys-trigger-function`, `my-genesys-trigger-function-test`, `customer-lookup`
                 the role does not exist, so there are no sessions of it
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Do this now
    Result: refuted: the role does not exist; a target function is missing (exit code 4)
    ");
    for output in ["json", "sarif", "junit", "github", "markdown"] {
        let run = stage.run(&["verify", "--output", output]).expect(4);
        assert!(run.stdout.contains("my-genesys-triger-function"), "{output}: {}", run.stdout);
        assert!(run.stdout.contains("does not exist"), "{output}: {}", run.stdout);
    }
}

/// What `drift` prints while a function is missing is carried out, and closes what is open.
#[test]
fn a_repair_is_carried_out_while_a_function_is_missing() {
    for damage in [Tamper::TrustExtraPrincipal, Tamper::PolicyWidened, Tamper::RoleDeleted] {
        let stage = Stage::with(&manifest(ONE_TARGET), State::demo());
        stage.run(&["apply", "--yes"]).expect(0);
        stage.tamper(Tamper::FunctionDeleted);
        stage.tamper(damage);
        let run = stage.run(&["drift"]).expect(4);
        let repair = run.stdout.lines().find_map(|line| Some(line.split_once(". rolecall apply")?.1));
        let options: Vec<&str> = repair.unwrap().split_whitespace().collect();
        assert_eq!(options, ["--allow-claim", "every-target"], "{damage:?}: {}", run.stdout);
        let applied = stage.run(&[&["apply", "--yes", "--level", "paper"], options.as_slice()].concat());
        assert_ne!(applied.status, 1, "{damage:?}: {}", applied.whole());
        assert!(!applied.stdout.contains("AWS matches the manifest"), "{}", applied.stdout);
        // Only the function is left.
        let left = stage.run(&["drift", "--output", "json"]).json();
        let left: Vec<&str> =
            left["drift"].as_array().unwrap().iter().map(|it| it["attribute"].as_str().unwrap()).collect();
        assert_eq!(left, ["function"], "{damage:?}");
    }
}

/// Role and boundary are missing: what `verify` and `drift` advise works in the order in which they advise it.
#[test]
fn a_missing_boundary_is_created_before_what_needs_it() {
    let name = "name = \"GenesysDataActionRole\"";
    let bounded = |boundary: &str| {
        manifest(ONE_TARGET).replace(name, &format!("{name}\npermissions_boundary = \"{boundary}\""))
    };
    let stage = Stage::with(&bounded("targets"), State::demo());
    let verify = stage.run(&["verify", "--level", "paper"]).expect(4);
    insta::assert_snapshot!(verify.standard_error(), @"exit 4");
    let drift = stage.run(&["drift"]).expect(4);
    let repair = |run: &str| {
        run.lines().filter(|line| line.contains("repair: ")).map(str::trim).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(repair(&drift.stdout), @"");
    stage.run(&["boundary", "apply", "--yes"]).expect(0);
    stage.run(&["apply", "--yes"]).expect(0);
    stage.run(&["drift"]).expect(0);

    let elsewhere = Stage::with(&bounded("arn:aws:iam::123456789012:policy/Ours"), State::demo());
    insta::assert_snapshot!(elsewhere.run(&["verify", "--level", "paper"]).expect(4).standard_error(), @"exit 4");
    insta::assert_snapshot!(repair(&elsewhere.run(&["drift"]).expect(4).stdout), @"");
}

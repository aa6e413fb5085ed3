//! `--file -`: the manifest on standard input.

use std::io::Write as _;
use std::process::Stdio;

use super::stage::{ONE_TARGET, Run, Stage, manifest};

/// A run in the stage's folder that is given this on standard input.
fn run_reading(stage: &Stage, input: &str, arguments: &[&str]) -> Run {
    let mut command = stage.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A command that refuses does not read to the end.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.into()
}

/// The stage's folder holds another manifest, which must not be read.
fn stage() -> (Stage, String) {
    let stage = Stage::new();
    let text = manifest(ONE_TARGET);
    stage.write("rolecall.toml", "this is not a manifest");
    (stage, text)
}

#[test]
fn a_manifest_on_standard_input_is_planned_applied_verified_and_rendered() {
    let (stage, text) = stage();
    for (arguments, exit) in [
        (&["plan", "--sandbox"] as &[&str], 0),
        (&["apply", "--sandbox", "--yes", "--level", "paper"], 0),
        (&["drift", "--sandbox"], 0),
        (&["verify", "--sandbox"], 0),
        (&["target", "list", "--sandbox"], 0),
        (&["render", "trust", "--account", "123456789012", "--region", "us-east-1"], 0),
        (&["destroy", "--sandbox", "--yes"], 0),
    ] {
        run_reading(&stage, &text, &[arguments, &["--file", "-"]].concat()).expect(exit);
    }
}

#[test]
fn paths_of_a_manifest_on_standard_input_are_relative_to_the_current_folder() {
    let (stage, text) = stage();
    let action = "\n[[action]]\nname = \"Get order\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
                  input_schema = \"in.json\"\noutput_schema = \"out.json\"\n";
    let text = format!("{text}\n[genesys.integration]\n{action}");
    let schema = r#"{"type":"object","properties":{"order":{"type":"string"}}}"#;
    stage.write("in.json", schema);
    let plan = ["plan", "--sandbox", "--file", "-"];
    let missing = run_reading(&stage, &text, &plan).expect(2);
    assert!(missing.stderr.contains("out.json"), "{}", missing.whole());
    stage.write("out.json", schema);
    run_reading(&stage, &text, &plan).expect(0);
}

#[test]
fn what_is_wrong_with_it_is_said_with_its_lines_and_what_writes_it_refuses() {
    let (stage, text) = stage();
    let wrong = text.replace("[role]", "[roles]");
    let runs = [
        run_reading(&stage, &wrong, &["plan", "--sandbox", "--file", "-"]),
        run_reading(&stage, &text, &["target", "add", "orders-status", "--sandbox", "--file", "-"]),
        run_reading(&stage, &text, &["init", "--file", "-"]),
        run_reading(&stage, &text, &["verify", "--sandbox", "--explain-error", "-", "--file", "-"]),
        run_reading(&stage, &text, &["apply", "--sandbox", "--file", "-"]),
    ];
    let shown: Vec<String> = runs.iter().map(Run::standard_error).collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    exit 2
    -- stderr
    error[E5]: standard input:7:2: unknown key `roles` at the top level; did you mean `role`?
      |
    7 | [roles]
      |  ^^^^^

    exit 2
    -- stderr
    error[E1]: `target` writes the manifest, and standard input cannot be written
    hint: name the file: --file PATH

    exit 2
    -- stderr
    error[E1]: `init` writes the manifest, and standard input cannot be written
    hint: name the file: --file PATH

    exit 2
    -- stderr
    error[E1]: standard input cannot be the manifest and something else
    hint: name a file for one of them

    exit 2
    -- stderr
    error[E2]: nothing was changed in AWS or Genesys Cloud: no terminal to ask for confirmation (use `--yes`)
    hint: --yes carries the plan out without asking
    ");
}

/// Who does what a message says, with the manifest on standard input again, gets there.
#[test]
fn the_advice_can_be_followed() {
    let (stage, text) = stage();
    let verify = run_reading(&stage, &text, &["verify", "--sandbox", "--file", "-"]);
    insta::assert_snapshot!(verify.whole(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
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
      1. rolecall apply --file FILE --sandbox
         rolecall writes what the manifest says

    Result: refuted: the role does not exist (exit code 4)
    ");
    let commands: Vec<&str> =
        verify.stdout.lines().filter_map(|line| Some(line.split_once(". rolecall ")?.1)).collect();
    assert_eq!(commands.len(), 1, "{}", verify.whole());
    stage.write("saved.toml", &text);
    for command in commands {
        // Who answers at the terminal has the manifest in a file.
        let command = command.replace("--file FILE", "--file saved.toml");
        let words: Vec<&str> = command
            .split(' ')
            .chain(["--yes"].into_iter().filter(|_| command.starts_with("apply")))
            .collect();
        run_reading(&stage, &text, &words).expect(0);
    }
    run_reading(&stage, &text, &["verify", "--sandbox", "--file", "-"]).expect(0);
}

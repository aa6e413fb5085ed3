//! A side that is left out, where something goes wrong: every format names it, advised commands keep leaving it out, and whoever has
//! no access to AWS hears of that before anything that only AWS needs.

use rolecall::sandbox::{Fault, FaultRule, Faults, Tamper};

use super::genesys::applied;
use super::one_side::administrator;
use super::stage::{Run, Stage};
use super::views::named;

const FORMATS: [&str; 5] = ["junit", "sarif", "github", "markdown", "html"];

fn denied(operation: &str) -> Faults {
    let rule = FaultRule { operation: operation.to_owned(), skip: 0, times: None, fault: Fault::Deny };
    Faults { rules: vec![rule], ..Faults::default() }
}

/// The lines of each format that say what nobody looked at.
fn told(stage: &Stage, command: &[&str]) -> String {
    let mut said = String::new();
    for format in FORMATS {
        let run = stage.run(&[command, &["--output", format]].concat()).expect(1);
        let lines = run.stdout.lines().filter(|line| line.contains("not looked at"));
        said +=
            &format!("{format}\n{}", lines.map(|line| format!("  {}\n", line.trim())).collect::<String>());
    }
    let report = stage.run(&[command, &["--output", "json"]].concat()).json();
    said + &format!("json\n  {}\n", report["unexamined"])
}

/// The message of the error is the same in each, so it is left out.
fn without_error(said: &str) -> String {
    let error = regex::Regex::new(r"(sts|iam):\w+ failed: .*?(\(exit code|; Genesys|$)").unwrap();
    said.lines().map(|line| error.replace(line, "[error]$2").into_owned() + "\n").collect()
}

#[test]
fn a_run_that_failed_names_the_side_that_nobody_looked_at() {
    let stage = applied();
    stage.set(denied("iam:GetRole"));
    let mut said = String::new();
    for command in [&["drift", "--side", "aws"][..], &["verify", "--level", "paper"]] {
        said += &named(command.join(" "), &without_error(&told(&stage, command)));
    }
    insta::assert_snapshot!(said, @r#"
    === drift --side aws
    junit
      <skipped message="not looked at (--side aws)"/>
    sarif
      "text": "Genesys Cloud was not looked at (--side aws)"
    github
      ::notice title=rolecall drift::Genesys Cloud was not looked at (--side aws)
    markdown
      ## rolecall drift: failed: [error]; Genesys Cloud was not looked at (--side aws)
    html
      <p class="verdict bad">Failed: [error]; Genesys Cloud was not looked at (--side aws)</p>
    json
      {"service":"Genesys Cloud","reason":"--side aws"}
    === verify --level paper
    junit
      <skipped message="not looked at (no usable credentials)"/>
    sarif
      "text": "Genesys Cloud was not looked at (no usable credentials)"
    github
      ::notice title=rolecall verify::Genesys Cloud was not looked at (no usable credentials)
    markdown
      ## rolecall verify: failed: [error]; Genesys Cloud was not looked at (no usable credentials)
    html
      <p class="verdict bad">Failed: [error]; Genesys Cloud was not looked at (no usable credentials)</p>
    json
      {"service":"Genesys Cloud","reason":"no usable credentials"}
    "#);
}

#[test]
fn of_many_those_that_failed_name_it_too() {
    let stage = applied();
    stage.write(
        "other.toml",
        &std::fs::read_to_string(stage.folder.path().join("rolecall.toml"))
            .unwrap()
            .replace("name = \"GenesysDataActionRole\"", "name = \"Another\""),
    );
    stage.set(denied("sts:GetCallerIdentity"));
    let command = ["drift", "--side", "aws", "--file", "rolecall.toml", "--file", "other.toml"];
    let report = stage.run(&[&command[..], &["--output", "json"]].concat()).expect(1).json();
    for role in report["roles"].as_array().unwrap() {
        assert_eq!(role["unexamined"]["reason"], "--side aws", "{role}");
    }
    let github = stage.run(&[&command[..], &["--output", "github"]].concat()).expect(1).stdout;
    assert_eq!(github.matches("Genesys Cloud was not looked at").count(), 2, "{github}");
}

/// What stopped the command stood before the manifest: what the user left out was left out all the same.
#[test]
fn a_run_that_did_not_begin_names_it_too() {
    let stage = Stage::new();
    stage.write("rolecall.toml", "version = 1\n");
    let run = stage.run(&["drift", "--side", "aws", "--output", "github"]).expect(2);
    assert!(run.stdout.contains("Genesys Cloud was not looked at (--side aws)"), "{}", run.stdout);
    let run = stage.run(&["drift", "--output", "github"]).expect(2);
    assert!(!run.stdout.contains("not looked at"), "{}", run.stdout);
}

#[test]
fn a_run_that_got_halfway_names_the_side_that_nobody_looked_at() {
    let stage = applied();
    [Tamper::MaxSession, Tamper::PolicyWidened].into_iter().for_each(|kind| stage.tamper(kind));
    stage.set(denied("iam:CreatePolicyVersion"));
    let before = stage.sandbox.state();
    let mut said = String::new();
    for format in FORMATS {
        stage.sandbox.change(|state| *state = (*before).clone()).unwrap();
        let apply = ["apply", "--side", "aws", "--yes", "--level", "paper", "--output", format];
        let run = stage.run(&apply).expect(1);
        let lines = run.stdout.lines().filter(|line| line.contains("not looked at"));
        said +=
            &format!("{format}\n{}", lines.map(|line| format!("  {}\n", line.trim())).collect::<String>());
    }
    insta::assert_snapshot!(without_error(&said), @r#"
    junit
      <skipped message="not looked at (--side aws)"/>
    sarif
      "text": "Genesys Cloud was not looked at (--side aws)"
    github
      ::notice title=rolecall apply::Genesys Cloud was not looked at (--side aws)
    markdown
      ## rolecall apply: failed: after 1 change was made, could not update policy document of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke: [error]; Genesys Cloud was not looked at (--side aws)
    html
      <p class="verdict bad">Failed: after 1 change was made, could not update policy document of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke: [error]; Genesys Cloud was not looked at (--side aws)</p>
    "#);
}

/// An `apply` without the option would look for an OAuth client that this user does not have.
#[test]
fn advised_commands_leave_the_same_side_out() {
    let stage = applied();
    stage.tamper(Tamper::MaxSession);
    let text = stage.run(&["drift", "--side", "aws"]).expect(3).stdout;
    insta::assert_snapshot!(text.lines().filter(|line| line.contains("rolecall ")).collect::<Vec<_>>().join("\n"), @"
    1. rolecall apply --side aws
       rolecall writes what the manifest says
    ");
    let report = stage.run(&["drift", "--side", "aws", "--output", "json"]).expect(3).json();
    assert_eq!(report["drift"][0]["repair"], "rolecall apply --side aws");
}

/// A region would not help whoever has no credentials.
#[test]
fn whoever_has_no_access_to_aws_hears_of_credentials_first() {
    let stage = applied();
    let mut said = String::new();
    for command in [
        &["plan"][..],
        &["apply", "--yes"],
        &["drift"],
        &["verify"],
        &["destroy", "--yes"],
        &["genesys", "connect", "--yes"],
    ] {
        let run = Run::from(administrator(&stage, command).output().unwrap()).expect(1);
        said += &named(command.join(" "), &run.standard_error());
    }
    // With credentials it is the region.
    let mut command = stage.client_command(&["plan"]);
    command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    said += &named("with credentials", &Run::from(command.output().unwrap()).expect(2).standard_error());
    insta::assert_snapshot!(said, @"
    === plan
    exit 1
    -- stderr
    error[E14]: no AWS credentials were found, and no region for target `my-genesys-trigger-function`
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; the region: --region, AWS_REGION or the profile's region; without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side alone
    === apply --yes
    exit 1
    -- stderr
    error[E14]: no AWS credentials were found, and no region for target `my-genesys-trigger-function`
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; the region: --region, AWS_REGION or the profile's region; without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side alone
    === drift
    exit 1
    -- stderr
    error[E14]: no AWS credentials were found, and no region for target `my-genesys-trigger-function`
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; the region: --region, AWS_REGION or the profile's region; without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side alone
    === verify
    exit 1
    -- stderr
    error[E14]: no AWS credentials were found, and no region for target `my-genesys-trigger-function`
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; the region: --region, AWS_REGION or the profile's region; without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side alone
    === destroy --yes
    exit 1
    -- stderr
    error[E14]: no AWS credentials were found, and no region for target `my-genesys-trigger-function`
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; the region: --region, AWS_REGION or the profile's region; without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side alone
    === genesys connect --yes
    exit 1
    -- stderr
    error[E14]: no AWS credentials were found, and no region for target `my-genesys-trigger-function`
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; the region: --region, AWS_REGION or the profile's region; without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side alone
    === with credentials
    exit 2
    -- stderr
    error[E13]: no region for target `my-genesys-trigger-function`
    hint: give the [[target]] a `region`, or set --region, AWS_REGION or the profile's region
    ");
}

//! Options as people type them: by the environment, short, and in the words of other tools.

use super::stage::{Run, Stage, binary};
use super::views::named;

#[test]
fn the_environment_states_options_and_the_command_line_goes_before_it() {
    let stage = Stage::new();
    stage.write("other.toml", "version = 2\n");
    let run = |arguments: &[&str], variable: &str, value: &str| -> Run {
        stage.command(arguments).env(variable, value).output().unwrap().into()
    };
    run(&["plan"], "ROLECALL_OUTPUT", "json").expect(0).json();
    run(&["plan"], "ROLECALL_FILE", "other.toml").expect(2);
    run(&["plan", "-f", "rolecall.toml"], "ROLECALL_FILE", "other.toml").expect(0);
    run(&["plan"], "ROLECALL_FILE", "").expect(0);
    run(&["plan"], "ROLECALL_PROFILE", "typo").expect(2);
    run(&["plan"], "ROLECALL_DEADLINE", "never").expect(2);
    for (value, is_on) in [("1", true), ("true", true), ("0", false), ("false", false), ("", false)] {
        let folder = tempfile::TempDir::new().unwrap();
        let mut command = binary(folder.path());
        let run: Run = command.arg("plan").env("ROLECALL_SANDBOX", value).output().unwrap().into();
        assert_eq!(run.status == 0, is_on, "ROLECALL_SANDBOX={value}: {}", run.stderr);
    }
}

#[test]
fn json_quiet_and_colour_are_what_other_tools_call_them() {
    let stage = Stage::new();
    stage.run(&["plan", "-o", "json"]).expect(0).json();
    stage.run(&["plan", "--json"]).expect(0).json();
    assert!(stage.run(&["plan", "--color", "always"]).expect(0).stdout.contains("\u{1b}["));
    assert!(!stage.run(&["plan", "--color=never"]).expect(0).stdout.contains("\u{1b}["));
    let run = stage.run(&["apply", "--yes", "--quiet", "--level", "paper"]).expect(0);
    assert_eq!(run.stderr, "");
}

#[test]
fn habits_of_other_tools_are_answered_with_what_does_the_same() {
    let stage = Stage::new();
    let mut said = String::new();
    for arguments in [
        ["apply", "--auto-approve"].as_slice(),
        &["apply", "--dry-run"],
        &["destroy", "--plan"],
        &["plan", "--target=my-function"],
        &["plan", "--no-color"],
        &["target", "list", "--output", "sarif"],
        &["genesys", "whoami", "--output", "csv"],
    ] {
        said += &named(arguments.join(" "), &stage.run(arguments).whole());
    }
    insta::assert_snapshot!(said, @"
    === apply --auto-approve
    exit 2
    -- stderr
    error[E1]: unexpected argument '--auto-approve' found

      tip: `--yes` carries a plan out without asking

    Usage: rolecall apply [OPTIONS] [FILE]

    For more information, try '--help'.
    === apply --dry-run
    exit 2
    -- stderr
    error[E1]: unexpected argument '--dry-run' found

      tip: `rolecall plan` shows what apply would change; it only reads

    Usage: rolecall apply [OPTIONS] [FILE]

    For more information, try '--help'.
    === destroy --plan
    exit 2
    -- stderr
    error[E1]: unexpected argument '--plan' found

      tip: `rolecall destroy` shows what it would remove, and asks before it does

    Usage: rolecall destroy --replace

    For more information, try '--help'.
    === plan --target=my-function
    exit 2
    -- stderr
    error[E1]: unexpected argument '--target' found

      tip: a manifest is applied as a whole; `rolecall target add` and `rolecall target remove` edit it

    Usage: rolecall plan [OPTIONS]

    For more information, try '--help'.
    === plan --no-color
    exit 2
    -- stderr
    error[E1]: unexpected argument '--no-color' found

      tip: `--color never` does that

    Usage: rolecall plan --color <WHEN>

    For more information, try '--help'.
    === target list --output sarif
    exit 2
    -- stderr
    error[E1]: invalid value 'sarif' for '--output <FORMAT>'
      [possible values: human, json]

    For more information, try '--help'.
    === genesys whoami --output csv
    exit 2
    -- stderr
    error[E1]: invalid value 'csv' for '--output <FORMAT>'
      [possible values: human, json, markdown]

    For more information, try '--help'.
    ");
    assert!(stage.calls().is_empty());
}

/// What stands on the command line goes before the environment; what would be a guess is an error.
#[test]
fn the_sandbox_on_the_command_line_goes_before_a_profile_of_the_environment() {
    let folder = tempfile::TempDir::new().unwrap();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = super::stage::binary(folder.path());
        Run::from(command.args(arguments).envs(variables.iter().copied()).output().unwrap()).status
    };
    let profile = ("ROLECALL_PROFILE", "production");
    let sandbox = ("ROLECALL_SANDBOX", "1");
    assert_eq!(run(&["plan", "--sandbox"], &[profile]), 0);
    assert_eq!(run(&["genesys", "whoami", "--sandbox"], &[profile]), 0);
    assert_eq!(run(&["plan", "--sandbox", "--profile", "production"], &[]), 2);
    assert_eq!(run(&["plan", "--profile", "production"], &[sandbox]), 2);
    assert_eq!(run(&["plan"], &[sandbox, profile]), 2);
    assert_eq!(run(&["init", "--from-role", "GenesysDataActionRole"], &[sandbox, profile]), 2);
}

/// Otherwise a variable that says "sandbox" would lead to a real account.
#[test]
fn init_takes_the_sandbox_from_the_environment_too() {
    let folder = tempfile::TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = super::stage::binary(folder.path());
        Run::from(command.args(arguments).env("ROLECALL_SANDBOX", "1").output().unwrap())
    };
    assert_eq!(run(&["apply", "--yes"]).status, 0);
    let described = run(&["init", "--from-role", "GenesysDataActionRole"]);
    assert_eq!(described.status, 0, "{}", described.stderr);
}

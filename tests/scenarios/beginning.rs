//! The first command: `init` says all that is missing at once, works out what a role shows, and asks until an answer is right.

use rolecall::sandbox::State;

use super::stage::{EXTERNAL_ID, ONE_TARGET, Stage, manifest};
#[cfg(unix)]
use super::terminal::Terminal;
use super::views::named;

const COMMERCIAL: &str = r#"{"AWS":"arn:aws:iam::765628985471:root"}"#;
const FEDRAMP: &str = r#"{"AWS":"arn:aws:iam::325654371633:root"}"#;
const UNPUBLISHED: &str = r#"{"AWS":"arn:aws:iam::999988887777:root"}"#;

#[test]
fn without_a_terminal_all_that_is_missing_is_said_at_once() {
    let stage = Stage::new();
    let mut said = String::new();
    for options in [
        [].as_slice(),
        &["--genesys-region", "eusc-de-east-1"],
        &["--genesys-region", "us-west-1", "--target", "no:such:thing"],
    ] {
        let init = ["init", "--file", "new.toml"];
        said += &named(options.join(" "), &stage.run(&[&init, options].concat()).expect(2).whole());
    }
    insta::assert_snapshot!(said);
    assert!(!stage.folder.path().join("new.toml").exists());
}

#[test]
fn the_region_follows_from_the_account_that_a_role_trusts() {
    let mut state = State::demo();
    for (name, principal) in [("Commercial", COMMERCIAL), ("Fedramp", FEDRAMP), ("Unpublished", UNPUBLISHED)]
    {
        state.add_role("123456789012", name, principal);
    }
    let stage = Stage::with(&manifest(ONE_TARGET), state);
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";
    let mut said = String::new();
    for options in [
        ["Fedramp", "--target", "my-genesys-trigger-function"].as_slice(),
        &["Commercial", "--target", arn],
        &["Commercial", "--target", "my-genesys-trigger-function"],
        &["Unpublished", "--target", arn],
        &["Unpublished", "--target", arn, "--trusted-account", "325654371633"],
        &["Nobody"],
    ] {
        let init =
            ["init", "--file", "live.toml", "--force", "--organization-id", EXTERNAL_ID, "--from-role"];
        said += &named(options.join(" "), &stage.run(&[&init, options].concat()).whole());
        if let Ok(text) = std::fs::read_to_string(stage.folder.path().join("live.toml")) {
            let region = text.lines().find(|line| line.starts_with("region")).unwrap();
            said += &format!("{region}\n");
            std::fs::remove_file(stage.folder.path().join("live.toml")).unwrap();
        }
    }
    insta::assert_snapshot!(said);
}

#[cfg(unix)]
#[test]
fn somebody_at_a_terminal_chooses_functions_from_a_list() {
    let stage = Stage::new();
    let mut terminal = Terminal::run(&stage, &["init", "--color", "never", "--file", "new.toml"]);
    for (question, answer) in [
        ("(us-east-1, mypurecloud.de, …): ", "nowhere\n"),
        ("(us-east-1, mypurecloud.de, …): ", "us-east-1\n"),
        ("returns it as `id`): ", &format!("{EXTERNAL_ID}\n")),
        ("[GenesysDataActionRole]: ", "\n"),
        ("separated by commas): ", "99 1\n"),
        ("separated by commas): ", "1\n"),
    ] {
        terminal.until(question);
        terminal.enter(answer);
    }
    let (status, shown) = terminal.end();
    assert!(status.success(), "{shown}");
    insta::assert_snapshot!(shown);
    let text = std::fs::read_to_string(stage.folder.path().join("new.toml")).unwrap();
    assert!(
        text.contains("region = \"us-east-1\"\n") && text.contains("name = \"GenesysDataActionRole\""),
        "{text}"
    );
}

//! The permissions that `docs/genesys.md` lists by command: written from the list that `whoami` uses, and held against the
//! calls that the commands really make.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rolecall_genesys::operation::{ALL, COMMANDS, CommandCalls, Operation};

use super::super::stage::Run;
use super::*;

const BEGIN: &str = "<!-- permissions: written by a test; run it with UPDATE_PERMISSIONS=1 -->\n";
const END: &str = "<!-- end of permissions -->";

/// Each command with the permissions that its calls need, each once.
fn table() -> String {
    let mut text = "| command | permissions |\n|---|---|\n".to_owned();
    for CommandCalls { command, operations, is_for_changes: _ } in COMMANDS {
        let mut needs: Vec<String> = Vec::new();
        for operation in *operations {
            let need =
                operation.permissions.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" or ");
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        let commands: Vec<String> = command.split(", ").map(|one| format!("`{one}`")).collect();
        writeln!(text, "| {} | {} |", commands.join(", "), needs.join("<br>")).unwrap();
    }
    text
}

/// Run with `UPDATE_PERMISSIONS=1` to write the list anew.
#[test]
fn the_page_lists_the_permissions_of_each_command() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/genesys.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let current = format!("{before}{BEGIN}\n{}\n{END}{after}", table());
    if std::env::var_os("UPDATE_PERMISSIONS").is_some() {
        fs::write(&path, &current).unwrap();
        return;
    }
    assert_eq!(page, current, "run this test with UPDATE_PERMISSIONS=1");
}

#[test]
fn every_call_that_needs_a_permission_is_a_commands() {
    // rolecall tests published actions only; the test of drafts is a port that nothing uses.
    let is_listed = |operation: &&Operation| {
        operation.permissions.is_empty()
            || operation.name.ends_with("/draft/test")
            || COMMANDS.iter().any(|known| known.operations.iter().any(|one| one.name == operation.name))
    };
    let missing: Vec<&str> = ALL
        .iter()
        .copied()
        .filter(|operation| !is_listed(operation))
        .map(|operation| operation.name)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(
        COMMANDS.iter().flat_map(|known| known.operations).all(|operation| !operation.permissions.is_empty())
    );
}

/// The calls of a run with `-v`, as `GET /path`, that the list does not have for the command.
fn unlisted(run: &Run, command: &str) -> Vec<String> {
    // Whatever may end an action asks who uses it.
    let rows = [command, "who uses an action that is deleted or replaced"];
    let listed: Vec<&Operation> = COMMANDS
        .iter()
        .filter(|known| rows.contains(&known.command))
        .flat_map(|known| known.operations)
        .copied()
        .collect();
    let is_listed = |action: &str| {
        let same = |operation: &&Operation| operation.name == action;
        listed.iter().copied().any(|operation| same(&operation))
            || ALL.iter().copied().any(|operation| same(&operation) && operation.permissions.is_empty())
    };
    let calls = run.stderr.lines().filter_map(|line| line.split_once(" ms  "));
    let calls: Vec<&str> = calls
        .filter_map(|(_, call)| call.split_once("  "))
        .map(|(_, name)| name.trim())
        .filter(|name| name.contains(" /"))
        .collect();
    assert!(!calls.is_empty(), "{command}: {}", run.stderr);
    calls.into_iter().filter(|action| !is_listed(action)).map(str::to_owned).collect()
}

#[test]
fn no_command_makes_a_call_that_the_page_does_not_have_for_it() {
    let stage = stage();
    let mut seen = 0;
    let mut run = |arguments: &[&str], command: &str| {
        let unlisted = unlisted(&stage.run_client(&[arguments, &["-v"]].concat()), command);
        assert!(unlisted.is_empty(), "{arguments:?}: {unlisted:?}");
        seen += 1;
    };
    run(&["plan"], "plan, drift, verify");
    run(&["apply", "--yes", "--level", "paper"], "apply with [[action]]");
    tamper(&stage, Tamper::GenesysIntegrationDisabled);
    run(&["genesys", "connect", "--yes"], "genesys connect");
    run(&["drift"], "plan, drift, verify");
    run(&["genesys", "action", "list"], "genesys action list, genesys action export");
    run(&["genesys", "action", "export", ACTION], "genesys action list, genesys action export");
    run(&TEST, "genesys action test, verify --level genesys");
    run(&["verify", "--level", "genesys", "--yes"], "genesys action test, verify --level genesys");
    run(&["genesys", "audit"], "genesys audit");
    run(&["genesys", "metrics"], "genesys metrics, drift --with-metrics");
    tamper(&stage, Tamper::GenesysActionEdited);
    tamper(&stage, Tamper::GenesysIntegrationDisabled);
    run(&["apply", "--yes", "--level", "paper"], "apply with [[action]]");
    stage.write(
        "schemas/request.json",
        r#"{"type":"object","properties":{"orderNumber":{"type":"integer"}}}"#,
    );
    stage.write("input.json", r#"{"orderNumber": 4711}"#);
    run(&["apply", "--yes", "--replace", "--level", "paper"], "apply with [[action]]");
    run(&["destroy", "--yes"], "destroy");
    assert_eq!(seen, 13);
}

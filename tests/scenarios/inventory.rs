//! The inventory of what grants: each read of it is denied once, and what is then said stands in `docs/evidence.md`.

use std::fmt::Write as _;

use rolecall::sandbox::{Fault, FaultRule, Faults, State};
use rolecall::verify::inventory::{Effect, GRANTS, Grant, Look};

use super::stage::{Run, Stage, manifest};
use super::views::normalised;
use crate::commands::reference_pages::hold;

const TARGET: &str = "[[target]]\nfunction = \"my-genesys-trigger-function\"\nqualifier = \"live\"\n";

/// A role with a policy of every kind, so that each read has something to read.
fn stage() -> Stage {
    let name = "name = \"GenesysDataActionRole\"";
    let bounded = manifest(TARGET).replace(name, &format!("{name}\npermissions_boundary = \"targets\""));
    let stage = Stage::with(&bounded, State::demo());
    stage.run(&["boundary", "apply", "--yes"]).expect(0);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let harmless =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    stage
        .sandbox
        .change(|state| {
            let role = state.role_mut("123456789012", super::stage::ROLE).unwrap();
            role.permissions.inline.insert("theirs".to_owned(), harmless.to_owned());
        })
        .unwrap();
    stage
}

fn look(stage: &Stage, look: Look) -> Option<Run> {
    match look {
        Look::Every => Some(stage.run(&["verify", "--level", "paper"])),
        Look::Live => Some(stage.run(&["verify", "--level", "live"])),
        Look::GenesysCloud | Look::ActionTest | Look::Audit | Look::Nothing => None,
    }
}

/// The exit code, and the line that names the call, without AWS's answer.
fn said(run: &Run, call: &str) -> String {
    let both = format!("{}\n{}", run.stderr, run.stdout);
    let line = both.lines().find(|line| line.contains(call)).unwrap_or_default();
    let line = normalised(line.trim());
    let words = line.split_once(" failed: ").map_or(line.as_str(), |(words, _)| words);
    format!("exit code {}: {words}", run.status)
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Assume => "who assumes the role",
        Effect::Session => "what a session does",
        Effect::PastTheRole => "who reaches a target without the role",
    }
}

fn examined(look: Look) -> &'static str {
    match look {
        Look::Every => "`plan`, `apply`, `drift`, `verify`, the scheduled check",
        Look::Live => "`verify` from `live` on",
        Look::GenesysCloud => "`plan`, `apply`, `drift` with `[[action]]` or `[genesys.credentials]`",
        Look::ActionTest => "`verify --level genesys`, `genesys action test`",
        Look::Audit => "`genesys audit`",
        Look::Nothing => "nothing",
    }
}

#[test]
fn what_grants_is_read_or_its_absence_is_said() {
    let mut page = String::from(
        "\n| what grants | what it decides | examined by | permission | what is said if AWS denies the read |\n|---|---|---|---|---|\n",
    );
    let stage = stage();
    for Grant { what, effect: decides, look: by, reads } in GRANTS {
        let mut words = Vec::new();
        for read in reads {
            let rule = FaultRule { operation: (*read).to_owned(), skip: 0, times: None, fault: Fault::Deny };
            stage.set(Faults { rules: vec![rule], ..Faults::default() });
            let Some(run) = look(&stage, by) else { continue };
            let said = said(&run, read);
            assert!(said.contains(read), "{read} is denied, and nothing says so: {}", run.stdout);
            words.push(said);
        }
        let words = if words.is_empty() { "-".to_owned() } else { words.join("<br>") };
        let reads: Vec<String> = reads.iter().map(|read| format!("`{read}`")).collect();
        let reads = if reads.is_empty() { "-".to_owned() } else { reads.join("<br>") };
        writeln!(page, "| {what} | {} | {} | {reads} | {words} |", effect(decides), examined(by)).unwrap();
    }
    hold("docs/evidence.md", &page);
}

//! Pairs of manifests: one is applied, then the other one. The second apply ends with 0, `drift` with 0, a third writes nothing, and on
//! the way nobody could do what neither the first nor the last state allows.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rolecall::sandbox::{CUSTOMER, State};
use serde_json::{Value, json};

use super::judge::Judge;
use super::manifests::{ALIAS, Dice, FUNCTIONS, RandomManifest, manifest};
use super::stage::{ROLE, Run, Stage};

/// How a pair ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ended {
    /// As it should.
    Converged,
    /// The path differs, which IAM never changes: refused, with nothing written.
    Refused,
}

/// Makes the pairs, several at once: how many ended how, and what went wrong.
pub(crate) fn run(pairs: usize, at_once: usize) -> (Vec<Ended>, Vec<String>) {
    let (judge, next) = (Judge::default(), AtomicUsize::new(0));
    let (ended, wrong) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= pairs {
                        break;
                    }
                    match pair(number as u64, &judge) {
                        Ok(how) => ended.lock().unwrap().push(how),
                        Err(message) => wrong.lock().unwrap().push(format!("pair {number}: {message}")),
                    }
                }
            });
        }
    });
    (ended.into_inner().unwrap(), wrong.into_inner().unwrap())
}

/// The manifests of the pairs, and the functions that there must be, as JSON.
#[allow(dead_code, reason = "the harness alone prints them")]
pub(crate) fn printed(pairs: usize) -> Value {
    let value = |it: RandomManifest| {
        let RandomManifest { text, targets: _, templates, has_boundary, path } = it;
        let templates: BTreeMap<&str, String> = templates.into_iter().collect();
        json!({ "text": text, "templates": templates, "has_boundary": has_boundary, "path": path })
    };
    let pair = |seed: usize| {
        let mut dice = Dice::of(seed as u64);
        [manifest(ROLE, &mut dice), manifest(ROLE, &mut dice)].map(value)
    };
    json!({ "functions": FUNCTIONS, "alias": ALIAS, "pairs": (0..pairs).map(pair).collect::<Vec<_>>() })
}

fn pair(seed: u64, judge: &Judge) -> Result<Ended, String> {
    let mut dice = Dice::of(seed);
    let (one, other) = (manifest(ROLE, &mut dice), manifest(ROLE, &mut dice));
    let told = |what: String| format!("{what}\n--- first\n{}\n--- then\n{}", one.text, other.text);
    let stage = Stage::with("", account());
    put(&stage, &one);
    for command in commands(&one) {
        ended_with(0, &command, &stage).map_err(told)?;
    }
    put(&stage, &other);
    if one.path != other.path {
        let before = stored(&stage);
        for command in ["apply --yes --level paper", "drift", "verify --level paper"] {
            ended_with(4, &with_templates(command, &other), &stage).map_err(told)?;
        }
        return match before == stored(&stage) {
            true => Ok(Ended::Refused),
            false => Err(told("a role under another path was changed".to_owned())),
        };
    }
    let (apply, before) = {
        let mut commands = commands(&other);
        (commands.pop().unwrap(), commands)
    };
    for command in before {
        ended_with(0, &command, &stage).map_err(told)?;
    }
    stage.sandbox.keep_history();
    ended_with(0, &apply, &stage).map_err(told)?;
    let widened = judge.widened(&stage.sandbox.history());
    if !widened.is_empty() {
        return Err(told(format!("on the way {widened:?}")));
    }
    ended_with(0, &with_templates("drift", &other), &stage).map_err(told)?;
    let after = stored(&stage);
    ended_with(0, &apply, &stage).map_err(told)?;
    match after == stored(&stage) {
        true => Ok(Ended::Converged),
        false => Err(told("the same apply wrote again".to_owned())),
    }
}

/// What leads to the manifest; `apply` is the last.
fn commands(manifest: &RandomManifest) -> Vec<Vec<String>> {
    let boundary = manifest.has_boundary.then(|| with_templates("boundary apply --yes", manifest));
    boundary.into_iter().chain([with_templates("apply --yes --level paper", manifest)]).collect()
}

fn with_templates(command: &str, manifest: &RandomManifest) -> Vec<String> {
    let templates = if manifest.templates.is_empty() { "" } else { " --policies policies" };
    format!("{command}{templates}").split(' ').map(str::to_owned).collect()
}

fn put(stage: &Stage, manifest: &RandomManifest) {
    stage.write("rolecall.toml", &manifest.text);
    let folder = stage.folder.path().join("policies");
    if folder.exists() {
        std::fs::remove_dir_all(folder).unwrap();
    }
    for (name, text) in &manifest.templates {
        stage.write(&format!("policies/{name}"), text);
    }
}

fn ended_with(status: i32, command: &[String], stage: &Stage) -> Result<(), String> {
    let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    let Run { status: ended, stdout, stderr } = stage.run(&arguments);
    match ended == status {
        true => Ok(()),
        false => Err(format!("{command:?} ended with {ended}:\n{stdout}{stderr}")),
    }
}

/// What there is in the account, as one text.
fn stored(stage: &Stage) -> String {
    serde_json::to_string(&stage.sandbox.state().accounts[CUSTOMER]).unwrap()
}

fn account() -> State {
    let mut state = State::demo();
    for (region, name) in FUNCTIONS {
        state.add_function(CUSTOMER, region, name, &[ALIAS]);
    }
    state
}

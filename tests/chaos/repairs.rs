//! Whatever somebody changed by hand, alone and in pairs: the steps that "Do this now" prints are carried out as they are printed, in
//! their order. Each of them works, and then `drift` ends with 0.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rolecall::sandbox::{Action, CUSTOMER, Function, State, Tags, Tamper};
use serde_json::{Value, json};

use super::stage::{EXTERNAL_ID, ROLE, Run, Stage};

/// How the repair of what was found went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ended {
    /// Nothing differed, and nothing was advised.
    InSync,
    /// The printed commands were enough.
    ByCommands,
    /// A printed step that is no command was needed, too.
    WithStep,
    /// One change leaves nothing for the other one to be done to.
    NotApplicable,
}

/// A change by hand.
type Change = fn(&mut State);

/// A change behind rolecall's back.
#[derive(Clone, Copy)]
enum Kind {
    Tamper(Tamper),
    Other(&'static str, Change),
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Tamper(tamper) => tamper.name(),
            Self::Other(name, _) => name,
        }
    }

    /// Whether there was something to do it to.
    fn find(self, state: &mut State) -> bool {
        match self {
            Self::Tamper(tamper) => tamper.apply(state, ROLE).is_ok(),
            Self::Other(_, change) => {
                let has_all = state.role(CUSTOMER, ROLE).is_some()
                    && function(state, FUNCTION).is_some()
                    && action(state).is_some();
                if has_all {
                    change(state);
                }
                has_all
            }
        }
    }
}

/// Every tampering of the sandbox, and what else is known to happen.
fn kinds() -> Vec<Kind> {
    let others: [(&str, Change); 12] = [
        ("function-other-account", |state| {
            let_in(state, FUNCTION, "", &json!({"AWS": "arn:aws:iam::999999999999:root"}))
        }),
        ("function-any-bucket", |state| let_in(state, FUNCTION, "", &json!({"Service": "s3.amazonaws.com"}))),
        ("function-quoted-statement", |state| {
            let_in(state, FUNCTION, "", &json!("*"));
            let policy = function(state, FUNCTION).unwrap().policies.get_mut("").unwrap();
            policy["Statement"][0].as_object_mut().unwrap().remove("Sid");
        }),
        ("alias-public", |state| {
            let_in(state, "orders-status", "live", &json!("*"));
        }),
        ("ten-admins", |state| {
            let policies = &mut state.accounts.get_mut(CUSTOMER).unwrap().policies;
            let mut any = policies.values().next().unwrap().clone();
            any.tags = Tags::default();
            for version in any.versions.values_mut() {
                version.document = EVERYTHING.to_owned();
            }
            let mut arns = Vec::new();
            for number in 0..10 {
                (any.name, any.path) = (format!("Admin{number}"), "/".to_owned());
                let arn = format!("arn:aws:iam::{CUSTOMER}:policy/{}", any.name);
                policies.insert(arn.clone(), any.clone());
                arns.push(arn);
            }
            let role = state.role_mut(CUSTOMER, ROLE).unwrap();
            role.permissions.attached = arns;
            role.trust = OPEN.to_owned();
        }),
        ("trust-replaced", |state| {
            let trust = OPEN.replace('*', "arn:aws:iam::999999999999:root");
            state.role_mut(CUSTOMER, ROLE).unwrap().trust = trust;
        }),
        ("role-moved", |state| state.role_mut(CUSTOMER, ROLE).unwrap().path = "/moved/".to_owned()),
        ("all-tags-removed", |state| {
            state.role_mut(CUSTOMER, ROLE).unwrap().tags.remove("rolecall:role");
            for policy in state.accounts.get_mut(CUSTOMER).unwrap().policies.values_mut() {
                policy.tags.remove("rolecall:role");
            }
        }),
        ("boundary-deleted", |state| {
            if let Some(arn) = state.role_mut(CUSTOMER, ROLE).unwrap().permissions.boundary.take() {
                state.accounts.get_mut(CUSTOMER).unwrap().policies.remove(&arn);
            }
        }),
        ("boundary-other", |state| {
            let boundary = "arn:aws:iam::aws:policy/AdministratorAccess".to_owned();
            state.role_mut(CUSTOMER, ROLE).unwrap().permissions.boundary = Some(boundary);
        }),
        ("action-renamed", |state| {
            action(state).unwrap().published.as_mut().unwrap().name = "Order status (new)".to_owned();
        }),
        ("action-contract", |state| {
            let revision = action(state).unwrap().published.as_mut().unwrap();
            revision.contract = json!({"input": {"inputSchema": {"type": "object"}},
                "output": {"successSchema": {"type": "object"}}});
        }),
    ];
    let others = others.into_iter().map(|(name, change)| Kind::Other(name, change));
    Tamper::ALL.into_iter().map(Kind::Tamper).chain(others).collect()
}

const REGION: &str = "us-east-1";
const FUNCTION: &str = "my-genesys-trigger-function";
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const OPEN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;

fn function<'s>(state: &'s mut State, name: &str) -> Option<&'s mut Function> {
    state.accounts.get_mut(CUSTOMER)?.functions.get_mut(REGION)?.get_mut(name)
}

fn action(state: &mut State) -> Option<&mut Action> {
    state.genesys.actions.values_mut().find(|action| action.published.is_some())
}

/// One more statement in the policy of a form of a function.
fn let_in(state: &mut State, name: &str, qualifier: &str, principal: &Value) {
    let form = if qualifier.is_empty() { String::new() } else { format!(":{qualifier}") };
    let statement = json!({"Sid": format!("by hand {}", principal.to_string().len()), "Effect": "Allow", "Principal": principal,
        "Action": "lambda:InvokeFunction",
        "Resource": format!("arn:aws:lambda:{REGION}:{CUSTOMER}:function:{name}{form}")});
    let policies = &mut function(state, name).unwrap().policies;
    let policy = policies
        .entry(qualifier.to_owned())
        .or_insert_with(|| json!({"Version": "2012-10-17", "Id": "default", "Statement": []}));
    policy["Statement"].as_array_mut().unwrap().push(statement);
}

/// What the property is about: a boundary, two targets, one of them an alias, and a data action.
fn manifest() -> String {
    format!(
        r#"version = 1

[genesys]
region = "us-east-1"
organization_id = "{EXTERNAL_ID}"

[role]
name = "{ROLE}"
permissions_boundary = "targets"

[[target]]
function = "{FUNCTION}"

[[target]]
function = "orders-status"
qualifier = "live"

[[action]]
name = "Get order status"
category = "Orders"
target = "{FUNCTION}"
input_schema = "schemas/request.json"
output_schema = "schemas/response.json"
"#
    )
}

fn stage() -> Stage {
    let stage = Stage::with(&manifest(), State::demo());
    stage
        .write("schemas/request.json", r#"{"type":"object","properties":{"orderNumber":{"type":"string"}}}"#);
    stage.write("schemas/response.json", r#"{"type":"object","properties":{"status":{"type":"string"}}}"#);
    stage
}

/// A stage in sync, whose policy has an earlier version in which it was too wide.
fn in_sync() -> Stage {
    let stage = stage();
    let succeeds = |command: &str| done(0, command, &stage).unwrap();
    succeeds("boundary apply --yes");
    succeeds("apply --yes --level paper");
    stage.tamper(Tamper::PolicyWidened);
    succeeds("apply --yes --level paper");
    succeeds("drift");
    stage
}

fn run_words(stage: &Stage, words: &[String]) -> Run {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    stage.run_client(&words)
}

fn done(status: i32, command: &str, stage: &Stage) -> Result<Run, String> {
    let run = stage.run_client(&command.split(' ').collect::<Vec<_>>());
    match run.status == status {
        true => Ok(run),
        false => Err(format!("{command} ended with {}:\n{}{}", run.status, run.stdout, run.stderr)),
    }
}

/// The looks that print what to do.
const LOOKS: [&str; 2] = ["drift", "verify --level paper"];

/// How many changes were found at once, what looked at them, and how it ended.
pub(crate) type Tally = BTreeMap<(usize, &'static str, Ended), usize>;

/// Repairs every single change, and so many of the pairs, spread over all of them. What went wrong is told.
pub(crate) fn run(pairs: usize, at_once: usize) -> (Tally, Vec<String>) {
    let kinds = kinds();
    let mut cases: Vec<Vec<Kind>> = kinds.iter().map(|kind| vec![*kind]).collect();
    let with = |first: usize| kinds.iter().skip(first + 1).map(move |second| (first, second));
    let all: Vec<Vec<Kind>> =
        (0..kinds.len()).flat_map(with).map(|(first, second)| vec![kinds[first], *second]).collect();
    // Neighbours are far apart, no pair is taken twice, and every run takes the same.
    let stride = (401..).find(|stride| divisor(*stride, all.len()) == 1).unwrap();
    cases.extend((0..pairs.min(all.len())).map(|index| all[(index * stride) % all.len()].clone()));
    let next = AtomicUsize::new(0);
    let (tally, wrong) = (Mutex::new(Tally::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                let stage = in_sync();
                let start = State::clone(&stage.sandbox.state());
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for look in LOOKS {
                        match repair(&stage, &start, case, look) {
                            Ok(how) => {
                                *tally.lock().unwrap().entry((case.len(), look, how)).or_default() += 1;
                            }
                            Err(message) => {
                                let names: Vec<&str> = case.iter().map(|kind| kind.name()).collect();
                                let message = format!("{}, as `{look}` says: {message}", names.join(" + "));
                                wrong.lock().unwrap().push(message);
                            }
                        }
                    }
                }
            });
        }
    });
    (tally.into_inner().unwrap(), wrong.into_inner().unwrap())
}

/// The figures as a table.
pub(crate) fn table(tally: &Tally) -> String {
    let mut table = String::from(
        "\n| changed at once | printed by | states | nothing differs | by the commands alone | with a stated step | no such state |\n|---|---|---|---|---|---|---|\n",
    );
    let rows: BTreeSet<(usize, &str)> = tally.keys().map(|(changes, look, _)| (*changes, *look)).collect();
    for (changes, look) in rows {
        let count = |how| tally.get(&(changes, look, how)).copied().unwrap_or_default();
        let [same, commands, step, none] =
            [Ended::InSync, Ended::ByCommands, Ended::WithStep, Ended::NotApplicable].map(count);
        let states = same + commands + step;
        writeln!(table, "| {changes} | `{look}` | {states} | {same} | {commands} | {step} | {none} |")
            .unwrap();
    }
    table
}

fn divisor(one: usize, other: usize) -> usize {
    if other == 0 { one } else { divisor(other, one % other) }
}

/// A step as it is printed.
#[derive(Debug, PartialEq)]
struct Printed {
    command: Option<String>,
    what: String,
}

/// Puts the stage into the state that was found, and does what is printed there.
fn repair(stage: &Stage, start: &State, case: &[Kind], look: &str) -> Result<Ended, String> {
    let mut found = start.clone();
    if !case.iter().all(|kind| kind.find(&mut found)) {
        return Ok(Ended::NotApplicable);
    }
    stage.sandbox.change(|state| *state = found).unwrap();
    stage.write("rolecall.toml", &manifest());
    let (told, has_step) = follow(stage, look, start, 0)?;
    let left = stage.run_client(&["drift"]);
    match (left.status, told.is_empty(), has_step) {
        (0, true, _) => Ok(Ended::InSync),
        (0, false, true) => Ok(Ended::WithStep),
        (0, false, false) => Ok(Ended::ByCommands),
        // `verify` says nothing of Genesys Cloud where all is well in AWS.
        (_, true, _) if look != "drift" && stage.run_client(&["drift", "--side", "aws"]).status == 0 => {
            Ok(Ended::InSync)
        }
        (status, _, _) => {
            Err(format!("{told}and then drift ends with {status}:\n{}{}", left.stdout, left.stderr))
        }
    }
}

/// Does what is printed, and tells it; and whether a step was no command.
fn follow(stage: &Stage, look: &str, start: &State, rounds: usize) -> Result<(String, bool), String> {
    // `verify` leads to `drift`; where the OAuth client was another organization's, that leads to itself once more.
    if rounds > 2 {
        return Err("it is compared again and again".to_owned());
    }
    let steps = steps(stage, look)?;
    let mut told = String::new();
    let mut has_step = false;
    for Printed { command, what } in &steps {
        match command {
            // What was not compared before is compared now, and says what to do.
            Some(command) if command.starts_with("rolecall drift") => {
                let (more, by_hand) = follow(stage, "drift", start, rounds + 1)
                    .map_err(|why| format!("{told}then as drift says: {why}"))?;
                told += &format!("`{command}`\n{more}");
                has_step |= by_hand;
            }
            Some(command) => told += &carry_out(stage, command).map_err(|why| format!("{told}{why}"))?,
            None => {
                by_hand(stage, what, start).map_err(|why| format!("{told}{why}"))?;
                told += &format!("by hand: {what}\n");
                has_step = true;
            }
        }
    }
    Ok((told, has_step))
}

/// The steps that a look prints: the same as text and as JSON.
fn steps(stage: &Stage, look: &str) -> Result<Vec<Printed>, String> {
    let words: Vec<&str> = look.split(' ').collect();
    let json = stage.run_client(&[&words[..], &["--output", "json"]].concat()).json();
    let of_json: Vec<Printed> = json["do_now"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|deed| Printed {
            command: deed["command"].as_str().map(str::to_owned),
            what: deed["what"].as_str().unwrap().to_owned(),
        })
        .collect();
    let text = stage.run_client(&words).stdout;
    let mut of_text: Vec<Printed> = Vec::new();
    let block = text.split_once("\nDo this now\n").map(|(_, block)| block).unwrap_or_default();
    for line in block.lines().take_while(|line| line.starts_with("  ")) {
        let numbered = line.trim_start().split_once(". ").filter(|(number, _)| number.parse::<u8>().is_ok());
        match (numbered, of_text.last_mut()) {
            (Some((_, command)), _) if ["rolecall ", "aws "].iter().any(|it| command.starts_with(it)) => {
                of_text.push(Printed { command: Some(command.to_owned()), what: String::new() });
            }
            (Some((_, what)), _) => of_text.push(Printed { command: None, what: what.to_owned() }),
            (None, Some(last)) => last.what += line.trim_start(),
            (None, None) => return Err(format!("not a step: {line}")),
        }
    }
    match of_json == of_text {
        true => Ok(of_json),
        false => Err(format!("text and JSON differ: {of_text:?} and {of_json:?}")),
    }
}

/// Carries out a printed command. The one question that it may ask is answered with yes.
fn carry_out(stage: &Stage, command: &str) -> Result<String, String> {
    let words = shlex::split(command).ok_or_else(|| format!("no shell reads `{command}`"))?;
    match words.split_first() {
        Some((program, words)) if program == "rolecall" => {
            let mut words = words.to_vec();
            words.push("--yes".to_owned());
            let run = run_words(stage, &words);
            // What is left is the next step's. A command that was refused, or did half of what it is for, says an error.
            match run.stderr.contains("error[E") || ![0, 3, 4, 5].contains(&run.status) {
                true => Err(format!("`{command}` ended with {}:\n{}{}", run.status, run.stdout, run.stderr)),
                false => Ok(format!("`{command}` ended with {}\n", run.status)),
            }
        }
        Some((program, words)) if program == "aws" => {
            aws(stage, words).map_err(|why| format!("`{command}`: {why}")).map(|()| format!("`{command}`\n"))
        }
        Some(_) | None => Err(format!("not a command: `{command}`")),
    }
}

/// What the AWS CLI does with a command, without the way over the wire.
fn aws(stage: &Stage, words: &[String]) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [service, call, options @ ..] = words.as_slice() else { return Err("no call".to_owned()) };
    let mut given: BTreeMap<&str, &str> = options
        .chunks(2)
        .map(|pair| match pair {
            [name, value] if name.starts_with("--") => Ok((*name, *value)),
            other => Err(format!("not an option: {other:?}")),
        })
        .collect::<Result<_, _>>()?;
    let mut take = |name: &str| given.remove(name).map(str::to_owned);
    let required = |value: Option<String>| value.ok_or_else(|| "an option is missing".to_owned());
    let (region, arn) = (required(take("--region"))?, required(take("--function-name"))?);
    let qualifier = take("--qualifier").unwrap_or_default();
    let name = arn.strip_prefix(&format!("arn:aws:lambda:{region}:{CUSTOMER}:function:"));
    let name = name.filter(|name| !name.contains(':')).ok_or_else(|| format!("no function {arn}"))?;
    let (statement, authentication) = (take("--statement-id"), take("--auth-type"));
    if !given.is_empty() {
        return Err(format!("unknown options: {given:?}"));
    }
    let change = |state: &mut State| {
        let functions = state.accounts.get_mut(CUSTOMER).and_then(|it| it.functions.get_mut(&region));
        let function = functions.and_then(|it| it.get_mut(name)).ok_or("there is no such function")?;
        match (*service, *call, statement, authentication) {
            ("lambda", "remove-permission", Some(id), None) => {
                let policy = function.policies.get_mut(&qualifier).ok_or("there is no policy")?;
                let statements = policy["Statement"].as_array_mut().unwrap();
                let before = statements.len();
                statements.retain(|statement| statement["Sid"] != id);
                if statements.len() == before {
                    return Err("there is no such statement");
                }
                if statements.is_empty() {
                    function.policies.remove(&qualifier);
                }
            }
            ("lambda", "update-function-url-config", None, Some(authentication)) => {
                *function.urls.get_mut(&qualifier).ok_or("there is no URL")? = authentication;
            }
            _ => return Err("no such call"),
        }
        Ok(())
    };
    stage.sandbox.change(change).unwrap().map_err(str::to_owned)
}

/// Does what a step says that only people can do.
fn by_hand(stage: &Stage, what: &str, start: &State) -> Result<(), String> {
    let (head, about) = what.rsplit_once(": ").unwrap_or((what, ""));
    if head.starts_with("deploy the function") {
        let names: Vec<&str> = about.split(", ").collect();
        let all = ["my-genesys-trigger-function", "orders-status"];
        stage
            .sandbox
            .change(|state| {
                for name in all.into_iter().filter(|name| names.iter().any(|arn| arn.contains(name))) {
                    let mut was = start.clone();
                    let deployed = function(&mut was, name).unwrap().clone();
                    let account = state.accounts.get_mut(CUSTOMER).unwrap();
                    account.functions.get_mut(REGION).unwrap().insert(name.to_owned(), deployed);
                }
            })
            .unwrap();
        return Ok(());
    }
    if what.contains("use an OAuth client of the organization in the manifest") {
        stage
            .sandbox
            .change(|state| state.genesys.organization = start.genesys.organization.clone())
            .unwrap();
        return Ok(());
    }
    if what.starts_with("set `path = \"/moved/\"` in [role]") {
        stage.write("rolecall.toml", &manifest().replace("[role]\n", "[role]\npath = \"/moved/\"\n"));
        return Ok(());
    }
    if let Some(arn) =
        what.strip_prefix("remove the statement that has no ID ").and_then(|it| it.rsplit(' ').next())
    {
        let name = arn.rsplit(':').next().unwrap();
        stage
            .sandbox
            .change(|state| {
                let policy = function(state, name).unwrap().policies.get_mut("").unwrap();
                policy["Statement"]
                    .as_array_mut()
                    .unwrap()
                    .retain(|statement| statement.get("Sid").is_some());
            })
            .unwrap();
        return Ok(());
    }
    if head.starts_with("add to the manifest, under the present name") {
        let files = ["request", "response"]
            .map(|name| (format!("schemas/other-{name}.json"), r#"{"type":"object"}"#));
        files.iter().for_each(|(name, text)| stage.write(name, text));
        let listed = format!(
            "\n[[action]]\nname = \"{about}\"\ncategory = \"Orders\"\ntarget = \"{FUNCTION}\"\ninput_schema = \"{}\"\noutput_schema = \"{}\"\n",
            files[0].0, files[1].0
        );
        stage.write("rolecall.toml", &(manifest() + &listed));
        return Ok(());
    }
    Err(format!("nobody knows how to do this: {what}"))
}

//! `just chaos`: every command that writes × every call that it makes × everything that can go wrong with a call; then the plain
//! command, which must end where an undisturbed run ends.
//!
//! After every single write it asks the sandbox's own evaluator who can do what. A pair of who and what that neither the state
//! before nor the state after allows counts as *widened*. It compares what is there with what an undisturbed run leaves (*left
//! behind*), and what was said with what happened (*false sentences*).
//!
//! `--pairs N` does something else: it applies N pairs of manifests, one after the other, on the sandbox (`pairs`).
//!
//! `--print-pairs N` prints the manifests of N pairs as JSON, for `tests/e2e`.
//!
//! `--repairs N` changes things by hand, each alone and N pairs, and does what `drift` and `verify` print (`repairs`).
//!
//! `--sample N` takes N runs spread over all of them; `--scenario NAME` and `--trouble NAME` choose; `--runs N` is how many go
//! on at once. `ROLECALL_BIN` names another binary. It ends with 1 where anything was found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a harness that cannot go on must fail loudly, and prints a table"
)]

mod judge;
mod manifests;
mod pairs;
mod repairs;
mod scenario;
#[path = "../scenarios/stage.rs"]
#[allow(dead_code, reason = "the scenarios use more of it")]
mod stage;
mod trouble;

/// The scenarios check what is said to Genesys Cloud against its API; here half of it is cut off.
mod genesys {
    pub(crate) fn keep<T>(_: &[T]) {}
}

use std::collections::BTreeMap;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use judge::{Inventory, Judge, false_sentences};
use rolecall::sandbox::{Faults, State};
use scenario::{Scenario, scenarios, write_files};
use stage::{Run, Stage};
use trouble::{STALE, Signal, TROUBLES, Trouble};

/// One run to make.
#[derive(Clone, Copy)]
struct Case<'s> {
    scenario: &'s Scenario,
    finished: &'s Inventory,
    trouble: (&'static str, Trouble),
    call: u32,
}

/// What was found in one run.
#[derive(Default)]
struct Findings {
    not_converged: Vec<String>,
    widened: Vec<String>,
    left_behind: Vec<String>,
    false_sentences: Vec<String>,
}

/// The same, counted.
#[derive(Clone, Copy, Default)]
struct Row {
    runs: usize,
    converged: usize,
    widened: usize,
    left_behind: usize,
    false_sentences: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let number = |name: &str| option(name).map(|text| text.parse::<usize>().expect("a number"));
    if let Some(pairs) = number("--print-pairs") {
        println!("{}", pairs::printed(pairs));
        return ExitCode::SUCCESS;
    }
    if let Some(pairs) = number("--pairs") {
        return of_pairs(pairs, number("--runs").unwrap_or(4));
    }
    if let Some(pairs) = number("--repairs") {
        return of_repairs(pairs, number("--runs").unwrap_or(4));
    }
    let (only_scenario, only_trouble) = (option("--scenario"), option("--trouble"));
    let scenarios = scenarios();
    let chosen = |name: &str, only: &Option<String>| only.as_deref().is_none_or(|only| only == name);
    let baselines: Vec<(&Scenario, Inventory, u32)> = scenarios
        .iter()
        .filter(|scenario| chosen(scenario.name, &only_scenario))
        .filter_map(|scenario| match undisturbed(scenario) {
            Ok((finished, calls)) => Some((scenario, finished, calls)),
            Err(message) => {
                eprintln!("{} does not succeed without a fault: {message}", scenario.name);
                None
            }
        })
        .collect();
    if baselines.is_empty()
        || baselines.len() < scenarios.iter().filter(|it| chosen(it.name, &only_scenario)).count()
    {
        return ExitCode::FAILURE;
    }
    let mut cases = Vec::new();
    for (scenario, finished, calls) in &baselines {
        let case = |trouble, call| Case { scenario, finished, trouble, call };
        for trouble in TROUBLES.into_iter().filter(|(name, _)| chosen(name, &only_trouble)) {
            cases.extend((0..*calls).map(|call| case(trouble, call)));
        }
        if chosen(STALE.0, &only_trouble) {
            cases.push(case(STALE, 0));
        }
    }
    let all = cases.len();
    if let Some(sample) = number("--sample").filter(|sample| *sample < all) {
        // Spread by the golden ratio: neighbours are far apart, no run is taken twice, and every run of the harness takes the same.
        let stride = (40_503..).find(|stride| greatest_common_divisor(*stride, all) == 1).unwrap();
        cases = (0..sample).map(|index| cases[(index * stride) % all]).collect();
    }
    println!("{} of {all} runs", cases.len());
    let begun = Instant::now();
    let (judge, table) = (Judge::default(), Mutex::new(BTreeMap::new()));
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let troubles = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..number("--runs").unwrap_or(6) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let findings = disturbed(case, &judge);
                    let told = tell(case, &findings);
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if done.is_multiple_of(500) {
                        eprintln!("{done} runs in {:.0} s", begun.elapsed().as_secs_f64());
                    }
                    let mut table = table.lock().unwrap();
                    for key in [(case.scenario.name, ""), ("", case.trouble.0)] {
                        table.entry(key).or_insert_with(Row::default).count(&findings);
                    }
                    if !told.is_empty() {
                        eprint!("{told}");
                        troubles.lock().unwrap().push(told);
                    }
                }
            });
        }
    });
    print_table(&table.into_inner().unwrap());
    println!("{} runs in {:.0} s", cases.len(), begun.elapsed().as_secs_f64());
    if troubles.into_inner().unwrap().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn greatest_common_divisor(one: usize, other: usize) -> usize {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

impl Row {
    fn count(&mut self, findings: &Findings) {
        self.runs += 1;
        self.converged += usize::from(findings.not_converged.is_empty());
        self.widened += usize::from(!findings.widened.is_empty());
        self.left_behind += usize::from(!findings.left_behind.is_empty());
        self.false_sentences += usize::from(!findings.false_sentences.is_empty());
    }
}

fn tell(case: &Case<'_>, findings: &Findings) -> String {
    let Findings { not_converged, widened, left_behind, false_sentences } = findings;
    let kinds = [
        ("not converged", not_converged),
        ("widened", widened),
        ("left behind", left_behind),
        ("false sentence", false_sentences),
    ];
    let told = kinds.iter().flat_map(|(kind, all)| all.iter().map(move |one| format!("    {kind}: {one}\n")));
    let told: String = told.collect();
    if told.is_empty() {
        return told;
    }
    format!("{} × {} at call {}\n{told}", case.scenario.name, case.trouble.0, case.call)
}

fn print_table(table: &BTreeMap<(&str, &str), Row>) {
    println!(
        "\n{:<34} {:>6} {:>10} {:>8} {:>12} {:>16}",
        "", "runs", "converged", "widened", "left behind", "false sentences"
    );
    for ((scenario, trouble), row) in table {
        let Row { runs, converged, widened, left_behind, false_sentences } = row;
        println!(
            "{:<34} {runs:>6} {converged:>10} {widened:>8} {left_behind:>12} {false_sentences:>16}",
            format!("{scenario}{trouble}")
        );
    }
    println!();
}

fn stage_of(scenario: &Scenario, state: State) -> Stage {
    let stage = Stage::with(&scenario.manifest, state);
    write_files(&stage);
    stage
}

fn command(stage: &Stage, scenario: &Scenario, arguments: &[&str]) -> Command {
    if scenario.genesys { stage.client_command(arguments) } else { stage.command(arguments) }
}

fn run(stage: &Stage, scenario: &Scenario, arguments: &[&str]) -> Run {
    command(stage, scenario, arguments).output().unwrap().into()
}

/// What a run leaves that nothing disturbs, and how many calls it makes.
fn undisturbed(scenario: &Scenario) -> Result<(Inventory, u32), String> {
    let stage = stage_of(scenario, scenario.state.clone());
    stage.sandbox.keep_history();
    let succeeds = |command: &[&str]| {
        let Run { status, stdout, stderr } = run(&stage, scenario, command);
        match status {
            0 => Ok(()),
            status => Err(format!("{command:?} ended with {status}:\n{stdout}{stderr}")),
        }
    };
    succeeds(&scenario.command)?;
    let calls = u32::try_from(stage.calls().len()).unwrap();
    if let Some(check) = &scenario.check {
        succeeds(check)?;
    }
    let widened = Judge::default().widened(&stage.sandbox.history());
    if !widened.is_empty() {
        return Err(format!("on the way {widened:?}"));
    }
    Ok((Inventory::of(&stage.sandbox.state()), calls))
}

fn of_pairs(all: usize, at_once: usize) -> ExitCode {
    let begun = Instant::now();
    let (ended, wrong) = pairs::run(all, at_once);
    let count = |how| ended.iter().filter(|ended| **ended == how).count();
    for message in &wrong {
        eprintln!("{message}");
    }
    println!(
        "{all} pairs in {:.0} s: {} converged, {} refused (another path), {} went wrong",
        begun.elapsed().as_secs_f64(),
        count(pairs::Ended::Converged),
        count(pairs::Ended::Refused),
        wrong.len()
    );
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Between these, `docs/evidence.md` has the figures of the repairs.
const REPAIRS: &str = "<!-- repairs: written by `just repairs` -->\n";
const END_OF_REPAIRS: &str = "<!-- end of the repairs -->";

fn of_repairs(pairs: usize, at_once: usize) -> ExitCode {
    let begun = Instant::now();
    let (tally, wrong) = repairs::run(pairs, at_once);
    for message in &wrong {
        eprintln!("{message}");
    }
    let table = repairs::table(&tally);
    println!("{table}{} went wrong, {:.0} s", wrong.len(), begun.elapsed().as_secs_f64());
    if wrong.is_empty() && std::env::var_os("UPDATE_PAGES").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/evidence.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(REPAIRS).unwrap();
        let (_, after) = rest.split_once(END_OF_REPAIRS).unwrap();
        std::fs::write(path, format!("{before}{REPAIRS}{table}\n{END_OF_REPAIRS}{after}")).unwrap();
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn disturbed(case: &Case<'_>, judge: &Judge) -> Findings {
    let Case { scenario, finished, trouble: (_, trouble), call } = *case;
    let stage = stage_of(scenario, scenario.state.clone());
    stage.sandbox.keep_history();
    stage.set(trouble.faults(call));
    let first = match trouble {
        Trouble::Signal(signal, _) => signalled(&stage, scenario, signal),
        Trouble::Fails(..) | Trouble::StaleReads(_) => run(&stage, scenario, &scenario.command),
    };
    let then = stage.sandbox.history();
    stage.set(Faults::default());
    let mut findings = Findings::default();
    // Killed, it says nothing.
    if !matches!(trouble, Trouble::Signal(Signal::Kill, _)) {
        findings.false_sentences = false_sentences(scenario.command[0], &first, &then, finished);
    }
    // Nothing disturbs the second run, so it may take its time.
    let again = scenario.again.as_ref().unwrap_or(&scenario.command);
    let place = again.iter().position(|argument| *argument == "--deadline").unwrap_or(again.len());
    let again: Vec<&str> = again.iter().take(place).chain(again.iter().skip(place + 2)).copied().collect();
    let second = run(&stage, scenario, &again);
    if second.status != 0 {
        findings
            .not_converged
            .push(format!("{again:?} ended with {}: {}{}", second.status, second.stdout, second.stderr));
    }
    if let Some(check) = &scenario.check {
        let checked = run(&stage, scenario, check);
        if checked.status != 0 {
            findings.not_converged.push(format!(
                "{check:?} ended with {}: {}{}",
                checked.status, checked.stdout, checked.stderr
            ));
        }
    }
    findings.left_behind = Inventory::of(&stage.sandbox.state()).differences(finished);
    findings.widened = judge.widened(&stage.sandbox.history());
    if !findings.false_sentences.is_empty() || !findings.not_converged.is_empty() {
        findings.false_sentences.extend(
            (!findings.false_sentences.is_empty()).then(|| {
                format!("it ended with {} and said:\n{}{}", first.status, first.stdout, first.stderr)
            }),
        );
    }
    findings
}

/// Runs the command, and sends the signal while the call is under way.
fn signalled(stage: &Stage, scenario: &Scenario, signal: Signal) -> Run {
    let mut process = command(stage, scenario, &scenario.command);
    let mut child = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let is_under_way = || stage.sandbox.faults().rules.iter().all(|rule| rule.times == Some(0));
    let patience = Instant::now();
    while !is_under_way()
        && child.try_wait().unwrap().is_none()
        && patience.elapsed() < Duration::from_secs(60)
    {
        std::thread::sleep(Duration::from_millis(2));
    }
    // What was sent has arrived, and what is sent next may have.
    std::thread::sleep(Duration::from_millis(5));
    let arguments = [format!("-{}", signal.name()), child.id().to_string()];
    let _ = Command::new("kill").args(arguments).stderr(Stdio::null()).status();
    child.wait_with_output().unwrap().into()
}

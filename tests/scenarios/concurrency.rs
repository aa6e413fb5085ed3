//! Several at work on one role at the same time. IAM has no compare-and-swap, so somebody can always be faster; then nobody gets
//! more than the states before, after and as edited allow, what is said is true, and the next plain run ends where an
//! undisturbed one ends.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rolecall::sandbox::{CUSTOMER, Faults, LogEntry, Principal, State, Tamper};

use super::judge::{Inventory, Judge};
use super::stage::{ONE_TARGET, ROLE, Run, Stage, binary, manifest};

const APPLY: [&str; 4] = ["apply", "--yes", "--level", "paper"];
const DESTROY: [&str; 2] = ["destroy", "--yes"];
/// What somebody edited after the write is waited for until here.
const DEADLINE: [&str; 2] = ["--deadline", "4"];
const OTHER_TARGET: &str = "[[target]]\nfunction = \"orders-status\"\n";

/// Time enough to come between two calls.
fn slow() -> Faults {
    Faults { latency_ms: 60, ..Faults::default() }
}

/// What can be edited by hand and is repaired by a plain run, foreign policies apart.
const EDITS: [Tamper; 10] = [
    Tamper::TrustExternalId,
    Tamper::TrustNoCondition,
    Tamper::TrustExtraPrincipal,
    Tamper::PolicyWidened,
    Tamper::PolicyDetached,
    Tamper::ExtraManagedPolicy,
    Tamper::ExtraInlinePolicy,
    Tamper::MaxSession,
    Tamper::BoundaryChanged,
    Tamper::RoleDeleted,
];

/// A command in a state.
struct Situation {
    name: &'static str,
    state: State,
    command: &'static [&'static str],
}

fn situations() -> [Situation; 3] {
    let applied = Stage::new();
    applied.run(&APPLY).expect(0);
    let applied = State::clone(&applied.sandbox.state());
    let mut damaged = applied.clone();
    for kind in [Tamper::TrustIfExists, Tamper::PolicyWidened, Tamper::MaxSession] {
        kind.apply(&mut damaged, ROLE).unwrap();
    }
    [
        Situation { name: "first apply", state: State::demo(), command: &APPLY },
        Situation { name: "repair", state: damaged, command: &APPLY },
        Situation { name: "destroy", state: applied, command: &DESTROY },
    ]
}

fn spawn(stage: &Stage, arguments: &[&str], principal: Principal) -> Child {
    let mut command = stage.command(arguments);
    command.args(DEADLINE).envs(stage.sandbox.environment(principal));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until the calls so far are so many, or the process has ended.
fn wait_for(stage: &Stage, calls: usize, child: &mut Child) {
    let start = Instant::now();
    while stage.sandbox.log().len() < calls && child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "no {calls} calls");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs the cases side by side: each mostly waits.
fn each<C: Sync>(cases: &[C], run: impl Fn(&C) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    run(case);
                }
            });
        }
    });
}

/// What a run said that is not true of its own calls.
fn false_sentences(run: &Run, calls: &[LogEntry]) -> Vec<&'static str> {
    let said = |text: &str| run.stdout.contains(text) || run.stderr.contains(text);
    let has_written = calls.iter().any(|call| call.write && call.status == 200 && call.error.is_none());
    let mut found = Vec::new();
    let mut check = |is_false: bool, sentence| {
        if is_false {
            found.push(sentence);
        }
    };
    check(said("panicked at"), "a panic");
    check(said("this is a bug"), "`this is a bug`");
    check(said("was not made by rolecall"), "`was not made by rolecall` of what it made");
    check(said("and not by rolecall for this role"), "`not by rolecall for this role` of what it made");
    check(said("nothing was changed") && has_written, "`nothing was changed` after a change");
    check(![0, 1, 4, 5].contains(&run.status), "an exit code that says something else");
    check(run.status == 1 && !run.stderr.contains("error[E"), "exit 1 without a message");
    found
}

/// Whether a run that failed names somebody else as the reason, or the time that it waited for the other one's change.
fn names_the_other(run: &Run) -> bool {
    [
        "another run of rolecall",
        "another caller",
        "AWS or Genesys Cloud changed",
        "waited ",
        "the command's deadline of",
    ]
    .iter()
    .any(|reason| run.stderr.contains(reason))
}

fn inventory(state: &State) -> Inventory {
    let mut state = state.clone();
    // What somebody made by hand stays in the account; rolecall only takes it off the role.
    state.accounts.get_mut(CUSTOMER).unwrap().policies.retain(|arn, _| !arn.ends_with("/Sneaky"));
    Inventory::of(&state)
}

/// What an undisturbed run leaves, and after which calls a write follows.
fn undisturbed(situation: &Situation) -> (State, Vec<usize>) {
    let stage = Stage::with(&manifest(ONE_TARGET), situation.state.clone());
    stage.run(situation.command).expect(0);
    let calls = stage.calls();
    let before_writes = (0..calls.len()).filter(|index| calls[*index].write).collect();
    (State::clone(&stage.sandbox.state()), before_writes)
}

/// Somebody edits what is there between the plan and each write; then the same command again, and nobody edits.
#[test]
fn an_edit_between_the_plan_and_any_write_widens_nothing_and_is_repaired_by_the_next_run() {
    let (situations, judge) = (situations(), Judge::default());
    let finished: Vec<(State, Vec<usize>)> = situations.iter().map(undisturbed).collect();
    let mut cases = Vec::new();
    for (situation, (finished, before_writes)) in situations.iter().zip(&finished) {
        assert!(before_writes.len() >= 3, "{}: {before_writes:?}", situation.name);
        for calls in before_writes {
            cases.extend(EDITS.map(|edit| (situation, finished, *calls, edit)));
        }
    }
    let edited_runs = AtomicUsize::new(0);
    each(&cases, |(situation, finished, calls, edit)| {
        let stage = Stage::with(&manifest(ONE_TARGET), situation.state.clone());
        stage.sandbox.keep_history();
        let (tell, told) = mpsc::channel();
        let (edit, mut before_edit) = (*edit, *calls);
        let is_after = move |_: &LogEntry| {
            before_edit -= 1;
            before_edit == 0
        };
        stage.sandbox.once_after(is_after, move |state, _| {
            tell.send(edit.apply(state, ROLE).ok().map(|_| state.clone())).unwrap();
        });
        let run = Run::from(spawn(&stage, situation.command, Principal::Ci).wait_with_output().unwrap());
        // An edit needs something that is there; and a run that had to wait less made fewer calls than the edit was to follow.
        let Ok(Some(edited)) = told.try_recv() else { return };
        edited_runs.fetch_add(1, Ordering::Relaxed);
        let case = format!(
            "{} × {} after {calls} calls ended with {}:\n{}{}",
            situation.name,
            edit.name(),
            run.status,
            run.stdout,
            run.stderr
        );
        stage.set(Faults::default());
        let none: &[&str] = &[];
        assert_eq!(false_sentences(&run, &stage.calls()), none, "{case}");
        // Whatever was edited before the last write is read afterwards: success is success.
        if run.status == 0 {
            let left = inventory(&stage.sandbox.state()).differences(&inventory(finished));
            assert_eq!(left, Vec::<String>::new(), "{case}");
        }
        // A write was in the way of the edit, or the edit in the way of a write: the sentence names somebody else.
        let is_refused = run.stderr.contains("]: could not ");
        assert!(!is_refused || names_the_other(&run), "{case}");

        let mut again = situation.command.to_vec();
        let is_foreign = matches!(edit, Tamper::ExtraManagedPolicy | Tamper::ExtraInlinePolicy);
        again.extend(is_foreign.then_some("--remove-foreign"));
        let second = stage.run(&again);
        assert_eq!(second.status, 0, "{case}\nthen:\n{}{}", second.stdout, second.stderr);
        if situation.command == APPLY {
            let drift = stage.run(&["drift"]);
            assert_eq!(drift.status, 0, "{case}\nthen:\n{}{}", drift.stdout, drift.stderr);
        }
        let left = inventory(&stage.sandbox.state()).differences(&inventory(finished));
        assert_eq!(left, Vec::<String>::new(), "{case}");

        // The edit itself may allow anything, on whatever it meets.
        let on = |state: &State| {
            let mut state = state.clone();
            let _ = edit.apply(&mut state, ROLE);
            state
        };
        let allowed = [&situation.state, finished, &edited, &on(&situation.state), &on(finished)];
        let widened = judge.beyond(&stage.sandbox.history(), &allowed);
        assert_eq!(widened, Vec::<String>::new(), "{case}");
    });
    assert!(edited_runs.load(Ordering::Relaxed) > cases.len() / 2, "{edited_runs:?} of {}", cases.len());
}

/// Two runs at the same time, the second after so many calls of the first; then a plain `apply`.
fn race(state: &State, runs: [&[&str]; 2], is_said: impl Fn(&Run) -> bool + Sync) {
    let judge = Judge::default();
    let after = |command: &[&str]| {
        let stage = Stage::with(&manifest(ONE_TARGET), state.clone());
        stage.write("other.toml", &manifest(OTHER_TARGET));
        stage.run(command).expect(0);
        let calls = stage.calls().len();
        (State::clone(&stage.sandbox.state()), calls)
    };
    let (one, calls) = after(runs[0]);
    let (other, _) = after(runs[1]);
    let finished = after(&APPLY).0;
    let head_starts: Vec<usize> = (0..calls).collect();
    each(&head_starts, |head_start| {
        let stage = Stage::with(&manifest(ONE_TARGET), state.clone());
        stage.write("other.toml", &manifest(OTHER_TARGET));
        stage.sandbox.keep_history();
        stage.set(slow());
        let mut first = spawn(&stage, runs[0], Principal::Ci);
        wait_for(&stage, *head_start, &mut first);
        let second = spawn(&stage, runs[1], Principal::Administrator);
        let ended = [first, second].map(|child| Run::from(child.wait_with_output().unwrap()));
        stage.set(Faults::default());
        let calls = stage.calls();
        let case = format!("{runs:?}, {head_start} calls apart:\n{ended:#?}");
        for (run, principal) in ended.iter().zip([Principal::Ci, Principal::Administrator]) {
            let own: Vec<LogEntry> =
                calls.iter().filter(|call| call.principal == principal.arn()).cloned().collect();
            assert!(!own.is_empty(), "{case}");
            let none: &[&str] = &[];
            assert_eq!(false_sentences(run, &own), none, "{case}");
            assert!(is_said(run), "{case}");
        }
        let last = stage.run(&APPLY);
        assert_eq!(last.status, 0, "{case}\nthen:\n{}{}", last.stdout, last.stderr);
        stage.run(&["drift"]).expect(0);
        let left = inventory(&stage.sandbox.state()).differences(&inventory(&finished));
        assert_eq!(left, Vec::<String>::new(), "{case}");
        let widened = judge.beyond(&stage.sandbox.history(), &[state, &one, &other, &finished]);
        assert_eq!(widened, Vec::<String>::new(), "{case}");
    });
}

#[test]
fn two_equal_applies_at_the_same_time_make_one_role() {
    let [first, repair, _] = situations();
    for situation in [first, repair] {
        race(&situation.state, [&APPLY, &APPLY], |run| run.status == 0 || names_the_other(run));
    }
}

#[test]
fn two_different_applies_at_the_same_time_are_settled_by_the_next() {
    let other: Vec<&str> = APPLY.into_iter().chain(["--file", "other.toml"]).collect();
    let [first, repair, _] = situations();
    for situation in [first, repair] {
        // Where both went through, the one that read last shows what the other one left.
        race(&situation.state, [&APPLY, &other], |run| {
            matches!(run.status, 0 | 4 | 5) || names_the_other(run)
        });
    }
}

#[test]
fn an_apply_and_a_destroy_at_the_same_time_are_settled_by_the_next_apply() {
    let [first, repair, applied] = situations();
    for situation in [first, repair, applied] {
        for runs in [[&APPLY[..], &DESTROY[..]], [&DESTROY, &APPLY]] {
            race(&situation.state, runs, |run| matches!(run.status, 0 | 4 | 5) || names_the_other(run));
        }
    }
}

/// Two processes with a sandbox each, and one state file: neither overwrites what the other one wrote meanwhile.
#[test]
fn two_sandboxes_on_one_state_file_make_one_role() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rolecall.toml"), manifest(ONE_TARGET)).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = binary(folder.path());
        command.args(arguments).arg("--sandbox").stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let children = [(); 4].map(|()| command(&APPLY).spawn().unwrap());
    let runs = children.map(|child| Run::from(child.wait_with_output().unwrap()));
    // One may have made the role and another one the policy: then both have lost.
    assert!(runs.iter().all(|run| run.status == 0 || names_the_other(run)), "{runs:#?}");
    Run::from(command(&APPLY).output().unwrap()).expect(0);
    Run::from(command(&["drift"]).output().unwrap()).expect(0);
    let state = rolecall::sandbox::load(&folder.path().join(".rolecall/sandbox.json")).unwrap();
    let alone = Stage::new();
    alone.run(&APPLY).expect(0);
    let left = inventory(&state).differences(&inventory(&alone.sandbox.state()));
    assert_eq!(left, Vec::<String>::new());
}

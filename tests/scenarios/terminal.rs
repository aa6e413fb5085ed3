//! What somebody at a terminal sees and may do: answer a question, end it with Ctrl-C, and read what is going on.
//!
//! The command runs in a pseudo-terminal. What is awaited is text that it shows, never a time.

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rolecall::sandbox::{Fault, FaultRule, Faults, State, Tamper};

use super::stage::{ONE_TARGET, Stage, manifest};

/// Only a command that hangs for ever is silent for so long.
const FOR_EVER: Duration = Duration::from_secs(300);

/// A terminal with a command in it.
pub(super) struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    pieces: mpsc::Receiver<Vec<u8>>,
    shown: Vec<u8>,
    /// What was awaited so far ends here.
    seen: usize,
}

impl Terminal {
    /// Runs the command of a stage.
    pub(super) fn run(stage: &Stage, arguments: &[&str]) -> Self {
        Self::with(stage, arguments, &[])
    }

    /// The same with more in the environment.
    fn with(stage: &Stage, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let (pty, terminal) = open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let command = stage.command(&[]);
        let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let child = Command::new(command.get_program())
            .args(arguments)
            .current_dir(stage.folder.path())
            .env_clear()
            .envs(set)
            .env("TERM", "xterm-256color")
            .envs(environment.iter().copied())
            .spawn(terminal)
            .unwrap();
        let pty = Arc::new(pty);
        let (send, pieces) = mpsc::channel();
        let reader = Arc::clone(&pty);
        thread::spawn(move || {
            let mut piece = [0; 4096];
            // The end of a terminal is an error on Linux.
            while let Ok(length @ 1..) = (&*reader).read(&mut piece) {
                if send.send(piece[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { pty, child, pieces, shown: Vec::new(), seen: 0 }
    }

    /// Waits until this is shown, after whatever was awaited before.
    pub(super) fn until(&mut self, text: &str) {
        loop {
            let rest = String::from_utf8_lossy(&self.shown[self.seen..]).into_owned();
            if let Some(place) = rest.find(text) {
                self.seen += place + text.len();
                return;
            }
            match self.pieces.recv_timeout(FOR_EVER) {
                Ok(piece) => self.shown.extend(piece),
                Err(_) => panic!("`{text}` was not shown:\n{}", String::from_utf8_lossy(&self.shown)),
            }
        }
    }

    pub(super) fn enter(&self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).unwrap();
    }

    /// How the command ended, and what the terminal showed: all of it, with what moves and colors taken out.
    pub(super) fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        while let Ok(piece) = self.pieces.recv_timeout(FOR_EVER) {
            self.shown.extend(piece);
        }
        (status, on_screen(&String::from_utf8(self.shown).unwrap()))
    }
}

/// What is left on the screen: a line that was cleared is not.
fn on_screen(shown: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_end_matches('\r');
        let kept = line.rsplit_once("\u{1b}[2K").map_or(line, |(_, kept)| kept);
        let kept = kept.rsplit_once('\r').map_or(kept, |(_, kept)| kept);
        console::strip_ansi_codes(kept).into_owned()
    };
    shown.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn text(stage: &Stage) -> String {
    std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap()
}

fn writes(stage: &Stage) -> usize {
    stage.calls().iter().filter(|call| call.write).count()
}

/// Holds the answer to the next call of this operation, and everything after it, until it is released.
fn hold(stage: &Stage, action: &'static str) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    stage.sandbox.once_after(
        move |call| call.action == action,
        move |_, _| {
            // A test that failed has dropped the other end.
            let _ = released.recv();
        },
    );
    release
}

#[test]
fn a_declined_question_changes_nothing() {
    let stage = Stage::new();
    let mut terminal = Terminal::run(&stage, &["apply"]);
    terminal.until("Apply these changes? [y/N] ");
    terminal.enter("n\n");
    let (status, shown) = terminal.end();
    assert_eq!((status.code(), writes(&stage)), (Some(1), 0), "{shown}");
    let (_, end) = shown.split_once("Apply these changes?").unwrap();
    insta::assert_snapshot!(end, @"
     [y/N] n
    error[E3]: you declined; nothing was changed in AWS or Genesys Cloud
    ");
}

#[test]
fn an_accepted_question_is_the_consent_to_what_was_shown() {
    let stage = Stage::new();
    let mut terminal = Terminal::run(&stage, &["apply", "--level", "paper"]);
    terminal.until("Apply these changes? [y/N] ");
    terminal.enter("y\n");
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(0), "{shown}");
    stage.run(&["drift"]).expect(0);
}

#[test]
fn ctrl_c_at_the_question_leaves_the_manifest_as_it_was() {
    let stage = Stage::new();
    let before = text(&stage);
    for command in [
        ["target", "add", "customer-lookup", "--apply"],
        ["target", "remove", "my-genesys-trigger-function", "--apply"],
    ] {
        let two = format!("{before}\n[[target]]\nfunction = \"orders-status\"\n");
        stage.write("rolecall.toml", &two);
        let mut terminal = Terminal::run(&stage, &command);
        terminal.until("Apply these changes? [y/N] ");
        assert_eq!(text(&stage), two, "{command:?}");
        terminal.enter("\u{3}");
        let (status, shown) = terminal.end();
        assert_eq!(status.signal(), Some(2), "{status:?}\n{shown}");
        assert_eq!((text(&stage), writes(&stage)), (two, 0), "{command:?}");
    }
}

#[test]
fn a_declined_target_is_not_in_the_manifest() {
    let stage = Stage::new();
    let before = text(&stage);
    let mut terminal = Terminal::run(&stage, &["target", "add", "customer-lookup", "--apply"]);
    terminal.until("Apply these changes? [y/N] ");
    terminal.enter("n\n");
    let (status, shown) = terminal.end();
    assert_eq!((status.code(), text(&stage)), (Some(1), before), "{shown}");
    let (_, end) = shown.split_once("Apply these changes?").unwrap();
    insta::assert_snapshot!(end, @"
     [y/N] n
    the manifest `rolecall.toml` was not changed
    error[E3]: you declined; nothing was changed in AWS or Genesys Cloud
    ");
}

#[test]
fn a_call_that_takes_long_is_named_and_the_line_is_gone_before_the_result() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let quiet = stage.run(&["verify", "--level", "paper"]).expect(0).stdout;
    let release = hold(&stage, "GetRole");
    let mut terminal = Terminal::run(&stage, &["verify", "--level", "paper"]);
    terminal.until(" calls answered; ");
    terminal.until(" s so far, at most ");
    release.send(()).unwrap();
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(0), "{shown}");
    // As it is without a terminal, but for the ends of lines.
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&shown), words(&quiet));
}

#[test]
fn calls_that_are_throttled_are_said_to_be_waited_for() {
    let stage = Stage::new();
    let throttled = FaultRule { operation: "iam:*".to_owned(), skip: 0, times: None, fault: Fault::Throttle };
    stage.set(Faults { rules: vec![throttled], ..Faults::default() });
    let mut terminal = Terminal::run(&stage, &["plan"]);
    terminal.until("… waiting for AWS to take more calls; ");
    stage.set(Faults::default());
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(0), "{shown}");
    assert!(!shown.contains("waiting for"), "{shown}");
}

/// How long that takes decides nothing: a line that must not come cannot come too late.
#[test]
fn nobody_is_told_with_quiet_or_in_ci() {
    let stage = Stage::new();
    for (arguments, environment) in
        [(["plan", "--quiet"].as_slice(), [].as_slice()), (&["plan"], &[("CI", "true")])]
    {
        stage
            .sandbox
            .once_after(|call| call.action == "GetRole", |_, _| thread::sleep(Duration::from_secs(3)));
        let mut terminal = Terminal::with(&stage, arguments, environment);
        terminal.until("Result:");
        let shown = String::from_utf8_lossy(&terminal.shown).into_owned();
        assert!(!shown.contains("answered;"), "{shown}");
        assert_eq!(terminal.end().0.code(), Some(0));
    }
}

/// The lines of a report end between words, whatever the ARNs in it are.
#[test]
fn no_word_is_broken_at_eighty_columns() {
    let name = "a-function-with-a-name-as-long-as-Lambda-allows-it-for-one-12345";
    let mut state = State::demo();
    state.add_function("123456789012", "us-east-1", name, &[]);
    let stage = Stage::with(&manifest(&format!("{ONE_TARGET}\n[[target]]\nfunction = \"{name}\"\n")), state);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::ExtraInlinePolicy);
    for command in [["drift"].as_slice(), &["plan"], &["verify", "--level", "paper"]] {
        let (_, shown) = Terminal::run(&stage, command).end();
        let long: Vec<&str> =
            shown.lines().filter(|line| line.chars().count() > 80 && line.trim().contains(' ')).collect();
        assert!(long.is_empty(), "{command:?}: {long:#?}\n{shown}");
    }
}

//! The commands that messages advise, with the options that lead to the manifest and the AWS of this run.
//!
//! A message writes a command as `` `rolecall plan` ``, or is a command as a whole; hints, fixes and repairs come through here, and
//! what a command needs again is added in this one place. Deliberately absent: text that is not rolecall's own. What others wrote
//! never comes through here.

use super::{ActionTestView, DiagnosisView, Report, Text, VerificationView};

/// What an advised command must repeat of this run. The default repeats nothing: the function has no command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// Options of every command that takes a manifest.
    manifest: Vec<String>,
    /// Options of every command that talks to a service.
    services: Vec<String>,
    /// Options of the commands that take a side: without them they would ask for the other one.
    side: Vec<String>,
    /// Whether the manifest came on standard input: a command that reads it again needs it there again.
    is_piped: bool,
}

/// Which options a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Nothing,
    Manifest(Access),
    Services(Access),
    Sides(Access),
}

/// Where the manifest may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Standard input, too: the command reads the manifest and asks nothing.
    Anywhere,
    /// A file: the command writes the manifest, or asks for consent at the terminal that standard input would be.
    File,
}

impl Invocation {
    /// The options that commands need again, as words: those of the manifest, and those of the services.
    #[must_use]
    pub fn new(manifest: &[String], services: &[String]) -> Self {
        let quoted = |words: &[String]| words.iter().map(|word| quoted(word)).collect();
        let is_piped = manifest.windows(2).any(|words| words == ["--file", STANDARD_INPUT]);
        Self { manifest: quoted(manifest), services: quoted(services), side: Vec::new(), is_piped }
    }

    /// The same of a run that is about one side.
    #[must_use]
    pub fn with_side(self, side: &[String]) -> Self {
        Self { side: side.iter().map(|word| quoted(word)).collect(), ..self }
    }

    /// The command, such as `plan`, as a message writes it.
    #[must_use]
    pub fn command(&self, command: &str) -> String {
        self.complete(&format!("`rolecall {command}`"))
    }

    /// The message with complete commands.
    #[must_use]
    pub fn complete(&self, message: &str) -> String {
        if let Some(command) = message.strip_prefix(PROGRAM) {
            return format!("{PROGRAM}{}", self.completed(command));
        }
        if message.starts_with(AWS_CLI) {
            return format!("{message}{}", self.profile());
        }
        let mut text = String::new();
        let mut rest = message;
        while let Some((before, after)) = rest.split_once(OPENING) {
            let Some((command, after)) = after.split_once('`') else { break };
            let piped = if self.reads_pipe(command) { PIPED } else { "" };
            text += &format!("{before}{OPENING}{}`{piped}", self.completed(command));
            rest = after;
        }
        text + rest
    }

    /// What must be known beside a command that is not rolecall's.
    pub(super) fn beside(&self, command: &str) -> Option<&'static str> {
        let is_sandbox = self.services.iter().any(|word| word == "--sandbox");
        (is_sandbox && command.starts_with(AWS_CLI)).then_some(
            "the AWS CLI calls the sandbox if it has the environment that `rolecall sandbox serve` prints, and AWS itself without it",
        )
    }

    /// The option of the AWS CLI that leads to the same account, where this run names it.
    fn profile(&self) -> String {
        let named = self.services.windows(2).find(|words| words.first().is_some_and(|it| it == "--profile"));
        named.map(|words| format!(" {}", words.join(" "))).unwrap_or_default()
    }

    /// Whether the completed command needs the manifest on standard input.
    fn reads_pipe(&self, command: &str) -> bool {
        let words: Vec<&str> = command.split(' ').collect();
        self.is_piped
            && match reach(&words) {
                Reach::Nothing
                | Reach::Manifest(Access::File)
                | Reach::Services(Access::File)
                | Reach::Sides(Access::File) => false,
                Reach::Manifest(Access::Anywhere)
                | Reach::Services(Access::Anywhere)
                | Reach::Sides(Access::Anywhere) => true,
            }
    }

    fn completed(&self, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        let named = self.manifest.iter().map(|word| match word.as_str() {
            STANDARD_INPUT => "FILE",
            word => word,
        });
        let named: Vec<String> = named.map(str::to_owned).collect();
        let manifest = |access| match access {
            Access::Anywhere => &self.manifest,
            Access::File => &named,
        };
        let options = match reach(&words) {
            Reach::Nothing => Vec::new(),
            Reach::Manifest(access) => manifest(access).iter().collect(),
            Reach::Services(access) => manifest(access).iter().chain(&self.services).collect::<Vec<_>>(),
            Reach::Sides(access) => {
                manifest(access).iter().chain(&self.services).chain(&self.side).collect::<Vec<_>>()
            }
        };
        options.into_iter().fold(command.to_owned(), |command, option| format!("{command} {option}"))
    }
}

/// What `--file` calls standard input.
const STANDARD_INPUT: &str = "-";
/// After a command that reads the manifest there.
const PIPED: &str = " (with the manifest on standard input)";
const PROGRAM: &str = "rolecall ";
/// How a command of the AWS CLI begins.
const AWS_CLI: &str = "aws lambda ";
const OPENING: &str = "`rolecall ";

fn reach(words: &[&str]) -> Reach {
    if words.contains(&"--help") || words.contains(&"--file") {
        return Reach::Nothing;
    }
    let asking = if words.contains(&"--yes") { Access::Anywhere } else { Access::File };
    match words {
        ["target", "add" | "remove", ..] => Reach::Services(Access::File),
        ["genesys", "action", "import", ..] => Reach::Manifest(Access::File),
        ["apply", ..] => Reach::Sides(asking),
        ["destroy" | "boundary", ..] | ["genesys", "connect", ..] => Reach::Services(asking),
        ["plan" | "drift", ..] => Reach::Sides(Access::Anywhere),
        ["verify" | "target", ..]
        | ["genesys", "whoami" | "audit", ..]
        | ["genesys", "action", "list" | "test" | "export", ..] => Reach::Services(Access::Anywhere),
        ["genesys", "action", "check", ..] => Reach::Manifest(Access::Anywhere),
        ["render" | "sandbox", ..] => Reach::Manifest(Access::Anywhere),
        _ => Reach::Nothing,
    }
}

/// A word of a POSIX shell.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./,:@%+=".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

impl Report {
    /// The report with complete commands.
    #[must_use]
    pub fn advising(mut self, invocation: &Invocation) -> Self {
        for difference in self.drift.iter_mut().flatten().chain(&mut self.until_applied) {
            difference.repair = invocation.complete(&difference.repair);
        }
        self.do_now.iter_mut().for_each(|deed| deed.advise(invocation));
        if let Some(verification) = &mut self.verification {
            verification.advise(invocation);
        }
        if let Some(diagnosis) = &mut self.diagnosis {
            diagnosis.advise(invocation);
        }
        if let Some(error) = &mut self.error {
            error.hint = error.hint.as_ref().map(|hint| invocation.complete(hint));
        }
        self.invocation = invocation.clone();
        self
    }
}

impl VerificationView {
    /// Completes its commands.
    pub fn advise(&mut self, invocation: &Invocation) {
        for trouble in self.twin.iter_mut().flat_map(|twin| &mut twin.trouble) {
            trouble.hint = trouble.hint.as_ref().map(|hint| invocation.complete(hint));
        }
        self.actions.iter_mut().for_each(|action| action.advise(invocation));
        if let Some(untested) = &mut self.untested {
            let said = Text::from(untested.clone());
            *untested = invocation.complete(untested);
            for note in self.notes.iter_mut().filter(|note| **note == said) {
                *note = untested.clone().into();
            }
        }
    }
}

impl ActionTestView {
    /// Completes its commands.
    pub fn advise(&mut self, invocation: &Invocation) {
        self.fix = self.fix.as_ref().map(|fix| invocation.complete(fix));
        if let Some(diagnosis) = &mut self.diagnosis {
            diagnosis.advise(invocation);
        }
    }
}

impl DiagnosisView {
    /// Completes its commands.
    pub fn advise(&mut self, invocation: &Invocation) {
        for cause in &mut self.causes {
            cause.fix = invocation.complete(&cause.fix);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(manifest: &[&str], services: &[&str]) -> Invocation {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Invocation::new(&owned(manifest), &owned(services))
    }

    #[test]
    fn an_advised_command_names_the_manifest_and_the_sandbox_of_this_run() {
        for (manifest, services, command) in [
            (&[] as &[&str], &[] as &[&str], "`rolecall plan`"),
            (&[], &["--sandbox"], "`rolecall plan --sandbox`"),
            (&["--file", "live.toml"], &[], "`rolecall plan --file live.toml`"),
            (
                &["--file", "a b/it's.toml"],
                &["--profile", "p"],
                r"`rolecall plan --file 'a b/it'\''s.toml' --profile p`",
            ),
        ] {
            assert_eq!(of(manifest, services).command("plan"), command);
        }
    }

    #[test]
    fn the_side_of_this_run_is_repeated_where_a_command_takes_one() {
        let run =
            of(&["--file", "x.toml"], &["--sandbox"]).with_side(&["--side".to_owned(), "aws".to_owned()]);
        for (message, completed) in [
            ("rolecall apply", "rolecall apply --file x.toml --sandbox --side aws"),
            ("rolecall apply --adopt", "rolecall apply --adopt --file x.toml --sandbox --side aws"),
            ("`rolecall plan` shows it", "`rolecall plan --file x.toml --sandbox --side aws` shows it"),
            ("rolecall drift", "rolecall drift --file x.toml --sandbox --side aws"),
            ("rolecall verify", "rolecall verify --file x.toml --sandbox"),
            ("rolecall destroy", "rolecall destroy --file x.toml --sandbox"),
            ("rolecall render twin", "rolecall render twin --file x.toml"),
        ] {
            assert_eq!(run.complete(message), completed);
        }
    }

    #[test]
    fn a_manifest_on_standard_input_is_asked_for_again_and_never_where_it_is_written() {
        let run = of(&["--file", "-"], &["--sandbox"]);
        for (message, completed) in [
            ("rolecall apply", "rolecall apply --file FILE --sandbox"),
            ("rolecall apply --yes", "rolecall apply --yes --file - --sandbox"),
            ("rolecall drift", "rolecall drift --file - --sandbox"),
            (
                "`rolecall plan` shows it, `rolecall explain` lists codes",
                "`rolecall plan --file - --sandbox` (with the manifest on standard input) shows it, `rolecall explain` lists codes",
            ),
            ("`rolecall genesys action import`", "`rolecall genesys action import --file FILE`"),
            ("`rolecall target add` adds it", "`rolecall target add --file FILE --sandbox` adds it"),
        ] {
            assert_eq!(run.complete(message), completed);
        }
    }

    #[test]
    fn every_command_of_a_message_gets_the_options_that_it_takes_and_nothing_else_changes() {
        let run = of(&["--file", "x.toml"], &["--sandbox"]);
        for (message, completed) in [
            ("rolecall apply --adopt", "rolecall apply --adopt --file x.toml --sandbox"),
            ("use `--yes`, or `x`", "use `--yes`, or `x`"),
            (
                "`rolecall render twin` prints it; `rolecall verify --sweep` removes it",
                "`rolecall render twin --file x.toml` prints it; `rolecall verify --sweep --file x.toml --sandbox` removes it",
            ),
            ("`rolecall init --help` lists them", "`rolecall init --help` lists them"),
            ("`rolecall simulate --help`", "`rolecall simulate --help`"),
            ("an open `rolecall plan", "an open `rolecall plan"),
        ] {
            assert_eq!(run.complete(message), completed);
        }
    }
}

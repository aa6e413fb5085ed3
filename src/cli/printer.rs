//! The one door for output: results on standard output and in files; everything else on standard error.
//!
//! Where several manifests are at work at the same time, each has a printer of its own: its result is kept until it is
//! finished, its messages carry its name.
//!
//! Nothing leaves as it came: what would steer a terminal or a CI runner is shown instead ([`neutral`]). Only the colours of
//! our own text pass, and of formats that are made of a runner's commands the commands.
//!
//! A closed pipe (`rolecall plan | head`) ends the output, not the work: what was begun in AWS is carried to its end. Any other
//! reason why a result cannot be written (a full disk) does not end the work either, but the command has then failed.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use console::Term;
use indicatif::{ProgressBar, ProgressStyle};
use rolecall::failure::{CommandError, CommandResult};
use rolecall::report::{ErrorView, Evidence, Format, Invocation, Report};
use rolecall_model::activity::Activity;
use rolecall_model::limit::{self, Limit};
use rolecall_model::redact::logins;
use rolecall_model::shown::neutral;

use super::options::ReportFile;
use super::overwrite::{FileKind, Guard};
use super::status::{Status, Watch};
use super::wrap::{wrap, wrap_behind};

/// Dimmed text: what is going on.
const PROGRESS: Style = Style::new().dimmed();
const WARNING: Style = AnsiColor::Yellow.on_default();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// The colours and weights of our own text; [`anstyle`] writes each by itself.
const OWN: [&str; 7] =
    ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m"];

fn is_own(page: &str) -> Option<usize> {
    OWN.iter().find(|own| page.starts_with(**own)).map(|own| own.len())
}

/// A colour or a weight of whatever text.
fn is_color(page: &str) -> Option<usize> {
    let code = page.strip_prefix("\u{1b}[")?;
    let end = code.find(|character: char| !character.is_ascii_digit() && character != ';')?;
    code.get(end..)?.starts_with('m').then_some("\u{1b}[".len() + end + "m".len())
}

/// Text without colours of its own.
fn plain(text: &str) -> String {
    neutral(text, false, |_| None)
}

/// How wide a terminal is; a pipe has no width.
fn width_of(terminal: &Term) -> Option<usize> {
    let (_, columns) = Some(terminal).filter(|terminal| terminal.is_term())?.size_checked()?;
    Some(columns.into())
}

/// Prints.
#[derive(Debug)]
pub(crate) struct Printer {
    output: Destination,
    messages: AutoStream<std::io::Stderr>,
    interactive: bool,
    shows_calls: bool,
    /// Whether nothing is said of what is going on.
    is_quiet: bool,
    /// Whether results are commands of a CI runner.
    annotates: bool,
    /// The width of the terminal that results are wrapped to; a pipe has none.
    width: Option<usize>,
    /// The width of the terminal that messages are wrapped to.
    message_width: Option<usize>,
    /// Before every message.
    name: String,
    /// Hidden where there is none.
    bar: ProgressBar,
    /// What is being done, where nothing else is said for a while.
    status: Status,
    /// What advised commands repeat.
    invocation: Invocation,
    /// Whether every manifest that was read is for another vendor than Genesys.
    for_vendors: bool,
    /// Why a result could not be written, unless its reader had gone.
    unwritten: Option<io::Error>,
    /// What may be replaced.
    guard: Guard,
    /// The files that the result also goes to.
    reports: Vec<ReportFile>,
    /// Those that it did not get to, and why.
    unwritten_reports: Vec<(ReportFile, io::Error)>,
}

/// Where results go.
#[derive(Debug)]
enum Destination {
    Shown(AutoStream<std::io::Stdout>),
    Kept(String),
}

impl Printer {
    /// `NO_COLOR`, a pipe and `CI` turn colour off, unless somebody says when to print it; a pipe and `CI` turn questions off.
    pub(crate) fn new(color: clap::ColorChoice, is_quiet: bool) -> Self {
        let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        let choice = match color {
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
            clap::ColorChoice::Auto if in_ci => ColorChoice::Never,
            clap::ColorChoice::Auto => ColorChoice::Auto,
        };
        Self {
            output: Destination::Shown(AutoStream::new(std::io::stdout(), choice)),
            messages: AutoStream::new(std::io::stderr(), choice),
            interactive: !in_ci && std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            shows_calls: false,
            is_quiet,
            annotates: false,
            width: None,
            message_width: width_of(&Term::stderr()),
            name: String::new(),
            bar: ProgressBar::hidden(),
            status: Status::new(!in_ci && !is_quiet && std::io::stderr().is_terminal()),
            invocation: Invocation::default(),
            for_vendors: false,
            unwritten: None,
            guard: Guard::default(),
            reports: Vec::new(),
            unwritten_reports: Vec::new(),
        }
    }

    /// A printer for one of several manifests; there is nobody to ask about one of them.
    pub(crate) fn of_one(&self, name: &str, invocation: Invocation) -> Self {
        Self {
            output: Destination::Kept(String::new()),
            messages: AutoStream::new(std::io::stderr(), self.messages.current_choice()),
            interactive: false,
            shows_calls: self.shows_calls,
            is_quiet: self.is_quiet,
            annotates: self.annotates,
            width: None,
            message_width: self.message_width,
            name: format!("{name}: "),
            bar: self.bar.clone(),
            status: self.status.clone(),
            invocation,
            for_vendors: self.for_vendors,
            unwritten: None,
            guard: self.guard.clone(),
            reports: Vec::new(),
            unwritten_reports: Vec::new(),
        }
    }

    /// The results that were kept.
    pub(crate) fn into_result(self) -> String {
        match self.output {
            Destination::Shown(_) => String::new(),
            Destination::Kept(text) => text,
        }
    }

    /// Shows how far many things are; only to somebody who watches, and never without colour, which a bar needs.
    pub(crate) fn count_up_to(&mut self, number: usize) {
        if self.interactive && self.messages.current_choice() != ColorChoice::Never {
            self.bar = ProgressBar::new(number.try_into().unwrap_or(u64::MAX));
            let style = ProgressStyle::with_template("  {bar:40} {pos} of {len}, {eta} to go");
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.status.pause(true);
        }
    }

    /// One of them is finished.
    pub(crate) fn count(&self) {
        self.bar.inc(1);
    }

    /// All of them are; the bar goes away.
    pub(crate) fn stop_counting(&self) {
        self.bar.finish_and_clear();
        self.status.pause(false);
    }

    /// Says what is being done wherever nothing else is said for a while, until what is returned is dropped.
    pub(crate) fn watch(&self, activity: Activity, limit: Option<Limit>) -> Option<Watch> {
        self.status.watch(activity, limit)
    }

    /// Whether the requests to AWS are listed at the end.
    pub(crate) fn show_calls(&mut self, show: bool) {
        self.shows_calls = show;
    }

    /// Whether the requests to AWS are listed at the end.
    pub(crate) fn shows_calls(&self) -> bool {
        self.shows_calls
    }

    /// Whether results are commands of a CI runner.
    pub(crate) fn annotate(&mut self, annotates: bool) {
        self.annotates = annotates;
    }

    /// Whether results are text for somebody at a terminal.
    pub(crate) fn wrap(&mut self, is_prose: bool) {
        self.width = width_of(&Term::stdout()).filter(|_| is_prose);
    }

    /// What is said about where AWS can be asked about its answers.
    pub(crate) fn evidence(&self) -> Evidence {
        if self.shows_calls { Evidence::OfEverything } else { Evidence::OfRefutations }
    }

    /// Whether somebody can answer a question.
    pub(crate) fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// The result of the command.
    pub(crate) fn result(&mut self, text: &str) {
        let text = neutral(text, self.annotates, is_own);
        let text = self.width.map_or(text.clone(), |width| wrap(&text, width));
        match &mut self.output {
            Destination::Shown(output) => {
                let status = &self.status;
                let written = status.aside(|| write!(output, "{text}").and_then(|()| output.flush()));
                let failed = written.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
                self.unwritten = self.unwritten.take().or(failed);
            }
            Destination::Kept(kept) => kept.push_str(&text),
        }
    }

    /// From here on, files are replaced as far as this allows it.
    pub(crate) fn guard(&mut self, guard: Guard) {
        self.guard = guard;
    }

    /// Writes files at places that the user named: all of them, or none if one of them must not be written.
    pub(crate) fn files(&self, kind: FileKind, files: &[(PathBuf, String)]) -> CommandResult<()> {
        self.guard.write(kind, files)
    }

    fn save(&self, file: &ReportFile, text: &str) -> io::Result<()> {
        self.guard.write_report(&file.path, &neutral(text, file.format == Format::Github, |_| None))
    }

    /// From here on, results also go to these files. Until there is a result, each says that there is none: a run that is killed
    /// leaves that, and not the result of an earlier run. Those that cannot be written are returned, and nothing more goes to them.
    pub(crate) fn report_to(
        &mut self,
        files: &[ReportFile],
        none_yet: impl Fn(Format) -> String,
    ) -> Vec<(ReportFile, io::Error)> {
        let mut unwritten = Vec::new();
        for file in files {
            match self.save(file, &none_yet(file.format)) {
                Ok(()) => self.reports.push(file.clone()),
                Err(error) => unwritten.push((file.clone(), error)),
            }
        }
        unwritten
    }

    /// Whether results also go to files.
    pub(crate) fn has_reports(&self) -> bool {
        !self.reports.is_empty()
    }

    /// The result as documents: one to standard output where that is to be one, and one to each file.
    pub(crate) fn documents(&mut self, on_output: Option<Format>, render: impl Fn(Format) -> String) {
        for file in &self.reports {
            if let Err(error) = self.save(file, &render(file.format)) {
                self.unwritten_reports.push((file.clone(), error));
            }
        }
        if let Some(format) = on_output {
            self.result(&render(format));
        }
    }

    /// The files that a result did not get to.
    pub(crate) fn unwritten_reports(&self) -> &[(ReportFile, io::Error)] {
        &self.unwritten_reports
    }

    /// Why a result could not be written, unless its reader had gone.
    pub(crate) fn unwritten(&self) -> Option<&io::Error> {
        self.unwritten.as_ref()
    }

    /// What is going on.
    pub(crate) fn progress(&mut self, text: &str) {
        if !self.is_quiet {
            self.message(PROGRESS, "", text);
        }
    }

    /// Something to know, which stops nothing.
    pub(crate) fn warning(&mut self, text: &str) {
        self.message(WARNING, "warning: ", text);
    }

    /// Several of these.
    pub(crate) fn warnings<'a>(&mut self, texts: impl IntoIterator<Item = &'a String>) {
        texts.into_iter().for_each(|text| self.warning(text.trim_end()));
    }

    /// What to do next.
    pub(crate) fn hint(&mut self, text: &str) {
        let text = self.invocation.complete(text);
        self.message(HINT, "hint: ", &text);
    }

    /// From here on, advised commands repeat this.
    pub(crate) fn repeat(&mut self, invocation: Invocation) {
        self.invocation = invocation;
    }

    /// Says whether every manifest that was read is for another vendor than Genesys.
    pub(crate) fn is_for_vendors(&mut self, for_vendors: bool) {
        self.for_vendors = for_vendors;
    }

    /// The error as it is told about these manifests.
    pub(crate) fn told(&self, error: CommandError) -> CommandError {
        if self.for_vendors { error.for_vendor() } else { error }
    }

    /// The report with complete commands.
    pub(crate) fn advising(&self, report: Report) -> Report {
        report.advising(&self.invocation)
    }

    /// What advised commands repeat.
    pub(crate) fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    /// What went wrong, and the way out.
    pub(crate) fn failure(&mut self, ErrorView { code, message, hint }: &ErrorView) {
        self.message(ERROR, &format!("error[{code}]: "), message);
        hint.iter().for_each(|hint| self.hint(hint));
    }

    /// What clap says of a command line, in its own colours. It repeats the words of the command line as they are.
    pub(crate) fn usage(&mut self, text: &str) {
        let _ = write!(self.messages, "{}", neutral(&logins(text), false, is_color));
    }

    fn message(&mut self, style: Style, label: &str, text: &str) {
        let Self { messages, name, bar, status, message_width, .. } = self;
        let (name, text) = (plain(name), plain(text));
        let text = match message_width {
            Some(width) => wrap_behind(&format!("{label}{name}"), &text, *width),
            None => text,
        };
        let write = || match label {
            "" => writeln!(messages, "{style}{name}{text}{style:#}"),
            label => writeln!(messages, "{style}{label}{style:#}{name}{text}"),
        };
        let _ = status.aside(|| bar.suspend(write));
    }

    /// Asks, and reads a line; the end of the input is an empty one.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<String> {
        self.answer(question).map(Option::unwrap_or_default)
    }

    /// Asks, and reads a line; `None` at the end of the input.
    pub(crate) fn answer(&mut self, question: &str) -> io::Result<Option<String>> {
        self.status.pause(true);
        write!(self.messages, "{}", plain(question))?;
        self.messages.flush()?;
        let mut answer = String::new();
        let read = limit::uncounted(|| io::stdin().read_line(&mut answer))?;
        self.status.pause(false);
        Ok((read > 0).then(|| answer.trim().to_owned()))
    }
}

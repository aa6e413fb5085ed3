//! The one door for output: results on standard output, everything else on standard error.
//!
//! A closed pipe (`rolecall plan | head`) ends the output, not the work: what was begun in AWS is carried to its end.

use std::io::{IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use rolecall::report::{ErrorView, Evidence};

/// Dimmed text: what is going on.
const PROGRESS: Style = Style::new().dimmed();
const WARNING: Style = AnsiColor::Yellow.on_default();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Where results go.
#[derive(Debug)]
enum Door {
    Standard {
        output: AutoStream<std::io::Stdout>,
        messages: AutoStream<std::io::Stderr>,
    },
    /// The result is kept as text, for a program that asked; what is said besides is part of the result as JSON, too.
    Kept(String),
}

/// Prints.
#[derive(Debug)]
pub(crate) struct Printer {
    door: Door,
    interactive: bool,
    shows_calls: bool,
}

impl Printer {
    /// `NO_COLOR`, a pipe and `CI` turn colour off; a pipe and `CI` turn questions off.
    pub(crate) fn new() -> Self {
        let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        let choice = if in_ci { ColorChoice::Never } else { ColorChoice::Auto };
        Self {
            door: Door::Standard {
                output: AutoStream::new(std::io::stdout(), choice),
                messages: AutoStream::new(std::io::stderr(), choice),
            },
            interactive: !in_ci && std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            shows_calls: false,
        }
    }

    /// Keeps the result instead of printing it; nobody answers questions.
    pub(crate) fn keeping() -> Self {
        Self { door: Door::Kept(String::new()), interactive: false, shows_calls: false }
    }

    /// The result that was kept.
    pub(crate) fn into_result(self) -> String {
        match self.door {
            Door::Standard { .. } => String::new(),
            Door::Kept(result) => result,
        }
    }

    /// Whether the requests to AWS are listed at the end.
    pub(crate) fn show_calls(&mut self, show: bool) {
        self.shows_calls = show;
    }

    /// Whether the requests to AWS are listed at the end.
    pub(crate) fn shows_calls(&self) -> bool {
        self.shows_calls
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
        match &mut self.door {
            Door::Standard { output, .. } => {
                let _ = write!(output, "{text}").and_then(|()| output.flush());
            }
            Door::Kept(result) => result.push_str(text),
        }
    }

    /// What is going on.
    pub(crate) fn progress(&mut self, text: &str) {
        self.message(PROGRESS, "", text);
    }

    /// Something to know, which stops nothing.
    pub(crate) fn warning(&mut self, text: &str) {
        self.message(WARNING, "warning: ", text);
    }

    /// What went wrong.
    fn error(&mut self, text: &str) {
        self.message(ERROR, "error: ", text);
    }

    /// What to do next.
    pub(crate) fn hint(&mut self, text: &str) {
        self.message(HINT, "hint: ", text);
    }

    /// What went wrong, and the way out.
    pub(crate) fn failure(&mut self, ErrorView { message, hint }: &ErrorView) {
        self.error(message);
        hint.iter().for_each(|hint| self.hint(hint));
    }

    fn message(&mut self, style: Style, label: &str, text: &str) {
        let Door::Standard { messages, .. } = &mut self.door else { return };
        let _ = match label {
            "" => writeln!(messages, "{style}{text}{style:#}"),
            label => writeln!(messages, "{style}{label}{style:#}{text}"),
        };
    }

    /// Asks, and reads a line.
    pub(crate) fn ask(&mut self, question: &str) -> std::io::Result<String> {
        if let Door::Standard { messages, .. } = &mut self.door {
            write!(messages, "{question}")?;
            messages.flush()?;
        }
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }
}

//! The catalogue for readers: text for a terminal, JSON for programs, Markdown for the page of codes.

use serde_json::{Value, json};

use super::{Entry, Example, Kind, all};
use crate::iam::lint::{Edits, Severity};

/// Before the sections of the page.
const PAGE: &str = "# Codes

Everything that rolecall finds, and every error, has a code that stays the same. `rolecall explain CODE` prints the section below; \
`--allow-findings CODE` lets `apply` go on in spite of a finding about a document or a function. What Access Analyzer says of a document \
has AWS's own code, with a link. An error tells its code as in `error[E17]: …`, and as `code` in \
JSON. This page is made from the program.
";

impl Entry {
    /// For a terminal.
    pub fn to_text(&self) -> String {
        let severity = self.severity.map(|severity| format!(" ({severity})")).unwrap_or_default();
        let mut text = format!("{}{severity}: {}\n", self.code, self.title);
        text += &format!("\n{}: {}.\nWhat to do: {}.\n", self.kind.why(), self.why, self.remedy);
        if let Some(edits) = self.edits {
            text += &format!("{}.\n", in_words(edits));
        }
        if let Some(exit) = self.exit {
            text += &format!("Exit code: {} ({}).\n", exit.code(), exit.meaning(false));
        }
        match self.example {
            Some(Example::Document(document)) => {
                text += &format!("\nExample, with this finding:\n{document}")
            }
            Some(Example::Tamper(name)) => {
                text += &format!(
                    "\nTo see it on the sandbox: `rolecall sandbox tamper {name}`, then `rolecall drift --sandbox`.\n"
                );
            }
            Some(Example::Command(command)) => text += &format!("\nExample: `{command}`\n"),
            None => {}
        }
        if let Some(reference) = self.reference {
            text += &format!("\nMore: {reference}\n");
        }
        text
    }

    /// For programs.
    pub fn to_value(&self) -> Value {
        let mut value = json!({
            "code": self.code,
            "title": self.title,
            "why": self.why,
            "remedy": self.remedy,
        });
        if let Some(fields) = value.as_object_mut() {
            let mut add = |key: &str, value: Option<Value>| {
                if let Some(value) = value {
                    fields.insert(key.to_owned(), value);
                }
            };
            add("severity", self.severity.map(|severity| severity.as_str().into()));
            add("name", self.name.map(Value::from));
            add("exit_code", self.exit.map(|exit| exit.code().into()));
            add("reference", self.reference.map(Value::from));
            match self.example {
                Some(Example::Document(document)) => add("example", serde_json::from_str(document).ok()),
                Some(Example::Tamper(name)) => add("tamper", Some(name.into())),
                Some(Example::Command(command)) => add("command", Some(command.into())),
                None => {}
            }
        }
        value
    }

    fn to_markdown(&self) -> String {
        let name = self.name.map(|name| format!(" (`{name}` in JSON)")).unwrap_or_default();
        let mut text = format!("### {}: {}\n\n", self.code, self.title);
        if let Some(severity) = self.severity {
            text += &format!("Severity: {severity}{name}.\n\n");
        }
        text += &format!("**{}:** {}.\n\n**What to do:** {}.\n", self.kind.why(), self.why, self.remedy);
        if let Some(edits) = self.edits {
            text += &format!("\n{}.\n", in_words(edits));
        }
        match self.example {
            Some(Example::Document(document)) => text += &format!("\n```json\n{document}```\n"),
            Some(Example::Tamper(name)) => {
                text += &format!(
                    "\nOn the sandbox: `rolecall sandbox tamper {name}`, then `rolecall drift --sandbox`.\n"
                );
            }
            Some(Example::Command(command)) => text += &format!("\nExample: `{command}`\n"),
            None => {}
        }
        if let Some(reference) = self.reference {
            text += &format!("\n[More]({reference})\n");
        }
        text
    }
}

fn in_words(edits: Edits) -> String {
    match edits {
        Edits::From(known) => {
            format!("The finding names the edit of its document, which follows from {known}")
        }
        Edits::None(reason) => format!("The finding names no edit of a document: {reason}"),
    }
}

impl Kind {
    /// What the sentence is about that says why.
    fn why(self) -> &'static str {
        match self {
            Self::Finding(_) | Self::Run(_) | Self::RollCall(_) | Self::Drift(_) => "Why it matters",
            Self::Error(_) => "Why it happens",
        }
    }
}

/// One line a code.
pub fn list() -> String {
    all()
        .iter()
        .map(|entry| {
            format!("{:<4} {:<8} {}\n", entry.code, entry.severity.map_or("", Severity::as_str), entry.title)
        })
        .collect()
}

/// The page of codes.
pub fn page() -> String {
    let mut text = PAGE.to_owned();
    let mut heading = "";
    for entry in all() {
        let next = match entry.kind {
            Kind::Finding(id) => match id.as_str().chars().next() {
                Some('T') => "Findings about trust policies",
                Some('P') => "Findings about permissions",
                Some('L') => "Findings about functions",
                _ => "Findings about documents",
            },
            Kind::Run(_) => "Findings about answers and credentials",
            Kind::RollCall(_) => "Findings about ways into the roles of an account",
            Kind::Drift(_) => "Drift, by what it leads to",
            Kind::Error(_) => "Errors, by what to do about them",
        };
        if next != heading {
            heading = next;
            text += &format!("\n## {heading}\n");
        }
        text += &format!("\n{}", entry.to_markdown());
    }
    text
}

//! The catalogue for readers: text for a terminal, JSON for programs, Markdown for the page of codes.

use serde_json::{Value, json};

use super::{Entry, Example, Kind, all};

/// Before the sections of the page.
const PAGE: &str = "# Codes

Everything that rolecall finds has a code that stays the same. `rolecall explain CODE` prints the section below; `--allow-findings \
CODE` lets `apply` go on in spite of a finding. This page is made from the program.
";

impl Entry {
    /// For a terminal.
    pub fn to_text(&self) -> String {
        let mut text = format!("{} ({}): {}\n", self.code, self.severity, self.title);
        text += &format!("\nWhy it matters: {}.\nWhat to do: {}.\n", self.why, self.remedy);
        if let Some(exit) = self.exit {
            text += &format!("Exit code: {} ({}).\n", exit.code(), exit.meaning());
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
            "severity": self.severity.as_str(),
            "why": self.why,
            "remedy": self.remedy,
        });
        if let Some(fields) = value.as_object_mut() {
            let mut add = |key: &str, value: Option<Value>| {
                if let Some(value) = value {
                    fields.insert(key.to_owned(), value);
                }
            };
            add("name", self.name.map(Value::from));
            add("exit_code", self.exit.map(|exit| exit.code().into()));
            add("reference", self.reference.map(Value::from));
            match self.example {
                Some(Example::Document(document)) => add("example", serde_json::from_str(document).ok()),
                Some(Example::Tamper(name)) => add("tamper", Some(name.into())),
                None => {}
            }
        }
        value
    }

    fn to_markdown(&self) -> String {
        let name = self.name.map(|name| format!(" (`{name}` in JSON)")).unwrap_or_default();
        let mut text = format!("### {}: {}\n\n", self.code, self.title);
        text += &format!("Severity: {}{name}.\n\n", self.severity);
        text += &format!("**Why it matters:** {}.\n\n**What to do:** {}.\n", self.why, self.remedy);
        match self.example {
            Some(Example::Document(document)) => text += &format!("\n```json\n{document}```\n"),
            Some(Example::Tamper(name)) => {
                text += &format!(
                    "\nOn the sandbox: `rolecall sandbox tamper {name}`, then `rolecall drift --sandbox`.\n"
                );
            }
            None => {}
        }
        if let Some(reference) = self.reference {
            text += &format!("\n[More]({reference})\n");
        }
        text
    }
}

/// One line a code.
pub fn list() -> String {
    all()
        .iter()
        .map(|entry| format!("{:<4} {:<8} {}\n", entry.code, entry.severity.as_str(), entry.title))
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
            Kind::Drift(_) => "Drift, by what it leads to",
        };
        if next != heading {
            heading = next;
            text += &format!("\n## {heading}\n");
        }
        text += &format!("\n{}", entry.to_markdown());
    }
    text
}

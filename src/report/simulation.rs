//! What became of policy unit tests, as text and as JSON.

use std::fmt::Write as _;

use serde_json::Value;

use super::human::{BOLD, GREEN, RED, YELLOW};
use super::{ExitCode, count};
use crate::iam::evaluate::Decision;
use crate::iam::simulate::Outcome;
use crate::operations::CaseRun;

/// The cases of every file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimulationView {
    /// Each file as messages call it, with its cases in their order.
    pub files: Vec<(String, Vec<CaseRun>)>,
}

/// Whether a case passed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Fail,
    /// The answer itself is unknown.
    Unknown,
}

impl CaseRun {
    fn verdict(&self) -> Verdict {
        match (self.outcome.pass, self.outcome.response) {
            (true, _) => Verdict::Pass,
            (false, Decision::Unknown) => Verdict::Unknown,
            (false, Decision::Allowed | Decision::ImplicitlyDenied | Decision::ExplicitlyDenied) => {
                Verdict::Fail
            }
        }
    }

    fn to_text(&self) -> String {
        let Outcome { name, response, reason, statements: _, expected, pass } = &self.outcome;
        let label = match self.verdict() {
            Verdict::Pass => format!("{GREEN}PASS{GREEN:#}   "),
            Verdict::Fail => format!("{RED}FAIL{RED:#}   "),
            Verdict::Unknown => format!("{YELLOW}UNKNOWN{YELLOW:#}"),
        };
        let (name, response) = (name.replace(char::is_control, " "), response.as_str());
        let expected = if *pass { String::new() } else { format!(", expected {}", expected.as_str()) };
        let mut text = format!("  {label}  {name}\n           {response}{expected}: {reason}\n");
        if let Some(explanation) = &self.explanation {
            for line in explanation.to_string().lines() {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "             {line}");
            }
        }
        text
    }

    fn to_value(&self) -> Value {
        let mut value = self.outcome.to_value();
        if let (Some(explanation), Some(members)) = (&self.explanation, value.as_object_mut()) {
            members.insert("explanation".to_owned(), explanation.to_string().into());
        }
        value
    }
}

impl SimulationView {
    fn number_of(&self, verdict: Verdict) -> usize {
        self.files.iter().flat_map(|(_, cases)| cases).filter(|case| case.verdict() == verdict).count()
    }

    /// Two lines a case, and how many passed.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (file, cases) in &self.files {
            let _ = writeln!(text, "{BOLD}{file}{BOLD:#}");
            text.extend(cases.iter().map(CaseRun::to_text));
        }
        let passed = count(self.number_of(Verdict::Pass), "case passed", "cases passed");
        let others = [(Verdict::Fail, "failed"), (Verdict::Unknown, "unknown")].map(|(verdict, word)| {
            match self.number_of(verdict) {
                0 => String::new(),
                number => format!(", {number} {word}"),
            }
        });
        text + &passed + &others.concat() + ".\n"
    }

    /// A list with one object a case. Where there are several files, each object says which it is from.
    pub fn to_json(&self) -> String {
        let mut all = Vec::new();
        for (file, cases) in &self.files {
            for case in cases {
                let mut value = case.to_value();
                if let (true, Some(members)) = (self.files.len() > 1, value.as_object_mut()) {
                    members.insert("file".to_owned(), file.as_str().into());
                }
                all.push(value);
            }
        }
        format!("{:#}\n", Value::Array(all))
    }

    /// Refuted where a case fails, inconclusive where one is unknown.
    pub fn exit(&self) -> ExitCode {
        let exit_of = |verdict, exit| if self.number_of(verdict) > 0 { exit } else { ExitCode::Success };
        exit_of(Verdict::Fail, ExitCode::Refuted).or(exit_of(Verdict::Unknown, ExitCode::Inconclusive))
    }
}

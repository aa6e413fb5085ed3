//! SARIF 2.1.0 (OASIS): what is wrong, at the manifest's lines, for code scanning.
//!
//! Fingerprints are made of the rule, the resource and the attribute, so that an issue keeps its identity while values and
//! lines move. An undecided claim is a warning: `kind: open` would hide it in viewers that show failures only.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::issue::{Issue, Level, error_text};
use super::{ErrorView, Report};
use crate::exit::ExitCode;

/// The schema's address as the SARIF specification's errata publish it.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Everything but what RFC 3986 leaves unreserved, and the separator of folders.
const IN_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

impl Report {
    pub(super) fn to_sarif(&self) -> String {
        let warnings = self.warnings.iter().map(|warning| notification("warning", warning));
        let errors = self.error.iter().map(|error| error_notification(error, &error_text(error)));
        let unexamined =
            self.unexamined.into_iter().map(|unexamined| notification("note", &unexamined.to_text()));
        let notifications: Vec<Value> = warnings.chain(errors).chain(unexamined).collect();
        let invocation = invocation(self.exit, self.is_for_vendor(), &notifications);
        log(&format!("rolecall/{}/{}", self.command, self.role_arn()), &self.issues(), &invocation)
    }
}

/// One run with these results; the ID tells it from runs about other roles.
pub(super) fn log(id: &str, issues: &[Issue], invocation: &Value) -> String {
    let mut rules: Vec<Value> = Vec::new();
    let mut results: Vec<Value> = Vec::new();
    for issue in issues {
        let known = rules.iter().position(|rule| rule.get("id").and_then(Value::as_str) == Some(&issue.rule));
        let index = known.unwrap_or(rules.len());
        if known.is_none() {
            rules.push(rule(issue));
        }
        results.push(result(issue, index));
    }
    let run = json!({
        "tool": {"driver": {
            "name": "rolecall",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        }},
        "automationDetails": {"id": id},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
    });
    let log = json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]});
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

/// How the run ended, and what was said besides.
pub(super) fn invocation(exit: ExitCode, for_vendors: bool, notifications: &[Value]) -> Value {
    json!({
        "executionSuccessful": ![ExitCode::Failed, ExitCode::Usage].contains(&exit),
        "exitCode": exit.code(),
        "exitCodeDescription": exit.meaning(for_vendors),
        "toolExecutionNotifications": notifications,
    })
}

/// Something that was said.
pub(super) fn notification(level: &str, text: &str) -> Value {
    json!({"level": level, "message": {"text": text}})
}

/// What went wrong, by its code.
pub(super) fn error_notification(ErrorView { code, .. }: &ErrorView, text: &str) -> Value {
    json!({"descriptor": {"id": code}, "level": "error", "message": {"text": text}})
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn rule(issue: &Issue) -> Value {
    let Issue { rule, title, help, level: grade, .. } = issue;
    // GitHub reads it as a CVSS score: over 7.0 is high, over 4.0 medium. (GitHub docs, "SARIF support for code scanning")
    let severity = match grade {
        Level::Error => "8.0",
        Level::Warning => "5.0",
        Level::Note => "2.0",
    };
    json!({
        "id": rule,
        "shortDescription": {"text": title},
        "help": {"text": help},
        "defaultConfiguration": {"level": level(*grade)},
        "properties": {"tags": ["security", "aws", "iam"], "security-severity": severity},
    })
}

fn result(issue: &Issue, index: usize) -> Value {
    let Issue { rule, level: grade, resource, attribute, message, position, .. } = issue;
    let mut physical = Map::new();
    physical.insert("artifactLocation".to_owned(), json!({"uri": uri(&position.file)}));
    physical.insert("region".to_owned(), json!({"startLine": position.line, "startColumn": position.column}));
    let mut location = Map::from_iter([("physicalLocation".to_owned(), Value::Object(physical))]);
    if !resource.is_empty() {
        let logical = json!([{"fullyQualifiedName": resource, "kind": "resource"}]);
        location.insert("logicalLocations".to_owned(), logical);
    }
    json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": level(*grade),
        "message": {"text": message},
        "locations": [location],
        "partialFingerprints": {"rolecall/v1": format!("{rule}|{resource}|{attribute}")},
    })
}

/// A reference that tools resolve against the repository, or an absolute `file:` address.
fn uri(file: &str) -> String {
    let path = file.replace('\\', "/");
    let encoded = utf8_percent_encode(path.strip_prefix("./").unwrap_or(&path), IN_PATHS).to_string();
    if Path::new(file).is_absolute() { format!("file://{encoded}") } else { encoded }
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_references() {
        for (path, reference) in [
            ("rolecall.toml", "rolecall.toml"),
            ("./accounts/a b.toml", "accounts/a%20b.toml"),
            ("/srv/größe#1.toml", "file:///srv/gr%C3%B6%C3%9Fe%231.toml"),
        ] {
            assert_eq!(uri(path), reference);
        }
    }
}

//! The lines of a value before and after, for every format that shows them.

use serde_json::{Map, Value};
use similar::{ChangeTag, TextDiff};

/// Lines around a difference.
const CONTEXT_LINES: usize = 2;

/// More lines than a policy can have; the library multiplies it.
const WHOLE: usize = 1 << 20;

/// How a line stands in a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// On both sides, or all there is on the only side.
    Same,
    /// Only before.
    Removed,
    /// Only after.
    Added,
}

impl Sign {
    /// The character before the line.
    pub(super) fn character(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// The lines that differ, with a few around them. Where there is only one side, all its lines. Policy documents are compared
/// statement by statement.
pub(super) fn lines(before: Option<&Value>, after: Option<&Value>) -> Vec<(Sign, String)> {
    if let (Some(before), Some(after)) = (before, after)
        && let (Some(old), Some(new)) = (statements(before), statements(after))
        && without_statements(before) == without_statements(after)
    {
        return by_statement(&old, &new);
    }
    let (before, after) = (pretty(before), pretty(after));
    match (before.as_str(), after.as_str()) {
        ("", only) | (only, "") => only.lines().map(|line| (Sign::Same, line.to_owned())).collect(),
        (before, after) => by_line(before, after, CONTEXT_LINES),
    }
}

/// The same where one side alone is a difference too: then its lines carry their sign.
pub(super) fn signed_lines(before: Option<&Value>, after: Option<&Value>) -> Vec<(Sign, String)> {
    let mut lines = lines(before, after);
    let sign = match (before, after) {
        (Some(_), None) => Sign::Removed,
        (None, Some(_)) => Sign::Added,
        (Some(_), Some(_)) | (None, None) => return lines,
    };
    lines.iter_mut().for_each(|(line_sign, _)| *line_sign = sign);
    lines
}

/// The statements of a policy document.
fn statements(document: &Value) -> Option<Vec<&Value>> {
    match document.get("Statement")? {
        Value::Array(statements) => Some(statements.iter().collect()),
        statement @ Value::Object(_) => Some(vec![statement]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn without_statements(document: &Value) -> Option<Map<String, Value>> {
    let mut rest = document.as_object()?.clone();
    rest.remove("Statement");
    Some(rest)
}

/// Statements in common are counted; one of the same `Sid`, or without one at the same place, is a statement that changed.
fn by_statement<'v>(before: &[&'v Value], after: &[&'v Value]) -> Vec<(Sign, String)> {
    let is_in =
        |all: &[&Value], one: &Value| all.iter().any(|other| pretty(Some(other)) == pretty(Some(one)));
    let changed = |these: &[&'v Value], others: &[&Value]| -> Vec<(usize, &'v Value)> {
        these.iter().copied().enumerate().filter(|(_, one)| !is_in(others, one)).collect()
    };
    let (mut gone, mut come) = (changed(before, after), changed(after, before));
    let kept = before.len() - gone.len();
    let mut lines = Vec::new();
    if kept > 0 {
        let words = if kept == 1 { "statement" } else { "statements" };
        lines.push((Sign::Same, format!("({kept} {words} unchanged)")));
    }
    gone.retain(|(place, old)| {
        let is_same = |(at, new): &(usize, &Value)| match (old.get("Sid"), new.get("Sid")) {
            (Some(old), Some(new)) => old == new,
            (None, None) => at == place,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let Some(found) = come.iter().position(is_same) else { return true };
        let (_, new) = come.remove(found);
        lines.extend(by_line(&pretty(Some(old)), &pretty(Some(new)), WHOLE));
        false
    });
    let signed = |sign: Sign, statement: &Value| -> Vec<(Sign, String)> {
        pretty(Some(statement)).lines().map(|line| (sign, line.to_owned())).collect()
    };
    lines.extend(gone.iter().flat_map(|(_, statement)| signed(Sign::Removed, statement)));
    lines.extend(come.iter().flat_map(|(_, statement)| signed(Sign::Added, statement)));
    lines
}

fn by_line(before: &str, after: &str, radius: usize) -> Vec<(Sign, String)> {
    let diff = TextDiff::from_lines(before, after);
    let groups = diff.grouped_ops(radius);
    let changes = groups.iter().flatten().flat_map(|operation| diff.iter_changes(operation));
    let line = |change: similar::Change<&str>| {
        let sign = match change.tag() {
            ChangeTag::Delete => Sign::Removed,
            ChangeTag::Insert => Sign::Added,
            ChangeTag::Equal => Sign::Same,
        };
        (sign, change.value().trim_end_matches('\n').to_owned())
    };
    changes.map(line).collect()
}

/// Keys sorted, so that an order that means nothing is no difference.
fn pretty(value: Option<&Value>) -> String {
    let Some(value) = value else { return String::new() };
    let mut value = value.clone();
    value.sort_all_objects();
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_is_compared_by_statement() {
        let old = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "Kept", "Effect": "Allow"}, {"Sid": "A", "Effect": "Allow", "Resource": "a"}, {"Sid": "Gone"},
        ]});
        let new = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "A", "Effect": "Allow", "Resource": "*"}, {"Sid": "Kept", "Effect": "Allow"}, {"Sid": "New"},
        ]});
        let lines = lines(Some(&old), Some(&new));
        let text: String =
            lines.iter().map(|(sign, line)| format!("{} {line}\n", sign.character())).collect();
        insta::assert_snapshot!(text, @r#"
          (1 statement unchanged)
          {
            "Effect": "Allow",
        -   "Resource": "a",
        +   "Resource": "*",
            "Sid": "A"
          }
        - {
        -   "Sid": "Gone"
        - }
        + {
        +   "Sid": "New"
        + }
        "#);
    }
}

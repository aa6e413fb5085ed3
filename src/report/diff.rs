//! The lines of a value before and after, for every format that shows them.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// Lines around a difference.
const CONTEXT_LINES: usize = 2;

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

/// The lines that differ, with a few around them. Where there is only one side, all its lines.
pub(super) fn lines(before: Option<&Value>, after: Option<&Value>) -> Vec<(Sign, String)> {
    let (before, after) = (pretty(before), pretty(after));
    let diff = TextDiff::from_lines(&before, &after);
    let only_one_side = before.is_empty() || after.is_empty();
    let radius = if only_one_side { usize::MAX } else { CONTEXT_LINES };
    let mut lines = Vec::new();
    for group in diff.grouped_ops(radius) {
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let sign = match change.tag() {
                _ if only_one_side => Sign::Same,
                ChangeTag::Delete => Sign::Removed,
                ChangeTag::Insert => Sign::Added,
                ChangeTag::Equal => Sign::Same,
            };
            lines.push((sign, change.value().trim_end_matches('\n').to_owned()));
        }
    }
    lines
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

/// Keys sorted, so that an order that means nothing is no difference.
fn pretty(value: Option<&Value>) -> String {
    let Some(value) = value else { return String::new() };
    let mut value = value.clone();
    value.sort_all_objects();
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

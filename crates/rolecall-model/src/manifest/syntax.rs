//! Broken TOML: where the parser stumbled, in its words, and what was probably meant in ours.

use std::collections::BTreeSet;

use toml::de::Error;

use super::note::Notes;

/// Reports the first error of each line; the parser's later ones mostly follow from it.
pub(super) fn report(errors: &[Error], text: &str, notes: &mut Notes<'_>) {
    let mut reported = BTreeSet::new();
    let is_json = text.trim_start().starts_with('{');
    for error in errors.iter().take(if is_json { 1 } else { usize::MAX }) {
        let at = error.span().map_or(text.len(), |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        if !reported.insert(line_start) {
            continue;
        }
        let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let hint = if is_json {
            Some("this looks like JSON; `rolecall init` writes a manifest to start from".to_owned())
        } else {
            way_out(error.message(), line)
        };
        let message = match hint {
            Some(hint) => format!("this is not TOML: {}; {hint}", error.message()),
            None => format!("this is not TOML: {}", error.message()),
        };
        notes.fault(error.span().or(Some(at..at)), message);
    }
}

/// What people mean who write such a line.
fn way_out(message: &str, line: &str) -> Option<String> {
    let line = line.trim();
    if message.starts_with("duplicate key") {
        let name = line.trim_start_matches('[').split(']').next().unwrap_or(line);
        return Some(match name {
            "target" | "action" if line.starts_with('[') => format!("write `[[{name}]]` for each of several"),
            _ if line.starts_with('[') => format!("merge it with the `[{name}]` above"),
            _ => "already defined above; keep one of the two".to_owned(),
        });
    }
    if line.contains(['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}']) {
        return Some("typographic quotation marks are not valid; use `\"`".to_owned());
    }
    let Some((key, value)) = line.split_once('=') else {
        return line.split_once(':').map(|(key, _)| format!("write `{} = …`", key.trim()));
    };
    let (key, value) = (key.trim(), value.trim());
    if value.is_empty() {
        return Some(format!("the value of `{key}` is missing"));
    }
    match value.to_ascii_lowercase().as_str() {
        lower @ ("true" | "false") if lower != value => return Some(format!("write `{key} = {lower}`")),
        _ => {}
    }
    if value.starts_with('"') && value.contains('\\') {
        return Some("backslashes stand for themselves in single quotes: `'…'`".to_owned());
    }
    if message.contains("must be quoted") || message.starts_with("invalid boolean") {
        return Some(format!("put text in quotes: `{key} = \"…\"`"));
    }
    None
}

//! `Bool`: `true` or `false`, as text or as JSON. Variables are not read: the guide's page on variables excludes them.

use super::{Match, Operand};

/// Only the lower-case words are documented; another spelling of them, and numbers, may count or not.
pub(super) fn read(raw: &str) -> Operand {
    flag(raw).map_or(Operand::Undocumented, Operand::Bool)
}

pub(super) fn equals(request: &str, wanted: bool) -> Match {
    flag(request).map_or(Match::Undocumented, |flag| (flag == wanted).into())
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

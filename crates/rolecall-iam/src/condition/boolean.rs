//! `Bool`: `true` or `false`, as text or as JSON. Variables are not read: the guide's page on variables excludes them.

use super::{Match, Operand};

/// Only the lower-case words are documented; another spelling of them may count or not.
pub(super) fn read(raw: &str) -> Operand {
    match raw {
        "true" => Operand::Bool(true),
        "false" => Operand::Bool(false),
        _ if raw.eq_ignore_ascii_case("true") || raw.eq_ignore_ascii_case("false") => Operand::Unverified,
        _ => Operand::Unreadable,
    }
}

pub(super) fn equals(request: &str, flag: bool) -> Match {
    match read(request) {
        Operand::Bool(request) => (request == flag).into(),
        Operand::Unverified => Match::Unknown,
        Operand::Text(_)
        | Operand::Number(_)
        | Operand::Date(_)
        | Operand::Bytes(_)
        | Operand::Network(_)
        | Operand::Unreadable => Match::Unreadable,
    }
}

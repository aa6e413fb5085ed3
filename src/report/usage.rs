//! Who uses an action whose ID ends, in words.

use super::genesys::NoticeView;
use crate::observe::usage::{Doubt, Flow, Usage, User};
use crate::ports::genesys::{FlowRecord, GenesysErrorKind, IndexState};
use rolecall_model::shown::Shown;

/// What breaks where the action ends: one line for what is known, one for what is not.
#[must_use]
pub fn lines(usage: &Usage) -> Vec<String> {
    let Usage { action: _, users, doubt } = usage;
    let mut lines: Vec<String> =
        users.iter().map(|user| format!("used by {}", user_in_words(user))).collect();
    match doubt {
        Some(doubt) => {
            let more =
                if users.is_empty() { "whether anything uses it" } else { "whether anything else uses it" };
            lines.push(format!("{more} is not known: {}", doubt_in_words(doubt)));
        }
        None if users.is_empty() => {
            lines.push("Architect's dependency tracking shows nothing that uses it".to_owned());
        }
        None => {}
    }
    lines
}

/// The same as a notice of a report.
pub(super) fn notice(usage: &Usage) -> NoticeView {
    let Usage { action, users, doubt } = usage;
    let notice = match (users.as_slice(), doubt) {
        ([], None) => "no_use_shown",
        ([], Some(_)) => "use_unknown",
        ([_, ..], _) => "in_use",
    };
    let message = format!(
        "action {} ({}): its ID ends, and what refers to it fails; {}",
        action.name,
        action.id,
        lines(usage).join("; ")
    );
    NoticeView { notice, is_difference: false, resource: action.id.clone().into(), message: message.into() }
}

fn user_in_words(user: &User) -> String {
    let User { id, name, kind, flow } = user;
    let what = format!("{} ({}, {})", Shown(name), Shown(kind), Shown(id));
    match flow {
        None => what,
        Some(Flow::Gone) => format!("{what}, which Genesys Cloud does not find any more"),
        Some(Flow::Unreadable(GenesysErrorKind::Forbidden)) => {
            format!("{what}; its owner is not known, because the OAuth client lacks architect:flow:view")
        }
        Some(Flow::Unreadable(_)) => format!("{what}; its owner is not known, because it could not be read"),
        Some(Flow::Read { record: FlowRecord { published, owner, division }, runs_it }) => {
            let division = division.as_ref().map(|name| format!(", division {}", Shown(name)));
            let owner = match (published, owner) {
                (None, _) => "not published".to_owned(),
                (Some(_), Some(owner)) => format!("published by {}", Shown(owner)),
                (Some(_), None) => "published by somebody whom Genesys Cloud does not name".to_owned(),
            };
            let version = match (published, runs_it) {
                (Some(_), false) => "; only in versions that are not the published one",
                (Some(_), true) | (None, _) => "",
            };
            format!("{what}, {owner}{}{version}", division.unwrap_or_default())
        }
    }
}

fn doubt_in_words(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Unanswered(error) if error.kind == GenesysErrorKind::Forbidden => {
            "the OAuth client lacks architect:dependencyTracking:view".to_owned()
        }
        Doubt::Unanswered(error) => error.to_string(),
        Doubt::NotIndexed => "Architect's dependency tracking does not know the action".to_owned(),
        Doubt::Index(state) => {
            let state = match state {
                IndexState::Operational => "is in order",
                IndexState::NeedsRebuild => "needs to be rebuilt",
                IndexState::Building => "is being built",
                IndexState::Incomplete => "was not built to its end",
                IndexState::NotBuilt => "was never built",
                IndexState::Other(other) => {
                    return format!("Architect's dependency tracking reports {}", Shown(other));
                }
            };
            format!("the index of Architect's dependency tracking {state}")
        }
        Doubt::LeftOut(names) => {
            let names: Vec<String> = names.iter().map(|name| Shown(name).to_string()).collect();
            format!("Architect's dependency tracking could not index {}", names.join(", "))
        }
    }
}

//! The roll call in few words, for whoever takes only so many bytes: a state machine, a mail.
//!
//! The counts are of everything. The lists are cut, the gravest first, and say how much is left out. They name roles, outsiders and
//! codes, and quote no document.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::markdown::{cell, code};
use super::super::text::join;
use super::super::{Origin, Text, count};
use super::{
    ChangedWayView, ChangesView, RoleAnswerView, RollCallView, Standing, SummaryView, UnreadableView,
};
use crate::exit::ExitCode;

/// Characters of a reason.
const LONGEST_REASON: usize = 300;

/// A roll call in few words.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RollCallSummary {
    /// `audit`.
    pub command: &'static str,
    /// What made the report.
    #[serde(flatten)]
    pub origin: Origin,
    /// The exit code.
    #[schemars(with = "u8")]
    pub exit_code: ExitCode,
    /// The last sentence of the report.
    pub verdict: Text,
    /// What was read.
    pub sources: Vec<Text>,
    /// How many roles were asked about.
    pub asked: usize,
    /// How many roles stand how.
    pub summary: SummaryView,
    /// Findings by code, without those that somebody accepted: how many ways in have each.
    pub findings: BTreeMap<String, usize>,
    /// How many ways in are different from the baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangeCounts>,
    /// Accounts that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_accounts: Vec<UnreadableView>,
    /// Ways in that were not there when the baseline was made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_ways: Vec<ChangedWayView>,
    /// Ways in that were different when the baseline was made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed_ways: Vec<ChangedWayView>,
    /// The roles that are open or unknown, most severe first.
    pub roles: Vec<RoleSummary>,
    /// Roles that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableView>,
    /// How many entries of the lists above are left out.
    pub left_out: usize,
}

/// A role that is open or unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoleSummary {
    /// The role.
    pub arn: Text,
    /// `open`, `unknown`.
    #[schemars(with = "String")]
    pub standing: Standing,
    /// How far its sessions get at least.
    pub reach: &'static str,
    /// Who comes in by ways that are not closed and that nobody accepted.
    pub outsiders: Vec<Text>,
    /// The codes of what is wrong with these ways.
    pub findings: Vec<String>,
}

/// How many ways in are different from a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangeCounts {
    /// Were not there.
    pub new: usize,
    /// Are not what they were.
    pub changed: usize,
    /// Are there no more.
    pub gone: usize,
    /// Roles that could be read then.
    pub unreadable: usize,
}

impl From<&ChangesView> for ChangeCounts {
    fn from(ChangesView { new, changed, gone, unreadable }: &ChangesView) -> Self {
        Self { new: new.len(), changed: changed.len(), gone: gone.len(), unreadable: unreadable.len() }
    }
}

impl RoleSummary {
    /// `None` where all is closed or accepted.
    fn of(role: &RoleAnswerView) -> Option<Self> {
        if role.standing == Standing::Closed {
            return None;
        }
        let ways = role.ways.iter().filter(|way| way.counted() != Standing::Closed);
        let (mut outsiders, mut findings) = (Vec::new(), Vec::new());
        for way in ways {
            outsiders.push(Text::from(way.who()));
            for finding in &way.findings {
                if !findings.contains(&finding.id) {
                    findings.push(finding.id.clone());
                }
            }
        }
        let (arn, standing, reach) = (role.arn.clone(), role.standing, role.reach.certain);
        Some(Self { arn, standing, reach, outsiders, findings })
    }
}

/// What is left of a limit, and what went beyond it.
struct Room {
    left: usize,
    left_out: usize,
}

impl Room {
    /// The entries that there is room for.
    fn take<T: Serialize>(&mut self, entries: impl IntoIterator<Item = T>) -> Vec<T> {
        let fits = |entry: &T| {
            // Every part is a plain value with string keys, which serde_json cannot fail on. A comma follows.
            let size = serde_json::to_string(entry).map_or(usize::MAX, |text| text.len().saturating_add(1));
            // The first that does not fit ends the list: what comes after is less grave.
            self.left = if self.left_out == 0 { self.left.saturating_sub(size) } else { 0 };
            self.left_out += usize::from(self.left == 0);
            self.left > 0
        };
        entries.into_iter().filter(fits).collect()
    }
}

fn shortened(UnreadableView { name, reason }: &UnreadableView) -> UnreadableView {
    let reason = match reason.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => reason.get(..end).unwrap_or_default().to_owned() + "…",
        None => reason.to_string(),
    };
    UnreadableView { name: name.clone(), reason: reason.into() }
}

impl RollCallSummary {
    /// The roll call in at most so many bytes of JSON.
    #[must_use]
    pub fn new(view: &RollCallView, largest: usize) -> Self {
        let mut findings = BTreeMap::new();
        let counted = view.roles.iter().flat_map(|role| &role.ways).filter(|way| way.accepted.is_none());
        for finding in counted.flat_map(|way| &way.findings) {
            *findings.entry(finding.id.clone()).or_insert(0) += 1;
        }
        let mut summary = Self {
            command: view.command,
            origin: view.origin.clone(),
            exit_code: view.exit_code,
            verdict: view.verdict().into(),
            sources: Vec::new(),
            asked: view.asked,
            summary: view.summary,
            findings,
            changes: view.changes.as_ref().map(ChangeCounts::from),
            unread_accounts: Vec::new(),
            new_ways: Vec::new(),
            changed_ways: Vec::new(),
            roles: Vec::new(),
            unreadable: Vec::new(),
            left_out: 0,
        };
        // The names of empty lists, which appear once they are not.
        const NAMES: usize = 100;
        let counts = serde_json::to_string(&summary).map_or(usize::MAX, |text| text.len());
        let mut room = Room { left: largest.saturating_sub(counts.saturating_add(NAMES)), left_out: 0 };
        let changes = view.changes.as_ref();
        summary.unread_accounts = room.take(view.unread_accounts.iter().map(shortened));
        summary.new_ways = room.take(changes.iter().flat_map(|changes| changes.new.iter().cloned()));
        summary.changed_ways = room.take(changes.iter().flat_map(|changes| changes.changed.iter().cloned()));
        summary.roles = room.take(view.roles.iter().filter_map(RoleSummary::of));
        summary.unreadable = room.take(view.unreadable.iter().map(shortened));
        summary.sources = room.take(view.sources.iter().cloned());
        summary.left_out = room.left_out;
        summary
    }

    /// One JSON document, on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// For a mail.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("## rolecall audit: {}\n\n", cell(&self.verdict));
        // Writing to a String cannot fail.
        if !self.sources.is_empty() {
            let _ =
                writeln!(text, "Read: {}. Exit code {}.\n", join(&self.sources, ", "), self.exit_code.code());
        }
        let mut list = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                let _ = writeln!(text, "### {title}\n\n{}\n", lines.join("\n"));
            }
        };
        let unread = |one: &UnreadableView| format!("- {}: {}", code(&one.name), cell(&one.reason));
        let way = |way: &ChangedWayView| {
            let what = join(&way.what, "; ");
            let what = if what.is_empty() { what } else { format!(": {}", cell(&what)) };
            format!("- {} into {}{what}", cell(&way.outsider), code(&way.role))
        };
        let role = |role: &RoleSummary| {
            let outsiders = cell(&join(&role.outsiders, ", "));
            let (arn, standing, findings) =
                (code(&role.arn), role.standing.as_str(), role.findings.join(" "));
            format!("- {standing} ({findings}): {arn}, reaches {}, for {outsiders}", role.reach)
        };
        list("Accounts that cannot be read", self.unread_accounts.iter().map(unread).collect());
        list("New ways in", self.new_ways.iter().map(way).collect());
        list("Changed ways in", self.changed_ways.iter().map(way).collect());
        list("Open or undecided", self.roles.iter().map(role).collect());
        list("Roles that cannot be read", self.unreadable.iter().map(unread).collect());
        if self.left_out > 0 {
            let entries = count(self.left_out, "entry is", "entries are");
            let _ = writeln!(text, "{entries} left out; `rolecall audit` shows all.\n");
        }
        if !self.findings.is_empty() {
            let codes: Vec<String> =
                self.findings.iter().map(|(code, number)| format!("{code} × {number}")).collect();
            let _ = writeln!(text, "Findings: {}. `rolecall explain R2` says what R2 is.", codes.join(", "));
        }
        text.trim_end().to_owned() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rolecall_audit::snapshot::Snapshot;
    use serde_json::json;

    use super::*;
    use crate::operations::{AccountsRead, RollCallRequest, UnreadAccount};

    /// So many roles that let every principal of another account in, and so many accounts that were not read.
    fn view(roles: usize, unread: usize) -> RollCallView {
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"},
        ]});
        let role = |number| {
            let name = format!("role-{number}");
            let arn = format!("arn:aws:iam::123456789012:role/{name}");
            json!({"Arn": arn, "RoleName": name, "Path": "/", "AssumeRolePolicyDocument": trust})
        };
        let roles: Vec<_> = (0..roles).map(role).collect();
        let answer = json!({"RoleDetailList": roles, "Policies": []}).to_string();
        let unread = (0..unread).map(|number| UnreadAccount {
            account: None,
            name: format!("account {number}"),
            reason: "ü".repeat(5000),
        });
        let read = AccountsRead {
            snapshot: Snapshot::read(&answer).unwrap(),
            unread: unread.collect(),
            ..AccountsRead::default()
        };
        RollCallView::new(&RollCallRequest::default().call(read, Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn a_summary_is_never_larger_and_says_what_is_left_out() {
        for (roles, unread) in [(1000, 0), (10, 200), (1000, 200)] {
            let view = view(roles, unread);
            for largest in [0, 2_000, 30_000, 1 << 30] {
                let summary = RollCallSummary::new(&view, largest);
                let (size, listed) =
                    (summary.to_json().len(), summary.roles.len() + summary.unread_accounts.len());
                assert_eq!(listed + summary.left_out, roles + unread, "{largest}");
                assert!(size <= largest.max(1_000), "{size} > {largest}");
                // The counts are of everything.
                assert_eq!((summary.summary.open, summary.findings["R2"]), (roles, roles));
                assert_eq!(summary.left_out == 0, largest == 1 << 30);
            }
        }
    }

    #[test]
    fn accounts_that_were_not_read_come_first() {
        let text = RollCallSummary::new(&view(1, 1), 30_000).to_markdown().replace(&"ü".repeat(300), "…");
        insta::assert_snapshot!(text, @"
        ## rolecall audit: open: 1 of 1 roles trust somebody outside: 1 open, 0 unknown, 0 closed

        ### Accounts that cannot be read

        - `account 0`: ……

        ### Open or undecided

        - open (R2): `arn:aws:iam::123456789012:role/role-0`, reaches nothing, for account 999999999999

        Findings: R2 × 1. `rolecall explain R2` says what R2 is.
        ");
    }
}

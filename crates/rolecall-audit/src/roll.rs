//! The roll call itself: each role that somebody outside may assume, with the ways in, what is wrong with them, and how far they lead.
//!
//! Roles are answered for one by one; what concerns several of them, such as an external ID that two vendors share, is looked up first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rolecall_iam::arn::RoleArn;
use rolecall_iam::lint::Severity;

use crate::entry::{Entries, Entry, Guard, Verdict, entries};
use crate::expectation::{Expectation, Suppression};
use crate::finding::{Finding, findings};
use crate::outsider::Outsider;
use crate::snapshot::{Role, Snapshot};

/// A way in, with what is wrong with it.
#[derive(Debug, Clone)]
pub struct Way {
    /// The way in.
    pub entry: Entry,
    /// What is wrong, most severe first.
    pub findings: Vec<Finding>,
    /// Why somebody accepted it, and until when.
    pub accepted: Option<(String, Date)>,
}

/// A role that somebody outside may assume.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The role.
    pub role: RoleArn,
    /// When it was last used, as AWS tells it.
    pub last_used: Option<String>,
    /// The ways in, most severe first.
    pub ways: Vec<Way>,
    /// What AWS does not document about callers without an account.
    pub doubts: Vec<String>,
}

/// A role whose trust policy cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The role, or what is known of it.
    pub role: String,
    /// Why.
    pub reason: String,
}

/// How grave a way in is, by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Only whom the guard names.
    Closed,
    /// It could not be decided.
    Unknown,
    /// Somebody gets in who should not.
    Open,
}

/// The roll call of one or several accounts.
#[derive(Debug, Clone, Default)]
pub struct RollCall {
    /// Roles that somebody outside may assume, most severe first.
    pub answers: Vec<Answer>,
    /// Roles whose trust policy cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// How many roles were asked about.
    pub roles: usize,
    /// Suppressions whose last day has passed: they no longer count.
    pub ended: Vec<Suppression>,
}

impl Way {
    /// How grave it is. What was accepted is as it was.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.entry.verdict {
            Verdict::Closed => Standing::Closed,
            Verdict::Unknown(_) => Standing::Unknown,
            Verdict::Open(_) => Standing::Open,
        }
    }

    fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.id.severity()).max()
    }

    /// What it is ordered by: what is accepted comes last, then by standing and severity.
    fn gravity(&self) -> (bool, Standing, Option<Severity>) {
        (self.accepted.is_none(), self.standing(), self.severity())
    }
}

impl Answer {
    /// The gravest standing of the ways that nobody accepted.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let counted = self.ways.iter().filter(|way| way.accepted.is_none());
        counted.map(Way::standing).max().unwrap_or(Standing::Closed)
    }

    /// Whether only AWS services come in.
    #[must_use]
    pub fn is_for_services(&self) -> bool {
        self.doubts.is_empty()
            && self.ways.iter().all(|way| matches!(way.entry.outsider, Outsider::Service(_)))
    }
}

/// Calls the roll.
#[must_use]
pub fn call(snapshot: &Snapshot, expectation: &Expectation, today: Date) -> RollCall {
    let mut called =
        RollCall { roles: snapshot.roles.len() + snapshot.unreadable.len(), ..RollCall::default() };
    let unreadable = snapshot.unreadable.iter().cloned();
    called.unreadable = unreadable.map(|(role, reason)| Unreadable { role, reason }).collect();
    let mut ways_in: Vec<(&Role, Entries)> = Vec::new();
    for role in &snapshot.roles {
        match &role.trust {
            Ok(trust) => ways_in.push((role, entries(&role.arn, trust, &expectation.insiders))),
            Err(reason) => called
                .unreadable
                .push(Unreadable { role: role.arn.to_string(), reason: format!("trust policy: {reason}") }),
        }
    }
    ways_in.retain(|(_, entries)| !entries.ways.is_empty() || !entries.doubts.is_empty());
    let shared = shared_ids(ways_in.iter().flat_map(|(_, entries)| &entries.ways));
    let (counting, ended): (Vec<_>, Vec<_>) =
        expectation.suppressions.iter().partition(|suppression| suppression.until >= today);
    called.ended = ended.into_iter().cloned().collect();
    for (role, Entries { ways, doubts }) in &ways_in {
        let name = role.arn.to_string();
        let judge = |entry: &Entry| {
            let mut found = findings(entry, &shared);
            found.sort_by_key(|finding| Reverse(finding.id.severity()));
            let outsider = entry.outsider.to_string();
            let accepted = counting.iter().find(|suppression| suppression.covers(&name, &outsider));
            let accepted = accepted.map(|suppression| (suppression.reason.clone(), suppression.until));
            Way { entry: entry.clone(), findings: found, accepted }
        };
        let mut ways: Vec<Way> = ways.iter().map(judge).collect();
        ways.sort_by_key(|way| Reverse(way.gravity()));
        let (arn, last_used) = (role.arn.clone(), role.last_used.clone());
        called.answers.push(Answer { role: arn, last_used, ways, doubts: doubts.clone() });
    }
    called.answers.sort_by_key(|answer| Reverse(answer.ways.first().map(Way::gravity)));
    called
}

/// External IDs that several outsiders have.
fn shared_ids<'e>(ways: impl Iterator<Item = &'e Entry>) -> BTreeSet<&'e str> {
    let mut holders: BTreeMap<&str, BTreeSet<&Outsider>> = BTreeMap::new();
    for way in ways {
        if let Guard::ExternalIds(ids) = &way.guard {
            for id in ids {
                holders.entry(id).or_default().insert(&way.outsider);
            }
        }
    }
    holders.into_iter().filter(|(_, outsiders)| outsiders.len() > 1).map(|(id, _)| id).collect()
}

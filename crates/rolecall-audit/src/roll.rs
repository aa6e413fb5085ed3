//! The roll call itself: each role that somebody outside may assume, with the ways in, what is wrong with them, and how far they lead.
//!
//! Roles are answered for one by one; what concerns several of them, such as an external ID that two vendors share, is looked up first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use rolecall_iam::arn::RoleArn;
use rolecall_iam::document::Document;
use rolecall_iam::lint::Severity;
use serde::{Deserialize, Serialize};

use crate::entry::{Entries, Entry, Guard, Insiders, Verdict, entries};
use crate::expectation::{Expectation, Suppression};
use crate::finding::{Finding, findings};
use crate::outsider::Outsider;
use crate::reach::{Power, Reach, Reaches};
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
    /// How far its sessions get.
    pub reach: Reach,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

impl Standing {
    /// The word for files and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Unknown => "unknown",
            Self::Open => "open",
        }
    }
}

impl Power {
    /// The word for files and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Other => "other",
            Self::Data => "data",
            Self::Escalates => "escalates",
            Self::Administrator => "administrator",
        }
    }
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
    fn gravity(&self) -> impl Ord + use<> {
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

    /// What it is ordered by: the gravest way in, then how far it leads.
    fn gravity(&self) -> impl Ord + use<> {
        let way = self.ways.iter().map(|way| (way.accepted.is_none(), way.standing())).max();
        (way, self.reach.certain, self.reach.possible, self.ways.iter().filter_map(Way::severity).max())
    }

    /// Whether only AWS services come in.
    #[must_use]
    pub fn is_for_services(&self) -> bool {
        self.doubts.is_empty()
            && self.ways.iter().all(|way| matches!(way.entry.outsider, Outsider::Service(_)))
    }
}

/// Calls the roll. `now` decides which suppressions count, and what conditions on time let in.
#[must_use]
pub fn call(snapshot: &Snapshot, expectation: &Expectation, now: Timestamp) -> RollCall {
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut called =
        RollCall { roles: snapshot.roles.len() + snapshot.unreadable.len(), ..RollCall::default() };
    let unreadable = snapshot.unreadable.iter().cloned();
    called.unreadable = unreadable.map(|(role, reason)| Unreadable { role, reason }).collect();
    let mut known = HashSet::new();
    for role in &snapshot.roles {
        if !known.insert(&role.arn) {
            let reason = "it is listed more than once, and each entry is answered for".to_owned();
            called.unreadable.push(Unreadable { role: role.arn.to_string(), reason });
        }
        if let Err(reason) = &role.trust {
            let reason = format!("trust policy: {reason}");
            called.unreadable.push(Unreadable { role: role.arn.to_string(), reason });
        }
    }
    let ways_in = ways_in(&snapshot.roles, &expectation.insiders);
    let shared = shared_ids(ways_in.iter().flat_map(|(_, entries)| &entries.ways));
    let (counting, ended): (Vec<_>, Vec<_>) =
        expectation.suppressions.iter().partition(|suppression| suppression.until >= today);
    called.ended = ended.into_iter().cloned().collect();
    let reaches = Reaches::of(snapshot, now);
    let answered = ways_in.par_iter().filter_map(|(place, Entries { ways, doubts })| {
        let role = snapshot.roles.get(*place)?;
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
        Some(Answer { role: arn, last_used, ways, doubts: doubts.clone(), reach: reaches.at(*place)? })
    });
    called.answers = answered.collect();
    called.answers.sort_by_key(|answer| Reverse(answer.gravity()));
    called
}

/// The ways into roles that have any, by the place of the role. Roles with the same trust policy are asked about once, where the
/// answer is the same for all of them.
fn ways_in(roles: &[Role], insiders: &Insiders) -> Vec<(usize, Entries)> {
    let mut alike: HashMap<_, Vec<(usize, &Role, &Document)>> = HashMap::new();
    for (place, role) in roles.iter().enumerate() {
        if let Ok(trust) = &role.trust {
            let key = (Arc::as_ptr(trust).addr(), &role.arn.account, &role.arn.partition);
            alike.entry(key).or_default().push((place, role, &**trust));
        }
    }
    let groups: Vec<_> = alike.into_values().collect();
    let answered = groups.par_iter().flat_map_iter(|group| {
        let mut of_all: Option<Entries> = None;
        group.iter().map(move |(place, role, trust)| {
            if let Some(entries) = &of_all {
                return (*place, entries.clone());
            }
            let entries = entries(&role.arn, trust, insiders);
            if group.len() > 1 && tells_nothing_of_role(&entries, trust) {
                of_all = Some(entries.clone());
            }
            (*place, entries)
        })
    });
    let mut found: Vec<(usize, Entries)> =
        answered.filter(|(_, entries)| !entries.ways.is_empty() || !entries.doubts.is_empty()).collect();
    found.sort_by_key(|(place, _)| *place);
    found
}

/// Whether the answer is the same for every role of the account with this trust policy: it shows no request, which would name the
/// role, and no variable stands for something of it.
fn tells_nothing_of_role(entries: &Entries, trust: &Document) -> bool {
    let is_plain = |entry: &Entry| entry.verdict == Verdict::Closed && entry.guests.is_none();
    let names_resource = trust.statements().iter().any(|statement| statement.resource.is_some());
    let is_said_of_all = !names_resource && !trust.to_string().contains("${");
    is_said_of_all && entries.doubts.is_empty() && entries.ways.iter().all(is_plain)
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

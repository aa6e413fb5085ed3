//! The roll call of an account, as views: what JSON has, and what text, CSV, SARIF and HTML are made from.

mod csv;
mod page;
mod picture;
mod reach;
mod sarif;
mod summary;
mod text;

use std::collections::BTreeMap;

use rolecall_audit::baseline::{Change, Changes};
use rolecall_audit::entry::{Entry, LetInBy, Verdict};
use rolecall_audit::expectation::Suppression;
use rolecall_audit::finding::Finding;
use rolecall_audit::outsider::Outsider;
use rolecall_audit::roll::{Answer, Standing, Way};
use rolecall_audit::vendor::Vendors;
use schemars::JsonSchema;
use serde::Serialize;

use reach::ReachView;

pub use summary::RollCallSummary;

use super::{CallsView, Origin, Text};
use crate::exit::ExitCode;
use crate::iam::lint::Severity;
use crate::operations::{RollCalled, UnreadAccount};

/// The result of `audit`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "rolecall audit")]
pub struct RollCallView {
    /// `audit`.
    pub command: &'static str,
    /// What made the report.
    #[serde(flatten)]
    pub origin: Origin,
    /// The exit code.
    #[schemars(with = "u8")]
    pub exit_code: ExitCode,
    /// What was read: accounts, or files.
    pub sources: Vec<Text>,
    /// How many roles were asked about.
    pub asked: usize,
    /// How many roles stand how.
    pub summary: SummaryView,
    /// The roles that somebody outside their account may assume, most severe first.
    pub roles: Vec<RoleAnswerView>,
    /// Roles that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableView>,
    /// Accounts that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_accounts: Vec<UnreadableView>,
    /// What is different from the baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangesView>,
    /// Suppressions whose last day has passed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ended_suppressions: Vec<EndedView>,
    /// The requests to AWS by operation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallsView>,
}

/// How many roles stand how. What was accepted counts as closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SummaryView {
    /// Somebody gets in who should not.
    pub open: usize,
    /// It could not be decided.
    pub unknown: usize,
    /// Only whom the conditions name.
    pub closed: usize,
    /// Roles that cannot be read.
    pub unreadable: usize,
}

/// A role that somebody outside may assume.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RoleAnswerView {
    /// The role.
    pub arn: Text,
    /// The gravest of its ways in that nobody accepted: `open`, `unknown`, `closed`.
    #[schemars(with = "String")]
    pub standing: Standing,
    /// When it was last used, as AWS tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Text>,
    /// The ways in, most severe first.
    pub ways: Vec<WayView>,
    /// How far its sessions get.
    pub reach: ReachView,
    /// What AWS does not document about callers without an account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Text>,
}

/// A way in.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct WayView {
    /// Who comes in.
    pub outsider: Text,
    /// `account`, `every-account`, `without-account`, `web-identity`, `saml` or `service`.
    pub kind: &'static str,
    /// The name in full: the ARN of a provider, where `outsider` has its host.
    pub id: Text,
    /// The vendor behind the account, by a public list or by the file of expectations. A listing is no approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Text>,
    /// Where the account stands in public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_source: Option<Text>,
    /// The principals, as the trust policy writes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<Text>,
    /// What every request that gets in must have.
    pub guard: Text,
    /// `open`, `unknown`, `closed`.
    #[schemars(with = "String")]
    pub standing: Standing,
    /// A request that gets in and should not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Text>,
    /// Why it could not be decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Text>,
    /// The statements that let the outsider in.
    pub statements: Vec<StatementView>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<WayFindingView>,
    /// Why somebody accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<AcceptedView>,
}

/// A statement of a trust policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatementView {
    /// Its number in the document, from one.
    pub number: usize,
    /// Its ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Text>,
    /// Its conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Text>,
}

/// What is wrong with a way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WayFindingView {
    /// The code, such as `R2`.
    pub id: String,
    /// How severe it is.
    #[serde(serialize_with = "as_word")]
    #[schemars(with = "String")]
    pub severity: Severity,
    /// The outsider, what it can do, and the reason.
    pub message: Text,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What mends it.
    pub fix: &'static str,
}

/// That somebody accepted a way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AcceptedView {
    /// Why.
    pub reason: Text,
    /// Until that day.
    pub until: String,
}

/// What cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnreadableView {
    /// The role or account.
    #[serde(rename = "role")]
    pub name: Text,
    /// Why.
    pub reason: Text,
}

/// What is different from a baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangesView {
    /// Ways in that were not there.
    pub new: Vec<ChangedWayView>,
    /// Ways in that are not what they were.
    pub changed: Vec<ChangedWayView>,
    /// Ways in that are gone.
    pub gone: Vec<ChangedWayView>,
    /// Roles that could be read then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Text>,
}

/// A way in that is different from a baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangedWayView {
    /// The role's ARN.
    pub role: Text,
    /// Who comes in.
    pub outsider: Text,
    /// What changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<Text>,
}

/// A suppression that no longer counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EndedView {
    /// The roles.
    pub role: Text,
    /// Why it was accepted.
    pub reason: Text,
    /// The last day on which it counted.
    pub until: String,
}

fn as_word<S: serde::Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.as_str())
}

fn texts(texts: &[String]) -> Vec<Text> {
    texts.iter().cloned().map(Text::from).collect()
}

impl RollCallView {
    /// The view of a roll call.
    #[must_use]
    pub fn new(made: &RollCalled) -> Self {
        let RollCalled { called, changes, vendors, accounts, unread, calls, now } = made;
        let roles: Vec<_> =
            called.answers.iter().map(|answer| RoleAnswerView::new(answer, vendors)).collect();
        let number = |standing| roles.iter().filter(|role| role.standing == standing).count();
        Self {
            command: "audit",
            origin: Origin::at(*now),
            exit_code: made.exit(),
            sources: accounts.iter().map(|account| Text::from(format!("account {account}"))).collect(),
            asked: called.roles,
            summary: SummaryView {
                open: number(Standing::Open),
                unknown: number(Standing::Unknown),
                closed: number(Standing::Closed),
                unreadable: called.unreadable.len(),
            },
            roles,
            unreadable: { called.unreadable.iter() }
                .map(|role| UnreadableView {
                    name: role.role.clone().into(),
                    reason: role.reason.clone().into(),
                })
                .collect(),
            unread_accounts: unread
                .iter()
                .map(|UnreadAccount { account: _, name, reason }| UnreadableView {
                    name: name.clone().into(),
                    reason: reason.clone().into(),
                })
                .collect(),
            changes: changes.as_ref().map(ChangesView::from),
            ended_suppressions: called.ended.iter().map(EndedView::from).collect(),
            calls: CallsView::summarize(calls),
        }
    }

    /// One JSON document.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every part is a plain value with string keys, which serde_json cannot fail on.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The last sentence.
    fn verdict(&self) -> String {
        let SummaryView { open, unknown, closed, unreadable } = self.summary;
        let mut parts =
            vec![format!("{open} open"), format!("{unknown} unknown"), format!("{closed} closed")];
        if unreadable > 0 {
            parts.push(format!("{unreadable} unreadable"));
        }
        let (of, parts) = (self.asked, parts.join(", "));
        let roles = format!("{} of {of} roles trust somebody outside: {parts}", self.roles.len());
        let word = match self.exit_code {
            ExitCode::Success if self.changes.is_some() => "unchanged",
            ExitCode::Success => "closed",
            ExitCode::Refuted => "open",
            ExitCode::Inconclusive => "undecided",
            ExitCode::Pending => "changed",
            ExitCode::Failed | ExitCode::Usage => "failed",
        };
        match &self.changes {
            None => format!("{word}: {roles}"),
            Some(changes) => format!(
                "{word}: {}, {} changed, {} gone since the baseline; {roles}",
                super::count(changes.new.len(), "new way in", "new ways in"),
                changes.changed.len(),
                changes.gone.len()
            ),
        }
    }

    /// The outsiders, most severe first, with the ways that they have. Services that act for the account come last, as one.
    fn by_outsider(&self) -> Vec<(&WayView, Vec<(&RoleAnswerView, &WayView)>)> {
        let mut order: Vec<&Text> = Vec::new();
        let mut groups: BTreeMap<&Text, Vec<(&RoleAnswerView, &WayView)>> = BTreeMap::new();
        for role in &self.roles {
            for way in &role.ways {
                if !groups.contains_key(&way.outsider) {
                    order.push(&way.outsider);
                }
                groups.entry(&way.outsider).or_default().push((role, way));
            }
        }
        let mut grouped: Vec<_> = order
            .into_iter()
            .filter_map(|outsider| {
                let ways = groups.remove(outsider)?;
                let (_, first) = *ways.first()?;
                Some((first, ways))
            })
            .collect();
        // The order of the roles is by their gravest way, which may be another's.
        grouped.sort_by_key(|(first, ways)| {
            let gravest = ways.iter().map(|(role, way)| (way.counted(), role.reach.certain_power())).max();
            (first.kind == "service", std::cmp::Reverse(gravest))
        });
        grouped
    }
}

impl RoleAnswerView {
    fn new(answer: &Answer, vendors: &Vendors) -> Self {
        Self {
            arn: answer.role.to_string().into(),
            standing: answer.standing(),
            last_used: answer.last_used.clone().map(Text::from),
            ways: answer.ways.iter().map(|way| WayView::new(way, vendors)).collect(),
            reach: ReachView::from(&answer.reach),
            doubts: texts(&answer.doubts),
        }
    }

    /// The name, without the account.
    fn name(&self) -> &str {
        self.arn.split_once(":role/").map_or(&*self.arn, |(_, name)| name)
    }
}

impl WayView {
    fn new(way: &Way, vendors: &Vendors) -> Self {
        let Way { entry, findings, accepted } = way;
        let Entry { outsider, named, statements, guard, verdict, guests: _ } = entry;
        let vendor = match outsider {
            Outsider::Account(account) => vendors.get(account),
            Outsider::EveryAccount
            | Outsider::Unnamed
            | Outsider::WebIdentity(_)
            | Outsider::Saml(_)
            | Outsider::Service(_) => None,
        };
        let (witness, reasons) = match verdict {
            Verdict::Closed => (None, Vec::new()),
            Verdict::Open(witness) => (Some(witness.sentence.clone().into()), Vec::new()),
            Verdict::Unknown(reasons) => (None, texts(reasons)),
        };
        Self {
            outsider: outsider.to_string().into(),
            kind: outsider.kind(),
            id: outsider.id().into(),
            vendor: vendor.map(|vendor| vendor.name.clone().into()),
            vendor_source: vendor.and_then(|vendor| vendor.source.clone()).map(Text::from),
            principals: texts(named),
            guard: guard.to_string().into(),
            standing: way.standing(),
            witness,
            reasons,
            statements: statements.iter().map(StatementView::from).collect(),
            findings: findings.iter().map(WayFindingView::from).collect(),
            accepted: accepted.as_ref().map(|(reason, until)| AcceptedView {
                reason: reason.clone().into(),
                until: until.to_string(),
            }),
        }
    }

    /// How it stands, unless somebody accepted it.
    fn counted(&self) -> Standing {
        if self.accepted.is_some() { Standing::Closed } else { self.standing }
    }

    /// The outsider with the name that is known.
    fn who(&self) -> String {
        match &self.vendor {
            Some(vendor) => format!("{} ({vendor})", self.outsider),
            None => self.outsider.shown(),
        }
    }
}

impl From<&LetInBy> for StatementView {
    fn from(statement: &LetInBy) -> Self {
        let LetInBy { statement, sid, conditions } = statement;
        Self { number: statement + 1, sid: sid.clone().map(Text::from), conditions: texts(conditions) }
    }
}

impl From<&Finding> for WayFindingView {
    fn from(finding: &Finding) -> Self {
        let Finding { id, message } = finding;
        Self {
            id: id.to_string(),
            severity: id.severity(),
            message: message.clone().into(),
            title: id.summary(),
            fix: id.fix(),
        }
    }
}

impl From<&Changes> for ChangesView {
    fn from(changes: &Changes) -> Self {
        let Changes { new, changed, gone, unreadable } = changes;
        let views = |changes: &[Change]| changes.iter().map(ChangedWayView::from).collect();
        Self { new: views(new), changed: views(changed), gone: views(gone), unreadable: texts(unreadable) }
    }
}

impl From<&Change> for ChangedWayView {
    fn from(change: &Change) -> Self {
        let Change { role, outsider, what } = change;
        Self { role: role.clone().into(), outsider: outsider.clone().into(), what: texts(what) }
    }
}

impl From<&Suppression> for EndedView {
    fn from(suppression: &Suppression) -> Self {
        Self {
            role: suppression.role.to_string().into(),
            reason: suppression.reason.clone().into(),
            until: suppression.until.to_string(),
        }
    }
}

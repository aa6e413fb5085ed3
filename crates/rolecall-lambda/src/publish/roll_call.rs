//! What is told of a roll call: a line of metrics, a message, and findings of Security Hub, one for each role and code, and one for
//! each account.
//!
//! The ID of a finding is made of the account, the role's name and the code, and of nothing that another run may not know: IAM keeps a
//! name once in an account, whatever its path. A finding is over when its account and its role were read and no longer have it. What
//! was not read keeps its findings as they are: nobody looked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rolecall::audit::finding::FindingId;
use rolecall::audit::reach::Power;
use rolecall::audit::roll::{Answer, Standing};
use rolecall::exit::ExitCode;
use rolecall::iam::arn::{AccountId, RoleArn};
use rolecall::iam::lint::Severity as Gravity;
use rolecall::operations::{RollCalled, UnreadAccount};
use rolecall::ports::findings::{Compliance, Finding, KnownFinding, Severity};
use rolecall::report::{AnyReport, Format, RollCallSummary, RollCallView, count};
use rolecall_model::shown::Shown;
use serde_json::{Value, json};

use super::finding::{LONGEST_DESCRIPTION, LONGEST_REMEDIATION, LONGEST_RESOURCE, LONGEST_TITLE};
use super::metric::counts;
use super::{Audited, Outcome, Scope, Telling, cut, topic};

/// The generator of every finding of a roll call.
pub(super) const GENERATOR: &str = "rolecall/audit";

/// The fields that a finding is recognized by.
const ACCOUNT: &str = "rolecall/account";
const CODE: &str = "rolecall/code";

/// In the place of a code: it is about the account.
const OF_ACCOUNT: &str = "account";

/// In the place of a code: the role cannot be read.
const UNREADABLE: &str = "unreadable";

/// Roles that a line of metrics lists.
const ROLES_SHOWN: usize = 50;

/// What a message is made of at most; Markdown takes a little more than JSON, and is cut where it is too much.
const LARGEST_MESSAGE: usize = 200 * 1024;

/// Which findings of earlier roll calls are over.
pub(super) struct Over<'a> {
    called: &'a RollCalled,
    /// Those that there are now.
    current: BTreeSet<String>,
    /// Roles that cannot be read, as the beginning of the IDs of their findings.
    unreadable: Vec<String>,
    /// Whether something cannot be read of which not even the role is known.
    is_unclear: bool,
}

impl Audited<'_> {
    pub(super) fn telling(&self, namespace: Option<&str>, request_id: &str, now: Timestamp) -> Telling<'_> {
        let (text, exit, findings, over) = match self.outcome {
            Outcome::Failed(report) => {
                (report.render(Format::Markdown), ExitCode::Failed, vec![self.scope.failed(report)], None)
            }
            Outcome::Called(view, called) => {
                let text = RollCallSummary::new(view, LARGEST_MESSAGE).to_markdown();
                let findings = self.scope.findings(called);
                let over = Over::new(called, &findings);
                (topic::fitting(text, "`rolecall audit` has"), called.exit(), findings, Some(over))
            }
        };
        Telling {
            metrics: namespace
                .map(|namespace| self.metrics(namespace, request_id, now))
                .into_iter()
                .collect(),
            subject: self.subject(),
            text,
            is_wrong: exit != ExitCode::Success,
            findings,
            over,
        }
    }

    fn subject(&self) -> String {
        let what = match self.outcome {
            Outcome::Failed(_) => "could not be read".to_owned(),
            Outcome::Called(view, _) => in_words(view),
        };
        topic::one_line(&format!("rolecall audit: {}: {what}", self.scope.name()))
    }

    /// A figure that nobody measured is left out: a zero would say that it was.
    fn metrics(&self, namespace: &str, request_id: &str, now: Timestamp) -> Value {
        let mut figures: Vec<(&str, usize)> = Vec::new();
        let mut open: Vec<&str> = Vec::new();
        match self.outcome {
            Outcome::Failed(_) => figures.extend([("Wrong", 1), ("Accounts", 1), ("AccountsUnread", 1)]),
            Outcome::Called(view, called) => {
                let unread = called.unread.len();
                let ways = called.answers().flat_map(|answer| &answer.ways);
                let found = ways.filter(|way| way.accepted.is_none()).flat_map(|way| &way.findings);
                let mut severities = BTreeMap::new();
                found.for_each(|finding| *severities.entry(finding.id.severity()).or_insert(0) += 1);
                let of = |gravity| severities.get(&gravity).copied().unwrap_or_default();
                figures.extend([
                    ("Wrong", usize::from(called.exit() != ExitCode::Success)),
                    ("Accounts", called.accounts.len() + unread),
                    ("AccountsUnread", unread),
                    ("Roles", view.asked),
                    ("RolesOpen", view.summary.open),
                    ("RolesUnknown", view.summary.unknown),
                    ("RolesUnreadable", view.summary.unreadable),
                    ("FindingsError", of(Gravity::Error)),
                    ("FindingsWarning", of(Gravity::Warning)),
                    ("FindingsNote", of(Gravity::Note)),
                ]);
                if let Some(changes) = &called.changes {
                    figures
                        .extend([("NewWaysIn", changes.new.len()), ("ChangedWaysIn", changes.changed.len())]);
                }
                let roles = view.roles.iter().filter(|role| role.standing == Standing::Open);
                open.extend(roles.map(|role| &*role.arn).take(ROLES_SHOWN));
            }
        }
        let mut line = counts(namespace, "audit", &figures, request_id, now);
        line.insert("Account".to_owned(), json!(self.scope.place()));
        line.insert("OpenRoles".to_owned(), json!(open));
        Value::Object(line)
    }
}

/// How it ended, gravest first.
fn in_words(view: &RollCallView) -> String {
    let new = view.changes.as_ref().map_or(0, |changes| changes.new.len());
    let parts = [
        (view.unread_accounts.len(), "account unread", "accounts unread"),
        (new, "NEW way in", "NEW ways in"),
        (view.summary.open, "role OPEN", "roles OPEN"),
        (view.summary.unknown, "role undecided", "roles undecided"),
        (view.summary.unreadable, "role unreadable", "roles unreadable"),
    ];
    let parts = parts.into_iter().filter(|(number, _, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, one, many)| count(number, one, many)).collect();
    if parts.is_empty() {
        format!("closed, {}", count(view.asked, "role", "roles"))
    } else {
        parts.join(", ")
    }
}

impl Scope {
    /// The account, or that it is all of them.
    fn place(&self) -> &str {
        self.account().map_or("organization", AccountId::as_str)
    }

    /// What it is called.
    fn name(&self) -> String {
        self.account().map_or_else(|| "organization".to_owned(), |account| format!("account {account}"))
    }

    fn id(&self) -> String {
        id(self.place(), &[])
    }

    /// All of it could not be read.
    fn failed(&self, report: &AnyReport) -> Finding {
        let complaints = match report {
            AnyReport::One(report) => report.complaints().join(" | "),
            AnyReport::Several(_) => String::new(),
        };
        unread(self.id(), self.place(), &self.name(), &complaints)
    }

    /// What was found: of each account whether it could be read, and of each role what is wrong.
    fn findings(&self, called: &RollCalled) -> Vec<Finding> {
        let read = called.accounts.iter().map(|account| {
            let account = account.as_str();
            was_read(id(account, &[]), account, &format!("account {account}"))
        });
        let unread = called.unread.iter().map(|UnreadAccount { account, name, reason }| {
            let account = account.as_ref().map_or(name.as_str(), |account| account.as_str());
            unread(id(account, &[]), account, name, reason)
        });
        let listed = match self {
            Self::Own(_) | Self::Assumed(..) => None,
            Self::Organization(_) => Some(was_read(self.id(), self.place(), &self.name())),
        };
        let mut findings: Vec<Finding> = listed.into_iter().chain(read).chain(unread).collect();
        for answer in called.answers() {
            findings.extend(of_role(answer));
        }
        for role in &called.called.unreadable {
            // Without its name there is no ID that stays; the message and the report have it.
            if let Ok(arn) = role.role.parse::<RoleArn>() {
                findings.push(unreadable(&arn, &role.reason));
            }
        }
        // Two accounts or entries of the same role make one finding.
        let mut known = BTreeSet::new();
        findings.retain(|finding| known.insert(finding.id.clone()));
        findings
    }
}

fn id(account: &str, parts: &[&str]) -> String {
    cut(&[&[GENERATOR, account], parts].concat().join("/"), super::finding::LONGEST_ID)
}

fn role_id(role: &RoleArn, code: &str) -> String {
    id(role.account.as_str(), &[role.name.as_str(), code])
}

fn was_read(id: String, account: &str, name: &str) -> Finding {
    Finding {
        title: format!("The roles of {name} were read"),
        description: format!("`rolecall audit` read every role of {name}; each finding is one of its own."),
        remediation: "There is nothing to do.".to_owned(),
        ..plain(id, account, OF_ACCOUNT, Compliance::Passed, Severity::Informational)
    }
}

fn unread(id: String, account: &str, name: &str, reason: &str) -> Finding {
    Finding {
        title: cut(&format!("The roles of {name} could not be read"), LONGEST_TITLE),
        description: cut(&Shown(reason).to_string(), LONGEST_DESCRIPTION),
        remediation: "The description says what kept rolecall from looking.".to_owned(),
        ..plain(id, account, OF_ACCOUNT, Compliance::NotAvailable, Severity::Medium)
    }
}

/// About an account, or the organization as a whole.
fn plain(id: String, account: &str, code: &str, compliance: Compliance, severity: Severity) -> Finding {
    let (resource_type, resource) = match account.parse::<AccountId>() {
        Ok(account) => ("AwsAccount", format!("AWS::::Account:{account}")),
        Err(_) => ("Other", account.to_owned()),
    };
    Finding {
        id,
        generator: GENERATOR.to_owned(),
        title: String::new(),
        description: String::new(),
        remediation: String::new(),
        compliance,
        severity,
        resource_type,
        resource: cut(&resource, LONGEST_RESOURCE),
        fields: vec![(ACCOUNT, account.to_owned()), (CODE, code.to_owned())],
    }
}

fn about(role: &RoleArn, code: &str, compliance: Compliance, severity: Severity) -> Finding {
    let plain = plain(role_id(role, code), role.account.as_str(), code, compliance, severity);
    Finding { resource_type: "AwsIamRole", resource: cut(&role.to_string(), LONGEST_RESOURCE), ..plain }
}

fn unreadable(role: &RoleArn, reason: &str) -> Finding {
    Finding {
        title: cut(&format!("Role {} cannot be read", role.name), LONGEST_TITLE),
        description: cut(&Shown(reason).to_string(), LONGEST_DESCRIPTION),
        remediation: "Look at the trust policy: rolecall could not decide who can assume the role."
            .to_owned(),
        ..about(role, UNREADABLE, Compliance::NotAvailable, Severity::Medium)
    }
}

/// One finding for each code. Ways in that somebody accepted have none, and notes stay in the report: they are about nearly every
/// role for a service.
fn of_role(answer: &Answer) -> impl Iterator<Item = Finding> {
    let mut by_code: BTreeMap<FindingId, Vec<String>> = BTreeMap::new();
    for way in answer.ways.iter().filter(|way| way.accepted.is_none()) {
        for finding in way.findings.iter().filter(|finding| finding.id.severity() > Gravity::Note) {
            let told = format!("{}: {}", way.entry.outsider, finding.message);
            by_code.entry(finding.id).or_default().push(Shown(&told).to_string());
        }
    }
    by_code.into_iter().map(|(code, messages)| {
        let role = &answer.role;
        let description =
            format!("A session reaches: {}. {}", answer.reach.certain.as_str(), messages.join(" | "));
        let (compliance, severity) = graded(code, answer.reach.certain);
        Finding {
            title: cut(&format!("Role {}: {}", role.name, code.summary()), LONGEST_TITLE),
            description: cut(&description, LONGEST_DESCRIPTION),
            remediation: cut(code.fix(), LONGEST_REMEDIATION),
            ..about(role, code.as_str(), compliance, severity)
        }
    })
}

/// Somebody gets in who should not: how grave that is depends on how far he gets.
fn graded(code: FindingId, reach: Power) -> (Compliance, Severity) {
    let compliance = match code {
        FindingId::R11 => Compliance::Warning,
        FindingId::R1
        | FindingId::R2
        | FindingId::R3
        | FindingId::R4
        | FindingId::R5
        | FindingId::R6
        | FindingId::R7
        | FindingId::R8
        | FindingId::R9
        | FindingId::R10 => Compliance::Failed,
    };
    let severity = match (code.severity(), reach) {
        (Gravity::Error, Power::Administrator | Power::Escalates) => Severity::Critical,
        (Gravity::Error, Power::Nothing | Power::Other | Power::Data) => Severity::High,
        (Gravity::Warning, _) => Severity::Medium,
        (Gravity::Note, _) => Severity::Low,
    };
    (compliance, severity)
}

impl<'a> Over<'a> {
    fn new(called: &'a RollCalled, current: &[Finding]) -> Self {
        let parsed = called.called.unreadable.iter().map(|role| role.role.parse::<RoleArn>());
        let (mut unreadable, mut is_unclear) = (Vec::new(), false);
        for role in parsed {
            match role {
                Ok(role) => unreadable.push(role_id(&role, "")),
                Err(_) => is_unclear = true,
            }
        }
        Self {
            called,
            current: current.iter().map(|finding| finding.id.clone()).collect(),
            unreadable,
            is_unclear,
        }
    }

    /// What the findings that may be over have in common: of one account, it is that account.
    pub(super) fn field(&self) -> Option<(&str, &str)> {
        match self.called.accounts.as_slice() {
            [only] => Some((ACCOUNT, only.as_str())),
            _ => None,
        }
    }

    /// The end of an earlier finding; `None` where there is none.
    pub(super) fn judge(&self, known: &KnownFinding) -> Option<Finding> {
        let KnownFinding { id, title, resource, fields } = known;
        let (account, code) = (fields.get(ACCOUNT)?, fields.get(CODE)?);
        let was_read = self.called.accounts.iter().any(|read| read.as_str() == account);
        let is_readable = !self.is_unclear && !self.unreadable.iter().any(|role| id.starts_with(role));
        if !was_read || !is_readable || self.current.contains(id) {
            return None;
        }
        let over = plain(id.clone(), account, code, Compliance::Passed, Severity::Informational);
        Some(Finding {
            title: cut(title, LONGEST_TITLE),
            description:
                "`rolecall audit` no longer finds this: it was mended, accepted, or the role is gone."
                    .to_owned(),
            remediation: "There is nothing to do.".to_owned(),
            resource_type: if code == OF_ACCOUNT { over.resource_type } else { "AwsIamRole" },
            resource: cut(resource, LONGEST_RESOURCE),
            ..over
        })
    }
}

#[cfg(test)]
mod tests {
    use rolecall::audit::snapshot::Snapshot;
    use rolecall::operations::{AccountsRead, RollCallRequest};
    use rolecall::report::RollCallView;

    use super::*;

    const OPEN: usize = 3000;

    /// An account with many open roles, in a path as long as IAM allows.
    fn outcome() -> Outcome {
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"},
        ]});
        let path = format!("/{}/", "p".repeat(510));
        let role = |number| {
            let name = format!("role-{number}");
            let arn = format!("arn:aws:iam::123456789012:role{path}{name}");
            json!({"Arn": arn, "RoleName": name, "Path": path, "AssumeRolePolicyDocument": trust})
        };
        let roles: Vec<_> = (0..OPEN).map(role).collect();
        let answer = json!({"RoleDetailList": roles, "Policies": []}).to_string();
        let snapshot = Snapshot::read(&answer).unwrap();
        let accounts = vec!["123456789012".parse().unwrap()];
        let read = AccountsRead { snapshot, accounts, ..AccountsRead::default() };
        let called = RollCallRequest::default().call(read, Timestamp::UNIX_EPOCH);
        Outcome::Called(Box::new(RollCallView::new(&called)), Box::new(called))
    }

    #[test]
    fn nothing_is_longer_than_its_receiver_takes() {
        let (scope, outcome) = (Scope::Own("123456789012".parse().unwrap()), outcome());
        let audited = Audited { scope: &scope, outcome: &outcome };
        let Telling { metrics, subject, text, is_wrong, findings, over } =
            audited.telling(Some("Rolecall"), "8476a536", Timestamp::UNIX_EPOCH);
        assert!(is_wrong && over.is_some());
        assert_eq!(subject, "rolecall audit: account 123456789012: 3000 roles OPEN");
        // SNS takes 256 KiB, CloudWatch Logs 256 KB for an event.
        assert!(text.len() < 256 * 1024 && text.contains("left out"), "{}", text.len());
        assert!(metrics[0].to_string().len() < 64 * 1024);
        assert_eq!((metrics[0]["RolesOpen"].as_u64(), findings.len()), (Some(3000), OPEN + 1));
        let length = |text: &str| text.chars().count();
        let ids: BTreeSet<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(ids.len(), findings.len());
        for finding in &findings {
            assert!(length(&finding.id) <= 512 && length(&finding.resource) <= 512);
            assert!(length(&finding.title) <= 256 && length(&finding.description) <= 1024);
            assert!(length(&finding.remediation) <= 512);
            // The format takes no empty values.
            assert!(finding.fields.iter().all(|(_, value)| !value.trim().is_empty()), "{finding:?}");
        }
    }

    #[test]
    fn how_grave_a_finding_is_depends_on_how_far_a_session_gets() {
        for (code, reach, expected) in [
            (FindingId::R2, Power::Administrator, (Compliance::Failed, Severity::Critical)),
            (FindingId::R1, Power::Escalates, (Compliance::Failed, Severity::Critical)),
            (FindingId::R7, Power::Data, (Compliance::Failed, Severity::High)),
            (FindingId::R5, Power::Administrator, (Compliance::Failed, Severity::Medium)),
            (FindingId::R11, Power::Administrator, (Compliance::Warning, Severity::Medium)),
        ] {
            assert_eq!(graded(code, reach), expected, "{code}");
        }
    }
}

//! The roll call of accounts: what was read, what is expected and an earlier report go in; answers, changes and the exit code
//! come out.
//!
//! What was not read is never closed, and never gone: it is listed, and leaves the result inconclusive.
//!
//! Deliberately absent: how an account is reached (the shell knows, and [`crate::connect`] does it), and where texts are kept.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rolecall_audit::baseline::{Baseline, BaselineError, Changes};
use rolecall_audit::expectation::{Expectation, ExpectationError};
use rolecall_audit::roll::{Answer, RollCall, call};
use rolecall_audit::snapshot::Snapshot;
use rolecall_audit::vendor::Vendors;

use crate::exit::ExitCode;
use crate::iam::arn::{AccountId, RoleArn};
use crate::manifest::{Manifest, Vendor};
use crate::ports::call::Call;

/// A roll call that is asked for.
#[derive(Clone, Debug)]
pub struct RollCallRequest {
    expectation: Expectation,
    vendors: Vendors,
    baseline: Option<Baseline>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct AccountsRead {
    /// The roles of all accounts.
    pub snapshot: Snapshot,
    pub accounts: Vec<AccountId>,
    /// Accounts that could not be read.
    pub unread: Vec<UnreadAccount>,
    /// The requests that were sent.
    pub calls: Vec<Call>,
}

/// An account that could not be read: what can be said of its roles is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadAccount {
    /// Which; `None` where not even that is known.
    pub account: Option<AccountId>,
    /// What it is called.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What came of a roll call.
#[derive(Debug)]
pub struct RollCalled {
    /// The answer for each role.
    pub called: RollCall,
    /// What is different from the earlier report.
    pub changes: Option<Changes>,
    /// Who is known behind the accounts.
    pub vendors: Vendors,
    /// The accounts that were read; none where files were.
    pub accounts: Vec<AccountId>,
    /// Accounts that could not be read.
    pub unread: Vec<UnreadAccount>,
    /// The requests that were sent.
    pub calls: Vec<Call>,
    /// When the roll was called.
    pub now: Timestamp,
}

impl Default for RollCallRequest {
    fn default() -> Self {
        Self { expectation: Expectation::default(), vendors: Vendors::known(), baseline: None }
    }
}

impl RollCallRequest {
    /// A roll call that expects what this TOML states.
    pub fn expecting(text: &str) -> Result<Self, ExpectationError> {
        Expectation::read(text).map(Self::of)
    }

    /// The same as JSON.
    pub fn expecting_json(value: serde_json::Value) -> Result<Self, ExpectationError> {
        Expectation::read_json(value).map(Self::of)
    }

    fn of(mut expectation: Expectation) -> Self {
        let mut vendors = Vendors::known();
        for (account, name) in std::mem::take(&mut expectation.names) {
            vendors.name(account, name);
        }
        Self { expectation, vendors, baseline: None }
    }

    /// Also expects the trusted account to state an external ID of the manifest. One that has ended by `now` is not expected.
    pub fn expect_manifest(&mut self, manifest: &Manifest, now: Timestamp) {
        let party = &manifest.party;
        // The list has a source for its names, so it goes before what a manifest says.
        if let Some(Vendor { name, account, .. }) = party.vendor()
            && self.vendors.get(account).is_none()
        {
            self.vendors.name(account.clone(), name.clone());
        }
        if let Some(id) = party.external_id() {
            let lasting =
                party.further().iter().filter(|further| further.until.is_none_or(|until| now < until));
            let ids = std::iter::once(id)
                .chain(lasting.map(|further| &further.id))
                .map(|id| id.as_str().to_owned());
            let expected = &mut self.expectation.insiders.external_ids;
            expected.entry(party.trusted_account().clone()).or_default().extend(ids);
        }
    }

    /// Compares with an earlier report.
    pub fn compare_with(&mut self, report: &str) -> Result<(), BaselineError> {
        self.baseline = Some(Baseline::read(report)?);
        Ok(())
    }

    /// Calls the roll of what was read. `now` decides which suppressions count.
    #[must_use]
    pub fn call(self, read: AccountsRead, now: Timestamp) -> RollCalled {
        let Self { expectation, vendors, baseline } = self;
        let AccountsRead { snapshot, accounts, unread, calls } = read;
        let called = call(&snapshot, &expectation, now);
        let changes = baseline.map(|baseline| {
            let of_roles = snapshot.roles.iter().map(|role| role.arn.account.as_str());
            let seen = accounts.iter().map(AccountId::as_str).chain(of_roles).collect();
            only_of(&seen, baseline.compare(&called))
        });
        RollCalled { called, changes, vendors, accounts, unread, calls, now }
    }
}

/// The changes, where only the roles of these accounts were looked for: what was there in another account is not gone.
fn only_of(seen: &BTreeSet<&str>, changes: Changes) -> Changes {
    let is_seen =
        |role: &str| role.parse::<RoleArn>().map_or(true, |role| seen.contains(role.account.as_str()));
    let Changes { new, changed, gone, mut unreadable } = changes;
    let (gone, unseen): (Vec<_>, Vec<_>) = gone.into_iter().partition(|change| is_seen(&change.role));
    let unseen: BTreeSet<String> = unseen.into_iter().map(|change| change.role).collect();
    unreadable.extend(unseen);
    Changes { new, changed, gone, unreadable }
}

impl RollCalled {
    /// The roles that somebody outside may assume.
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.called.answers.iter()
    }

    /// The exit code of what was found, and of what could not be read.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        let found = ExitCode::of_roll_call(&self.called, self.changes.as_ref());
        if self.unread.is_empty() { found } else { found.or(ExitCode::Inconclusive) }
    }
}

#[cfg(test)]
mod tests {
    use rolecall_audit::baseline::Change;

    use super::*;

    #[test]
    fn what_nobody_looked_for_is_not_gone() {
        let gone = |role: &str| Change { role: role.to_owned(), outsider: "x".to_owned(), what: Vec::new() };
        let roles = ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::444455556666:role/b"];
        let changes = Changes { gone: roles.map(gone).into(), ..Changes::default() };
        let only = only_of(&["111122223333"].into(), changes);
        assert_eq!(only.gone, [gone(roles[0])]);
        assert_eq!(only.unreadable, [roles[1]]);
    }

    #[test]
    fn an_account_that_was_not_read_is_not_closed() {
        let unread = UnreadAccount { account: None, name: "x".to_owned(), reason: "y".to_owned() };
        let read = AccountsRead { unread: vec![unread], ..AccountsRead::default() };
        let called = RollCallRequest::default().call(read, Timestamp::UNIX_EPOCH);
        assert_eq!(called.exit(), ExitCode::Inconclusive);
        let called = RollCallRequest::default().call(AccountsRead::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(called.exit(), ExitCode::Success);
    }
}

//! The remedies of findings about a trust policy.
//!
//! Invariants: no remedy lets in anybody beside the principals that the intent states, with the external IDs that it states;
//! the remedies of findings about one statement lead to the same statement, in any order.

use super::FindingId;
use super::edit::{Change, Edit, Remedy};
use super::external_id::{ASSUME_ROLE, is_external_id, literals};
use crate::condition::{Condition, Operator, Test};
use crate::document::{Document, Effect, Statement};
use crate::principal::Principal;
use crate::principal::element::{PrincipalKind, PrincipalName};
use crate::prove::RoleIntent;
use crate::truth::Truth;

pub(super) const TAG_SESSION: &str = "sts:TagSession";
pub(super) const SET_SOURCE_IDENTITY: &str = "sts:SetSourceIdentity";

/// How a name stands to the principals that the intent states.
enum Standing {
    /// It means nobody beside them.
    Trusted,
    /// It means these of them, and others.
    Wider(Vec<Principal>),
    Other,
}

pub(super) struct Mender<'m> {
    pub(super) document: &'m Document,
    pub(super) intent: &'m RoleIntent,
    /// The external ID that is expected.
    pub(super) expected: Option<String>,
}

impl Mender<'_> {
    /// What mends a finding about a statement. `granting` are the statements that grant what the finding is about.
    pub(super) fn remedy(&self, id: FindingId, index: usize, granting: &[usize]) -> Option<Remedy> {
        use FindingId::{
            G1, G2, G3, L1, L2, L3, L4, P1, P2, P3, P4, P5, P6, P7, P8, P9, T1, T2, T3, T4, T5, T6, T7, T8,
            T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T20, T21, T22, T23, T24,
        };
        let statement = self.document.statements().get(index)?;
        let edits = match id {
            T1 | T2 | T3 | T4 | T5 | T6 | T7 | T8 | T9 => self.require_id(index, statement)?,
            // Nobody met the condition yet.
            T17 | T18 | T19 => self.require_id_of_trusted(index, statement)?,
            T10 | T11 | T12 | T23 | T24 => self.principals(index, statement)?,
            T13 => self.listed(index, statement)?,
            T14 => self.without(TAG_SESSION, index, granting)?,
            T15 => self.without(SET_SOURCE_IDENTITY, index, granting)?,
            T16 | T20 | T21 | T22 | P1 | P2 | P3 | P4 | P5 | P6 | P7 | P8 | P9 | L1 | L2 | L3 | L4 | G1
            | G2 | G3 => {
                return None;
            }
        };
        Some(Remedy::Edits(edits))
    }

    /// The remedy of T16: an action that a statement names in vain.
    pub(super) fn in_vain(&self, action: &str, index: usize) -> Option<Remedy> {
        self.without(action, index, &[]).map(Remedy::Edits)
    }

    /// A remedy that also removes an action where it is named in vain.
    pub(super) fn without_hidden(&self, remedy: Remedy, action: &str) -> Option<Remedy> {
        let Remedy::Edits(mut edits) = remedy else { return Some(remedy) };
        for index in self.naming_in_vain(action) {
            let is_done = |edit: &Edit| {
                let is_of_action =
                    matches!(edit.change, Change::Delete | Change::Actions(_) | Change::DropActions(_));
                edit.statement == index && is_of_action
            };
            if !edits.iter().any(is_done) {
                edits.extend(self.removal(action, index)?);
            }
        }
        let is_kept =
            |index: usize| !edits.iter().any(|edit| edit.statement == index && edit.change == Change::Delete);
        (0..self.document.statements().len()).any(is_kept).then_some(Remedy::Edits(edits))
    }

    /// The principals of a statement that stay, if not all of them do.
    fn trusted_of(&self, statement: &Statement) -> Option<Vec<PrincipalName>> {
        let clause = statement.principal.as_ref()?;
        let names =
            |principals: &[Principal]| -> Vec<PrincipalName> { principals.iter().map(name_of).collect() };
        if clause.negated {
            return Some(names(&self.intent.trusted));
        }
        let mut kept: Vec<PrincipalName> = Vec::new();
        for name in &clause.values {
            let more = match self.standing(name) {
                Standing::Trusted => vec![name.clone()],
                Standing::Wider(principals) => names(&principals),
                Standing::Other => Vec::new(),
            };
            kept.extend(more.into_iter().filter(|name| !kept.contains(name)).collect::<Vec<_>>());
        }
        (kept != clause.values).then_some(kept)
    }

    fn standing(&self, name: &PrincipalName) -> Standing {
        let trusted = &self.intent.trusted;
        let within = |is_part: &dyn Fn(&Principal) -> bool| -> Standing {
            let parts: Vec<Principal> = trusted.iter().filter(|it| is_part(it)).cloned().collect();
            if parts.is_empty() { Standing::Other } else { Standing::Wider(parts) }
        };
        let is = |wanted: &Principal| trusted.contains(wanted);
        match name {
            PrincipalName::Everyone => within(&|_| true),
            PrincipalName::AnyAws => within(&|it| it.account().is_some()),
            PrincipalName::Account { partition, account } => {
                let is_of = |it: &Principal| {
                    it.account() == Some(account)
                        && partition.as_ref().is_none_or(|partition| it.partition() == Some(partition))
                };
                let is_whole = |it: &Principal| matches!(it, Principal::Root { .. }) && is_of(it);
                if trusted.iter().any(is_whole) { Standing::Trusted } else { within(&is_of) }
            }
            PrincipalName::Identity(identity) => {
                let is_over = |it: &Principal| match it {
                    Principal::Root { partition, account } => {
                        identity.account() == Some(account) && identity.partition() == Some(partition)
                    }
                    other => other == identity || is_session_of(identity, other),
                };
                if trusted.iter().any(is_over) {
                    Standing::Trusted
                } else {
                    within(&|it| is_session_of(it, identity))
                }
            }
            PrincipalName::Service(service) if is(&Principal::Service(service.clone())) => Standing::Trusted,
            PrincipalName::Federated(provider) if provider.parse().is_ok_and(|it| is(&it)) => {
                Standing::Trusted
            }
            PrincipalName::Service(_)
            | PrincipalName::Federated(_)
            | PrincipalName::UniqueId(_)
            | PrincipalName::CanonicalUser(_)
            | PrincipalName::Nobody(_)
            | PrincipalName::Undocumented(..) => Standing::Other,
        }
    }

    /// Leaves those of the principals that are trusted, and deletes a statement that is for nobody of them.
    fn principals(&self, index: usize, statement: &Statement) -> Option<Vec<Edit>> {
        let edit = |change| Edit { statement: index, change };
        let clause = statement.principal.as_ref()?;
        let kept = match self.intent.trusted.is_empty() {
            false => self.trusted_of(statement)?,
            // Whoever else is named, a deleted principal is nobody.
            true => {
                let exists = |name: &&PrincipalName| !matches!(name, PrincipalName::UniqueId(_));
                let kept: Vec<PrincipalName> = clause.values.iter().filter(exists).cloned().collect();
                if clause.negated || kept.len() == clause.values.len() {
                    return None;
                }
                kept
            }
        };
        if kept.is_empty() {
            return self.deletion(index);
        }
        let dropped: Vec<PrincipalName> =
            clause.values.iter().filter(|name| !kept.contains(name)).cloned().collect();
        if !clause.negated && kept.iter().all(|name| clause.values.contains(name)) {
            return Some(vec![edit(Change::DropPrincipals(dropped))]);
        }
        let mut edits = vec![edit(Change::Principals(kept))];
        if clause.negated {
            // Those who are trusted could be those whom the statement left out.
            edits.push(edit(Change::ExternalIds(self.ids(statement)?)));
        }
        Some(edits)
    }

    /// Deletes a statement; the only one becomes the statement that the intent asks for.
    fn deletion(&self, index: usize) -> Option<Vec<Edit>> {
        let edit = |change| Edit { statement: index, change };
        if self.document.statements().len() > 1 {
            return Some(vec![edit(Change::Delete)]);
        }
        let RoleIntent { trusted, external_id, .. } = self.intent;
        if trusted.is_empty() || external_id.is_none() || trusted.iter().any(|it| it.account().is_none()) {
            return None;
        }
        Some(vec![
            edit(Change::Principals(trusted.iter().map(name_of).collect())),
            edit(Change::Actions(vec![ASSUME_ROLE.to_owned()])),
            edit(Change::ExternalIds(self.intent.external_ids())),
        ])
    }

    /// The external IDs that a statement should require: those that are stated, or else the one that is expected, if the
    /// statement names it and no other.
    fn ids(&self, statement: &Statement) -> Option<Vec<String>> {
        let stated = self.intent.external_ids();
        if !stated.is_empty() {
            return Some(stated);
        }
        let conditions: Vec<&Condition> = statement.conditions.iter().filter(is_external_id).collect();
        let is_exact = |condition: &&Condition| {
            matches!(
                condition.operator,
                Operator::Compare {
                    test: Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike,
                    negated: false,
                    ..
                }
            )
        };
        let exact: Vec<&Condition> = conditions.iter().copied().filter(is_exact).collect();
        let mut named = literals(&exact).filter(|id| !id.contains(['*', '?', '$']));
        let expected = self.expected.as_deref()?;
        (named.next() == Some(expected) && named.all(|id| id == expected)).then(|| vec![expected.to_owned()])
    }

    fn require_id(&self, index: usize, statement: &Statement) -> Option<Vec<Edit>> {
        let clause = statement.principal.as_ref()?;
        let is_stated = !self.intent.trusted.is_empty();
        let kept = if is_stated { self.trusted_of(statement) } else { None };
        if is_stated && (clause.negated || kept.as_ref().is_some_and(Vec::is_empty)) {
            return self.principals(index, statement);
        }
        // No service and no identity provider passes an external ID.
        let of_accounts = |name: &PrincipalName| name.kind().is_none_or(|kind| kind == PrincipalKind::Aws);
        if !kept.as_ref().unwrap_or(&clause.values).iter().all(of_accounts) {
            return None;
        }
        let mut edits = vec![Edit { statement: index, change: Change::ExternalIds(self.ids(statement)?) }];
        let is_dead = |action: &str| {
            [TAG_SESSION, SET_SOURCE_IDENTITY].iter().any(|it| it.eq_ignore_ascii_case(action))
        };
        let dead: Vec<String> = statement
            .action
            .values
            .iter()
            .map(|it| it.raw())
            .filter(|it| is_dead(it))
            .map(str::to_owned)
            .collect();
        if !statement.action.negated && !dead.is_empty() {
            edits.push(Edit { statement: index, change: Change::DropActions(dead) });
        }
        Some(edits)
    }

    fn require_id_of_trusted(&self, index: usize, statement: &Statement) -> Option<Vec<Edit>> {
        let mut edits = self.require_id(index, statement)?;
        let names_others = !self.intent.trusted.is_empty() && self.trusted_of(statement).is_some();
        let is_of_names =
            |edit: &Edit| !matches!(edit.change, Change::ExternalIds(_) | Change::DropActions(_));
        if names_others && !edits.iter().any(is_of_names) {
            edits.extend(self.principals(index, statement)?);
        }
        Some(edits)
    }

    /// Lists who and what is allowed, in place of complements and wildcards.
    fn listed(&self, index: usize, statement: &Statement) -> Option<Vec<Edit>> {
        let is_negated = statement.principal.as_ref().is_some_and(|clause| clause.negated);
        let is_stated = !self.intent.trusted.is_empty();
        if is_stated && self.trusted_of(statement).is_some_and(|kept| kept.is_empty()) {
            return self.principals(index, statement);
        }
        let mut edits = match is_negated {
            true if self.intent.trusted.is_empty() => return None,
            true => self.principals(index, statement)?,
            false => Vec::new(),
        };
        let is_wild = statement.action.values.iter().any(|value| value.raw().contains(['*', '?']));
        if statement.action.negated || is_wild {
            edits.extend(self.assumption(index, statement)?);
        }
        Some(edits)
    }

    /// Leaves the action by which the principals of a statement assume a role.
    fn assumption(&self, index: usize, statement: &Statement) -> Option<Vec<Edit>> {
        let clause = statement.principal.as_ref()?;
        // What a wildcard in the service covers is not documented.
        if statement.action.values.iter().any(|it| it.covers(ASSUME_ROLE) == Truth::Unknown) {
            return None;
        }
        let of = |name: &PrincipalName| match name {
            PrincipalName::Federated(provider) if provider.contains(":saml-provider/") => {
                "sts:AssumeRoleWithSAML"
            }
            PrincipalName::Federated(_) => "sts:AssumeRoleWithWebIdentity",
            _ => ASSUME_ROLE,
        };
        let mut actions: Vec<&str> =
            if clause.negated { vec![ASSUME_ROLE] } else { clause.values.iter().map(of).collect() };
        actions.sort_unstable();
        actions.dedup();
        actions.retain(|action| statement.covers_action(action) == Truth::True);
        if actions.is_empty() {
            return self.deletion(index);
        }
        let actions = actions.into_iter().map(str::to_owned).collect();
        Some(vec![Edit { statement: index, change: Change::Actions(actions) }])
    }

    /// No statement among these grants an action, and none names it where its condition is never met.
    fn without(&self, action: &str, first: usize, granting: &[usize]) -> Option<Vec<Edit>> {
        let mut others: Vec<usize> = granting.to_vec();
        others.extend(self.naming_in_vain(action));
        others.retain(|index| *index != first);
        others.sort_unstable();
        others.dedup();
        let mut edits = Vec::new();
        for index in std::iter::once(first).chain(others) {
            edits.extend(self.removal(action, index)?);
        }
        Some(edits)
    }

    /// A statement no longer covers an action.
    fn removal(&self, action: &str, index: usize) -> Option<Vec<Edit>> {
        let statement = self.document.statements().get(index)?;
        let values = &statement.action.values;
        let is_it = |raw: &str| raw.eq_ignore_ascii_case(action);
        let covers_more = values.iter().any(|it| !is_it(it.raw()) && it.covers(action) != Truth::False);
        if statement.action.negated || covers_more {
            return self.assumption(index, statement);
        }
        let (dropped, kept): (Vec<&str>, Vec<&str>) =
            values.iter().map(|it| it.raw()).partition(|it| is_it(it));
        if kept.is_empty() {
            return self.deletion(index);
        }
        let dropped = dropped.into_iter().map(str::to_owned).collect();
        Some(vec![Edit { statement: index, change: Change::DropActions(dropped) }])
    }

    /// The statements that name an action under a condition on the external ID, which the action does not have.
    pub(super) fn naming_in_vain(&self, action: &str) -> impl Iterator<Item = usize> {
        let names_it = move |statement: &Statement| {
            let mut values = statement.action.values.iter();
            !statement.action.negated
                && statement.effect == Effect::Allow
                && values.any(|value| value.raw().eq_ignore_ascii_case(action))
                && statement.conditions.iter().any(|condition| is_external_id(&condition))
        };
        let statements = self.document.statements().iter().enumerate();
        statements.filter(move |(_, statement)| names_it(statement)).map(|(index, _)| index)
    }
}

fn is_session_of(session: &Principal, role: &Principal) -> bool {
    match (session, role) {
        (Principal::RoleSession { partition, account, role: name, .. }, Principal::Role(role)) => {
            (partition, account, name) == (&role.partition, &role.account, &role.name)
        }
        _ => false,
    }
}

fn name_of(principal: &Principal) -> PrincipalName {
    let kind = match principal {
        Principal::Service(_) => PrincipalKind::Service,
        Principal::WebIdentity(_) | Principal::Saml(_) => PrincipalKind::Federated,
        Principal::Root { .. }
        | Principal::User { .. }
        | Principal::Role(_)
        | Principal::RoleSession { .. }
        | Principal::FederatedUser { .. }
        | Principal::Anonymous => PrincipalKind::Aws,
    };
    PrincipalName::read(kind, &principal.to_string())
}

//! Findings about a trust policy.

use super::edit::Remedy;
use super::external_id::{
    guessable, is_external_id, is_negated, literals, why_absence_is_enough, why_another_id_is_enough,
};
use super::mend::{Mender, SET_SOURCE_IDENTITY, TAG_SESSION};
use super::{Finding, FindingId, SharedIds, StatementPlace};
use crate::arn::{ExternalId, RoleArn};
use crate::condition::{Condition, Operand, Operator, Test};
use crate::context::{Context, ContextValue};
use serde_json::{Value, json};

use crate::document::{Document, Effect, Statement, Version};
use crate::evaluate::{Request, evaluate_trust};
use crate::pattern::Budget;
use crate::principal::Principal;
use crate::principal::element::PrincipalName;
use crate::prove::{
    Callers, ExternalIds, Group, NamedDocument, Outcome, PROOF_BUDGET, Question, RoleIntent, RoleTrust,
    Witness,
};
use crate::truth::Truth;

/// What is known about a role besides its documents.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrustFacts<'d> {
    /// How long sessions can last, in seconds.
    pub max_session_duration: Option<u32>,
    /// The place of the role among those that were read together, and the external IDs that they all accept.
    pub shared: Option<(usize, &'d SharedIds<'d>)>,
}

/// The longest session that role chaining gives (STS AssumeRole, `DurationSeconds`).
const ONE_HOUR: u32 = 3600;

/// Every finding about a trust policy, in the order of its statements.
#[must_use]
pub fn lint_trust(policy: &NamedDocument<'_>, intent: &RoleIntent, facts: &TrustFacts<'_>) -> Vec<Finding> {
    let mut budget = Budget::new(PROOF_BUDGET);
    let trust = RoleTrust::new(policy.document, intent);
    let expected = trust.expected_id(intent, &mut budget);
    let stated = intent.external_ids();
    let accepted = if stated.is_empty() { expected.iter().cloned().collect() } else { stated };
    let mender = Mender { document: policy.document, intent, expected: expected.clone() };
    let mut linter = Linter { policy, trust, mender, expected, accepted, findings: Vec::new(), budget };
    for index in linter.trust.policy.statements(Effect::Allow).collect::<Vec<usize>>() {
        if let Some(statement) = policy.document.statements().get(index) {
            linter.external_id(index, statement);
            linter.callers(index, intent);
            linter.text(index, statement);
        }
    }
    linter.tags_and_source_identity();
    linter.hidden();
    linter.facts(facts);
    linter.findings
}

struct Linter<'l, 'd> {
    policy: &'l NamedDocument<'d>,
    trust: RoleTrust<'d>,
    mender: Mender<'l>,
    expected: Option<String>,
    /// The IDs that may be passed: the expected one, and others that the intent states beside it.
    accepted: Vec<String>,
    findings: Vec<Finding>,
    budget: Budget,
}

impl Linter<'_, '_> {
    fn add(
        &mut self,
        id: FindingId,
        statement: Option<usize>,
        message: String,
        remedy: Option<Remedy>,
        witness: Option<Witness>,
    ) {
        let fix = fix_of(id, remedy.as_ref());
        let finding = self.finding(id, statement, message, fix);
        self.findings.push(Finding { remedy, witness, ..finding });
    }

    fn finding(&self, id: FindingId, statement: Option<usize>, message: String, fix: String) -> Finding {
        Finding {
            id,
            document: self.policy.name.to_owned(),
            statement: statement.map(|index| StatementPlace::of(self.policy.document, index)),
            message,
            fix,
            remedy: None,
            witness: None,
        }
    }

    /// A finding that its witness tells.
    fn shown(&mut self, id: FindingId, statement: usize, witness: Witness) {
        self.told(id, statement, witness.sentence.clone(), witness);
    }

    /// A finding that its witness shows, in other words.
    fn told(&mut self, id: FindingId, statement: usize, message: String, witness: Witness) {
        let remedy = self.mender.remedy(id, statement, &[]);
        self.add(id, Some(statement), message, remedy, Some(witness));
    }

    fn ask(&mut self, through: usize, callers: Callers, external_ids: ExternalIds<'_>) -> Option<Witness> {
        let question = Question::about(callers).with_external_ids(external_ids).through(through);
        match self.trust.policy.ask(&question, &mut self.budget) {
            Outcome::Allowed(found) => {
                let (request, evaluation) = *found;
                Some(self.trust.policy.witness(request, &evaluation))
            }
            Outcome::Unknown(_) | Outcome::Nothing => None,
        }
    }

    /// T1 to T9: who gets in without the external ID, or with another one.
    fn external_id(&mut self, index: usize, statement: &Statement) {
        let conditions: Vec<&Condition> = statement.conditions.iter().filter(is_external_id).collect();
        let own = self.trust.own.clone();
        let foreign = || Callers::of_accounts().outside(&own);
        if let Some(witness) = self.ask(index, foreign(), ExternalIds::Absent) {
            let id = why_absence_is_enough(self.policy.document, index, &conditions);
            self.shown(id, index, witness);
        }
        if conditions.is_empty() {
            return;
        }
        let Some(expected) = self.expected.clone() else { return };
        let accepted = self.accepted.clone();
        let Some(witness) = self.ask(index, foreign(), ExternalIds::AnotherThan(&accepted)) else { return };
        let id = why_another_id_is_enough(&conditions);
        let same = |finding: &Finding| {
            finding.id == id && finding.statement.as_ref().is_some_and(|place| place.index == index)
        };
        if self.findings.iter().any(same) {
            return;
        }
        if id == FindingId::T9 {
            let listed: Vec<String> = literals(&conditions)
                .filter(|text| !accepted.iter().any(|id| id == text))
                .map(|text| format!("`{text}`"))
                .collect();
            let also = self.ask(index, foreign(), ExternalIds::Exactly(&expected)).is_some();
            let relation = if also { "besides" } else { "instead of" };
            let message =
                format!("{}; it accepts {} {relation} `{expected}`", witness.sentence, listed.join(", "));
            self.told(id, index, message, witness);
        } else {
            self.shown(id, index, witness);
        }
    }

    /// T10, T11, T23, T24: who gets in at all.
    fn callers(&mut self, index: usize, intent: &RoleIntent) {
        let (trusted, own) = (self.trust.trusted_group.clone(), self.trust.own.clone());
        // The accounts of which the vendor publishes a principal.
        let published = Group::of(intent.trusted.iter().filter_map(account_behind));
        let stranger = Callers::all().outside(&trusted).outside(&own).outside(&published);
        if let Some(witness) = self.ask(index, stranger, ExternalIds::Any) {
            self.shown(FindingId::T10, index, witness);
        }
        let sibling = Callers::all().inside(&published).outside(&trusted).outside(&own);
        if !published.is_empty()
            && let Some(witness) = self.ask(index, sibling, ExternalIds::Any)
        {
            self.shown(FindingId::T11, index, witness);
        }
        // To state the account as trusted does not make it another one than the role's.
        let is_own =
            |principal: &&Principal| intent.role.as_ref().is_some_and(|role| is_root_of(role, principal));
        let states_own = intent.trusted.iter().any(|principal| is_own(&principal));
        let others = Group::of(intent.trusted.iter().filter(|principal| !is_own(principal)).cloned());
        let of_own_account = Callers::all().inside(&own).outside(&others);
        if let Some(witness) = self.ask(index, of_own_account, ExternalIds::Any) {
            match states_own {
                false => self.shown(FindingId::T24, index, witness),
                true => {
                    let fix = "state the account of whoever assumes the role; for a role of your own, name the principals that \
                               need it instead of the account";
                    let finding =
                        self.finding(FindingId::T24, Some(index), witness.sentence.clone(), fix.to_owned());
                    self.findings.push(Finding { witness: Some(witness), ..finding });
                }
            }
        }
        let statement = self.policy.document.statements().get(index);
        let names = statement.and_then(|statement| statement.principal.as_ref());
        let services = names.iter().flat_map(|clause| &clause.values).filter_map(|name| match name {
            PrincipalName::Service(service) => Some(Principal::Service(service.clone())),
            _ => None,
        });
        let services = Group::of(services);
        let service = Callers::all().inside(&services);
        if let Some(witness) = self.ask(index, service, ExternalIds::Any)
            && !witness.request.context.iter().any(|(key, _)| key.folded().starts_with("aws:source"))
        {
            let message = format!("{}; it may do so for any of its customers", witness.sentence);
            self.told(FindingId::T23, index, message, witness);
        }
    }

    /// T12, T13, T17 to T20: what the text itself shows.
    fn text(&mut self, index: usize, statement: &Statement) {
        let place = Some(index);
        let names = statement.principal.iter().flat_map(|clause| &clause.values);
        for name in names {
            if let PrincipalName::UniqueId(id) = name {
                let message = format!("the principal `{id}` has been deleted");
                let remedy = self.mender.remedy(FindingId::T12, index, &[]);
                self.add(FindingId::T12, place, message, remedy, None);
            }
        }
        if let Some(message) = covers_too_much(statement) {
            let remedy = self.mender.remedy(FindingId::T13, index, &[]);
            self.add(FindingId::T13, place, message, remedy, None);
        }
        let values = || {
            statement
                .conditions
                .iter()
                .flat_map(|condition| condition.values.iter().map(move |value| (condition, value)))
        };
        let variable = values().find(|(_, value)| value.raw.contains("${"));
        if let Some((_, value)) = variable.filter(|_| self.policy.document.version() != Some(Version::V2012))
        {
            let message = format!(
                "`{}` is plain text in this version of the policy language",
                value.raw.escape_debug()
            );
            // What a variable in place of text would let in is the author's to say; an external ID is stated.
            let mut variables = values().filter(|(_, value)| value.raw.contains("${"));
            let is_on_id = variables.all(|(condition, _)| is_external_id(&condition));
            let remedy = self.mender.remedy(FindingId::T17, index, &[]).filter(|_| is_on_id);
            self.add(FindingId::T17, place, message, remedy, None);
        }
        for (condition, value) in values() {
            let equals = matches!(
                condition.operator,
                Operator::Compare {
                    test: Test::StringEquals | Test::StringEqualsIgnoreCase,
                    negated: false,
                    ..
                }
            );
            if equals && value.raw.contains(['*', '?']) {
                let message = format!(
                    "`{}` compares `{}` literally",
                    condition.operator_name,
                    value.raw.escape_debug()
                );
                let remedy = self.mender.remedy(FindingId::T18, index, &[]);
                self.add(FindingId::T18, place, message, remedy.filter(|_| is_external_id(&condition)), None);
            } else if is_external_id(&condition) && matches!(value.operand, Operand::Text(_)) {
                self.id_text(index, condition, &value.raw);
            }
        }
    }

    fn id_text(&mut self, index: usize, condition: &Condition, id: &str) {
        let pattern = matches!(
            condition.operator,
            Operator::Compare { test: Test::StringLike | Test::ArnEquals | Test::ArnLike, .. }
        );
        if id.contains("${") || is_negated(condition) || (pattern && id.contains(['*', '?'])) {
            return;
        }
        if let Err(error) = id.parse::<ExternalId>() {
            let remedy = self.mender.remedy(FindingId::T19, index, &[]);
            self.add(FindingId::T19, Some(index), error.to_string(), remedy, None);
        } else if let Some(reason) = guessable(id) {
            let message = format!("the external ID `{id}` can be guessed: {reason}");
            self.add(FindingId::T20, Some(index), message, None, None);
        }
    }

    /// T14 to T16: what a caller may pass along.
    fn tags_and_source_identity(&mut self) {
        let callers = Callers::of_accounts().inside(&self.trust.trusted_group);
        let expected = self.expected.clone();
        let external_ids = expected.as_deref().map_or(ExternalIds::Any, ExternalIds::Exactly);
        let mut question = Question::about(callers).with_external_ids(external_ids);
        let mut outcome = self.trust.policy.ask(&question, &mut self.budget);
        if expected.is_some() && !matches!(outcome, Outcome::Allowed(_)) {
            question = question.with_external_ids(ExternalIds::Any);
            outcome = self.trust.policy.ask(&question, &mut self.budget);
        }
        let Outcome::Allowed(found) = outcome else { return };
        let (plain, _) = *found;
        let tagged = plain
            .context
            .clone()
            .with("aws:RequestTag/rolecall-probe", "x")
            .with("aws:TagKeys", ContextValue::Many(vec!["rolecall-probe".to_owned()]));
        let named = plain.context.clone().with("sts:SourceIdentity", "rolecall-probe");
        self.passing(&plain, tagged, FindingId::T14, TAG_SESSION);
        self.passing(&plain, named, FindingId::T15, SET_SOURCE_IDENTITY);
    }

    fn passing(&mut self, plain: &Request, context: Context, id: FindingId, action: &str) {
        let request = Request { context, ..plain.clone() };
        let evaluation = evaluate_trust(&request, self.policy.document);
        match evaluation.allows {
            Truth::True => {
                let statement =
                    evaluation.implied.iter().find_map(|implied| implied.evaluation.statements.first());
                let Some(index) = statement.map(|statement| statement.statement) else { return };
                let message = format!(
                    "statement {} grants `{action}` with any values that the caller chooses",
                    index + 1
                );
                let remedy = self.mender.remedy(id, index, &self.granting(&request, action));
                let witness = self.trust.policy.witness(request, &evaluation);
                self.add(id, Some(index), message, remedy, Some(witness));
            }
            Truth::False => {
                let Some(index) = self.mender.naming_in_vain(action).next() else { return };
                let witness = self.trust.policy.witness(request, &evaluation);
                let remedy = self.mender.in_vain(action, index);
                self.add(FindingId::T16, Some(index), witness.sentence.clone(), remedy, Some(witness));
            }
            Truth::Unknown => {}
        }
    }

    /// The statements that grant an action to whom they name, by what a request passes along.
    fn granting(&self, request: &Request, action: &str) -> Vec<usize> {
        let document = self.policy.document;
        let context = request.context.clone().with("sts:ExternalId", ContextValue::Absent);
        let request = Request { action: action.to_owned(), context, ..request.clone() };
        let grants = |index: &usize| {
            let mut statement = document.as_value().pointer(&document.statement_pointer(*index)).cloned();
            if let Some(statement) = statement.as_mut().and_then(Value::as_object_mut) {
                statement.remove("NotPrincipal");
                statement.insert("Principal".to_owned(), json!("*"));
            }
            let alone = json!({ "Version": document.version().map(Version::as_str), "Statement": statement });
            Document::from_owned(alone)
                .is_ok_and(|alone| evaluate_trust(&request, &alone).allows != Truth::False)
        };
        self.trust.policy.statements(Effect::Allow).filter(grants).collect()
    }

    /// A remedy that closes what is open would show what it hides (T16), so it mends this too.
    fn hidden(&mut self) {
        for action in [TAG_SESSION, SET_SOURCE_IDENTITY] {
            let shows = |it: &Finding| it.id == FindingId::T16 && it.message.contains(action);
            if self.findings.iter().any(shows) || self.mender.naming_in_vain(action).next().is_none() {
                continue;
            }
            for finding in &mut self.findings {
                let Some(remedy) = finding.remedy.take() else { continue };
                finding.remedy = self.mender.without_hidden(remedy, action);
                finding.fix = fix_of(finding.id, finding.remedy.as_ref());
            }
        }
    }

    /// T21, T22: what is known besides.
    fn facts(&mut self, facts: &TrustFacts<'_>) {
        let TrustFacts { max_session_duration, shared } = facts;
        if let Some(seconds) = max_session_duration.filter(|seconds| *seconds > ONE_HOUR) {
            let message = format!("a session can last {seconds} seconds");
            self.add(FindingId::T22, None, message, None, None);
        }
        let Some(expected) = self.expected.clone() else { return };
        let others = shared.and_then(|(place, ids)| ids.beside(place, &expected));
        if let Some(message) = others {
            self.add(FindingId::T21, None, message, None, None);
        }
    }
}

/// A finding's remedy in words.
fn fix_of(id: FindingId, remedy: Option<&Remedy>) -> String {
    remedy.map_or_else(|| id.remedy().to_owned(), Remedy::to_string)
}

/// Whether a principal is the account of the role.
fn is_root_of(role: &RoleArn, principal: &Principal) -> bool {
    matches!(principal, Principal::Root { partition, account } if *partition == role.partition && *account == role.account)
}

/// The account of a principal that is less than the account, as a group.
fn account_behind(principal: &Principal) -> Option<Principal> {
    let (partition, account) = match principal {
        Principal::Root { .. } => return None,
        Principal::User { partition, account, .. }
        | Principal::RoleSession { partition, account, .. }
        | Principal::FederatedUser { partition, account, .. } => (partition, account),
        Principal::Role(role) => (&role.partition, &role.account),
        Principal::Service(_) | Principal::WebIdentity(_) | Principal::Saml(_) | Principal::Anonymous => {
            return None;
        }
    };
    Some(Principal::Root { partition: partition.clone(), account: account.clone() })
}

/// Why a statement covers more than assuming the role, if it does.
fn covers_too_much(statement: &Statement) -> Option<String> {
    if statement.principal.as_ref().is_some_and(|clause| clause.negated) {
        return Some("`NotPrincipal` trusts every principal that is not listed".to_owned());
    }
    if statement.action.negated {
        return Some("`NotAction` covers every action that is not listed".to_owned());
    }
    let wild = statement.action.values.iter().find(|value| value.raw().contains(['*', '?']))?;
    let others = [
        "sts:TagSession",
        "sts:SetSourceIdentity",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
    ];
    let covered = others.iter().find(|action| statement.covers_action(action) != Truth::False)?;
    Some(format!("the action `{}` covers `{covered}` too", wild.raw()))
}

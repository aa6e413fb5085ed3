//! Comparisons of policies: is everything that some of them allow allowed by others?
//!
//! A change of a role is judged by this: what opens, what closes, and whether a state between two others is inside both. The
//! answer is about every request, as everywhere in this module. It is "yes, that is proved" or "no, it is not": a request that
//! only some reading of an unsupported element allows keeps the answer from being yes.
//!
//! How it works: a request that several policies allow is matched by an `Allow` of each and by no `Deny` of any. A policy
//! refuses it because none of its `Allow` statements matches, because none of its boundary's does, or because a `Deny` does.
//! Each of these ways is one search. A statement that stands on both sides means the same on both, so what is unknown about it
//! makes no difference.

use super::caller::{Call, Caller};
use super::claim::Permissions;
use super::policy::{PROOF_BUDGET, ResourcePolicy};
use super::readable;
use super::rule::{Place, Rule};
use super::session::Session;
use super::solve::{Answer, Asked, AskedAction, Field, find};
use super::strings::Variable;
use super::variable::Uncut;
use crate::arn::RoleArn;
use crate::document::{Document, Effect, Statement};
use crate::evaluate::Layer;
use crate::pattern::{Budget, Language, Pattern};
use crate::principal::Principal;
use crate::principal::element::PrincipalName;

/// What a call for a role can need besides the call itself.
const IMPLIED: [&str; 3] = ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"];

/// Proves that whoever all of the trust policies `these` let in, `other` lets in as well: with the same call, external ID and
/// session tags. Of no policies nothing is proved.
#[must_use]
pub fn proves_trust_within(these: &[&Document], other: &Document, role: &RoleArn) -> bool {
    let mut budget = Budget::new(PROOF_BUDGET);
    let names = |document: &'_ &Document, direct: Direct| {
        let clauses = document.statements().iter().filter_map(|statement| statement.principal.as_ref());
        clauses.flat_map(|clause| &clause.values).any(|name| direct.is_less(name, role))
    };
    [Direct::AtAll, Direct::SkipsIdentity, Direct::SkipsAll].into_iter().all(|direct| {
        let differs = these.iter().chain([&other]).any(|document| names(document, direct));
        (direct != Direct::AtAll && !differs) || is_let_in(these, other, role, direct, &mut budget)
    })
}

/// How directly a caller of the role's own account must be named. Whom a policy names by the account needs an identity policy
/// besides, and whom it names by a role is held by the role's boundary: a policy that names him more directly gives him more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direct {
    AtAll,
    SkipsIdentity,
    SkipsAll,
}

impl Direct {
    /// Whether the name is less direct than that.
    fn is_less(self, name: &PrincipalName, role: &RoleArn) -> bool {
        let of_account = matches!(name, PrincipalName::Account { account, .. } if *account == role.account);
        let of_role =
            matches!(name, PrincipalName::Identity(Principal::Role(named)) if named.account == role.account);
        match self {
            Self::AtAll => false,
            Self::SkipsIdentity => of_account,
            Self::SkipsAll => of_account || of_role,
        }
    }
}

fn is_let_in(
    these: &[&Document],
    other: &Document,
    role: &RoleArn,
    direct: Direct,
    budget: &mut Budget,
) -> bool {
    let Some(first) = these.first() else { return false };
    let policy = ResourcePolicy::of_role(first, Some(role));
    let resource = role.to_string();
    policy.forms.iter().all(|form| {
        let caller = &form.caller;
        let compiled: Vec<Vec<Rule<'_>>> =
            these.iter().map(|document| compiled_for(document, caller, role, direct)).collect();
        let others: Vec<Rule<'_>> = compiled_for(other, caller, role, direct);
        let these: Vec<Side<'_>> = compiled.iter().map(|rules| Side::of(rules, None)).collect();
        let others = [Side::of(&others, None)];
        let call = policy.action(caller).to_ascii_lowercase();
        let (actions, resources) = (Language::new().only(&call), Language::new().only(&resource));
        let field = field(caller, Call::AssumeRole, actions, resources, Some(&resource));
        // A call is allowed where each of its actions is, so it is within if each of them is by itself.
        let mut asked = IMPLIED.into_iter().map(AskedAction::Implied).chain([AskedAction::Main]);
        asked.all(|action| is_within(&field, action, &these, &others, budget))
    })
}

/// Whom a `Deny` names, it denies however it names him.
fn compiled_for<'d>(
    document: &'d Document,
    caller: &Caller,
    role: &RoleArn,
    direct: Direct,
) -> Vec<Rule<'d>> {
    let compile = |(number, statement): (usize, &'d Statement)| {
        let skipped = |name: &PrincipalName| statement.effect == Effect::Allow && direct.is_less(name, role);
        Rule::new(
            statement,
            Place { layer: Layer::Resource, document: 0, statement: number },
            caller,
            &skipped,
        )
    };
    document.statements().iter().enumerate().map(compile).collect()
}

/// Proves that whatever a session can do under all of the permissions `these`, it can do under one of `others` as well. Of no
/// permissions nothing is proved.
#[must_use]
pub fn proves_permissions_within(
    these: &[&Permissions<'_>],
    others: &[&Permissions<'_>],
    role: &RoleArn,
) -> bool {
    let these: Vec<Session<'_>> = these.iter().map(|it| Session::new(it, Some(role))).collect();
    let others: Vec<Session<'_>> = others.iter().map(|it| Session::new(it, Some(role))).collect();
    let Some(Session { caller, .. }) = these.first() else { return false };
    let (these, others): (Vec<Side<'_>>, Vec<Side<'_>>) =
        (these.iter().map(Side::of_session).collect(), others.iter().map(Side::of_session).collect());
    let mut budget = Budget::new(PROOF_BUDGET);
    let action = readable::action_shape();
    [readable::arn_shape(), Pattern::literal("*")].iter().all(|resource| {
        let (actions, resources) = (Language::new().all_of([&action]), Language::new().all_of([resource]));
        let field = field(caller, Call::Any, actions, resources, None);
        is_within(&field, AskedAction::Main, &these, &others, &mut budget)
    })
}

/// Whether a session can do whatever one `Allow` of a document allows.
pub(super) fn allows_all_of(
    session: &Session<'_>,
    document: &Document,
    statement: usize,
    budget: &mut Budget,
) -> bool {
    let rules: Vec<Rule<'_>> = Rule::compile(document, Layer::Identity, 0, &session.caller)
        .filter(|rule| rule.place.statement == statement)
        .collect();
    let (these, others) = ([Side::of(&rules, None)], [Side::of_session(session)]);
    let action = readable::action_shape();
    [readable::arn_shape(), Pattern::literal("*")].iter().all(|resource| {
        let (actions, resources) = (Language::new().all_of([&action]), Language::new().all_of([resource]));
        let field = field(&session.caller, Call::Any, actions, resources, None);
        is_within(&field, AskedAction::Main, &these, &others, budget)
    })
}

fn field<'a>(
    caller: &'a Caller,
    call: Call,
    actions: Language<'a>,
    resources: Language<'a>,
    resource: Option<&'a str>,
) -> Field<'a> {
    Field {
        caller,
        call,
        strings: caller.strings().with(Variable::Action, actions).with(Variable::Resource, resources),
        inside: Vec::new(),
        outside: Vec::new(),
        resource,
        given: Vec::new(),
        readable_actions: &[],
        readable_resources: &[],
    }
}

/// The statements of one policy, or of all that a session has, by what they do.
struct Side<'r> {
    allows: Vec<&'r Rule<'r>>,
    /// What the boundary allows, where there is one.
    limits: Option<Vec<&'r Rule<'r>>>,
    denies: Vec<&'r Rule<'r>>,
}

/// Why a request is refused.
enum Refusal<'s, 'r> {
    /// None of these statements matches.
    NoneOf(&'s [&'r Rule<'r>]),
    /// This `Deny` matches.
    By(&'r Rule<'r>),
}

impl<'r> Side<'r> {
    fn of(rules: &'r [Rule<'r>], boundary: Option<&'r [Rule<'r>]>) -> Self {
        let of = |rules: &'r [Rule<'r>], effect| -> Vec<&'r Rule<'r>> {
            rules.iter().filter(|rule| rule.statement.effect == effect).collect()
        };
        Self {
            allows: of(rules, Effect::Allow),
            limits: boundary.map(|rules| of(rules, Effect::Allow)),
            denies: [rules, boundary.unwrap_or_default()]
                .into_iter()
                .flat_map(|it| of(it, Effect::Deny))
                .collect(),
        }
    }

    fn of_session(session: &'r Session<'r>) -> Self {
        Self::of(&session.identity, session.boundary.as_deref())
    }

    /// The statements that together let a request in: one, and one of the boundary's.
    fn grants(&self) -> Vec<Vec<&'r Rule<'r>>> {
        let limits = match &self.limits {
            None => vec![Vec::new()],
            Some(limits) => limits.iter().map(|limit| vec![*limit]).collect(),
        };
        let with = |allow: &&'r Rule<'r>| -> Vec<Vec<&'r Rule<'r>>> {
            limits.iter().map(|limit| limit.iter().copied().chain([*allow]).collect()).collect()
        };
        self.allows.iter().flat_map(with).collect()
    }

    /// The ways in which it can refuse a request that `matched` let in and that none of `unmatched` denied.
    fn refusals(&self, matched: &[&Rule<'_>], unmatched: &[&Rule<'_>]) -> Vec<Refusal<'_, 'r>> {
        let nothing = |rules: &&[&Rule<'_>]| !matched.iter().any(|known| is_among(known, rules));
        let silent = [Some(&*self.allows), self.limits.as_deref()].into_iter().flatten().filter(nothing);
        let denies = self.denies.iter().filter(|deny| !is_among(deny, unmatched));
        silent.map(Refusal::NoneOf).chain(denies.map(|deny| Refusal::By(deny))).collect()
    }
}

/// Whether the very same statement is there: what is unknown about one is the same about the other.
fn is_among(rule: &Rule<'_>, rules: &[&Rule<'_>]) -> bool {
    rules.iter().any(|known| known.statement == rule.statement)
}

/// Whether no request of the field is allowed by all of `these` and refused by all of `others`.
fn is_within<'r>(
    field: &Field<'r>,
    action: AskedAction,
    these: &[Side<'r>],
    others: &[Side<'r>],
    budget: &mut Budget,
) -> bool {
    let mut search = Search { field, action, budget };
    search.without_grants(these, others).unwrap_or(false)
}

struct Search<'s, 'r> {
    field: &'s Field<'r>,
    action: AskedAction,
    budget: &'s mut Budget,
}

impl<'r> Search<'_, 'r> {
    /// Every choice of what lets the request in, on each of `these`.
    fn without_grants(&mut self, these: &[Side<'r>], others: &[Side<'r>]) -> Result<bool, Uncut> {
        let denies: Vec<&Rule<'r>> = these.iter().flat_map(|side| side.denies.iter().copied()).collect();
        self.choose(&mut Vec::new(), &denies, these, others)
    }

    fn choose(
        &mut self,
        hold: &mut Vec<&'r Rule<'r>>,
        denies: &[&'r Rule<'r>],
        these: &[Side<'r>],
        others: &[Side<'r>],
    ) -> Result<bool, Uncut> {
        self.budget.spend(1)?;
        let Some((first, rest)) = these.split_first() else {
            let matched = hold.clone();
            return self.refuse(hold, &mut denies.to_vec(), (&matched, denies), others);
        };
        let depth = hold.len();
        for grant in first.grants() {
            hold.extend(grant);
            let holds = self.choose(hold, denies, rest, others)?;
            hold.truncate(depth);
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Every choice of why the request is refused, by each of `others`.
    fn refuse(
        &mut self,
        hold: &mut Vec<&'r Rule<'r>>,
        fail: &mut Vec<&'r Rule<'r>>,
        known: (&[&'r Rule<'r>], &[&'r Rule<'r>]),
        others: &[Side<'r>],
    ) -> Result<bool, Uncut> {
        self.budget.spend(1)?;
        let Some((first, rest)) = others.split_first() else { return self.is_impossible(hold, fail) };
        let depths = (hold.len(), fail.len());
        for refusal in first.refusals(known.0, known.1) {
            match refusal {
                Refusal::NoneOf(rules) => fail.extend(rules),
                Refusal::By(deny) => hold.push(deny),
            }
            let holds = self.refuse(hold, fail, known, rest)?;
            hold.truncate(depths.0);
            fail.truncate(depths.1);
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_impossible(&mut self, hold: &[&'r Rule<'r>], fail: &[&'r Rule<'r>]) -> Result<bool, Uncut> {
        let asked = |rules: &[&'r Rule<'r>]| -> Vec<Asked<'r>> {
            rules.iter().map(|rule| Asked { rule, action: self.action }).collect()
        };
        let (hold, fail) = (asked(hold), asked(fail));
        Ok(match find(self.field, &hold, &fail, self.budget)? {
            Answer::Nothing => true,
            Answer::Certain(_) | Answer::Possible(_) => false,
        })
    }
}

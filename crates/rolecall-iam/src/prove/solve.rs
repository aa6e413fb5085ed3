//! The search for one request that some statements match and others do not.
//!
//! A request is an action, a resource and a value for each condition key. The statements that must match narrow each of
//! these by itself. A statement that must not match fails in at least one of them, so the search tries these ways one
//! after the other, and takes a way that costs nothing without trying the rest. Nothing is enumerated that a statement
//! does not ask for; the cost is the sum of the classes of the keys, not their product.

use super::domain::{Call, Domain};
use super::rule::{Constraint, Cover, Rule, Sureness};
use super::variable::{OneKey, Uncut, cut};
use crate::context::{Context, ContextKey, ContextValue};
use crate::pattern::{Budget, Language, TooLarge};
use crate::principal::Principal;
use crate::truth::Truth;

/// Statements that must not match and do not fail by themselves: more are not searched through.
const MOST_OBSTACLES: usize = 200;

/// A statement in its part as an answer to one of the actions that a call asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'r> {
    pub(super) rule: &'r Rule<'r>,
    pub(super) action: AskedAction,
}

impl<'r> Asked<'r> {
    pub(super) fn main(rule: &'r Rule<'r>) -> Self {
        Self { rule, action: AskedAction::Main }
    }
}

/// Which of the actions of a call a statement is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AskedAction {
    /// The action of the call.
    Main,
    /// An action that the call implies; it does not have `sts:ExternalId` among its keys.
    Implied(&'static str),
}

/// A condition on one key that the claim itself makes.
pub(super) struct Given<'a> {
    pub(super) key: &'a str,
    /// Texts that the claim tells apart.
    pub(super) texts: Vec<&'a str>,
    pub(super) accepts: &'a dyn Fn(&ContextValue) -> bool,
}

/// Requests among which to search.
pub(super) struct Field<'a> {
    pub(super) caller: &'a Principal,
    pub(super) call: Call,
    pub(super) actions: Language<'a>,
    pub(super) resources: Language<'a>,
    /// The resource, where the request names one whose ARN is known: some keys follow from it.
    pub(super) resource: Option<&'a str>,
    pub(super) given: Vec<Given<'a>>,
    /// Actions and resources to show where they fit.
    pub(super) readable_actions: &'a [&'a str],
    pub(super) readable_resources: &'a [&'a str],
}

/// A request found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) context: Context,
}

struct Key {
    name: ContextKey,
    values: Vec<ContextValue>,
    open: Vec<bool>,
}

/// What is still possible on one path of the search.
#[derive(Clone)]
struct State<'a> {
    actions: Language<'a>,
    resources: Language<'a>,
    open: Vec<Vec<bool>>,
}

/// A statement with the answers of its conditions to every class of their keys.
struct Table<'a> {
    asked: Asked<'a>,
    conditions: Vec<(usize, Vec<Truth>)>,
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is such a request.
    Certain(Found),
    /// There is none for sure, but what could not be evaluated may make this one.
    Possible(Found),
    /// There is none.
    Nothing,
}

/// Finds a request of the field that every statement of `hold` matches and none of `fail`.
pub(super) fn find<'a>(
    field: &Field<'a>,
    hold: &[Asked<'a>],
    fail: &[Asked<'a>],
    budget: &mut Budget,
) -> Result<Answer, Uncut> {
    if hold.iter().any(|asked| asked.rule.principal == Truth::False) {
        return Ok(Answer::Nothing);
    }
    budget.spend(hold.len() + fail.len())?;
    let fail: Vec<Asked<'a>> =
        fail.iter().copied().filter(|asked| asked.rule.principal != Truth::False).collect();
    let (keys, incomplete) = keys_of(field, hold, &fail, budget)?;
    let hold = tables(field, hold, &keys, budget)?;
    let fail = tables(field, &fail, &keys, budget)?;
    if let Some(found) = find_surely(field, &keys, &hold, &fail, Sureness::Certain, budget)? {
        return Ok(Answer::Certain(found));
    }
    if hold.iter().chain(&fail).any(Table::is_doubtful)
        && let Some(found) = find_surely(field, &keys, &hold, &fail, Sureness::Possible, budget)?
    {
        return Ok(Answer::Possible(found));
    }
    incomplete.map_or(Ok(Answer::Nothing), |reason| Err(Uncut::Reason(reason)))
}

fn find_surely<'a>(
    field: &Field<'a>,
    keys: &[Key],
    hold: &[Table<'a>],
    fail: &[Table<'a>],
    sureness: Sureness,
    budget: &mut Budget,
) -> Result<Option<Found>, Uncut> {
    if !hold.iter().all(|table| sureness.holds(table.asked.rule.principal)) {
        return Ok(None);
    }
    let mut open: Vec<Vec<bool>> = keys.iter().map(|key| key.open.clone()).collect();
    for (key, truths) in hold.iter().flat_map(|table| &table.conditions) {
        if !narrow(&mut open, *key, truths, |truth| sureness.holds(truth)) {
            return Ok(None);
        }
    }
    let start = State { actions: field.actions.clone(), resources: field.resources.clone(), open };
    Search { field, keys, fail, sureness, budget }.cover(&start, hold)
}

/// Leaves only the values of a key whose truth is good; false where none is left.
fn narrow(open: &mut [Vec<bool>], key: usize, truths: &[Truth], good: impl Fn(Truth) -> bool) -> bool {
    let Some(open) = open.get_mut(key) else { return false };
    let mut any = false;
    for (slot, truth) in open.iter_mut().zip(truths) {
        *slot = *slot && good(*truth);
        any |= *slot;
    }
    any
}

fn keys_of(
    field: &Field<'_>,
    hold: &[Asked<'_>],
    fail: &[Asked<'_>],
    budget: &mut Budget,
) -> Result<(Vec<Key>, Option<String>), TooLarge> {
    let mut names: Vec<ContextKey> = field.given.iter().map(|given| ContextKey::new(given.key)).collect();
    let conditions: Vec<_> =
        hold.iter().chain(fail).flat_map(|asked| &asked.rule.statement.conditions).collect();
    names.extend(conditions.iter().map(|condition| condition.key.clone()));
    budget.spend(names.len())?;
    names.sort();
    names.dedup();
    let mut keys = Vec::new();
    let mut incomplete = None;
    for name in names {
        let asked: Vec<_> = conditions.iter().copied().filter(|condition| condition.key == name).collect();
        let given: Vec<&Given<'_>> = field.given.iter().filter(|given| name.folded() == given.key).collect();
        let also: Vec<&str> = given.iter().flat_map(|given| given.texts.iter().copied()).collect();
        let domain = Domain::of(name.folded(), field.caller, field.call, field.resource);
        let classes = cut(&name, &asked, &also, &domain, field.caller, budget)?;
        incomplete = incomplete.or(classes.incomplete);
        let values = classes.values;
        let open = values.iter().map(|value| given.iter().all(|given| (given.accepts)(value))).collect();
        keys.push(Key { name, values, open });
    }
    Ok((keys, incomplete))
}

fn tables<'a>(
    field: &Field<'a>,
    asked: &[Asked<'a>],
    keys: &[Key],
    budget: &mut Budget,
) -> Result<Vec<Table<'a>>, TooLarge> {
    let mut tables = Vec::with_capacity(asked.len());
    for asked in asked {
        let mut conditions = Vec::new();
        for condition in &asked.rule.statement.conditions {
            let found = keys.binary_search_by(|key| key.name.cmp(&condition.key));
            let Some((index, key)) = found.ok().and_then(|index| Some((index, keys.get(index)?))) else {
                continue;
            };
            budget.spend(key.values.len() * (1 + condition.values.len()))?;
            let hidden = asked.action != AskedAction::Main && key.name.folded() == "sts:externalid";
            let truth = |value: &ContextValue| {
                let value = if hidden { &ContextValue::Absent } else { value };
                let one = OneKey { caller: field.caller, key: &key.name, value };
                condition.holds(&one, asked.rule.statement.effect)
            };
            conditions.push((index, key.values.iter().map(truth).collect()));
        }
        tables.push(Table { asked: *asked, conditions });
    }
    Ok(tables)
}

impl Table<'_> {
    /// Whether anything about the statement is unknown for some request.
    fn is_doubtful(&self) -> bool {
        let Rule { place: _, statement: _, actions, resources, principal } = self.asked.rule;
        *principal == Truth::Unknown
            || self.conditions.iter().any(|(_, truths)| truths.contains(&Truth::Unknown))
            || actions.is_doubtful()
            || resources.is_doubtful()
    }
}

struct Search<'s, 'a> {
    field: &'s Field<'a>,
    keys: &'s [Key],
    fail: &'s [Table<'a>],
    sureness: Sureness,
    budget: &'s mut Budget,
}

impl<'a> Search<'_, 'a> {
    /// Tries every way in which the statements that must match cover actions and resources.
    fn cover(&mut self, state: &State<'a>, hold: &[Table<'a>]) -> Result<Option<Found>, Uncut> {
        let Some((first, rest)) = hold.split_first() else {
            let obstacles: Vec<usize> = (0..self.fail.len()).collect();
            return self.avoid(state, &obstacles);
        };
        let rule = first.asked.rule;
        let actions = match first.asked.action {
            AskedAction::Main => rule.actions.covering(&state.actions, self.sureness),
            AskedAction::Implied(action) if self.sureness.holds(rule.statement.covers_action(action)) => {
                vec![Constraint::default()]
            }
            AskedAction::Implied(_) => return Ok(None),
        };
        let resources = rule.resources.covering(&state.resources, self.sureness);
        for action in &actions {
            let narrowed = action.narrow(&state.actions);
            if self.is_empty(&narrowed, self.field.readable_actions)? {
                continue;
            }
            for resource in &resources {
                let resources = resource.narrow(&state.resources);
                if self.is_empty(&resources, self.field.readable_resources)? {
                    continue;
                }
                let next = State { actions: narrowed.clone(), resources, open: state.open.clone() };
                if let Some(found) = self.cover(&next, rest)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// Tries every way in which the remaining statements can fail.
    fn avoid(&mut self, state: &State<'a>, obstacles: &[usize]) -> Result<Option<Found>, Uncut> {
        // Those that fail whatever is chosen need no choice.
        let mut standing = Vec::new();
        for index in obstacles {
            self.budget.spend(1)?;
            if let Some(table) = self.fail.get(*index)
                && !self.sureness.fails(table.asked.rule.principal)
                && !self.fails_anyway(state, table)?
            {
                standing.push(*index);
            }
        }
        let Some((first, rest)) = standing.split_first() else { return self.example(state) };
        if standing.len() > MOST_OBSTACLES {
            return Err(Uncut::TooLarge);
        }
        let Some(table) = self.fail.get(*first) else { return Ok(None) };
        for (key, truths) in &table.conditions {
            let mut next = state.clone();
            let sureness = self.sureness;
            if narrow(&mut next.open, *key, truths, |truth| sureness.fails(truth))
                && let Some(found) = self.avoid(&next, rest)?
            {
                return Ok(Some(found));
            }
        }
        if table.asked.action == AskedAction::Main {
            for constraint in table.asked.rule.actions.missing(&state.actions, self.sureness) {
                let actions = constraint.narrow(&state.actions);
                if !self.is_empty(&actions, self.field.readable_actions)?
                    && let Some(found) = self.avoid(&State { actions, ..state.clone() }, rest)?
                {
                    return Ok(Some(found));
                }
            }
        }
        for constraint in table.asked.rule.resources.missing(&state.resources, self.sureness) {
            let resources = constraint.narrow(&state.resources);
            if !self.is_empty(&resources, self.field.readable_resources)?
                && let Some(found) = self.avoid(&State { resources, ..state.clone() }, rest)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether a statement fails for every request that is left.
    fn fails_anyway(&mut self, state: &State<'a>, table: &Table<'a>) -> Result<bool, Uncut> {
        let fails_by_key = table.conditions.iter().any(|(key, truths)| {
            state.open.get(*key).is_some_and(|open| {
                open.iter().zip(truths).all(|(open, truth)| !open || self.sureness.fails(*truth))
            })
        });
        if fails_by_key {
            return Ok(true);
        }
        // What is left for the statement to match, by the reading that must be avoided.
        let matching = self.sureness.opposite();
        let rule = table.asked.rule;
        let (actions, resources) = (self.field.readable_actions, self.field.readable_resources);
        let covers_action = match table.asked.action {
            AskedAction::Main => self.any_left(&state.actions, &rule.actions, matching, actions)?,
            AskedAction::Implied(action) => matching.holds(rule.statement.covers_action(action)),
        };
        Ok(!covers_action || !self.any_left(&state.resources, &rule.resources, matching, resources)?)
    }

    fn any_left(
        &mut self,
        language: &Language<'a>,
        cover: &'a Cover,
        sureness: Sureness,
        readable: &[&str],
    ) -> Result<bool, Uncut> {
        for way in cover.covering(language, sureness) {
            if !self.is_empty(&way.narrow(language), readable)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_empty(&mut self, language: &Language<'_>, readable: &[&str]) -> Result<bool, Uncut> {
        self.budget.spend(1)?;
        Ok(language.example(readable, self.budget)?.is_none())
    }

    /// A request out of what is left.
    fn example(&mut self, state: &State<'a>) -> Result<Option<Found>, Uncut> {
        let action = state.actions.example(self.field.readable_actions, self.budget)?;
        let Some(action) = action else { return Ok(None) };
        // A resource of the action's own service reads best.
        let service = action.split(':').next().map(|service| if service == "sts" { "iam" } else { service });
        let (own, others): (Vec<&str>, Vec<&str>) =
            self.field.readable_resources.iter().partition(|resource| resource.split(':').nth(2) == service);
        let readable: Vec<&str> = own.into_iter().chain(others).collect();
        let Some(resource) = state.resources.example(&readable, self.budget)? else { return Ok(None) };
        let mut context = Context::new();
        for (key, open) in self.keys.iter().zip(&state.open) {
            let value = key.values.iter().zip(open).find(|(_, open)| **open).map(|(value, _)| value);
            let Some(value) = value else { return Ok(None) };
            context.set(key.name.clone(), value.clone());
        }
        Ok(Some(Found { action, resource, context }))
    }
}

//! The search for one request that some statements match and others do not.
//!
//! A request is its strings (action, resource, and what the caller consists of) and a value for each condition key. The
//! statements that must match narrow each of these by itself. A statement that must not match is an obstacle: it is avoided
//! where one of its parts fails. Obstacles that cannot match any more are dropped, those with one way left are
//! avoided by it at once, and only then is a way chosen and tried. Nothing is enumerated that a statement does not ask for.
//!
//! Invariant: [`Answer::Nothing`] means that no request exists, whatever is unknown; what the search gave up on is
//! [`Uncut`].

use std::collections::BTreeMap;

use super::caller::{Call, Caller, Example};
use super::domain::Domain;
use super::names::Union;
use super::rule::{Rule, Sureness};
use super::strings::{Strings, Variable};
use super::variable::{OneKey, Uncut, cut};
use super::ways::{Obstacle, Part, Way};
use crate::condition::{Condition, Unresolved};
use crate::context::{Context, ContextKey, ContextValue};
use crate::pattern::{Budget, Language, Pattern, TooLarge};
use crate::truth::Truth;

/// So many choices are made one below the other, and no more.
const MOST_CHOICES: usize = 200;

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

    /// What holds or not for every request.
    fn settled(&self) -> Truth {
        match self.action {
            AskedAction::Main => self.rule.settled,
            AskedAction::Implied(action) => self.rule.settled.and(self.rule.statement.covers_action(action)),
        }
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
    pub(super) texts: &'a [Pattern],
    pub(super) accepts: &'a dyn Fn(&ContextValue) -> bool,
}

/// Requests among which to search.
pub(super) struct Field<'a> {
    pub(super) caller: &'a Caller,
    pub(super) call: Call,
    /// What is left of every string.
    pub(super) strings: Strings<'a>,
    /// Only callers of these groups.
    pub(super) inside: Vec<&'a Union>,
    /// No callers of these groups.
    pub(super) outside: Vec<&'a Union>,
    /// The resource, where the request names one whose ARN is known: some keys follow from it.
    pub(super) resource: Option<&'a str>,
    pub(super) given: Vec<Given<'a>>,
    /// Actions and resources to show where they fit.
    pub(super) readable_actions: &'a [&'a str],
    pub(super) readable_resources: &'a [&'a str],
}

/// A request found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) action: String,
    pub(super) resource: String,
    /// `None` where what is left is no caller that AWS would accept.
    pub(super) caller: Option<Example>,
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
    strings: Strings<'a>,
    open: Vec<Vec<bool>>,
}

/// A statement with the answers of its conditions to every class of their keys.
struct Table<'a> {
    asked: Asked<'a>,
    conditions: Vec<(usize, Vec<Truth>)>,
}

/// What a search came to.
#[derive(Debug, Clone)]
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
    if hold.iter().any(|asked| asked.settled() == Truth::False) {
        return Ok(Answer::Nothing);
    }
    budget.spend(1 + hold.len() + fail.len())?;
    let fail: Vec<Asked<'a>> = fail.iter().copied().filter(|asked| asked.settled() != Truth::False).collect();
    let (keys, incomplete) = keys_of(field, hold, &fail, budget)?;
    let hold = tables(field, hold, &keys, budget)?;
    let fail = tables(field, &fail, &keys, budget)?;
    if let Some(found) = find_surely(field, &keys, &hold, &fail, Sureness::Certain, budget)? {
        return Ok(Answer::Certain(found));
    }
    if (hold.iter().chain(&fail).any(Table::is_doubtful)
        || field.inside.iter().chain(&field.outside).any(|union| union.is_doubtful()))
        && let Some(found) = find_surely(field, &keys, &hold, &fail, Sureness::Possible, budget)?
    {
        return Ok(Answer::Possible(found));
    }
    incomplete.map_or(Ok(Answer::Nothing), |reason| Err(Uncut::Reason(reason)))
}

fn find_surely<'s, 'a: 's>(
    field: &'s Field<'a>,
    keys: &'s [Key],
    hold: &'s [Table<'a>],
    fail: &'s [Table<'a>],
    sureness: Sureness,
    budget: &'s mut Budget,
) -> Result<Option<Found>, Uncut> {
    if !hold.iter().all(|table| sureness.holds(table.asked.settled())) {
        return Ok(None);
    }
    let mut open: Vec<Vec<bool>> = keys.iter().map(|key| key.open.clone()).collect();
    for (key, truths) in hold.iter().flat_map(|table| &table.conditions) {
        if !narrow(&mut open, *key, truths, |truth| sureness.holds(truth)) {
            return Ok(None);
        }
    }
    let mut required: Vec<Part<'s>> = field.inside.iter().map(|union| Part::Names(union)).collect();
    required.extend(hold.iter().flat_map(Table::parts).filter(|part| !matches!(part, Part::Key(..))));
    let mut obstacles: Vec<Obstacle<'s>> =
        field.outside.iter().map(|union| Obstacle { parts: vec![Part::Names(union)] }).collect();
    let standing = fail.iter().filter(|table| !sureness.fails(table.asked.settled()));
    obstacles.extend(standing.map(|table| Obstacle { parts: table.parts().collect() }));
    let start = State { strings: field.strings.clone(), open };
    let mut search = Search { field, keys, sureness, budget };
    search.require(&start, &required, &obstacles)
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
    budget.spend(field.given.len())?;
    let mut asked: BTreeMap<ContextKey, Vec<&Condition>> = BTreeMap::new();
    let mut given_of: BTreeMap<&str, Vec<&Given<'_>>> = BTreeMap::new();
    for given in &field.given {
        asked.entry(ContextKey::new(given.key)).or_default();
        given_of.entry(given.key).or_default().push(given);
    }
    for condition in hold.iter().chain(fail).flat_map(|asked| &asked.rule.conditions) {
        budget.spend(1)?;
        asked.entry(condition.key.clone()).or_default().push(condition);
    }
    let mut keys = Vec::new();
    let mut incomplete = None;
    for (name, asked) in asked {
        let given = given_of.remove(name.folded()).unwrap_or_default();
        let also: Vec<&Pattern> = given.iter().flat_map(|given| given.texts).collect();
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
        for condition in &asked.rule.conditions {
            let found = keys.binary_search_by(|key| key.name.cmp(&condition.key));
            let Some((index, key)) = found.ok().and_then(|index| Some((index, keys.get(index)?))) else {
                continue;
            };
            budget.spend(key.values.len() * (1 + condition.values.len()))?;
            let hidden = asked.action != AskedAction::Main && key.name.folded() == "sts:externalid";
            let truth = |value: &ContextValue| {
                let value = if hidden { &ContextValue::Absent } else { value };
                condition.holds(&OneKey { caller: field.caller, key: &key.name, value }, Unresolved::Doubted)
            };
            conditions.push((index, key.values.iter().map(truth).collect()));
        }
        tables.push(Table { asked: *asked, conditions });
    }
    Ok(tables)
}

impl<'a> Table<'a> {
    /// Whether anything about the statement is unknown for some request.
    fn is_doubtful(&self) -> bool {
        self.asked.settled() == Truth::Unknown
            || self.asked.rule.is_doubtful()
            || self.conditions.iter().any(|(_, truths)| truths.contains(&Truth::Unknown))
    }

    /// What must hold for the statement to match, apart from what is settled.
    fn parts<'s>(&'s self) -> impl Iterator<Item = Part<'s>>
    where
        'a: 's,
    {
        let Rule { place: _, statement: _, actions, resources, names, on_caller, conditions: _, settled: _ } =
            self.asked.rule;
        let keys = self.conditions.iter().map(|(key, truths)| Part::Key(*key, truths));
        let action =
            (self.asked.action == AskedAction::Main).then_some(Part::Cover(Variable::Action, actions));
        let caller = on_caller.iter().map(|(variable, cover)| Part::Cover(*variable, cover));
        keys.chain(action)
            .chain([Part::Cover(Variable::Resource, resources), Part::Names(names)])
            .chain(caller)
    }
}

/// How many ways there are around an obstacle.
enum Ways<'s> {
    None,
    One(Box<State<'s>>, Vec<Obstacle<'s>>),
    Several,
}

struct Search<'s, 'a> {
    field: &'s Field<'a>,
    keys: &'s [Key],
    sureness: Sureness,
    budget: &'s mut Budget,
}

impl<'s, 'a: 's> Search<'s, 'a> {
    /// What is left on a way; `None` where that is nothing.
    fn taken(&mut self, way: &Way<'s>, state: &State<'s>) -> Result<Option<State<'s>>, Uncut> {
        self.budget.spend(1)?;
        let mut next = state.clone();
        let sureness = self.sureness;
        if let Some((key, truths)) = way.key
            && !narrow(&mut next.open, key, truths, |truth| sureness.fails(truth))
        {
            return Ok(None);
        }
        for (variable, constraint) in &way.strings {
            let language = constraint.narrow(next.strings.get(*variable));
            if self.is_empty(*variable, &language)? {
                return Ok(None);
            }
            next.strings = next.strings.with(*variable, language);
        }
        Ok(Some(next))
    }

    fn is_empty(&mut self, variable: Variable, language: &Language<'_>) -> Result<bool, Uncut> {
        self.budget.spend(1)?;
        let readable = match variable {
            Variable::Action => self.field.readable_actions,
            Variable::Resource => self.field.readable_resources,
            Variable::Arn | Variable::UserId | Variable::Name => &[],
        };
        Ok(language.example(readable, self.budget)?.is_none())
    }

    /// Tries every way in which the required parts hold.
    fn require(
        &mut self,
        state: &State<'s>,
        required: &[Part<'s>],
        obstacles: &[Obstacle<'s>],
    ) -> Result<Option<Found>, Uncut> {
        let Some((first, rest)) = required.split_first() else {
            return self.avoid(state.clone(), obstacles.to_vec(), 0);
        };
        for way in first.holding(&state.strings, self.sureness) {
            if let Some(next) = self.taken(&way, state)? {
                let found = if way.besides.is_empty() {
                    self.require(&next, rest, obstacles)?
                } else {
                    let more: Vec<Obstacle<'s>> = obstacles.iter().cloned().chain(way.besides).collect();
                    self.require(&next, rest, &more)?
                };
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }

    /// Tries every way around the obstacles.
    fn avoid(
        &mut self,
        mut state: State<'s>,
        mut obstacles: Vec<Obstacle<'s>>,
        choices: usize,
    ) -> Result<Option<Found>, Uncut> {
        // Those that cannot match need no choice, and those with one way left have none.
        loop {
            let mut standing = Vec::new();
            let mut narrowed = false;
            for obstacle in obstacles {
                self.budget.spend(1)?;
                if self.fails_anyway(&obstacle, &state)? {
                    continue;
                }
                match self.only_way(&obstacle, &state)? {
                    Ways::None => return Ok(None),
                    Ways::One(next, besides) => {
                        state = *next;
                        standing.extend(besides);
                        narrowed = true;
                    }
                    Ways::Several => standing.push(obstacle),
                }
            }
            obstacles = standing;
            if !narrowed {
                break;
            }
        }
        let Some((first, rest)) = obstacles.split_first() else { return self.example(&state) };
        if choices >= MOST_CHOICES {
            return Err(Uncut::TooLarge);
        }
        for part in &first.parts {
            for way in part.failing(&state.strings, self.sureness) {
                if let Some(next) = self.taken(&way, &state)? {
                    let left: Vec<Obstacle<'s>> = rest.iter().cloned().chain(way.besides).collect();
                    if let Some(found) = self.avoid(next, left, choices + 1)? {
                        return Ok(Some(found));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The way around an obstacle, where there is only one.
    fn only_way(&mut self, obstacle: &Obstacle<'s>, state: &State<'s>) -> Result<Ways<'s>, Uncut> {
        let mut only = Ways::None;
        for part in &obstacle.parts {
            for way in part.failing(&state.strings, self.sureness) {
                if let Some(next) = self.taken(&way, state)? {
                    if !matches!(only, Ways::None) {
                        return Ok(Ways::Several);
                    }
                    only = Ways::One(Box::new(next), way.besides);
                }
            }
        }
        Ok(only)
    }

    /// Whether an obstacle is avoided by every request that is left.
    fn fails_anyway(&mut self, obstacle: &Obstacle<'s>, state: &State<'s>) -> Result<bool, Uncut> {
        for part in &obstacle.parts {
            if !self.can_hold(*part, state)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a part holds for some request that is left, by the reading that must be avoided.
    fn can_hold(&mut self, part: Part<'s>, state: &State<'s>) -> Result<bool, Uncut> {
        if let Part::Key(key, truths) = part {
            let sureness = self.sureness;
            return Ok(state.open.get(key).is_none_or(|open| {
                open.iter().zip(truths).any(|(open, truth)| *open && !sureness.fails(*truth))
            }));
        }
        for way in part.holding(&state.strings, self.sureness.opposite()) {
            if self.taken(&way, state)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A request out of what is left.
    fn example(&mut self, state: &State<'s>) -> Result<Option<Found>, Uncut> {
        let field = self.field;
        let action = state.strings.get(Variable::Action).example(field.readable_actions, self.budget)?;
        let Some(action) = action else { return Ok(None) };
        // A resource of the action's own service reads best.
        let service = action.split(':').next().map(|service| if service == "sts" { "iam" } else { service });
        let (own, others): (Vec<&str>, Vec<&str>) =
            field.readable_resources.iter().partition(|resource| resource.split(':').nth(2) == service);
        let readable: Vec<&str> = own.into_iter().chain(others).collect();
        let resource = state.strings.get(Variable::Resource).example(&readable, self.budget)?;
        let Some(resource) = resource else { return Ok(None) };
        let Some(caller) = field.caller.example(&state.strings, self.budget)? else { return Ok(None) };
        let mut context = Context::new();
        for (key, open) in self.keys.iter().zip(&state.open) {
            let value = key.values.iter().zip(open).find(|(_, open)| **open).map(|(value, _)| value);
            let Some(value) = value else { return Ok(None) };
            context.set(key.name.clone(), value.clone());
        }
        Ok(Some(Found { action, resource, caller, context }))
    }
}

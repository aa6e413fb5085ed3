//! What is told of one role: its powers with the requests that show them, the shortest ways, the first steps.

use std::collections::HashMap;

use rolecall_iam::truth::Truth;

use super::super::account::Runnable;
use super::super::attempt::Attempt;
use super::super::catalogue::{CATALOGUE, Gives};
use super::super::policies::{State, Widened};
use super::super::step::{Actor, Target};
use super::super::{LeadsTo, Power, Reach, Step};
use super::{Edge, Graph, Sure, gives_administrator};

impl Graph<'_> {
    pub(in super::super) fn reach(&self, place: usize) -> Option<Reach> {
        let role = self.account.role(place)?;
        let node = self.nodes.get(place)?;
        let (certain, possible) = self.powers(place);
        let state = State::of(place);
        let mut doubts = Vec::new();
        let (administers, data) = self.with_actor(state, |actor| {
            let administers = actor.administers().unwrap_or_default();
            let mut data = Vec::new();
            if administers.is_empty() {
                for access in actor.data() {
                    match access {
                        Ok(access) => data.push(access),
                        Err(reasons) => doubts.extend(reasons),
                    }
                }
            }
            let unread = |name: &String| format!("`{name}` cannot be read: it may allow more, or deny");
            doubts.extend(actor.unread.iter().map(unread));
            if possible == Power::Nothing && actor.does_anything().1 == Truth::Unknown {
                doubts.push("whether anything is allowed could not be decided".to_owned());
            }
            (administers, data)
        })?;
        let way = self.way(place, Sure::Certain);
        let possible_way = if possible > certain { self.way(place, Sure::Possible) } else { Vec::new() };
        let unbounded = self.unbounded.get(&place).map(|place| self.power(*place, Sure::Possible));
        let steps = self.first_steps(place, &mut doubts);
        doubts.extend(node.undecided.iter().filter_map(|(number, reason)| {
            let name = CATALOGUE.get(usize::from(*number))?.name;
            Some(format!("whether it can {name} could not be decided: {reason}"))
        }));
        doubts.sort();
        doubts.dedup();
        Some(Reach {
            role: role.arn.clone(),
            certain,
            possible,
            administers,
            way,
            possible_way,
            steps,
            data,
            doubts,
            cut_by_boundary: unbounded.filter(|power| *power > possible),
        })
    }

    /// The shortest way to the most that a node gets at.
    fn way(&self, start: usize, sure: Sure) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut place = start;
        let level = self.level(sure);
        let to_administrator = level.administrator.get(start).is_some_and(Option::is_some);
        // A shortest way never comes back, and has no more steps than there are nodes.
        while steps.len() <= self.nodes.len() {
            let Some(node) = self.nodes.get(place) else { break };
            let edge = if to_administrator {
                level.administrator.get(place).copied().flatten().and_then(|way| way.edge)
            } else if steps.is_empty() {
                self.to_data(place, sure)
            } else {
                level.data.get(place).copied().flatten().and_then(|way| way.edge)
            };
            let Some(edge) = edge else {
                if to_administrator && node.own < Power::Administrator {
                    steps.extend(self.making_administrator(place, sure));
                }
                break;
            };
            let Some(step) = self.shown(place, edge, 0) else { break };
            steps.push(step);
            place = edge.to as usize;
        }
        steps
    }

    /// The last step of a way that ends with a new administrator.
    fn making_administrator(&self, place: usize, sure: Sure) -> Option<Step> {
        let node = self.nodes.get(place)?;
        let (number, _) = node.unlisted.iter().find(|unlisted| gives_administrator(**unlisted, sure))?;
        self.unlisted(place, *number)
    }

    /// One step of a row, with its requests.
    fn shown(&self, place: usize, edge: Edge, others: usize) -> Option<Step> {
        let entry = CATALOGUE.get(usize::from(edge.entry))?;
        let (state, to) = (*self.states.get(place)?, *self.states.get(edge.to as usize)?);
        let target_role = self.account.role(to.role)?;
        let attempt = self.with_actor(state, |actor| match entry.gives {
            Gives::OwnAttached
            | Gives::OwnInline
            | Gives::Unbounded
            | Gives::OtherVersion
            | Gives::NewAdministrator
            | Gives::User
            | Gives::RunBy(_) => actor.attempt(entry, Target::Nothing),
            Gives::OwnVersion => match to.widened {
                Some(Widened::Version(policy)) => actor.attempt(entry, Target::Policy(policy)),
                Some(Widened::Attached | Widened::Inline) | None => Attempt::No,
            },
            Gives::Passed(service) => match self.runnable(actor, service, to.role) {
                Some(runnable) => actor.attempt(entry, Target::Runnable(runnable)),
                None => Attempt::No,
            },
            Gives::TrustRewritten | Gives::Assumed | Gives::AssumedAndWidened => {
                actor.attempt(entry, Target::Role(to.role))
            }
        })?;
        let Attempt::Yes { requests, mut assumes } = attempt else { return None };
        if let Gives::RunBy(service) = entry.gives {
            let runnable = self.with_actor(state, |actor| {
                self.runnable(actor, service, to.role).map(|runnable| runnable.assumes.clone())
            });
            assumes.extend(runnable.flatten().unwrap_or_default());
        }
        let leads_to = match (to.role == state.role, to.widened) {
            (true, _) => LeadsTo::Itself,
            (false, Some(_)) => LeadsTo::Widened(target_role.arn.clone()),
            (false, None) => LeadsTo::Role(target_role.arn.clone()),
        };
        let sure = if edge.is_certain { Sure::Certain } else { Sure::Possible };
        let gains = self.power(edge.to as usize, sure);
        Some(Step { entry, requests, leads_to, gains, others, assumes })
    }

    fn runnable(&self, actor: &Actor<'_>, service: &str, role: usize) -> Option<&Runnable> {
        let account = &self.account.role(self.account.find(&actor.role.arn)?)?.arn.account;
        self.account.run_by(account, service).iter().find(|runnable| runnable.role == role)
    }

    /// A step to somebody whom the snapshot does not list.
    fn unlisted(&self, place: usize, number: u8) -> Option<Step> {
        let entry = CATALOGUE.get(usize::from(number))?;
        let state = *self.states.get(place)?;
        let attempt = self.with_actor(state, |actor| match entry.gives {
            Gives::OtherVersion => {
                let attempts =
                    actor.own_policies().map(|policy| actor.attempt(entry, Target::Policy(policy)));
                let mut found = attempts.filter(|attempt| matches!(attempt, Attempt::Yes { .. }));
                found.next().unwrap_or(Attempt::No)
            }
            _ => actor.attempt(entry, Target::Nothing),
        })?;
        let Attempt::Yes { requests, assumes } = attempt else { return None };
        let (leads_to, gains) = match entry.gives {
            Gives::NewAdministrator => (LeadsTo::NewAdministrator, Power::Administrator),
            Gives::OtherVersion => (LeadsTo::Itself, Power::Escalates),
            _ => (LeadsTo::SomebodyUnlisted, Power::Escalates),
        };
        Some(Step { entry, requests, leads_to, gains, others: 0, assumes })
    }

    /// One step for each row.
    fn first_steps(&self, place: usize, doubts: &mut Vec<String>) -> Vec<Step> {
        let (Some(node), Some(state)) = (self.nodes.get(place), self.states.get(place)) else {
            return Vec::new();
        };
        let mut best: HashMap<u8, (Edge, (Power, bool), usize)> = HashMap::new();
        for link in &node.links {
            let sure = if link.is_certain { Sure::Certain } else { Sure::Possible };
            let Some(edge) = self.better(place, *link, &self.level(sure).strongest) else { continue };
            let rank = (self.power(edge.to as usize, sure), edge.is_certain);
            let slot = best.entry(edge.entry).or_insert((edge, rank, 0));
            slot.2 += self.lists.len(link.list) - self.lists.times(link.list, place, state.role);
            if rank > slot.1 {
                (slot.0, slot.1) = (edge, rank);
            }
        }
        let mut steps: Vec<(u8, Step)> = best
            .into_iter()
            .filter_map(|(number, (edge, _, count))| {
                Some((number, self.shown(place, edge, count.saturating_sub(1))?))
            })
            .collect();
        let unlisted = node.unlisted.iter();
        steps.extend(unlisted.filter_map(|(number, _)| Some((*number, self.unlisted(place, *number)?))));
        steps.sort_by_key(|(number, _)| *number);
        let mut steps: Vec<Step> = steps.into_iter().map(|(_, step)| step).collect();
        let elsewhere = self.with_actor(*state, |actor| actor.elsewhere_roles()).unwrap_or_default();
        let entry = CATALOGUE.iter().find(|entry| entry.gives == Gives::Assumed);
        for (text, attempt) in elsewhere.into_iter().filter(|_| node.own_possible < Power::Administrator) {
            match (attempt, entry) {
                (Attempt::Yes { requests, assumes }, Some(entry)) => steps.push(Step {
                    entry,
                    requests,
                    leads_to: LeadsTo::Elsewhere(text),
                    gains: Power::Escalates,
                    others: 0,
                    assumes,
                }),
                (Attempt::Undecided(reasons), _) => doubts.extend(reasons),
                (Attempt::Yes { .. } | Attempt::No, _) => {}
            }
        }
        steps
    }
}

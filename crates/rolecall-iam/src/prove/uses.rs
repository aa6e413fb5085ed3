//! Whether a session can do everything that is stated besides invoking functions, whatever else its request has.
//!
//! An action that is written out is weighed on its resource. Of an action with wildcards nobody knows all that AWS has, so
//! the claim is proved for whatever matches it, and refuted by an action that AWS is known to have.

use super::actions::{ACTIONS, known};
use super::allowance::{Allowance, Use};
use super::answer::Proof;
use super::every::{Every, Permitted};
use super::session::Session;
use super::weigh::{Resources, Weighed};
use super::within::allows_all_of;
use super::words;
use crate::document::Document;
use crate::evaluate::UNRESTRICTED;
use crate::pattern::{Budget, Pattern};

/// Proves or refutes that each use is allowed.
pub(super) fn every_use(session: &Session<'_>, allowance: &Allowance, budget: &mut Budget) -> Proof {
    let mut every = Every::default();
    for (place, stated) in allowance.uses().iter().enumerate() {
        if budget.is_spent() {
            every.give_up();
            break;
        }
        every.note(&stated.to_string(), permitted(session, stated, allowance, place, budget));
    }
    every.conclude(session, |others| match others {
        1 => "do one more of the stated actions".to_owned(),
        _ => format!("do {others} more of the stated actions"),
    })
}

fn permitted(
    session: &Session<'_>,
    stated: &Use,
    allowance: &Allowance,
    place: usize,
    budget: &mut Budget,
) -> Permitted {
    if stated.is_of_one_action() {
        return weighed(session, stated, stated.action());
    }
    let actions = Pattern::like(&stated.action().to_ascii_lowercase());
    let known =
        ACTIONS.iter().map(|(name, _)| *name).filter(|name| actions.matches(&name.to_ascii_lowercase()));
    for name in known {
        match weighed(session, stated, name) {
            Permitted::Always => {}
            found @ (Permitted::Never(_) | Permitted::Undecided(_)) => return found,
        }
    }
    match allows_all_of(session, allowance.document(), place, budget) {
        true => Permitted::Always,
        false => {
            let reason = "whether every action like this is allowed is not known: AWS may have other actions than rolecall knows";
            Permitted::Undecided(vec![reason.to_owned()])
        }
    }
}

/// What becomes of one action on the resources of a use.
fn weighed(session: &Session<'_>, stated: &Use, action: &str) -> Permitted {
    if action.eq_ignore_ascii_case(UNRESTRICTED) {
        return Permitted::Always;
    }
    let never = stated.otherwise();
    let never = never.as_ref();
    if stated.resource() != "*" {
        return weighed_upon(session, action, stated.resource(), never);
    }
    let partition = session.partition().map_or_else(|| "*".to_owned(), ToString::to_string);
    let without_resource = || session.weigh(action, Resources::Exactly("*"), never);
    match known(action).map(|(_, target)| target.like(&partition)) {
        // It has no resource.
        Some(None) => return concluded(without_resource()),
        // It is never asked about without one of these.
        Some(Some(own)) => match weighed_upon(session, action, &own, never) {
            Permitted::Always => {}
            found @ (Permitted::Never(_) | Permitted::Undecided(_)) => return found,
        },
        // Nobody knows upon what it acts: if at all, then upon something.
        None => {
            let (none, some) = (without_resource(), session.weigh(action, Resources::Like("arn:*"), never));
            let is_refused = |weighed: &Weighed| weighed.allowed.is_none() && weighed.reasons.is_empty();
            match (none.refused.as_ref(), is_refused(&none) && is_refused(&some)) {
                (Some(refused), true) => return Permitted::Never(refused.clone()),
                (Some(refused), false) => return Permitted::Undecided(vec![words::elsewhere(refused)]),
                (None, _) => match concluded(none) {
                    Permitted::Always => {}
                    found @ (Permitted::Never(_) | Permitted::Undecided(_)) => return found,
                },
            }
        }
    }
    // Some act upon resources of other services, too, as `sts:AssumeRole` does upon roles of IAM. Of an action nobody knows them all.
    match weighed_upon(session, action, &format!("arn:{partition}:*:*:*:*"), never) {
        Permitted::Never(request) => Permitted::Undecided(vec![words::elsewhere(&request)]),
        found @ (Permitted::Always | Permitted::Undecided(_)) => found,
    }
}

fn weighed_upon(session: &Session<'_>, action: &str, resource: &str, never: Option<&Document>) -> Permitted {
    if !resource.contains(['*', '?']) {
        return concluded(session.weigh(action, Resources::Exactly(resource), never));
    }
    let weighed = session.weigh(action, Resources::Like(resource), never);
    match (&weighed.allowed, &weighed.refused) {
        // Some of the resources are refused: it counts whether such a one is ever allowed.
        (Some(_), Some(refused)) => {
            concluded(session.weigh(action, Resources::Exactly(&refused.resource), never))
        }
        (Some(_) | None, None) | (None, Some(_)) => concluded(weighed),
    }
}

fn concluded(weighed: Weighed) -> Permitted {
    let Weighed { allowed, refused, reasons } = weighed;
    let allowed = allowed.as_ref().map(|witness| &witness.request);
    Permitted::of(allowed, refused.map(|request| *request), reasons)
}

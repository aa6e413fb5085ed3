//! Whether a session can do everything that is stated besides invoking functions, whatever else its request has.
//!
//! An action that is written out is weighed on its resource. Of an action with wildcards nobody knows all that AWS has, so
//! the claim is proved for whatever matches it, and refuted by an action that AWS is known to have.

use super::actions::{ACTIONS, known};
use super::allowance::{Allowance, Use};
use super::answer::{Proof, Witness};
use super::session::Session;
use super::variable::Uncut;
use super::weigh::{Resources, Weighed};
use super::within::allows_all_of;
use super::words;
use crate::document::Document;
use crate::evaluate::{Request, UNRESTRICTED};
use crate::pattern::{Budget, Pattern};
use crate::truth::Truth;

/// Proves or refutes that each use is allowed.
pub(super) fn every_use(session: &Session<'_>, allowance: &Allowance, budget: &mut Budget) -> Proof {
    let mut refused: Option<(Request, usize)> = None;
    let mut reasons = Vec::new();
    for (place, stated) in allowance.uses().iter().enumerate() {
        if budget.is_spent() {
            reasons.push(words::not_cut(&Uncut::TooLarge, None));
            break;
        }
        match permitted(session, stated, allowance, place, budget) {
            Permitted::Always => {}
            Permitted::Never(request) => match &mut refused {
                Some((_, others)) => *others += 1,
                None => refused = Some((*request, 0)),
            },
            Permitted::Undecided(more) => {
                reasons.extend(more.into_iter().map(|reason| format!("{stated}: {reason}")));
            }
        }
    }
    if let Some((request, others)) = refused {
        let evaluation = session.evaluate(&request);
        if evaluation.allows == Truth::False {
            let mut sentence = words::session_cannot(&request, &evaluation, session.policies());
            match others {
                0 => {}
                1 => sentence.push_str("; it cannot do one more of the stated actions either"),
                _ => sentence.push_str(&format!("; it cannot do {others} more of the stated actions either")),
            }
            return Proof::Refuted(Box::new(Witness { request, sentence }));
        }
        reasons.extend(words::not_evaluated(&evaluation, session.policies(), None));
    }
    if reasons.is_empty() { Proof::Proved } else { Proof::unknown(reasons) }
}

/// What is known about one use.
enum Permitted {
    Always,
    Never(Box<Request>),
    Undecided(Vec<String>),
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
    let Weighed { allowed, refused, mut reasons } = weighed;
    match (allowed, refused) {
        (Some(_), None) if reasons.is_empty() => Permitted::Always,
        (None, Some(request)) if reasons.is_empty() => Permitted::Never(request),
        (Some(allowed), Some(refused)) => {
            reasons.insert(0, words::depends(&allowed.request, &refused));
            Permitted::Undecided(reasons)
        }
        (None, None) if reasons.is_empty() => {
            Permitted::Undecided(vec!["no request of this kind could be tried".to_owned()])
        }
        (Some(_) | None, None) | (None, Some(_)) => Permitted::Undecided(reasons),
    }
}

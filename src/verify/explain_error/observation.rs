//! What rolecall holds a known message against, so that its cause becomes certain, or only possible.

use super::known::{KnownMessage, Observation};
use super::text::Reported;
use super::{Cause, CauseDetail, CauseKind, Certainty, Facts, Remedy, held};
use crate::iam::context::Context;
use crate::iam::evaluate::{Decision, Request, evaluate_trust};
use crate::iam::principal::Principal;

/// What was seen: whether it shows the cause or contradicts it (`None`: neither), and the words for it.
struct Seen {
    shows: Option<bool>,
    evidence: String,
}

/// The cause that the catalogue names, as sure as the text and what was seen make it.
pub(super) fn cause_of(
    known: &'static KnownMessage,
    text: &str,
    reported: &Reported,
    facts: &Facts<'_>,
) -> Cause {
    let seen = known.observe.and_then(|observation| look(observation, text, reported, facts));
    let mut certainty = known.certainty;
    let mut evidence = Vec::new();
    if let Some(Seen { shows, evidence: words }) = seen {
        certainty = match shows {
            Some(true) => Certainty::Certain,
            Some(false) => Certainty::Possible,
            None => certainty,
        };
        evidence.push(words);
    }
    if !known.confirmed {
        evidence.push(
            "unverified: no source is known that shows these words; read the whole text before you act"
                .to_owned(),
        );
    }
    Cause {
        kind: CauseKind::KnownMessage,
        certainty,
        detail: CauseDetail::Known(known),
        evidence,
        remedy: Remedy::Known(known),
    }
}

fn look(observation: Observation, text: &str, reported: &Reported, facts: &Facts<'_>) -> Option<Seen> {
    match observation {
        Observation::Region => region(text, facts),
        Observation::TagSession => implied("sts:TagSession", reported, facts),
        Observation::SourceIdentity => implied("sts:SetSourceIdentity", reported, facts),
        Observation::SessionDuration => {
            let role = facts.survey.observed.role.as_ref()?;
            let seconds = role.max_session_duration;
            Some(Seen {
                shows: None,
                evidence: format!("the role's sessions last {seconds} seconds at most"),
            })
        }
        Observation::Mfa => {
            let held = held(facts.survey).ok()?;
            let conditions = held.trust.statements().iter().flat_map(|statement| &statement.conditions);
            let asks =
                { conditions }.any(|condition| condition.key.folded().starts_with("aws:multifactorauth"));
            let evidence = match asks {
                true => "the trust policy has a condition on multi-factor authentication",
                false => "the trust policy has no condition on multi-factor authentication now",
            };
            Some(Seen { shows: Some(asks), evidence: evidence.to_owned() })
        }
    }
}

/// The function's region is the one that the text names first.
fn region(text: &str, facts: &Facts<'_>) -> Option<Seen> {
    let (_, rest) = text.split_once("unctions from ")?;
    let region: String = { rest.chars() }
        .skip_while(|letter| !letter.is_ascii_alphanumeric())
        .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
        .collect();
    let targets = &facts.survey.desired.targets;
    let evidence = match targets.iter().any(|target| target.region.as_str() == region) {
        true => format!("the manifest has a target in `{region}`, so the ARN may be right"),
        false => {
            format!("no target of the manifest is in `{region}`, so the data action names another function")
        }
    };
    // Either way the text says what happened; the target says which side to correct.
    Some(Seen { shows: None, evidence })
}

/// Whether the trust policy allows an action that goes with AssumeRole, to the caller that the text names.
fn implied(action: &str, reported: &Reported, facts: &Facts<'_>) -> Option<Seen> {
    let caller: Principal = reported.principal.as_deref()?.parse().ok()?;
    let desired = &facts.survey.desired;
    let role = desired.role_arn().to_string();
    // The trust policy of another role is not known.
    if reported.resource.as_deref() != Some(role.as_str()) {
        return None;
    }
    let held = held(facts.survey).ok()?;
    let request = Request {
        principal: caller,
        action: action.to_owned(),
        resource: role,
        resource_account: Some(desired.home.account.clone()),
        context: Context::new(),
    };
    let (shows, words) = match evaluate_trust(&request, &held.trust).decision {
        Decision::Allowed => (Some(false), "allows it now"),
        Decision::ExplicitlyDenied | Decision::ImplicitlyDenied => (Some(true), "does not allow it"),
        Decision::Unknown => (None, "has a condition that rolecall cannot decide"),
    };
    Some(Seen { shows, evidence: format!("the trust policy {words}") })
}

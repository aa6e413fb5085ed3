//! The claim that each of several things is allowed, put together from what is known about each of them.

use super::answer::{Proof, Witness};
use super::session::Session;
use super::variable::Uncut;
use super::words;
use crate::evaluate::Request;
use crate::truth::Truth;

/// What is known about one of them.
pub(super) enum Permitted {
    Always,
    Never(Box<Request>),
    Undecided(Vec<String>),
}

impl Permitted {
    /// By a request that is allowed and one that is not.
    pub(super) fn of(allowed: Option<&Request>, refused: Option<Request>, mut reasons: Vec<String>) -> Self {
        match (allowed, refused) {
            (Some(_), None) if reasons.is_empty() => Self::Always,
            (None, Some(request)) if reasons.is_empty() => Self::Never(Box::new(request)),
            (Some(allowed), Some(refused)) => {
                reasons.insert(0, words::depends(allowed, &refused));
                Self::Undecided(reasons)
            }
            (None, None) if reasons.is_empty() => {
                Self::Undecided(vec!["no request of this kind could be tried".to_owned()])
            }
            (Some(_) | None, None) | (None, Some(_)) => Self::Undecided(reasons),
        }
    }
}

/// What is known about all of them so far.
#[derive(Default)]
pub(super) struct Every {
    /// The first that is refused, and how many more are.
    refused: Option<(Request, usize)>,
    reasons: Vec<String>,
}

impl Every {
    pub(super) fn note(&mut self, what: &str, found: Permitted) {
        match found {
            Permitted::Always => {}
            Permitted::Never(request) => match &mut self.refused {
                Some((_, others)) => *others += 1,
                None => self.refused = Some((*request, 0)),
            },
            Permitted::Undecided(more) => {
                self.reasons.extend(more.into_iter().map(|reason| format!("{what}: {reason}")));
            }
        }
    }

    /// The rest is not looked at.
    pub(super) fn give_up(&mut self) {
        self.reasons.push(words::not_cut(&Uncut::TooLarge, None));
    }

    /// `cannot` says what a session cannot do either, of so many more.
    pub(super) fn conclude(mut self, session: &Session<'_>, cannot: fn(usize) -> String) -> Proof {
        if let Some((request, others)) = self.refused {
            let evaluation = session.evaluate(&request);
            if evaluation.allows == Truth::False {
                let mut sentence = words::session_cannot(&request, &evaluation, session.policies());
                if others > 0 {
                    sentence.push_str(&format!("; it cannot {} either", cannot(others)));
                }
                return Proof::Refuted(Box::new(Witness { request, sentence }));
            }
            self.reasons.extend(words::not_evaluated(&evaluation, session.policies(), None));
        }
        if self.reasons.is_empty() { Proof::Proved } else { Proof::unknown(self.reasons) }
    }
}

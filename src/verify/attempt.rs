//! Which external IDs are tried at a role's door. Pure.

use crate::iam::arn::ExternalId;

/// How the external ID of an attempt stands to the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variation {
    Right,
    /// There is none.
    Missing,
    /// It is another one of the same length and characters.
    Wrong,
    /// It is the right one in other letters' case.
    OtherCase,
    /// It is only the beginning of the right one.
    Beginning,
    /// It is the external ID of a counterexample of the proof.
    Counterexample,
}

/// One try to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What is sent.
    pub external_id: Option<ExternalId>,
    /// How that stands to what must be sent.
    pub variation: Variation,
}

impl Attempt {
    /// Whether it sends the external ID that must be sent.
    pub fn is_right(&self) -> bool {
        match self.variation {
            Variation::Right => true,
            Variation::Missing
            | Variation::Wrong
            | Variation::OtherCase
            | Variation::Beginning
            | Variation::Counterexample => false,
        }
    }

    /// What is tried on any role: the right ID, none, a wrong one, and the right one in other letters' case.
    pub(super) fn usual(right: &ExternalId) -> Vec<Self> {
        let mut attempts = vec![
            Self { external_id: Some(right.clone()), variation: Variation::Right },
            Self { external_id: None, variation: Variation::Missing },
            Self { external_id: altered(right), variation: Variation::Wrong },
        ];
        if let Some(flipped) = case_flipped(right) {
            attempts.push(Self { external_id: Some(flipped), variation: Variation::OtherCase });
        }
        attempts
    }

    /// What is tried on a twin: also the right ID without its end, and the IDs of the proof's counterexamples.
    pub(super) fn thorough(right: &ExternalId, witnesses: &[ExternalId]) -> Vec<Self> {
        let mut attempts = Self::usual(right);
        let mut add = |external_id: ExternalId, variation: Variation| {
            let external_id = Some(external_id);
            if attempts.iter().all(|known| known.external_id != external_id) {
                attempts.push(Self { external_id, variation });
            }
        };
        if let Some(beginning) = beginning(right) {
            add(beginning, Variation::Beginning);
        }
        for witness in witnesses {
            add(witness.clone(), Variation::Counterexample);
        }
        attempts
    }
}

/// Another ID of the same length and characters: the last letter or digit is another one.
fn altered(right: &ExternalId) -> Option<ExternalId> {
    let mut characters: Vec<char> = right.as_str().chars().collect();
    match characters.iter_mut().rev().find(|character| character.is_ascii_alphanumeric()) {
        Some(last) => *last = if *last == '0' { '1' } else { '0' },
        None => characters.push('0'),
    }
    characters.into_iter().collect::<String>().parse().ok()
}

fn case_flipped(right: &ExternalId) -> Option<ExternalId> {
    let flip = |letter: char| match letter.is_ascii_lowercase() {
        true => letter.to_ascii_uppercase(),
        false => letter.to_ascii_lowercase(),
    };
    let flipped = right.as_str().chars().map(flip).collect::<String>().parse().ok();
    flipped.filter(|flipped| flipped != right)
}

fn beginning(right: &ExternalId) -> Option<ExternalId> {
    let mut characters = right.as_str().chars();
    characters.next_back()?;
    // STS takes no ID of a single character, and the type knows that.
    characters.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(attempts: &[Attempt]) -> Vec<Option<&str>> {
        attempts.iter().map(|attempt| attempt.external_id.as_ref().map(ExternalId::as_str)).collect()
    }

    #[test]
    fn every_attempt_but_the_first_sends_something_else() {
        let right: ExternalId = "5f6b-00".parse().unwrap();
        let witnesses = ["xx".parse().unwrap(), "5F6B-00".parse().unwrap()];
        let attempts = Attempt::thorough(&right, &witnesses);
        let expected = [Some("5f6b-00"), None, Some("5f6b-01"), Some("5F6B-00"), Some("5f6b-0"), Some("xx")];
        assert_eq!(sent(&attempts), expected);
        assert!(
            attempts.iter().all(|attempt| attempt.is_right() == (attempt.external_id == Some(right.clone())))
        );
    }

    #[test]
    fn what_cannot_be_altered_is_left_out() {
        assert_eq!(sent(&Attempt::thorough(&"12".parse().unwrap(), &[])), [Some("12"), None, Some("10")]);
        assert_eq!(
            sent(&Attempt::thorough(&"-_-".parse().unwrap(), &[])),
            [Some("-_-"), None, Some("-_-0"), Some("-_")]
        );
    }
}

//! Which external IDs are tried at a role's door. Pure.

use crate::iam::arn::ExternalId;

/// One try to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// What is sent.
    pub(super) external_id: Option<ExternalId>,
    /// The same in words, such as "without an external ID".
    pub(super) how: String,
    /// Whether it is the external ID that must be sent.
    pub(super) is_right: bool,
}

impl Attempt {
    /// What is tried on any role: the right ID, none, a wrong one, and the right one in other letters' case.
    pub(super) fn usual(right: &ExternalId) -> Vec<Self> {
        let wrong = |how: &str, external_id| Self { external_id, how: how.to_owned(), is_right: false };
        let how = "with the right external ID".to_owned();
        let mut attempts = vec![
            Self { external_id: Some(right.clone()), how, is_right: true },
            wrong("without an external ID", None),
            wrong("with a wrong external ID", altered(right)),
        ];
        if let Some(flipped) = case_flipped(right) {
            attempts.push(wrong("with the right external ID in other case", Some(flipped)));
        }
        attempts
    }

    /// What is tried on a twin: also the right ID without its end, and the IDs of the proof's counterexamples.
    pub(super) fn thorough(right: &ExternalId, witnesses: &[ExternalId]) -> Vec<Self> {
        let mut attempts = Self::usual(right);
        let mut add = |external_id: ExternalId, how: String| {
            let external_id = Some(external_id);
            if attempts.iter().all(|known| known.external_id != external_id) {
                attempts.push(Self { external_id, how, is_right: false });
            }
        };
        if let Some(beginning) = beginning(right) {
            add(beginning, "with only the beginning of the external ID".to_owned());
        }
        for witness in witnesses {
            add(witness.clone(), format!("with `{witness}`, the external ID of the proof's counterexample"));
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
            attempts.iter().all(|attempt| attempt.is_right == (attempt.external_id == Some(right.clone())))
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

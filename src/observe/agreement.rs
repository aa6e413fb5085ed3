//! What several calls say of one role must be true together. IAM answers from replicas: right after a change, one answer may
//! know of what another one does not. To take "no such role" in a list for "nothing is on the role" would hide what is.
//!
//! Invariant: what passes here names every policy that the answers know of. Deliberately absent: whether all answers are old
//! together, which IAM tells nobody.

use std::convert::Infallible;
use std::time::Duration;

use crate::iam::arn::{PolicyArn, RoleName};
use crate::ports::{AwsError, AwsErrorKind, RoleRecord, WriteOutcome};
use rolecall_model::patience::{Attempt, Interrupt, Pace, Patience};
use rolecall_model::stored::StoredDocument;

use super::aws::{InlinePolicy, Part, Unread};

/// How long to ask again. IAM's own guide speaks of seconds.
const LONGEST: Duration = Duration::from_secs(10);
/// The pauses between.
const PACE: Pace = Pace::doubling(250, 2_000);

/// One of IAM's answers about a role.
pub(crate) enum Answer<T> {
    Present(T),
    /// "No such entity".
    Absent,
    /// There was none.
    Unread,
}

impl<T> Answer<T> {
    /// What a read gave: `None` where it failed.
    pub(crate) fn of(read: Option<Option<T>>) -> Self {
        match read {
            Some(Some(value)) => Self::Present(value),
            Some(None) => Self::Absent,
            None => Self::Unread,
        }
    }

    pub(crate) fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unread => None,
        }
    }

    /// The same where there is no value.
    pub(crate) fn without_value<U>(self) -> Answer<U> {
        match self {
            Self::Present(_) | Self::Unread => Answer::Unread,
            Self::Absent => Answer::Absent,
        }
    }
}

/// What IAM answered about one role.
pub(crate) struct Answers {
    /// `iam:GetRole`.
    pub role: Answer<RoleRecord>,
    /// `iam:ListAttachedRolePolicies`.
    pub attached: Answer<Vec<PolicyArn>>,
    /// `iam:ListRolePolicies`, with what `iam:GetRolePolicy` answered for each name.
    pub inline: Answer<Vec<(String, Option<StoredDocument>)>>,
}

/// What is on a role, by answers that agree.
#[derive(Default)]
pub(crate) struct Held {
    pub role: Option<RoleRecord>,
    /// Its managed policies.
    pub attached: Vec<PolicyArn>,
    pub inline: Vec<InlinePolicy>,
}

impl Answers {
    /// The answers as one, and what contradicts what: then what is believed is not all.
    pub(crate) fn agreed(self, name: &RoleName) -> (Held, Option<Unread>) {
        let Self { role, attached, inline } = self;
        let lists = |operation, list| {
            let what = format!("role `{name}` does not exist, but {operation} lists what is {list}");
            Some(contradiction(Part::Role, "iam:GetRole", &what))
        };
        let unknown = |operation| {
            let what = format!("role `{name}` does not exist, but iam:GetRole shows it");
            contradiction(Part::Permissions, operation, &what)
        };
        let role = match (role, &attached, &inline) {
            (Answer::Present(role), _, _) => Some(role),
            (Answer::Unread, _, _) => None,
            (Answer::Absent, Answer::Present(_), _) => {
                return (Held::default(), lists("iam:ListAttachedRolePolicies", "on it"));
            }
            (Answer::Absent, _, Answer::Present(_)) => {
                return (Held::default(), lists("iam:ListRolePolicies", "in it"));
            }
            (Answer::Absent, Answer::Absent | Answer::Unread, Answer::Absent | Answer::Unread) => {
                return (Held::default(), None);
            }
        };
        let is_there = role.is_some();
        let mut contradicted = None;
        let attached = match attached {
            Answer::Present(attached) => attached,
            Answer::Absent if is_there => {
                contradicted = Some(unknown("iam:ListAttachedRolePolicies"));
                Vec::new()
            }
            Answer::Absent | Answer::Unread => Vec::new(),
        };
        let listed = match inline {
            Answer::Present(inline) => inline,
            Answer::Absent if is_there => {
                contradicted = contradicted.or_else(|| Some(unknown("iam:ListRolePolicies")));
                Vec::new()
            }
            Answer::Absent | Answer::Unread => Vec::new(),
        };
        let mut inline = Vec::new();
        for (policy, document) in listed {
            match document {
                Some(document) => inline.push(InlinePolicy { name: policy, document }),
                None => {
                    let what =
                        format!("inline policy `{policy}` does not exist, but iam:ListRolePolicies lists it");
                    let gone = || contradiction(Part::Permissions, "iam:GetRolePolicy", &what);
                    contradicted = contradicted.or_else(|| Some(gone()));
                }
            }
        }
        (Held { role, attached, inline }, contradicted)
    }
}

/// Looks until the answers agree; ends with what is believed all the same.
pub(crate) async fn until_agreed<T>(mut look: impl AsyncFnMut() -> Result<T, T>) -> T {
    let patience = Patience { deadline: LONGEST, interrupt: Interrupt::never(), told: &|_, _| {} };
    let attempt = async || {
        Ok::<_, Infallible>(match look().await {
            Ok(agreed) => Attempt::Done(agreed),
            Err(believed) => Attempt::NotYet("IAM's answers to agree", believed),
        })
    };
    match patience.until(PACE, attempt).await {
        Ok(looked) => looked.unwrap_or_else(|stopped| stopped.last()),
        Err(never) => match never {},
    }
}

fn contradiction(part: Part, operation: &'static str, what: &str) -> Unread {
    let error = AwsError {
        operation,
        // The service's, not the caller's: what helps is to ask again later.
        kind: AwsErrorKind::ServiceFailure,
        code: None,
        message: format!("IAM's answers contradict each other: {what}"),
        request_id: None,
        outcome: WriteOutcome::Refused,
    };
    Unread { part, error }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn role() -> RoleRecord {
        RoleRecord {
            identity: "arn:aws:iam::123456789012:role/R"
                .parse()
                .map(crate::ports::RoleIdentity::Arn)
                .unwrap(),
            path: "/".to_owned(),
            description: String::new(),
            max_session_duration: 3_600,
            permissions_boundary: None,
            tags: Default::default(),
            trust: StoredDocument::new("{}"),
        }
    }

    fn said(answers: Answers) -> String {
        let (Held { role, attached, inline }, contradiction) = answers.agreed(&"R".parse().unwrap());
        match contradiction {
            None => format!("role {}, {} attached, {} inline", role.is_some(), attached.len(), inline.len()),
            Some(Unread { error, .. }) => error.to_string(),
        }
    }

    #[test]
    fn no_answer_hides_what_another_one_shows() {
        let document = || Some(StoredDocument::new("{}"));
        let whole = Answers {
            role: Answer::Present(role()),
            attached: Answer::Present(vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap()]),
            inline: Answer::Present(vec![("a".to_owned(), document())]),
        };
        let rows = [
            whole,
            Answers { role: Answer::Absent, attached: Answer::Absent, inline: Answer::Absent },
            Answers { role: Answer::Absent, attached: Answer::Present(Vec::new()), inline: Answer::Absent },
            Answers { role: Answer::Absent, attached: Answer::Absent, inline: Answer::Present(Vec::new()) },
            Answers {
                role: Answer::Present(role()),
                attached: Answer::Absent,
                inline: Answer::Present(Vec::new()),
            },
            Answers {
                role: Answer::Present(role()),
                attached: Answer::Present(Vec::new()),
                inline: Answer::Absent,
            },
            Answers {
                role: Answer::Present(role()),
                attached: Answer::Present(Vec::new()),
                inline: Answer::Present(vec![("a".to_owned(), document()), ("b".to_owned(), None)]),
            },
        ];
        insta::assert_snapshot!(rows.map(said).join("\n"), @"
        role true, 1 attached, 1 inline
        role false, 0 attached, 0 inline
        iam:GetRole failed: IAM's answers contradict each other: role `R` does not exist, but iam:ListAttachedRolePolicies lists what is on it
        iam:GetRole failed: IAM's answers contradict each other: role `R` does not exist, but iam:ListRolePolicies lists what is in it
        iam:ListAttachedRolePolicies failed: IAM's answers contradict each other: role `R` does not exist, but iam:GetRole shows it
        iam:ListRolePolicies failed: IAM's answers contradict each other: role `R` does not exist, but iam:GetRole shows it
        iam:GetRolePolicy failed: IAM's answers contradict each other: inline policy `b` does not exist, but iam:ListRolePolicies lists it
        ");
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_looked_again_until_the_answers_agree_and_not_for_ever() {
        let looks = Cell::new(0);
        let look = async |agrees_at: u32| {
            looks.set(looks.get() + 1);
            if looks.get() == agrees_at { Ok(Some(looks.get())) } else { Err(None) }
        };
        assert_eq!(until_agreed(async || look(3).await).await, Some(3));
        assert_eq!(until_agreed(async || look(0).await).await, None);
        assert!(looks.get() > 5);
    }
}

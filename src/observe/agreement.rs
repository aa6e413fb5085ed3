//! What several calls say of one role must be true together. IAM answers from replicas: right after a change, one answer may
//! know of what another one does not. To take "no such role" in a list for "nothing is on the role" would hide what is.
//!
//! Invariant: what passes here names every policy that the answers know of. Deliberately absent: whether all answers are old
//! together, which IAM tells nobody.

use std::time::Duration;

use crate::iam::arn::{PolicyArn, RoleName};
use crate::ports::{AwsError, AwsErrorKind, AwsResult, RoleRecord, WriteOutcome};
use rolecall_model::patience::{Attempt, Interrupt, Pace, Patience};
use rolecall_model::stored::StoredDocument;

use super::aws::InlinePolicy;

/// How long to ask again. IAM's own guide speaks of seconds.
const LONGEST: Duration = Duration::from_secs(10);
/// The pauses between.
const PACE: Pace = Pace::doubling(250, 2_000);

/// What IAM answered about one role; `None` stands for "no such entity".
pub(crate) struct Answers {
    /// `iam:GetRole`.
    pub role: Option<RoleRecord>,
    /// `iam:ListAttachedRolePolicies`.
    pub attached: Option<Vec<PolicyArn>>,
    /// `iam:ListRolePolicies`, with what `iam:GetRolePolicy` answered for each name.
    pub inline: Option<Vec<(String, Option<StoredDocument>)>>,
}

/// What is on a role, by answers that agree.
pub(crate) struct Held {
    /// The role.
    pub role: Option<RoleRecord>,
    /// Its managed policies.
    pub attached: Vec<PolicyArn>,
    /// Its inline policies.
    pub inline: Vec<InlinePolicy>,
}

impl Answers {
    /// The answers as one, or what contradicts what.
    pub(crate) fn agreed(self, name: &RoleName) -> Result<Held, AwsError> {
        let Self { role, attached, inline } = self;
        match role {
            None if attached.is_some() => Err(contradiction(
                "iam:GetRole",
                &format!(
                    "role `{name}` does not exist, but iam:ListAttachedRolePolicies lists what is on it"
                ),
            )),
            None if inline.is_some() => Err(contradiction(
                "iam:GetRole",
                &format!("role `{name}` does not exist, but iam:ListRolePolicies lists what is in it"),
            )),
            None => Ok(Held { role: None, attached: Vec::new(), inline: Vec::new() }),
            Some(role) => {
                let unknown = |operation| {
                    contradiction(
                        operation,
                        &format!("role `{name}` does not exist, but iam:GetRole shows it"),
                    )
                };
                let attached = attached.ok_or_else(|| unknown("iam:ListAttachedRolePolicies"))?;
                let inline = inline.ok_or_else(|| unknown("iam:ListRolePolicies"))?;
                let inline = inline.into_iter().map(|(policy, document)| match document {
                    Some(document) => Ok(InlinePolicy { name: policy, document }),
                    None => Err(contradiction(
                        "iam:GetRolePolicy",
                        &format!(
                            "inline policy `{policy}` does not exist, but iam:ListRolePolicies lists it"
                        ),
                    )),
                });
                Ok(Held { role: Some(role), attached, inline: inline.collect::<Result<_, _>>()? })
            }
        }
    }
}

/// Looks until the answers agree; ends with what contradicts what.
pub(crate) async fn until_agreed<T>(
    mut look: impl AsyncFnMut() -> AwsResult<Result<T, AwsError>>,
) -> AwsResult<T> {
    let patience = Patience { deadline: LONGEST, interrupt: Interrupt::never(), told: &|_, _| {} };
    let attempt = async || {
        Ok(match look().await? {
            Ok(agreed) => Attempt::Done(agreed),
            Err(contradiction) => Attempt::NotYet("IAM's answers to agree", contradiction),
        })
    };
    patience.until(PACE, attempt).await?.map_err(|stopped| stopped.last())
}

fn contradiction(operation: &'static str, what: &str) -> AwsError {
    AwsError {
        operation,
        // The service's, not the caller's: what helps is to ask again later.
        kind: AwsErrorKind::ServiceFailure,
        code: None,
        message: format!("IAM's answers contradict each other: {what}"),
        request_id: None,
        outcome: WriteOutcome::Refused,
    }
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
        match answers.agreed(&"R".parse().unwrap()) {
            Ok(Held { role, attached, inline }) => {
                format!("role {}, {} attached, {} inline", role.is_some(), attached.len(), inline.len())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn no_answer_hides_what_another_one_shows() {
        let document = || Some(StoredDocument::new("{}"));
        let whole = Answers {
            role: Some(role()),
            attached: Some(vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap()]),
            inline: Some(vec![("a".to_owned(), document())]),
        };
        let rows = [
            whole,
            Answers { role: None, attached: None, inline: None },
            Answers { role: None, attached: Some(Vec::new()), inline: None },
            Answers { role: None, attached: None, inline: Some(Vec::new()) },
            Answers { role: Some(role()), attached: None, inline: Some(Vec::new()) },
            Answers { role: Some(role()), attached: Some(Vec::new()), inline: None },
            Answers {
                role: Some(role()),
                attached: Some(Vec::new()),
                inline: Some(vec![("a".to_owned(), document()), ("b".to_owned(), None)]),
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
            let contradiction = contradiction("iam:GetRole", "this and that");
            Ok(if looks.get() == agrees_at { Ok(looks.get()) } else { Err(contradiction) })
        };
        assert_eq!(until_agreed(async || look(3).await).await.unwrap(), 3);
        let error = until_agreed(async || look(0).await).await.unwrap_err();
        assert_eq!(error.kind, AwsErrorKind::ServiceFailure);
        assert!(looks.get() > 5);
    }
}

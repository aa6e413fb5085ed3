//! What CloudFormation is told (User Guide, "Custom resource response objects"), and that it gets there.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::request::{Addressed, Request};
use super::response_url::CheckedUrl;
use crate::log;

/// "The total size of the response body can't exceed 4096 bytes."
const LARGEST: usize = 4096;

/// How long one attempt to answer may take.
const ATTEMPT: Duration = Duration::from_secs(5);

/// What is left of the function's time when it gives up, to say so to Lambda; half of the time where there is no more.
const AT_THE_END: Duration = Duration::from_secs(1);

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What was done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    /// What CloudFormation calls the resource. Another one than before makes it delete the one before.
    pub(super) physical_id: String,
    /// What `Fn::GetAtt` gives.
    pub(super) attributes: BTreeMap<&'static str, String>,
    /// What to know beside it.
    pub(super) note: Option<String>,
    /// Whether the resource is made of a secret: then nothing of it is shown by CloudFormation.
    pub(super) is_secret: bool,
}

/// What was not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failed {
    /// Why.
    pub(super) reason: String,
    /// The ID of what a `Create` made all the same: CloudFormation deletes it, when the stack is rolled back.
    pub(super) made: Option<String>,
}

impl From<String> for Failed {
    /// Nothing was made, or nothing that the answer has to name.
    fn from(reason: String) -> Self {
        Self { reason, made: None }
    }
}

impl Done {
    /// The resource stays what it is called, and there is nothing to tell of it.
    pub(super) fn nothing(request: &Request) -> Self {
        Self { physical_id: physical_id(request), ..Self::default() }
    }
}

/// The ID that the resource has, or one that says that nothing was made.
fn physical_id(request: &Request) -> String {
    request.physical_resource_id.clone().unwrap_or_else(|| not_made(&request.logical_resource_id))
}

fn not_made(logical_id: &str) -> String {
    format!("not-made/{logical_id}")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Status {
    #[serde(rename = "SUCCESS")]
    Success,
    #[serde(rename = "FAILED")]
    Failed,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
        }
    }
}

/// The answer to a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    pub(super) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    physical_resource_id: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    data: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_echo: bool,
}

impl Answer {
    pub(super) fn new(request: &Request, done: Result<Done, Failed>) -> Self {
        let answer = |status, reason, physical_resource_id, data, no_echo| Self {
            status,
            reason,
            physical_resource_id,
            stack_id: request.stack_id.clone(),
            request_id: request.request_id.clone(),
            logical_resource_id: request.logical_resource_id.clone(),
            data,
            no_echo,
        };
        let answer = match done {
            Ok(Done { physical_id, attributes, note, is_secret }) => {
                answer(Status::Success, note, physical_id, attributes, is_secret)
            }
            // The ID of what there was must not change with a failure: CloudFormation would delete what it names.
            Err(Failed { reason, made }) => {
                let physical_id = made.unwrap_or_else(|| physical_id(request));
                answer(Status::Failed, Some(reason), physical_id, BTreeMap::new(), false)
            }
        };
        answer.fitting()
    }

    /// The answer to a request that cannot be read: a failure, with as much of its address as there is.
    pub(super) fn unread(addressed: &Addressed, reason: String) -> Self {
        let Addressed { stack_id, request_id, logical_resource_id, physical_resource_id, .. } = addressed;
        let physical_resource_id = match physical_resource_id.as_str() {
            "" => not_made(logical_resource_id),
            id => id.to_owned(),
        };
        let answer = Self {
            status: Status::Failed,
            reason: Some(reason),
            physical_resource_id,
            stack_id: stack_id.clone(),
            request_id: request_id.clone(),
            logical_resource_id: logical_resource_id.clone(),
            data: BTreeMap::new(),
            no_echo: false,
        };
        answer.fitting()
    }

    /// The answer with its reason cut to what CloudFormation takes.
    fn fitting(mut self) -> Self {
        const CUT: &str = " … (the function's log has all of it)";
        if self.body().len() <= LARGEST {
            return self;
        }
        let whole = self.reason.replace(CUT.to_owned()).unwrap_or_default();
        let mut room = LARGEST.saturating_sub(self.body().len());
        let fits = |character: &char| {
            // What JSON escapes is longer there than here.
            let length = Value::from(character.to_string()).to_string().len() - 2;
            let fits = length <= room;
            room = room.saturating_sub(length);
            fits
        };
        let kept: String = whole.chars().take_while(fits).collect();
        self.reason = Some(kept + CUT);
        self
    }

    fn body(&self) -> String {
        // Plain values with string keys, which serde_json cannot fail on.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Sends the answer, again and again until it arrives, is refused for good, or the function's time is up.
    pub(super) async fn send(
        &self,
        http: &reqwest::Client,
        url: &CheckedUrl,
        deadline: Instant,
    ) -> anyhow::Result<()> {
        let start = Instant::now();
        let for_all = deadline.saturating_duration_since(start);
        let until = start + for_all.saturating_sub(AT_THE_END).max(for_all / 2);
        let left = || until.saturating_duration_since(Instant::now());
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            // The URL is signed for no content type, so none is sent.
            let call = http.put(url.expose()).body(self.body()).timeout(ATTEMPT.min(left()));
            let problem = match call.send().await {
                Ok(response) if response.status().is_success() => return Ok(()),
                // A signed URL that is refused once is refused for ever: it has expired, or is not for this answer.
                Ok(response) if response.status() == reqwest::StatusCode::FORBIDDEN => {
                    anyhow::bail!(
                        "CloudFormation's URL does not take the answer (HTTP status 403: it has expired, or was changed); \
                         tried {attempt} times"
                    );
                }
                Ok(response) => format!("HTTP status {}", response.status().as_u16()),
                // The error's text names the URL otherwise.
                Err(error) => chain(&error.without_url()),
            };
            log::answer_again(attempt, &problem);
            if left() < FIRST_PAUSE {
                anyhow::bail!("the answer did not reach CloudFormation after {attempt} attempts: {problem}");
            }
            // The last pause leaves time for one attempt more.
            sleep(pause.min(left() / 2)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            attempt += 1;
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(change: &str, physical: Option<&str>) -> Request {
        let mut event = json!({
            "RequestType": change, "ResponseURL": "https://bucket.example/?signature=abc", "StackId": "stack",
            "RequestId": "request", "ResourceType": "Custom::GenesysTrustProof", "LogicalResourceId": "Proof",
        });
        if let Some(physical) = physical {
            event["PhysicalResourceId"] = json!(physical);
        }
        serde_json::from_value(event).unwrap()
    }

    fn failed(reason: &str) -> Result<Done, Failed> {
        Err(Failed { reason: reason.to_owned(), made: None })
    }

    #[test]
    fn a_failure_keeps_the_id() {
        let answer = Answer::new(&request("Update", Some("it")), failed("no"));
        assert_eq!((answer.status, answer.physical_resource_id.as_str()), (Status::Failed, "it"));
        let answer = Answer::new(&request("Create", None), failed("no"));
        assert_eq!(answer.physical_resource_id, "not-made/Proof");
        let made = Err(Failed { reason: "half".to_owned(), made: Some("it".to_owned()) });
        assert_eq!(Answer::new(&request("Create", None), made).physical_resource_id, "it");
    }

    #[test]
    fn what_is_made_of_a_secret_is_not_echoed() {
        let done = |is_secret| Ok(Done { is_secret, ..Done::default() });
        let body = |is_secret| Answer::new(&request("Create", None), done(is_secret)).body();
        assert!(body(true).contains("\"NoEcho\":true") && !body(false).contains("NoEcho"));
    }

    #[test]
    fn an_answer_is_never_too_large() {
        for reason in ["x".repeat(10_000), "\"\\\n".repeat(3_000), "ü€𝄞".repeat(2_000)] {
            let answer = Answer::new(&request("Create", None), failed(&reason));
            let body = answer.body();
            assert!(body.len() <= LARGEST, "{}", body.len());
            assert!(body.len() > LARGEST - 8, "{}", body.len());
            assert!(answer.reason.unwrap().ends_with("has all of it)"));
        }
        let short = Answer::new(&request("Create", None), failed("short"));
        assert_eq!(short.reason.as_deref(), Some("short"));
    }

    #[test]
    fn the_url_does_not_print() {
        let event = json!({"ResponseURL": "https://bucket.example/?signature=abc", "LogicalResourceId": 7});
        let addressed = Addressed::read(&event).unwrap();
        assert!(!format!("{addressed:?}").contains("signature"));
        // What is no text is missing.
        assert_eq!(addressed.logical_resource_id, "");
    }
}

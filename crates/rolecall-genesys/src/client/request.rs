//! A call on its way: what is filled into its path, its query and its body.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rolecall_model::activity;
use rolecall_model::limit::{self, Over};
use rolecall_model::ports::genesys::{GenesysError, GenesysErrorKind, GenesysResult};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Client;
use super::answer::{Answer, Unreadable};
use crate::error::Failure;
use crate::operation::Operation;

/// What stays as it is in a segment of a path (RFC 3986, unreserved characters).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A call, to be filled in and sent.
#[derive(Clone)]
pub struct Request<'c> {
    pub(super) client: &'c Client,
    pub(super) operation: &'static Operation,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    pub(super) secrets: Vec<SecretString>,
}

impl fmt::Debug for Request<'_> {
    /// Without the body, which may hold somebody's secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation.name)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The end of the command came first.
fn too_late(operation: &Operation, over: Over) -> GenesysError {
    let failure = Failure::new(operation, GenesysErrorKind::TimedOut, over.to_string());
    match over {
        Over::Begun(_) => failure.unless_carried_out(operation).error,
        Over::NotBegun(_) => failure.error,
    }
}

impl<'c> Request<'c> {
    pub(super) fn new(client: &'c Client, operation: &'static Operation) -> Self {
        Self {
            client,
            operation,
            path: operation.path.to_owned(),
            query: Vec::new(),
            body: None,
            secrets: Vec::new(),
        }
    }

    /// The permissions of which the call needs one.
    pub fn permissions(&self) -> &'static [&'static str] {
        self.operation.permissions
    }

    /// Fills the first `{…}` of the path that is still open.
    pub fn at(mut self, segment: &str) -> Self {
        if let (Some(start), Some(end)) = (self.path.find('{'), self.path.find('}')) {
            let segment = utf8_percent_encode(segment, SEGMENT).to_string();
            self.path.replace_range(start..=end, &segment);
        }
        self
    }

    /// Adds a parameter.
    pub fn query(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.query.retain(|(known, _)| *known != name);
        self.query.push((name, value.to_string()));
        self
    }

    /// Sends this as JSON.
    pub fn body(mut self, body: &impl Serialize) -> Self {
        // Bodies are plain structures with string keys, which serde_json cannot fail on.
        self.body = serde_json::to_value(body).ok();
        self
    }

    /// These stand in the body, and no message may quote them: whoever refuses a request may repeat it.
    pub fn hiding(mut self, secrets: Vec<SecretString>) -> Self {
        self.secrets = secrets;
        self
    }

    /// Sends it; the answer is JSON of that shape.
    pub async fn json<T: DeserializeOwned>(&self) -> GenesysResult<T> {
        self.send(Answer::json).await
    }

    /// Sends it; the answer is text.
    pub async fn text(&self) -> GenesysResult<String> {
        self.send(Answer::text).await
    }

    /// Sends it; the answer is the one by which the API says that it was carried out.
    pub async fn done(&self) -> GenesysResult<()> {
        self.send(|answer| answer.confirmation(self.operation.success)).await
    }

    /// Sends it, as often as it takes; an answer that cannot be read counts as a failed attempt.
    async fn send<T>(&self, read: impl Fn(&Answer) -> Result<T, Unreadable>) -> GenesysResult<T> {
        let read = &read;
        let sent = limit::within(Box::pin(self.client.persist(|| self.client.attempt(self, read))));
        let answer = activity::calling(self.operation.name, sent).await;
        answer.unwrap_or_else(|over| Err(too_late(self.operation, over)))
    }
}

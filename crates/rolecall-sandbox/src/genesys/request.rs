//! A call that has been authenticated, taken apart.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::state::Genesys;
use crate::wire::Incoming;

/// What an operation gets to know.
pub(super) struct Request<'a> {
    /// The variable parts of the path.
    parameters: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) path: &'a str,
    body: Option<Value>,
    pub(super) client_id: &'a str,
    pub(super) token: &'a str,
    pub(super) context_id: &'a str,
    pub(super) now: Timestamp,
    /// The organization as reads see it; older than the present while it lags.
    pub(super) seen: &'a Genesys,
    /// So much longer an integration takes to follow its intended state.
    pub(super) activation_ms: u64,
    /// Whether the lists of credentials show none.
    pub(super) hides_credentials: bool,
}

impl<'a> Request<'a> {
    pub(super) fn new(
        incoming: &'a Incoming,
        parameters: Vec<String>,
        client_id: &'a str,
        now: Timestamp,
        seen: &'a Genesys,
    ) -> Result<Self, Refusal> {
        let body = match incoming.body.is_empty() {
            true => None,
            false
                if !incoming
                    .header("content-type")
                    .is_some_and(|kind| kind.starts_with("application/json")) =>
            {
                return Err(Refusal::unsupported_media_type());
            }
            false => Some(serde_json::from_slice(&incoming.body).map_err(|_| {
                Refusal::bad_request(
                    "The request could not be understood by the server due to malformed syntax.",
                )
            })?),
        };
        Ok(Self {
            parameters,
            query: incoming.parameters(),
            path: &incoming.path,
            body,
            client_id,
            token: "",
            context_id: "",
            now,
            seen,
            activation_ms: 0,
            hides_credentials: false,
        })
    }

    /// The first variable part of the path.
    pub(super) fn id(&self) -> &str {
        self.parameters.first().map_or("", String::as_str)
    }

    /// The second one.
    pub(super) fn file(&self) -> &str {
        self.parameters.get(1).map_or("", String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A number within limits, if it is there.
    pub(super) fn number(
        &self,
        name: &str,
        limits: std::ops::RangeInclusive<usize>,
    ) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| limits.contains(number));
        let range = || format!("{} to {}", limits.start(), limits.end());
        let refusal = || {
            Refusal::invalid_value(format!(
                "Value [{text}] is not valid for [{name}]. Allowable values are: {}",
                range()
            ))
        };
        number.map(Some).ok_or_else(refusal)
    }

    /// A switch.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The body as a JSON object.
    pub(super) fn object(&self) -> Result<&Value, Refusal> {
        self.body
            .as_ref()
            .filter(|body| body.is_object())
            .ok_or_else(|| Refusal::bad_request("The request has no body."))
    }

    /// The body in a shape.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let body = self.object()?;
        T::deserialize(body)
            .map_err(|error| Refusal::bad_request(format!("The request body is not valid: {error}")))
    }

    /// RFC 3339, to the millisecond.
    pub(super) fn time(&self) -> String {
        time(self.now)
    }
}

/// A moment as the API writes it.
pub(super) fn time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A reference to an entity.
pub(super) fn reference(id: &str, uri: &str) -> Value {
    json!({"id": id, "selfUri": format!("{uri}/{id}")})
}

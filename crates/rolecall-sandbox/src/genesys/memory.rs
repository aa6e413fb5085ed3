//! What ends with the process: tokens and their request counts, running audit queries, and the conversations so far.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::query::Query;
use super::refusal::Refusal;
use super::state::OAuthClient;
use crate::faults::GenesysFaults;
use crate::ids;
use crate::wire::{Incoming, Reply};

/// Requests of one client-credentials token in a minute.
pub(super) const RATE_ALLOWED: u32 = 300;
const RATE_WINDOW_SECONDS: u64 = 60;
/// Conversations that are kept.
const EXCHANGES: usize = 10_000;

/// Everything that is not state.
#[derive(Default)]
pub(crate) struct Memory {
    tokens: HashMap<String, Token>,
    /// Audit queries by transaction ID.
    pub(super) queries: HashMap<String, Query>,
    /// What was said, oldest first.
    pub(crate) exchanges: VecDeque<Exchange>,
}

/// A request and its answer, for tests that hold them against the API's description. Secrets are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// The query string as it was sent.
    pub query: String,
    /// The media type of the request's body.
    pub content_type: Option<String>,
    /// The body of the request.
    pub body: String,
    /// The status of the answer.
    pub status: u16,
    /// The media type of the answer.
    pub answer_type: Option<String>,
    /// The body of the answer.
    pub answer: String,
}

struct Token {
    client: String,
    ends: Instant,
    window: Instant,
    count: u32,
}

/// How much of its allowance a token has used up.
pub(super) struct Rate {
    count: u32,
    allowed: u32,
    reset: u64,
}

impl Memory {
    /// Answers a request for a token.
    pub(super) fn issue(
        &mut self,
        request: &Incoming,
        clients: &BTreeMap<String, OAuthClient>,
        lives: Option<u32>,
    ) -> Reply {
        let basic = request.header("authorization").and_then(|it| it.split_once(' '));
        let basic = basic
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, credentials)| String::from_utf8(BASE64_STANDARD.decode(credentials).ok()?).ok());
        let (id, secret) = basic.as_deref().and_then(|it| it.split_once(':')).unwrap_or_default();
        if request.parameters().get("grant_type").map(String::as_str) != Some("client_credentials") {
            return oauth_error(400, "unsupported_grant_type", "only client_credentials");
        }
        // Which status goes with which mistake is not documented; both occur.
        let Some(client) = clients.get(id) else {
            return oauth_error(400, "invalid_client", "client not found");
        };
        if client.secret != secret {
            return invalid_client();
        }
        let token = ids::random(48);
        let seconds = lives.unwrap_or(client.token_seconds);
        let now = Instant::now();
        let ends = now + Duration::from_secs(u64::from(seconds));
        self.tokens.insert(token.clone(), Token { client: id.to_owned(), ends, window: now, count: 0 });
        Reply::json(200, &json!({"access_token": token, "token_type": "bearer", "expires_in": seconds}))
    }

    /// Ends a token.
    pub(super) fn revoke(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    /// The client that a token belongs to, if it is still good; the request is counted.
    pub(super) fn authenticate(&mut self, token: &str, limits: &GenesysFaults) -> Option<(String, Rate)> {
        let token = self.tokens.get_mut(token).filter(|token| token.ends > Instant::now())?;
        let length = Duration::from_secs(limits.rate_window_s.unwrap_or(RATE_WINDOW_SECONDS));
        if token.window.elapsed() >= length {
            token.window = Instant::now();
            token.count = 0;
        }
        token.count += 1;
        let remaining = length.saturating_sub(token.window.elapsed());
        let allowed = limits.rate_allowed.unwrap_or(RATE_ALLOWED);
        Some((token.client.clone(), Rate { count: token.count, allowed, reset: remaining.as_secs() + 1 }))
    }

    pub(super) fn remember(&mut self, request: &Incoming, reply: &Reply) {
        let kind =
            reply.headers.iter().find(|(name, _)| *name == "content-type").map(|(_, kind)| kind.clone());
        self.exchanges.push_back(Exchange {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            content_type: request.header("content-type").map(str::to_owned),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            status: reply.status,
            answer_type: kind,
            answer: String::from_utf8_lossy(&reply.body).into_owned(),
        });
        if self.exchanges.len() > EXCHANGES {
            self.exchanges.pop_front();
        }
    }
}

impl Rate {
    pub(super) fn refusal(&self) -> Option<Refusal> {
        (self.count > self.allowed).then(|| Refusal::too_many(self.allowed, self.reset))
    }

    pub(super) fn headers(&self) -> [(&'static str, String); 3] {
        [
            ("inin-ratelimit-count", self.count.to_string()),
            ("inin-ratelimit-allowed", self.allowed.to_string()),
            ("inin-ratelimit-reset", self.reset.to_string()),
        ]
    }
}

/// The answer to a wrong secret.
pub(super) fn invalid_client() -> Reply {
    oauth_error(401, "invalid_client", "authentication failed")
}

/// OAuth's shape of an error; Genesys Cloud's exact texts are not documented.
fn oauth_error(status: u16, error: &str, text: &str) -> Reply {
    Reply::json(status, &json!({"error": error, "description": text, "error_description": text}))
}

//! One delivery to a webhook: signed, bounded in time, and the same however often it is sent.
//!
//! The signature is HMAC-SHA256 over the timestamp, a dot and the body, as `docs/notify.md` says for receivers. It is made once:
//! each attempt has the same timestamp, body, signature and idempotency key, so a receiver can tell a repetition.
//!
//! What is tried again: a receiver that cannot be reached or does not answer in time, 408, 429 and failures of the service (5xx but
//! 501), [`ATTEMPTS`] times at most. Redirects are not followed: the body is for whom the manifest names. What the receiver answers is
//! not read beyond its status.
//!
//! Invariants: the secret and the path of the address are in no error, for an address may hold a token; what HTTP's errors say is
//! cut to their kind. Deliberately absent: what the body says.

use std::fmt;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use rolecall_model::limit;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

/// Attempts of one delivery.
pub const ATTEMPTS: usize = 4;
/// The longest that a delivery takes with all its attempts and pauses.
pub const LONGEST: Duration = Duration::from_secs(40);
/// The fewest bytes of a secret that is signed with; 32 are recommended.
pub const SHORTEST_SECRET: usize = 16;

const ATTEMPT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The headers of a delivery.
pub const TIMESTAMP: &str = "rolecall-timestamp";
/// `v1=` and the signature in hexadecimal digits.
pub const SIGNATURE: &str = "rolecall-signature";
/// The same in each attempt of a delivery.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Who is told, and what is signed with.
#[derive(Debug)]
pub struct Webhook {
    url: Url,
    secret: SecretString,
}

/// What is told.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'d> {
    /// The idempotency key.
    pub id: &'d str,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// The body, JSON.
    pub body: &'d str,
}

/// A secret that is too short to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret of the webhook has {0} bytes, and needs at least {SHORTEST_SECRET}")]
pub struct ShortSecret(usize);

/// Why nobody was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook at {host} {fault}{}", in_words(*.attempts))]
pub struct NotDelivered {
    host: String,
    fault: Fault,
    attempts: usize,
}

/// What the last attempt met with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Refused(StatusCode),
    Failed(StatusCode),
    Unreachable,
    Silent,
    Unusable,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) | Self::Failed(status) => write!(f, "answered {}", status.as_u16()),
            Self::Unreachable => f.write_str("could not be reached"),
            Self::Silent => f.write_str("did not answer in time"),
            Self::Unusable => {
                f.write_str("cannot be called from here: the HTTP client could not be prepared")
            }
        }
    }
}

impl Fault {
    fn may_pass(self) -> bool {
        match self {
            Self::Failed(_) | Self::Unreachable | Self::Silent => true,
            Self::Refused(_) | Self::Unusable => false,
        }
    }
}

fn in_words(number: usize) -> String {
    if number > 1 { format!(" (tried {number} times)") } else { String::new() }
}

impl Webhook {
    /// A webhook. The manifest's check has made sure of the address.
    pub fn new(url: Url, secret: SecretString) -> Result<Self, ShortSecret> {
        match secret.expose_secret().len() {
            length if length < SHORTEST_SECRET => Err(ShortSecret(length)),
            _ => Ok(Self { url, secret }),
        }
    }

    /// Tells the receiver.
    pub async fn deliver(&self, delivery: Delivery<'_>) -> Result<(), NotDelivered> {
        let mut made = 1;
        let end = Instant::now() + limit::remaining().map_or(LONGEST, |left| left.min(LONGEST));
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(ATTEMPTS - 1);
        let result = match self.client() {
            Ok(client) => {
                let attempt = || self.attempt(&client, delivery, end);
                attempt
                    .retry(pauses)
                    .when(|fault: &Fault| fault.may_pass())
                    .adjust(|_, pause| {
                        // Full jitter, and no pause beyond the end.
                        let pause = pause?.mul_f64(fastrand::f64());
                        (Instant::now() + pause < end).then(|| {
                            made += 1;
                            pause
                        })
                    })
                    .await
            }
            Err(fault) => Err(fault),
        };
        result.map_err(|fault| NotDelivered { host: self.host(), fault, attempts: made })
    }

    async fn attempt(&self, client: &Client, delivery: Delivery<'_>, end: Instant) -> Result<(), Fault> {
        let Delivery { id, timestamp, body } = delivery;
        let request = client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header(IDEMPOTENCY_KEY, id)
            .header(TIMESTAMP, timestamp.to_string())
            .header(SIGNATURE, format!("v1={}", signature(&self.secret, timestamp, body)))
            .body(body.to_owned());
        let end = end.min(Instant::now() + ATTEMPT);
        let answer = timeout_at(end, request.send()).await.map_err(|_| Fault::Silent)?;
        let status = match answer {
            Ok(answer) => answer.status(),
            Err(error) if error.is_timeout() => return Err(Fault::Silent),
            Err(_) => return Err(Fault::Unreachable),
        };
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(Fault::Failed(status)),
            status if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => {
                Err(Fault::Failed(status))
            }
            status => Err(Fault::Refused(status)),
        }
    }

    fn client(&self) -> Result<Client, Fault> {
        let builder = Client::builder()
            .user_agent(concat!("rolecall/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(ATTEMPT)
            .redirect(Policy::none());
        let is_local = match self.url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let builder = if is_local { builder.no_proxy() } else { builder };
        builder.build().map_err(|_| Fault::Unusable)
    }

    fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }
}

/// The signature in hexadecimal digits.
fn signature(secret: &SecretString, timestamp: i64, body: &str) -> String {
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{timestamp}.{body}").as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::{header, method};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    const DELIVERY: Delivery<'_> = Delivery { id: "an-id", timestamp: 1_700_000_000, body: "{\"a\":1}" };
    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn webhook(server: &MockServer) -> Webhook {
        webhook_at(&server.uri())
    }

    fn webhook_at(server: &str) -> Webhook {
        let url = format!("{server}/hooks/canary-token").parse().unwrap();
        Webhook::new(url, SECRET.into()).unwrap()
    }

    /// By `printf '%s' '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef`.
    #[test]
    fn the_signature_is_that_of_other_software() {
        assert_eq!(
            signature(&SECRET.into(), DELIVERY.timestamp, DELIVERY.body),
            "f05f2539e3ae1c49aec5f8cfdad75ef6b06480b133973ffbb7ec9e18827af177"
        );
    }

    #[test]
    fn a_short_secret_signs_nothing() {
        let url: Url = "https://example.com/".parse().unwrap();
        let error = Webhook::new(url, "short-secret".into()).unwrap_err();
        assert_eq!(error.to_string(), "the secret of the webhook has 12 bytes, and needs at least 16");
    }

    #[tokio::test]
    async fn failures_are_tried_again_with_the_same_delivery() {
        let server = MockServer::start().await;
        let once =
            |status| Mock::given(method("POST")).respond_with(ResponseTemplate::new(status)).up_to_n_times(1);
        once(503).mount(&server).await;
        once(429).mount(&server).await;
        let same = Mock::given(header(IDEMPOTENCY_KEY, "an-id")).and(header(TIMESTAMP, "1700000000"));
        same.respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
        webhook(&server).deliver(DELIVERY).await.unwrap();
        let requests = server.received_requests().await.unwrap();
        assert_eq!(requests.len(), 3);
        for request in &requests {
            assert_eq!(request.headers, requests[0].headers);
            assert_eq!(request.body, requests[0].body);
        }
    }

    #[tokio::test]
    async fn what_is_refused_is_sent_once_and_what_always_fails_not_for_ever() {
        for (status, attempts) in [(404, 1), (302, 1), (501, 1), (500, ATTEMPTS)] {
            let server = MockServer::start().await;
            Mock::given(method("POST")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
            let error = webhook(&server).deliver(DELIVERY).await.unwrap_err();
            assert_eq!(server.received_requests().await.unwrap().len(), attempts, "{status}");
            let text = format!("{error} {error:?}");
            assert!(text.contains(&format!("answered {status}")), "{text}");
            assert!(!text.contains("canary") && !text.contains(SECRET), "{text}");
        }
    }

    #[tokio::test]
    async fn nobody_at_home() {
        // Held, so that no other test listens there; without `listen`, connections are refused.
        let held = tokio::net::TcpSocket::new_v4().unwrap();
        held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let webhook = webhook_at(&format!("http://{}", held.local_addr().unwrap()));
        let error = webhook.deliver(DELIVERY).await.unwrap_err().to_string();
        assert!(error.starts_with("the webhook at 127.0.0.1 "), "{error}");
        assert!(!format!("{webhook:?}").contains(SECRET));
    }
}

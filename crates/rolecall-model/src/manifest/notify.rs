//! `[notify]`: who hears of an `apply`, and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use url::{Host, Url};

use super::form::{Form, SecretArn, Text};
use super::note::Notes;
use super::take::{place, take_optional};
use crate::iam::arn::{AccountId, Arn, Region};

/// Who hears of an `apply`, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// Which runs are told of.
    pub on: NotifyOn,
    /// An address that gets a signed request.
    pub webhook: Option<Webhook>,
    /// An SNS topic.
    pub topic: Option<Arn>,
}

/// An address that gets a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The address: https, or http on this machine.
    pub url: Url,
    /// The secret of Secrets Manager that is signed with; the environment's where none is stated.
    pub secret: Option<Arn>,
}

/// Which runs of `apply` are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NotifyOn {
    #[default]
    Changed,
    Failed,
    Always,
}

impl NotifyOn {
    /// As the manifest writes it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Always => "always",
        }
    }
}

/// The section, or `None` after something was reported.
pub(super) fn check(raw: Spanned<RawNotify>, notes: &mut Notes<'_>) -> Option<Notify> {
    let section = raw.span();
    let RawNotify { on, webhook, secret, topic } = raw.into_inner();
    let secret_place = place(secret.as_ref());
    let url = take_optional(webhook, notes);
    let secret = take_optional(secret, notes);
    let topic = take_optional(topic, notes);
    let (url, secret, topic) = (url?, secret?, topic?);
    if url.is_none() && secret.is_some() {
        notes.fault(
            secret_place,
            "`secret` signs requests to a `webhook`, and there is none; add it, or remove `secret`",
        );
        return None;
    }
    if url.is_none() && topic.is_none() {
        notes.fault(Some(section), "[notify] tells nobody; add `webhook` or `topic`");
        return None;
    }
    let webhook = url.map(|url| Webhook { url, secret });
    Some(Notify { on: on.unwrap_or_default(), webhook, topic })
}

/// An address of a webhook. Its errors never repeat the text: an address may hold a token.
pub(super) enum WebhookUrl {}

impl Form for WebhookUrl {
    type Value = Url;
    const EXAMPLE: &'static str = "https://hooks.example.com/rolecall";
    const PATTERN: &'static str = r"^https?://\S+$";
    const LENGTH: (usize, usize) = (9, 2048);

    fn read(text: &str) -> Result<Url, String> {
        let not = |why: &str| {
            format!("this is not the address of a webhook: {why}; for example `{}`", Self::EXAMPLE)
        };
        if text.len() > Self::LENGTH.1 || text.contains(char::is_whitespace) {
            return Err(not("it has blanks or more than 2048 characters"));
        }
        let url: Url = text.parse().map_err(|_| not("it cannot be read"))?;
        let is_local = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err(not("it has no host")),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_local => {}
            _ => return Err(not("it must begin with `https://` (`http://` only on this machine)")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(not("it holds a user name or a password"));
        }
        match url.fragment() {
            None => Ok(url),
            Some(_) => Err(not("it has a fragment (`#`), which no server gets")),
        }
    }
}

/// An SNS topic.
pub(super) enum TopicArn {}

impl Form for TopicArn {
    type Value = Arn;
    const EXAMPLE: &'static str = "arn:aws:sns:us-east-1:123456789012:rolecall";
    const PATTERN: &'static str = "^arn:.+:sns:.+:[0-9]{12}:[^:]+$";
    const LENGTH: (usize, usize) = (20, 2048);

    fn read(text: &str) -> Result<Arn, String> {
        let arn = text.parse::<Arn>().ok().filter(|arn| {
            arn.service == "sns"
                && arn.region.parse::<Region>().is_ok()
                && arn.account.parse::<AccountId>().is_ok()
                && !arn.resource.is_empty()
                && !arn.resource.contains(':')
        });
        let arn =
            arn.ok_or_else(|| format!("`{text}` is not an SNS topic ARN; for example `{}`", Self::EXAMPLE))?;
        // A message of a FIFO topic needs a group, and nobody reads it as mail.
        match arn.resource.ends_with(".fifo") {
            true => Err(format!("`{text}` is a FIFO topic; name a standard one")),
            false => Ok(arn),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("dependentRequired" = {"secret": ["webhook"]}))]
pub(super) struct RawNotify {
    /// Which runs are told of: those that changed something or may have (`changed`, the default), those that end with another exit
    /// code than 0 (`failed`), or all (`always`).
    #[schemars(with = "Option<NotifyOn>")]
    pub(super) on: Option<NotifyOn>,
    /// An https address that gets a signed request for each run; http is allowed on this machine only.
    pub(super) webhook: Option<Text<WebhookUrl>>,
    /// The ARN of an AWS Secrets Manager secret whose text the requests to `webhook` are signed with. Left out, the environment
    /// variable ROLECALL_NOTIFY_SECRET.
    pub(super) secret: Option<Text<SecretArn>>,
    /// The ARN of an SNS topic that gets a message for each run.
    pub(super) topic: Option<Text<TopicArn>>,
}

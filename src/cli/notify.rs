//! Tells whom [notify] names of an `apply`.
//!
//! Invariant: what is told, and whether it could be, changes neither what was done nor the exit code. What is missing to tell anybody
//! is an error before the first call.

use jiff::Timestamp;
use rolecall::connect::Connected;
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, UsageError};
use rolecall::iam::arn::Arn;
use rolecall::manifest::{Notify, Webhook as Stated};
use rolecall::ports::secrets::ReadSecret as _;
use rolecall::report::{Notification, Report};
use rolecall_notify::{Delivery, Webhook};
use secrecy::SecretString;

use super::printer::Printer;

/// The variable with the secret that requests to a webhook are signed with.
const SECRET: &str = "ROLECALL_NOTIFY_SECRET";

/// Who is told, with all that is needed for it.
pub(super) struct Teller {
    notify: Notify,
    /// The secret of the environment, where the manifest names none.
    secret: Option<SecretString>,
    is_sandbox: bool,
}

impl Teller {
    /// Whoever is to be told; nobody hears of a role in the embedded AWS.
    pub(super) fn new(notify: Option<&Notify>, is_sandbox: bool) -> CommandResult<Option<Self>> {
        let Some(notify) = notify.cloned() else { return Ok(None) };
        if notify.topic.is_some() && !rolecall::aws::HAS_SNS {
            let message = "[notify] names a topic, and this rolecall was built without SNS";
            let hint = "build it with `--features sns`, or tell a webhook";
            return Err(UsageError::coded(ErrorCode::Settings, message, Some(hint)).into());
        }
        let needs_variable = notify.webhook.as_ref().is_some_and(|webhook| webhook.secret.is_none());
        let secret = std::env::var(SECRET).ok().filter(|_| needs_variable);
        if needs_variable && secret.is_none() && !is_sandbox {
            let message =
                format!("{SECRET} is not set, and requests to the webhook in [notify] are signed with it");
            let hint = "set it, or name a secret of AWS Secrets Manager: `secret = \"arn:…\"` in [notify]";
            return Err(UsageError::coded(ErrorCode::Settings, message, Some(hint)).into());
        }
        Ok(Some(Self { notify, secret: secret.map(SecretString::from), is_sandbox }))
    }

    /// Tells of the result, and gives it back; what went wrong with telling is a warning of the report.
    pub(super) async fn tell(
        self,
        context: &Connected,
        result: CommandResult<(Report, ExitCode)>,
        printer: &mut Printer,
    ) -> CommandResult<(Report, ExitCode)> {
        let now = Timestamp::now();
        let id = uuid();
        let notification = match &result {
            Ok((report, exit)) => Notification::of_apply(report, *exit, id, now),
            Err(error) => Notification::of_apply(&error.report("apply"), error.exit, id, now),
        };
        if !notification.is_due(self.notify.on) {
            return result;
        }
        if self.is_sandbox {
            printer.progress("nobody is notified of an apply with --sandbox");
            return result;
        }
        let mut faults = Vec::new();
        if let Some(webhook) = &self.notify.webhook {
            faults.extend(self.to_webhook(webhook, context, &notification, now).await.err());
        }
        if let Some(topic) = &self.notify.topic {
            faults.extend(to_topic(topic, context, &notification).await.err());
        }
        let faults: Vec<String> = faults
            .into_iter()
            .map(|fault| format!("not notified: {fault}; what apply did is not affected by that"))
            .collect();
        printer.warnings(&faults);
        result.map(|(mut report, exit)| {
            report.warnings.extend(faults);
            (report, exit)
        })
    }

    async fn to_webhook(
        &self,
        Stated { url, secret }: &Stated,
        context: &Connected,
        notification: &Notification,
        now: Timestamp,
    ) -> Result<(), String> {
        let secret = match (secret, &self.secret) {
            (Some(arn), _) => context.aws.secret(arn).read().await.map_err(|error| error.to_string())?,
            (None, Some(secret)) => secret.clone(),
            (None, None) => return Err(format!("{SECRET} is not set")),
        };
        let webhook = Webhook::new(url.clone(), secret).map_err(|error| error.to_string())?;
        let body = notification.to_json();
        let delivery = Delivery { id: &notification.id, timestamp: now.as_second(), body: &body };
        webhook.deliver(delivery).await.map_err(|error| error.to_string())
    }
}

async fn to_topic(topic: &Arn, context: &Connected, notification: &Notification) -> Result<(), String> {
    let sent = context.aws.send_message(topic, &notification.subject(), &notification.to_json()).await;
    sent.map_err(|error| format!("the topic `{topic}`: {error}"))
}

/// An ID that no other notification has.
fn uuid() -> String {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid().to_string()
}

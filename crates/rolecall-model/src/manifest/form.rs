//! What the manifest's texts must look like: one [`Form`] for each kind of value gives the rule, the pattern in the
//! JSON Schema and the example in messages. Most rules are those of [`crate::iam::arn`].

use std::ops::Range;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::NOTES_MARK;
use super::boundary::Boundary;
use super::invoker::Invoker;
use super::target::Target;
use crate::iam::arn::{
    AccountId, Arn, ExternalId, InvalidName, Qualifier, Region as AwsRegion, RoleArn, RoleName, RolePath,
    UserName,
};
use crate::redact::address;
use crate::region::Region;

/// A kind of text in the manifest.
pub(super) trait Form {
    /// What the text becomes.
    type Value;
    /// A right text, shown where a wrong one stands.
    const EXAMPLE: &'static str;
    /// The rule as a regular expression for editors. It accepts whatever [`Form::read`] accepts.
    const PATTERN: &'static str;
    /// The fewest and the most characters.
    const LENGTH: (usize, usize);

    /// The value, or why there is none and what to do about it.
    fn read(text: &str) -> Result<Self::Value, String>;
}

/// A text of the manifest with its place, read but perhaps wrong.
pub(super) struct Text<F: Form> {
    pub(super) span: Range<usize>,
    pub(super) value: Result<F::Value, String>,
}

impl<'de, F: Form> Deserialize<'de> for Text<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Spanned::<String>::deserialize(deserializer)?;
        Ok(Text { span: text.span(), value: F::read(text.get_ref()) })
    }
}

impl<F: Form> JsonSchema for Text<F> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let (least, most) = F::LENGTH;
        json_schema!({
            "type": "string",
            "minLength": least,
            "maxLength": most,
            "pattern": F::PATTERN,
            "examples": [F::EXAMPLE],
        })
    }
}

/// A form whose rule is the `FromStr` of a type.
macro_rules! form {
    ($type:ty, $explain:ident $example:literal, $length:expr, $pattern:literal) => {
        impl Form for $type {
            type Value = $type;
            const EXAMPLE: &'static str = $example;
            const PATTERN: &'static str = $pattern;
            const LENGTH: (usize, usize) = $length;

            fn read(text: &str) -> Result<$type, String> {
                text.parse().map_err(|error| $explain(error, $example))
            }
        }
    };
}

/// The error, and an example of what is right.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` and its neighbour have")]
fn such_as(error: InvalidName, example: &str) -> String {
    format!("{error}; for example `{example}`")
}

/// The error, and the word that may stand in the place of an ARN.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` and its neighbours have")]
fn or_targets(error: InvalidName, _example: &str) -> String {
    format!("{error}, or `targets`")
}

/// The error alone, where it says itself what to write.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` and its neighbour have")]
fn itself(error: impl ToString, _example: &str) -> String {
    error.to_string()
}

form!(&'static Region, itself "us-east-1", (1, 2048), r"^\s*[A-Za-z0-9.-]+\s*([:/?#].*)?$");
form!(ExternalId, such_as "5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90", (2, 1224), "^[A-Za-z0-9_+=,.@:/-]+$");
form!(AccountId, such_as "765628985471", (12, 12), "^[0-9]+$");
form!(RoleName, such_as "GenesysDataActionRole", (1, 64), "^[A-Za-z0-9_+=,.@-]+$");
form!(RolePath, such_as "/genesys/", (1, 512), r"^/([\x21-\x7e]+/)?$");
form!(RoleArn, such_as "arn:aws:iam::123456789012:role/rolecall-verifier", (20, 2048), "^arn:.+:iam::[0-9]{12}:role/.+$");
form!(Boundary, or_targets "arn:aws:iam::123456789012:policy/boundary", (7, 2048), "^(targets|arn:.+:iam::.+:policy/.+)$");
form!(
    Target,
    itself "my-genesys-trigger-function",
    (1, 400),
    r"^((arn:aws[a-z-]*:lambda:[a-z0-9-]+:)?[0-9]{12}:function:)?[A-Za-z0-9_-]{1,64}(:([A-Za-z0-9_-]{1,128}|\$LATEST(\.PUBLISHED)?))?$"
);
form!(
    Invoker,
    itself "apigateway.amazonaws.com",
    (12, 2048),
    r"^([0-9]{12}|arn:.+:iam::[0-9]{12}:(root|user/.+|role/.+)|[a-z0-9-][a-z0-9.-]*\.(amazonaws\.com|amazonaws\.com\.cn|amazon\.com))$"
);
form!(Qualifier, such_as "live", (1, 128), r"^([A-Za-z0-9_-]+|\$LATEST(\.PUBLISHED)?)$");
form!(AwsRegion, itself "us-east-1", (6, 64), "^[a-z]+(-[a-z]+){1,3}-[0-9]$");

/// A role's description.
pub(super) enum Description {}

impl Form for Description {
    type Value = String;
    const EXAMPLE: &'static str = "Invoked by Genesys Cloud data actions";
    const PATTERN: &'static str = r"^[\t\n\r\x20-\x7e\xa1-\xff]*$";
    const LENGTH: (usize, usize) = (0, 1000);

    fn read(text: &str) -> Result<String, String> {
        // The character set of IAM's CreateRole: printable ASCII and Latin-1, tabs and line breaks.
        let allowed = |character: &char| matches!(character, '\t' | '\n' | '\r' | '\x20'..='\x7e' | '\u{a1}'..='\u{ff}');
        if let Some(wrong) = text.chars().find(|character| !allowed(character)) {
            return Err(format!(
                "IAM does not allow `{}` in a description; use Latin characters",
                wrong.escape_debug()
            ));
        }
        bounded::<Self>(text, "a description")
    }
}

/// A name that Genesys Cloud shows to people.
pub(super) enum Label {}

impl Form for Label {
    type Value = String;
    const EXAMPLE: &'static str = "Get order status";
    const PATTERN: &'static str = r"\S";
    const LENGTH: (usize, usize) = (1, 256);

    fn read(text: &str) -> Result<String, String> {
        if text.trim().is_empty() {
            return Err(format!("the name is empty; for example `{}`", Self::EXAMPLE));
        }
        bounded::<Self>(text, "a name in Genesys Cloud")
    }
}

/// A profile of the AWS configuration files.
pub(super) enum ProfileName {}

impl Form for ProfileName {
    type Value = String;
    const EXAMPLE: &'static str = "production";
    const PATTERN: &'static str = r"^\S(.*\S)?$";
    const LENGTH: (usize, usize) = (1, 256);

    fn read(text: &str) -> Result<String, String> {
        if text.is_empty() || text != text.trim() || text.chars().any(char::is_control) {
            return Err(format!(
                "`{}` is not a profile name; for example `{}`",
                text.escape_debug(),
                Self::EXAMPLE
            ));
        }
        bounded::<Self>(text, "a profile's name")
    }
}

/// Text of several lines that Genesys Cloud shows to people.
pub(super) enum NoteText {}

impl Form for NoteText {
    type Value = String;
    const EXAMPLE: &'static str = "Ask the orders team before you change this.";
    const PATTERN: &'static str = "";
    const LENGTH: (usize, usize) = (0, 1000);

    fn read(text: &str) -> Result<String, String> {
        if text.contains(NOTES_MARK) {
            return Err(format!("`{NOTES_MARK}` begins the line that rolecall itself adds; leave it out"));
        }
        bounded::<Self>(text, "a note")
    }
}

/// A principal that live probes run as.
pub(super) enum PrincipalArn {}

impl Form for PrincipalArn {
    type Value = Arn;
    const EXAMPLE: &'static str = "arn:aws:iam::123456789012:role/ci";
    const PATTERN: &'static str = "^arn:.+:iam::[0-9]{12}:(role|user)/.+$";
    const LENGTH: (usize, usize) = (20, 2048);

    fn read(text: &str) -> Result<Arn, String> {
        let named = |error| such_as(error, Self::EXAMPLE);
        let arn: Arn = text.parse().map_err(named)?;
        if arn.service == "sts"
            && let Some(session) = arn.resource.strip_prefix("assumed-role/")
        {
            let role = session.split('/').next().unwrap_or(session);
            return Err(format!(
                "`{text}` is a session; name its role, `arn:{}:iam::{}:role/{role}` with the role's path if it has one",
                arn.partition, arn.account
            ));
        }
        if arn.resource == "root" {
            return Err(format!(
                "`{text}` stands for a whole account; name the one role or user that runs the probes"
            ));
        }
        if arn.resource.starts_with("role/") {
            return text.parse::<RoleArn>().map(|_| arn).map_err(named);
        }
        let user = arn.resource.strip_prefix("user/").and_then(|rest| rest.rsplit('/').next());
        match user.map(str::parse::<UserName>) {
            Some(Ok(_)) if arn.service == "iam" && arn.account.parse::<AccountId>().is_ok() => Ok(arn),
            Some(Err(error)) => Err(named(error)),
            Some(Ok(_)) | None => {
                Err(format!("`{text}` is not the ARN of a role or a user; for example `{}`", Self::EXAMPLE))
            }
        }
    }
}

/// A secret of AWS Secrets Manager. Its errors never repeat the text: it may be the secret itself.
pub(super) enum SecretArn {}

impl Form for SecretArn {
    type Value = Arn;
    const EXAMPLE: &'static str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys-Ab12Cd";
    const PATTERN: &'static str = "^arn:.+:secretsmanager:.+:[0-9]{12}:secret:.+$";
    const LENGTH: (usize, usize) = (20, 2048);

    fn read(text: &str) -> Result<Arn, String> {
        let arn = text.parse::<Arn>().ok().filter(|arn| {
            arn.service == "secretsmanager"
                && arn.region.parse::<AwsRegion>().is_ok()
                && arn.account.parse::<AccountId>().is_ok()
                && arn.resource.strip_prefix("secret:").is_some_and(|name| !name.is_empty())
        });
        arn.ok_or_else(|| {
            format!(
                "this is not the ARN of a secret in AWS Secrets Manager, and a secret itself must not be in this \
                 file; for example `{}`",
                Self::EXAMPLE
            )
        })
    }
}

/// A file beside the manifest.
pub(super) enum FilePath {}

impl Form for FilePath {
    type Value = PathBuf;
    const EXAMPLE: &'static str = "schemas/order-request.json";
    const PATTERN: &'static str = r"\S";
    const LENGTH: (usize, usize) = (1, 4096);

    fn read(text: &str) -> Result<PathBuf, String> {
        if text.trim().is_empty() || text.contains('\0') {
            return Err(format!("this is not the path of a file; for example `{}`", Self::EXAMPLE));
        }
        bounded::<Self>(text, "a path").map(PathBuf::from)
    }
}

/// An address that a data action calls in place of a function; may hold `${input.…}` templates.
pub(super) enum HttpsUrl {}

impl Form for HttpsUrl {
    type Value = String;
    const EXAMPLE: &'static str = "https://api.example.com/orders/${input.orderNumber}";
    const PATTERN: &'static str = r"^https://[^\s/@]+(/\S*)?$";
    const LENGTH: (usize, usize) = (9, 2048);

    fn read(text: &str) -> Result<String, String> {
        let Some(rest) = text.strip_prefix("https://") else {
            return Err(format!(
                "`{}` does not start with `https://`, and data actions call nothing else",
                address(text)
            ));
        };
        let host = rest.split('/').next().unwrap_or(rest);
        if host.contains('@') {
            return Err(
                "the address holds a user name or password; take it from the integration's credential"
                    .to_owned(),
            );
        }
        if host.is_empty() || text.contains(char::is_whitespace) {
            return Err(format!("`{}` is not an address", address(text)));
        }
        bounded::<Self>(text, "an address")
    }
}

fn bounded<F: Form>(text: &str, kind: &str) -> Result<String, String> {
    let length = text.chars().count();
    let (_, most) = F::LENGTH;
    if length <= most {
        Ok(text.to_owned())
    } else {
        Err(format!("{kind} has at most {most} characters, this one has {length}"))
    }
}

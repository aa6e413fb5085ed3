//! The hand-over file: what one team tells the other where nobody has access to both services. TOML, with a version.
//!
//! Invariants: it holds no secret; every value is checked when it is read, unknown keys and values that contradict each other are
//! faults with a place; nothing of its text is shown but through [`Shown`]. Deliberately absent: a signature. The file is what its
//! sender says, and no authority: its reader compares it with what can be read on the other side.

use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Deserialize;
use toml::Spanned;
use uuid::Uuid;

use crate::iam::arn::{AccountId, ExternalId, FunctionArn, Partition, Region as AwsRegion, RoleArn};
use crate::region::Region;
use crate::shown::{Shown, steers};

/// The version of the format. It changes when a key changes its meaning.
const VERSION: i64 = 1;
/// The first line of every file.
pub const FIRST_LINE: &str =
    "# What one team tells the other, for `rolecall init --from-handover` and `rolecall handover check`.";
/// More than a file with as many functions as a role can have.
pub const LARGEST: usize = 1024 * 1024;
/// Characters of a name in Genesys Cloud.
const LONGEST_NAME: usize = 256;

/// The names of the claims that a file can state.
pub const CLAIMS: [&str; 8] = [
    "only-trusted",
    "external-id",
    "may-assume",
    "only-targets",
    "every-target",
    "boundary",
    "only-through-role",
    "organization",
];

/// Who wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Whoever has AWS.
    Aws,
    /// Whoever has Genesys Cloud.
    Genesys,
}

impl Side {
    /// As the file says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Genesys => "genesys",
        }
    }
}

/// What one team tells the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// When it was written.
    pub made_at: Timestamp,
    /// Who wrote it.
    pub side: Side,
    /// The region of Genesys Cloud.
    pub region: &'static Region,
    /// The organization, whose ID is the external ID.
    pub organization: ExternalId,
    /// The account that the role trusts, where the writer knows it.
    pub trusted_account: Option<AccountId>,
    /// The name of the integration, where there is one or should be.
    pub integration: Option<String>,
    /// The role, once it has an ARN.
    pub role: Option<RoleArn>,
    /// The region of AWS that the writer works in.
    pub aws_region: Option<AwsRegion>,
    /// The functions, with their qualifiers.
    pub functions: Vec<FunctionArn>,
    /// The claims that the writer proved when the file was written. Nobody takes them for proved who reads them here.
    pub proved: Vec<String>,
    /// The claims that the writer refuted then.
    pub refuted: Vec<String>,
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}:{column}: {}", Shown(message))]
pub struct HandoverFault {
    name: String,
    line: usize,
    column: usize,
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    handover: Spanned<i64>,
    made_at: Spanned<toml::Value>,
    side: Spanned<String>,
    genesys: RawGenesys,
    aws: Option<RawAws>,
    #[serde(default)]
    function: Vec<RawFunction>,
    proved: Option<RawClaims>,
    refuted: Option<RawClaims>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGenesys {
    region: Spanned<String>,
    organization_id: Spanned<String>,
    trusted_account: Option<Spanned<String>>,
    integration: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAws {
    role: Spanned<String>,
    account: Spanned<String>,
    partition: Spanned<String>,
    region: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFunction {
    arn: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClaims {
    claims: Vec<Spanned<String>>,
}

/// A fault as it is found: where in the text, and what.
type Fault = (Range<usize>, String);

impl Handover {
    /// Reads a file; `name` is what messages call it.
    pub fn parse(text: &str, name: &str) -> Result<Self, HandoverFault> {
        read(text, name, check)
    }

    /// Checks what only a manifest that begins with the file asks for: the role and the functions are in the partition from which
    /// Genesys Cloud assumes roles. `text` has been parsed before.
    pub fn check_partitions(&self, text: &str, name: &str) -> Result<(), HandoverFault> {
        let Some(partition) = self.region.partition else { return Ok(()) };
        let region = self.region;
        let reached = |found: &Partition, span| {
            let message =
                || format!("must be in partition {partition}, that of Genesys Cloud's account of {region}");
            if found.as_str() == partition { Ok(()) } else { Err((span, message())) }
        };
        read(text, name, |raw| {
            if let (Some(role), Some(aws)) = (&self.role, &raw.aws) {
                reached(&role.partition, aws.role.span())?;
            }
            let mut functions = self.functions.iter().zip(&raw.function);
            functions.try_for_each(|(function, raw)| reached(&function.partition, raw.arn.span()))
        })
    }

    /// The file. Parsed again, it gives the same.
    #[must_use]
    pub fn render(&self) -> String {
        let Self { made_at, side, region, organization, trusted_account, integration, role, .. } = self;
        let Self { aws_region, functions, proved, refuted, .. } = self;
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut lines = vec![
            FIRST_LINE.to_owned(),
            "# It holds no secret, and it is no authority: the organization's ID decides who can assume the role, so".to_owned(),
            "# confirm it with the organization's administrator in another way than this file.".to_owned(),
            format!("handover = {VERSION}"),
            format!("made_at = {}", quoted(&made_at.to_string())),
            format!("side = {}", quoted(side.name())),
            "\n[genesys]".to_owned(),
            format!("region = {}", quoted(region.aws_region)),
            format!("organization_id = {}", quoted(organization.as_str())),
        ];
        lines.extend(trusted_account.iter().map(|it| format!("trusted_account = {}", quoted(it.as_str()))));
        lines.extend(integration.iter().map(|it| format!("integration = {}", quoted(it))));
        if let Some(role) = role {
            lines.push("\n[aws]".to_owned());
            lines.push(format!("role = {}", quoted(&role.to_string())));
            lines.push(format!("account = {}", quoted(role.account.as_str())));
            lines.push(format!("partition = {}", quoted(role.partition.as_str())));
            lines.extend(aws_region.iter().map(|it| format!("region = {}", quoted(it.as_str()))));
        }
        let function = |arn: &FunctionArn| format!("\n[[function]]\narn = {}", quoted(&arn.to_string()));
        lines.extend(functions.iter().map(function));
        for (key, claims, comment) in [
            (
                "proved",
                proved,
                "Proved by the writer when the file was written. That is what the writer says, and no proof here.",
            ),
            (
                "refuted",
                refuted,
                "Refuted by the writer when the file was written: do not use the role as it is.",
            ),
        ] {
            if !claims.is_empty() {
                let claims: Vec<String> = claims.iter().map(|claim| quoted(claim)).collect();
                lines.push(format!("\n# {comment}\n[{key}]\nclaims = [{}]", claims.join(", ")));
            }
        }
        lines.join("\n") + "\n"
    }
}

fn read<T>(text: &str, name: &str, check: impl FnOnce(Raw) -> Result<T, Fault>) -> Result<T, HandoverFault> {
    let raw: Result<Raw, _> = toml::from_str(text)
        .map_err(|error: toml::de::Error| (error.span().unwrap_or_default(), error.message().to_owned()));
    raw.and_then(check).map_err(|(span, message)| {
        let before = text.get(..span.start).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let line = before.matches('\n').count() + 1;
        HandoverFault { name: name.to_owned(), line, column, message }
    })
}

fn claims(stated: Option<RawClaims>) -> Result<Vec<String>, Fault> {
    let stated = stated.map(|stated| stated.claims).unwrap_or_default();
    let checked = stated.into_iter().map(|claim| match CLAIMS.contains(&claim.get_ref().as_str()) {
        true => Ok(claim.into_inner()),
        false => Err((claim.span(), format!("must be the name of a claim: {}", CLAIMS.join(", ")))),
    });
    checked.collect()
}

fn check(raw: Raw) -> Result<Handover, Fault> {
    let Raw { handover, made_at, side, genesys, aws, function, proved, refuted } = raw;
    if *handover.get_ref() != VERSION {
        let known = format!("must be {VERSION}: another version of rolecall wrote this file");
        return Err((handover.span(), known));
    }
    let writer = match side.get_ref().as_str() {
        "aws" => Side::Aws,
        "genesys" => Side::Genesys,
        _ => return Err((side.span(), "must be `aws` or `genesys`".to_owned())),
    };
    let RawGenesys { region, organization_id, trusted_account, integration } = genesys;
    let is_uuid = organization_id.get_ref().len() == 36 && Uuid::try_parse(organization_id.get_ref()).is_ok();
    if !is_uuid {
        let message = "must be the organization's ID, a UUID such as 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";
        return Err((organization_id.span(), message.to_owned()));
    }
    if let Some(name) = &integration {
        let text = name.get_ref();
        if text.trim().is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(steers) {
            let message = format!("must be 1–{LONGEST_NAME} printable characters");
            return Err((name.span(), message));
        }
    }
    let (role, aws_region) = match aws {
        None => (None, None),
        Some(RawAws { role: text, account, partition, region }) => {
            let role: RoleArn = parsed(&text)?;
            if parsed::<AccountId>(&account)? != role.account {
                return Err((account.span(), "is not the account of `role`".to_owned()));
            }
            if parsed::<Partition>(&partition)? != role.partition {
                return Err((partition.span(), "is not the partition of `role`".to_owned()));
            }
            let span = region.as_ref().map(Spanned::span);
            let region: Option<AwsRegion> = region.as_ref().map(parsed).transpose()?;
            if let (Some(region), Some(span)) = (&region, span)
                && region.partition() != role.partition.as_str()
            {
                return Err((span, "is not a region of `partition`".to_owned()));
            }
            (Some(role), region)
        }
    };
    let mut functions: Vec<FunctionArn> = Vec::new();
    for RawFunction { arn } in &function {
        let function: FunctionArn = parsed(arn)?;
        if functions.contains(&function) {
            return Err((arn.span(), "is already listed above".to_owned()));
        }
        functions.push(function);
    }
    if writer == Side::Aws && role.is_none() {
        return Err((side.span(), "a file of the side `aws` has an [aws] with the role".to_owned()));
    }
    Ok(Handover {
        made_at: moment(&made_at)?,
        side: writer,
        region: parsed(&region)?,
        organization: parsed(&organization_id)?,
        trusted_account: trusted_account.as_ref().map(parsed).transpose()?,
        integration: integration.map(Spanned::into_inner),
        role,
        aws_region,
        functions,
        proved: claims(proved)?,
        refuted: claims(refuted)?,
    })
}

/// A time; TOML can also write it without quotes, and a file of rolecall has them.
fn moment(stated: &Spanned<toml::Value>) -> Result<Timestamp, Fault> {
    let made_at = stated.get_ref().as_str().and_then(|text| text.parse().ok());
    made_at.ok_or_else(|| {
        (
            stated.span(),
            "must be a time with its zone, in quotes, such as \"2026-11-23T02:43:23Z\"".to_owned(),
        )
    })
}

fn parsed<T>(text: &Spanned<String>) -> Result<T, Fault>
where
    T: FromStr,
    T::Err: Display,
{
    text.get_ref().parse().map_err(|error: T::Err| (text.span(), error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"handover = 1
made_at = "2026-11-23T02:43:23Z"
side = "aws"

[genesys]
region = "us-east-1"
organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
trusted_account = "765628985471"
integration = "Orders \"AWS\""

[aws]
role = "arn:aws:iam::123456789012:role/genesys/Orders"
account = "123456789012"
partition = "aws"
region = "eu-west-1"

[[function]]
arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders:live"

[proved]
claims = ["only-trusted", "external-id"]

[refuted]
claims = ["may-assume"]
"#;

    #[test]
    fn a_file_comes_back_as_it_was() {
        let handover = Handover::parse(FILE, "handover.toml").unwrap();
        assert_eq!(Handover::parse(&handover.render(), "again").unwrap(), handover);
        assert_eq!(
            handover.functions[0].to_string(),
            "arn:aws:lambda:eu-west-1:123456789012:function:orders:live"
        );
        let least = Handover {
            side: Side::Genesys,
            trusted_account: None,
            integration: None,
            role: None,
            aws_region: None,
            functions: Vec::new(),
            proved: Vec::new(),
            refuted: Vec::new(),
            ..handover
        };
        assert_eq!(Handover::parse(&least.render(), "again").unwrap(), least);
    }

    #[test]
    fn what_is_wrong_has_a_place_and_steers_no_terminal() {
        let mut said = String::new();
        for (old, new) in [
            ("handover = 1", "handover = 2"),
            ("side = \"aws\"", "side = \"both\""),
            ("2026-11-23T02:43:23Z", "yesterday"),
            ("2026-11-23T02:43:23Z", "2026-11-23T02:43:23"),
            ("\"2026-11-23T02:43:23Z\"", "2026-11-23T02:43:23Z"),
            ("\"2026-11-23T02:43:23Z\"", "1763865803"),
            ("region = \"us-east-1\"", "region = \"us-esat-1\""),
            ("5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94", "5f6b2c1e8a4d4c3b9e7f2d1a6b8c0e94"),
            ("5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94", "*"),
            ("765628985471", "7656"),
            ("Orders \\\"AWS\\\"", "\\u001b[2J"),
            ("role/genesys/Orders", "user/genesys/Orders"),
            ("account = \"123456789012\"", "account = \"210987654321\""),
            ("partition = \"aws\"", "partition = \"aws-cn\""),
            ("region = \"eu-west-1\"", "region = \"cn-north-1\""),
            ("function:orders:live", "function:*"),
            ("only-trusted", "\\u001b[31m"),
            ("may-assume", "everything-is-fine"),
            ("claims", "\"\\u001b[2J\""),
            ("claims = [", "claims = [1, "),
            (
                "[proved]",
                "[[function]]\narn = \"arn:aws:lambda:eu-west-1:123456789012:function:orders:live\"\n[proved]",
            ),
            ("[aws]\n", "[cloud]\n"),
            ("handover = 1", ""),
        ] {
            let text = FILE.replacen(old, new, 1);
            assert_ne!(text, FILE, "{old}");
            let fault = Handover::parse(&text, "handover.toml").unwrap_err().to_string();
            assert!(!fault.chars().any(steers), "{fault:?}");
            said += &format!("{fault}\n");
        }
        insta::assert_snapshot!(said, @r#"
        handover.toml:1:12: must be 1: another version of rolecall wrote this file
        handover.toml:3:8: must be `aws` or `genesys`
        handover.toml:2:11: must be a time with its zone, in quotes, such as "2026-11-23T02:43:23Z"
        handover.toml:2:11: must be a time with its zone, in quotes, such as "2026-11-23T02:43:23Z"
        handover.toml:2:11: must be a time with its zone, in quotes, such as "2026-11-23T02:43:23Z"
        handover.toml:2:11: must be a time with its zone, in quotes, such as "2026-11-23T02:43:23Z"
        handover.toml:6:10: `us-esat-1` is not a Genesys Cloud region; did you mean us-east-1 (mypurecloud.com)? It is the region of your Genesys organization, not that of the function
        handover.toml:7:19: must be the organization's ID, a UUID such as 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
        handover.toml:7:19: must be the organization's ID, a UUID such as 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
        handover.toml:8:19: `7656` is not an AWS account ID: must be exactly 12 digits
        handover.toml:9:15: must be 1–256 printable characters
        handover.toml:12:8: `arn:aws:iam::123456789012:user/genesys/Orders` is not a role ARN: expected `arn:aws:iam::123456789012:role/name`
        handover.toml:13:11: is not the account of `role`
        handover.toml:14:13: is not the partition of `role`
        handover.toml:15:10: is not a region of `partition`
        handover.toml:18:7: `*` is not a Lambda function name: must be 1–64 letters, digits, hyphens or underscores
        handover.toml:21:11: must be the name of a claim: only-trusted, external-id, may-assume, only-targets, every-target, boundary, only-through-role, organization
        handover.toml:24:11: must be the name of a claim: only-trusted, external-id, may-assume, only-targets, every-target, boundary, only-through-role, organization
        handover.toml:21:1: unknown field `\u001b[2J`, expected `claims`
        handover.toml:21:11: invalid type: integer `1`, expected a string
        handover.toml:21:7: is already listed above
        handover.toml:11:2: unknown field `cloud`, expected one of `handover`, `made_at`, `side`, `genesys`, `aws`, `function`, `proved`, `refuted`
        handover.toml:1:1: missing field `handover`
        "#);
    }
}

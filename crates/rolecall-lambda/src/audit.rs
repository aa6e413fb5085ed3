//! `audit`: the roll call of an account, or of an organization; the answer is the report, or a summary for whoever takes no more.
//!
//! A request names the account by the role that is assumed there; the settings must allow that role, for whoever sends a request is
//! not who deployed the function. Time that is up is a failure of the whole roll call: nothing is said of what was not read to the
//! end, least of all that it is closed.

use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use rolecall::audit::baseline::BaselineError;
use rolecall::audit::expectation::ExpectationError;
use rolecall::aws::AwsSettings;
use rolecall::connect::{read_accounts, read_organization};
use rolecall::error_code::ErrorCode;
use rolecall::failure::{CommandError, CommandResult, UsageError};
use rolecall::iam::arn::{AccountId, Arn, ExternalId, Partition, RoleArn, RoleName};
use rolecall::operations::{RollCallRequest, RollCalled};
use rolecall::report::{AnyReport, Format, RollCallSummary, RollCallView};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;

use crate::Invocation;
use crate::check::{LARGEST_ANSWER, for_work, not_finished};
use crate::connections::Connections;
use crate::publish::{self, Audited, Publish};
use crate::stored::{LARGEST, Reference};

/// The largest report that is read back: it has about 3 KB for each role that trusts somebody outside.
const LARGEST_BASELINE: usize = 16 * 1024 * 1024;

/// A state of Step Functions takes 256 KiB, and the cause of a failed one 32,768 characters (API Reference, `SendTaskFailure`), which
/// is where `examples/step-functions` puts it.
const LARGEST_SUMMARY: usize = 30_000;

/// What a request states.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stated {
    /// The role to assume; the function's own account where neither this nor `organization_role` is stated.
    assume_role: Option<String>,
    /// The external ID that this role asks for.
    external_id: Option<String>,
    /// The name of the role to assume in each account of the organization.
    organization_role: Option<String>,
    /// What is expected: TOML, the same as JSON, or where it is kept.
    expect: Option<Value>,
    /// An earlier report, or where it is kept.
    baseline: Option<Value>,
    /// `full` or `summary`.
    report: Option<String>,
    /// Whom to tell besides.
    publish: Option<publish::Stated>,
}

/// Whose roll is called.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// The function's own account.
    Own(AccountId),
    /// The account of a role.
    Assumed(RoleArn, Option<ExternalId>),
    /// Every account of the organization.
    Organization(RoleName),
}

/// What came of it.
pub(crate) enum Outcome {
    /// The roll was called.
    Called(Box<RollCallView>, Box<RollCalled>),
    /// It was not: nothing is known.
    Failed(AnyReport),
}

/// A document of a request, or where it is kept.
#[derive(Debug)]
enum Source {
    Text(String),
    Json(Value),
    Kept(Reference),
}

/// How much of the report is the answer.
#[derive(Clone, Copy, Debug)]
enum Extent {
    Full,
    Summary,
}

/// A roll call that is right.
pub(crate) struct Audit {
    scope: Scope,
    expect: Option<Source>,
    baseline: Option<Source>,
    extent: Extent,
    /// The longest wait for one thing.
    deadline: Duration,
    publish: Option<Publish>,
}

impl Scope {
    pub(crate) fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Own(account) => Some(account),
            Self::Assumed(role, _) => Some(&role.account),
            Self::Organization(_) => None,
        }
    }

    /// The role, as the settings list it.
    fn check(&self, partition: &str, connections: &Connections) -> anyhow::Result<()> {
        let allowed = connections.allowed();
        match self {
            Self::Own(_) => Ok(()),
            Self::Assumed(role, _) => allowed.check_role("assume_role", &role.to_string()),
            // Of an organization, the settings must allow the role in whichever account.
            Self::Organization(role) => {
                allowed.check_role("organization_role", &format!("arn:{partition}:iam::*:role/{role}"))
            }
        }
    }
}

impl Source {
    /// A document: a text may be a reference.
    fn read(stated: Value) -> anyhow::Result<Self> {
        Ok(match stated {
            Value::String(text) => match Reference::parse(&text)? {
                Some(reference) => Self::Kept(reference),
                None => Self::Text(text),
            },
            other => Self::Json(other),
        })
    }
}

impl Audit {
    /// Checks everything that can be checked without AWS.
    pub(crate) fn new(stated: Stated, invocation: &Invocation) -> anyhow::Result<Self> {
        let Stated { assume_role, external_id, organization_role, expect, baseline, report, publish } =
            stated;
        let Arn { partition, account, .. } = &invocation.function;
        let scope = match (assume_role, external_id, organization_role) {
            (None, None, None) => Scope::Own(account.parse().context("the function's own account")?),
            (Some(role), external_id, None) => Scope::Assumed(
                parsed("assume_role", &role)?,
                external_id.map(|text| parsed("external_id", &text)).transpose()?,
            ),
            (None, None, Some(role)) => Scope::Organization(parsed("organization_role", &role)?),
            (Some(_), _, Some(_)) => bail!("a request has `assume_role` or `organization_role`, not both"),
            (None, Some(_), _) => bail!("`external_id` needs `assume_role`"),
        };
        if let Scope::Assumed(role, _) = &scope {
            let own: Partition = partition.parse().context("the function's own partition")?;
            anyhow::ensure!(role.partition == own, "`{role}` is not in the function's partition `{own}`");
        }
        scope.check(partition, &invocation.connections)?;
        let extent = match report.as_deref() {
            None | Some("full") => Extent::Full,
            Some("summary") => Extent::Summary,
            Some(other) => bail!("invalid value `{other}` for `report`: it is full or summary"),
        };
        let audit = Self {
            scope,
            expect: expect.map(Source::read).transpose()?,
            baseline: baseline.map(Source::read).transpose()?,
            extent,
            deadline: Duration::from_secs(invocation.left().as_secs().max(1)),
            publish: publish.map(Publish::read).transpose()?,
        };
        // What the request itself holds is checked before AWS is asked.
        let mut request = audit.expecting_here().context("`expect`")?.unwrap_or_default();
        audit.comparing_here(&mut request).context("`baseline`")?;
        Ok(audit)
    }

    /// Calls the roll, publishes, and answers with the report as JSON.
    pub(crate) async fn run(&self, invocation: &Invocation) -> anyhow::Result<Value> {
        let limit = for_work(invocation, self.publish.is_some());
        let done = timeout(limit, self.call(&invocation.connections)).await.unwrap_or_else(|_| {
            let advice = match &self.scope {
                Scope::Own(_) | Scope::Assumed(..) => "raise the timeout or the memory",
                Scope::Organization(_) => {
                    "call the roll of each account by itself, as examples/step-functions/audit.yaml does"
                }
            };
            Err(not_finished(limit, advice))
        });
        let outcome = match done {
            Ok(called) => Outcome::Called(Box::new(RollCallView::new(&called)), Box::new(called)),
            Err(error) => {
                Outcome::Failed(AnyReport::one(error.report("audit"), error.exit).at(Timestamp::now()))
            }
        };
        if let Some(publish) = &self.publish {
            publish.tell_audit(&Audited { scope: &self.scope, outcome: &outcome }, invocation).await?;
        }
        let answer = match &outcome {
            Outcome::Called(view, _) => self.answer(view),
            Outcome::Failed(report) => report.render(Format::Json),
        };
        serde_json::from_str(&answer).context("the report is not JSON")
    }

    /// The report; its summary where that is asked for, or where Lambda takes no more.
    fn answer(&self, view: &RollCallView) -> String {
        let summary = |largest| RollCallSummary::new(view, largest).to_json();
        match self.extent {
            Extent::Summary => summary(LARGEST_SUMMARY),
            Extent::Full => {
                let full = view.to_json();
                if full.len() > LARGEST_ANSWER { summary(LARGEST_ANSWER) } else { full }
            }
        }
    }

    /// What the request itself expects; `None` where it says where that is kept.
    fn expecting_here(&self) -> Result<Option<RollCallRequest>, ExpectationError> {
        match &self.expect {
            None => Ok(Some(RollCallRequest::default())),
            Some(Source::Text(text)) => RollCallRequest::expecting(text).map(Some),
            Some(Source::Json(value)) => RollCallRequest::expecting_json(value.clone()).map(Some),
            Some(Source::Kept(_)) => Ok(None),
        }
    }

    /// Compares with the report that the request itself has.
    fn comparing_here(&self, request: &mut RollCallRequest) -> Result<(), BaselineError> {
        match &self.baseline {
            None | Some(Source::Kept(_)) => Ok(()),
            Some(Source::Text(text)) => request.compare_with(text),
            Some(Source::Json(report)) => request.compare_with(&report.to_string()),
        }
    }

    /// What is expected, and compared with.
    async fn request(&self, connections: &Connections) -> CommandResult<RollCallRequest> {
        let mut request = match &self.expect {
            Some(Source::Kept(reference)) => {
                let read = |text: &str| RollCallRequest::expecting(text).map_err(|error| error.to_string());
                kept(reference, LARGEST, connections, read).await?
            }
            None | Some(Source::Text(_) | Source::Json(_)) => {
                let here = self.expecting_here().map_err(|error| unfit("expect", &error.to_string()))?;
                here.unwrap_or_default()
            }
        };
        match &self.baseline {
            None | Some(Source::Text(_) | Source::Json(_)) => {
                self.comparing_here(&mut request).map_err(|error| unfit("baseline", &error.to_string()))?;
            }
            Some(Source::Kept(reference)) => {
                let compare = |text: &str| request.compare_with(text).map_err(|error| error.to_string());
                kept(reference, LARGEST_BASELINE, connections, compare).await?;
            }
        }
        Ok(request)
    }

    async fn call(&self, connections: &Connections) -> CommandResult<RollCalled> {
        let request = self.request(connections).await?;
        let (assume_role, external_id) = match &self.scope {
            Scope::Assumed(role, external_id) => (Some(role.clone()), external_id.clone()),
            Scope::Own(_) | Scope::Organization(_) => (None, None),
        };
        let deadline = self.deadline;
        let settings =
            AwsSettings { profile: None, region: None, assume_role, external_id, deadline, fixed: None };
        let read = match &self.scope {
            Scope::Own(_) | Scope::Assumed(..) => read_accounts(&[settings]).await?,
            Scope::Organization(role) => read_organization(&settings, role).await?,
        };
        // On another thread, or this one could not give up in time. Where it does, the other computes on to its end.
        let called = tokio::task::spawn_blocking(|| request.call(read, Timestamp::now())).await;
        called.map_err(|error| CommandError::failed(ErrorCode::Internal, error.to_string()))
    }
}

/// What is made of a text that is kept somewhere.
async fn kept<T>(
    reference: &Reference,
    largest: usize,
    connections: &Connections,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> CommandResult<T> {
    let aws = connections.aws().await?;
    let stored = reference.read_up_to(aws, largest).await;
    let stored = stored.map_err(|error| CommandError::failed(ErrorCode::Local, error.to_string()))?;
    read(stored.text.expose_secret()).map_err(|error| {
        // It may be another secret, put here by mistake.
        let error =
            if stored.is_secret { "it is kept as a secret, so nothing of it is shown" } else { &error };
        unfit(&reference.to_string(), error).into()
    })
}

fn unfit(name: &str, error: &str) -> UsageError {
    UsageError::coded(ErrorCode::Document, format!("cannot read `{name}`: {error}"), None)
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> anyhow::Result<T> {
    text.parse().map_err(|error| anyhow::anyhow!("invalid value `{text}` for `{name}`: {error}"))
}

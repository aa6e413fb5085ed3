//! Commands as JSON: a request names one of the commands that only read, and the answer is what the command line prints
//! with `--output json`; or it carries a call that CloudTrail recorded ([`crate::event`]). A list of requests gets a list of answers.
//!
//! A request carries its policy document or cases itself, and its manifest too, or says where that is kept; nothing is kept
//! from one to the next. That a role is refuted or has drifted is an answer, not a failure of the function: `exit_code` in
//! it says so. Everything in a request is checked before AWS is asked anything.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::NonZeroU16;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rolecall::error_code::ErrorCode;
use rolecall::extract;
use rolecall::failure::{CommandResult, UsageError};
use rolecall::iam::lint::FailOn;
use rolecall::iam::simulate;
use rolecall::operations::{self, Level, ProveRequest, StatedIntent, principal};
use rolecall::report::{Format, ProofView, SimulationView};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Invocation;
use crate::audit::{self, Audit};
use crate::check::{Check, Look};
use crate::event::{self, Call, Watch};
use crate::manifests::Manifests;
use crate::publish::{self, Publish};

/// What reports call the document and the cases of a request.
const DOCUMENT: &str = "document";
const CASES: &str = "cases.json";

/// A request.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase", deny_unknown_fields)]
enum Request {
    /// Compare AWS with a manifest.
    Drift {
        /// The text of `rolecall.toml`, where it is kept, or a list of these.
        manifest: Value,
        /// The region of functions that the manifest gives none; the function's own where it is left out.
        region: Option<String>,
        /// Whom to tell besides.
        publish: Option<publish::Stated>,
        /// Data actions to run for real, as `genesys action test` does; of one manifest.
        #[serde(default)]
        actions: Vec<AskedAction>,
        /// Also measure how the actions ran, in so many hours up to now.
        metrics_hours: Option<NonZeroU16>,
    },
    /// Prove, and ask AWS as far as the level says.
    Verify {
        /// As for `drift`.
        manifest: Value,
        /// As for `drift`.
        region: Option<String>,
        /// `paper`, `live` or `twin`.
        level: Option<String>,
        /// As for `drift`.
        publish: Option<publish::Stated>,
        /// As for `drift`.
        #[serde(default)]
        actions: Vec<AskedAction>,
    },
    /// Check the roles that a call is about, which CloudTrail recorded.
    Event {
        /// The event as EventBridge delivers it.
        event: Value,
        /// As for `drift`: the manifests of all roles that are looked after.
        manifest: Value,
        /// As for `drift`.
        region: Option<String>,
        /// As for `drift`.
        publish: Option<publish::Stated>,
    },
    /// Call the roll of an account, or of an organization.
    Audit(audit::Stated),
    /// Prove a document.
    Prove {
        /// A policy, Terraform plan, CloudFormation template …: as JSON, or as text.
        document: Value,
        /// Which role of the document.
        role: Option<String>,
        /// Who may assume the role.
        #[serde(default)]
        principal: Vec<String>,
        external_id: Option<String>,
        /// The functions that it may invoke.
        #[serde(default)]
        target: Vec<String>,
        /// Whether the configuration of a Terraform plan has no function around a reference.
        #[serde(default)]
        plain_references: bool,
        /// How severe a finding must be to refute it by itself: `error` or `warning`.
        fail_on: Option<String>,
    },
    /// Run policy unit tests.
    Simulate {
        cases: Value,
        /// Whether each comes with its explanation.
        #[serde(default)]
        explain: bool,
    },
}

/// A data action to run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedAction {
    name: String,
    /// What it is run with.
    #[serde(default)]
    input: Map<String, Value>,
}

/// A request that is right.
enum Job {
    /// Proves a document; contacts nobody.
    Prove(ProveRequest),
    /// Runs cases; contacts nobody.
    Simulate { text: String, explain: bool },
    /// Looks at roles in AWS.
    Check(Check),
    /// Looks at those that a call is about.
    Watch(Watch),
    /// Calls the roll.
    Audit(Box<Audit>),
}

/// Answers a request, or a list of them.
pub(crate) async fn answer(event: Value, invocation: &Invocation) -> anyhow::Result<Value> {
    let requests = match event {
        Value::Array(requests) => requests,
        request => return Job::new(request, invocation)?.run(invocation).await,
    };
    let jobs = requests.into_iter().map(|request| Job::new(request, invocation));
    let jobs: Vec<Job> = jobs.collect::<anyhow::Result<_>>()?;
    let mut answers = Vec::new();
    let mut failures = Vec::new();
    // One that cannot be told about does not keep the others from their turn.
    let number = jobs.len();
    for (index, job) in jobs.into_iter().enumerate() {
        match job.run(&invocation.share(number - index)).await {
            Ok(answer) => answers.push(answer),
            Err(error) => failures.push(format!("request {}: {error:#}", index + 1)),
        }
    }
    anyhow::ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(Value::Array(answers))
}

impl Job {
    /// Checks everything that can be checked without AWS.
    fn new(request: Value, invocation: &Invocation) -> anyhow::Result<Self> {
        let request = Request::deserialize(request).context(
            "not a request that rolecall knows: it takes `command` (drift, verify, audit, event, prove or simulate) with \
             what that command needs",
        )?;
        let check = |look: Look,
                     manifest: &Value,
                     region: Option<String>,
                     publish: Option<publish::Stated>,
                     actions: Vec<AskedAction>| {
            let manifests = Manifests::read(manifest)?;
            // An action belongs to one organization, and each run invokes a function for real.
            anyhow::ensure!(
                actions.is_empty() || manifests.names().count() == 1,
                "`actions` are run for one manifest; send a request for each"
            );
            let actions = actions.into_iter().map(|AskedAction { name, input }| (name, input)).collect();
            let publish = publish.map(Publish::read).transpose()?;
            if let Some(publish) = &publish {
                publish.check_ids(look.command(), &manifests)?;
            }
            let region = region.map(|text| parsed("region", &text)).transpose()?;
            // What waits for AWS gives up before Lambda ends the function.
            let deadline = Duration::from_secs(invocation.left().as_secs().max(1));
            anyhow::Ok(Check { look, manifests, region, deadline, publish, actions, call: None })
        };
        match request {
            Request::Drift { manifest, region, publish, actions, metrics_hours } => {
                check(Look::Drift { metrics_hours }, &manifest, region, publish, actions).map(Self::Check)
            }
            Request::Verify { manifest, region, level, publish, actions } => {
                let level = level.map_or(Ok(Level::Live), |level| level_of(&level))?;
                check(Look::Verify(level), &manifest, region, publish, actions).map(Self::Check)
            }
            Request::Event { event, manifest, region, publish } => {
                let call = Call::read(&event)?;
                let Check { look, manifests, region, deadline, publish, .. } =
                    check(event::look(&call), &manifest, region, publish, Vec::new())?;
                Ok(Self::Watch(Watch { call, look, manifests, region, deadline, publish }))
            }
            Request::Audit(stated) => {
                Audit::new(stated, invocation).map(|audit| Self::Audit(Box::new(audit)))
            }
            Request::Prove {
                document,
                role,
                principal: trusted,
                external_id,
                target,
                plain_references,
                fail_on,
            } => {
                let fail_on = fail_on.map_or(Ok(FailOn::default()), |text| parsed("fail_on", &text))?;
                let trusted = trusted.iter().map(|text| stated("principal", text, principal(text)));
                let target = target.iter().map(|text| parsed("target", text));
                let target = target.collect::<anyhow::Result<Vec<_>>>()?;
                let external_id = external_id.map(|text| parsed("external_id", &text)).transpose()?;
                let intent = StatedIntent {
                    trusted: trusted.collect::<anyhow::Result<_>>()?,
                    external_ids: external_id.into_iter().collect(),
                    targets: target,
                    uses: Vec::new(),
                };
                Ok(Self::Prove(ProveRequest {
                    name: format!("`{DOCUMENT}`"),
                    label: DOCUMENT.to_owned(),
                    text: text(document),
                    role,
                    parameters: BTreeMap::new(),
                    plain_references,
                    fail_on,
                    intent: intent.into(),
                }))
            }
            Request::Simulate { cases, explain } => Ok(Self::Simulate { text: text(cases), explain }),
        }
    }

    async fn run(self, invocation: &Invocation) -> anyhow::Result<Value> {
        let (command, answer) = match self {
            Self::Prove(request) => ("prove", prove(request)),
            Self::Simulate { text, explain } => ("simulate", simulate(text, explain)),
            Self::Check(check) => return check.run(invocation).await,
            Self::Watch(watch) => return watch.run(invocation).await,
            Self::Audit(audit) => return audit.run(invocation).await,
        };
        let answer = answer.unwrap_or_else(|error| error.report(command).render(Format::Json, error.exit));
        serde_json::from_str(&answer).context("the answer is not JSON")
    }
}

fn prove(request: ProveRequest) -> CommandResult<String> {
    let request = ProveRequest { text: limited(DOCUMENT, request.text, extract::MAX_BYTES)?, ..request };
    Ok(ProofView::from(&request.prove(&request.roles()?)).to_json())
}

fn simulate(text: String, explain: bool) -> CommandResult<String> {
    let text = limited(CASES, text, simulate::MAX_BYTES)?;
    let cases = operations::simulate(&format!("`{CASES}`"), &text, explain)?;
    Ok(SimulationView { files: vec![(CASES.to_owned(), cases)] }.to_json())
}

/// The text, where it is no longer than what is read anyway.
fn limited(name: &str, text: String, limit: usize) -> Result<String, UsageError> {
    extract::text(text.into_bytes(), limit).map_err(|error| {
        UsageError::coded(ErrorCode::Document, format!("cannot read `{name}`: {error}"), None)
    })
}

/// How far a verification goes. Data actions are run only if the request names them.
fn level_of(text: &str) -> anyhow::Result<Level> {
    Ok(match text {
        "paper" => Level::Paper,
        "live" => Level::Live,
        "twin" => Level::Twin,
        other => bail!("invalid value `{other}` for `level`: it is paper, live or twin"),
    })
}

fn parsed<T: FromStr<Err: Display>>(name: &str, text: &str) -> anyhow::Result<T> {
    stated(name, text, text.parse())
}

fn stated<T>(name: &str, text: &str, value: Result<T, impl Display>) -> anyhow::Result<T> {
    value.map_err(|error| anyhow::anyhow!("invalid value `{text}` for `{name}`: {error}"))
}

fn text(document: Value) -> String {
    match document {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

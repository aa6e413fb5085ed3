//! Commands as JSON: a request names one of the commands that only read, and the answer is what the command line prints
//! with `--output json`. A list of requests gets a list of answers.
//!
//! A request carries its policy document or cases itself, and its manifest too, or says where that is kept; nothing is kept
//! from one to the next. That a role is refuted or has drifted is an answer, not a failure of the function: `exit_code` in
//! it says so. Everything in a request is checked before AWS is asked anything.

use anyhow::Context as _;
use rolecall::cli::{Clients, CommandLine};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::Invocation;
use crate::check::Check;
use crate::manifests::{Manifests, Needed, write};
use crate::publish::{self, Publish};

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
    },
    /// Prove a document.
    Prove {
        /// A policy, Terraform plan, CloudFormation template …: as JSON, or as text.
        document: Value,
        /// Which role of the document.
        role: Option<String>,
        /// Who may assume the role.
        #[serde(default)]
        principal: Vec<String>,
        /// With which external ID.
        external_id: Option<String>,
        /// The functions that it may invoke.
        #[serde(default)]
        target: Vec<String>,
        /// Whether the configuration of a Terraform plan has no function around a reference.
        #[serde(default)]
        plain_references: bool,
    },
    /// Run policy unit tests.
    Simulate {
        /// The cases.
        cases: Value,
        /// Whether each comes with its explanation.
        #[serde(default)]
        explain: bool,
    },
}

/// A request that is right, as a command line.
struct Job {
    command_line: CommandLine,
    work: Work,
}

enum Work {
    /// Something that contacts nobody, with its file.
    Offline { name: &'static str, text: String },
    /// Something about roles in AWS.
    Check(Check),
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
            "not a request that rolecall knows: it takes `command` (drift, verify, prove or simulate) with what that \
             command needs",
        )?;
        let mut arguments = vec!["rolecall".to_owned()];
        let option = |name: &str, value: Option<String>| value.map(|value| format!("--{name}={value}"));
        let about_roles = |manifests: &Manifests, region| {
            // What waits for AWS gives up before Lambda ends the function.
            let deadline = invocation.left().as_secs().max(1).to_string();
            let files = manifests.names().map(|name| format!("--file={name}"));
            let options = option("region", region).into_iter().chain(option("deadline", Some(deadline)));
            files.chain(options).collect::<Vec<_>>()
        };
        let work = match request {
            Request::Drift { manifest, region, publish } => {
                let check = Check::new("drift", &manifest, Needed::ActionFiles, publish)?;
                arguments.push("drift".to_owned());
                arguments.extend(about_roles(&check.manifests, region));
                Work::Check(check)
            }
            Request::Verify { manifest, region, level, publish } => {
                let check = Check::new("verify", &manifest, Needed::Nothing, publish)?;
                arguments.push("verify".to_owned());
                arguments.extend(about_roles(&check.manifests, region));
                arguments.extend(option("level", level));
                Work::Check(check)
            }
            Request::Prove { document, role, principal, external_id, target, plain_references } => {
                arguments.extend(["prove".to_owned(), "document".to_owned()]);
                arguments.extend(option("role", role).into_iter().chain(option("external-id", external_id)));
                arguments.extend(principal.into_iter().map(|it| format!("--principal={it}")));
                arguments.extend(target.into_iter().map(|it| format!("--target={it}")));
                arguments.extend(plain_references.then(|| "--plain-references".to_owned()));
                Work::Offline { name: "document", text: text(document) }
            }
            Request::Simulate { cases, explain } => {
                arguments.extend(["simulate".to_owned(), "cases.json".to_owned()]);
                arguments.extend(explain.then(|| "--explain".to_owned()));
                Work::Offline { name: "cases.json", text: text(cases) }
            }
        };
        arguments.push("--output=json".to_owned());
        let command_line =
            CommandLine::parse(&arguments).map_err(|error| anyhow::anyhow!(first_line(&error)))?;
        Ok(Self { command_line, work })
    }

    async fn run(self, invocation: &Invocation) -> anyhow::Result<Value> {
        let Self { command_line, work } = self;
        let folder = TempDir::new().context("cannot make a folder for the request")?;
        // Paths in it are what the report calls its files. Lambda gives the function one event at a time.
        std::env::set_current_dir(folder.path()).context("cannot enter the request's folder")?;
        match work {
            Work::Offline { name, text } => {
                write(name, &text)?;
                serde_json::from_str(&command_line.answer(&Clients::default()).await.text)
                    .context("the answer is not JSON")
            }
            Work::Check(check) => check.run(command_line, invocation).await,
        }
    }
}

impl Check {
    fn new(
        command: &'static str,
        manifest: &Value,
        needed: Needed,
        publish: Option<publish::Stated>,
    ) -> anyhow::Result<Self> {
        let manifests = Manifests::read(manifest)?;
        let publish = publish.map(|stated| Publish::read(stated, command, &manifests)).transpose()?;
        Ok(Self { command, manifests, needed, publish })
    }
}

/// What is wrong, without the advice to try `--help`.
fn first_line(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// A document as the text of its file.
fn text(document: Value) -> String {
    match document {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

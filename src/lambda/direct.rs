//! Commands as JSON: a request names one of the commands that only read, and the answer is what the command line prints
//! with `--output json`.
//!
//! A request carries its manifest, policy document or cases itself; nothing is kept from one to the next. That a role is
//! refuted or has drifted is an answer, not a failure of the function: `exit_code` in it says so.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use rolecall::cli;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::connections::Connections;
use crate::stored::Reference;

/// What is kept of the function's time for the answer.
const FOR_THE_ANSWER: Duration = Duration::from_secs(5);

/// A request.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase", deny_unknown_fields)]
enum Request {
    /// Compare AWS with a manifest.
    Drift {
        /// The text of `rolecall.toml`, or where it is kept.
        manifest: String,
        /// The region of functions that the manifest gives none; the function's own where it is left out.
        region: Option<String>,
    },
    /// Prove, and ask AWS as far as the level says.
    Verify {
        /// The text of `rolecall.toml`, or where it is kept.
        manifest: String,
        /// As for `drift`.
        region: Option<String>,
        /// `paper`, `live` or `twin`.
        level: Option<String>,
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

/// Answers a request.
pub(crate) async fn answer(event: Value, connections: &Connections, left: Duration) -> anyhow::Result<Value> {
    let mut request = Request::deserialize(event).context(
        "not a request that rolecall knows: it takes `command` (drift, verify, prove or simulate) with what that \
         command needs",
    )?;
    if let Request::Drift { manifest, .. } | Request::Verify { manifest, .. } = &mut request
        && let Some(reference) = Reference::parse(manifest)?
    {
        let stored = reference.read(connections.aws().await).await?;
        *manifest = stored.text.expose_secret().to_owned();
    }
    let folder = TempDir::new().context("cannot make a folder for the request")?;
    let arguments = arguments(request, folder.path(), left)?;
    let (answer, _) = cli::answer(&arguments).await.map_err(|error| anyhow::anyhow!(first_line(&error)))?;
    serde_json::from_str(&answer).context("the answer is not JSON")
}

/// The request as a command line, with its file written.
fn arguments(request: Request, folder: &Path, left: Duration) -> anyhow::Result<Vec<String>> {
    let file = |name: &str, text: &str| -> anyhow::Result<String> {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(path.display().to_string())
    };
    // What waits for AWS gives up before Lambda ends the function.
    let deadline = || Some(left.saturating_sub(FOR_THE_ANSWER).as_secs().max(1).to_string());
    let option = |name: &str, value: Option<String>| value.map(|value| format!("--{name}={value}"));
    let mut arguments = vec!["rolecall".to_owned()];
    match request {
        Request::Drift { manifest, region } => {
            arguments.extend(["drift".to_owned(), format!("--file={}", file("rolecall.toml", &manifest)?)]);
            arguments.extend(option("region", region).into_iter().chain(option("deadline", deadline())));
        }
        Request::Verify { manifest, region, level } => {
            arguments.extend(["verify".to_owned(), format!("--file={}", file("rolecall.toml", &manifest)?)]);
            let options = [option("region", region), option("level", level), option("deadline", deadline())];
            arguments.extend(options.into_iter().flatten());
        }
        Request::Prove { document, role, principal, external_id, target } => {
            arguments.extend(["prove".to_owned(), file("document", &text(document))?]);
            arguments.extend(option("role", role).into_iter().chain(option("external-id", external_id)));
            arguments.extend(principal.into_iter().map(|it| format!("--principal={it}")));
            arguments.extend(target.into_iter().map(|it| format!("--target={it}")));
        }
        Request::Simulate { cases, explain } => {
            arguments.extend(["simulate".to_owned(), file("cases.json", &text(cases))?]);
            arguments.extend(explain.then(|| "--explain".to_owned()));
        }
    }
    arguments.push("--output=json".to_owned());
    Ok(arguments)
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

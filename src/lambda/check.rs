//! A check of roles, `drift` or `verify`: what it found is the answer, and is published where that is asked for.
//!
//! Whatever keeps it from looking (a manifest that is gone, a missing permission, time that is up) is a result like any
//! other: a report with an error, which is published as such. Nothing that went wrong looks like a role that is right.

use std::time::Duration;

use anyhow::Context as _;
use rolecall::cli::CommandLine;
use rolecall::report::{AnyReport, ErrorView, ExitCode, Format, Report};
use serde_json::Value;
use tokio::time::timeout;

use crate::Invocation;
use crate::connections::Connections;
use crate::manifests::{Manifests, Needed};
use crate::publish::{Checked, Publish};

/// What is kept of the function's time for the answer, and for telling others.
const FOR_THE_ANSWER: Duration = Duration::from_secs(5);
const FOR_PUBLISHING: Duration = Duration::from_secs(20);

/// What is to be checked, and whom to tell.
pub(crate) struct Check {
    pub(crate) command: &'static str,
    pub(crate) manifests: Manifests,
    pub(crate) needed: Needed,
    pub(crate) publish: Option<Publish>,
}

impl Check {
    /// Checks, publishes, and answers with the report as JSON.
    pub(crate) async fn run(
        &self,
        command_line: CommandLine,
        invocation: &Invocation,
    ) -> anyhow::Result<Value> {
        let reserve = if self.publish.is_some() { FOR_PUBLISHING } else { FOR_THE_ANSWER };
        let left = invocation.left();
        // A short function keeps half of its time for the work.
        let for_work = left.saturating_sub(reserve).max(left / 2);
        let report = match timeout(for_work, self.look(command_line, &invocation.connections)).await {
            Ok(report) => report?,
            Err(_) => self.failed(format!(
                "not finished after {} s, which the function's timeout leaves; raise the timeout, or check fewer roles at \
                 a time",
                for_work.as_secs()
            )),
        };
        if let Some(publish) = &self.publish {
            let checked = Checked { command: self.command, manifests: &self.manifests, report: &report };
            publish.tell(&checked, invocation).await?;
        }
        serde_json::from_str(&report.render(Format::Json)).context("the report is not JSON")
    }

    async fn look(&self, command_line: CommandLine, connections: &Connections) -> anyhow::Result<AnyReport> {
        let clients = match self.manifests.lay_out(self.needed, connections).await {
            Ok(()) => connections.clients().await,
            Err(message) => Err(message),
        };
        match clients {
            Ok(clients) => command_line.answer(clients).await.report.context("the command made no report"),
            Err(message) => Ok(self.failed(message)),
        }
    }

    /// The report of a check that could not look.
    fn failed(&self, message: String) -> AnyReport {
        let error = Some(ErrorView { message, hint: None });
        AnyReport::one(Report { error, ..Report::new(self.command) }, ExitCode::Failed)
    }
}

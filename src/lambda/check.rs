//! A check of roles, `drift` or `verify`: what it found is the answer, and is published where that is asked for.
//!
//! Whatever keeps it from looking (a manifest that is gone, a missing permission, time that is up) is a result like any
//! other: a report with an error, which is published as such. Nothing that went wrong looks like a role that is right.

use std::time::Duration;

use anyhow::Context as _;
use rolecall::cli::CommandLine;
use rolecall::exit::ExitCode;
use rolecall::report::{AnyReport, ErrorView, FleetReport, Format, Report, count};
use serde_json::Value;
use tokio::time::timeout;

use crate::Invocation;
use crate::connections::Connections;
use crate::manifests::{Manifests, Needed};
use crate::publish::{Checked, Publish};

/// What is kept of the function's time for the answer, and for telling others.
const FOR_THE_ANSWER: Duration = Duration::from_secs(5);
const FOR_PUBLISHING: Duration = Duration::from_secs(20);

/// "6 MB each for request and response" (Lambda Developer Guide, "Lambda quotas"), with room for others in a list.
const LARGEST_ANSWER: usize = 5 * 1024 * 1024;

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
        fitting(report, LARGEST_ANSWER)
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

/// The report as JSON; where that is more than Lambda takes, without the parts about what is right.
fn fitting(report: AnyReport, largest: usize) -> anyhow::Result<Value> {
    let in_json = |report: &AnyReport| {
        serde_json::from_str::<Value>(&report.render(Format::Json)).context("the report is not JSON")
    };
    let answer = in_json(&report)?;
    match report {
        AnyReport::Several(fleet) if answer.to_string().len() > largest => {
            let all = fleet.roles.len();
            let is_wrong = |role: &Report| role.exit != ExitCode::Success;
            let roles: Vec<Report> = fleet.roles.into_iter().filter(is_wrong).collect();
            let mut fleet = FleetReport { roles, ..fleet };
            fleet.warnings.push(format!(
                "Lambda takes no larger answer: {} left out",
                count(all - fleet.roles.len(), "role that is right is", "roles that are right are")
            ));
            in_json(&AnyReport::Several(fleet))
        }
        AnyReport::One(_) | AnyReport::Several(_) => Ok(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_too_large_leaves_out_what_is_right() {
        let role = |exit: ExitCode| Report { exit, ..Report::new("drift") };
        let exits = [ExitCode::Success, ExitCode::Pending, ExitCode::Success];
        let fleet = FleetReport { roles: exits.map(role).into(), ..FleetReport::new("drift", &exits, 21) };
        let report = AnyReport::Several(fleet);
        let whole = fitting(report.clone(), LARGEST_ANSWER).unwrap();
        assert_eq!(whole["roles"].as_array().unwrap().len(), 3);
        let cut = fitting(report, 100).unwrap();
        assert_eq!((&cut["roles"][0]["exit_code"], &cut["exit_codes"]), (&3.into(), &whole["exit_codes"]));
        assert_eq!(cut["roles"].as_array().unwrap().len(), 1);
        assert_eq!(cut["warnings"][0], "Lambda takes no larger answer: 2 roles that are right are left out");
    }
}

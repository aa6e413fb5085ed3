//! A check of roles, `drift` or `verify`: what it found is the answer, and is published where that is asked for.
//!
//! Whatever keeps it from looking (a manifest that is gone, a missing permission, time that is up) is a result like any
//! other: a report with an error, which is published as such. Nothing that went wrong looks like a role that is right.

use std::num::NonZeroU16;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use rolecall::connect::{
    Connected, Fleet, Loaded, Member, Reads, Route, Services, Surroundings, ended, settings,
};
use rolecall::desired::template::Templates;
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandError, CommandResult};
use rolecall::iam::arn::Region;
use rolecall::operations::{Level, VerifyRequest};
use rolecall::ports::metrics::Window;
use rolecall::report::{AnyReport, FleetReport, Format, Report, count};
use rolecall::verify::analysers::BilledChecks;
use rolecall::verify::metrics::Limits;
use rolecall_model::patience::Interrupt;
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::Invocation;
use crate::connections::Connections;
use crate::event::Call;
use crate::manifests::{Manifests, Opened};
use crate::publish::{Checked, Publish};

/// What is kept of the function's time for the answer, and for telling others.
const FOR_THE_ANSWER: Duration = Duration::from_secs(5);
const FOR_PUBLISHING: Duration = Duration::from_secs(20);

/// "6 MB each for request and response" (Lambda Developer Guide, "Lambda quotas"), with room for others in a list.
pub(crate) const LARGEST_ANSWER: usize = 5 * 1024 * 1024;

/// How a role is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Both services are compared with the manifest; and, where so many hours are stated, how the actions ran in these is measured.
    Drift {
        /// The last hours, up to now.
        metrics_hours: Option<NonZeroU16>,
    },
    /// What AWS holds is proved, and AWS is asked.
    Verify(Level),
}

impl Look {
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Drift { .. } => "drift",
            Self::Verify(_) => "verify",
        }
    }

    fn services(self) -> Services {
        match self {
            Self::Drift { .. } => Services::Both,
            Self::Verify(_) => Services::Aws,
        }
    }

    async fn at(self, role: &mut Connected) -> CommandResult<(Report, ExitCode)> {
        match self {
            Self::Drift { metrics_hours } => {
                let (mut report, mut exit) = role.drift().await?;
                if let Some(hours) = metrics_hours {
                    let span = SignedDuration::from_hours(hours.get().into());
                    let window = Window::until(Timestamp::now(), span)
                        .map_err(|error| CommandError::failed(ErrorCode::Local, error.to_string()))?;
                    exit = exit.or(role.measure(&mut report, window, &Limits::default()).await?);
                }
                Ok((report, exit))
            }
            Self::Verify(level) => {
                let (billed, interrupt) = (BilledChecks::LeftOut, Interrupt::never());
                let request = VerifyRequest { level, billed, exhaustive: true, explain: false, interrupt };
                let (_, report, exit) = role.verify(&request, &()).await?;
                Ok((report, exit))
            }
        }
    }
}

/// What is to be checked, and whom to tell.
pub(crate) struct Check {
    pub(crate) look: Look,
    pub(crate) manifests: Manifests,
    /// The region of functions that the manifest gives none.
    pub(crate) region: Option<Region>,
    /// The longest wait for one thing.
    pub(crate) deadline: Duration,
    pub(crate) publish: Option<Publish>,
    /// Data actions that Genesys Cloud runs for real, with their inputs.
    pub(crate) actions: Vec<(String, Map<String, Value>)>,
    /// The call that is the reason for the check, if it is not a schedule or a person.
    pub(crate) call: Option<Call>,
}

/// The time for the work: what is left without what telling and answering take.
pub(crate) fn for_work(invocation: &Invocation, is_published: bool) -> Duration {
    let reserve = if is_published { FOR_PUBLISHING } else { FOR_THE_ANSWER };
    let left = invocation.left();
    // A short function keeps half of its time for the work.
    left.saturating_sub(reserve).max(left / 2)
}

/// The time for the work is up.
pub(crate) fn not_finished(limit: Duration, advice: &str) -> CommandError {
    let seconds = limit.as_secs();
    let message = format!("not finished after {seconds} s, which the function's timeout leaves; {advice}");
    CommandError::failed(ErrorCode::TimedOut, message)
}

impl Check {
    /// Checks, publishes, and answers with the report as JSON.
    pub(crate) async fn run(&self, invocation: &Invocation) -> anyhow::Result<Value> {
        let limit = for_work(invocation, self.publish.is_some());
        let done = timeout(limit, self.look(&invocation.connections)).await;
        let done = done.unwrap_or_else(|_| {
            Err(not_finished(limit, "raise the timeout, or check fewer roles at a time"))
        });
        let command = self.look.command();
        let report = done.unwrap_or_else(|error| AnyReport::one(error.report(command), error.exit));
        if let Some(publish) = &self.publish {
            let checked =
                Checked { command, manifests: &self.manifests, report: &report, call: self.call.as_ref() };
            publish.tell(&checked, invocation).await?;
        }
        fitting(report.at(Timestamp::now()), LARGEST_ANSWER)
    }

    async fn look(&self, connections: &Connections) -> CommandResult<AnyReport> {
        let Opened { manifests, files } = self.manifests.open(self.services(), connections).await?;
        let read = move |path: &Path| files.get(path).cloned().ok_or_else(|| "it was not read".to_owned());
        let surroundings = Surroundings {
            services: self.services(),
            templates: Rc::new(Templates::new(|_| None)?),
            clients: connections
                .clients()
                .await
                .map_err(|error| CommandError::failed(ErrorCode::Settings, error))?
                .clone(),
            deadline: self.deadline,
            read: Box::new(read),
        };
        let manifests = match <[Loaded; 1]>::try_from(manifests) {
            Ok([loaded]) => return self.look_at_one(loaded, &surroundings).await,
            Err(manifests) => manifests,
        };
        let routed = manifests.into_iter().map(|loaded| {
            let route = self.route(&loaded);
            (loaded, route)
        });
        let fleet = Fleet::open(routed.collect(), &surroundings, Reads::ForLooking, &mut |_| {}).await?;
        let command = self.look.command();
        let turn = async |mut member: Member| {
            let result = member.work(async |role| self.look.at(role).await).await;
            let (report, _) = ended(command, &member.name, result);
            (report.end(), report)
        };
        let (report, roles, _) = fleet.run(command, turn).await;
        Ok(AnyReport::Several(FleetReport { roles, ..report }))
    }

    async fn look_at_one(&self, loaded: Loaded, surroundings: &Surroundings) -> CommandResult<AnyReport> {
        let route = self.route(&loaded);
        let mut role = Connected::open(loaded, route, surroundings, &mut |_| {}).await?;
        let looked = self.look.at(&mut role).await;
        let (mut report, mut exit) = looked.map_err(|error| role.told(error))?;
        if !self.actions.is_empty() {
            exit = exit.or(role.test_actions(&self.actions, &mut report).await);
        }
        role.count_calls(&mut report);
        Ok(AnyReport::one(report, exit))
    }

    /// An action can be run only through Genesys Cloud.
    fn services(&self) -> Services {
        if self.actions.is_empty() { self.look.services() } else { Services::Both }
    }

    fn route(&self, loaded: &Loaded) -> Route {
        let settings = settings(&loaded.manifest.access, None, self.region.clone(), self.deadline);
        Route { settings, genesys: None }
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
        let roles = exits.map(role);
        let fleet = FleetReport::new("drift", &roles.each_ref().map(Report::end), 21);
        let fleet = FleetReport { roles: roles.into(), ..fleet };
        let report = AnyReport::Several(fleet);
        let whole = fitting(report.clone(), LARGEST_ANSWER).unwrap();
        assert_eq!(whole["roles"].as_array().unwrap().len(), 3);
        let cut = fitting(report, 100).unwrap();
        assert_eq!((&cut["roles"][0]["exit_code"], &cut["exit_codes"]), (&3.into(), &whole["exit_codes"]));
        assert_eq!(cut["roles"].as_array().unwrap().len(), 1);
        assert_eq!(cut["warnings"][0], "Lambda takes no larger answer: 2 roles that are right are left out");
    }
}

//! `rolecall apply`: plan, ask, converge, verify.

use std::time::Duration;

use anyhow::Context as _;
use rolecall::ports::AwsResult;
use rolecall::provision::apply::{Applied, Failure as ApplyFailure, Interrupt, Progress, apply};
use rolecall::provision::observe::{Observed, observe};
use rolecall::provision::plan::{Change, Plan, plan as plan_changes};
use rolecall::provision::settle::{Settled, settle};
use rolecall::provision::survey::Survey;
use rolecall::report::{
    ChangeView, ErrorView, ExitCode, FindingView, Report, VerificationView, count, saved,
};
use rolecall::verify::steady::Freshness;
use rolecall::verify::{Documents, paper};

use super::context::{Context, interruptible, load_outline};
use super::failure::{Failure, RefusedPlan, UsageError, explain, hint_for};
use super::fleet::{self, Reads};
use super::options::{ApplyCommand, AwsOptions};
use super::printer::Printer;
use super::verify::verify;

/// Said of everything that goes wrong before the first write.
pub(crate) const UNCHANGED: &str = "nothing was changed";

/// An answer takes time, and what was shown must be what is done.
pub(crate) const STALE: &str =
    "AWS has changed since the plan was shown, so nothing was changed; run the command again for a new plan";

/// Says on standard error what is being done and waited for.
pub(crate) struct Narrator<'p>(pub(crate) &'p mut Printer);

impl Progress for Narrator<'_> {
    fn starting(&mut self, change: &Change) {
        // Somebody who watches wants to know what takes so long; a log needs only what was done.
        if self.0.is_interactive() {
            self.0.progress(&format!("  … {}", ChangeView::from(change).headline()));
        }
    }

    fn finished(&mut self, change: &Change) {
        self.0.progress(&format!("  ✓ {}", ChangeView::from(change).headline()));
    }

    fn waiting(&mut self, awaited: &str, waited: Duration) {
        self.0.progress(&format!("  … waiting for {awaited} ({} s so far)", waited.as_secs()));
    }
}

pub(crate) async fn run(options: &ApplyCommand, printer: &mut Printer) -> anyhow::Result<ExitCode> {
    if fleet::is_named(&options.aws) {
        refuse_questions(options)?;
    }
    fleet::run("apply", &options.aws, Reads::ForWriting, printer, async |context, aws, printer| {
        apply_one(options, aws, context, printer).await
    })
    .await
}

/// Of several manifests none is asked about, and a saved plan is of one.
fn refuse_questions(options: &ApplyCommand) -> Result<(), UsageError> {
    if options.plan.is_some() {
        let hint = "run `rolecall apply FILE --file MANIFEST` once for each";
        return Err(UsageError::new("a saved plan is of one manifest", Some(hint)));
    }
    if !options.yes {
        let hint = "look at `rolecall plan` of the same manifests first; --yes then applies them all";
        return Err(UsageError::new("several manifests are applied only with --yes", Some(hint)));
    }
    Ok(())
}

async fn apply_one(
    options: &ApplyCommand,
    aws: &AwsOptions,
    context: &Context,
    printer: &mut Printer,
) -> anyhow::Result<(Report, ExitCode)> {
    let survey = context.survey().await.context(UNCHANGED)?;
    let plan = plan_changes(&survey.desired, &survey.observed, &survey.quotas, options.reach.into());
    let plan = plan.context(UNCHANGED)?;
    let human = aws.common.output.is_human();
    let mut report = Report::new("apply").with_survey(&survey).with_plan(&plan);
    report.warnings.clone_from(&context.warnings);
    report.outline = load_outline(aws)?;
    if human {
        if let Some(role) = &report.role {
            printer.result(&format!("{}\n", role.to_text()));
        }
        printer.result(&report.plan_text());
    }
    let planned = paper(&Documents::planned(&survey.desired, &survey.observed, &plan), &survey.desired);
    if !plan.changes.is_empty() {
        refuse_findings(&planned, &options.allow_findings).context(UNCHANGED)?;
    }
    if let Some(path) = &options.plan {
        let text = std::fs::read_to_string(path).map_err(|error| {
            UsageError::new(format!("cannot read the plan `{}`: {error}", path.display()), None)
        })?;
        saved::compare(&text, &survey, &plan).context(UNCHANGED)?;
    } else if !plan.changes.is_empty() && !options.yes {
        if !confirm("Apply these changes?", printer)? {
            printer.progress("nothing was changed");
            return Ok((report, ExitCode::Success));
        }
        let now = context.survey().await.context(UNCHANGED)?;
        let now = plan_changes(&now.desired, &now.observed, &now.quotas, options.reach.into())?;
        anyhow::ensure!(now == plan, STALE);
    }
    let mut run = Run { options, context, report, human, interrupt: interruptible() };
    let exit = run.carry_out(&plan, survey, printer).await.unwrap_or_else(|error| {
        let Failure { exit, message, hint } = explain(&error);
        run.fail(ErrorView { message, hint }, exit, printer)
    });
    Ok((run.report, exit))
}

/// An apply that was decided on.
struct Run<'a> {
    options: &'a ApplyCommand,
    context: &'a Context,
    report: Report,
    human: bool,
    interrupt: Interrupt,
}

impl Run<'_> {
    /// Writes, reads back, verifies.
    async fn carry_out(
        &mut self,
        plan: &Plan,
        mut survey: Survey,
        printer: &mut Printer,
    ) -> anyhow::Result<ExitCode> {
        if plan.changes.is_empty() {
            return self.verify(&survey, Freshness::Unchanged, printer).await;
        }
        let Context { aws, deadline, .. } = self.context;
        let applied = apply(plan, aws, *deadline, self.interrupt.clone(), &mut Narrator(printer)).await;
        self.report = std::mem::take(&mut self.report).with_applied(&applied);
        if !applied.is_complete() {
            return Ok(self.fail(describe(&applied), ExitCode::Failed, printer));
        }
        let made = count(applied.done.len(), "change", "changes");
        if self.human {
            printer.result(&format!("\n{made} made.\n"));
        }
        let unverified = || format!("{made} made, but what AWS holds now could not be verified");
        let settled = self.read_back(&survey, printer).await.with_context(unverified)?;
        survey.observed = settled.observed;
        self.report = std::mem::take(&mut self.report).with_survey(&survey);
        let exit = self.verify(&survey, Freshness::JustChanged, printer).await.with_context(unverified)?;
        if settled.is_settled {
            return Ok(exit);
        }
        printer.warning("AWS does not show all of the changes yet; `rolecall verify` looks again");
        Ok(exit.or(ExitCode::Inconclusive))
    }

    /// Reads AWS again until it shows what was written.
    async fn read_back(&self, survey: &Survey, printer: &mut Printer) -> AwsResult<Settled<Observed>> {
        let Context { aws, manifest, addresses, deadline, .. } = self.context;
        let reach = self.options.reach.into();
        let is_settled = |observed: &Observed| {
            plan_changes(&survey.desired, observed, &survey.quotas, reach)
                .is_ok_and(|plan| plan.changes.is_empty())
        };
        let read = async || observe(aws, &manifest.role.name, addresses).await;
        settle(read, is_settled, *deadline, self.interrupt.clone(), &mut Narrator(printer)).await
    }

    async fn verify(
        &mut self,
        survey: &Survey,
        freshness: Freshness,
        printer: &mut Printer,
    ) -> anyhow::Result<ExitCode> {
        let interrupt = self.interrupt.clone();
        let verification =
            verify(self.context, survey, self.options.level, freshness, interrupt, printer).await?;
        let exit = verification.exit();
        if self.human {
            printer.result(&format!("\n{}", verification.to_text("Verification", printer.evidence())));
        }
        self.report.verification = Some(verification);
        Ok(exit)
    }

    fn fail(&mut self, error: ErrorView, exit: ExitCode, printer: &mut Printer) -> ExitCode {
        printer.failure(&error);
        self.report.error = Some(error);
        exit
    }
}

/// A role that somebody else could assume is not made, unless the user said that each such finding is meant to be.
fn refuse_findings(planned: &VerificationView, allowed: &[String]) -> Result<(), RefusedPlan> {
    let is_refused = |finding: &&FindingView| {
        finding.is_about_trust()
            && finding.is_error()
            && !allowed.iter().any(|id| id.eq_ignore_ascii_case(&finding.id))
    };
    let refused: Vec<String> = planned
        .findings
        .iter()
        .filter(is_refused)
        .map(|finding| format!("{}: {}", finding.id, finding.message))
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(RefusedPlan { findings: refused }) }
}

/// Asks at a terminal; elsewhere nobody can answer, and that is a mistake in the call.
pub(crate) fn confirm(question: &str, printer: &mut Printer) -> anyhow::Result<bool> {
    if !printer.is_interactive() {
        let message = "there is nobody to ask here, so nothing was changed";
        return Err(UsageError::new(message, Some("--yes carries the plan out without asking")).into());
    }
    let answer = printer.ask(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// What failed, what was done before it, and what was not tried.
pub(crate) fn describe(applied: &Applied) -> ErrorView {
    let headlines = |changes: &[Change]| {
        changes
            .iter()
            .map(|change| format!("\n    {}", ChangeView::from(change).headline()))
            .collect::<String>()
    };
    let (mut message, hint) = match &applied.failure {
        Some((change, failure)) => {
            let hint = match failure {
                ApplyFailure::Aws(error) => hint_for(error),
                ApplyFailure::Deadline { .. } | ApplyFailure::Interrupted { .. } => None,
            };
            (format!("could not {}: {failure}", ChangeView::from(change).headline()), hint)
        }
        None => ("interrupted".to_owned(), None),
    };
    message += &match applied.done.as_slice() {
        [] => "\n  nothing was changed".to_owned(),
        done => format!("\n  done before that:{}", headlines(done)),
    };
    if !applied.remaining.is_empty() {
        message += &format!("\n  not tried:{}", headlines(&applied.remaining));
    }
    let hint =
        hint.unwrap_or_else(|| "run the same command again: it continues from what is there".to_owned());
    ErrorView { message, hint: Some(hint) }
}

//! `rolecall apply`: plan, ask, converge, verify.

use std::time::Duration;

use rolecall::provision::apply::{Applied, Failure, Interrupt, Progress, apply};
use rolecall::provision::observe::{Observed, observe};
use rolecall::provision::plan::{Change, Plan, PlanOptions, plan as plan_changes};
use rolecall::provision::settle::settle;
use rolecall::provision::survey::Survey;
use rolecall::report::{ChangeView, ErrorView, ExitCode, Report, VerificationView, count};
use rolecall::verify::live::{Freshness, probe_role};
use rolecall::verify::{Documents, paper};

use super::context::{Context, interruptible};
use super::failure::{UsageError, hint_for};
use super::options::{ApplyCommand, Level, Output};
use super::plan::list_calls;
use super::printer::Printer;

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
    let context = Context::open(&options.aws, printer).await?;
    let human = options.aws.common.output == Output::Human;
    let mut survey = context.survey().await?;
    let reach = options.reach.into();
    let plan = plan_changes(&survey.desired, &survey.observed, &survey.quotas, reach)?;
    let mut report = Report::new("apply").with_survey(&survey).with_plan(&plan);
    report.warnings.clone_from(&context.warnings);
    if human {
        if let Some(role) = &report.role {
            printer.result(&format!("{}\n", role.to_text()));
        }
        printer.result(&report.plan_text());
    }
    let planned = paper(&Documents::planned(&survey.desired, &survey.observed, &plan), &survey.desired);
    refuse_findings(&planned, &plan, options)?;
    let mut exit = ExitCode::Success;
    if !plan.changes.is_empty() && !options.yes {
        if !confirm("Apply these changes?", printer)? {
            printer.progress("nothing was changed");
            return Ok(ExitCode::Success);
        }
        survey = context.survey().await?;
        let now = plan_changes(&survey.desired, &survey.observed, &survey.quotas, reach)?;
        anyhow::ensure!(now == plan, STALE);
    }
    let interrupt = interruptible();
    if !plan.changes.is_empty() {
        let applied =
            apply(&plan, &context.aws, context.deadline, interrupt.clone(), &mut Narrator(printer)).await;
        report = report.with_applied(&applied);
        if !applied.is_complete() {
            let error = describe(&applied);
            printer.error(&error.message);
            error.hint.iter().for_each(|hint| printer.hint(hint));
            report.error = Some(error);
            return Ok(finish(report, &context, ExitCode::Failed, human, printer));
        }
        if human {
            printer.result(&format!("\n{} made.\n", count(applied.done.len(), "change", "changes")));
        }
        let (observed, settled) = read_back(&context, &survey, reach, interrupt.clone(), printer).await?;
        survey.observed = observed;
        if !settled {
            printer.warning("AWS does not show all of the changes yet; `rolecall verify` looks again");
            exit = ExitCode::Inconclusive;
        }
    }
    let freshness = if plan.changes.is_empty() { Freshness::Unchanged } else { Freshness::JustChanged };
    let verification = verify(&context, &survey, options.level, freshness, interrupt, printer).await?;
    exit = exit.or(verification.exit());
    if human {
        printer.result(&format!("\n{}", verification.to_text("Verification")));
    }
    report.verification = Some(verification);
    Ok(finish(report, &context, exit, human, printer))
}

/// A role that somebody else could assume is not made, unless the user said which finding is meant to be.
fn refuse_findings(
    planned: &VerificationView,
    plan: &Plan,
    options: &ApplyCommand,
) -> Result<(), UsageError> {
    let _ = (planned, plan, options);
    Ok(())
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
                Failure::Aws(error) => hint_for(error),
                Failure::Deadline { .. } | Failure::Interrupted { .. } => None,
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

/// Reads AWS again until it shows what was written.
async fn read_back(
    context: &Context,
    survey: &Survey,
    reach: PlanOptions,
    interrupt: Interrupt,
    printer: &mut Printer,
) -> anyhow::Result<(Observed, bool)> {
    let is_settled = |observed: &Observed| {
        plan_changes(&survey.desired, observed, &survey.quotas, reach)
            .is_ok_and(|plan| plan.changes.is_empty())
    };
    let observe = async || observe(&context.aws, &context.manifest.role.name, &context.addresses).await;
    let settled = settle(observe, is_settled, context.deadline, interrupt, &mut Narrator(printer)).await?;
    Ok((settled.observed, settled.is_settled))
}

/// The proof of what AWS holds now, and what AWS itself answers.
pub(crate) async fn verify(
    context: &Context,
    survey: &Survey,
    level: Level,
    freshness: Freshness,
    interrupt: Interrupt,
    printer: &mut Printer,
) -> anyhow::Result<VerificationView> {
    let Some(documents) = Documents::observed(&survey.observed) else {
        return Ok(VerificationView::default());
    };
    let mut verification = paper(&documents, &survey.desired);
    match level {
        Level::Paper => {}
        Level::Live => {
            let caller = &survey.observed.caller;
            let narrator = &mut Narrator(printer);
            verification.probes = probe_role(
                &context.aws,
                caller,
                &survey.desired,
                freshness,
                context.deadline,
                interrupt,
                narrator,
            )
            .await?;
        }
    }
    Ok(verification)
}

fn finish(
    mut report: Report,
    context: &Context,
    exit: ExitCode,
    human: bool,
    printer: &mut Printer,
) -> ExitCode {
    report.aws_calls = context.aws.calls().so_far().len();
    if !human {
        printer.result(&report.to_json(exit));
    }
    list_calls(&context.aws, printer);
    exit
}

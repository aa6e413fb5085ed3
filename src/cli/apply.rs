//! `rolecall apply`: plan, ask, converge, verify.

use std::time::Duration;

use anyhow::Context as _;
use rolecall::carry_out::aws::{Applied, Failure as ApplyFailure, Interrupt, Progress, apply};
use rolecall::carry_out::genesys::{
    Applied as GenesysApplied, Failure as GenesysFailure, Made, apply as apply_genesys,
};
use rolecall::carry_out::settle::{SPREADING, Settled, settle};
use rolecall::exit::ExitCode;
use rolecall::observe::aws::{Observed, observe};
use rolecall::observe::survey::Survey;
use rolecall::plan::aws::{Change, Plan, plan as plan_changes};
use rolecall::plan::genesys::{Plan as GenesysPlan, Step};
use rolecall::ports::AwsResult;
use rolecall::report::{ChangeView, ErrorView, Report, count, saved};
use rolecall::verify::gate::{Allowed, Verdict, judge};
use rolecall::verify::steady::Freshness;

use super::context::{Context, Services, interruptible, load_outline};
use super::failure::{Failure, RefusedPlan, UsageError, explain, genesys_hint, hint_for};
use super::fleet::{self, Reads};
use super::genesys::{GenesysPlanned, refuse_retirement, with_plan};
use super::options::{AllowOptions, ApplyCommand, AwsOptions};
use super::printer::Printer;
use super::verify::{shown, verify};

/// Said of everything that goes wrong before the first write.
pub(crate) const UNCHANGED: &str = "nothing was changed";

/// The same where the manifest may just have been edited.
const NOTHING_WRITTEN: &str = "nothing was changed in AWS or Genesys Cloud";

/// An answer takes time, and what was shown must be what is done.
pub(crate) const STALE: &str =
    "AWS has changed since the plan was shown, so nothing was changed; run the command again for a new plan";

/// Says on standard error what is being done and waited for.
pub(crate) struct Narrator<'p>(pub(crate) &'p mut Printer);

impl<C> Progress<C> for Narrator<'_>
where
    ChangeView: for<'c> From<&'c C>,
{
    fn starting(&mut self, change: &C) {
        // Somebody who watches wants to know what takes so long; a log needs only what was done.
        if self.0.is_interactive() {
            self.0.progress(&format!("  … {}", ChangeView::from(change).headline()));
        }
    }

    fn finished(&mut self, change: &C) {
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
    fleet::run(
        "apply",
        &options.aws,
        (Services::Both, Reads::ForWriting),
        printer,
        async |context, aws, printer| apply_one(options, aws, context, printer).await,
    )
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
    context: &mut Context,
    printer: &mut Printer,
) -> anyhow::Result<(Report, ExitCode)> {
    let survey = context.comparing_organizations(Context::survey, printer).await.context(UNCHANGED)?;
    let plan = plan_changes(&survey.desired, &survey.observed, &survey.quotas, options.reach.into());
    let plan = plan.context(UNCHANGED)?;
    let genesys = context.plan_genesys(&survey, options.reach.adopt).await.context(UNCHANGED)?;
    let steps = genesys.as_ref().map(|genesys| &genesys.plan);
    let is_empty = plan.changes.is_empty() && steps.is_none_or(|plan| plan.steps.is_empty());
    let human = aws.common.output.is_human();
    let mut report = Report::new("apply").with_survey(&survey).with_plan(&plan);
    report.warnings.clone_from(&context.warnings);
    report.outline = load_outline(aws)?;
    if let Some(GenesysPlanned { survey, plan }) = &genesys {
        report = with_plan(report, &survey.observed, plan);
    }
    if human {
        if let Some(role) = &report.role {
            printer.result(&format!("{}\n", role.to_text()));
        }
        printer.result(&report.plan_text());
    }
    if !is_empty {
        refuse_unproved(&survey, &plan, &options.allow).context(NOTHING_WRITTEN)?;
    }
    if let Some(plan) = steps {
        refuse_retirement(plan, options.reach.replace).context(UNCHANGED)?;
    }
    if let Some(path) = &options.plan {
        let text = std::fs::read_to_string(path).map_err(|error| {
            UsageError::new(format!("cannot read the plan `{}`: {error}", path.display()), None)
        })?;
        saved::compare(&text, &survey, &plan, steps).context(UNCHANGED)?;
    } else if !is_empty && !options.yes {
        if !confirm("Apply these changes?", printer)? {
            printer.progress("nothing was changed");
            return Ok((report, ExitCode::Success));
        }
        let now = context.survey().await.context(UNCHANGED)?;
        let genesys = context.plan_genesys(&now, options.reach.adopt).await.context(UNCHANGED)?;
        // The same plan can leave another role behind: others may have edited what it does not touch.
        refuse_unproved(&now, &plan, &options.allow).context(NOTHING_WRITTEN)?;
        let now = plan_changes(&now.desired, &now.observed, &now.quotas, options.reach.into())?;
        anyhow::ensure!(now == plan && genesys.as_ref().map(|genesys| &genesys.plan) == steps, STALE);
    }
    let none = GenesysPlan::default();
    let mut run = Run { options, context, report, human, interrupt: interruptible() };
    let carried_out = run.carry_out(&plan, steps.unwrap_or(&none), survey, printer).await;
    let exit = carried_out.unwrap_or_else(|error| {
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
        genesys: &GenesysPlan,
        mut survey: Survey,
        printer: &mut Printer,
    ) -> anyhow::Result<ExitCode> {
        if plan.changes.is_empty() && genesys.steps.is_empty() {
            return self.verify(&survey, Freshness::Unchanged, printer).await;
        }
        let Context { aws, deadline, .. } = self.context;
        let applied = apply(plan, aws, *deadline, self.interrupt.clone(), &mut Narrator(printer)).await;
        self.report = std::mem::take(&mut self.report).with_applied(&applied);
        // The role before the credential, the policy before the action.
        let genesys_applied = match &self.context.genesys {
            Some(side) if applied.is_complete() => {
                let interrupt = self.interrupt.clone();
                apply_genesys(
                    genesys,
                    side.client.as_ref(),
                    &mut Made::default(),
                    *deadline,
                    interrupt,
                    &mut Narrator(printer),
                )
                .await
            }
            Some(_) | None => GenesysApplied::none_of(genesys.steps.clone()),
        };
        self.report = std::mem::take(&mut self.report).with_genesys_applied(&genesys_applied);
        if !applied.is_complete() || !genesys_applied.is_complete() {
            let outcome = Outcome { aws: &applied, genesys: &genesys_applied };
            return Ok(self.fail(outcome.describe(), ExitCode::Failed, printer));
        }
        let made = count(applied.done.len() + genesys_applied.done.len(), "change", "changes");
        if self.human {
            printer.result(&format!("\n{made} made.\n"));
        }
        let unverified = || format!("{made} made, but what AWS holds now could not be verified");
        let settled = self.read_back(&survey, printer).await.with_context(unverified)?;
        survey.observed = settled.observed;
        self.report = std::mem::take(&mut self.report).with_survey(&survey);
        let is_settled = settled.is_settled
            && (genesys.steps.is_empty()
                || self.read_back_genesys(&survey, printer).await.with_context(unverified)?);
        let exit = self.verify(&survey, Freshness::JustChanged, printer).await.with_context(unverified)?;
        if is_settled {
            return Ok(exit);
        }
        let service = if settled.is_settled { "Genesys Cloud" } else { "AWS" };
        printer.warning(&format!(
            "{service} does not show all of the changes yet; `rolecall drift` looks again"
        ));
        Ok(exit.or(ExitCode::Inconclusive))
    }

    /// Reads Genesys Cloud again until it shows what was written.
    async fn read_back_genesys(&self, survey: &Survey, printer: &mut Printer) -> anyhow::Result<bool> {
        let Some(side) = &self.context.genesys else { return Ok(true) };
        let adopt = self.options.reach.adopt;
        let read = async || side.plan(self.context, survey, adopt).await;
        let is_settled = |planned: &GenesysPlanned| planned.plan.steps.is_empty();
        let (awaited, deadline) = ("Genesys Cloud to show the changes", self.context.deadline);
        let interrupt = self.interrupt.clone();
        let settled = settle(read, is_settled, awaited, deadline, interrupt, &mut Narrator(printer)).await?;
        Ok(settled.is_settled)
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
        settle(read, is_settled, SPREADING, *deadline, self.interrupt.clone(), &mut Narrator(printer)).await
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
        let verification = shown(&verification);
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

/// A plan is carried out only where the role is then proved to be what the manifest says, except for what the user names.
fn refuse_unproved(survey: &Survey, plan: &Plan, allowed: &AllowOptions) -> Result<(), RefusedPlan> {
    let Verdict { objections, verification: _ } = judge(survey, plan, &allowed.into());
    if objections.is_empty() {
        return Ok(());
    }
    Err(RefusedPlan { objections, leaves_foreign: !plan.foreign.is_empty() })
}

impl From<&AllowOptions> for Allowed {
    fn from(AllowOptions { allow_claim, allow_findings }: &AllowOptions) -> Self {
        Self {
            claims: allow_claim.iter().copied().collect(),
            findings: allow_findings.iter().copied().collect(),
        }
    }
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

/// How far a plan for AWS got.
pub(crate) fn describe(applied: &Applied) -> ErrorView {
    let none = GenesysApplied::none_of(Vec::new());
    Outcome { aws: applied, genesys: &none }.describe()
}

/// How far a plan got.
pub(crate) struct Outcome<'a> {
    pub(crate) aws: &'a Applied,
    pub(crate) genesys: &'a GenesysApplied,
}

impl Outcome<'_> {
    /// What failed, what was done before it, and what was not tried.
    pub(crate) fn describe(&self) -> ErrorView {
        let Self { aws, genesys } = self;
        let headlines = |changes: &[Change], steps: &[Step]| {
            let changes = changes.iter().map(ChangeView::from);
            let all = changes.chain(steps.iter().map(ChangeView::from));
            all.map(|change| format!("\n    {}", change.headline())).collect::<String>()
        };
        let (mut message, hint) = match (&aws.failure, &genesys.failure) {
            (Some((change, failure)), _) => (could_not(&change.into(), failure), hint_of(failure)),
            (None, Some((step, failure))) => (could_not(&step.into(), failure), hint_of_genesys(failure)),
            (None, None) => ("interrupted".to_owned(), None),
        };
        message += &match headlines(&aws.done, &genesys.done).as_str() {
            "" => "\n  nothing was changed".to_owned(),
            done => format!("\n  done before that:{done}"),
        };
        match headlines(&aws.remaining, &genesys.remaining).as_str() {
            "" => {}
            remaining => message += &format!("\n  not tried:{remaining}"),
        }
        let hint =
            hint.unwrap_or_else(|| "run the same command again: it continues from what is there".to_owned());
        ErrorView { message, hint: Some(hint) }
    }
}

fn could_not(change: &ChangeView, failure: &dyn std::error::Error) -> String {
    format!("could not {}: {failure}", change.headline())
}

fn hint_of(failure: &ApplyFailure) -> Option<String> {
    match failure {
        ApplyFailure::Aws(error) => hint_for(error),
        ApplyFailure::Deadline { .. } | ApplyFailure::Interrupted { .. } => None,
    }
}

fn hint_of_genesys(failure: &GenesysFailure) -> Option<String> {
    let hint = match failure {
        GenesysFailure::Genesys(error) => return genesys_hint(error),
        GenesysFailure::Invalid { .. } => "correct the [[action]], its schemas or its templates",
        GenesysFailure::DraftInTheWay { .. } => {
            "publish or discard the draft in Genesys Cloud (Admin > Integrations > Actions), then repeat the command"
        }
        GenesysFailure::Inactive { .. } => {
            "look at the integration in Genesys Cloud (Admin > Integrations), then repeat the command"
        }
        GenesysFailure::Deadline { .. }
        | GenesysFailure::Interrupted { .. }
        | GenesysFailure::Incomplete { .. } => return None,
    };
    Some(hint.to_owned())
}

//! `rolecall plan` and `rolecall drift`: what differs, and what is proved. Reads only.

use rolecall::connect::{Connected, Reads};
use rolecall::drift::pending;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, UsageError};
use rolecall::operations::{PlanningError, TowardsManifest};
use rolecall::plan::aws::PlanOptions;
use rolecall::report::{AS_IT_IS, RefusalView, Report, saved};
use rolecall::verify::Documents;
use rolecall::verify::gate::{Allowed, Verdict, judge};
use rolecall::verify::metrics::Limits;

use super::genesys::metrics::last_day;
use super::options::{AwsOptions, DriftCommand, LimitOptions, PlanCommand, ReachOptions};
use super::overwrite::FileKind;
use super::printer::Printer;
use super::{certificate, fleet};

impl From<ReachOptions> for PlanOptions {
    fn from(ReachOptions { adopt, remove_foreign, replace: _ }: ReachOptions) -> Self {
        Self { adopt, remove_foreign }
    }
}

pub(crate) async fn plan(options: &PlanCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    if options.out.is_some() && fleet::is_named(&options.aws) {
        let message = "`--out` takes one manifest";
        return Err(UsageError::new(
            message,
            Some("run `rolecall plan --out FILE --file MANIFEST` once for each"),
        )
        .into());
    }
    certificate::refuse_many(options.smtlib.as_ref(), &options.aws)?;
    fleet::run(
        "plan",
        &options.aws,
        (options.on.side.into(), Reads::ForWriting),
        printer,
        async |connected, printer| plan_one(options, connected, printer).await,
    )
    .await
}

async fn plan_one(
    options: &PlanCommand,
    connected: &mut Connected,
    printer: &mut Printer,
) -> CommandResult<(Report, ExitCode)> {
    options.fail.over(&mut connected.role.manifest);
    let known = connected.warnings.len();
    let plan = async |it: &Connected| it.plan_manifest(options.reach.into()).await;
    let (live, towards) = connected.comparing_organizations(plan).await;
    printer.warnings(connected.warnings.iter().skip(known));
    let (towards, live) = match towards {
        Ok(towards) => (towards, live),
        Err(error) => return Err(error.compared(live).into()),
    };
    let TowardsManifest { survey, genesys: _, plan, elsewhere, usage: _ } = &towards;
    // What would be possible afterwards: the plan's documents, and what others put on the role and keeps its place.
    let Verdict { mut verification, objections } = judge(survey, plan.foreign(), &Allowed::default());
    if let Some(folder) = &options.smtlib {
        let documents = Documents::planned(survey, plan.foreign());
        certificate::write_of_survey(folder, &documents, survey, printer)?;
    }
    if let Some(path) = &options.out {
        printer.files(FileKind::Plan, &[(path.clone(), saved::save(survey, plan))])?;
    }
    let differences = pending(survey, plan).map_err(PlanningError::from)?;
    // Without the option the exit code is about the role as `apply` leaves it; with the option, also about the role as it is.
    let is_pending = !(plan.is_in_sync() && elsewhere.is_empty());
    let now = match options.detailed_exitcode && is_pending {
        true => ExitCode::of_differences(&differences)
            .or(ExitCode::of_differences(elsewhere))
            .or(ExitCode::Pending),
        false => ExitCode::Success,
    };
    let compared = live.exit();
    verification.findings.extend(live.into_finding());
    // `apply` refuses only what it would write.
    let objections = if plan.is_empty() { Vec::new() } else { objections };
    let exit = verification.exit().or(ExitCode::of_objections(&objections)).or(compared).or(now);
    let report = Report {
        outline: connected.outline.clone(),
        warnings: connected.warnings.clone(),
        unexamined: connected.unexamined,
        refusals: objections.iter().map(RefusalView::from).collect(),
        ..Report::of_manifest_plan(&towards, &verification)
    }
    .with_pending(&differences);
    let report = printer.advising(report);
    let title = match survey.desired.managed_by {
        Some(_) => "As it is in AWS, which apply does not change",
        None => "After apply",
    };
    show(&report, title, &options.aws, printer);
    Ok((report, exit))
}

pub(crate) async fn drift(options: &DriftCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let LimitOptions { max_error_rate, max_p95 } = options.limits;
    let asked = options.with_metrics || max_error_rate.is_some() || max_p95.is_some();
    let measured = match asked {
        true => Some((Limits::from(&options.limits), last_day()?)),
        false => None,
    };
    let work = async |connected: &mut Connected, printer: &mut Printer| {
        options.fail.over(&mut connected.role.manifest);
        let known = connected.warnings.len();
        let (mut report, mut exit) = connected.drift().await?;
        if let Some((limits, window)) = measured {
            exit = exit.or(connected.measure(&mut report, window, &limits).await?);
        }
        let report = printer.advising(report);
        printer.warnings(connected.warnings.iter().skip(known));
        show(&report, AS_IT_IS, &options.aws, printer);
        if let Some(metrics) = report.metrics.as_ref().filter(|_| options.aws.common.output.is_human()) {
            printer.result(&format!("\n{}", metrics.to_text()));
        }
        Ok((report, exit))
    };
    fleet::run("drift", &options.aws, (options.on.side.into(), Reads::ForLooking), printer, work).await
}

/// The text for people.
fn show(report: &Report, title: &str, aws: &AwsOptions, printer: &mut Printer) {
    if !aws.common.output.is_human() {
        return;
    }
    printer.result(&report.heading());
    printer.result(&if report.changes_are_repairs() { report.drift_text() } else { report.plan_text() });
    if let Some(verification) = report.verification.as_ref().filter(|it| !it.claims.is_empty()) {
        let told = report.told();
        printer.result(&format!("\n{}", verification.to_text_after(&told, title, printer.evidence())));
    }
    printer.result(&report.refusals_text());
    printer.result(&report.do_now_text());
}

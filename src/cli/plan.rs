//! `rolecall plan` and `rolecall drift`: what differs, and what is proved. Reads only.

use futures_util::FutureExt as _;
use rolecall::aws::Aws;
use rolecall::exit::ExitCode;
use rolecall::manifest::write;
use rolecall::observe::survey::Survey;
use rolecall::operations::{Drifted, TowardsManifest};
use rolecall::plan::Plan;
use rolecall::plan::aws::{self, PlanOptions};
use rolecall::ports::calls::Call;
use rolecall::report::{RefusalView, Report, VerificationView, saved};
use rolecall::verify::gate::{Allowed, Objection, Verdict, judge};
use rolecall::verify::{Documents, Verification, intent, read};
use rolecall_genesys::client::Client;

use super::certificate;
use super::context::{Context, NOT_COMPARED, Services, load_outline};
use super::failure::{CommandResult, Context as _, UsageError};
use super::fleet::{self, Reads};
use super::options::{AwsOptions, DriftCommand, PlanCommand, ReachOptions};
use super::printer::Printer;

impl From<ReachOptions> for PlanOptions {
    fn from(ReachOptions { adopt, remove_foreign, replace: _ }: ReachOptions) -> Self {
        Self { adopt, remove_foreign }
    }
}

pub(crate) async fn plan(options: &PlanCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    if options.out.is_some() && fleet::is_named(&options.aws) {
        let message = "a plan that is written to a file is of one manifest";
        return Err(UsageError::new(message, Some("run `rolecall plan --out` once for each")).into());
    }
    certificate::refuse_many(options.smtlib.as_ref(), &options.aws)?;
    fleet::run(
        "plan",
        &options.aws,
        (Services::Both, Reads::ForWriting),
        printer,
        async |context, aws, printer| plan_one(options, aws, context, printer).await,
    )
    .await
}

async fn plan_one(
    options: &PlanCommand,
    aws: &AwsOptions,
    context: &mut Context,
    printer: &mut Printer,
) -> CommandResult<(Report, ExitCode)> {
    let look = async |context: &Context| context.plan_manifest(options.reach.into()).await;
    let TowardsManifest { survey, genesys, plan } = context.comparing_organizations(look, printer).await?;
    let left = aws::Plan { changes: Vec::new(), foreign: plan.foreign().to_vec() };
    // What would be possible afterwards: the plan's documents, and what others put on the role and keeps its place.
    let Verdict { verification, objections } = judge(&survey, &left, &Allowed::default());
    if let Some(folder) = &options.smtlib {
        let role = read(&Documents::planned(&survey, &left), &survey.desired.role_arn());
        certificate::write(folder, &role, &intent(&survey.desired), printer)?;
    }
    if let Some(path) = &options.out {
        write::save(path, &saved::save(&survey, &plan))
            .with_context(|| format!("cannot write the plan to `{}`", path.display()))?;
    }
    let is_pending = options.detailed_exitcode && !plan.is_in_sync();
    let pending = if is_pending { ExitCode::Pending } else { ExitCode::Success };
    // `apply` refuses only what it would write.
    let objections = if plan.is_empty() { Vec::new() } else { objections };
    let refused = objections.iter().map(Objection::exit).fold(ExitCode::Success, ExitCode::or);
    let exit = verification.exit().or(refused).or(pending);
    let outline = load_outline(aws)?;
    let refusals = objections.iter().map(RefusalView::from).collect();
    let mut report = Report { outline, refusals, ..report("plan", context, &survey, &plan, &verification) };
    if let Some(observed) = &genesys {
        report = report.with_genesys(&observed.organization, &plan);
    }
    show(&report, "After apply", aws, printer);
    Ok((report, exit))
}

pub(crate) async fn drift(options: &DriftCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    fleet::run("drift", &options.aws, (Services::Both, Reads::ForLooking), printer, drift_one).await
}

async fn drift_one(
    context: &mut Context,
    aws: &AwsOptions,
    printer: &mut Printer,
) -> CommandResult<(Report, ExitCode)> {
    let drifted = context.role.drift(context.other_organization()).boxed_local().await?;
    let exit = drifted.exit();
    let Drifted { survey, genesys, plan, differences, verification, not_compared } = drifted;
    let compared = match not_compared {
        Some(error) => {
            context.warn(format!("{NOT_COMPARED}: {error}"), printer);
            context.without_comparison()
        }
        None => ExitCode::Success,
    };
    let exit = exit.or(compared);
    let mut report = report("drift", context, &survey, &plan, &verification);
    if let Some(observed) = &genesys {
        report = report.with_genesys(&observed.organization, &plan);
    }
    let report = report.with_drift(&differences, load_outline(aws)?);
    show(&report, "As it is in AWS", aws, printer);
    Ok((report, exit))
}

fn report(
    command: &'static str,
    context: &Context,
    survey: &Survey,
    plan: &Plan,
    verification: &Verification,
) -> Report {
    Report {
        verification: Some(VerificationView::from(verification)),
        warnings: context.warnings.clone(),
        ..Report::new(command).with_survey(survey).with_plan(plan)
    }
}

/// The text for people.
fn show(report: &Report, title: &str, aws: &AwsOptions, printer: &mut Printer) {
    if !aws.common.output.is_human() {
        return;
    }
    if let Some(role) = &report.role {
        printer.result(&format!("{}\n", role.to_text()));
    }
    printer.result(&if report.drift.is_some() { report.drift_text() } else { report.plan_text() });
    if let Some(verification) = report.verification.as_ref().filter(|it| !it.claims.is_empty()) {
        printer.result(&format!("\n{}", verification.to_text(title, printer.evidence())));
    }
    printer.result(&report.refusals_text());
}

/// With `-v`: every request, and what came back.
pub(crate) fn list_all_calls(context: &Context, printer: &mut Printer) {
    list_calls(&context.aws, printer);
    if let Some(side) = &context.role.genesys {
        list_genesys_calls(&side.client, printer);
    }
}

/// With `-v`: every request to AWS, and what came back.
pub(crate) fn list_calls(aws: &Aws, printer: &mut Printer) {
    list(&aws.calls().so_far(), "AWS", printer);
}

/// With `-v`: every request to Genesys Cloud, and what came back.
pub(crate) fn list_genesys_calls(client: &Client, printer: &mut Printer) {
    list(&client.calls().so_far(), "Genesys Cloud", printer);
}

/// The same of several clients.
pub(crate) fn list(calls: &[Call], service: &str, printer: &mut Printer) {
    if !printer.shows_calls() {
        return;
    }
    for call in calls {
        let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        printer.progress(&format!("  {:>6} ms  {status}  {}", call.took.as_millis(), call.operation));
    }
    printer.progress(&format!("  {} requests to {service}", calls.len()));
}

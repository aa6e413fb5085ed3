//! `rolecall verify`: the proof of what AWS holds, and what AWS itself answers about the role and about a twin of it.

use futures_util::FutureExt as _;
use rolecall::exit::ExitCode;
use rolecall::operations::{Level as Depth, Verified, VerifyRequest};
use rolecall::report::{ErrorView, Report, VerificationView, count};
use rolecall::verify::analysers::BilledChecks;
use rolecall::verify::twin::{Examined, TwinError};
use rolecall::verify::{Verification, intent, read as read_documents};

use super::certificate;
use super::change::{Narrator, confirm, describe};
use super::context::{Context, Services, interruptible, load_outline};
use super::failure::{CommandResult, Context as _, UNCHANGED, hint_for};
use super::fleet::{self, Reads};
use super::options::{AwsOptions, Level, VerifyCommand};
use super::printer::Printer;
use tokio::join;

impl From<Level> for Depth {
    fn from(level: Level) -> Self {
        match level {
            Level::Paper => Self::Paper,
            Level::Live => Self::Live,
            Level::Twin => Self::Twin,
            Level::Genesys => Self::Genesys,
        }
    }
}

/// What to do about a twin that is still there.
const SWEEP: &str = "`rolecall verify --sweep` removes it";

pub(crate) async fn run(options: &VerifyCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    if let Some(text) = &options.explain_error {
        let context = Context::open(&options.aws, Services::Aws, printer).await?;
        return super::explain_error::run(text, &context, options.aws.common.output, printer).await;
    }
    certificate::refuse_many(options.smtlib.as_ref(), &options.aws)?;
    let reads = if options.sweep { Reads::ForWriting } else { Reads::ForLooking };
    if options.level == Level::Genesys
        && !options.sweep
        && !options.yes
        && !confirm("Run the data actions, which invokes their functions for real?", printer)?
    {
        return Ok(ExitCode::Success);
    }
    let services = if options.level == Level::Genesys { Services::Both } else { Services::Aws };
    fleet::run(
        "verify",
        &options.aws,
        (services, reads),
        printer,
        async |context, aws, printer| match options.sweep {
            true => sweep(aws, context, printer).await,
            false => verify_one(options, aws, context, printer).await,
        },
    )
    .await
}

async fn verify_one(
    options: &VerifyCommand,
    aws: &AwsOptions,
    context: &mut Context,
    printer: &mut Printer,
) -> CommandResult<(Report, ExitCode)> {
    let request = VerifyRequest {
        level: options.level.into(),
        billed: if options.billed_checks { BilledChecks::Made } else { BilledChecks::LeftOut },
        explain: options.explain,
        interrupt: interruptible(),
    };
    let narrator = Narrator::new(printer);
    let (other, verified) =
        join!(context.other_organization(), context.role.verify(&request, &narrator).boxed_local());
    context.warn_of(other, printer);
    let Verified { survey, documents, verification } = verified?;
    let mut report = Report::new("verify").with_survey(&survey);
    report.warnings.clone_from(&context.warnings);
    report.outline = load_outline(aws)?;
    tell_troubles(&verification, printer);
    if let Some(folder) = &options.smtlib {
        let role = read_documents(&documents, &survey.desired.role_arn());
        certificate::write(folder, &role, &intent(&survey.desired), printer)?;
    }
    let exit = verification.exit();
    let verification = with_hints(VerificationView::tabled(&verification), &verification);
    if aws.common.output.is_human() {
        if let Some(role) = &report.role {
            printer.result(&format!("{}\n", role.to_text()));
        }
        printer.result(&verification.to_text("Verification", printer.evidence()));
    }
    report.verification = Some(verification);
    Ok((report, exit))
}

/// Says what went wrong with a twin.
pub(crate) fn tell_troubles(verification: &Verification, printer: &mut Printer) {
    let troubles = verification.twin.iter().flat_map(troubles);
    troubles.for_each(|trouble| printer.failure(&trouble));
}

/// What was verified as data for readers.
pub(crate) fn shown(verification: &Verification) -> VerificationView {
    with_hints(VerificationView::from(verification), verification)
}

/// The view with what to do about each trouble with the twin.
fn with_hints(mut view: VerificationView, verification: &Verification) -> VerificationView {
    if let (Some(twin), Some(examined)) = (&mut view.twin, &verification.twin) {
        twin.trouble = troubles(examined);
    }
    view
}

/// What went wrong with a twin, and what to do about it.
fn troubles(Examined { role: _, probes: _, stopped, left_behind }: &Examined) -> Vec<ErrorView> {
    let stopped =
        stopped.iter().map(|error| ErrorView { hint: hint_for_twin(error), message: error.to_string() });
    let left_behind = left_behind
        .iter()
        .map(|error| ErrorView { message: error.to_string(), hint: Some(SWEEP.to_owned()) });
    stopped.chain(left_behind).collect()
}

fn hint_for_twin(error: &TwinError) -> Option<String> {
    let failed = error.aws()?;
    match error.is_refusal() {
        // It lets nobody write any policy on a role that he can assume: that would be a way to every permission.
        true if failed.operation == "iam:PutRolePolicy" || failed.operation == "iam:AttachRolePolicy" => {
            Some(format!(
                "a twin needs every policy that is on the role; `rolecall render twin` permits only those that rolecall \
             made, so remove the others, or run this with {} on the twin",
                failed.operation
            ))
        }
        true => Some(format!(
            "the caller needs the permission {}; `rolecall render twin` prints the least that a twin needs",
            failed.operation
        )),
        false => hint_for(failed),
    }
}

/// Removes every twin of the role.
async fn sweep(
    aws: &AwsOptions,
    context: &Context,
    printer: &mut Printer,
) -> CommandResult<(Report, ExitCode)> {
    let role = &context.manifest.role;
    let swept = context.role.sweep(&interruptible(), &Narrator::new(printer)).await;
    let (plan, applied) = swept.context(UNCHANGED)?;
    let human = aws.common.output.is_human();
    let mut report = Report::new("verify").with_plan(&plan).with_applied(&applied);
    report.warnings.clone_from(&context.warnings);
    let mut exit = ExitCode::Success;
    if !applied.is_complete() {
        let error = describe(&applied);
        printer.failure(&error);
        report.error = Some(error);
        exit = ExitCode::Failed;
    } else if human {
        let twins = plan.changes().iter().filter(|change| change.operation() == "iam:DeleteRole").count();
        printer.result(&match twins {
            0 => format!("No twin of role {} is there.\n", role.name),
            twins => format!("{} of role {} removed.\n", count(twins, "twin", "twins"), role.name),
        });
    }
    Ok((report, exit))
}

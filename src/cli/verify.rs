//! `rolecall verify`: the proof of what AWS holds, and what AWS itself answers about the role and about a twin of it.

use rolecall::connect::{Connected, Reads, Services};
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandError, CommandResult, Context as _, UNCHANGED, UsageError};
use rolecall::manifest::PartyName;
use rolecall::operations::{Level as Depth, Verified, VerifyRequest};
use rolecall::report::{Report, VerificationView, count};
use rolecall::verify::analysers::BilledChecks;
use rolecall_model::patience::Interrupt;

use super::certificate;
use super::change::{Narrator, confirm, describe};
use super::context::{Context, interruptible};
use super::fleet;
use super::options::{Level, VerifyCommand};
use super::printer::Printer;

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

pub(crate) async fn run(options: &VerifyCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    if let Some(text) = &options.explain_error {
        let context = Context::open(&options.aws, Services::Aws, printer).await?;
        if let PartyName::Vendor(name) = context.manifest.party.name() {
            let message = format!("rolecall does not know the errors of {name}, which the manifest is for");
            return Err(UsageError::new(message, Some(EXPLAINED_BY_HAND)).into());
        }
        return super::explain_error::run(text, &context, options.aws.common.output, printer).await;
    }
    certificate::refuse_many(options.smtlib.as_ref(), &options.aws)?;
    let reads = if options.sweep { Reads::ForWriting } else { Reads::ForLooking };
    if options.level == Level::Genesys
        && !options.sweep
        && !options.yes
        && !confirm(
            "Run the data actions, which invokes their functions for real?",
            "--yes runs the data actions, and with them their functions, without asking",
            printer,
        )?
    {
        return Err(CommandError::declined());
    }
    let services = if options.level == Level::Genesys { Services::Both } else { Services::Aws };
    fleet::run("verify", &options.aws, (services, reads), printer, async |connected, printer| {
        match options.sweep {
            true => sweep(options, connected, printer).await,
            false => verify_one(options, connected, printer).await,
        }
    })
    .await
}

/// What there is where an error text is not understood.
const EXPLAINED_BY_HAND: &str = "`rolecall verify --level twin` asks AWS whether a caller in the place of the vendor gets in, and what a session can do";

async fn verify_one(
    options: &VerifyCommand,
    connected: &mut Connected,
    printer: &mut Printer,
) -> CommandResult<(Report, ExitCode)> {
    if options.level == Level::Genesys {
        connected.manifest.require_genesys()?;
    }
    options.fail.over(&mut connected.role.manifest);
    let request = VerifyRequest {
        level: options.level.into(),
        billed: if options.billed_checks { BilledChecks::Made } else { BilledChecks::LeftOut },
        exhaustive: options.exhaustive,
        explain: options.explain,
        interrupt: interrupt_of(options.level)?,
    };
    let known = connected.warnings.len();
    let verified = connected.verify(&request, &Narrator::new(printer)).await;
    printer.warnings(connected.warnings.iter().skip(known));
    let (Verified { survey, documents, verification: _, to_do: _ }, report, exit) = verified?;
    let report = printer.advising(report);
    if let Some(view) = &report.verification {
        tell_troubles(view, printer);
    }
    if let (Some(folder), Some(documents)) = (&options.smtlib, &documents) {
        certificate::write_of_survey(folder, documents, &survey, printer)?;
    }
    if options.aws.common.output.is_human() {
        printer.result(&report.heading());
        if let Some(view) = &report.verification {
            printer.result(&view.to_text("Verification", printer.evidence()));
        }
        printer.result(&report.do_now_text());
    }
    Ok((report, exit))
}

/// A twin must be removed, and whoever waits for AWS is told how far that got; otherwise Ctrl-C ends the process.
fn interrupt_of(level: Level) -> CommandResult<Interrupt> {
    match level {
        Level::Paper | Level::Genesys => Ok(Interrupt::never()),
        Level::Live | Level::Twin => interruptible(),
    }
}

/// Says what went wrong with a twin.
pub(crate) fn tell_troubles(verification: &VerificationView, printer: &mut Printer) {
    let troubles = verification.twin.iter().flat_map(|twin| &twin.trouble);
    troubles.for_each(|trouble| printer.failure(trouble));
}

/// Removes every twin of the role.
async fn sweep(
    options: &VerifyCommand,
    context: &Connected,
    printer: &mut Printer,
) -> CommandResult<(Report, ExitCode)> {
    let role = &context.manifest.role;
    let swept = context.role.sweep(&interruptible()?, &Narrator::new(printer)).await;
    let (plan, applied) = swept.context(UNCHANGED)?;
    let human = options.aws.common.output.is_human();
    let mut report = Report::new("verify").with_plan(&plan, None).with_applied(&applied);
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
            0 => format!("No twins of role {} were found.\n", role.name),
            twins => format!("{} of role {} removed.\n", count(twins, "twin", "twins"), role.name),
        });
    }
    Ok((report, exit))
}

//! `rolecall verify`: the proof of what AWS holds, and what AWS itself answers about the role and about a twin of it.

use anyhow::Context as _;
use futures_util::FutureExt as _;
use rolecall::carry_out::{Absent, Made, Writers, carry_out};
use rolecall::exit::ExitCode;
use rolecall::report::{ErrorView, Report, VerificationView, count};
use rolecall::verify::analysers::BilledChecks;
use rolecall::verify::finding::disagreements;
use rolecall::verify::functions;
use rolecall::verify::live::probe_role;
use rolecall::verify::second::SecondOpinions;
use rolecall::verify::steady::{Asking, Freshness};
use rolecall::verify::twin::sweep::plan_sweep;
use rolecall::verify::twin::{Examined, TwinError, examine, witnesses};
use rolecall::verify::{Documents, Verification, explain, intent, paper, read as read_documents};

use super::certificate;
use super::change::{Narrator, UNCHANGED, confirm, describe};
use super::context::{Context, Services, interruptible, load_outline};
use super::failure::hint_for;
use super::fleet::{self, Reads};
use super::genesys::test_all;
use super::options::{AwsOptions, Level, VerifyCommand};
use super::printer::Printer;
use rolecall::observe::survey::Survey;
use rolecall_model::patience::Interrupt;
use tokio::join;

/// What to do about a twin that is still there.
const SWEEP: &str = "`rolecall verify --sweep` removes it";

pub(crate) async fn run(options: &VerifyCommand, printer: &mut Printer) -> anyhow::Result<ExitCode> {
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
) -> anyhow::Result<(Report, ExitCode)> {
    // Three calls a function and more: worth it where AWS is asked for more than the documents, and nobody waits longer
    // for them than for the rest.
    let read = async |context: &Context| {
        let looked_at = match options.level {
            Level::Paper => &[],
            Level::Live | Level::Twin | Level::Genesys => context.addresses.as_slice(),
        };
        join!(context.survey(), functions::read(&context.aws, looked_at))
    };
    let (survey, sides) = context.comparing_organizations(read, printer).await;
    let survey = survey?;
    let mut report = Report::new("verify").with_survey(&survey);
    report.warnings.clone_from(&context.warnings);
    report.outline = load_outline(aws)?;
    if survey.observed.role.is_none() {
        let message =
            format!("role `{}` does not exist, so there is nothing to verify", survey.desired.role_arn());
        return Err(anyhow::Error::msg(message).context("cannot verify"));
    }
    let asked = verify(context, &survey, options.level, Freshness::Unchanged, interruptible(), printer);
    let (verification, second) = join!(asked, second_opinions(context, &survey, options));
    let mut verification = verification?;
    let (findings, notes) = functions::judge(&sides, &survey.desired);
    verification.findings.extend(findings);
    verification.notes.extend(notes);
    if let Some(second) = &second {
        second.add_to(&mut verification, &survey);
    }
    let documents = Documents::observed(&survey.observed, &survey.desired.role.name);
    if let (Some(folder), Some(documents)) = (&options.smtlib, &documents) {
        let role = read_documents(documents, &survey.desired.role_arn());
        certificate::write(folder, &role, &intent(&survey.desired), printer)?;
    }
    if let (true, Some(documents)) = (options.explain, documents) {
        explain(&mut verification, &documents, &survey.desired);
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

/// What AWS's analysers and the organisation say; at the level of paper nobody is asked.
async fn second_opinions(
    context: &Context,
    survey: &Survey,
    options: &VerifyCommand,
) -> Option<SecondOpinions> {
    let documents = Documents::observed(&survey.observed, &survey.desired.role.name)?;
    let billed = if options.billed_checks { BilledChecks::Made } else { BilledChecks::LeftOut };
    match options.level {
        Level::Paper => None,
        Level::Live | Level::Twin | Level::Genesys => {
            Some(SecondOpinions::ask(&context.aws, documents, &survey.desired, billed).await)
        }
    }
}

/// The proof of what AWS holds now, and what AWS itself answers.
pub(crate) async fn verify(
    context: &Context,
    survey: &Survey,
    level: Level,
    freshness: Freshness,
    interrupt: Interrupt,
    printer: &mut Printer,
) -> anyhow::Result<Verification> {
    let Some(documents) = Documents::observed(&survey.observed, &survey.desired.role.name) else {
        return Ok(Verification::default());
    };
    let mut verification = paper(&documents, &survey.desired);
    if level == Level::Paper {
        return Ok(verification);
    }
    let (caller, deadline) = (&survey.observed.caller, context.deadline);
    let narrator = Narrator::new(printer);
    let asking = Asking { freshness, deadline, interrupt, observer: &narrator };
    verification.probes = probe_role(&context.aws, caller, &survey.desired, &documents, &asking).await?;
    if level == Level::Twin {
        let (genesys, witnesses) =
            (&context.manifest.genesys.trusted_account, witnesses(&verification.claims));
        let examined =
            examine(&context.aws, survey, &documents, genesys, &witnesses, &asking).boxed_local().await;
        narrator.say(|printer| troubles(&examined).iter().for_each(|trouble| printer.failure(trouble)));
        verification.twin = Some(examined);
    }
    if level == Level::Genesys {
        verification.actions = test_all(context, freshness).await?;
    }
    let disagreements = disagreements(verification.all_probes());
    verification.findings.extend(disagreements);
    Ok(verification)
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
) -> anyhow::Result<(Report, ExitCode)> {
    let role = &context.manifest.role;
    let plan = plan_sweep(&context.aws, &role.name, &role.path).await.context(UNCHANGED)?;
    let writers = Writers { aws: &context.aws, genesys: Absent };
    let (made, interrupt, narrator) = (Made::default(), interruptible(), Narrator::new(printer));
    let applied = carry_out(&plan, &writers, &made, context.deadline, &interrupt, &narrator).await;
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

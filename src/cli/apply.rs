//! `rolecall apply`: plan, ask, converge, verify.

use futures_util::FutureExt as _;
use rolecall::connect::{Connected, Loaded, Reads};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{
    CommandError, CommandResult, Context as _, UNCHANGED, UsageError, hint_for_absent, troubles,
};
use rolecall::observe::survey::Survey;
use rolecall::operations::{ChangeError, ChangeRequest, Changed, Goal, ReadBack, Service, Written};
use rolecall::plan::aws::Foreign;
use rolecall::report::{ErrorView, Report, VerificationView, count};
use rolecall::verify::gate::{Allowed, judge};
use rolecall::verify::live_organization::LiveOrganization;
use rolecall::verify::steady::Freshness;
use rolecall_model::file;
use rolecall_model::patience::Interrupt;

use super::change::{Asking, Console, Narrator, describe, survey_after};
use super::context::{Context, NO_HANDLERS, Signals, in_any_account};
use super::fleet;
use super::notify::Teller;
use super::options::{AllowOptions, ApplyCommand};
use super::printer::Printer;
use super::verify::tell_troubles;

pub(crate) async fn run(options: &ApplyCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    if fleet::is_named(&options.aws) {
        refuse_questions(options)?;
    }
    fleet::run(
        "apply",
        &options.aws,
        (options.on.side.into(), Reads::ForWriting),
        printer,
        async |connected, printer| apply_and_tell(options, connected, &|_| Ok(()), printer).await,
    )
    .await
}

/// Applies a manifest that is not written yet: `write` writes it once the plan may be carried out, or there is nothing to do.
pub(crate) async fn run_unwritten(
    options: &ApplyCommand,
    manifest: Loaded,
    write: &dyn Fn(&mut Printer) -> CommandResult<()>,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let manifest = if options.aws.sandbox { in_any_account(manifest) } else { manifest };
    let context = Context::open_manifest(manifest, &options.aws, options.on.side.into(), printer).await?;
    fleet::run_one(context, &options.aws, printer, async |connected, printer| {
        apply_and_tell(options, connected, write, printer).await
    })
    .await
}

/// Of several manifests none is asked about, and a saved plan is of one.
fn refuse_questions(options: &ApplyCommand) -> Result<(), UsageError> {
    if options.plan.is_some() {
        let hint = "run `rolecall apply FILE --file MANIFEST` once for each";
        return Err(UsageError::new("a saved plan belongs to one manifest", Some(hint)));
    }
    if !options.yes {
        let hint = "review `rolecall plan` for the same manifests, then use --yes to apply all of them";
        return Err(UsageError::coded(
            ErrorCode::NoTerminal,
            "applying several manifests requires --yes",
            Some(hint),
        ));
    }
    Ok(())
}

/// Applies, then tells whom [notify] names: whatever became of it, and without a change to it.
async fn apply_and_tell(
    options: &ApplyCommand,
    context: &mut Connected,
    before_writing: &dyn Fn(&mut Printer) -> CommandResult<()>,
    printer: &mut Printer,
) -> CommandResult<(Report, ExitCode)> {
    options.fail.over(&mut context.role.manifest);
    let teller = Teller::new(context.manifest.notify.as_ref(), options.aws.sandbox)?;
    let result = apply_one(options, context, before_writing, printer).boxed_local().await;
    let result = result.map_err(|error| context.told(error));
    match teller {
        Some(teller) => teller.tell(context, result, printer).boxed_local().await,
        None => result,
    }
}

async fn apply_one(
    options: &ApplyCommand,
    context: &mut Connected,
    before_writing: &dyn Fn(&mut Printer) -> CommandResult<()>,
    printer: &mut Printer,
) -> CommandResult<(Report, ExitCode)> {
    let signals = Signals::new();
    let request = request(options, &signals);
    let known = context.warnings.len();
    let plan = async |context: &Connected| context.plan(request.goal, request.options).await;
    let (live, planned) = context.comparing_organizations(plan).await;
    printer.warnings(context.warnings.iter().skip(known));
    let (planned, live) = match planned {
        Ok(planned) => (planned, live),
        Err(error) => return Err(error.compared(live)).context(UNCHANGED),
    };
    let human = options.aws.common.output.is_human();
    let console = Console {
        command: "apply",
        narrator: Narrator::new(printer),
        human,
        asking: asking(options)?,
        signals: &signals,
        before_writing,
        heading: None,
        unexamined: context.unexamined,
    };
    let mut told = Report {
        warnings: context.warnings.clone(),
        unexamined: context.unexamined,
        outline: context.outline.clone(),
        ..Report::of_plan("apply", &planned)
    };
    let judged = planned.survey.clone().map(|survey| (survey, planned.plan.foreign().to_vec()));
    let changed = match context.change_as_planned(planned, &request, &console).boxed_local().await {
        Ok(changed) => changed,
        Err(refused @ ChangeError::Unproved { .. }) => {
            if let Some((survey, foreign)) = judged {
                tell_refused(options, &survey, &foreign, &mut told, printer);
            }
            let error = context.told(CommandError::from(refused));
            let exit = fail(error.view(), error.exit, &mut told, printer);
            return Ok((printer.advising(told), exit.or(live.exit())));
        }
        Err(error) => return Err(error.into()),
    };
    if changed.is_declined {
        return Err(CommandError::declined());
    }
    if changed.written.is_none() {
        before_writing(printer)?;
    }
    signals.arm().context(NO_HANDLERS)?;
    if let Some(written) = &changed.written {
        told = told.with_applied(&written.applied);
    }
    let compared = live.exit();
    // What another tool has to repair, apply has not repaired.
    let pending = ExitCode::of_differences(&changed.planned.elsewhere);
    let finished =
        finish(options, context, changed, (&request.interrupt, live), &mut told, printer).boxed_local().await;
    let exit =
        finished.unwrap_or_else(|error| fail(error.view(), error.exit, &mut told, printer)).or(pending);
    Ok((printer.advising(told), exit.or(compared)))
}

/// What would be proved after a plan that is refused.
fn tell_refused(
    options: &ApplyCommand,
    survey: &Survey,
    foreign: &[Foreign],
    told: &mut Report,
    printer: &mut Printer,
) {
    let judged = judge(survey, foreign, &Allowed::default()).verification;
    let mut verification = VerificationView::new(&judged, troubles(&judged));
    verification.advise(printer.invocation());
    if options.aws.common.output.is_human() {
        let title = "After apply, which is refused";
        printer.result(&format!("\n{}", verification.to_text(title, printer.evidence())));
    }
    told.verification = Some(verification);
}

fn request(options: &ApplyCommand, signals: &Signals) -> ChangeRequest {
    ChangeRequest {
        goal: Goal::Manifest,
        options: options.reach.into(),
        allowed: (&options.allow).into(),
        may_retire: options.reach.replace,
        interrupt: signals.interrupt.clone(),
    }
}

fn asking(options: &ApplyCommand) -> Result<Asking, UsageError> {
    match &options.plan {
        Some(path) => file::read_text(path, file::LARGEST).map(Asking::Reviewed).map_err(|error| {
            UsageError::coded(
                ErrorCode::Local,
                format!("cannot read the plan `{}`: {error}", path.display()),
                None,
            )
        }),
        None if options.yes => Ok(Asking::Yes),
        None => Ok(Asking::Question("Apply these changes?")),
    }
}

/// Says how far the plan got, and verifies what the services show now.
async fn finish(
    options: &ApplyCommand,
    context: &Connected,
    changed: Changed,
    (interrupt, live): (&Interrupt, LiveOrganization),
    told: &mut Report,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let Changed { planned, written, is_declined: _ } = changed;
    let Some(Written { applied, read_back }) = written else {
        let Some(survey) = planned.survey else { return Ok(ExitCode::Success) };
        let look = (Freshness::Unchanged, interrupt, live);
        return verify_now(options, context, &survey, look, told, printer).await;
    };
    let Some(read_back) = read_back else {
        return Ok(fail(describe(&applied), ExitCode::Failed, told, printer));
    };
    let made = count(applied.done.len(), "change", "changes");
    let unverified = || format!("{made} made, but the result could not be verified");
    let ReadBack { observed, unsettled } = read_back.with_context(unverified)?;
    let Some(survey) = survey_after(planned, observed) else { return Ok(ExitCode::Success) };
    *told = std::mem::take(told).with_survey(&survey);
    // What was written to Genesys Cloud alone changes no answer of AWS.
    let freshness = if applied.writes_aws() { Freshness::JustChanged } else { Freshness::Unchanged };
    let fresh = (freshness, interrupt, live);
    let exit = verify_now(options, context, &survey, fresh, told, printer).await.with_context(unverified)?;
    let Some(service) = unsettled.first() else { return Ok(exit) };
    let service = match service {
        Service::Aws => "AWS",
        Service::GenesysCloud => "Genesys Cloud",
    };
    let again = printer.invocation().command("drift");
    let open = format!("{service} does not show all of the changes yet; {again} checks again");
    printer.warning(&open);
    told.warnings.push(open);
    Ok(exit.or(ExitCode::Inconclusive))
}

async fn verify_now(
    options: &ApplyCommand,
    context: &Connected,
    survey: &Survey,
    (freshness, interrupt, live): (Freshness, &Interrupt, LiveOrganization),
    told: &mut Report,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let narrator = Narrator::new(printer);
    let verified =
        context.verify_survey(survey, options.level.into(), freshness, interrupt, &narrator).boxed_local();
    let mut verification = verified.await?;
    verification.findings.extend(live.into_finding());
    let exit = verification.exit();
    let mut verification = VerificationView::new(&verification, troubles(&verification));
    verification.advise(printer.invocation());
    tell_troubles(&verification, printer);
    if options.aws.common.output.is_human() {
        printer.result(&format!("\n{}", verification.to_text("Verification", printer.evidence())));
    }
    told.verification = Some(verification);
    if let Some(hint) = hint_for_absent(survey) {
        printer.hint(&hint);
    }
    Ok(exit)
}

fn fail(error: ErrorView, exit: ExitCode, told: &mut Report, printer: &mut Printer) -> ExitCode {
    printer.failure(&error);
    told.error = Some(error);
    exit
}

impl From<&AllowOptions> for Allowed {
    fn from(AllowOptions { allow_claim, allow_findings }: &AllowOptions) -> Self {
        Self {
            claims: allow_claim.iter().copied().collect(),
            findings: allow_findings.iter().copied().collect(),
        }
    }
}

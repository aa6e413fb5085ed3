//! What `apply`, `genesys connect` and `destroy` have in common: they show a plan, ask, and say how far they got.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rolecall::carry_out::{Applied, Effect, Event, Failure, Observer};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::observe::survey::Survey;
use rolecall::operations::{Consent, Planned, ReadBack, Service, Shell, Written};
use rolecall::plan::Change;
use rolecall::plan::aws::TrustStep;
use rolecall::ports::WriteOutcome;
use rolecall::report::{ChangeView, ErrorView, Report, UnexaminedView, count, saved};

use super::context::{NO_HANDLERS, Signals};
use super::printer::Printer;
use rolecall::failure::{
    Coded as _, CommandError, CommandResult, Context as _, Explained as _, RUN_AGAIN, UNCHANGED, UsageError,
};

/// Says on standard error what is being done and waited for.
pub(crate) struct Narrator<'p>(RefCell<&'p mut Printer>);

impl<'p> Narrator<'p> {
    pub(crate) fn new(printer: &'p mut Printer) -> Self {
        Self(RefCell::new(printer))
    }

    /// The door, for a moment.
    pub(crate) fn say<T>(&self, with: impl FnOnce(&mut Printer) -> T) -> T {
        with(&mut self.0.borrow_mut())
    }
}

impl Observer for Narrator<'_> {
    fn observe(&self, event: Event<'_>) {
        let mut printer = self.0.borrow_mut();
        match event {
            // Somebody who watches wants to know what takes so long; a log needs only what was done.
            Event::Starting(change) if printer.is_interactive() => {
                printer.progress(&format!("  … {}", ChangeView::from(change).headline()));
            }
            Event::Starting(_) | Event::Applied(_) => {}
            Event::Finished(change, effect) => {
                let headline = ChangeView::from(change).headline();
                printer.progress(&match effect {
                    Effect::Written => format!("  ✓ {headline}"),
                    Effect::NotFound => format!("  ✓ nothing to do: {headline} (not found)"),
                    Effect::Gone => format!("  ✓ {headline} (gone; whether by this run is not known)"),
                });
            }
            Event::Waiting { awaited, waited } => {
                printer.progress(&format!("  … waiting for {awaited} ({} s so far)", waited.as_secs()));
            }
        }
    }
}

/// How consent is given.
#[derive(Clone, Debug)]
pub(crate) enum Asking {
    /// The user said it in advance.
    Yes,
    /// The user is asked this.
    Question(&'static str),
    /// The user reviewed this plan, which a file holds.
    Reviewed(String),
}

/// A command at work: it shows the plan, asks, and tells what happens.
pub(crate) struct Console<'p> {
    pub(crate) command: &'static str,
    pub(crate) narrator: Narrator<'p>,
    pub(crate) human: bool,
    pub(crate) asking: Asking,
    /// Listened to from the moment of consent.
    pub(crate) signals: &'p Signals,
    /// What is done once the plan may be carried out, before the first write.
    pub(crate) before_writing: &'p dyn Fn(&mut Printer) -> CommandResult<()>,
    /// What is shown before the plan; `None` shows the role.
    pub(crate) heading: Option<&'p dyn Fn(&Planned) -> String>,
    /// The side that nobody looks at.
    pub(crate) unexamined: Option<UnexaminedView>,
}

impl Observer for Console<'_> {
    fn observe(&self, event: Event<'_>) {
        if let (Event::Applied(applied), true) = (event, self.human) {
            let made = count(applied.done.len(), "change", "changes");
            self.narrator.say(|printer| printer.result(&format!("\n{made} made.\n")));
        }
        self.narrator.observe(event);
    }
}

impl Shell for Console<'_> {
    type Refusal = CommandError;

    fn planned(&self, planned: &Planned) {
        if !self.human {
            return;
        }
        let report = Report { unexamined: self.unexamined, ..Report::of_plan(self.command, planned) };
        let heading = match self.heading {
            Some(heading) => report.account_text() + &heading(planned),
            None => report.heading(),
        };
        self.narrator.say(|printer| printer.result(&(heading + &report.plan_text())));
    }

    fn compare(&self, planned: &Planned) -> CommandResult<()> {
        if let (Asking::Reviewed(text), Some(survey)) = (&self.asking, &planned.survey) {
            saved::compare(text, survey, &planned.plan)?;
        }
        Ok(())
    }

    fn consent(&self, planned: &Planned) -> CommandResult<Consent> {
        let consent = match &self.asking {
            // What was reviewed was compared.
            Asking::Yes | Asking::Reviewed(_) => Consent::Given,
            Asking::Question(question) => {
                let question = match planned.plan.retired().len() {
                    0 => (*question).to_owned(),
                    ended => format!(
                        "{} with {}, and flows that refer to it fail. {question}",
                        count(ended, "data action ends", "data actions end"),
                        if ended == 1 { "its ID" } else { "their IDs" }
                    ),
                };
                match self.narrator.say(|printer| confirm(&question, YES, printer))? {
                    true => Consent::GivenLater,
                    false => Consent::Declined,
                }
            }
        };
        self.signals.arm().context(NO_HANDLERS)?;
        match consent {
            Consent::Given | Consent::GivenLater => self.narrator.say(self.before_writing)?,
            Consent::Declined => {}
        }
        Ok(consent)
    }
}

/// The services, as the subject of a sentence.
pub(crate) fn in_words(services: &BTreeSet<Service>) -> String {
    let name = |service: &Service| match service {
        Service::Aws => "AWS",
        Service::GenesysCloud => "Genesys Cloud",
    };
    services.iter().map(name).collect::<Vec<_>>().join(" and ")
}

/// Says how far a plan got: in the report, and at once what went wrong. `tell` is what is said where services do not show all of it
/// yet.
pub(crate) fn conclude(
    written: Option<Written>,
    tell: impl FnOnce(&str) -> String,
    told: &mut Report,
    printer: &mut Printer,
) -> ExitCode {
    let Some(Written { applied, read_back }) = written else { return ExitCode::Success };
    *told = std::mem::take(told).with_applied(&applied);
    let (error, exit) = match read_back {
        None => (describe(&applied), ExitCode::Failed),
        Some(Ok(ReadBack { unsettled, .. })) if unsettled.is_empty() => return ExitCode::Success,
        Some(Ok(ReadBack { unsettled, .. })) => {
            let open = tell(&in_words(&unsettled));
            printer.warning(&open);
            told.warnings.push(open);
            return ExitCode::Inconclusive;
        }
        Some(Err(error)) => {
            let error = CommandError::from(error);
            (error.view(), error.exit)
        }
    };
    printer.failure(&error);
    told.error = Some(error);
    exit
}

/// What AWS shows after the change, beside what should be there.
pub(crate) fn survey_after(
    planned: Planned,
    observed: Option<rolecall::observe::aws::Observed>,
) -> Option<Survey> {
    planned.survey.zip(observed).map(|(survey, observed)| Survey { observed, ..survey })
}

/// What `--yes` does where there is a plan.
pub(crate) const YES: &str = "--yes carries the plan out without asking";

/// Asks at a terminal; elsewhere nobody can answer, and that is a mistake in the call.
/// `yes` says what `--yes` does.
pub(crate) fn confirm(question: &str, yes: &'static str, printer: &mut Printer) -> CommandResult<bool> {
    if !printer.is_interactive() {
        let message = "no terminal to ask for confirmation (use `--yes`)";
        return Err(UsageError::coded(ErrorCode::NoTerminal, message, Some(yes)).into());
    }
    let answer = printer.ask(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// What failed, what was done before it, and what was not tried.
pub(crate) fn describe(applied: &Applied) -> ErrorView {
    let headlines = |changes: &[Change]| {
        let headline = |change| format!("\n    {}", ChangeView::from(change).headline());
        changes.iter().map(headline).collect::<String>()
    };
    let in_words = |(change, failure): &(Change, Failure)| {
        let headline = ChangeView::from(change).headline();
        match failure.outcome() {
            WriteOutcome::Refused => format!("could not {headline}: {failure}"),
            WriteOutcome::Unknown => {
                format!("{headline}: this may have been carried out, but no answer confirms it: {failure}")
            }
            WriteOutcome::Begun => format!("{headline}: this was begun and is not finished: {failure}"),
        }
    };
    let failed: Vec<String> = applied.failed.iter().map(in_words).collect();
    let mut message =
        if failed.is_empty() { "interrupted before the next change".to_owned() } else { failed.join("\n") };
    let is_open = !applied.is_refused();
    message += &match headlines(&applied.done).as_str() {
        "" if is_open => "\n  no change was confirmed".to_owned(),
        "" => format!("\n  {UNCHANGED}"),
        done => format!("\n  done:{done}"),
    };
    match headlines(&applied.remaining).as_str() {
        "" => {}
        remaining => message += &format!("\n  not tried:{remaining}"),
    }
    message += match applied.interim_trust() {
        Some(TrustStep::Closed) => {
            "\n  nobody can assume the role now: its trust policy lets nobody in until the remaining changes are made"
        }
        Some(TrustStep::Shared) => {
            "\n  the role trusts only whom both the old and the new trust policy trust, until the remaining changes are made"
        }
        Some(TrustStep::Wanted) | None => "",
    };
    // Without a failure it was the user who stopped it.
    let code = applied.failed.first().map_or(ErrorCode::Interrupted, |(_, failure)| failure.code());
    let hint = match applied.failed.is_empty() {
        true => Some(RUN_AGAIN.to_owned()),
        false => applied.failed.iter().find_map(|(_, failure)| failure.explain().1),
    };
    ErrorView { code, message, hint }
}

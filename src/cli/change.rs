//! What `apply`, `genesys connect` and `destroy` have in common: they show a plan, ask, and say how far they got.

use std::cell::RefCell;

use rolecall::carry_out::{Applied, Event, Failure as WriteFailure, Observer};
use rolecall::observe::survey::Survey;
use rolecall::operations::{ChangeError, Consent, Planned, RetiredAction, Shell};
use rolecall::plan::Change;
use rolecall::plan::genesys::Retirement;
use rolecall::report::{ChangeView, ErrorView, Report, count, saved};

use super::failure::{RefusedPlan, RetiresActions, UsageError, genesys_hint, hint_for};
use super::printer::Printer;

/// Said of everything that goes wrong before the first write.
pub(crate) const UNCHANGED: &str = "nothing was changed";

/// The same where the manifest may just have been edited.
const NOTHING_WRITTEN: &str = "nothing was changed in AWS or Genesys Cloud";

/// An answer takes time, and what was shown must be what is done.
const STALE: &str =
    "AWS has changed since the plan was shown, so nothing was changed; run the command again for a new plan";

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
            Event::Finished(change) => {
                printer.progress(&format!("  ✓ {}", ChangeView::from(change).headline()));
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
    pub(crate) narrator: Narrator<'p>,
    pub(crate) human: bool,
    pub(crate) asking: Asking,
    /// What is shown before the plan; `None` shows the role.
    pub(crate) heading: Option<&'p dyn Fn(&Planned) -> String>,
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
    type Refusal = anyhow::Error;

    fn planned(&self, planned: &Planned) {
        if !self.human {
            return;
        }
        let report = report("", planned);
        let heading = match self.heading {
            Some(heading) => heading(planned),
            None => report.role.as_ref().map(|role| format!("{}\n", role.to_text())).unwrap_or_default(),
        };
        self.narrator.say(|printer| printer.result(&(heading + &report.plan_text())));
    }

    fn consent(&self, planned: &Planned) -> anyhow::Result<Consent> {
        match (&self.asking, &planned.survey) {
            (Asking::Yes, _) => Ok(Consent::Given),
            (Asking::Question(question), _) => {
                let is_given = self.narrator.say(|printer| confirm(question, printer))?;
                Ok(if is_given { Consent::GivenLater } else { Consent::Declined })
            }
            (Asking::Reviewed(text), Some(survey)) => {
                saved::compare(text, survey, &planned.plan)?;
                Ok(Consent::Given)
            }
            (Asking::Reviewed(_), None) => Ok(Consent::Declined),
        }
    }
}

/// The report about a plan.
pub(crate) fn report(command: &'static str, planned: &Planned) -> Report {
    let Planned { survey, genesys, plan, .. } = planned;
    let mut report = Report::new(command).with_plan(plan);
    if let Some(survey) = survey {
        report = report.with_survey(survey);
    }
    match genesys {
        Some(observed) => report.with_genesys(&observed.organization, plan),
        None => report,
    }
}

/// What AWS shows after the change, beside what should be there.
pub(crate) fn survey_after(planned: Planned, observed: rolecall::observe::aws::Observed) -> Option<Survey> {
    planned.survey.map(|survey| Survey { observed, ..survey })
}

/// Why nothing was written, for the last step that explains errors.
pub(crate) fn unwritten(error: ChangeError<anyhow::Error>) -> anyhow::Error {
    match error {
        ChangeError::Planning(error) => of_planning(error).context(UNCHANGED),
        ChangeError::Unproved { objections, leaves_foreign } => {
            anyhow::Error::from(RefusedPlan { objections, leaves_foreign }).context(NOTHING_WRITTEN)
        }
        ChangeError::Retires(actions) => {
            anyhow::Error::from(RetiresActions { actions: actions.iter().map(in_words).collect() })
                .context(UNCHANGED)
        }
        ChangeError::Stale => anyhow::anyhow!(STALE),
        ChangeError::Shell(error) => error.context(UNCHANGED),
    }
}

/// Why there is no plan, as the error that the last step knows.
pub(crate) fn of_planning(error: rolecall::operations::PlanningError) -> anyhow::Error {
    use rolecall::operations::PlanningError;
    use rolecall::plan::PlanError;
    match error {
        PlanningError::Survey(error) => error.into(),
        PlanningError::Aws(error) => error.into(),
        PlanningError::Genesys(error) => anyhow::Error::from(error).context("cannot read Genesys Cloud"),
        PlanningError::Plan(PlanError::Aws(error)) => error.into(),
        PlanningError::Plan(PlanError::Genesys(error)) => error.into(),
        PlanningError::NoRole { role } => UsageError::new(
            format!("role `{role}` does not exist"),
            Some("`rolecall apply` makes the role first, then all of this"),
        )
        .into(),
        error @ PlanningError::NothingInGenesys => error.into(),
    }
}

fn in_words(RetiredAction { id, name, why }: &RetiredAction) -> String {
    let why = match why {
        Retirement::Replaced => "its contract changes, and that takes a new action",
        Retirement::NotInManifest => "the manifest does not name it",
        Retirement::Destroyed => "everything goes",
    };
    format!("{name} ({id}): {why}")
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
        let headline = |change| format!("\n    {}", ChangeView::from(change).headline());
        changes.iter().map(headline).collect::<String>()
    };
    let failed: Vec<String> = applied
        .failed
        .iter()
        .map(|(change, failure)| format!("could not {}: {failure}", ChangeView::from(change).headline()))
        .collect();
    let mut message = if failed.is_empty() { "interrupted".to_owned() } else { failed.join("\n") };
    message += &match headlines(&applied.done).as_str() {
        "" => "\n  nothing was changed".to_owned(),
        done => format!("\n  done before that:{done}"),
    };
    match headlines(&applied.remaining).as_str() {
        "" => {}
        remaining => message += &format!("\n  not tried:{remaining}"),
    }
    let hint = applied.failed.iter().find_map(|(_, failure)| hint_of(failure));
    let hint =
        hint.unwrap_or_else(|| "run the same command again: it continues from what is there".to_owned());
    ErrorView { message, hint: Some(hint) }
}

fn hint_of(failure: &WriteFailure) -> Option<String> {
    let hint = match failure {
        WriteFailure::Aws(error) => return hint_for(error),
        WriteFailure::Genesys(error) => return genesys_hint(error),
        WriteFailure::Invalid { .. } => "correct the [[action]], its schemas or its templates",
        WriteFailure::DraftInTheWay { .. } => {
            "publish or discard the draft in Genesys Cloud (Admin > Integrations > Actions), then repeat the command"
        }
        WriteFailure::Inactive { .. } => {
            "look at the integration in Genesys Cloud (Admin > Integrations), then repeat the command"
        }
        WriteFailure::Deadline { .. }
        | WriteFailure::Interrupted { .. }
        | WriteFailure::NoClient { .. }
        | WriteFailure::Incomplete { .. } => return None,
    };
    Some(hint.to_owned())
}

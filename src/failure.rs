//! Errors at the last step: a typed error becomes what the user reads and what the caller gets, the same from each shell.
//!
//! Every error that a command can end with says its code, in `codes`, and its exit code and the way out, in `hints`. There is no
//! conversion for an error that does not: a new one does not compile until somebody has thought about all three.

mod calls;
mod codes;
mod hints;
mod planning;
mod troubles;

use std::error::Error;
use std::fmt;

use crate::error_code::ErrorCode;
use crate::exit::ExitCode;
use crate::iam::arn::PolicyArn;
use crate::manifest::{Manager, Outline};
use crate::operations::{Beside, ChangeError, RetiredAction};
use crate::plan::genesys::Retirement;
use crate::report::usage::lines;
use crate::report::{ErrorView, RefusalView, Report, UnexaminedView};
use crate::verify::gate::Objection;
use rolecall_model::shown::Shown;

pub use self::calls::RUN_AGAIN;
pub use self::calls::boundary_hint;
pub(crate) use self::calls::{LOG_IN, NO_AWS};
pub use self::codes::Coded;
pub use self::planning::hint_for_absent;
pub use self::troubles::troubles;

/// What a command comes to.
pub type CommandResult<T> = Result<T, CommandError>;

/// What the user reads, and what the caller gets.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandError {
    /// What the caller gets.
    pub exit: ExitCode,
    /// What kind of error it is.
    pub code: ErrorCode,
    /// What went wrong.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The side that nobody looked at, also where the rest was looked at in vain.
    pub unexamined: Option<UnexaminedView>,
    /// What was found all the same.
    pub found: Option<Box<Report>>,
}

/// An error that a command can end with.
pub trait Explained: Coded + Error + 'static {
    /// What the caller gets, and what the user can do.
    fn explain(&self) -> (ExitCode, Option<String>);
}

impl<E: Explained> From<E> for CommandError {
    fn from(error: E) -> Self {
        let (exit, hint) = error.explain();
        Self { exit, code: error.code(), message: in_full(&error), hint, unexamined: None, found: None }
    }
}

impl<E: Explained> From<Beside<E>> for CommandError {
    fn from(Beside { error, found }: Beside<E>) -> Self {
        let error = Self::from(error);
        match found {
            None => error,
            Some(found) => Self {
                exit: ExitCode::beside(error.exit, found.exit()),
                found: Some(Box::new(Report::of_found(&found))),
                ..error
            },
        }
    }
}

/// An error with its causes.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message += &format!(": {error}");
        cause = error.source();
    }
    message
}

impl CommandError {
    /// Something went wrong, and there is no more to say about it.
    pub fn failed(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { exit: ExitCode::Failed, code, message, hint: None, unexamined: None, found: None }
    }

    /// The user was asked, and said no.
    pub fn declined() -> Self {
        Self::failed(ErrorCode::Declined, format!("you declined; {NOTHING_WRITTEN}"))
    }

    /// As data for readers.
    pub fn view(&self) -> ErrorView {
        ErrorView { code: self.code, message: self.message.clone(), hint: self.hint.clone() }
    }

    /// The same with the places in the manifest that what was found is about.
    #[must_use]
    pub fn at(mut self, outline: &Outline) -> Self {
        if let Some(found) = &mut self.found {
            found.place(outline);
        }
        self
    }

    /// The same of a command that left out a side, unless that was said already.
    #[must_use]
    pub fn without(self, unexamined: Option<UnexaminedView>) -> Self {
        Self { unexamined: self.unexamined.or(unexamined), ..self }
    }

    /// The same where the role is for another vendor than Genesys: nothing is said about a service that the manifest does not have.
    #[must_use]
    pub fn for_vendor(self) -> Self {
        let message =
            self.message.replace(STALE, STALE_IN_AWS).replace(NOTHING_WRITTEN, NOTHING_WRITTEN_TO_AWS);
        let hint = self.hint.map(|hint| hint.replace(&format!("; {NO_AWS}"), ""));
        Self { message, hint, unexamined: None, ..self }
    }

    /// The report of a command that came to this.
    pub fn report(&self, command: &'static str) -> Report {
        let found = self.found.as_deref().cloned().unwrap_or_default();
        Report { command, exit: self.exit, error: Some(self.view()), unexamined: self.unexamined, ..found }
    }
}

/// Says what was being done when something went wrong, or what is true of all of it.
pub trait Context<T> {
    /// Puts this before the message.
    fn context(self, what: impl fmt::Display) -> CommandResult<T>;
    /// The same, worked out only where it is needed.
    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> CommandResult<T>;
}

impl<T, E: Into<CommandError>> Context<T> for Result<T, E> {
    fn context(self, what: impl fmt::Display) -> CommandResult<T> {
        self.with_context(|| what)
    }

    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> CommandResult<T> {
        self.map_err(|error| {
            let error: CommandError = error.into();
            CommandError { message: format!("{}: {}", what(), error.message), ..error }
        })
    }
}

/// A mistake in what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct UsageError {
    code: ErrorCode,
    message: String,
    hint: Option<String>,
}

impl UsageError {
    /// A mistake on the command line, and what to do instead.
    pub fn new(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self::coded(ErrorCode::CommandLine, message, hint)
    }

    /// A mistake of another kind.
    pub fn coded(code: ErrorCode, message: impl Into<String>, hint: Option<&str>) -> Self {
        Self { code, message: message.into(), hint: hint.map(str::to_owned) }
    }
}

/// A plan after which what the manifest claims of the role would not hold, or could not be decided.
#[derive(Debug, thiserror::Error)]
#[error("apply refuses this plan; these checks would not pass after it:{}", self.listed())]
struct RefusedPlan {
    objections: Vec<Objection>,
    /// Others put policies on the role, and the plan leaves them there.
    leaves_foreign: bool,
    /// What would be in force and could not be read.
    unread_boundary: Option<PolicyArn>,
    /// Who makes the role, where that is not rolecall.
    managed_by: Option<Manager>,
}

impl RefusedPlan {
    fn listed(&self) -> String {
        self.objections
            .iter()
            .map(|objection| format!("\n  {}", RefusalView::from(objection).to_text()))
            .collect()
    }

    fn exit(&self) -> ExitCode {
        ExitCode::of_objections(&self.objections)
    }

    fn hint(&self) -> String {
        // Nobody should accept by name what nobody has read.
        if let Some(boundary) = &self.unread_boundary {
            return format!(
                "check that the boundary `{boundary}` exists, and let the caller read it (iam:GetPolicy and iam:GetPolicyVersion), so \
                 that it can be part of the proof"
            );
        }
        if let Some(manager) = self.managed_by {
            return format!("{}; then repeat the command", planning::in_other_tool(manager));
        }
        // Of a function that does not exist, no document is at fault.
        if self.objections.iter().all(Objection::is_absence) {
            let options: Vec<_> = self.objections.iter().map(|it| RefusalView::from(it).option).collect();
            return format!("{}; use `{}` to apply anyway", planning::MISSING_TARGET, options.join(" "));
        }
        let mut options: Vec<String> =
            self.objections.iter().map(|objection| RefusalView::from(objection).option).collect();
        options.dedup();
        let foreign = if self.leaves_foreign {
            "remove the foreign policies from the role (--remove-foreign), or "
        } else {
            ""
        };
        format!("{foreign}correct the template or the manifest; use `{}` to apply anyway", options.join(" "))
    }
}

/// A plan after which IDs that flows may refer to would be gone.
#[derive(Debug, thiserror::Error)]
#[error("flows may refer to the IDs of actions that this plan deletes or replaces:\n  {}", actions.join("\n  "))]
struct RetiresActions {
    actions: Vec<String>,
    /// Whether one of them is not in the manifest.
    is_unlisted: bool,
}

/// Said of everything that goes wrong before the first write.
pub const UNCHANGED: &str = "nothing was changed";

/// The same where the manifest may just have been edited.
const NOTHING_WRITTEN: &str = "nothing was changed in AWS or Genesys Cloud";

/// The same where the manifest has no Genesys Cloud side.
const NOTHING_WRITTEN_TO_AWS: &str = "nothing was changed in AWS";

/// An answer takes time, and what was shown must be what is done.
const STALE: &str = "AWS or Genesys Cloud changed after the plan was shown; nothing was changed in AWS or Genesys Cloud; run the \
     command again for a new plan";

/// The same where the manifest has no Genesys Cloud side.
const STALE_IN_AWS: &str =
    "AWS changed after the plan was shown; nothing was changed in AWS; run the command again for a new plan";

impl From<ChangeError<Self>> for CommandError {
    fn from(error: ChangeError<Self>) -> Self {
        let unchanged =
            |what: &str, error: Self| Self { message: format!("{what}: {}", error.message), ..error };
        match error {
            ChangeError::Planning(error) => unchanged(NOTHING_WRITTEN, (*error).into()),
            ChangeError::Unproved { objections, leaves_foreign, unread_boundary, managed_by } => {
                let refused = RefusedPlan { objections, leaves_foreign, unread_boundary, managed_by };
                unchanged(NOTHING_WRITTEN, refused.into())
            }
            ChangeError::Retires(actions) => {
                let is_unlisted = actions.iter().any(|action| action.why == Retirement::NotInManifest);
                let actions = actions.iter().map(in_words).collect();
                unchanged(NOTHING_WRITTEN, RetiresActions { actions, is_unlisted }.into())
            }
            ChangeError::Stale => Self::failed(ErrorCode::Meanwhile, STALE),
            ChangeError::Shell(error) => unchanged(NOTHING_WRITTEN, error),
        }
    }
}

fn in_words(RetiredAction { id, name, why, usage }: &RetiredAction) -> String {
    let why = match why {
        Retirement::Replaced => "its contract changes, which needs a new action",
        Retirement::NotInManifest => "the manifest does not contain it",
        Retirement::Destroyed => "all actions are deleted",
    };
    let usage = usage.iter().flat_map(lines).map(|line| format!("\n    {line}"));
    format!("{} ({}): {why}{}", Shown(name), Shown(id), usage.collect::<String>())
}

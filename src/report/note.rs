//! What was not looked at, in words.

use super::analysis::group_in_words;
use crate::manifest::ChosenBy;
use crate::verify::note::{FunctionFact, Note, ReadFailure, Untested};

/// What was not looked at, and why.
pub(super) fn note_in_words(note: &Note) -> String {
    match note {
        Note::AnalyserDenied { operation } => {
            format!("no second opinion from {operation}: the caller does not have the permission")
        }
        Note::AnalyserFailed { operation, message } => {
            format!("no second opinion from {operation}: {message}")
        }
        Note::AnswersLeftOut { analyser, number, group } => format!(
            "no second opinion: {} left out {number} of its answers about {}",
            analyser.permission(),
            group_in_words(*group)
        ),
        Note::SimulatorNotJudged { reasons } => {
            format!("the policy simulator's answers were not judged: {}", reasons.join("; "))
        }
        Note::OrganizationUnreadable { error } => format!(
            "organization policies could not be read ({error}) and may deny access; the management account and \
             delegated administrators can read them"
        ),
        Note::FurtherInvokers { services } => {
            let names: Vec<String> = services.iter().map(|name| format!("`{name}`")).collect();
            format!(
                "these services may also reach a target, for a source of the account or as `invokers` of the manifest state: {}",
                names.join(", ")
            )
        }
        Note::FormsNotRead { names_command } => {
            let command = if *names_command { "; `verify --level live` reads them" } else { "" };
            format!(
                "not examined: the policies of aliases and versions that the manifest does not name{command}"
            )
        }
        Note::NotProbed { role } => format!(
            "AWS was not asked who can assume the role: the manifest's ARN is not the ARN of a role, and the role is `{role}`"
        ),
        Note::VersionsNotRead { versions: 1 } => {
            "not examined: the policy of 1 older version; `--exhaustive` reads it".to_owned()
        }
        Note::VersionsNotRead { versions } => {
            format!("not examined: the policies of {versions} older versions; `--exhaustive` reads them")
        }
        Note::OtherCustomers { vendor, chosen_by } => {
            let chosen = match chosen_by {
                Some(ChosenBy::Vendor) => format!("{vendor} chose the external ID"),
                Some(ChosenBy::Us) => "you chose the external ID".to_owned(),
                None => "the manifest does not say who chose the external ID".to_owned(),
            };
            format!(
                "rolecall cannot check whether another customer of {vendor} can use the same external ID, and with it this role \
                 ({chosen})"
            )
        }
        Note::ProbeElsewhere { principal, account } => format!(
            "`probe_principal` is in another account than the role ({account}): whoever can act as `{principal}` can assume this role with \
             the external ID, and who that is that account decides"
        ),
        Note::NoActionTested(why) => untested_in_words(*why).to_owned(),
        Note::FunctionsUnread { what, why, number } => {
            let what = match what {
                FunctionFact::Policies => {
                    "rolecall did not check whether other principals may invoke the targets directly"
                }
                FunctionFact::Urls => "rolecall did not check whether the targets have public URLs",
                FunctionFact::Versions => "rolecall did not read the policies of versions of the targets",
                FunctionFact::Aliases => {
                    "rolecall did not read where the targets' aliases point, nor the policies of further aliases"
                }
            };
            let more = match number {
                1 => String::new(),
                number => format!(" (and {} more of these)", number.saturating_sub(1)),
            };
            format!("{what}: {}{more}", failure_in_words(why))
        }
        Note::NotRead(why) => {
            format!("not everything that a comparison needs could be read: {}", failure_in_words(why))
        }
    }
}

fn failure_in_words(why: &ReadFailure) -> String {
    match why {
        ReadFailure::Denied(operation) => format!("the caller needs {operation}"),
        ReadFailure::Failed(error) => error.clone(),
    }
}

/// That no data action was tested, and why.
pub(super) fn untested_in_words(why: Untested) -> &'static str {
    match why {
        Untested::NotInManifest => {
            "no data action was tested: the manifest has no [[action]]; `rolecall genesys action test NAME --input FILE` tests \
             an action that is not in it"
        }
        Untested::NotInGenesys => "no data action was tested: Genesys Cloud has none that could be tested",
        Untested::NoRole => "no data action was tested: the role does not exist",
    }
}

//! The most likely causes of an error that somebody saw, as data and text.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::Text;
use super::advice::quoted;
use super::drift::{genesys_resource, repair_in_words};
use super::genesys_fault::{effect_in_words, part_in_words};
use super::human::{BOLD, DIMMED, GREEN, RED, YELLOW};
use crate::verify::explain_error::{
    Cause, CauseDetail, CauseKind, Certainty, Diagnosis, Failed, FailedStep, KnownMessage, Remedy, Reported,
    Speaker,
};
use rolecall_model::shown::Shown;

/// A cause of the error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CauseView {
    /// What kind of cause it is.
    pub cause: CauseKind,
    /// How sure it is.
    pub certainty: Certainty,
    /// What is wrong.
    pub message: Text,
    /// What shows it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Text>,
    /// What to do.
    pub fix: String,
    /// The entry of the catalogue of messages that explains the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownView>,
}

/// An entry of the catalogue of messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KnownView {
    /// Its name, which stays the same.
    pub id: String,
    /// Who says the message.
    pub from: Speaker,
    /// The page that shows the message, or that documents its code.
    pub source: String,
    /// Whether that page shows the words or the code. If not, the cause is not certain by the text alone.
    pub confirmed: bool,
    /// Where to look for more.
    pub look_up: String,
}

impl From<&KnownMessage> for KnownView {
    fn from(known: &KnownMessage) -> Self {
        Self {
            id: known.id.clone(),
            from: known.from,
            source: known.source.clone(),
            confirmed: known.confirmed,
            look_up: known.look_up.clone(),
        }
    }
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiagnosisView {
    /// What the text says, in one line.
    pub reported: String,
    /// The causes, most certain first.
    pub causes: Vec<CauseView>,
}

impl DiagnosisView {
    /// Each cause with what shows it and what to do.
    pub fn to_text(&self) -> String {
        let mut text = format!("{BOLD}Diagnosis{BOLD:#}\n  {}\n", self.reported);
        for CauseView { cause: _, certainty, message, evidence, fix, known } in &self.causes {
            let label = match certainty {
                Certainty::Certain => format!("{RED}certain{RED:#} "),
                Certainty::Likely => format!("{YELLOW}likely{YELLOW:#}  "),
                Certainty::Possible => "possible".to_owned(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {label}   {message}");
            for evidence in evidence {
                let _ = writeln!(text, "             {DIMMED}{evidence}{DIMMED:#}");
            }
            if let Some(KnownView { look_up, .. }) = known {
                let _ = writeln!(text, "             look up: {look_up}");
            }
            let _ = writeln!(text, "             {GREEN}fix:{GREEN:#} {fix}");
            if let Some(KnownView { source, .. }) = known {
                let _ = writeln!(text, "             {DIMMED}source: {source}{DIMMED:#}");
            }
        }
        text
    }
}

impl From<&Diagnosis> for DiagnosisView {
    fn from(Diagnosis { reported, causes }: &Diagnosis) -> Self {
        Self { reported: sentence(reported), causes: causes.iter().map(CauseView::from).collect() }
    }
}

impl From<&Cause> for CauseView {
    fn from(Cause { kind, certainty, detail, evidence, remedy }: &Cause) -> Self {
        Self {
            cause: *kind,
            certainty: *certainty,
            message: match detail {
                CauseDetail::InAws(sentence) => sentence.clone().into(),
                CauseDetail::Known(known) => known.cause.clone().into(),
                CauseDetail::InGenesys { part, name, effects } => {
                    let effects: Vec<String> = effects.iter().map(effect_in_words).collect();
                    let (part_name, resource) = (part_in_words(*part), genesys_resource(*part, name));
                    format!("{part_name} {resource}: {}", effects.join("; ")).into()
                }
            },
            evidence: evidence.clone().into_iter().map(Text::from).collect(),
            fix: remedy_in_words(remedy),
            known: match detail {
                CauseDetail::Known(known) => Some(KnownView::from(*known)),
                CauseDetail::InAws(_) | CauseDetail::InGenesys { .. } => None,
            },
        }
    }
}

fn sentence(reported: &Reported) -> String {
    let what = what_failed(reported);
    match &reported.step {
        Some(FailedStep { number: Some(number), name }) => {
            format!("{what} The test failed in step {number}, `{}`.", Shown(name))
        }
        Some(FailedStep { number: None, name }) => {
            format!("{what} The test failed in the step `{}`.", Shown(name))
        }
        None => what,
    }
}

fn what_failed(Reported { failed, principal, resource, .. }: &Reported) -> String {
    let who = principal
        .as_deref()
        .map_or_else(|| "a caller that the text does not name".to_owned(), |it| format!("`{it}`"));
    let what = resource.as_deref().map(|resource| format!(" on `{resource}`")).unwrap_or_default();
    match failed {
        Failed::AssumeRole => format!("AWS denied {who} sts:AssumeRole{what}."),
        Failed::Invoke => format!("AWS denied {who} lambda:InvokeFunction{what}."),
        Failed::FunctionNotFound => match resource {
            Some(resource) => format!("Lambda did not find the function `{resource}`."),
            None => "Lambda did not find the function.".to_owned(),
        },
        Failed::Known(speaker) => {
            format!("The text has words {}; others may use the same.", speaker_in_words(*speaker))
        }
        Failed::Other => "The text contains no error that rolecall knows.".to_owned(),
    }
}

fn speaker_in_words(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Lambda => "of AWS Lambda",
        Speaker::Runtime => "of the function itself",
        Speaker::Kms => "of AWS KMS, through AWS Lambda",
        Speaker::Sts => "of AWS about the caller's credentials or session",
        Speaker::Iam => "of AWS IAM",
        Speaker::ApiGateway => "of Amazon API Gateway",
        Speaker::Genesys => "of Genesys Cloud",
    }
}

fn remedy_in_words(remedy: &Remedy) -> String {
    let words = match remedy {
        Remedy::Repair(repair) => {
            let words = repair_in_words(*repair);
            return if repair.is_command() { format!("`{words}`") } else { words };
        }
        Remedy::ReadDocuments { reasons } => {
            return format!(
                "make these documents readable ({}), then repeat the command",
                reasons.join("; ")
            );
        }
        Remedy::PlanAndApply => "`rolecall plan` shows the difference, `rolecall apply` repairs it",
        Remedy::MakeRole => "`rolecall apply` creates it",
        Remedy::DeployFunction => "deploy it, or correct the [[target]] and the data action",
        Remedy::RunAgain => "run the test action again",
        Remedy::WaitAndRunAgain => "wait a minute and run the test action again",
        Remedy::CompareArn => {
            "compare the ARN in the data action with the targets: region, account, name and alias"
        }
        Remedy::CheckAction { action, step } => {
            return format!(
                "the step `{}` failed: `rolecall genesys action check {}` tries input and templates without a call",
                Shown(step),
                quoted(&Shown(action).to_string())
            );
        }
        Remedy::PassInnermostMessage => {
            "pass the innermost message of the test's `error.errors`; `rolecall verify` checks everything else"
        }
        Remedy::PassWholeText => "pass the whole error text",
        Remedy::AskAdministrators => {
            "ask the organization's administrators to make an exception for the role"
        }
        Remedy::UseManifestRole => {
            "put the manifest's role into the credentials of the integration, or correct the manifest; if the manifest has \
             [genesys.integration], `rolecall genesys connect --rewrite-credential` does it"
        }
        Remedy::CompareOrganization => {
            "compare `organization_id` in the manifest with the organization that the data action belongs to (Admin > \
             Account Settings > Organization Settings > Organization Details)"
        }
        Remedy::CorrectRegion => {
            "correct `region` in [genesys], or set `trusted_account`; then run `rolecall apply`"
        }
        Remedy::RemoveStatement => "remove the statement, or make an exception for the target",
        Remedy::WidenBoundary => "allow the target in the permissions boundary",
        Remedy::CallListedForm => {
            "call the form in the manifest, or set `qualifier` of the [[target]] to the qualifier that is called"
        }
        Remedy::AddTarget => "add it with `rolecall target add`, or correct the data action",
        Remedy::AskGenesys => "pass the text on to Genesys support",
        Remedy::MendFunction => "look at the function's log and at its execution role",
        Remedy::Known(known) => &known.fix,
        Remedy::AddFunctionPermission => {
            "ask its owner to add a permission for the role's ARN (`aws lambda add-permission`)"
        }
    };
    words.to_owned()
}

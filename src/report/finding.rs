//! What is worth a change or a look, as data for readers.

use rolecall_prove::words::{place_in_words, witness_value};
use schemars::JsonSchema;
use serde::Serialize;

use super::AnalysisView;
use super::Level;
use super::Text;
use super::probe::question_in_words;
use crate::exit::ExitCode;
use crate::iam::lint::{self, FailOn};
use crate::ports::genesys::Organization;
use crate::verify::analysis::Analysis;
use crate::verify::finding::{Finding, RunFinding};
use crate::verify::foreign_change::ForeignChange;
use crate::verify::gate::breaks;
use crate::verify::probe::{AwsAnswer, ProbeQuestion};
use rolecall_model::shown::Shown;

/// Something in the documents that is worth a change, whether or not it breaks a claim.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FindingView {
    /// The finding's ID, such as `T3`.
    pub id: String,
    /// How severe it is.
    pub severity: String,
    /// The same as a value.
    #[serde(skip)]
    pub level: Level,
    /// The exit code that it asks for by itself.
    #[serde(skip)]
    pub exit: ExitCode,
    /// Whether a claim is about the same.
    #[serde(skip)]
    pub has_claim: bool,
    /// The statement it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Text>,
    /// What was found.
    pub message: Text,
    /// Why it matters.
    pub why: String,
    /// Where to read more.
    pub reference: String,
    /// What to do.
    pub fix: Text,
    /// A request that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<serde_json::Value>,
}

impl FindingView {
    /// A finding as data. `fail_on` decides which findings fail by themselves.
    pub fn new(finding: &Finding, fail_on: FailOn) -> Self {
        let severity = finding.severity();
        let blank = Self {
            id: finding.code().as_str().to_owned(),
            severity: severity.to_string(),
            level: severity.into(),
            exit: finding.exit(fail_on),
            has_claim: false,
            statement: None,
            message: String::new().into(),
            why: String::new(),
            reference: String::new(),
            fix: String::new().into(),
            witness: None,
        };
        match finding {
            Finding::Fault(fault) => Self::of_fault(fault, fail_on),
            Finding::ProbeDisagrees { question, answer } => of_probe(blank, question, *answer),
            Finding::OtherOrganization { expected, found } => of_organization(blank, expected, found),
            Finding::AnalyserDisagrees(analysis) => of_analysis(blank, analysis),
            Finding::ForeignChange(change) => of_foreign(blank, change),
            Finding::Remark { document, remark } => Self {
                statement: remark.statement.map(|index| format!("statement {}", index + 1)).map(Text::from),
                message: format!("Access Analyzer about {document}: {}", remark.details).into(),
                why: "AWS checks every policy for this".to_owned(),
                reference: remark.link.clone(),
                fix: "change the document as the reference explains".to_owned().into(),
                ..blank
            },
        }
    }

    /// A fault of a document as data.
    pub fn of_fault(finding: &lint::Finding, fail_on: FailOn) -> Self {
        let lint::Finding { id, document: _, statement: _, message, fix, remedy: _, witness } = finding;
        Self {
            id: id.to_string(),
            severity: id.severity().to_string(),
            level: id.severity().into(),
            exit: ExitCode::of_fault(*id, fail_on),
            has_claim: !breaks(*id).is_empty(),
            statement: place_in_words(finding).map(Text::from),
            message: message.clone().into(),
            why: id.why().to_owned(),
            reference: id.reference().to_owned(),
            fix: fix.clone().into(),
            witness: witness.as_ref().map(witness_value),
        }
    }
}

impl RunFinding {
    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::ProbeContradicts => "AWS answered a request otherwise than the documents in AWS say",
            Self::AnalyserContradicts => "an analyser of AWS and rolecall contradict each other",
            Self::OtherOrganization => "the OAuth client belongs to another organization than the role",
            Self::ForeignChange => "somebody else changed in Genesys Cloud what the manifest describes",
            Self::TooManyFailures => "more requests of an action failed than the limit allows",
            Self::TooSlow => "requests of an action took longer than the limit allows",
        }
    }

    /// Why it matters.
    pub fn why(self) -> &'static str {
        match self {
            Self::ProbeContradicts => {
                "either something that rolecall did not read decides this request, or rolecall evaluates it differently from AWS"
            }
            Self::AnalyserContradicts => "one of the two does not see what the other sees",
            Self::TooManyFailures => {
                "flows take the failure path of the action: callers do not get what the action was to look up or do"
            }
            Self::TooSlow => "a caller waits so long, and after its timeout the action fails",
            Self::OtherOrganization => {
                "Genesys Cloud sends the ID of its own organization as the external ID, so the organization of the OAuth client \
                 cannot assume the role"
            }
            Self::ForeignChange => {
                "an integration, a credential or an action that was changed past the manifest does what nobody reviewed; a \
                 credential that was changed shows its value to nobody, not even to `drift`"
            }
        }
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::ProbeContradicts => {
                "look for an organization policy, a policy on the caller, a resource policy on the function, or a very recent \
                 change; if there is none, rolecall evaluates the request wrongly: please report it"
            }
            Self::AnalyserContradicts => {
                "trust neither until `verify --level twin` has sent AWS real requests; please report it with both documents"
            }
            Self::TooManyFailures => {
                "run `rolecall genesys action test` for the action: it names the step that failed; if the function fails, its log \
                 says why"
            }
            Self::TooSlow => {
                "compare the function's time with the whole: if the function is slow, look at its log and its memory; if it is \
                 not, the time goes to Genesys Cloud, the network or a cold start"
            }
            Self::OtherOrganization => {
                "set `organization_id` in [genesys] to the ID of the organization that must invoke the functions, or use \
                 an OAuth client of the organization in the manifest"
            }
            Self::ForeignChange => {
                "ask who made the change and why; `rolecall drift` shows what differs now, `rolecall apply` undoes it, and \
                 `rolecall genesys connect --rewrite-credential` writes the credential again. If the change was made by rolecall \
                 with another OAuth client, name that client with --own-client"
            }
        }
    }

    /// Where to read more.
    pub fn reference(self) -> &'static str {
        match self {
            Self::ProbeContradicts => {
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"
            }
            Self::AnalyserContradicts => {
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html"
            }
            Self::OtherOrganization => {
                "https://help.mypurecloud.com/articles/create-iam-resources-for-aws-lambda/"
            }
            Self::ForeignChange => {
                "https://developer.genesys.cloud/devapps/api-explorer#post-api-v2-audits-query"
            }
            Self::TooManyFailures | Self::TooSlow => {
                "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
            }
        }
    }
}

/// What is said whatever the run.
pub(super) fn of_run(blank: FindingView, finding: RunFinding) -> FindingView {
    FindingView {
        why: finding.why().to_owned(),
        reference: finding.reference().to_owned(),
        fix: finding.remedy().to_owned().into(),
        ..blank
    }
}

fn of_probe(blank: FindingView, question: &ProbeQuestion, answer: AwsAnswer) -> FindingView {
    let question = question_in_words(question);
    let (answered, documented) = (answer.as_str(), answer.opposite().as_str());
    FindingView {
        message: format!(
            "{question}: AWS {answered} it, but according to the documents in AWS it is {documented}"
        )
        .into(),
        ..of_run(blank, RunFinding::ProbeContradicts)
    }
}

fn of_organization(
    blank: FindingView,
    expected: &str,
    Organization { id, name }: &Organization,
) -> FindingView {
    FindingView {
        message: format!(
            "the role is for the Genesys Cloud organization {expected}, but the OAuth client belongs to the organization \
             {} ({})",
            Shown(name),
            Shown(id)
        )
        .into(),
        ..of_run(blank, RunFinding::OtherOrganization)
    }
}

fn of_foreign(blank: FindingView, change: &ForeignChange) -> FindingView {
    let ForeignChange { at, action, entity, author } = change;
    FindingView {
        message: format!("{}: {} of {} by {}", Shown(at), Shown(action), Shown(entity), Shown(author)).into(),
        ..of_run(blank, RunFinding::ForeignChange)
    }
}

fn of_analysis(blank: FindingView, analysis: &Analysis) -> FindingView {
    let AnalysisView { analyser, question, answer, own, .. } = AnalysisView::from(analysis);
    let own = own.as_deref().unwrap_or("nothing");
    FindingView {
        message: format!(
            "{analyser} and rolecall contradict each other about {question}: AWS says {answer}, rolecall says {own}"
        ).into(),
        ..of_run(blank, RunFinding::AnalyserContradicts)
    }
}

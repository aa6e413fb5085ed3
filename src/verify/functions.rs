//! Who reaches a target function without the role (a claim, and findings L1 to L3), and aliases that lead elsewhere (L4). Pure.
//!
//! A request that a function's own policy lets in passes by the role. Its account's principals and sources may, and the
//! role's; everybody else must be stated.
//!
//! Deliberately absent: what a URL lets in by itself. It lets nobody in: that takes a policy that allows
//! `lambda:InvokeFunctionUrl` (Lambda Developer Guide, "Control access to Lambda function URLs").

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, Decided};
use super::finding::Finding;
use super::note::{FunctionFact, Note};
use super::verification::Verification;
use crate::desired::aws::Desired;
use crate::iam::arn::{FunctionArn, Qualifier};
use crate::iam::document::Document;
use crate::iam::lint::{AliasTarget, Finding as Fault, FunctionFacts, lint_function};
use crate::iam::principal::Principal;
use crate::iam::prove::{
    FunctionPolicy, Passage, Proof, UrlAccess, admitted_services, grants_to_role, only_through_role, passages,
};
use crate::observe::aws::Part;
use crate::observe::function_sides::{FunctionSide, FurtherForms};
use crate::observe::survey::{Survey, SurveyError, arn_at};
use crate::ports::{AliasRecord, AwsError, AwsResult, FunctionUrlRecord};

/// What is decided of the functions' own policies.
#[derive(Debug, Default)]
pub struct FunctionsJudged {
    /// The claim; none where no function was read.
    pub claim: Option<Claim>,
    pub findings: Vec<Fault>,
    /// What was not read.
    pub notes: Vec<Note>,
}

/// The same of a survey, where there is no role to prove anything of.
#[must_use]
pub fn judge_alone(survey: &Survey) -> Verification {
    let FunctionsJudged { claim, findings, mut notes } = judge(&survey.sides, &survey.desired);
    notes.extend(left_open(survey));
    let findings = findings.into_iter().map(Finding::from).collect();
    Verification {
        claims: claim.into_iter().collect(),
        findings,
        notes,
        ..Verification::about(&survey.desired)
    }
}

/// What no claim is about and was not read either.
pub(super) fn left_open(survey: &Survey) -> impl Iterator<Item = Note> {
    survey.open(Part::Comparison).filter_map(|why| match why {
        SurveyError::Aws(error) => Some(Note::NotRead(error.into())),
        // Not about what is there.
        SurveyError::WrongAccount(_)
        | SurveyError::TargetsMissing(_)
        | SurveyError::NoBoundary { .. }
        | SurveyError::NameTaken { .. }
        | SurveyError::Desired(_) => None,
    })
}

/// A function's policies that can be judged, and why others cannot.
pub struct Judgeable {
    function: FunctionArn,
    documents: Vec<ReadPolicy>,
    reasons: Vec<String>,
}

/// A policy that was read, with the form of the function that has it.
struct ReadPolicy {
    form: FunctionArn,
    document: Document,
    url: UrlAccess,
    invokers: Vec<Principal>,
}

impl Judgeable {
    /// The policies on one side.
    #[must_use]
    pub fn of(side: &FunctionSide, desired: &Desired) -> Self {
        let FunctionSide { function, policies, urls, invokers, further: _ } = side;
        let function = arn_at(function, &desired.home);
        let invokers_of = |qualifier: &Option<Qualifier>| -> Vec<Principal> {
            let stated = invokers.iter().filter(|(form, _)| form == qualifier).flat_map(|(_, stated)| stated);
            stated.map(|invoker| invoker.principal(&function.partition)).collect()
        };
        let (mut documents, mut reasons) = (Vec::new(), Vec::new());
        for (qualifier, policy) in policies {
            let form = in_form(&function, qualifier.as_ref());
            match policy {
                Ok(None) => {}
                Ok(Some(text)) => match Document::parse(text) {
                    Ok(document) => {
                        let (url, invokers) = (url_of(&form, urls), invokers_of(qualifier));
                        documents.push(ReadPolicy { form, document, url, invokers });
                    }
                    Err(error) => reasons.push(format!("the policy of `{form}`: {error}")),
                },
                Err(error) => reasons.push(format!("the policy of `{form}` could not be read: {error}")),
            }
        }
        Self { function, documents, reasons }
    }

    /// The policies, each with the form that has it.
    #[must_use]
    pub fn policies(&self) -> Vec<FunctionPolicy<'_>> {
        let policies = self.documents.iter();
        policies
            .map(|ReadPolicy { form, document, url, invokers }| FunctionPolicy {
                function: form.clone(),
                document,
                url: *url,
                invokers: invokers.clone(),
            })
            .collect()
    }

    /// The forms whose URL asks nobody who they are.
    fn open_urls(&self, side: &FunctionSide) -> Vec<FunctionArn> {
        let open = side.urls.as_deref().unwrap_or_default().iter().filter(|url| is_open(url));
        open.map(|url| in_form(&self.function, url.function.qualifier.as_ref())).collect()
    }
}

/// The statements of a function's policies that let in more than the manifest states.
struct Ways {
    /// By these somebody reaches the function without the role.
    past: Vec<Passage>,
    /// By these others a session of the role does something else than invoke a target.
    granted: Vec<Passage>,
}

impl Ways {
    fn of(policies: &[FunctionPolicy<'_>], desired: &Desired) -> Self {
        let past = passages(policies, std::slice::from_ref(&desired.home.account));
        let mut granted = grants_to_role(policies, &desired.role_arn(), &desired.targets);
        let is_told = |grant: &Passage| {
            past.iter().any(|it| (it.policy, it.statement) == (grant.policy, grant.statement))
        };
        granted.retain(|grant| !is_told(grant));
        Self { past, granted }
    }
}

fn in_form(function: &FunctionArn, qualifier: Option<&Qualifier>) -> FunctionArn {
    match qualifier {
        Some(qualifier) => function.qualified(qualifier.clone()),
        None => function.unqualified(),
    }
}

/// `AWS_IAM` is the one authentication that a URL can have (Lambda API Reference, `FunctionUrlConfig`, `AuthType`).
fn is_open(url: &FunctionUrlRecord) -> bool {
    url.authentication != "AWS_IAM"
}

fn url_of(form: &FunctionArn, urls: &AwsResult<Vec<FunctionUrlRecord>>) -> UrlAccess {
    let Ok(urls) = urls else { return UrlAccess::Unread };
    match urls.iter().find(|url| url.function.qualifier == form.qualifier) {
        None => UrlAccess::Absent,
        Some(url) if is_open(url) => UrlAccess::Open,
        Some(_) => UrlAccess::Signed,
    }
}

/// Judges what Lambda holds about the functions.
#[must_use]
pub fn judge(sides: &[FunctionSide], desired: &Desired) -> FunctionsJudged {
    let intent = desired.intent();
    let (mut found, mut reasons): (Vec<Passage>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut findings, mut services) = (Vec::new(), BTreeSet::new());
    for side in sides {
        let judgeable = Judgeable::of(side, desired);
        let policies = judgeable.policies();
        let Ways { past, granted } = Ways::of(&policies, desired);
        let facts = FunctionFacts {
            policies: &policies,
            passages: &past,
            grants: &granted,
            open_urls: judgeable.open_urls(side),
            aliases: aliases(side, &judgeable.function, desired),
            function: judgeable.function.clone(),
        };
        findings.extend(lint_function(&facts, &intent));
        services.append(&mut admitted_services(&policies, &past));
        found.extend(past);
        reasons.extend(granted.into_iter().flat_map(|grant| match grant.result {
            Proof::Unknown { reasons } => reasons,
            Proof::Proved | Proof::Refuted(_) => Vec::new(),
        }));
        reasons.extend(judgeable.reasons);
        reasons.extend(unlisted(side, &judgeable.function));
    }
    let claim = (!sides.is_empty()).then(|| {
        let mut claim = Claim::from(only_through_role(&found));
        match &mut claim.decided {
            Decided::Undecided { reasons: known } => known.append(&mut reasons),
            Decided::Proved if !reasons.is_empty() => claim.decided = Decided::Undecided { reasons },
            Decided::Proved
            | Decided::Refuted(_)
            | Decided::Denied { .. }
            | Decided::Unmet { .. }
            | Decided::Absent { .. } => {}
        }
        claim
    });
    let stated = (!services.is_empty()).then_some(Note::FurtherInvokers { services });
    FunctionsJudged { claim, findings, notes: stated.into_iter().chain(notes(sides)).collect() }
}

/// Which forms of the function there are, if that was asked and could not be read: each has a policy of its own.
fn unlisted(FunctionSide { further, .. }: &FunctionSide, function: &FunctionArn) -> Vec<String> {
    let Some(FurtherForms { aliases, versions_left }) = further else { return Vec::new() };
    let failed = [("aliases", aliases.as_ref().err()), ("versions", versions_left.as_ref().err())];
    let reason = |(what, error): (&str, Option<&AwsError>)| {
        Some(format!(
            "the {what} of `{function}` could not be listed, and each has a policy of its own: {}",
            error?
        ))
    };
    failed.into_iter().filter_map(reason).collect()
}

/// A way past the role that nobody stated, and that one call to Lambda closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayPast {
    /// A statement of a function's policy lets somebody in.
    Statement {
        /// The function in the form that has the policy.
        function: FunctionArn,
        /// The statement's ID.
        statement: Option<String>,
    },
    /// A URL asks nobody who they are.
    Url(FunctionArn),
}

/// The ways past the role.
#[must_use]
pub fn ways_past(sides: &[FunctionSide], desired: &Desired) -> Vec<WayPast> {
    let mut ways = Vec::new();
    for side in sides {
        let judgeable = Judgeable::of(side, desired);
        let policies = judgeable.policies();
        let Ways { past, granted } = Ways::of(&policies, desired);
        let through =
            past.into_iter().chain(granted).filter(|passage| matches!(passage.result, Proof::Refuted(_)));
        ways.extend(through.filter_map(|passage| {
            let policy = policies.get(passage.policy)?;
            let statement = policy.document.statements().get(passage.statement)?;
            let statement = statement.sid.as_ref().map(ToString::to_string);
            Some(WayPast::Statement { function: policy.function.clone(), statement })
        }));
        ways.extend(judgeable.open_urls(side).into_iter().map(WayPast::Url));
    }
    ways
}

/// The aliases that the role invokes, with where they lead.
fn aliases(side: &FunctionSide, function: &FunctionArn, desired: &Desired) -> Vec<AliasTarget> {
    let Some(FurtherForms { aliases: Ok(aliases), .. }) = &side.further else { return Vec::new() };
    let is_invoked = |alias: &Qualifier| {
        let form = function.qualified(alias.clone());
        desired.targets.contains(&form)
    };
    let target = |record: &AliasRecord| AliasTarget {
        alias: record.alias.clone(),
        version: record.version.clone(),
        expected: None,
        weighted: record.weighted.clone(),
    };
    aliases.iter().filter(|record| is_invoked(&record.alias)).map(target).collect()
}

/// What was not read: one note for each kind of call that failed, however many functions it failed for, and one for the forms
/// that nobody asked for.
fn notes(sides: &[FunctionSide]) -> Vec<Note> {
    let mut failures: BTreeMap<&'static str, (usize, FunctionFact, &AwsError)> = BTreeMap::new();
    let mut names_alone = false;
    let mut versions = 0;
    for FunctionSide { policies, urls, further, .. } in sides {
        let of_policies = policies.iter().filter_map(|(_, policy)| policy.as_ref().err());
        let mut failed: Vec<(FunctionFact, &AwsError)> =
            of_policies.map(|error| (FunctionFact::Policies, error)).collect();
        failed.extend(urls.as_ref().err().map(|error| (FunctionFact::Urls, error)));
        match further {
            None => names_alone = true,
            Some(FurtherForms { aliases, versions_left }) => {
                failed.extend(aliases.as_ref().err().map(|error| (FunctionFact::Aliases, error)));
                failed.extend(versions_left.as_ref().err().map(|error| (FunctionFact::Versions, error)));
                versions += versions_left.as_ref().unwrap_or(&0);
            }
        }
        for (what, error) in failed {
            failures.entry(error.operation).or_insert((0, what, error)).0 += 1;
        }
    }
    let unread = failures.into_values().map(|(number, what, error)| Note::FunctionsUnread {
        what,
        why: error.into(),
        number,
    });
    let unnamed = names_alone.then_some(Note::FormsNotRead { names_command: true });
    let versions = (versions > 0).then_some(Note::VersionsNotRead { versions });
    unread.chain(unnamed).chain(versions).collect()
}

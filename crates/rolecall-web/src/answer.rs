//! What the page is answered: the proofs as text that is shown, and the answer of the command beside it.
//!
//! Invariants: every text that can hold what others wrote is [`shown`]; the outcomes and the words are those of
//! `rolecall_prove`, and `json` is what `rolecall prove --output json` prints.

use rolecall_extract::{
    ExtractError, Extracted, Kind, MAX_BYTES, Parameters, Places, RoleDocuments, extract, text,
};
use rolecall_iam::explain::Explanation;
use rolecall_iam::lint::Finding;
use rolecall_prove::answer::Answer;
use rolecall_prove::claim::{Claim, ClaimOutcome};
use rolecall_prove::reasons::explain_claim;
use rolecall_prove::role_proof::{FileProof, RoleProof};
use rolecall_prove::words::{claim_in_words, place_in_words, verdict_in_words, witness_value};
use rolecall_prove::{ProveRequest, name_of};
use rolecall_shown::{Shown, neutral};
use serde::Serialize;
use serde_json::Value;

#[cfg(test)]
mod tests;

use crate::command::command;
use crate::marks::{Mark, Marker};
use crate::question::{FieldFault, Question};

/// The most roles that the page shows; the answer of the command has all.
const MOST_SHOWN: usize = 100;

/// The most roles that the page offers to choose from.
const MOST_NAMES: usize = 1000;

/// The longest command in bytes. One that is cut could end within a quote, and a shell would wait for the rest.
const LONGEST_COMMAND: usize = 8_000;

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Page {
    /// There is no document.
    Empty,
    /// The question itself cannot be read: a fault of the page.
    Broken {
        /// Why.
        message: String,
    },
    /// Something that is stated cannot be read.
    Stated {
        /// Every fault.
        faults: Vec<FieldFault>,
    },
    /// The document cannot be read.
    Unreadable {
        /// Why not.
        message: String,
        marks: Vec<Mark>,
        /// The roles that the document has, where one was asked for that it has not.
        names: Vec<Name>,
    },
    /// It was decided.
    Decided(Box<Decided>),
}

/// The proofs of a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decided {
    /// What the document is.
    pub kind: String,
    /// What became of all roles.
    pub result: ClaimOutcome,
    /// What was stated, and so is a part of what the result means.
    pub held_to: Vec<HeldTo>,
    /// The same in words, with the warnings that are left.
    pub verdict: String,
    /// What was claimed of the document as a whole.
    pub claims: Vec<ClaimShown>,
    /// How many roles were proved, refuted, and left unknown.
    pub counts: [usize; 3],
    /// The roles, most severe first; not more than the page shows.
    pub roles: Vec<RoleShown>,
    /// The names of the roles to choose from; none where the document is no file of roles.
    pub names: Vec<Name>,
    /// Whether the document has parameters to state.
    pub takes_parameters: bool,
    /// Whether references can be stated to be plain.
    pub takes_references: bool,
    /// The command that proves the same; none where it is too long to be shown whole.
    pub command: Option<String>,
    /// What it prints with `--output json`.
    pub json: String,
}

/// Values that the document was held to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldTo {
    /// What they are.
    pub what: String,
    /// Each as it was read; empty where `what` says all.
    pub values: Vec<String>,
}

/// The name of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Name {
    /// As the document has it, to ask for the role.
    pub name: String,
    pub shown: String,
}

/// The proof of a role.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoleShown {
    /// What the document calls it.
    pub role: Option<String>,
    /// What became of it.
    pub result: ClaimOutcome,
    /// The same in words, with the warnings that are left.
    pub verdict: String,
    /// What was claimed.
    pub claims: Vec<ClaimShown>,
    /// Findings in addition to the claims.
    pub findings: Vec<FindingShown>,
    /// What was taken for granted.
    pub notes: Vec<String>,
}

/// A claim, decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimShown {
    pub claim: String,
    /// What became of it.
    pub result: ClaimOutcome,
    /// The sentence of the request that breaks it, or why it could not be decided.
    pub because: Vec<String>,
    /// The request that breaks it.
    pub request: Option<String>,
    /// Why the documents answer this request as they do.
    pub explanation: Option<String>,
    /// The statements that decide it.
    pub marks: Vec<Mark>,
}

/// A fault of a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingShown {
    /// The finding's ID.
    pub id: &'static str,
    /// How severe it is.
    pub severity: String,
    /// The kind, in short.
    pub summary: &'static str,
    /// The statement it is about.
    pub place: Option<String>,
    /// What was found.
    pub message: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub fix: String,
    /// Where to read more.
    pub reference: &'static str,
    /// A request that shows it.
    pub request: Option<String>,
    /// The statement.
    pub marks: Vec<Mark>,
}

impl Page {
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain values with string keys, which serde_json cannot fail on.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Answers a question: a line of JSON, and then the document.
#[must_use]
pub fn answer(mut question: Vec<u8>) -> Page {
    let line = question.iter().position(|byte| *byte == b'\n').unwrap_or(question.len());
    let document = question.split_off((line + 1).min(question.len()));
    match serde_json::from_slice::<Question>(&question) {
        Ok(question) => answer_about(&question, document),
        Err(error) => {
            Page::Broken { message: shown(&format!("the page asked what cannot be read: {error}")) }
        }
    }
}

fn answer_about(question: &Question, document: Vec<u8>) -> Page {
    let before = usize::from(document.starts_with(&[0xef, 0xbb, 0xbf]));
    let text = match text(document, MAX_BYTES) {
        Ok(text) => text,
        Err(error) => return unreadable(&format!("cannot read {}: {error}", question.name()), Vec::new()),
    };
    if text.trim().is_empty() {
        return Page::Empty;
    }
    let request = match question.request(text) {
        Ok(request) => request,
        Err(faults) => return Page::Stated { faults },
    };
    let extracted = match request.roles() {
        Ok(extracted) => extracted,
        Err(error) => {
            let marks = marks_of(&error.error, &request.text, before);
            let names = match &error.error {
                ExtractError::NoSuchRole { .. } => names_in(&request, None),
                _ => Vec::new(),
            };
            return Page::Unreadable { message: shown(&error.to_string()), marks, names };
        }
    };
    Page::Decided(Box::new(decided(question, &request, &extracted, before)))
}

fn decided(question: &Question, request: &ProveRequest, extracted: &Extracted, before: usize) -> Decided {
    let proof = request.prove(extracted);
    let Extracted { kind, roles } = extracted;
    let counts = [ClaimOutcome::Proved, ClaimOutcome::Refuted, ClaimOutcome::Unknown]
        .map(|outcome| proof.roles.iter().filter(|role| role.outcome() == outcome).count());
    let names = names_in(request, Some(extracted));
    Decided {
        kind: kind.to_string(),
        result: proof.outcome(),
        held_to: held_to(question, names.len()),
        verdict: verdict_in_words(proof.outcome(), proof.warnings()),
        claims: proof.claims.iter().map(|claim| shown_claim(claim, None, Vec::new())).collect(),
        counts,
        roles: shown_roles(&proof, roles, &request.text, before),
        names,
        takes_parameters: *kind == Kind::CloudFormation,
        takes_references: *kind == Kind::TerraformPlan,
        command: Some(command(question))
            .filter(|command| command.len() <= LONGEST_COMMAND)
            .as_deref()
            .map(shown),
        json: shown_page(&Answer::from(&proof).to_json()),
    }
}

/// What is stated, value by value. The question was read by now, so each value is one that the prover has.
fn held_to(question: &Question, of_roles: usize) -> Vec<HeldTo> {
    let Question {
        file: _,
        principals,
        external_ids,
        targets,
        allow,
        parameters,
        role,
        plain_references,
        fail_on_warning,
    } = question;
    let lists = [
        ("trusted principals", principals),
        ("external IDs", external_ids),
        ("target functions", targets),
        ("other permitted actions", allow),
        ("template parameters", parameters),
    ];
    let lists = lists.into_iter().filter(|(_, values)| !values.is_empty()).map(|(what, values)| HeldTo {
        what: what.to_owned(),
        values: values.iter().map(|value| shown(value)).collect(),
    });
    let role = role.as_ref().map(|role| HeldTo {
        what: match of_roles {
            MOST_NAMES.. => format!("only one role of {MOST_NAMES} or more"),
            1 => "the only role".to_owned(),
            count => format!("only one role of {count}"),
        },
        values: vec![shown(role)],
    });
    let switches = [
        (plain_references, "references in the plan are stated to be plain"),
        (fail_on_warning, "warnings fail"),
    ];
    let switches = switches
        .into_iter()
        .filter(|(is_on, _)| **is_on)
        .map(|(_, what)| HeldTo { what: what.to_owned(), values: Vec::new() });
    lists.chain(role).chain(switches).collect()
}

/// The most severe roles, with their places in the text.
fn shown_roles(proof: &FileProof, roles: &[RoleDocuments], text: &str, before: usize) -> Vec<RoleShown> {
    let rank = |outcome| match outcome {
        ClaimOutcome::Refuted => 0,
        ClaimOutcome::Unknown => 1,
        ClaimOutcome::Proved => 2,
    };
    let mut pairs: Vec<(&RoleProof, &RoleDocuments)> = proof.roles.iter().zip(roles).collect();
    pairs.sort_by_key(|(proof, _)| rank(proof.outcome()));
    pairs.truncate(MOST_SHOWN);
    let places = Places::of(text);
    let marker = Marker::of(text, places.as_ref(), before);
    pairs.into_iter().map(|(proof, role)| shown_role(proof, role, &marker)).collect()
}

fn shown_role(proof: &RoleProof, role: &RoleDocuments, marker: &Marker<'_>) -> RoleShown {
    let RoleProof { role: name, claims, findings, notes, fail_on: _ } = proof;
    RoleShown {
        role: name.as_deref().map(shown),
        result: proof.outcome(),
        verdict: verdict_in_words(proof.outcome(), proof.warnings()),
        claims: claims
            .iter()
            .map(|claim| {
                let explanation =
                    claim.request().and_then(|request| explain_claim(role, claim.kind(), request));
                shown_claim(claim, explanation.as_ref(), marker.of_claim(role, claim))
            })
            .collect(),
        findings: findings.iter().map(|finding| shown_finding(finding, role, marker)).collect(),
        notes: notes.iter().map(|note| shown(note)).collect(),
    }
}

fn shown_claim(claim: &Claim, explanation: Option<&Explanation>, marks: Vec<Mark>) -> ClaimShown {
    ClaimShown {
        claim: shown(&claim_in_words(&claim.proposition)),
        result: claim.outcome(),
        because: claim.because().iter().map(|reason| shown(reason)).collect(),
        request: claim.witness().map(witness_value).map(request_shown),
        explanation: explanation.map(|explanation| shown_page(&explanation.to_string())),
        marks,
    }
}

fn shown_finding(finding: &Finding, role: &RoleDocuments, marker: &Marker<'_>) -> FindingShown {
    let Finding { id, document: _, statement: _, message, fix, remedy: _, witness } = finding;
    FindingShown {
        id: id.as_str(),
        severity: id.severity().to_string(),
        summary: id.summary(),
        place: place_in_words(finding).as_deref().map(shown),
        message: shown(message),
        why: id.why(),
        fix: shown(fix),
        reference: id.reference(),
        request: witness.as_ref().map(witness_value).map(request_shown),
        marks: marker.of_finding(role, finding),
    }
}

/// The request of a witness, without the sentence that is shown beside it.
fn request_shown(mut witness: Value) -> String {
    if let Some(members) = witness.as_object_mut() {
        members.shift_remove("sentence");
    }
    shown_page(&format!("{witness:#}"))
}

/// The roles to choose from: all of the document, whatever role is asked for.
fn names_in(request: &ProveRequest, extracted: Option<&Extracted>) -> Vec<Name> {
    let whole = match (&request.role, extracted) {
        (None, Some(extracted)) => Ok(extracted.clone()),
        (Some(_), _) | (None, None) => extract(&request.text, &Parameters::clone(&request.parameters)),
    };
    let Ok(Extracted { kind, roles }) = whole else { return Vec::new() };
    let names = roles.iter().filter_map(|role| name_of(kind, role)).take(MOST_NAMES);
    names.map(|name| Name { shown: shown(&name), name }).collect()
}

fn unreadable(message: &str, marks: Vec<Mark>) -> Page {
    Page::Unreadable { message: shown(message), marks, names: Vec::new() }
}

/// Where a document cannot be read.
fn marks_of(error: &ExtractError, text: &str, before: usize) -> Vec<Mark> {
    let places = Places::of(text);
    let marker = Marker::of(text, places.as_ref(), before);
    match error {
        ExtractError::NotJson { faults } => {
            let found = serde_json::from_str::<serde::de::IgnoredAny>(text).err();
            match found {
                Some(error) => marker.of_column(error.line(), error.column()).into_iter().collect(),
                None => faults.iter().filter_map(|fault| marker.of_pointer(&fault.pointer)).collect(),
            }
        }
        ExtractError::Policy(errors) => {
            errors.faults.iter().filter_map(|fault| marker.of_pointer(&fault.pointer)).collect()
        }
        ExtractError::TooLarge { .. }
        | ExtractError::Empty
        | ExtractError::Utf16
        | ExtractError::NotUtf8 { .. }
        | ExtractError::NotYaml(_)
        | ExtractError::ResourcePolicy
        | ExtractError::Cases
        | ExtractError::TerraformSource
        | ExtractError::TerraformVersion { .. }
        | ExtractError::FailedPlan
        | ExtractError::Unrecognised
        | ExtractError::NoRole { .. }
        | ExtractError::NoSuchRole { .. }
        | ExtractError::TooManyResources { .. }
        | ExtractError::NoParameters { .. }
        | ExtractError::NoReferences { .. }
        | ExtractError::NoSuchParameter { .. } => Vec::new(),
    }
}

/// A text on one line, which steers nothing.
fn shown(text: &str) -> String {
    Shown(text).to_string()
}

/// A text of several lines of our own, which steers nothing.
fn shown_page(text: &str) -> String {
    neutral(text, false, |_| None)
}

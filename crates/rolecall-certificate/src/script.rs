//! A file: what it claims, from which documents, under which assumptions, and how to check it.

use rolecall_iam::condition::{Condition, Operand};
use rolecall_iam::document::{Document, Effect};

use std::collections::BTreeMap;

use crate::model::{Model, Scope};
use crate::smt::{FALSE, comment, or};
use crate::statement::bound_of;
use crate::{Claim, Encoding, Named, Part};

/// The first line of every script: whoever writes scripts to a folder knows his own by it.
pub const FIRST_LINE: &str = "; rolecall certificate, format 1";

/// One file for a solver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What is claimed.
    pub claim: Claim,
    /// What the script shows of it.
    pub part: Part,
    /// What each `check-sat` asks, in their order.
    pub checks: Vec<String>,
    /// Elements that are not documented: read as matching in an `Allow` and as not matching in a `Deny`.
    pub loosened: Vec<String>,
    /// Condition keys of which AWS does not say whether a request has them: present or absent, with any value.
    pub free: Vec<String>,
    /// The file.
    pub text: String,
}

impl Script {
    /// A name for the file.
    #[must_use]
    pub fn file_name(&self) -> String {
        let part = match self.part {
            Part::Proof(Encoding::Parts) => "parts",
            Part::Proof(Encoding::Whole) => "whole",
            Part::Vacuity => "vacuity",
        };
        format!("{}.{part}.smt2", self.claim.slug())
    }
}

/// A `check-sat` of its own, with what is asserted for it alone.
pub(crate) struct Check {
    pub(crate) asks: String,
    pub(crate) terms: Vec<String>,
}

/// The statements of the documents as definitions.
pub(crate) struct Compiled {
    /// The definitions.
    pub(crate) text: String,
    /// For each document, the names of its `Allow` statements with their places.
    pub(crate) allows: Vec<Vec<(String, String)>>,
    /// Every statement has one reading only.
    pub(crate) is_exact: bool,
}

/// Translates every statement of the documents; the definition `denied` says whether one of them denies.
pub(crate) fn compile(model: &mut Model<'_>, documents: &[Named<'_>]) -> Compiled {
    let mut text = String::new();
    let mut allows = Vec::new();
    let mut denies = Vec::new();
    let mut is_exact = true;
    for (number, Named { name, document }) in documents.iter().enumerate() {
        let mut here = Vec::new();
        for (index, statement) in document.statements().iter().enumerate() {
            let pointer = document.statement_pointer(index);
            model.place = match documents.len() {
                1 => pointer.clone(),
                _ => format!("{name} {pointer}"),
            };
            let source = document.as_value().pointer(&pointer);
            let bound = bound_of(statement.effect);
            let translated = model.statement(statement, source, bound);
            let noted = model.loosened.clone();
            is_exact &= model.statement(statement, source, bound.flip()) == translated;
            model.loosened = noted;
            let word = statement.effect.as_str().to_ascii_lowercase();
            let defined = format!("{word}_{number}_{index}");
            text.push_str(&format!("; --- {} {}\n", comment(&model.place), statement.effect.as_str()));
            text.push_str(&translated.define(&defined, model.scope));
            match statement.effect {
                Effect::Allow => here.push((defined, model.place.clone())),
                Effect::Deny => denies.push(defined),
            }
        }
        allows.push(here);
    }
    let (parameters, arguments) = match model.scope {
        Scope::Trust => ("((action String) (main Bool))", " action main"),
        Scope::Session | Scope::Function => ("()", ""),
    };
    let denied = or(denies.iter().map(|name| applied(name, arguments)));
    text.push_str(&format!("; --- An explicit deny wins\n(define-fun denied {parameters} Bool {denied})\n"));
    Compiled { text, allows, is_exact }
}

/// A definition with its arguments.
pub(crate) fn applied(name: &str, arguments: &str) -> String {
    if arguments.is_empty() { name.to_owned() } else { format!("({name}{arguments})") }
}

/// How often conditions ask about each key, and by which power of ten numbers are scaled: one digit more than the
/// documents have, so that there is a number between any two of theirs.
pub(crate) fn asked<'d>(documents: impl Iterator<Item = &'d Document>) -> (BTreeMap<String, usize>, usize) {
    let mut counts = BTreeMap::new();
    let mut decimals = 0;
    let statements = documents.flat_map(Document::statements);
    for Condition { operator: _, operator_name: _, key, values } in
        statements.flat_map(|statement| &statement.conditions)
    {
        *counts.entry(key.folded().to_owned()).or_insert(0) += 1;
        for value in values.iter().filter(|value| matches!(value.operand, Operand::Number(_))) {
            let fraction = value.raw.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            decimals = decimals.max(fraction);
        }
    }
    (counts, decimals + 1)
}

/// What a file is made of.
pub(crate) struct Contents<'c> {
    pub(crate) claim: Claim,
    pub(crate) part: Part,
    /// The claim in words.
    pub(crate) sentence: String,
    pub(crate) documents: &'c [Named<'c>],
    /// Declarations and definitions.
    pub(crate) definitions: String,
    /// What holds for every check.
    pub(crate) asserted: Vec<(String, String)>,
    pub(crate) checks: Vec<Check>,
}

impl Contents<'_> {
    pub(crate) fn write(self, model: &Model<'_>) -> Script {
        let mut text = self.header(model);
        text.push_str("(set-logic QF_SLIA)\n");
        text.push_str(&self.definitions);
        for (says, term) in &self.asserted {
            text.push_str(&format!("; --- {}\n(assert {term})\n", comment(says)));
        }
        for Check { asks, terms } in &self.checks {
            text.push_str(&format!("; --- Check: {}\n(push 1)\n", comment(asks)));
            for term in terms {
                text.push_str(&format!("(assert {term})\n"));
            }
            text.push_str("(check-sat)\n(pop 1)\n");
        }
        Script {
            claim: self.claim,
            part: self.part,
            checks: self.checks.into_iter().map(|check| check.asks).collect(),
            loosened: model.loosened.iter().cloned().collect(),
            free: model.free(),
            text,
        }
    }

    fn header(&self, model: &Model<'_>) -> String {
        let mut lines = vec![format!("Claim: {}", self.sentence)];
        match self.part {
            Part::Proof(encoding) => {
                lines.push("This script asks for a request that breaks the claim.".to_owned());
                lines.push(
                    "unsat for every check: no such request exists; the claim is confirmed.".to_owned(),
                );
                lines.push(
                    "sat for a check: such a request exists, or exists only because of the loosening below."
                        .to_owned(),
                );
                lines.push("unknown, a timeout or an (error ...): the result is inconclusive.".to_owned());
                lines.push(
                    match encoding {
                        Encoding::Parts => {
                            "Encoding: parts. Each part of an ARN is a string; the other file uses one string for \
                             each ARN."
                        }
                        Encoding::Whole => {
                            "Encoding: whole. Each ARN is one string; the other file uses one string for each part."
                        }
                    }
                    .to_owned(),
                );
            }
            Part::Vacuity => {
                lines.push(
                    "This script asks for a request under the same assumptions, without the negated claim."
                        .to_owned(),
                );
                lines.push(
                    "The first check must be sat: otherwise the assumptions contradict each other."
                        .to_owned(),
                );
                lines.push("The second is sat if the policies allow an ordinary request.".to_owned());
            }
        }
        lines.push(String::new());
        lines.push("z3 -t:60000 FILE".to_owned());
        lines.push("cvc5 --strings-exp --incremental --tlimit-per=60000 FILE".to_owned());
        lines.push(String::new());
        lines.push("Assumptions:".to_owned());
        lines.extend(assumptions(model));
        lines.push(String::new());
        lines.push("Loosened (not documented: holds in an Allow, does not in a Deny):".to_owned());
        lines.extend(listed(model.loosened.iter()));
        lines.push("Free (AWS does not say whether the request has the key: any value or none):".to_owned());
        lines.extend(listed(model.free().iter()));
        for Named { name, document } in self.documents {
            lines.push(String::new());
            lines.push(format!("Document: {name}"));
            let json = serde_json::to_string_pretty(document.as_value()).unwrap_or_default();
            lines.extend(json.lines().map(str::to_owned));
        }
        let mut text = format!("{FIRST_LINE}\n");
        for line in lines {
            text.push_str(format!("; {}", comment(&line)).trim_end());
            text.push('\n');
        }
        text
    }
}

fn listed<'l>(lines: impl Iterator<Item = &'l String>) -> Vec<String> {
    let lines: Vec<String> = lines.map(|line| format!("- {line}")).collect();
    if lines.is_empty() { vec!["- nothing".to_owned()] } else { lines }
}

/// What the claim rests on besides the documents.
fn assumptions(model: &Model<'_>) -> Vec<String> {
    let partition = format!("- Callers belong to the partition {}.", model.partition);
    let common = [
        partition,
        "- A colon in a user's or role's path belongs to the last part of its ARN.".to_owned(),
        "- Condition keys that hold ARNs, numbers, dates and addresses hold well-formed ones.".to_owned(),
    ];
    let own: &[&str] = match model.scope {
        Scope::Trust => &[
            "- Callers are IAM users, sessions of roles (aws:PrincipalArn is the role's ARN), AWS services, web and SAML identities.",
            "- Root users and sessions of GetFederationToken cannot call AssumeRole.",
            "- Calls with a token or an assertion have no external ID.",
            "- A call with session tags also needs sts:TagSession, one with a source identity sts:SetSourceIdentity.",
            "- The caller's own policies, SCPs and RCPs are left out: they only take access away.",
        ],
        Scope::Session => &[
            "- An action is service:name, of letters, digits and, in the service, hyphens.",
            "- A resource is an ARN or *; lambda:InvokeFunction acts upon a function, unqualified or with a qualifier.",
            "- Policies of the resources are left out: they can grant more. SCPs are left out: they only take access away.",
        ],
        Scope::Function => &[
            "- Callers are root users, IAM users, sessions of roles (aws:PrincipalArn is the role's ARN), AWS services, and nobody in particular.",
            "- An action on a function whose name begins with Get or List only reads. Every other one counts.",
            "- Principals of the function's account and of the role's account may reach the function, and so may sources in these accounts.",
            "- The caller's own policies, SCPs and RCPs are left out: they only take access away.",
        ],
    };
    common.into_iter().chain(own.iter().map(|line| (*line).to_owned())).collect()
}

/// A check that fails where there is nothing to check.
pub(crate) fn nothing_allows() -> Check {
    Check { asks: "no statement allows anything".to_owned(), terms: vec![FALSE.to_owned()] }
}

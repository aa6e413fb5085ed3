//! What went wrong, by class, and the figures of a run.

use std::collections::BTreeMap;

use rolecall_iam::evaluate::Request;
use rolecall_iam::prove::ClaimResult;
use serde_json::{Value, json};

use super::{asked, most_shown, short, witness};

pub(super) const FALSE_PROOF: &str = "a false proof";
pub(super) const UNUSABLE_WITNESS: &str = "an unusable witness";

/// A claim that is proved or a witness that is shown, and should not be.
pub(super) struct Failure {
    pub(super) what: &'static str,
    pub(super) seed: u64,
    pub(super) claim: String,
    pub(super) documents: Value,
    pub(super) request: Request,
    pub(super) why: String,
}

impl Failure {
    /// What the failure is about, without its texts: operators, keys and forms of principals.
    fn class(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let listed = |value: &Value| match &value["Statement"] {
            Value::Array(items) => items.clone(),
            one => vec![one.clone()],
        };
        let all = ["trust", "identity", "boundary"].iter().filter_map(|name| self.documents.get(name));
        for statement in all.flat_map(listed) {
            let mut part = statement["Effect"].as_str().unwrap_or_default().to_owned();
            for element in ["Principal", "NotPrincipal"] {
                for (kind, names) in statement[element].as_object().into_iter().flatten() {
                    let names = asked::strings(names);
                    let form = |name: &String| match name
                        .split(['/', ':'])
                        .find(|part| ["root", "role", "user", "assumed-role"].contains(part))
                    {
                        Some(form) => form.to_owned(),
                        None if name == "*" => "*".to_owned(),
                        None => "other".to_owned(),
                    };
                    let mut forms: Vec<String> = names.iter().map(form).collect();
                    forms.sort();
                    forms.dedup();
                    part.push_str(&format!(" {element} {kind} {}", forms.join("+")));
                }
            }
            for element in ["NotAction", "NotResource"] {
                if statement.get(element).is_some() {
                    part.push_str(&format!(" {element}"));
                }
            }
            for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
                for (key, values) in keys.as_object().into_iter().flatten() {
                    let variable = if values.to_string().contains("${") { " over a variable" } else { "" };
                    part.push_str(&format!(", {operator} {}{variable}", key.to_ascii_lowercase()));
                }
            }
            parts.push(part);
        }
        parts.sort();
        let why = self.why.split(['`', '"']).next().unwrap_or_default();
        format!("{} ({}): {} — {}", self.what, short_claim(&self.claim), parts.join(" | "), why)
    }
}

fn short_claim(claim: &str) -> &str {
    claim.split(':').next().unwrap_or_default()
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, seed, claim, documents, request, why } = self;
        let case = witness::case(request, &json!({}), "Allowed");
        write!(
            formatter,
            "{what}, seed {seed}\n  claim: {claim}\n  documents: {documents}\n  request: {}\n  why: {why}",
            case["request"]
        )
    }
}

/// Figures of a run.
#[derive(Default)]
pub(super) struct Report {
    pub(super) documents: usize,
    pub(super) requests: usize,
    /// Refuted claims that were attacked like proved ones, and those of them that a drawn request breaks.
    pub(super) power: (usize, usize),
    verdicts: BTreeMap<(&'static str, &'static str), usize>,
    found: BTreeMap<&'static str, usize>,
    failures: BTreeMap<String, (usize, Failure)>,
}

impl Report {
    pub(super) fn verdict(&mut self, ClaimResult { claim, result }: &ClaimResult) {
        *self.verdicts.entry((short(claim), result.as_str())).or_default() += 1;
    }

    pub(super) fn fail(&mut self, failure: Failure, minimise: impl FnOnce(&mut Failure)) {
        let found = self.found.entry(failure.what).or_default();
        *found += 1;
        if *found > most_shown() {
            return;
        }
        let mut failure = failure;
        minimise(&mut failure);
        let class = failure.class();
        self.failures.entry(class).and_modify(|(count, _)| *count += 1).or_insert((1, failure));
    }

    /// The figures, in one line.
    pub(super) fn summary(&self, name: &str) -> String {
        let verdicts: Vec<String> = self
            .verdicts
            .iter()
            .map(|((claim, verdict), count)| format!("{claim} {verdict} {count}"))
            .collect();
        let failures: Vec<String> = [FALSE_PROOF, UNUSABLE_WITNESS]
            .map(|what| format!("{} × {what}", self.found.get(what).copied().unwrap_or_default()))
            .into();
        format!(
            "adversary, {name}: {} documents, {} requests, {} of {} refuted claims broken, {}; {}",
            self.documents,
            self.requests,
            self.power.1,
            self.power.0,
            failures.join(", "),
            verdicts.join(", ")
        )
    }

    /// Fails with every class of one kind of failure.
    pub(super) fn assert_none(&self, what: &str) {
        let mut failures: Vec<&(usize, Failure)> =
            self.failures.values().filter(|(_, failure)| failure.what == what).collect();
        failures.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let told: Vec<String> = failures
            .iter()
            .map(|(count, failure)| format!("{count} × {}\n{failure}", failure.class()))
            .collect();
        let found = self.found.get(what).copied().unwrap_or_default();
        assert!(found == 0, "{found} × {what}, {} classes:\n{}", told.len(), told.join("\n\n"));
        // A run in which nothing is proved, or nothing refuted, shows nothing.
        let any =
            |wanted: &str| self.verdicts.iter().any(|((_, verdict), count)| *verdict == wanted && *count > 0);
        assert!(any("proved") && any("refuted"), "{:?}", self.verdicts);
        // An adversary that does not break what is known to be false shows nothing either.
        let (attacked, broken) = self.power;
        assert!(broken * 100 >= attacked * 60, "{broken} of {attacked} refuted claims were broken");
    }
}

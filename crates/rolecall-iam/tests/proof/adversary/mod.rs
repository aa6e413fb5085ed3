//! An adversary of the prover: it reads the prover's own constants and the document's, and aims at them.
//!
//! A claim that is proved must have no counterexample among requests drawn from the document's own cuts, and none that the
//! evaluator cannot decide. A witness must be a request that somebody can make, and must be answered in the same way after
//! it was printed as a case and read back.
//!
//! `ROLECALL_PROOF_CASES` sets the number of documents, `ROLECALL_ADVERSARY_SEED` the first seed,
//! `ROLECALL_ADVERSARY_REQUESTS` the requests for each proved claim, `ROLECALL_ADVERSARY_SHOWN` how many failures are minimised and shown, and `ROLECALL_ADVERSARY_OUT` a file for the trust
//! documents with their intents, one JSON object a line.

mod asked;
mod documents;
mod knowledge;
mod minimise;
mod requests;
mod witness;

use std::collections::BTreeMap;
use std::io::Write as _;

use rolecall_iam::arn::RoleArn;
use rolecall_iam::context::ContextValue;
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Request, evaluate_trust};
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{
    Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, prove_permissions, prove_trust,
};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::random::Dice;
use super::support::{FUNCTION, QUALIFIED, ROLE, session_may};
pub(super) use asked::strings;
use documents::{Maker, intent_value};
use knowledge::Constants;
use requests::{Cuts, Drawer, Id};
use witness::{ACTIONS, Target};

/// Requests drawn for each proved claim.
fn requests_per_claim() -> usize {
    setting("ROLECALL_ADVERSARY_REQUESTS", 40)
}

fn setting<T: std::str::FromStr>(name: &str, ordinary: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(ordinary)
}

fn first_seed() -> u64 {
    setting("ROLECALL_ADVERSARY_SEED", 0)
}

/// Failures that are minimised and shown; the others are only counted.
fn most_shown() -> usize {
    setting("ROLECALL_ADVERSARY_SHOWN", 20)
}

/// The short name of a claim.
fn short(claim: &Claim) -> &'static str {
    match claim {
        Claim::OnlyTrustedMayAssume => "only trusted",
        Claim::OnlyWithExternalId(_) => "only with ID",
        Claim::MayAssume(_) => "may assume",
        Claim::OnlyTargetsMayBeInvoked => "only targets",
        Claim::EveryTargetMayBeInvoked(_) => "every target",
    }
}

/// Who is trusted: stated, or else whoever an `Allow` names.
struct Trust {
    trusted: Vec<Principal>,
    stated: bool,
    role: String,
    own: Option<String>,
}

impl Trust {
    fn of(document: &Value, intent: &RoleIntent) -> Self {
        let stated = !intent.trusted.is_empty();
        let trusted = if stated {
            intent.trusted.clone()
        } else {
            let allows = asked::statements(document).into_iter().filter(|statement| statement.allows);
            let parse = |name: String| match name.len() {
                12 => format!("arn:aws:iam::{name}:root").parse().ok(),
                _ => name.parse().ok(),
            };
            allows.flat_map(|statement| statement.principals).filter_map(parse).collect()
        };
        Self {
            trusted,
            stated,
            role: intent
                .role
                .as_ref()
                .map_or("arn:aws:iam::111122223333:role/the-role".to_owned(), RoleArn::to_string),
            own: intent.role.as_ref().map(|role| role.account.to_string()),
        }
    }

    /// Whether naming one of the trusted principals means the caller. Names are unique in an account whatever the path.
    fn trusts(&self, caller: &Principal) -> bool {
        self.trusted.iter().any(|trusted| match (trusted, caller) {
            (Principal::Root { account, .. }, caller) => caller.account() == Some(account),
            (Principal::Role(named), Principal::RoleSession { account, role, .. }) => {
                named.account == *account && named.name == *role
            }
            (
                Principal::RoleSession { account, role, session, .. },
                Principal::RoleSession {
                    account: other_account,
                    role: other_role,
                    session: other_session,
                    ..
                },
            ) => account == other_account && role == other_role && session == other_session,
            (
                Principal::User { account, name, .. },
                Principal::User { account: other_account, name: other_name, .. },
            ) => account == other_account && name == other_name,
            (trusted, caller) => trusted == caller,
        })
    }

    fn must_pass_id(&self, caller: &Principal) -> bool {
        let own = caller.account().is_some_and(|account| Some(account.as_str()) == self.own.as_deref());
        self.trusts(caller) && caller.account().is_some() && (self.stated || !own)
    }

    /// Whether a request that gets this answer breaks a claim that is proved.
    fn breaks(&self, claim: &Claim, expected: Option<&str>, request: &Request, allows: Truth) -> bool {
        let id = match request.context.get(&"sts:ExternalId".into()) {
            Some(ContextValue::One(id)) => Some(id.as_str()),
            _ => None,
        };
        let caller = &request.principal;
        match claim {
            Claim::OnlyTrustedMayAssume => !self.trusts(caller) && allows != Truth::False,
            Claim::OnlyWithExternalId(Some(expected)) => {
                self.must_pass_id(caller) && id != Some(expected) && allows != Truth::False
            }
            Claim::OnlyWithExternalId(None) => {
                self.must_pass_id(caller) && id.is_none() && allows != Truth::False
            }
            Claim::MayAssume(trusted) => {
                let one =
                    Self { trusted: vec![trusted.clone()], stated: true, role: String::new(), own: None };
                let wanted = if caller.account().is_some() { expected } else { None };
                one.trusts(caller) && id == wanted && is_plain(request) && allows != Truth::True
            }
            Claim::OnlyTargetsMayBeInvoked | Claim::EveryTargetMayBeInvoked(_) => false,
        }
    }
}

/// Whether a call passes neither tags nor a source identity, which need another permission.
fn is_plain(request: &Request) -> bool {
    let implies = |key: &str| {
        key.starts_with("aws:requesttag/")
            || ["aws:tagkeys", "sts:transitivetagkeys", "sts:sourceidentity"].contains(&key)
    };
    !request.context.iter().any(|(key, value)| implies(key.folded()) && *value != ContextValue::Absent)
}

/// A claim that is proved or a witness that is shown, and should not be.
struct Failure {
    what: &'static str,
    seed: u64,
    claim: String,
    documents: Value,
    request: Request,
    why: String,
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
struct Report {
    documents: usize,
    requests: usize,
    verdicts: BTreeMap<(&'static str, &'static str), usize>,
    found: usize,
    failures: BTreeMap<String, (usize, Failure)>,
}

impl Report {
    fn verdict(&mut self, ClaimResult { claim, result }: &ClaimResult) {
        *self.verdicts.entry((short(claim), result.as_str())).or_default() += 1;
    }

    fn fail(&mut self, failure: Failure, minimise: impl FnOnce(&mut Failure)) {
        self.found += 1;
        if self.found > most_shown() {
            return;
        }
        let mut failure = failure;
        minimise(&mut failure);
        let class = failure.class();
        self.failures.entry(class).and_modify(|(count, _)| *count += 1).or_insert((1, failure));
    }

    fn conclude(&self, name: &str) {
        let verdicts: Vec<String> = self
            .verdicts
            .iter()
            .map(|((claim, verdict), count)| format!("{claim} {verdict} {count}"))
            .collect();
        eprintln!(
            "adversary, {name}: {} documents, {} requests, {} failures; {}",
            self.documents,
            self.requests,
            self.found,
            verdicts.join(", ")
        );
        let mut failures: Vec<&(usize, Failure)> = self.failures.values().collect();
        failures.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let told: Vec<String> = failures
            .iter()
            .map(|(count, failure)| format!("{count} × {}\n{failure}", failure.class()))
            .collect();
        assert!(
            self.found == 0,
            "{} failures of {} classes:\n{}",
            self.found,
            self.failures.len(),
            told.join("\n\n")
        );
        // A run in which nothing is proved, or nothing refuted, shows nothing.
        let any =
            |wanted: &str| self.verdicts.iter().any(|((_, verdict), count)| *verdict == wanted && *count > 0);
        assert!(any("proved") && any("refuted"), "{name}: {verdicts:?}");
    }
}

fn expected_id(results: &[ClaimResult]) -> Option<String> {
    results.iter().find_map(|result| match &result.claim {
        Claim::OnlyWithExternalId(id) => id.clone(),
        _ => None,
    })
}

/// The document, if the evaluator reads it.
fn read(value: &Value) -> Option<Document> {
    Document::from_value(value).ok()
}

/// Looks for a request that breaks a claim about a trust policy.
fn attack_trust(
    drawer: &mut Drawer<'_>,
    document: &Document,
    trust: &Trust,
    results: &[ClaimResult],
    claim: &Claim,
    requests: &mut usize,
) -> Option<(Request, Truth)> {
    let expected = expected_id(results);
    let (id, plain, callers): (Id, bool, Vec<Principal>) = match claim {
        Claim::OnlyWithExternalId(Some(id)) => (Id::AnythingBut(id.clone()), false, trust.trusted.clone()),
        Claim::OnlyWithExternalId(None) => (Id::Absent, false, trust.trusted.clone()),
        Claim::MayAssume(trusted) => match &expected {
            Some(id) if trusted.account().is_some() => (Id::Exactly(id.clone()), true, vec![trusted.clone()]),
            Some(_) | None => (Id::Absent, true, vec![trusted.clone()]),
        },
        _ => (Id::Any, false, Vec::new()),
    };
    let callers: Vec<String> = callers.iter().map(ToString::to_string).collect();
    if callers.is_empty() && *claim != Claim::OnlyTrustedMayAssume {
        return None;
    }
    for _ in 0..requests_per_claim() {
        let Some(request) = drawer.call(&trust.role, &id, plain, &callers) else { continue };
        let allows = evaluate_trust(&request, document).allows;
        *requests += 1;
        if trust.breaks(claim, expected.as_deref(), &request, allows) {
            return Some((request, allows));
        }
    }
    None
}

/// Whether a claim is still proved for a smaller document, and still broken by the same request.
fn still_falsely_proved(trust: &Value, intent: &RoleIntent, claim: &Claim, request: &Request) -> bool {
    let Some(document) = read(trust) else { return false };
    let results = prove_trust(&document, intent);
    let proved = results.iter().any(|result| result.claim == *claim && result.result == Proof::Proved);
    let allows = evaluate_trust(request, &document).allows;
    let expected = expected_id(&results);
    proved && Trust::of(trust, intent).breaks(claim, expected.as_deref(), request, allows)
}

/// The policies of a case about a trust policy: the caller may do everything, so that the trust policy decides.
fn trust_policies(trust: &Value) -> Value {
    json!({"resourcePolicy": trust, "identityPolicies": [witness::anything()]})
}

fn trust_witness_fault(
    trust: &Value,
    intent: &RoleIntent,
    claim: &Claim,
    results: &[ClaimResult],
) -> Option<(Request, String)> {
    let about = results.iter().find(|result| result.claim == *claim)?;
    let Proof::Refuted(witness) = &about.result else { return None };
    let request = &witness.request;
    let allowed = !matches!(claim, Claim::MayAssume(_));
    if let Some(why) = witness::fault(request, &trust_policies(trust), allowed, &[trust]) {
        return Some((request.clone(), why));
    }
    let expected = expected_id(results);
    let answer = if allowed { Truth::True } else { Truth::False };
    let breaks = Trust::of(trust, intent).breaks(claim, expected.as_deref(), request, answer);
    (!breaks).then(|| (request.clone(), "it does not break the claim".to_owned()))
}

#[test]
fn no_adversarial_trust_policy_is_falsely_proved() {
    let constants = Constants::of_prover();
    let mut report = Report::default();
    let mut out = std::env::var_os("ROLECALL_ADVERSARY_OUT")
        .map(|path| std::io::BufWriter::new(std::fs::File::create(path).unwrap()));
    let first = first_seed();
    for seed in first..first + u64::from(super::cases(800)) {
        let mut maker = Maker { dice: Dice(seed ^ 0xad7e_0000_0000), constants: &constants };
        let intent = maker.intent();
        let value = maker.trust(&intent);
        // One key in two spellings under one operator is no document.
        let Some(document) = read(&value) else { continue };
        if let Some(out) = &mut out {
            writeln!(out, "{}", json!({"trust": value, "intent": intent_value(&intent)})).unwrap();
        }
        let results = prove_trust(&document, &intent);
        report.documents += 1;
        let trust = Trust::of(&value, &intent);
        let cuts = Cuts::of(&value, &trust.trusted);
        let mut drawer = Drawer { dice: maker.dice, cuts: &cuts, constants: &constants };
        for result in &results {
            report.verdict(result);
            let claim = &result.claim;
            let failure = |what, request, why| Failure {
                what,
                seed,
                claim: format!("{}: {claim}", short(claim)),
                documents: json!({"trust": value, "intent": intent_value(&intent)}),
                request,
                why,
            };
            match &result.result {
                Proof::Proved => {
                    let found =
                        attack_trust(&mut drawer, &document, &trust, &results, claim, &mut report.requests);
                    if let Some((request, allows)) = found {
                        let why = format!("the evaluator's answer is {allows:?}");
                        report.fail(failure("a false proof", request, why), |failure| {
                            let holds = |documents: &Value| {
                                still_falsely_proved(&documents["trust"], &intent, claim, &failure.request)
                            };
                            failure.documents = minimise::smallest(failure.documents.clone(), &holds);
                        });
                    }
                }
                Proof::Refuted(_) => {
                    report.requests += 1;
                    if let Some((request, why)) = trust_witness_fault(&value, &intent, claim, &results) {
                        report.fail(failure("an unusable witness", request, why), |failure| {
                            let again = |documents: &Value| {
                                let trust = &documents["trust"];
                                let results = prove_trust(&read(trust)?, &intent);
                                trust_witness_fault(trust, &intent, claim, &results)
                            };
                            let kind = |why: &str| why.split('`').next().unwrap_or_default().to_owned();
                            let wanted = kind(&failure.why);
                            let holds = |documents: &Value| {
                                again(documents).is_some_and(|(_, why)| kind(&why) == wanted)
                            };
                            failure.documents = minimise::smallest(failure.documents.clone(), &holds);
                            if let Some((request, why)) = again(&failure.documents) {
                                (failure.request, failure.why) = (request, why);
                            }
                        });
                    }
                }
                Proof::Unknown { .. } => {}
            }
        }
    }
    report.conclude("trust");
}

fn permission_results(documents: &Value, intent: &RoleIntent) -> Option<Vec<ClaimResult>> {
    let identity = read(&documents["identity"])?;
    let boundary = match documents.get("boundary") {
        Some(boundary) => Some(read(boundary)?),
        None => None,
    };
    let permissions = Permissions {
        identity: vec![NamedDocument { name: "identity", document: &identity }],
        boundary: boundary.as_ref().map(|document| NamedDocument { name: "boundary", document }),
    };
    Some(prove_permissions(&permissions, intent))
}

/// Whether a request by a session breaks a claim that is proved.
fn breaks_permissions(claim: &Claim, request: &Request, allows: Truth) -> bool {
    let intended = request.action.eq_ignore_ascii_case("lambda:InvokeFunction")
        && [FUNCTION, QUALIFIED].contains(&request.resource.as_str());
    match claim {
        Claim::OnlyTargetsMayBeInvoked => !intended && allows != Truth::False,
        _ => intended && allows != Truth::True,
    }
}

fn session_answer(documents: &Value, request: &Request) -> Truth {
    let Some(identity) = read(&documents["identity"]) else { return Truth::Unknown };
    let boundary = documents.get("boundary").and_then(read);
    session_may(request, &[identity], boundary.as_ref())
}

/// Action and resource for a request that an `Allow` may cover.
fn choose(
    drawer: &mut Drawer<'_>,
    claim: &Claim,
    through: Option<&asked::Statement>,
    known: &BTreeMap<String, ContextValue>,
) -> (String, String) {
    if matches!(claim, Claim::EveryTargetMayBeInvoked(_)) {
        let target = *drawer.dice.pick(&[FUNCTION, QUALIFIED]);
        return ("lambda:InvokeFunction".to_owned(), target.to_owned());
    }
    let (action, target) = if drawer.dice.one_in(2) { ACTIONS[0] } else { *drawer.dice.pick(&ACTIONS) };
    let patterns: &[String] = through.map_or(&[], |statement| &statement.resources);
    if !patterns.is_empty() && !drawer.dice.one_in(3) {
        let pattern = drawer.dice.pick(patterns).clone();
        let resource = drawer.resource(&pattern, known);
        if target.is(&resource) {
            return (action.to_owned(), resource);
        }
    }
    if target == Target::Function && drawer.dice.one_in(4) {
        let near = knowledge::near_miss(&mut drawer.dice, FUNCTION);
        if target.is(&near) {
            return (action.to_owned(), near);
        }
    }
    let resource = if target == Target::Function && action != ACTIONS[0].0 && drawer.dice.one_in(2) {
        FUNCTION
    } else {
        *drawer.dice.pick(target.examples())
    };
    (action.to_owned(), resource.to_owned())
}

fn permission_witness_fault(
    documents: &Value,
    claim: &Claim,
    results: &[ClaimResult],
) -> Option<(Request, String)> {
    let about = results.iter().find(|result| result.claim == *claim)?;
    let Proof::Refuted(witness) = &about.result else { return None };
    let allowed = *claim == Claim::OnlyTargetsMayBeInvoked;
    let mut policies = json!({"identityPolicies": [documents["identity"]]});
    let mut all = vec![&documents["identity"]];
    if let Some(boundary) = documents.get("boundary") {
        policies["permissionBoundaries"] = json!([boundary]);
        all.push(boundary);
    }
    policies["resourcePolicy"] = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}]});
    let why = witness::fault(&witness.request, &policies, allowed, &all)?;
    Some((witness.request.clone(), why))
}

#[test]
fn no_adversarial_permissions_are_falsely_proved() {
    let constants = Constants::of_prover();
    let mut report = Report::default();
    let first = first_seed();
    for seed in first..first + u64::from(super::cases(1500)) {
        let mut maker = Maker { dice: Dice(seed ^ 0xbad0_0000_0000), constants: &constants };
        let intent = RoleIntent { role: Some(ROLE.parse().unwrap()), ..maker.intent() };
        let role: RoleArn = ROLE.parse().unwrap();
        let documents = maker.permissions();
        let Some(results) = permission_results(&documents, &intent) else { continue };
        report.documents += 1;
        let cuts = Cuts::of(&documents["identity"], &[]);
        let whole = match documents.get("boundary") {
            Some(boundary) => {
                let all = [&documents["identity"], boundary]
                    .map(|document| document["Statement"].as_array().unwrap().clone());
                Cuts::of(&json!({"Statement": all.concat()}), &[])
            }
            None => cuts,
        };
        let identity = read(&documents["identity"]).unwrap();
        let boundary = documents.get("boundary").map(|boundary| read(boundary).unwrap());
        let mut drawer = Drawer { dice: maker.dice, cuts: &whole, constants: &constants };
        for result in &results {
            report.verdict(result);
            let claim = &result.claim;
            let failure = |what, request, why| Failure {
                what,
                seed,
                claim: format!("{}: {claim}", short(claim)),
                documents: documents.clone(),
                request,
                why,
            };
            match &result.result {
                Proof::Proved => {
                    for _ in 0..requests_per_claim() {
                        let request = drawer.session_call(&role, |drawer, through, known| {
                            choose(drawer, claim, through, known)
                        });
                        let allows =
                            session_may(&request, std::slice::from_ref(&identity), boundary.as_ref());
                        report.requests += 1;
                        if !breaks_permissions(claim, &request, allows) {
                            continue;
                        }
                        let why = format!("the evaluator's answer is {allows:?}");
                        report.fail(failure("a false proof", request, why), |failure| {
                            let holds = |documents: &Value| {
                                permission_results(documents, &intent).is_some_and(|results| {
                                    let proved = results.iter().any(|result| {
                                        result.claim == *claim && result.result == Proof::Proved
                                    });
                                    proved
                                        && breaks_permissions(
                                            claim,
                                            &failure.request,
                                            session_answer(documents, &failure.request),
                                        )
                                })
                            };
                            failure.documents = minimise::smallest(failure.documents.clone(), &holds);
                        });
                        break;
                    }
                }
                Proof::Refuted(_) => {
                    report.requests += 1;
                    if let Some((request, why)) = permission_witness_fault(&documents, claim, &results) {
                        report.fail(failure("an unusable witness", request, why), |failure| {
                            let again = |documents: &Value| {
                                let results = permission_results(documents, &intent)?;
                                permission_witness_fault(documents, claim, &results)
                            };
                            let kind = |why: &str| why.split('`').next().unwrap_or_default().to_owned();
                            let wanted = kind(&failure.why);
                            let holds = |documents: &Value| {
                                again(documents).is_some_and(|(_, why)| kind(&why) == wanted)
                            };
                            failure.documents = minimise::smallest(failure.documents.clone(), &holds);
                            if let Some((request, why)) = again(&failure.documents) {
                                (failure.request, failure.why) = (request, why);
                            }
                        });
                    }
                }
                Proof::Unknown { .. } => {}
            }
        }
    }
    report.conclude("permissions");
}

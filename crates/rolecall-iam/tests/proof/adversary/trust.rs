//! Trust policies: false proofs, and witnesses that nobody can use.

use std::io::Write as _;
use std::sync::LazyLock;

use rolecall_iam::arn::RoleArn;
use rolecall_iam::context::ContextValue;
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Request, evaluate_trust};
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{Claim, ClaimResult, Proof, RoleIntent, prove_trust};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::documents::{Maker, intent_value};
use super::knowledge::Constants;
use super::report::{FALSE_PROOF, Failure, Report, UNUSABLE_WITNESS};
use super::requests::{Cuts, Drawer, Id};
use super::{answer, asked, first_seed, minimise, read, requests_per_claim, short, witness};

static RUN: LazyLock<Report> = LazyLock::new(run);

#[test]
fn no_adversarial_trust_policy_is_falsely_proved() {
    eprintln!("{}", RUN.summary("trust"));
    RUN.assert_none(FALSE_PROOF);
}

#[test]
fn every_witness_about_an_adversarial_trust_policy_can_be_used() {
    RUN.assert_none(UNUSABLE_WITNESS);
}

/// Who is trusted: stated, or else whoever an `Allow` names.
struct Trust {
    trusted: Vec<Principal>,
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
            role: intent
                .role
                .as_ref()
                .map_or("arn:aws:iam::111122223333:role/the-role".to_owned(), RoleArn::to_string),
            own: intent.role.as_ref().map(|role| role.account.to_string()),
        }
    }

    /// Whether naming one of the trusted principals means the caller. A role's ARN has a path, the ARN of a session has none.
    fn trusts(&self, request: &Request) -> bool {
        let caller = &request.principal;
        let stated = match request.context.get(&"aws:PrincipalArn".into()) {
            Some(ContextValue::One(arn)) => Some(arn.as_str()),
            _ => None,
        };
        self.trusted.iter().any(|trusted| match (trusted, caller) {
            (Principal::Root { account, .. }, caller) => caller.account() == Some(account),
            (Principal::Role(named), Principal::RoleSession { account, path, role, .. }) => {
                let path = path.as_ref().map_or("/", |path| path.as_str());
                let arn = format!("arn:{}:iam::{account}:role{path}{role}", named.partition);
                named.to_string() == stated.unwrap_or(&arn)
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
            (trusted, caller) => trusted == caller,
        })
    }

    fn must_pass_id(&self, request: &Request) -> bool {
        self.trusts(request) && request.principal.account().is_some()
    }

    fn is_of_another_account(&self, caller: &Principal) -> bool {
        caller.account().is_some_and(|account| Some(account.as_str()) != self.own.as_deref())
    }

    /// Whether a request that gets this answer breaks a claim that is proved.
    fn breaks(&self, claim: &Claim, expected: Option<&str>, request: &Request, allows: Truth) -> bool {
        let id = match request.context.get(&"sts:ExternalId".into()) {
            Some(ContextValue::One(id)) => Some(id.as_str()),
            _ => None,
        };
        let caller = &request.principal;
        match claim {
            Claim::OnlyTrustedMayAssume => !self.trusts(request) && allows != Truth::False,
            Claim::OnlyWithExternalId(Some(expected)) => {
                self.must_pass_id(request) && id != Some(expected) && allows != Truth::False
            }
            Claim::OnlyWithExternalId(None) => {
                self.must_pass_id(request) && id.is_none() && allows != Truth::False
            }
            Claim::OthersOnlyWithExternalId(expected) => {
                self.is_of_another_account(caller)
                    && (id.is_none() || id != expected.as_deref() && expected.is_some())
                    && allows != Truth::False
            }
            Claim::MayAssumeUnderConditions(_) => false,
            Claim::MayAssume(trusted) => {
                let one = Self { trusted: vec![trusted.clone()], role: String::new(), own: None };
                let wanted = if caller.account().is_some() { expected } else { None };
                one.trusts(request) && id == wanted && is_plain(request) && allows != Truth::True
            }
            Claim::OnlyWithOneOf { .. }
            | Claim::NoLongerWith { .. }
            | Claim::MayAssumeWith { .. }
            | Claim::OnlyTargetsMayBeInvoked
            | Claim::OnlyStatedMayBeDone
            | Claim::EveryTargetMayBeInvoked(_)
            | Claim::EveryStatedMayBeDone(_)
            | Claim::BoundaryAllowsNoMore
            | Claim::OnlyThroughRole => false,
        }
    }
}

/// Whether a call passes neither tags nor a source identity, which need another permission.
fn is_plain(request: &Request) -> bool {
    let implies = |key: &str| {
        key.starts_with("aws:requesttag/") || ["aws:tagkeys", "sts:sourceidentity"].contains(&key)
    };
    !request.context.iter().any(|(key, value)| implies(key.folded()) && *value != ContextValue::Absent)
}

fn expected_id(results: &[ClaimResult]) -> Option<String> {
    results.iter().find_map(|result| match &result.claim {
        Claim::OnlyWithExternalId(id) | Claim::OthersOnlyWithExternalId(id) => id.clone(),
        _ => None,
    })
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
        Claim::OthersOnlyWithExternalId(Some(id)) => (Id::AnythingBut(id.clone()), false, Vec::new()),
        Claim::OthersOnlyWithExternalId(None) => (Id::Absent, false, Vec::new()),
        Claim::MayAssume(trusted) => match &expected {
            Some(id) if trusted.account().is_some() => (Id::Exactly(id.clone()), true, vec![trusted.clone()]),
            Some(_) | None => (Id::Absent, true, vec![trusted.clone()]),
        },
        _ => (Id::Any, false, Vec::new()),
    };
    let callers: Vec<String> = callers.iter().map(ToString::to_string).collect();
    let anybody = matches!(claim, Claim::OnlyTrustedMayAssume | Claim::OthersOnlyWithExternalId(_));
    if callers.is_empty() && !anybody {
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
    // A provider that gives tokens to strangers is named, and its token holders are not trusted for that.
    let is_stranger =
        *claim == Claim::OnlyTrustedMayAssume && matches!(request.principal, Principal::WebIdentity(_));
    let breaks = is_stranger || Trust::of(trust, intent).breaks(claim, expected.as_deref(), request, answer);
    (!breaks).then(|| (request.clone(), "it does not break the claim".to_owned()))
}

fn run() -> Report {
    let constants = Constants::of_prover();
    let mut report = Report::default();
    let mut out = std::env::var_os("ROLECALL_ADVERSARY_OUT")
        .map(|path| std::io::BufWriter::new(std::fs::File::create(path).unwrap()));
    let first = first_seed();
    for seed in first..first + u64::from(super::super::cases(800)) {
        let mut maker = Maker::new(seed ^ 0xad7e_0000_0000, &constants);
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
                        let why = answer(allows);
                        report.fail(failure(FALSE_PROOF, request, why), |failure| {
                            let holds = |documents: &Value| {
                                still_falsely_proved(&documents["trust"], &intent, claim, &failure.request)
                            };
                            failure.documents = minimise::smallest(failure.documents.clone(), &holds);
                            let smallest = read(&failure.documents["trust"]);
                            if let Some(document) = smallest {
                                failure.why = answer(evaluate_trust(&failure.request, &document).allows);
                            }
                        });
                    }
                }
                Proof::Refuted(_) => {
                    report.requests += 1;
                    let found =
                        attack_trust(&mut drawer, &document, &trust, &results, claim, &mut report.requests);
                    report.power.0 += 1;
                    report.power.1 += usize::from(found.is_some());
                    if let Some((request, why)) = trust_witness_fault(&value, &intent, claim, &results) {
                        report.fail(failure(UNUSABLE_WITNESS, request, why), |failure| {
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
    report
}

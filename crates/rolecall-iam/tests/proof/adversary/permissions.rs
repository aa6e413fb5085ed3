//! Permissions: false proofs, and witnesses that nobody can use.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rolecall_iam::arn::RoleArn;
use rolecall_iam::context::ContextValue;
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::Request;
use rolecall_iam::prove::{
    Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, prove_permissions,
};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::super::support::{FUNCTION, QUALIFIED, ROLE, session_may};
use super::documents::Maker;
use super::knowledge::{Constants, near_miss};
use super::report::{FALSE_PROOF, Failure, Report, UNUSABLE_WITNESS};
use super::requests::{Cuts, Drawer};
use super::witness::{ACTIONS, Target};
use super::{answer, asked, first_seed, minimise, read, requests_per_claim, short, witness};

static RUN: LazyLock<Report> = LazyLock::new(run);

#[test]
fn no_adversarial_permissions_are_falsely_proved() {
    eprintln!("{}", RUN.summary("permissions"));
    RUN.assert_none(FALSE_PROOF);
}

#[test]
fn every_witness_about_adversarial_permissions_can_be_used() {
    RUN.assert_none(UNUSABLE_WITNESS);
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
    // What every caller may do without a permission is no policy's doing.
    let granted = !request.action.eq_ignore_ascii_case("sts:GetCallerIdentity");
    match claim {
        Claim::OnlyTargetsMayBeInvoked => !intended && granted && allows != Truth::False,
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
        let near = near_miss(&mut drawer.dice, FUNCTION);
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

/// Looks for a request of a session that breaks a claim.
fn attack(
    drawer: &mut Drawer<'_>,
    role: &RoleArn,
    identity: &Document,
    boundary: Option<&Document>,
    claim: &Claim,
    requests: &mut usize,
) -> Option<(Request, Truth)> {
    for _ in 0..requests_per_claim() {
        let request =
            drawer.session_call(role, |drawer, through, known| choose(drawer, claim, through, known));
        let allows = session_may(&request, std::slice::from_ref(identity), boundary);
        *requests += 1;
        if breaks_permissions(claim, &request, allows) {
            return Some((request, allows));
        }
    }
    None
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

fn run() -> Report {
    let constants = Constants::of_prover();
    let mut report = Report::default();
    let first = first_seed();
    for seed in first..first + u64::from(super::super::cases(1500)) {
        let mut maker = Maker::new(seed ^ 0xbad0_0000_0000, &constants);
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
                    let found =
                        attack(&mut drawer, &role, &identity, boundary.as_ref(), claim, &mut report.requests);
                    if let Some((request, allows)) = found {
                        let why = answer(allows);
                        report.fail(failure(FALSE_PROOF, request, why), |failure| {
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
                    }
                }
                Proof::Refuted(_) => {
                    report.requests += 1;
                    let found =
                        attack(&mut drawer, &role, &identity, boundary.as_ref(), claim, &mut report.requests);
                    report.power.0 += 1;
                    report.power.1 += usize::from(found.is_some());
                    if let Some((request, why)) = permission_witness_fault(&documents, claim, &results) {
                        report.fail(failure(UNUSABLE_WITNESS, request, why), |failure| {
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
    report
}

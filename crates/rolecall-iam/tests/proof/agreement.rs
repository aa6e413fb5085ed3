//! Prover and evaluator never disagree: random documents, random requests. A proved claim has no counterexample among the
//! requests, not even a possible one that the evaluator could not decide; every witness is confirmed (the helpers in [`super::support`] do that).

use rolecall_iam::context::ContextValue;
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Request, evaluate_trust};
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{Claim, ClaimResult, Proof};
use rolecall_iam::truth::Truth;

use super::random::{CALLERS, Dice, context, permission_document, trust_document};
use super::support::{
    EXTERNAL_ID, FUNCTION, QUALIFIED, ROLE, document, intent, permission_results_of, session_may, told,
    trust_results,
};

pub(super) fn call_of(caller: &Principal) -> &'static str {
    if matches!(caller, Principal::WebIdentity(_)) {
        "sts:AssumeRoleWithWebIdentity"
    } else {
        "sts:AssumeRole"
    }
}

fn is_trusted(caller: &Principal) -> bool {
    caller.account().is_some_and(|account| account.as_str() == "765628985471")
}

fn breaks(claim: &Claim, request: &Request, allows: Truth) -> bool {
    let id = match request.context.get(&"sts:ExternalId".into()) {
        Some(ContextValue::One(id)) => Some(id.as_str()),
        _ => None,
    };
    let plain = !request.context.iter().any(|(key, _)| {
        key.folded().starts_with("aws:requesttag/")
            || ["aws:tagkeys", "sts:sourceidentity"].contains(&key.folded())
    });
    match claim {
        Claim::OnlyTrustedMayAssume => !is_trusted(&request.principal) && allows != Truth::False,
        Claim::OnlyWithExternalId(_) | Claim::OthersOnlyWithExternalId(_) => {
            is_trusted(&request.principal) && id != Some(EXTERNAL_ID) && allows != Truth::False
        }
        Claim::MayAssume(_) => {
            is_trusted(&request.principal) && id == Some(EXTERNAL_ID) && plain && allows != Truth::True
        }
        Claim::MayAssumeUnderConditions(_) => false,
        Claim::OnlyWithOneOf { .. }
        | Claim::NoLongerWith { .. }
        | Claim::MayAssumeWith { .. }
        | Claim::OnlyTargetsMayBeInvoked
        | Claim::OnlyStatedMayBeDone
        | Claim::EveryTargetMayBeInvoked(_)
        | Claim::EveryStatedMayBeDone(_)
        | Claim::BoundaryAllowsNoMore
        | Claim::OnlyThroughRole => unreachable!("not about trust"),
    }
}

/// How the answers are spread, to see that the test tests something.
#[derive(Default, Debug)]
struct Tally {
    proved: usize,
    refuted: usize,
    unknown: usize,
    /// A counterexample was drawn although the prover did not decide.
    missed: usize,
}

impl Tally {
    fn count(&mut self, results: &[ClaimResult], broken: impl Fn(&Claim) -> bool) {
        for ClaimResult { claim, result } in results {
            match result {
                Proof::Proved => self.proved += 1,
                Proof::Refuted(_) => self.refuted += 1,
                Proof::Unknown { .. } => {
                    self.unknown += 1;
                    self.missed += usize::from(broken(claim));
                }
            }
        }
    }

    fn is_meaningful(&self, documents: u32) -> bool {
        let fifth = documents as usize / 5;
        self.proved > fifth && self.refuted > fifth
    }
}

#[test]
fn no_request_contradicts_a_proof_about_trust() {
    let documents = super::cases(300);
    let mut tally = Tally::default();
    for number in 0..documents {
        let mut dice = Dice(u64::from(number));
        let value = trust_document(&mut dice);
        let results = trust_results(&value, &intent());
        let document = document(&value);
        let mut broken = Vec::new();
        for _ in 0..60 {
            let caller: Principal = dice.pick(&CALLERS).parse().unwrap();
            let context = context(&mut dice, caller.account().is_some());
            let request = Request {
                action: call_of(&caller).to_owned(),
                principal: caller,
                resource: ROLE.to_owned(),
                resource_account: None,
                context,
            };
            let allows = evaluate_trust(&request, &document).allows;
            for ClaimResult { claim, result } in &results {
                if breaks(claim, &request, allows) {
                    assert_ne!(
                        *result,
                        Proof::Proved,
                        "document {number}: {claim}\n{value:#}\n{request:#?}\n{:?}",
                        told(&results)
                    );
                    if allows == Truth::True {
                        broken.push(claim.clone());
                    }
                }
            }
        }
        tally.count(&results, |claim| broken.contains(claim) && !matches!(claim, Claim::MayAssume(_)));
    }
    eprintln!("trust: {tally:?}");
    assert!(tally.is_meaningful(documents), "{tally:?}");
}

#[test]
fn no_request_contradicts_a_proof_about_permissions() {
    let documents = super::cases(300);
    let mut tally = Tally::default();
    let caller = "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/session";
    let actions = [
        "lambda:InvokeFunction",
        "lambda:InvokeFunction",
        "lambda:InvokeFunctionUrl",
        "lambda:GetFunction",
        "s3:GetObject",
        "iam:PassRole",
        "lambda:InvokeXunction",
    ];
    let resources = [
        FUNCTION,
        QUALIFIED,
        "arn:aws:lambda:us-east-1:111122223333:function:orders:prod",
        "arn:aws:lambda:us-east-1:111122223333:function:orderz",
        "arn:aws:lambda:eu-west-1:111122223333:function:orders",
        "arn:aws:lambda:us-east-1:111122223333:function:stock",
        "arn:aws:lambda:us-east-1:999999999999:function:orders:live",
        "arn:aws:lambda:us-east-1:111122223333:function:111122223333",
        "*",
    ];
    for number in 0..documents {
        let mut dice = Dice(u64::from(number) | 1 << 40);
        let identity: Vec<Document> = (0..=dice.roll(2))
            .map(|_| document(&permission_document(&mut dice, &["Allow", "Deny"])))
            .collect();
        let boundary =
            dice.one_in(3).then(|| document(&permission_document(&mut dice, &["Allow", "Allow", "Deny"])));
        let results = permission_results_of(&identity, boundary.as_ref(), &intent());
        let mut broken = Vec::new();
        for _ in 0..60 {
            let mut request = Request {
                principal: caller.parse().unwrap(),
                action: (*dice.pick(&actions)).to_owned(),
                resource: (*dice.pick(&resources)).to_owned(),
                resource_account: None,
                context: context(&mut dice, false),
            };
            if request.resource == "*" && request.action == "lambda:InvokeFunction" {
                request.resource = FUNCTION.to_owned();
            }
            if let Some(region) = request.resource.split(':').nth(3) {
                request.context.set("aws:RequestedRegion", region);
            }
            if dice.one_in(3) {
                request.context.set("aws:PrincipalTag/function", *dice.pick(&["orders", "x"]));
            }
            let allows = session_may(&request, &identity, boundary.as_ref());
            let intended = request.action == "lambda:InvokeFunction"
                && [FUNCTION, QUALIFIED].contains(&request.resource.as_str());
            for ClaimResult { claim, result } in &results {
                let breaks = match claim {
                    Claim::OnlyTargetsMayBeInvoked => !intended && allows != Truth::False,
                    _ => intended && allows != Truth::True,
                };
                if breaks {
                    assert_ne!(
                        *result,
                        Proof::Proved,
                        "documents {number}: {claim}\n{identity:#?}\n{boundary:#?}\n{request:#?}\n{:?}",
                        told(&results)
                    );
                    if allows == Truth::True {
                        broken.push(claim.clone());
                    }
                }
            }
        }
        tally.count(&results, |claim| broken.contains(claim) && *claim == Claim::OnlyTargetsMayBeInvoked);
    }
    eprintln!("permissions: {tally:?}");
    assert!(tally.is_meaningful(documents), "{tally:?}");
}

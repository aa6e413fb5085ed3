//! What must hold for any bytes. Each property ends in a panic where it does not.

use rolecall::extract;
use rolecall::iam::context::{ContextKey, ContextValue};
use rolecall::iam::document::Document;
use rolecall::iam::evaluate::{
    Decision, Evaluation, Layers, Level, Request, evaluate as decide, evaluate_trust,
};
use rolecall::iam::explain;
use rolecall::iam::lint::{PolicyFacts, TrustFacts, lint_permissions, lint_trust};
use rolecall::iam::prove::{
    Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, prove_permissions, prove_trust,
};
use rolecall::iam::quota::{check_identity_grammar, check_trust_grammar};
use rolecall::iam::simulate;
use rolecall::iam::truth::Truth;
use serde_json::{Value, json};

use super::choices::{
    Choices, EXTERNAL_ID, FUNCTION, GENESYS, Kind, QUALIFIED, ROLE, call_for_role, policy, request,
};

fn read(value: &Value) -> Option<Document> {
    Document::from_value(value).ok()
}

/// Text to a document: the round trip loses nothing, the canonical form is one, and no check panics.
pub fn parse(bytes: &[u8]) {
    match Document::parse_bytes(bytes) {
        Ok(document) => check(&document, bytes.len()),
        Err(errors) => assert!(!errors.faults.is_empty() && !errors.to_string().is_empty()),
    }
    let mut choices = Choices(bytes);
    for kind in [Kind::Trust, Kind::Resource, Kind::Identity] {
        if let Some(document) = read(&policy(&mut choices, kind)) {
            check(&document, usize::MAX);
        }
    }
}

fn check(document: &Document, length: usize) {
    let value = document.to_value();
    assert_eq!(read(&value).as_ref(), Some(document), "from its value");
    assert_eq!(
        Document::parse(&document.to_string()).ok().as_ref(),
        Some(document),
        "from its text: {value}"
    );
    let canonical = read(&document.canonical()).expect("the canonical form is a document");
    assert_eq!(canonical.canonical(), *canonical.as_value(), "canonical twice: {value}");
    assert!(document.equivalent(&canonical) && canonical.equivalent(document), "{value}");
    // A character that JSON text may hold as it is can be written as an escape of six; never the other way round here.
    assert!(document.size() / 6 <= length, "{value}");
    for violation in check_trust_grammar(document).iter().chain(&check_identity_grammar(document)) {
        assert!(!violation.message.is_empty());
        assert!(violation.pointer.is_empty() || violation.pointer.starts_with('/'), "{violation:?}");
    }
    for (index, _) in document.statements().iter().enumerate() {
        assert!(value.pointer(&document.statement_pointer(index)).is_some(), "{value}");
    }
}

/// Any request to any policies: no panic, an answer that is consistent, and the same for canonical forms.
pub fn evaluate(bytes: &[u8]) {
    if let Some(text) = text_of(bytes) {
        if let Ok(cases) = simulate::parse(text) {
            for case in cases {
                let _ = case.run().to_value();
            }
        }
        return;
    }
    let choices = &mut Choices(bytes);
    let some = |choices: &mut Choices<'_>, kind, most: usize| -> Vec<Document> {
        (0..choices.below(most + 1)).filter_map(|_| read(&policy(choices, kind))).collect()
    };
    let identity = some(choices, Kind::Identity, 2);
    let boundary = some(choices, Kind::Identity, 1);
    let session = some(choices, Kind::Identity, 1);
    let service_control = some(choices, Kind::Identity, 2);
    let resource_control = some(choices, Kind::Resource, 1);
    let kind = if choices.one_in(3) { Kind::Resource } else { Kind::Trust };
    let resource = read(&policy(choices, kind));
    let Some(request) = (if choices.one_in(2) { request(choices) } else { call_for_role(choices) }) else {
        return;
    };
    let layers = Layers {
        identity: identity.iter().collect(),
        boundary: (!boundary.is_empty()).then(|| boundary.iter().collect()),
        session: (!session.is_empty()).then(|| session.iter().collect()),
        resource: resource.as_ref(),
        service_control: service_control.iter().map(|document| Level { documents: vec![document] }).collect(),
        resource_control: resource_control
            .iter()
            .map(|document| Level { documents: vec![document] })
            .collect(),
    };
    let evaluation = decide(&request, &layers);
    is_consistent(&evaluation);
    let _ = (explain::explain(&request, &layers, &evaluation), explain::reason(&evaluation));

    // A Deny of everything lets nothing through, whatever else is there. It stands in the resource's own policy: resource
    // control policies say nothing about services that they do not support, such as Lambda.
    let nothing = read(&json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}));
    let denied = Layers { resource: nothing.as_ref(), ..layers.clone() };
    assert_ne!(decide(&request, &denied).allows, Truth::True, "{request:?}");

    let Some(trust) = &resource else { return };
    let by_trust = evaluate_trust(&request, trust);
    is_consistent(&by_trust);
    let _ = explain::explain_trust(&request, trust, &by_trust);
    let canonical = read(&trust.canonical()).expect("the canonical form is a document");
    let by_canonical = evaluate_trust(&request, &canonical);
    assert_eq!(
        (by_trust.decision, by_trust.allows),
        (by_canonical.decision, by_canonical.allows),
        "{request:?}\n{trust}\n{canonical}"
    );
}

fn is_consistent(evaluation: &Evaluation) {
    let allowed = evaluation.decision == Decision::Allowed;
    assert_eq!(allowed, evaluation.allows == Truth::True, "{evaluation:?}");
    assert_eq!(allowed, evaluation.blocked.is_none(), "{evaluation:?}");
    assert!(
        evaluation.decision == Decision::Unknown || evaluation.allows != Truth::Unknown,
        "{evaluation:?}"
    );
}

/// The bytes as text where they start like JSON; everything else is read as choices.
fn text_of(bytes: &[u8]) -> Option<&str> {
    matches!(bytes.first(), Some(b'{' | b'[')).then(|| std::str::from_utf8(bytes).ok()).flatten()
}

/// Any policies of a role: every witness is confirmed by the evaluator and breaks its claim, no request contradicts
/// a proved claim, and findings do not panic. Written as text it is `{"trust": …, "identity": […], "boundary": …}`.
pub fn prove(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let (trust, identity, boundary) = match text_of(bytes) {
        Some(text) => {
            let Ok(value) = serde_json::from_str::<Value>(text) else { return };
            let list = value.get("identity").and_then(Value::as_array);
            let identity = list.into_iter().flatten().filter_map(read).collect::<Vec<_>>();
            (value.get("trust").and_then(read), identity, value.get("boundary").and_then(read))
        }
        None => {
            let trust = read(&policy(&mut choices, Kind::Trust));
            let identity =
                (0..choices.below(3)).filter_map(|_| read(&policy(&mut choices, Kind::Identity))).collect();
            let boundary = choices.one_in(4).then(|| read(&policy(&mut choices, Kind::Identity))).flatten();
            (trust, identity, boundary)
        }
    };
    let parsed = |text: &str| text.parse().expect("a valid name");
    let stated = RoleIntent {
        role: Some(ROLE.parse().expect("a valid ARN")),
        trusted: vec![parsed(GENESYS)],
        external_id: EXTERNAL_ID.parse().ok(),
        targets: Some([FUNCTION, QUALIFIED].iter().filter_map(|target| target.parse().ok()).collect()),
        allowance: None,
        further_ids: Vec::new(),
    };
    let intent = if choices.one_in(4) { RoleIntent::default() } else { stated };
    if let Some(trust) = &trust {
        prove_of_trust(trust, &intent, &mut choices);
    }
    prove_of_permissions(&identity, boundary.as_ref(), &intent, &mut choices);
}

fn prove_of_trust(trust: &Document, intent: &RoleIntent, choices: &mut Choices<'_>) {
    let results = prove_trust(trust, intent);
    for ClaimResult { claim, result } in &results {
        match result {
            Proof::Proved => {}
            Proof::Unknown { reasons } => assert!(!reasons.is_empty()),
            Proof::Refuted(witness) => {
                let allows = evaluate_trust(&witness.request, trust).allows;
                let stated = !intent.trusted.is_empty();
                assert!(
                    matches!(allows, Truth::True | Truth::False)
                        && (!stated || breaks(claim, &witness.request, allows)),
                    "{claim}: {witness:?}\n{trust}"
                );
            }
        }
    }
    let policy = NamedDocument { name: "trust", document: trust };
    for finding in lint_trust(&policy, intent, &TrustFacts::default()) {
        assert!(!finding.message.is_empty() && !finding.fix.is_empty());
    }
    if intent.trusted.is_empty() {
        return;
    }
    for _ in 0..8 {
        let Some(request) = call_for_role(choices).map(with_what_every_call_has) else { continue };
        let allows = evaluate_trust(&request, trust).allows;
        for ClaimResult { claim, result } in &results {
            let contradicted = *result == Proof::Proved && breaks(claim, &request, allows);
            assert!(!contradicted || !is_possible(&request), "{claim}: {request:?}\n{trust}");
        }
    }
}

/// Whether a request shows that a claim about the stated intent is wrong.
fn breaks(claim: &Claim, request: &Request, allows: Truth) -> bool {
    let id = match request.context.get(&"sts:ExternalId".into()) {
        Some(ContextValue::One(id)) => Some(id.as_str()),
        Some(ContextValue::Absent | ContextValue::Many(_)) | None => None,
    };
    let trusted = request.principal.account().is_some_and(|account| account.as_str() == "765628985471");
    let plain = request.context.iter().all(|(key, value)| {
        *value == ContextValue::Absent
            || !["aws:requesttag/", "aws:tagkeys", "sts:sourceidentity"]
                .iter()
                .any(|implying| key.to_string().to_ascii_lowercase().starts_with(implying))
    });
    match claim {
        Claim::OnlyTrustedMayAssume => !trusted && allows == Truth::True,
        Claim::OnlyWithExternalId(_) | Claim::OthersOnlyWithExternalId(_) => {
            trusted && id != Some(EXTERNAL_ID) && allows == Truth::True
        }
        Claim::MayAssumeUnderConditions(_) => false,
        Claim::MayAssume(_) => trusted && id == Some(EXTERNAL_ID) && plain && allows == Truth::False,
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

/// What STS and IAM put into the context of every call for the role.
const IN_EVERY_CALL: [(&str, &str); 5] = [
    ("sts:RoleSessionName", "run"),
    ("aws:SecureTransport", "true"),
    ("aws:CurrentTime", "2026-01-01T00:00:00Z"),
    ("aws:EpochTime", "1767225600"),
    ("aws:ResourceAccount", "111122223333"),
];

fn with_what_every_call_has(mut request: Request) -> Request {
    for (key, value) in IN_EVERY_CALL {
        request.context.set(key, value);
    }
    request
}

/// Random requests can be ones that AWS never sees. Keys that follow from the caller cannot be stated otherwise, only
/// members of an organisation have its id, and a key that has one value never has several.
fn is_possible(request: &Request) -> bool {
    request.context.iter().all(|(key, value)| {
        if IN_EVERY_CALL.iter().any(|(given, _)| *key == ContextKey::new(given)) {
            return true;
        }
        let key = key.to_string().to_ascii_lowercase();
        let is_list = key == "aws:tagkeys" || key == "custom:key";
        let free = ["sts:externalid", "aws:sourceip", "sts:sourceidentity", "custom:key", "aws:tagkeys"];
        free.contains(&key.as_str())
            && match value {
                ContextValue::Absent => true,
                ContextValue::One(text) => !text.is_empty() && key == "custom:key" || fits(&key, text),
                ContextValue::Many(_) => is_list,
            }
    })
}

/// Whether AWS would take the text as the value of a key (STS API Reference, `AssumeRole`).
fn fits(key: &str, text: &str) -> bool {
    let characters = |more: &str| text.chars().all(|one| one.is_ascii_alphanumeric() || more.contains(one));
    match key {
        "sts:externalid" => (2..=1224).contains(&text.len()) && characters("_+=,.@:/-"),
        "sts:sourceidentity" => (2..=64).contains(&text.len()) && characters("_+=,.@-"),
        "aws:sourceip" => text.parse::<std::net::IpAddr>().is_ok(),
        _ => false,
    }
}

fn prove_of_permissions(
    identity: &[Document],
    boundary: Option<&Document>,
    intent: &RoleIntent,
    choices: &mut Choices<'_>,
) {
    let named = |document| NamedDocument { name: "policy", document };
    let permissions =
        Permissions { identity: identity.iter().map(named).collect(), boundary: boundary.map(named) };
    // The function's own policy, and what is not the role's, leave the decision to the role's policies.
    let delegation = read(&json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}}));
    let layers = Layers {
        identity: identity.iter().collect(),
        boundary: boundary.map(|document| vec![document]),
        resource: delegation.as_ref(),
        ..Layers::default()
    };
    let results = prove_permissions(&permissions, intent);
    for ClaimResult { claim, result } in &results {
        if let Proof::Refuted(witness) = result {
            let allows = decide(&witness.request, &layers).allows;
            let expected = if *claim == Claim::OnlyTargetsMayBeInvoked { Truth::True } else { Truth::False };
            assert_eq!(allows, expected, "{claim}: {witness:?}");
        }
    }
    let facts: Vec<PolicyFacts<'_>> = identity.iter().map(|_| PolicyFacts::default()).collect();
    for finding in lint_permissions(&permissions, intent, &facts) {
        assert!(!finding.message.is_empty() && !finding.fix.is_empty());
    }
    if intent.targets.is_none() {
        return;
    }
    for _ in 0..8 {
        let Some(mut request) = request(choices) else { continue };
        request.principal = format!("arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/{}", "run")
            .parse()
            .expect("a session");
        request.resource_account = None;
        let written = !request.action.contains(['*', '?'])
            && request.action.split_once(':').is_some_and(|(service, _)| service != "sts");
        let whole = request.resource.starts_with("arn:aws:lambda:us-east-1:111122223333:function:")
            && !request.resource.contains(['*', '?', '$', '{', '}']);
        if !written || !whole || !is_possible(&request) {
            continue;
        }
        let meant = request.action.eq_ignore_ascii_case("lambda:InvokeFunction")
            && [FUNCTION, QUALIFIED].contains(&request.resource.as_str());
        let allows = decide(&request, &layers).allows;
        for ClaimResult { claim, result } in &results {
            let broken = match claim {
                Claim::OnlyTargetsMayBeInvoked => !meant && allows == Truth::True,
                Claim::EveryTargetMayBeInvoked(_) => meant && allows == Truth::False,
                Claim::OnlyStatedMayBeDone | Claim::EveryStatedMayBeDone(_) => false,
                Claim::OnlyTrustedMayAssume
                | Claim::OnlyWithOneOf { .. }
                | Claim::NoLongerWith { .. }
                | Claim::MayAssumeWith { .. }
                | Claim::OnlyWithExternalId(_)
                | Claim::OthersOnlyWithExternalId(_)
                | Claim::MayAssume(_)
                | Claim::MayAssumeUnderConditions(_)
                | Claim::BoundaryAllowsNoMore
                | Claim::OnlyThroughRole => false,
            };
            assert!(!broken || *result != Proof::Proved, "{claim}: {request:?}\n{identity:?}\n{boundary:?}");
        }
    }
}

/// Any file: roles or a clear error, and every document in them is whole.
pub fn extract(bytes: &[u8]) {
    let Ok(text) = extract::text(bytes.to_vec(), extract::MAX_BYTES) else { return };
    let parameters = extract::Parameters::from([("Id".to_owned(), EXTERNAL_ID.to_owned())]);
    for parameters in [extract::Parameters::new(), parameters] {
        match extract::extract(&text, &parameters) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(found) => {
                assert!(!found.roles.is_empty());
                for role in &found.roles {
                    if let extract::Side::Known(trust) = &role.trust {
                        check(trust, usize::MAX);
                    }
                    if let extract::Side::Known(permissions) = &role.permissions {
                        for named in permissions.identity.iter().chain(&permissions.boundary) {
                            check(&named.document, usize::MAX);
                        }
                    }
                    assert!(found.clone().only(&role.name).is_ok(), "{}", role.name);
                }
            }
        }
    }
}

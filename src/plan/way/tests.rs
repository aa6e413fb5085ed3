//! The order of a role's writes: a few by hand, and many at random, each state of which is asked about every caller and request
//! of a small world.

use super::*;
use crate::desired::aws::Desired;
use crate::iam::document::Document;
use crate::iam::evaluate::{Layers, Request, evaluate, evaluate_trust};
use crate::iam::truth::Truth;
use crate::observe::aws::{InlinePolicy, ObservedBoundary, ObservedPolicy};
use crate::observe::quotas::default_quotas;
use crate::plan::aws::tests::{all_there, foreign, nothing_there, wanted};
use crate::plan::aws::{PlanOptions, TrustStep, plan, plan_destroy};
use rolecall_model::stored::StoredDocument;

const REMOVE_FOREIGN: PlanOptions = PlanOptions { adopt: true, remove_foreign: true };
const ID: &str = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";
const OTHER_ID: &str = "00000000-8a4d-4c3b-9e7f-2d1a6b8c0e94";
const ORDERS: &str = "arn:aws:lambda:us-east-1:123456789012:function:orders";
const STOCK: &str = "arn:aws:lambda:us-east-1:123456789012:function:stock";

fn survey(desired: Desired, observed: Observed) -> Survey {
    let missing = Vec::new();
    Survey { desired, observed, quotas: default_quotas(), missing, boundary: None, missing_boundary: None }
}

fn way_of(survey: &Survey, options: PlanOptions) -> Way {
    let plan = plan(&survey.desired, &survey.observed, &survey.quotas, options).unwrap();
    Way::to_desired(plan, survey)
}

/// The operations in the order in which they are carried out; of a trust policy that is not the wanted one, what it is.
fn told(way: &Way) -> Vec<String> {
    let told = |change: &Change| match change {
        Change::UpdateTrust { step: step @ (TrustStep::Shared | TrustStep::Closed), .. } => {
            format!("{step:?}")
        }
        change => change.operation().trim_start_matches("iam:").to_owned(),
    };
    way.changes().map(told).collect()
}

fn in_order(observed: &Observed) -> Vec<String> {
    told(&way_of(&survey(wanted(), observed.clone()), REMOVE_FOREIGN))
}

fn policy(statements: &str) -> StoredDocument {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#).into()
}

fn with(arn: &str, statements: &str) -> ObservedPolicy {
    ObservedPolicy { document: Some(policy(statements)), ..foreign(arn) }
}

const EVERYTHING: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const SOMETHING: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
const STRANGER: &str = r#"{"Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"sts:AssumeRole"}"#;

fn trust_of(id: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::765628985471:root"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"{id}"}}}}}}"#
    )
}

#[test]
fn a_trust_policy_that_only_closes_is_written_before_anything_that_may_fail() {
    let mut observed = all_there();
    let role = observed.role.as_mut().unwrap();
    role.trust = policy(&format!("{},{STRANGER}", trust_of(ID)));
    role.max_session_duration = 43200;
    observed.policies.push(with("arn:aws:iam::123456789012:policy/Sneaky", SOMETHING));
    assert_eq!(in_order(&observed), ["UpdateAssumeRolePolicy", "UpdateRole", "DetachRolePolicy"]);
}

#[test]
fn a_live_role_gets_its_own_policy_first_and_its_trust_policy_last() {
    for (name, trust) in [
        ("nobody was let in", "{}".to_owned()),
        ("another external ID", policy(&trust_of(OTHER_ID)).to_string()),
        (
            "another external ID, and a stranger",
            policy(&format!("{},{STRANGER}", trust_of(OTHER_ID))).to_string(),
        ),
    ] {
        let mut observed = all_there();
        observed.role.as_mut().unwrap().trust = trust.into();
        observed.policies[0].attached = false;
        observed.policies.push(with("arn:aws:iam::aws:policy/AdministratorAccess", EVERYTHING));
        let expected = ["AttachRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy"];
        assert_eq!(in_order(&observed), expected, "{name}");
    }
}

#[test]
fn another_organisation_and_other_targets_never_meet() {
    let mut observed = all_there();
    observed.role.as_mut().unwrap().trust = policy(&trust_of(OTHER_ID));
    let stock = format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{STOCK}"}}"#);
    observed.policies[0].document = Some(policy(&stock));
    // One write of a policy: between the two there is nobody who may assume the role.
    assert_eq!(in_order(&observed), ["Closed", "CreatePolicyVersion", "UpdateAssumeRolePolicy"]);
    // Whom both trust stays trusted.
    observed.role.as_mut().unwrap().trust = policy(&format!("{},{STRANGER}", trust_of(ID)));
    assert_eq!(in_order(&observed), ["UpdateAssumeRolePolicy", "CreatePolicyVersion"]);
}

#[test]
fn whom_both_trust_policies_trust_is_let_in_all_the_time() {
    let mut desired = wanted();
    let probe = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/ci"},"Action":"sts:AssumeRole"}"#;
    desired.role.trust = policy(&format!("{},{probe}", trust_of(ID)));
    let mut observed = all_there();
    observed.role.as_mut().unwrap().trust = policy(&format!("{},{STRANGER}", trust_of(ID)));
    let stock = format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":["{STOCK}"]}}"#);
    observed.policies[0].document = Some(policy(&stock));
    let way = way_of(&survey(desired, observed), REMOVE_FOREIGN);
    assert_eq!(told(&way), ["Shared", "CreatePolicyVersion", "UpdateAssumeRolePolicy"]);
    let Some(Change::UpdateTrust { after, .. }) = way.changes.first() else { panic!("{way:?}") };
    assert!(after.text().contains("765628985471") && !after.text().contains("999999999999"), "{after}");
    assert!(!after.text().contains("role/ci"), "{after}");
}

#[test]
fn what_two_trust_policies_have_in_common_stays_one_statement() {
    let statement = |names: &[&str]| {
        let names = names.join("\",\"");
        policy(&format!(
            r#"{{"Sid":"Trusted","Effect":"Allow","Principal":{{"AWS":["{names}"]}},"Action":"sts:AssumeRole"}}"#
        ))
    };
    let [one, two, three] =
        ["999999999991", "999999999992", "999999999993"].map(|it| format!("arn:aws:iam::{it}:root"));
    let (known, wanted_trust) = (statement(&[&one, &two, "999999999994"]), statement(&[&one, &two, &three]));
    let common = super::trust::in_common(&known, &wanted_trust, &wanted().role_arn());
    assert!(common.says_the_same_as(&statement(&[&one, &two])), "{common}");
}

#[test]
fn a_boundary_goes_last_and_comes_first() {
    let mut observed = all_there();
    observed.role.as_mut().unwrap().permissions_boundary =
        Some("arn:aws:iam::123456789012:policy/Edge".parse().unwrap());
    let stock = format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":["{STOCK}"]}}"#);
    observed.boundary = Some(boundary("Edge", &stock));
    observed.policies[0].document = Some(policy(EVERYTHING));
    assert_eq!(in_order(&observed), ["CreatePolicyVersion", "DeleteRolePermissionsBoundary"]);
    let mut desired = wanted();
    desired.role.permissions_boundary = observed.role.as_mut().unwrap().permissions_boundary.take();
    let wanted_boundary = observed.boundary.take();
    let survey = Survey { boundary: wanted_boundary, ..survey(desired, observed) };
    assert_eq!(told(&way_of(&survey, REMOVE_FOREIGN)), ["PutRolePermissionsBoundary", "CreatePolicyVersion"]);
}

#[test]
fn what_nobody_can_read_is_written_behind_closed_doors() {
    let mut observed = all_there();
    observed.policies[0].attached = false;
    for name in ["Odd", "Strange"] {
        let arn = format!("arn:aws:iam::123456789012:policy/{name}");
        observed.policies.push(ObservedPolicy { document: None, ..foreign(&arn) });
    }
    assert_eq!(
        in_order(&observed),
        ["Closed", "AttachRolePolicy", "DetachRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy"]
    );
    let role = observed.role.as_ref().unwrap();
    assert!(role.trust.says_the_same_as(&wanted().role.trust), "the trust policy was as wanted all along");
}

#[test]
fn where_there_is_no_room_for_both_what_goes_goes_first() {
    let mut observed = all_there();
    observed.policies[0].attached = false;
    let own = observed.policies[0].clone();
    for number in 2..4 {
        let arn = own.arn.to_string().replace("-invoke", &format!("-invoke-{number}")).parse().unwrap();
        observed.policies.push(ObservedPolicy { arn, attached: true, ..own.clone() });
    }
    for number in 0..8 {
        observed.policies.push(with(&format!("arn:aws:iam::aws:policy/Extra{number}"), EVERYTHING));
    }
    let order = in_order(&observed);
    let place = |wanted: &str| order.iter().rposition(|operation| operation == wanted).unwrap();
    assert!(place("DetachRolePolicy") < place("AttachRolePolicy"), "{order:?}");
}

#[test]
fn a_policy_goes_after_its_old_versions_whichever_way_the_others_are_written() {
    let (mut desired, mut observed) = (wanted(), all_there());
    let allow = |functions: &[&str]| {
        let listed = functions.join("\",\"");
        policy(&format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":["{listed}"]}}"#))
    };
    let numbered =
        |number: usize| wanted().policies[0].0.to_string().replace("-invoke", &format!("-invoke-{number}"));
    let own = observed.policies[0].clone();
    observed.policies[0].document = Some(allow(&[ORDERS, STOCK]));
    desired.policies[0].1.document = allow(&[ORDERS]);
    // The second policy takes over what the first one gives up, so it is written first.
    let spare = desired.policies[0].1.clone();
    let second: crate::iam::arn::PolicyArn = numbered(2).parse().unwrap();
    let wider = crate::ports::PolicySpecification {
        document: allow(&[STOCK, &ORDERS.replace("orders", "new")]),
        ..spare
    };
    desired.policies.push((second.clone(), wider));
    observed.policies.push(ObservedPolicy {
        arn: second,
        document: Some(allow(&[&ORDERS.replace("orders", "new")])),
        ..own.clone()
    });
    let old =
        crate::ports::PolicyVersionRecord { id: "v0".to_owned(), is_default: false, created_seconds: 0 };
    observed.policies.push(ObservedPolicy {
        arn: numbered(3).parse().unwrap(),
        versions: vec![old, own.versions[0].clone()],
        ..own
    });
    let order = told(&way_of(&survey(desired, observed), PlanOptions { adopt: true, remove_foreign: false }));
    assert_eq!(
        order,
        [
            "CreatePolicyVersion",
            "CreatePolicyVersion",
            "DetachRolePolicy",
            "DeletePolicyVersion",
            "DeletePolicy"
        ]
    );
}

#[test]
fn who_is_let_in_anew_never_gets_the_longer_session_of_those_who_go() {
    let mut observed = all_there();
    let role = observed.role.as_mut().unwrap();
    role.trust = policy(&trust_of(OTHER_ID));
    role.max_session_duration = 43200;
    assert_eq!(in_order(&observed), ["UpdateRole", "UpdateAssumeRolePolicy"]);
    observed.role.as_mut().unwrap().max_session_duration = 900;
    assert_eq!(in_order(&observed), ["UpdateAssumeRolePolicy", "UpdateRole"]);
}

#[test]
fn a_tag_that_policies_ask_for_and_another_caller_never_meet() {
    let mut observed = all_there();
    let role = observed.role.as_mut().unwrap();
    role.trust = policy(&trust_of(OTHER_ID));
    let key = role.tags.keys().next().unwrap().clone();
    role.tags.insert(key.clone(), "another".to_owned());
    // No policy asks for it.
    assert_eq!(in_order(&observed), ["UpdateAssumeRolePolicy", "TagRole"]);
    let tagged = format!(
        r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{{"StringEquals":{{"aws:PrincipalTag/{key}":"another"}}}}}}"#
    );
    observed.policies.push(with("arn:aws:iam::123456789012:policy/Tagged", &tagged));
    let order = told(&way_of(
        &survey(wanted(), observed.clone()),
        PlanOptions { adopt: true, remove_foreign: false },
    ));
    assert_eq!(order, ["Closed", "TagRole", "UpdateAssumeRolePolicy"]);
    // Where the trust policy stays, nobody is shut out for a tag.
    observed.role.as_mut().unwrap().trust = wanted().role.trust;
    let order =
        told(&way_of(&survey(wanted(), observed), PlanOptions { adopt: true, remove_foreign: false }));
    assert_eq!(order, ["TagRole"]);
}

#[test]
fn doors_that_are_closed_already_are_not_closed_again() {
    let mut observed = all_there();
    observed.role.as_mut().unwrap().trust = super::trust::closed();
    for name in ["Odd", "Strange"] {
        let arn = format!("arn:aws:iam::123456789012:policy/{name}");
        observed.policies.push(ObservedPolicy { document: None, ..foreign(&arn) });
    }
    assert_eq!(in_order(&observed), ["DetachRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy"]);
    observed.inline.push(InlinePolicy { name: "inline".to_owned(), document: policy(SOMETHING) });
    let arn = wanted().role_arn();
    let mut plan = plan_destroy(&arn.name, &observed, REMOVE_FOREIGN).unwrap();
    plan.changes.retain(|change| !matches!(change, Change::DeleteRole { .. }));
    let order = told(&Way::to_nothing(plan, &arn, &observed));
    assert!(!order.contains(&"UpdateAssumeRolePolicy".to_owned()), "{order:?}");
}

fn boundary(name: &str, statements: &str) -> ObservedBoundary {
    let arn = format!("arn:aws:iam::123456789012:policy/{name}").parse().unwrap();
    ObservedBoundary { arn, document: Some(policy(statements)) }
}

/// Choices that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.roll(from.len())]
    }
}

/// Who × what, decided by the evaluator alone.
fn pairs(state: &State) -> Vec<(usize, usize)> {
    let Some(trust) = state.trust.as_ref().and_then(StoredDocument::document) else { return Vec::new() };
    let sessions = |(caller, id): &(&str, Option<&str>)| {
        let mut request = Request {
            principal: caller.parse().unwrap(),
            action: "sts:AssumeRole".to_owned(),
            resource: wanted().role_arn().to_string(),
            resource_account: None,
            context: crate::iam::context::Context::new(),
        };
        if let Some(id) = id {
            request.context.set("sts:ExternalId", *id);
        }
        evaluate_trust(&request, trust).allows != Truth::False
    };
    let powers = state.powers();
    let parsed = |held: &state::Held| held.document.as_ref().unwrap().document().unwrap().clone();
    let identity: Vec<Document> = powers.identity.iter().map(parsed).collect();
    let limits: Option<Document> = powers.boundary.as_ref().map(parsed);
    let may = |(action, resource): &(&str, &str)| {
        let request = Request {
            principal: "arn:aws:sts::123456789012:assumed-role/Role/session".parse().unwrap(),
            action: (*action).to_owned(),
            resource: (*resource).to_owned(),
            resource_account: None,
            context: crate::iam::context::Context::new(),
        };
        let layers = Layers {
            identity: identity.iter().collect(),
            boundary: limits.as_ref().map(|document| vec![document]),
            ..Layers::default()
        };
        evaluate(&request, &layers).allows != Truth::False
    };
    let who: Vec<usize> = (0..WHO.len()).filter(|index| sessions(&WHO[*index])).collect();
    let what: Vec<usize> = (0..WHAT.len()).filter(|index| may(&WHAT[*index])).collect();
    who.iter().flat_map(|who| what.iter().map(|what| (*who, *what))).collect()
}

const WHO: [(&str, Option<&str>); 6] = [
    ("arn:aws:sts::765628985471:assumed-role/genesys/run", Some(ID)),
    ("arn:aws:sts::765628985471:assumed-role/genesys/run", Some(OTHER_ID)),
    ("arn:aws:sts::765628985471:assumed-role/genesys/run", None),
    ("arn:aws:sts::999999999999:assumed-role/stranger/run", Some(ID)),
    ("arn:aws:sts::999999999999:assumed-role/stranger/run", None),
    ("arn:aws:sts::123456789012:assumed-role/ci/run", None),
];
const WHAT: [(&str, &str); 5] = [
    ("lambda:InvokeFunction", ORDERS),
    ("lambda:InvokeFunction", STOCK),
    ("lambda:GetFunction", ORDERS),
    ("s3:GetObject", "arn:aws:s3:::bucket/object"),
    ("iam:CreateUser", "arn:aws:iam::123456789012:user/mallory"),
];

fn random_trust(dice: &mut Dice) -> StoredDocument {
    let probe = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/ci"},"Action":"sts:AssumeRole"}"#;
    let open = r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole"}"#;
    let denied = r#"{"Effect":"Deny","Principal":{"AWS":"999999999999"},"Action":"sts:AssumeRole"}"#;
    let (own, other) = (trust_of(ID), trust_of(OTHER_ID));
    let known = [own.as_str(), other.as_str(), probe, open, denied, STRANGER];
    let statements: Vec<&str> = (0..=dice.roll(2)).map(|_| *dice.pick(&known)).collect();
    policy(&statements.join(","))
}

fn random_permissions(dice: &mut Dice) -> StoredDocument {
    let invoke = |function: &str| {
        format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{function}"}}"#)
    };
    let (orders, stock) = (invoke(ORDERS), invoke(STOCK));
    let no_stock = stock.replace("Allow", "Deny");
    let no_lambda = r#"{"Effect":"Deny","Action":"lambda:*","Resource":"*"}"#;
    let no_iam = r#"{"Effect":"Deny","NotAction":"lambda:*","Resource":"*"}"#;
    let known = [&*orders, &*orders, &*stock, EVERYTHING, SOMETHING, &*no_stock, no_lambda, no_iam];
    let statements: Vec<&str> = (0..=dice.roll(1)).map(|_| *dice.pick(&known)).collect();
    policy(&statements.join(","))
}

fn random_survey(dice: &mut Dice) -> Survey {
    let mut desired = wanted();
    if dice.one_in(2) {
        desired.role.trust = random_trust(dice);
    }
    let spare = desired.policies[0].clone();
    if dice.one_in(2) {
        desired.policies[0].1.document = random_permissions(dice);
    }
    if dice.one_in(3) {
        let arn = spare.0.to_string().replace("-invoke", "-invoke-2").parse().unwrap();
        let document = random_permissions(dice);
        desired.policies.push((arn, crate::ports::PolicySpecification { document, ..spare.1 }));
    }
    let mut observed = if dice.one_in(8) { nothing_there() } else { all_there() };
    let is_there = observed.role.is_some();
    if is_there {
        for _ in 0..dice.roll(3) {
            let number = observed.policies.len();
            let document = Some(random_permissions(dice));
            let arn = format!("arn:aws:iam::123456789012:policy/Foreign{number}");
            observed.policies.push(ObservedPolicy { document, ..foreign(&arn) });
        }
        if dice.one_in(3) {
            observed
                .inline
                .push(InlinePolicy { name: "inline".to_owned(), document: random_permissions(dice) });
        }
        if dice.one_in(2) {
            observed.policies[0].document = Some(random_permissions(dice));
        }
        observed.policies[0].attached = !dice.one_in(3);
        observed.policies[0].attachment_count = i32::from(observed.policies[0].attached);
        if dice.one_in(2) {
            observed.role.as_mut().unwrap().trust = random_trust(dice);
        }
        if dice.one_in(4) {
            let known = boundary("Known", "");
            observed.boundary =
                Some(ObservedBoundary { document: Some(random_permissions(dice)), ..known.clone() });
            observed.role.as_mut().unwrap().permissions_boundary = Some(known.arn);
        }
    }
    if is_there && dice.one_in(3) {
        let own = trust_of(if dice.one_in(3) { OTHER_ID } else { ID });
        let probe = STRANGER.replace("999999999999", "arn:aws:iam::123456789012:role/ci");
        desired.role.trust = policy(&format!("{},{probe}", trust_of(ID)));
        observed.role.as_mut().unwrap().trust = policy(&format!("{own},{STRANGER}"));
        if dice.one_in(2) {
            // Both sides of the role have something that the other one has not.
            let stock =
                format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{STOCK}"}}"#);
            observed.policies.truncate(1);
            observed.inline.clear();
            observed.policies[0].document = Some(policy(&stock));
            observed.policies[0].attached = true;
            observed.policies[0].attachment_count = 1;
            desired.policies = wanted().policies;
        }
    }
    let mut wanted_boundary = None;
    if dice.one_in(4) {
        let arn = boundary("Wanted", "").arn;
        desired.role.permissions_boundary = Some(arn.clone());
        wanted_boundary = Some(ObservedBoundary { arn, document: Some(random_permissions(dice)) });
    }
    Survey { boundary: wanted_boundary, ..survey(desired, observed) }
}

fn short(states: &[State]) -> String {
    let told = |state: &State| {
        let powers = state.powers();
        let all = powers.identity.iter().map(|held| format!("    {}", held.document.as_ref().unwrap()));
        let boundary =
            powers.boundary.iter().map(|held| format!("    boundary {}", held.document.as_ref().unwrap()));
        format!("{:?}\n{}", state.trust, all.chain(boundary).collect::<Vec<_>>().join("\n"))
    };
    states.iter().map(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn nobody_gets_more_on_the_way_and_nobody_loses_what_stays() {
    let cases = 300;
    let (mut ways, mut closed, mut shared, mut several) = (0_u64, 0, 0, 0);
    for seed in 0..cases {
        let mut dice = Dice(seed);
        let survey = random_survey(&mut dice);
        let options = PlanOptions { adopt: true, remove_foreign: !dice.one_in(4) };
        let destroyed = dice.one_in(6);
        let Survey { desired, observed, boundary, .. } = &survey;
        let way = if destroyed {
            let plan = plan_destroy(&desired.role.name, observed, options).unwrap();
            Way::to_nothing(plan, &desired.role_arn(), observed)
        } else {
            way_of(&survey, options)
        };
        let mut states = vec![State::of(observed, boundary.as_ref())];
        for change in way.changes() {
            let mut next = states.last().unwrap().clone();
            next.make(change);
            states.push(next);
        }
        let allowed: Vec<Vec<(usize, usize)>> = states.iter().map(pairs).collect();
        let (before, after) = (allowed.first().unwrap(), allowed.last().unwrap());
        let steps = told(&way);
        let is_closed = steps.contains(&"Closed".to_owned());
        for between in &allowed {
            let wider: Vec<_> =
                between.iter().filter(|pair| !before.contains(pair) && !after.contains(pair)).collect();
            assert!(wider.is_empty(), "{seed}: {wider:?}\n{steps:?}\n{}", short(&states));
            let lost = before.iter().filter(|pair| after.contains(pair) && !between.contains(pair)).count();
            // Of what denies something, there can be no order that is safe and keeps everything.
            let denies = states.iter().any(|state| format!("{:?}", state.powers()).contains("Deny"));
            let keeps = lost == 0 || is_closed || denies;
            assert!(keeps, "{seed}: {lost} lost\n{steps:?}\n{}", short(&states));
        }
        ways += 1;
        closed += u64::from(is_closed);
        shared += u64::from(steps.contains(&"Shared".to_owned()));
        several += u64::from(steps.len() > 3);
    }
    assert!(
        several > cases / 10 && shared > 0 && closed > 0 && closed < ways / 4,
        "{several} {shared} {closed}"
    );
}

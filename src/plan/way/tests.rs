//! The order of a role's writes: a few by hand, in `random` many, and in `pairs` those between two manifests.

mod pairs;
mod random;

use super::*;
use crate::desired::aws::Desired;
use crate::iam::document::Document;
use crate::iam::evaluate::{Layers, Request, evaluate, evaluate_trust};
use crate::iam::quota::check_trust_grammar;
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
    Survey {
        desired,
        observed,
        quotas: default_quotas(),
        missing,
        boundary: None,
        missing_boundary: None,
        sides: Vec::new(),
        open: Vec::new(),
    }
}

fn way_of(survey: &Survey, options: PlanOptions) -> Way {
    let plan = plan(&survey.desired, &survey.observed, &survey.quotas, options).unwrap();
    let way = Way::to_desired(plan, survey);
    way.changes().for_each(is_taken_by_iam);
    way
}

/// What stands in a trust policy on the way is held to IAM's grammar, like what is wanted.
fn is_taken_by_iam(change: &Change) {
    if let Change::UpdateTrust { after, step: TrustStep::Closed | TrustStep::Shared, .. } = change {
        let document = after.document().unwrap();
        assert_eq!(check_trust_grammar(document), [], "{document}");
    }
}

/// IAM stores no unique ID of a deleted principal again, so a trust policy that names one cannot be closed and opened.
#[test]
fn a_trust_policy_that_iam_would_not_store_again_is_no_step() {
    let everybody = STRANGER.replace(r#"{"AWS":"999999999999"}"#, r#""*""#);
    let deleted = STRANGER.replace("999999999999", "AROAEXAMPLEEXAMPLE123");
    for (statements, is_refused) in [(STRANGER, false), (&deleted, true), (&everybody, true)] {
        let step = TrustStep::Wanted;
        let (role, before, after) = (wanted().role.name, policy(""), policy(statements));
        let way = Way::from(vec![Change::UpdateTrust { role, before, after, step }]);
        assert_eq!(way.unstorable.is_some(), is_refused, "{way:?}");
        assert_eq!(way.storable().is_err(), is_refused);
    }
}

/// A trust policy that is nearly as long as the quota, as a string here and a list there: what is in common is no longer.
#[test]
fn no_step_writes_a_document_that_iam_would_refuse() {
    let strangers: Vec<String> =
        (0..50).map(|number| format!("\"arn:aws:iam::2000000000{number:02}:root\"")).collect();
    let long = |id: &str| {
        let denied = format!(
            r#"{{"Effect":"Deny","Principal":{{"AWS":[{}]}},"Action":"sts:AssumeRole"}}"#,
            strangers.join(",")
        );
        policy(&format!("{denied},{},{STRANGER}", trust_of(id)))
    };
    let mut observed = all_there();
    observed.role.as_mut().unwrap().trust = policy(&format!("{},{STRANGER}", trust_of(OTHER_ID)));
    let stock = format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{STOCK}"}}"#);
    observed.policies[0].document = Some(policy(&stock));
    let mut desired = wanted();
    desired.role.trust = long(ID);
    let mut survey = survey(desired, observed);
    survey.quotas.trust_policy_size = survey.desired.role.trust.size();
    let way = way_of(&survey, PlanOptions::default());
    assert_eq!((way.unstorable.as_ref(), told(&way).len()), (None, 3), "{:?}", told(&way));
    // What is wanted is held to the quota too, and so is the executor's plan.
    survey.quotas.trust_policy_size -= 1;
    let changes = way.changes().cloned().collect();
    let limits = crate::plan::storable::Limits { quotas: &survey.quotas, partition: None };
    let way = Way::checked(changes, Vec::new(), &limits);
    assert!(
        way.unstorable.as_ref().is_some_and(|refused| refused.to_string().contains("the quota is")),
        "{way:?}"
    );
    assert!(crate::plan::Plan::from(way).storable().is_err());
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
fn another_organization_and_other_targets_never_meet() {
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
    let common = super::trust::in_common(&known, &wanted_trust, &wanted().role_arn(), |_| true);
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
    ObservedBoundary { arn, document: Some(policy(statements)), tags: None }
}

use super::*;
use crate::desired::aws::{Home, OWNER_TAG, desired};
use crate::desired::template::Templates;
use crate::iam::arn::FunctionArn;
use crate::manifest::Manifest;
use crate::observe::quotas::default_quotas;
use crate::ports::{CallerIdentity, PolicyVersionRecord};

const MANIFEST: &str = r#"
version = 1
[genesys]
region = "us-east-1"
organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
[role]
name = "Role"
tags = { team = "contact-centre" }
[[target]]
function = "orders"
"#;

pub(in crate::plan) fn wanted() -> Desired {
    let (manifest, _) = Manifest::parse(MANIFEST, "rolecall.toml").expect("a valid manifest");
    let home = Home { partition: "aws".parse().unwrap(), account: "123456789012".parse().unwrap() };
    let target: FunctionArn = "arn:aws:lambda:us-east-1:123456789012:function:orders".parse().unwrap();
    let id = manifest.party.external_id().cloned().unwrap();
    desired(&manifest, &id, &Templates::new(|_| None).unwrap(), &home, &[target], &[], 10).unwrap()
}

pub(in crate::plan) fn nothing_there() -> Observed {
    Observed {
        caller: CallerIdentity {
            account: "123456789012".parse().unwrap(),
            arn: "arn:aws:iam::123456789012:user/admin".to_owned(),
        },
        role: None,
        policies: Vec::new(),
        inline: Vec::new(),
        boundary: None,
        functions: Vec::new(),
    }
}

/// What is there after the desired state was applied.
pub(in crate::plan) fn all_there() -> Observed {
    let Desired { role, policies, home, .. } = wanted();
    let policy = |(arn, policy): &(PolicyArn, crate::ports::PolicySpecification)| ObservedPolicy {
        arn: arn.clone(),
        attached: true,
        under_path: true,
        attachment_count: 1,
        tags: Some(policy.tags.clone()),
        versions: vec![version("v1", true)],
        document: Some(policy.document.clone()),
    };
    Observed {
        policies: policies.iter().map(policy).collect(),
        role: Some(RoleRecord {
            identity: RoleIdentity::Arn(home.role_arn(&role.name, &role.path)),
            path: role.path.to_string(),
            description: role.description,
            max_session_duration: role.max_session_duration,
            permissions_boundary: None,
            tags: role.tags,
            trust: role.trust,
        }),
        ..nothing_there()
    }
}

fn version(id: &str, is_default: bool) -> PolicyVersionRecord {
    PolicyVersionRecord { id: id.to_owned(), is_default, created_seconds: 0 }
}

pub(in crate::plan) fn foreign(arn: &str) -> ObservedPolicy {
    ObservedPolicy {
        arn: arn.parse().unwrap(),
        attached: true,
        under_path: false,
        attachment_count: 1,
        tags: Some(Tags::new()),
        versions: Vec::new(),
        document: Some("{}".into()),
    }
}

fn planned(observed: &Observed, options: PlanOptions) -> Result<Plan, PlanError> {
    plan(&wanted(), observed, &default_quotas(), options)
}

fn operations(plan: &Plan) -> Vec<&'static str> {
    plan.changes.iter().map(Change::operation).collect()
}

#[test]
fn from_nothing_everything_is_made_in_the_order_of_need() {
    let plan = planned(&nothing_there(), PlanOptions::default()).unwrap();
    assert_eq!(operations(&plan), ["iam:CreateRole", "iam:CreatePolicy", "iam:AttachRolePolicy"]);
}

#[test]
fn what_is_as_desired_needs_no_change() {
    assert!(planned(&all_there(), PlanOptions::default()).unwrap().is_in_sync());
}

#[test]
fn formatting_is_no_difference() {
    let mut observed = all_there();
    let role = observed.role.as_mut().unwrap();
    role.trust = r#"{"Statement":{"Condition":{"StringEquals":{"STS:externalid":["5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"]}},
        "Action":["STS:assumerole"],"Principal":{"AWS":"765628985471"},"Effect":"Allow"},"Version":"2012-10-17"}"#
        .into();
    assert!(planned(&observed, PlanOptions::default()).unwrap().is_in_sync());
}

type Damage = fn(&mut Observed);

/// Each kind of drift is repaired by exactly the writes that it needs.
#[test]
fn each_difference_has_its_own_change() {
    let cases: [(&str, Damage, &[&str]); 12] = [
        ("trust", |o| o.role.as_mut().unwrap().trust = "{}".into(), &["iam:UpdateAssumeRolePolicy"]),
        ("description", |o| o.role.as_mut().unwrap().description.clear(), &["iam:UpdateRole"]),
        ("session", |o| o.role.as_mut().unwrap().max_session_duration = 43200, &["iam:UpdateRole"]),
        (
            "boundary",
            |o| {
                o.role.as_mut().unwrap().permissions_boundary =
                    Some("arn:aws:iam::aws:policy/X".parse().unwrap())
            },
            &["iam:DeleteRolePermissionsBoundary"],
        ),
        (
            "tag value",
            |o| drop(o.role.as_mut().unwrap().tags.insert("team".to_owned(), "x".to_owned())),
            &["iam:TagRole"],
        ),
        ("tag gone", |o| drop(o.role.as_mut().unwrap().tags.remove("team")), &["iam:TagRole"]),
        (
            "foreign tag",
            |o| drop(o.role.as_mut().unwrap().tags.insert("cost".to_owned(), "x".to_owned())),
            &[],
        ),
        ("document", |o| o.policies[0].document = Some("{}".into()), &["iam:CreatePolicyVersion"]),
        ("detached", |o| o.policies[0].attached = false, &["iam:AttachRolePolicy"]),
        ("policy gone", |o| o.policies.clear(), &["iam:CreatePolicy", "iam:AttachRolePolicy"]),
        (
            "role gone",
            |o| {
                o.role = None;
                o.policies[0].attached = false;
            },
            &["iam:CreateRole", "iam:AttachRolePolicy"],
        ),
        (
            "all versions used",
            |o| {
                o.policies[0].document = Some("{}".into());
                o.policies[0].versions =
                    ["v2", "v10", "v3", "v4", "v5"].map(|id| version(id, id == "v2")).into();
            },
            &["iam:DeletePolicyVersion", "iam:CreatePolicyVersion"],
        ),
    ];
    for (name, damage, expected) in cases {
        let mut observed = all_there();
        damage(&mut observed);
        let plan = planned(&observed, PlanOptions::default()).unwrap();
        assert_eq!(operations(&plan), expected, "{name}");
    }
}

#[test]
fn the_oldest_version_that_is_not_in_force_is_deleted() {
    let mut observed = all_there();
    observed.policies[0].document = Some("{}".into());
    observed.policies[0].versions = ["v2", "v10", "v3", "v4", "v5"].map(|id| version(id, id == "v2")).into();
    let plan = planned(&observed, PlanOptions::default()).unwrap();
    let Some(Change::DeletePolicyVersion { version, .. }) = plan.changes.first() else { panic!("{plan:?}") };
    assert_eq!(version, "v3");
}

#[test]
fn what_others_made_is_refused_unless_adopted() {
    let mut role = all_there();
    role.role.as_mut().unwrap().tags.remove(OWNER_TAG);
    let mut policy = all_there();
    policy.policies[0].tags = Some(Tags::new());
    assert!(matches!(planned(&role, PlanOptions::default()), Err(PlanError::RoleNotOwned { .. })));
    assert!(matches!(planned(&policy, PlanOptions::default()), Err(PlanError::PolicyNotOwned { .. })));
    let adopt = PlanOptions { adopt: true, ..PlanOptions::default() };
    assert_eq!(operations(&planned(&role, adopt).unwrap()), ["iam:TagRole"]);
    assert_eq!(operations(&planned(&policy, adopt).unwrap()), ["iam:TagPolicy"]);
}

/// What another tool made of what `render` prints: everything as wanted, without the tag.
#[test]
fn a_policy_at_our_own_arn_is_taken_over_and_never_detached() {
    let mut observed = all_there();
    observed.role.as_mut().unwrap().tags.remove(OWNER_TAG);
    observed.policies[0].tags = Some(Tags::new());
    for remove_foreign in [false, true] {
        let adopted = planned(&observed, PlanOptions { adopt: true, remove_foreign }).unwrap();
        assert_eq!(operations(&adopted), ["iam:TagRole", "iam:TagPolicy"]);
        assert!(adopted.foreign.is_empty());
    }
    observed.policies[0].document = Some("{}".into());
    let adopted = planned(&observed, PlanOptions { adopt: true, remove_foreign: true }).unwrap();
    assert_eq!(operations(&adopted), ["iam:TagRole", "iam:TagPolicy", "iam:CreatePolicyVersion"]);

    let role = wanted().role.name;
    let destroyed =
        plan_destroy(&role, &observed, PlanOptions { adopt: true, remove_foreign: false }).unwrap();
    assert_eq!(operations(&destroyed), ["iam:DetachRolePolicy", "iam:DeletePolicy", "iam:DeleteRole"]);
}

/// A name that rolecall would give, a name beside it, and the same name elsewhere.
#[test]
fn a_policy_under_our_path_is_ours_to_take_over_only_if_it_has_a_name_of_ours() {
    let role = wanted().role.name;
    for (name, under_path, expected) in [
        ("Role-invoke", true, Owner::Adoptable),
        ("Role-invoke-2", true, Owner::Adoptable),
        ("Role-invoke-1", true, Owner::Foreign),
        ("Role-invoke-02", true, Owner::Foreign),
        ("Role-invoke-", true, Owner::Foreign),
        ("Role-invoker", true, Owner::Foreign),
        ("Sneaky", true, Owner::Foreign),
        ("Role-invoke", false, Owner::Foreign),
    ] {
        let arn = format!("arn:aws:iam::123456789012:policy/rolecall/Role/{name}");
        let policy = ObservedPolicy { under_path, ..foreign(&arn) };
        assert_eq!(owner(&policy, &role), expected, "{name}");
    }
}

#[test]
fn a_role_cannot_be_moved() {
    let mut observed = all_there();
    observed.role.as_mut().unwrap().path = "/elsewhere/".to_owned();
    assert!(matches!(planned(&observed, PlanOptions::default()), Err(PlanError::PathDiffers { .. })));
}

#[test]
fn foreign_policies_are_shown_and_removed_only_on_request() {
    let mut observed = all_there();
    observed.policies.push(foreign("arn:aws:iam::aws:policy/AdministratorAccess"));
    observed
        .inline
        .push(crate::observe::aws::InlinePolicy { name: "extra".to_owned(), document: "{}".into() });
    let shown = planned(&observed, PlanOptions::default()).unwrap();
    assert_eq!((shown.changes.len(), shown.foreign.len()), (0, 2));
    assert!(!shown.is_in_sync());
    let removed = planned(&observed, PlanOptions { remove_foreign: true, ..PlanOptions::default() }).unwrap();
    assert_eq!(operations(&removed), ["iam:DetachRolePolicy", "iam:DeleteRolePolicy"]);
    assert!(removed.foreign.is_empty());
}

#[test]
fn sizes_over_the_quota_are_refused_with_both_numbers() {
    let quotas = AccountQuotas { trust_policy_size: 100, ..default_quotas() };
    let error = plan(&wanted(), &nothing_there(), &quotas, PlanOptions::default()).unwrap_err();
    assert!(
        matches!(error, PlanError::Quota(QuotaError::TrustTooLarge { quota: 100, size }) if size > 100),
        "{error}"
    );
    let quotas = AccountQuotas { managed_policy_size: 50, ..default_quotas() };
    let error = plan(&wanted(), &nothing_there(), &quotas, PlanOptions::default()).unwrap_err();
    assert!(
        matches!(error, PlanError::Quota(QuotaError::PolicyTooLarge { quota: 50, is_for_grants: false, .. })),
        "{error}"
    );
}

#[test]
fn destroy_removes_what_is_ours_and_nothing_else() {
    let role = wanted().role.name;
    let all = plan_destroy(&role, &all_there(), PlanOptions::default()).unwrap();
    assert_eq!(operations(&all), ["iam:DetachRolePolicy", "iam:DeletePolicy", "iam:DeleteRole"]);
    assert!(plan_destroy(&role, &nothing_there(), PlanOptions::default()).unwrap().is_in_sync());

    let mut versions = all_there();
    versions.policies[0].versions = vec![version("v1", false), version("v2", true)];
    let plan = plan_destroy(&role, &versions, PlanOptions::default()).unwrap();
    assert_eq!(
        operations(&plan),
        ["iam:DetachRolePolicy", "iam:DeletePolicyVersion", "iam:DeletePolicy", "iam:DeleteRole"]
    );

    let mut shared = all_there();
    shared.policies[0].attachment_count = 3;
    let error = plan_destroy(&role, &shared, PlanOptions::default()).unwrap_err();
    assert!(matches!(error, PlanError::PolicyShared { others: 2, .. }));

    let mut visited = all_there();
    visited.policies.push(foreign("arn:aws:iam::aws:policy/AdministratorAccess"));
    let plan = plan_destroy(&role, &visited, PlanOptions::default()).unwrap();
    assert_eq!(operations(&plan), ["iam:DetachRolePolicy", "iam:DeletePolicy"]);
    let plan = plan_destroy(&role, &visited, PlanOptions { remove_foreign: true, ..PlanOptions::default() })
        .unwrap();
    assert_eq!(
        operations(&plan),
        ["iam:DetachRolePolicy", "iam:DetachRolePolicy", "iam:DeletePolicy", "iam:DeleteRole"]
    );

    let mut others = all_there();
    others.role.as_mut().unwrap().tags.clear();
    assert!(matches!(
        plan_destroy(&role, &others, PlanOptions::default()),
        Err(PlanError::RoleNotOwned { .. })
    ));
}

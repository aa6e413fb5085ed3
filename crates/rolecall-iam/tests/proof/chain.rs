//! What a provisioner can reach: each hole in the policy that holds its holder, with the chain that goes through it.
#![allow(clippy::needless_pass_by_value, reason = "statements are written where they stand")]

use rolecall_iam::arn::FunctionArn;
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Decision, Layers, evaluate};
use rolecall_iam::prove::{
    NamedDocument, Permissions, ProvisioningIntent, Reach, RequiredBoundary, prove_provisioner,
};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::123456789012:role/Vendor";
const TWINS: &str = "arn:aws:iam::123456789012:role/Vendor-twin-*";
const POLICIES: &str = "arn:aws:iam::123456789012:policy/rolecall/Vendor/*";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/rolecall-boundary/Vendor-boundary";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:orders";

fn allow(action: Value, resource: Value, condition: Option<Value>) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    statement
}

fn under(boundary: &str) -> Value {
    json!({"StringEquals": {"iam:PermissionsBoundary": boundary}})
}

/// The statements of a provisioner that is held.
fn held() -> Vec<Value> {
    vec![
        allow(
            json!([
                "iam:DeleteRole",
                "iam:DetachRolePolicy",
                "iam:GetRole",
                "iam:TagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
                "sts:AssumeRole"
            ]),
            json!(ROLE),
            None,
        ),
        allow(
            json!(["iam:CreateRole", "iam:PutRolePermissionsBoundary"]),
            json!(ROLE),
            Some(under(BOUNDARY)),
        ),
        allow(
            json!("iam:AttachRolePolicy"),
            json!(ROLE),
            Some(
                json!({"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}, "ArnLike": {"iam:PolicyARN": POLICIES}}),
            ),
        ),
        allow(
            json!(["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:TagPolicy"]),
            json!(POLICIES),
            None,
        ),
        allow(json!(["iam:GetPolicy", "iam:ListPolicies", "lambda:ListFunctions"]), json!("*"), None),
    ]
}

fn with(more: Value) -> Vec<Value> {
    held().into_iter().chain([more]).collect()
}

fn changed(statement: usize, change: impl FnOnce(&mut Value)) -> Vec<Value> {
    let mut statements = held();
    change(&mut statements[statement]);
    statements
}

fn tight() -> Value {
    json!({"Version": "2012-10-17", "Statement": [allow(json!("lambda:InvokeFunction"), json!([FUNCTION]), None)]})
}

fn document(statements: &[Value]) -> Document {
    Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn prove(statements: &[Value], boundary: Option<Option<Value>>) -> Reach {
    let policy = document(statements);
    let limit = boundary.clone().flatten().map(|limit| Document::from_value(&limit).unwrap());
    let permissions = Permissions {
        identity: vec![NamedDocument { name: "provisioner", document: &policy }],
        boundary: None,
    };
    let targets: Vec<FunctionArn> = vec![FUNCTION.parse().unwrap()];
    let intent = ProvisioningIntent {
        role: ROLE.parse().unwrap(),
        twins: TWINS.to_owned(),
        policies: POLICIES.to_owned(),
        targets,
        boundary: boundary.map(|_| RequiredBoundary { arn: BOUNDARY, document: limit.as_ref() }),
    };
    let reach = prove_provisioner(&permissions, None, &intent);
    if let Reach::Beyond(requests) = &reach {
        let assumption = requests.iter().position(|step| step.request.action == "sts:AssumeRole");
        // What goes before the assumption is the holder's own, and allowed by the holder's own policy.
        for step in &requests[..assumption.unwrap()] {
            let layers = Layers { identity: vec![&policy], ..Layers::default() };
            assert_eq!(evaluate(&step.request, &layers).decision, Decision::Allowed, "{}", step.sentence);
        }
    }
    reach
}

/// The actions of the chain, or what became of the claim.
fn chain(statements: &[Value], boundary: Option<Option<Value>>) -> String {
    match prove(statements, boundary) {
        Reach::Within => "proved".to_owned(),
        Reach::Beyond(requests) => {
            let actions: Vec<&str> = requests.iter().map(|step| step.request.action.as_str()).collect();
            actions.join(" > ")
        }
        Reach::Unknown { reasons } => format!("unknown: {}", reasons.join("; ")),
    }
}

#[test]
fn a_provisioner_that_is_held_by_a_boundary_stays_within_the_targets() {
    assert_eq!(prove(&held(), Some(Some(tight()))), Reach::Within);
}

#[test]
fn the_chain_is_told_step_by_step() {
    let statements: Vec<Value> = held()
        .into_iter()
        .map(|mut statement| {
            statement.as_object_mut().unwrap().remove("Condition");
            statement
        })
        .collect();
    let Reach::Beyond(requests) = prove(&statements, None) else { panic!("not refuted") };
    let told: Vec<&str> = requests.iter().map(|step| step.sentence.as_str()).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn each_hole_has_its_chain() {
    let drop_condition = |statement: &mut Value| {
        statement.as_object_mut().unwrap().remove("Condition");
    };
    let other = "arn:aws:iam::123456789012:policy/rolecall-boundary/Other-boundary";
    let wide =
        json!({"Version": "2012-10-17", "Statement": [allow(json!(["lambda:*", "s3:*"]), json!("*"), None)]});
    let tight = || Some(Some(tight()));
    let table = [
        ("no boundary is asked for", held(), None),
        ("the boundary allows more", held(), Some(Some(wide))),
        ("what the boundary allows is not known", held(), Some(None)),
        ("a role without boundary, policies only under it", changed(1, drop_condition), tight()),
        (
            "a role without boundary, policies of the role on it",
            {
                let mut statements = changed(1, drop_condition);
                statements[2]["Condition"].as_object_mut().unwrap().remove("StringEquals");
                statements
            },
            tight(),
        ),
        (
            "another boundary too, by a wildcard",
            changed(1, |it| {
                it["Condition"] = json!({"StringLike": {"iam:PermissionsBoundary": "*boundary"}})
            }),
            tight(),
        ),
        (
            "the boundary only where one is asked for",
            {
                let if_exists = json!({"StringEqualsIfExists": {"iam:PermissionsBoundary": BOUNDARY}});
                let mut statements = changed(1, |it| it["Condition"] = if_exists.clone());
                statements[2]["Condition"] = if_exists;
                statements
            },
            tight(),
        ),
        (
            "the boundary can be taken off",
            with(allow(json!("iam:DeleteRolePermissionsBoundary"), json!(ROLE), None)),
            tight(),
        ),
        (
            "another boundary can take its place",
            with(allow(json!("iam:PutRolePermissionsBoundary"), json!(ROLE), Some(under(other)))),
            tight(),
        ),
        (
            "the boundary can be rewritten",
            with(allow(json!("iam:CreatePolicyVersion"), json!("*"), None)),
            tight(),
        ),
        ("the boundary can be created", with(allow(json!("iam:CreatePolicy"), json!("*"), None)), tight()),
        ("inline policies", with(allow(json!("iam:PutRolePolicy"), json!(ROLE), None)), tight()),
        ("an administrator", vec![allow(json!("*"), json!("*"), None)], tight()),
        (
            "the trust of every role",
            with(allow(json!("iam:UpdateAssumeRolePolicy"), json!("arn:aws:iam::123456789012:role/*"), None)),
            tight(),
        ),
        ("every role can be assumed", with(allow(json!("sts:AssumeRole"), json!("*"), None)), tight()),
        ("a role can be passed", with(allow(json!("iam:PassRole"), json!(ROLE), None)), tight()),
        ("a user's key", with(allow(json!("iam:CreateAccessKey"), json!("*"), None)), tight()),
        (
            "a function's code",
            with(allow(json!("lambda:UpdateFunctionCode"), json!(FUNCTION), None)),
            tight(),
        ),
        (
            "the targets themselves",
            with(allow(json!("lambda:InvokeFunction"), json!(FUNCTION), None)),
            tight(),
        ),
        (
            "everything but a few actions",
            vec![json!({"Effect": "Allow", "NotAction": ["iam:PassRole"], "Resource": "*"})],
            tight(),
        ),
        (
            "everything, and denials that hold it",
            vec![
                allow(json!("iam:*"), json!([ROLE, POLICIES]), None),
                json!({"Effect": "Deny", "Action": "iam:DeleteRolePermissionsBoundary", "Resource": "*"}),
                json!({"Effect": "Deny", "Action": ["iam:CreateRole", "iam:PutRolePermissionsBoundary"], "Resource": "*",
                    "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": BOUNDARY}}}),
            ],
            tight(),
        ),
        (
            "multi-factor authentication is asked for",
            changed(1, |it| it["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
                .into_iter()
                .chain([allow(json!("iam:PutRolePolicy"), json!(ROLE), None)])
                .collect(),
            tight(),
        ),
        (
            "the caller is asked for",
            changed(0, |it| {
                it["Condition"] =
                    json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/ci"}});
            }),
            tight(),
        ),
        (
            "an ARN operator on the boundary, which AWS does not document",
            changed(1, |it| it["Condition"] = json!({"ArnEquals": {"iam:PermissionsBoundary": BOUNDARY}})),
            tight(),
        ),
        ("a reader", vec![allow(json!(["iam:GetRole", "sts:AssumeRole"]), json!(ROLE), None)], None),
        (
            "a maker of twins",
            vec![
                allow(json!(["iam:CreateRole", "iam:DeleteRole", "sts:AssumeRole"]), json!(TWINS), None),
                allow(
                    json!("iam:AttachRolePolicy"),
                    json!(TWINS),
                    Some(json!({"ArnLike": {"iam:PolicyARN": POLICIES}})),
                ),
            ],
            None,
        ),
        (
            "a maker of twins that can attach anything",
            vec![allow(json!(["iam:CreateRole", "iam:AttachRolePolicy"]), json!(TWINS), None)],
            None,
        ),
    ];
    let told: Vec<String> = table
        .into_iter()
        .map(|(name, statements, boundary)| format!("{name}\n    {}", chain(&statements, boundary)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

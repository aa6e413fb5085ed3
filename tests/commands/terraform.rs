//! `rolecall prove` on plans and states of Terraform.

use serde_json::{Value, json};

use super::{ALIAS, EXTERNAL_ID, FUNCTION, PRINCIPAL, file, results, rolecall, rolecall_reading};

fn tree(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file(&format!("terraform/{name}"))).unwrap()).unwrap()
}

fn prove(tree: &Value, arguments: &[&str]) -> crate::scenarios::stage::Run {
    rolecall_reading(tree.to_string(), &[&["prove", "-"], arguments].concat())
}

/// The configuration is what `rolecall render --format terraform` prints. In its plan, the policy's ARN is not known yet.
#[test]
fn a_new_role_and_an_existing_one_are_proved() {
    for name in ["role-plan.json", "role-state.json"] {
        let path = format!("terraform/{name}");
        let proof = rolecall(&[
            "prove",
            &path,
            "--principal",
            PRINCIPAL,
            "--external-id",
            EXTERNAL_ID,
            "--target",
            FUNCTION,
            "--target",
            ALIAS,
            "--output",
            "json",
        ])
        .expect(0)
        .json();
        assert_eq!(results(&proof), ["proved"; 5], "{name}");
        assert_eq!(proof["role"], "aws_iam_role.genesys_data_actions");
    }
    rolecall(&["prove", "terraform/role-plan.json", "--target", FUNCTION]).expect(4).says(ALIAS);
}

/// Names and ARNs that are not known yet reach the attachments through variables and outputs of a module.
#[test]
fn roles_of_modules() {
    let path = "terraform/modules-plan.json";
    let production = "module.genesys[\"production\"].aws_iam_role.this[0]";
    rolecall(&["prove", path, "--target", FUNCTION, "--role", production]).expect(0).says("Result: proved");
    rolecall(&[
        "prove",
        path,
        "--target",
        FUNCTION,
        "--role",
        "module.genesys[\"test\"].aws_iam_role.this[0]",
    ])
    .expect(4)
    .says("because statement 1 of `aws_iam_role_policy.debug` allows it");
    rolecall(&["prove", path, "--target", FUNCTION]).expect(4).says("2 roles: 1 proved, 1 refuted");
}

#[test]
fn what_is_known_only_after_apply_is_unknown() {
    let path = "terraform/unknown-plan.json";
    let proof = rolecall(&["prove", path, "--output", "json"]).expect(5).json();
    assert_eq!(proof["result"], "unknown");
    assert_eq!(results(&proof["roles"][0]), ["unknown", "unknown"]);
    assert_eq!(results(&proof["roles"][1]), ["proved", "proved", "proved", "unknown"]);
    rolecall(&["prove", path, "--role", "called"])
        .expect(5)
        .says("aws_iam_role.called: `assume_role_policy` is known only after apply, from `aws_iam_role.caller.arn`")
        .says("aws_iam_role_policy_attachment.each[\"a\"]: `policy_arn` is known only after apply, from `each.value.arn`");
    rolecall(&["prove", path, "--role", "caller"])
        .expect(5)
        .says("aws_iam_role_policy.invoke: `policy` is known only after apply, from `aws_lambda_function.trigger.arn`");
}

/// The last refresh saw a wide managed policy and an old inline policy on the role; the plan takes both off.
#[test]
fn what_the_plan_removes_does_not_count() {
    let plan = tree("detach-plan.json");
    prove(&plan, &["--target", FUNCTION]).expect(0).says("Result: proved");
    let mut kept = plan.clone();
    for change in kept["resource_changes"].as_array_mut().unwrap() {
        if change["address"] == "aws_iam_role_policy_attachment.wide" {
            change["change"]["actions"] = json!(["no-op"]);
        }
    }
    prove(&kept, &["--target", FUNCTION])
        .expect(5)
        .says("arn:aws:iam::123456789012:policy/wide: its document is not in the file");
    let mut kept = plan;
    for change in kept["resource_changes"].as_array_mut().unwrap() {
        if change["address"] == "aws_iam_role_policy.old" {
            change["change"]["actions"] = json!(["no-op"]);
        }
    }
    prove(&kept, &["--target", FUNCTION]).expect(4).says("inline policy old of aws_iam_role.genesys");
}

/// The state of the clean role, after a change.
#[test]
fn every_way_onto_a_role_counts() {
    let wide = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let role = "GenesysDataActionRole";
    let resource = |kind: &str, values: Value| json!({ "address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x", "values": values });
    let policy = |mode: &str| {
        let mut policy =
            resource("aws_iam_policy", json!({ "arn": "arn:aws:iam::aws:policy/Wide", "policy": wide }));
        policy["mode"] = json!(mode);
        policy
    };
    let attachment = resource(
        "aws_iam_role_policy_attachment",
        json!({ "role": role, "policy_arn": "arn:aws:iam::aws:policy/Wide" }),
    );
    let rows: Vec<(Vec<Value>, i32, &str)> = vec![
        (vec![policy("managed")], 0, "Result: proved"),
        (vec![policy("managed"), attachment.clone()], 4, "`aws_iam_policy.x`"),
        (vec![policy("data"), attachment.clone()], 4, "s3:"),
        (vec![attachment], 5, "arn:aws:iam::aws:policy/Wide: its document is not in the file"),
        (
            vec![resource("aws_iam_role_policy", json!({ "role": role, "name": "n", "policy": wide }))],
            4,
            "s3:",
        ),
        (
            vec![resource("aws_iam_role_policy", json!({ "role": "other", "name": "n", "policy": wide }))],
            0,
            "proved",
        ),
        (
            vec![
                policy("managed"),
                resource(
                    "aws_iam_policy_attachment",
                    json!({ "roles": ["other", role], "policy_arn": "arn:aws:iam::aws:policy/Wide" }),
                ),
            ],
            4,
            "s3:",
        ),
        (
            vec![resource("aws_iam_role_policy", json!({ "role": role, "name": "n", "policy": "{" }))],
            5,
            "`policy` is not a policy document",
        ),
        (
            vec![resource("aws_iam_role_policy", json!({ "role": role, "name": "n" }))],
            5,
            "`policy` is missing",
        ),
    ];
    for (resources, status, words) in rows {
        let mut state = tree("role-state.json");
        state["values"]["root_module"]["resources"].as_array_mut().unwrap().extend(resources);
        prove(&state, &["--target", FUNCTION, "--target", ALIAS]).expect(status).says(words);
    }
    for (attribute, value, status, words) in [
        (
            "managed_policy_arns",
            json!(["arn:aws:iam::aws:policy/Wide"]),
            5,
            "its document is not in the file",
        ),
        ("inline_policy", json!([{ "name": "n", "policy": wide }]), 4, "inline policy n of aws_iam_role"),
        ("permissions_boundary", json!("arn:aws:iam::aws:policy/Wide"), 5, "its document is not in the file"),
        ("permissions_boundary", json!(""), 0, "proved"),
        ("assume_role_policy", json!("{}"), 5, "`assume_role_policy` is not a policy document"),
        ("assume_role_policy", Value::Null, 5, "`assume_role_policy` is missing"),
        ("max_session_duration", json!(43200), 0, "T22"),
    ] {
        let mut state = tree("role-state.json");
        let resources = state["values"]["root_module"]["resources"].as_array_mut().unwrap();
        let role = resources.iter_mut().find(|resource| resource["type"] == "aws_iam_role").unwrap();
        role["values"][attribute] = value;
        prove(&state, &["--target", FUNCTION, "--target", ALIAS]).expect(status).says(words);
    }
}

/// A reference is followed only where it can mean one resource and nothing else.
#[test]
fn references_that_could_mean_something_else_are_not_followed() {
    let expression = "/configuration/root_module/resources";
    for (references, status) in [
        (json!(["aws_iam_policy.genesys_data_actions_1.arn", "aws_iam_policy.genesys_data_actions_1"]), 0),
        // Something is made of the whole policy.
        (json!(["aws_iam_policy.genesys_data_actions_1"]), 5),
        (json!(["aws_iam_policy.genesys_data_actions_1.name", "aws_iam_policy.genesys_data_actions_1"]), 5),
        (json!(["aws_iam_policy.genesys_data_actions_1.arn", "var.other"]), 5),
        (json!(["local.policy_arn"]), 5),
        (
            json!([
                "aws_iam_policy.genesys_data_actions_1[\"b\"].arn",
                "aws_iam_policy.genesys_data_actions_1[\"b\"]"
            ]),
            0,
        ),
        (json!(["aws_iam_policy.genesys_data_actions_12.arn", "aws_iam_policy.genesys_data_actions_12"]), 5),
        (json!(["aws_iam_role.genesys_data_actions.arn"]), 5),
        (json!(["module.gone.arn"]), 5),
        (json!(["var.root"]), 5),
        (json!([]), 5),
        (json!(null), 5),
    ] {
        let mut plan = tree("role-plan.json");
        for resource in plan.pointer_mut(expression).unwrap().as_array_mut().unwrap() {
            if resource["type"] == "aws_iam_role_policy_attachment" {
                resource["expressions"]["policy_arn"] = json!({ "references": references });
            }
        }
        prove(&plan, &["--target", FUNCTION, "--target", ALIAS]).expect(status);
    }
    // What a filter took out of the plan cannot be followed at all.
    let mut plan = tree("role-plan.json");
    plan.as_object_mut().unwrap().remove("configuration");
    prove(&plan, &[]).expect(5).says("`policy_arn` is known only after apply");
}

#[test]
fn files_of_terraform_that_are_not_read() {
    let with = |change: fn(&mut Value)| {
        let mut plan = tree("role-plan.json");
        change(&mut plan);
        plan
    };
    for (tree, words) in [
        (
            with(|plan| plan["format_version"] = json!("2.0")),
            "it has version `2.0` of Terraform's JSON format",
        ),
        (with(|plan| plan["errored"] = json!(true)), "it is a Terraform plan that failed"),
        (json!({ "format_version": "1.0" }), "the Terraform state holds no role"),
        (
            json!({ "version": 4, "terraform_version": "1.11.4", "resources": [] }),
            "give the output of `terraform show -json`",
        ),
    ] {
        prove(&tree, &[]).expect(2).says(words);
    }
    rolecall(&["prove", "terraform/role.tf.json"])
        .expect(2)
        .says("it is a configuration or a stored state of Terraform");
}

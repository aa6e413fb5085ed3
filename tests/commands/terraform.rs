//! `rolecall prove` on plans and states of Terraform.

use serde_json::{Value, json};

use super::{ALIAS, EXTERNAL_ID, FUNCTION, PRINCIPAL, file, results, rolecall, rolecall_reading};

fn tree(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file(&format!("terraform/{name}"))).unwrap()).unwrap()
}

fn prove(tree: &Value, arguments: &[&str]) -> crate::scenarios::stage::Run {
    rolecall_reading(tree.to_string(), &[&["prove", "-"], arguments].concat())
}

const INTENT: [&str; 10] = [
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
];

/// In the plan, `policy_arn` refers to the ARN of a policy that does not exist yet.
#[test]
fn a_new_role_and_an_existing_one_are_proved() {
    let plain = [INTENT.as_slice(), &["--plain-references"]].concat();
    for (name, arguments) in [("role-plan.json", plain.as_slice()), ("role-state.json", &INTENT)] {
        let proof = prove(&tree(name), arguments).expect(0).json();
        assert_eq!(results(&proof), ["proved"; 5], "{name}");
        assert_eq!(proof["role"], "aws_iam_role.genesys_data_actions");
    }
    rolecall(&["prove", "terraform/role-plan.json", "--target", FUNCTION]).expect(4).says(ALIAS);
}

/// `replace(aws_iam_policy.x.arn, …)` and a condition with another ARN make the same plan as the reference alone.
#[test]
fn what_rests_on_a_reference_is_not_proved() {
    let proof = prove(&tree("role-plan.json"), &INTENT).expect(5).json();
    assert_eq!(results(&proof), ["proved", "proved", "proved", "unknown", "unknown"]);
    let reason = "aws_iam_role_policy_attachment.genesys_data_actions_1: `policy_arn` is known only after apply, from \
        `aws_iam_policy.genesys_data_actions_1.arn`; the plan does not show whether a function or a condition is around \
        the reference: prove the state after the apply, or give --plain-references if the configuration has neither";
    assert_eq!(proof["claims"][3]["reasons"], json!([reason]));
    let state = tree("role-state.json");
    prove(&state, &["--plain-references"]).expect(2).says("only a Terraform plan shows references");
}

/// A role that the configuration only refers to could be another one, which would then have the policy.
#[test]
fn a_reference_to_a_role_is_an_assumption_about_every_role() {
    let mut plan = tree("role-plan.json");
    for pointer in ["/planned_values/root_module/resources", "/resource_changes"] {
        for resource in plan.pointer_mut(pointer).unwrap().as_array_mut().unwrap() {
            if resource["type"] == "aws_iam_role_policy_attachment" {
                let (values, unknown) = match resource.get("change") {
                    Some(_) => ("/change/after", Some("/change/after_unknown")),
                    None => ("/values", None),
                };
                let values = resource.pointer_mut(values).unwrap();
                values.as_object_mut().unwrap().remove("role");
                values["policy_arn"] = json!("arn:aws:iam::123456789012:policy/other");
                if let Some(unknown) = unknown {
                    *resource.pointer_mut(unknown).unwrap() = json!({ "id": true, "role": true });
                }
            }
        }
    }
    let mut other = plan["planned_values"]["root_module"]["resources"][0].clone();
    for resource in plan["planned_values"]["root_module"]["resources"].as_array().unwrap() {
        if resource["type"] == "aws_iam_role" {
            other = resource.clone();
        }
    }
    let mut change = plan["resource_changes"][0].clone();
    change["change"] = json!({ "actions": ["create"], "after_unknown": { "arn": true } });
    for resource in [&mut other, &mut change] {
        resource["address"] = json!("aws_iam_role.other");
        resource["name"] = json!("other");
        resource["type"] = json!("aws_iam_role");
    }
    other["values"]["name"] = json!("Other");
    plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap().push(other);
    plan["resource_changes"].as_array_mut().unwrap().push(change);
    let of_other = ["--role", "aws_iam_role.other"];
    prove(&plan, &of_other)
        .expect(5)
        .says("`role` is known only after apply, from `aws_iam_role.genesys_data_actions.name`")
        .says("give --plain-references");
    prove(&plan, &[of_other.as_slice(), &["--plain-references"]].concat()).expect(0);
}

/// As `rolecall render --format terraform` prints it: the policy by its ARN.
#[test]
fn an_attachment_that_names_a_new_policy_by_its_arn_is_proved() {
    let named = |arn: &str| {
        let mut plan = tree("role-plan.json");
        for pointer in ["/planned_values/root_module/resources", "/resource_changes"] {
            for resource in plan.pointer_mut(pointer).unwrap().as_array_mut().unwrap() {
                if resource["type"] == "aws_iam_role_policy_attachment" {
                    let is_change = resource.get("change").is_some();
                    let values = if is_change { "/change/after" } else { "/values" };
                    resource.pointer_mut(values).unwrap()["policy_arn"] = json!(arn);
                    if is_change {
                        resource["change"]["after_unknown"] = json!({ "id": true });
                    }
                }
            }
        }
        plan
    };
    let ending = "policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke";
    let plan = named(&format!("arn:aws:iam::123456789012:{ending}"));
    let proof = prove(&plan, &INTENT).expect(0).json();
    assert_eq!(results(&proof), ["proved"; 5]);
    // The policy exists already, is of AWS, has another path or is made in what is perhaps another account.
    let unknown = "its document is not in the file";
    prove(&named(&format!("arn:aws:iam::aws:{ending}")), &INTENT).expect(5).says(unknown);
    let other = "arn:aws:iam::123456789012:policy/GenesysDataActionRole-invoke";
    prove(&named(other), &INTENT).expect(5).says(unknown);
    for (kind, key, value) in
        [("change", "actions", json!(["delete", "create"])), ("", "", json!("aws.west"))]
    {
        let mut plan = plan.clone();
        let pointer =
            if kind.is_empty() { "/configuration/root_module/resources" } else { "/resource_changes" };
        for resource in plan.pointer_mut(pointer).unwrap().as_array_mut().unwrap() {
            if resource["type"] == "aws_iam_policy" {
                match kind {
                    "" => resource["provider_config_key"] = value.clone(),
                    _ => resource[kind][key] = value.clone(),
                }
            }
        }
        prove(&plan, &INTENT).expect(5).says(unknown);
    }
}

/// Names and ARNs that are not known yet reach the attachments through variables and outputs of a module.
#[test]
fn roles_of_modules() {
    let path = "terraform/modules-plan.json";
    let production = "module.genesys[\"production\"].aws_iam_role.this[0]";
    rolecall(&["prove", path, "--target", FUNCTION, "--role", production])
        .expect(5)
        .says("give --plain-references");
    rolecall(&["prove", path, "--target", FUNCTION, "--role", production, "--plain-references"])
        .expect(0)
        .says("Result: proved");
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
    rolecall(&["prove", path, "--target", FUNCTION, "--plain-references"])
        .expect(4)
        .says("2 roles: 1 proved, 1 refuted");
}

#[test]
fn what_is_known_only_after_apply_is_unknown() {
    let path = "terraform/unknown-plan.json";
    let proof = rolecall(&["prove", path, "--output", "json", "--plain-references"]).expect(5).json();
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
        prove(&plan, &["--target", FUNCTION, "--target", ALIAS, "--plain-references"]).expect(status);
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
        (json!({ "format_version": "1.0" }), "the Terraform state contains no role"),
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

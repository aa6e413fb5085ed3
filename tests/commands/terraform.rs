//! `rolecall prove` on plans and states of Terraform.

use serde_json::{Value, json};

use super::{ALIAS, EXTERNAL_ID, FUNCTION, PRINCIPAL, file, results, rolecall, rolecall_reading};
use crate::scenarios::stage::Run;

pub(super) fn tree(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file(&format!("terraform/{name}"))).unwrap()).unwrap()
}

pub(super) fn prove(tree: &Value, arguments: &[&str]) -> Run {
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

/// Why each claim that is not proved is not.
fn reasons(run: &Run) -> Vec<Value> {
    let proof = run.json();
    proof["claims"].as_array().unwrap().iter().map(|claim| claim["reasons"].clone()).collect()
}

/// In the plan, `policy_arn` refers to the ARN of a policy that does not exist yet.
#[test]
fn a_new_role_and_an_existing_one_are_proved() {
    let plain = [INTENT.as_slice(), &["--plain-references"]].concat();
    for (name, arguments) in [("role-plan.json", plain.as_slice()), ("role-state.json", &INTENT)] {
        let proof = prove(&tree(name), arguments).expect(0).json();
        assert_eq!(results(&proof), ["proved"; 5], "{name}");
        assert_eq!(proof["role"], "aws_iam_role.genesys_data_actions");
    }
    let run = rolecall(&["prove", "terraform/role-plan.json", "--target", FUNCTION]);
    insta::assert_snapshot!(run.whole(), @"
    exit 4
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform plan terraform/role-plan.json)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:orders-status:live`, because statement 1 of `aws_iam_policy.genesys_data_actions_1` allows it
      unknown    a session can invoke the target function
                 aws_iam_role_policy_attachment.genesys_data_actions_1: `policy_arn` is known only after apply, from `aws_iam_policy.genesys_data_actions_1.arn`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
                 aws_iam_role.genesys_data_actions: `inline_policy` is known only after apply; the plan does not show whether a `dynamic` block makes it: prove the state after the apply, or give --plain-references if the configuration has no such thing
      error      P6 (statement 1 of aws_iam_policy.genesys_data_actions_1): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` alone, on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function` alone
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: aws_iam_role_policy_attachment.genesys_data_actions_1: `policy_arn` is taken to be the ARN of aws_iam_policy.genesys_data_actions_1, because it refers to nothing else; a plan does not show functions around a reference

    Result: refuted
    ");
}

/// `replace(aws_iam_policy.x.arn, …)` and a condition with another ARN make the same plan as the reference alone.
#[test]
fn what_rests_on_a_reference_is_not_proved() {
    let proof = prove(&tree("role-plan.json"), &INTENT).expect(5).json();
    assert_eq!(results(&proof), ["proved", "proved", "proved", "unknown", "unknown"]);
    let reason = "aws_iam_role_policy_attachment.genesys_data_actions_1: `policy_arn` is known only after apply, from \
        `aws_iam_policy.genesys_data_actions_1.arn`; the plan does not show whether a function or a condition is around \
        the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing";
    let inline = "aws_iam_role.genesys_data_actions: `inline_policy` is known only after apply; the plan does not show whether a \
        `dynamic` block makes it: prove the state after the apply, or give --plain-references if the configuration has no \
        such thing";
    assert_eq!(proof["claims"][3]["reasons"], json!([reason, inline]));
    let state = tree("role-state.json");
    insta::assert_snapshot!(prove(&state, &["--plain-references"]).whole(), @"
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: only a Terraform plan shows references instead of values, but this is a Terraform state
    ");
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
    insta::assert_snapshot!(prove(&plan, &of_other).whole(), @"
    exit 5
    -- stdout
    aws_iam_role.other (Terraform plan standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      unknown    a session can do nothing but invoke the target functions
                 aws_iam_role_policy_attachment.genesys_data_actions_1: `role` is known only after apply, from `aws_iam_role.genesys_data_actions.name`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
    prove(&plan, &[of_other.as_slice(), &["--plain-references"]].concat()).expect(0);
}

/// As `rolecall render --format terraform` prints it: the policy by its ARN.
#[test]
fn an_attachment_that_names_a_new_policy_by_its_arn_is_proved() {
    let named = |arn: &str| {
        let mut plan = tree("role-plan.json");
        for pointer in ["/planned_values/root_module/resources", "/resource_changes"] {
            for resource in plan.pointer_mut(pointer).unwrap().as_array_mut().unwrap() {
                if let Some(unknown) =
                    resource.pointer_mut("/change/after_unknown").and_then(Value::as_object_mut)
                {
                    unknown.remove("inline_policy");
                }
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
    insta::assert_json_snapshot!(reasons(&prove(&named(&format!("arn:aws:iam::aws:{ending}")), &INTENT).expect(5)), @r#"
    [
      null,
      null,
      null,
      [
        "arn:aws:iam::aws:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke: its document is not in the file"
      ]
    ]
    "#);
    let other = "arn:aws:iam::123456789012:policy/GenesysDataActionRole-invoke";
    insta::assert_json_snapshot!(reasons(&prove(&named(other), &INTENT).expect(5)), @r#"
    [
      null,
      null,
      null,
      [
        "arn:aws:iam::123456789012:policy/GenesysDataActionRole-invoke: its document is not in the file"
      ]
    ]
    "#);
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
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(reasons(&prove(&plan, &INTENT).expect(5)), @r#"
            [
              null,
              null,
              null,
              [
                "arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke: its document is not in the file"
              ]
            ]
            "#);
        }
    }
}

/// Names and ARNs that are not known yet reach the attachments through variables and outputs of a module.
#[test]
fn roles_of_modules() {
    let path = "terraform/modules-plan.json";
    let production = "module.genesys[\"production\"].aws_iam_role.this[0]";
    let run = rolecall(&["prove", path, "--target", FUNCTION, "--role", production]);
    insta::assert_snapshot!(run.whole(), @r#"
    exit 5
    -- stdout
    module.genesys["production"].aws_iam_role.this[0] (Terraform plan terraform/modules-plan.json)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      unknown    a session can do nothing but invoke the target functions
                 module.genesys["production"].aws_iam_role_policy_attachment.this: `policy_arn` is known only after apply, from `var.policy_arn`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
                 module.genesys["production"].aws_iam_role.this[0]: `inline_policy` is known only after apply; the plan does not show whether a `dynamic` block makes it: prove the state after the apply, or give --plain-references if the configuration has no such thing
                 aws_iam_role_policy.debug: `role` is known only after apply, from `module.genesys["test"].role`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
                 module.genesys["production"].aws_iam_role_policy_attachment.this: `role` is known only after apply, from `aws_iam_role.this[0].name`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
                 module.genesys["test"].aws_iam_role_policy_attachment.this: `role` is known only after apply, from `aws_iam_role.this[0].name`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
      unknown    a session can invoke the target function
                 module.genesys["production"].aws_iam_role_policy_attachment.this: `policy_arn` is known only after apply, from `var.policy_arn`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
                 module.genesys["production"].aws_iam_role.this[0]: `inline_policy` is known only after apply; the plan does not show whether a `dynamic` block makes it: prove the state after the apply, or give --plain-references if the configuration has no such thing
                 aws_iam_role_policy.debug: `role` is known only after apply, from `module.genesys["test"].role`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
                 module.genesys["production"].aws_iam_role_policy_attachment.this: `role` is known only after apply, from `aws_iam_role.this[0].name`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
                 module.genesys["test"].aws_iam_role_policy_attachment.this: `role` is known only after apply, from `aws_iam_role.this[0].name`; the plan does not show whether a function or a condition is around the reference: prove the state after the apply, or give --plain-references if the configuration has no such thing
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: module.genesys["production"].aws_iam_role_policy_attachment.this: `policy_arn` is taken to be the ARN of aws_iam_policy.invoke, because it refers to nothing else; a plan does not show functions around a reference

    Result: unknown
    "#);
    let run = rolecall(&["prove", path, "--target", FUNCTION, "--role", production, "--plain-references"]);
    insta::assert_snapshot!(run.whole(), @r#"
    exit 0
    -- stdout
    module.genesys["production"].aws_iam_role.this[0] (Terraform plan terraform/modules-plan.json)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: module.genesys["production"].aws_iam_role_policy_attachment.this: `policy_arn` is taken to be the ARN of aws_iam_policy.invoke, because it refers to nothing else; a plan does not show functions around a reference

    Result: proved
    "#);
    let run = rolecall(&[
        "prove",
        path,
        "--target",
        FUNCTION,
        "--role",
        "module.genesys[\"test\"].aws_iam_role.this[0]",
    ]);
    insta::assert_snapshot!(run.outline(), @r#"
    exit 4
    -- stdout
    module.genesys["test"].aws_iam_role.this[0] (Terraform plan terraform/modules-plan.json)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      refuted    a session can do nothing but invoke the target functions
      unknown    a session can invoke the target function
      error      P9 (statement 1 of aws_iam_role_policy.debug): as shown above
      error      P6 (statement 1 of aws_iam_role_policy.debug): a session of the role can call `lambda:UpdateFunctionConfiguration` on `arn:aws:lambda:us-east-1:111122223333:function:another-function`, because statement 1 of `aws_iam_role_policy.debug` allows it
      error      P7 (statement 1 of aws_iam_role_policy.debug): a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-other`, because statement 1 of `aws_iam_role_policy.debug` allows it
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: module.genesys["test"].aws_iam_role_policy_attachment.this: `policy_arn` is taken to be the ARN of aws_iam_policy.invoke, because it refers to nothing else; a plan does not show functions around a reference
    Result: refuted
    "#);
    let run = rolecall(&["prove", path, "--target", FUNCTION, "--plain-references"]);
    insta::assert_snapshot!(run.headlines(), @r#"
    exit 4
    -- stdout
    module.genesys["production"].aws_iam_role.this[0] (Terraform plan terraform/modules-plan.json)
    module.genesys["test"].aws_iam_role.this[0] (Terraform plan terraform/modules-plan.json)
    2 roles: 1 proved, 1 refuted
    Result: refuted
    -- stderr
    hint: --role NAME proves only that role of the file
    "#);
}

#[test]
fn what_is_known_only_after_apply_is_unknown() {
    let path = "terraform/unknown-plan.json";
    let proof = rolecall(&["prove", path, "--output", "json", "--plain-references"]).expect(5).json();
    assert_eq!(proof["result"], "unknown");
    assert_eq!(results(&proof["roles"][0]), ["unknown"]);
    assert_eq!(results(&proof["roles"][1]), ["proved", "proved", "proved", "unknown"]);
    insta::assert_snapshot!(rolecall(&["prove", path, "--role", "called"]).whole(), @"
    exit 5
    -- stdout
    aws_iam_role.called (Terraform plan terraform/unknown-plan.json)
      unknown    who can assume the role
                 aws_iam_role.called: `assume_role_policy` is known only after apply, from `aws_iam_role.caller.arn`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: its permissions were not judged, because who can assume it is not known; --target says what the role is for

    Result: unknown
    ");
    insta::assert_snapshot!(rolecall(&["prove", path, "--role", "caller"]).whole(), @"
    exit 5
    -- stdout
    aws_iam_role.caller (Terraform plan terraform/unknown-plan.json)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      unknown    what a session can do
                 aws_iam_role_policy.invoke: `policy` is known only after apply, from `aws_lambda_function.trigger.arn`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
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
    insta::assert_snapshot!(prove(&plan, &[]).whole(), @"
    exit 5
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform plan standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      unknown    what a session can do
                 aws_iam_role_policy_attachment.genesys_data_actions_1: `policy_arn` is known only after apply
                 aws_iam_role.genesys_data_actions: `managed_policy_arns` is known only after apply
                 aws_iam_role.genesys_data_actions: `inline_policy` is known only after apply
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
}

#[test]
fn files_of_terraform_that_are_not_read() {
    let with = |change: fn(&mut Value)| {
        let mut plan = tree("role-plan.json");
        change(&mut plan);
        plan
    };
    let mut said = String::new();
    for tree in [
        with(|plan| plan["format_version"] = json!("2.0")),
        with(|plan| plan["errored"] = json!(true)),
        json!({ "format_version": "1.0" }),
        json!({ "version": 4, "terraform_version": "1.11.4", "resources": [] }),
    ] {
        said += &prove(&tree, &[]).whole();
    }
    insta::assert_snapshot!(said, @"
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it has version `2.0` of Terraform's JSON format; 0 and 1 are read
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it is a Terraform plan that failed
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: the Terraform state contains no role
    hint: `rolecall prove` takes a policy document by itself, too
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it is a configuration or a stored state of Terraform; give the output of `terraform show -json`
    hint: `terraform show -json` prints the state in the form that is read here
    ");
    insta::assert_snapshot!(rolecall(&["prove", "terraform/role.tf.json"]).whole(), @"
    exit 2
    -- stderr
    error[E10]: cannot prove `terraform/role.tf.json`: it is a configuration or a stored state of Terraform; give the output of `terraform show -json`
    hint: `terraform show -json` prints the state in the form that is read here
    ");
}

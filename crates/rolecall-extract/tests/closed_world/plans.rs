//! What a plan says of itself, what it takes off roles, and what it does not know yet.

use serde_json::{Value, json};

use crate::terraform::{VENDOR, WIDE, add, change, refers, stack};
use crate::{expect, roles};

/// What the plan says of itself.
#[test]
fn plans_that_are_not_the_whole() {
    type Edit = fn(&mut Value);
    let rows: Vec<(Edit, &str, &str)> = vec![
        (
            |plan| plan["resource_changes"] = json!([]),
            "",
            "aws_iam_role.vendor: the plan does not say what it does to it",
        ),
        (|plan| plan["complete"] = json!(false), "", "/complete: the plan is not complete"),
        (
            |plan| {
                plan["deferred_changes"] = json!([{ "reason": "unknown", "resource_change": { "address": "aws_iam_role_policy.x" } }])
            },
            "",
            "aws_iam_role_policy.x: the plan puts it off",
        ),
        (
            |plan| plan["action_invocations"] = json!([{ "address": "action.aws_lambda_invoke.x" }]),
            "",
            "/action_invocations: rolecall does not know this part",
        ),
        (
            |plan| {
                change(plan, "aws_s3_bucket.data", |change| {
                    change["change"]["actions"] = json!(["transmute"])
                })
            },
            "",
            "aws_s3_bucket.data: rolecall does not know what the plan does to it",
        ),
        (
            |plan| {
                let again = plan["resource_changes"][0].clone();
                plan["resource_changes"].as_array_mut().unwrap().push(again);
            },
            "",
            "the file has it twice",
        ),
        (
            |plan| {
                let resources = plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap();
                let bucket = resources
                    .iter_mut()
                    .find(|resource| resource["address"] == "aws_s3_bucket.data")
                    .unwrap();
                bucket["provisioners"] = json!([{ "type": "local-exec", "expressions": { "command": { "constant_value": "./setup.sh" } } }]);
            },
            "",
            "aws_s3_bucket.data: its provisioner `local-exec` runs a program",
        ),
        (
            |plan| {
                let resources = plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap();
                resources.retain(|resource| resource["address"] != "aws_iam_role_policy.invoke");
            },
            "t",
            "aws_iam_role_policy.invoke: the plan changes it, and the planned values do not have it",
        ),
        (
            |plan| change(plan, VENDOR, |change| change["change"]["after_unknown"] = json!(true)),
            "",
            "`assume_role_policy` is known only after apply",
        ),
        (
            |plan| {
                let mut deposed = plan["resource_changes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|change| change["address"] == VENDOR)
                    .unwrap()
                    .clone();
                deposed["deposed"] = json!("abcd1234");
                deposed["change"] =
                    json!({ "actions": ["delete"], "before": {}, "after": null, "after_unknown": {} });
                plan["resource_changes"].as_array_mut().unwrap().push(deposed);
                change(plan, VENDOR, |change| {
                    change["change"]["after"].as_object_mut().unwrap().remove("assume_role_policy");
                    change["change"]["after_unknown"]["assume_role_policy"] = json!(true);
                });
            },
            "p",
            "`assume_role_policy` is known only after apply",
        ),
    ];
    for (edit, sides, words) in rows {
        let mut plan = stack();
        edit(&mut plan);
        expect(&plan.to_string(), VENDOR, sides, words);
    }
}

/// The usual stack after its first apply; the plan changes what is there.
pub(crate) fn existing() -> Value {
    let mut plan = stack();
    change(&mut plan, VENDOR, |change| {
        change["change"]["actions"] = json!(["no-op"]);
        change["change"]["after_unknown"] = json!({});
    });
    let resources = plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap();
    let role = resources.iter_mut().find(|resource| resource["address"] == VENDOR).unwrap();
    role["values"]["managed_policy_arns"] = json!([]);
    role["values"]["inline_policy"] = json!([]);
    role["values"]["arn"] = json!("arn:aws:iam::123456789012:role/vendor");
    plan
}

pub(crate) fn remove(plan: &mut Value, kind: &str, name: &str, actions: Value, before: Value) {
    let provider = "registry.terraform.io/hashicorp/aws";
    let change = json!({ "actions": actions, "before": before, "after": null, "after_unknown": {} });
    let change = json!({ "address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name, "provider_name": provider, "change": change });
    plan["resource_changes"].as_array_mut().unwrap().push(change);
}

#[test]
fn what_goes_and_what_stays() {
    let inline = json!({ "role": "vendor", "name": "invoke", "policy": WIDE });
    let other = json!({ "role": "vendor", "name": "old", "policy": WIDE });
    let attachment = json!({ "role": "vendor", "policy_arn": "arn:aws:iam::123456789012:policy/old" });
    type Row = (&'static str, Value, Value, bool, &'static str, &'static str);
    let rows: Vec<Row> = vec![
        ("aws_iam_role_policy", json!(["delete"]), other.clone(), false, "tp", ""),
        ("aws_iam_role_policy_attachment", json!(["delete"]), attachment.clone(), false, "tp", ""),
        (
            "aws_iam_role_policy",
            json!(["delete"]),
            inline.clone(),
            false,
            "t",
            "can take off what aws_iam_role_policy.invoke puts on the role",
        ),
        (
            "aws_iam_role_policy",
            json!(["forget"]),
            other.clone(),
            false,
            "t",
            "aws_iam_role_policy.gone: the plan forgets it",
        ),
        (
            "aws_iam_role_policy_attachment",
            json!(["forget"]),
            attachment.clone(),
            false,
            "t",
            "what it put on the role stays",
        ),
        (
            "aws_iam_policy_attachment",
            json!(["forget"]),
            json!({ "roles": ["vendor"], "policy_arn": "arn:aws:iam::123456789012:policy/old" }),
            false,
            "t",
            "forgets",
        ),
        (
            "aws_iam_role_policy",
            json!(["delete"]),
            other,
            true,
            "t",
            "perhaps from a role of the same name in another account",
        ),
        ("aws_iam_role_policy_attachment", json!(["delete"]), attachment, true, "t", "another account"),
        (
            "aws_iam_role_policies_exclusive",
            json!(["delete"]),
            json!({ "role_name": "vendor" }),
            false,
            "t",
            "takes inline policies off",
        ),
        (
            "aws_cloudformation_stack",
            json!(["delete"]),
            json!({ "name": "x" }),
            false,
            "",
            "the plan deletes it",
        ),
    ];
    for (kind, actions, before, two_providers, sides, words) in rows {
        let mut plan = existing();
        remove(&mut plan, kind, "gone", actions, before);
        if two_providers {
            plan["configuration"]["provider_config"]["aws.two"] =
                json!({ "name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "alias": "two" });
        }
        expect(&plan.to_string(), VENDOR, sides, words);
    }
    // The role is replaced, and what is attached by its name is not.
    let mut plan = existing();
    change(&mut plan, VENDOR, |change| change["change"]["actions"] = json!(["delete", "create"]));
    change(&mut plan, "aws_iam_role_policy.invoke", |change| change["change"]["actions"] = json!(["no-op"]));
    expect(&plan.to_string(), VENDOR, "t", "aws_iam_role_policy.invoke: the role is replaced");
}

/// A role whose name is not known yet.
#[test]
fn names_that_are_known_only_after_apply() {
    let wide = json!({ "role": "production", "name": "n", "policy": WIDE });
    let role = |plan: &mut Value, values: Value, unknown: Value, expressions: Value| {
        let mut values = values;
        let trust = stack()["planned_values"]["root_module"]["resources"]
            .as_array()
            .unwrap()
            .iter()
            .find(|resource| resource["address"] == VENDOR)
            .unwrap()["values"]["assume_role_policy"]
            .clone();
        values["assume_role_policy"] = trust;
        add(plan, "aws_iam_role", values, unknown, expressions);
        add(
            plan,
            "aws_iam_role_policy",
            wide.clone(),
            json!({}),
            json!({ "role": { "constant_value": "production" } }),
        );
    };
    let generated = json!({ "name": true });
    for (values, unknown, expressions, sides, words) in [
        (
            json!({ "name_prefix": "vendor-" }),
            generated.clone(),
            json!({ "name_prefix": { "constant_value": "vendor-" } }),
            "tp",
            "",
        ),
        (
            json!({ "name_prefix": "prod" }),
            generated.clone(),
            json!({ "name_prefix": { "constant_value": "prod" } }),
            "t",
            "`production` can mean this role, whose name is known only after apply",
        ),
        (json!({}), json!({ "name": true, "name_prefix": true }), json!({}), "tp", ""),
        (
            json!({}),
            json!({ "name": true, "name_prefix": true }),
            json!({ "name": { "references": ["random_pet.x.id"] } }),
            "t",
            "`production` can mean this role",
        ),
    ] {
        let mut plan = stack();
        role(&mut plan, values, unknown, expressions);
        expect(&plan.to_string(), "aws_iam_role.added", sides, words);
    }
}

#[test]
fn documents_and_policies_that_are_there_twice() {
    let arn = "arn:aws:iam::123456789012:policy/shared";
    let narrow =
        json!({ "arn": arn, "policy": WIDE.replace("\"Action\":\"*\"", "\"Action\":\"s3:GetObject\"") });
    let mut plan = stack();
    let attachment = json!({ "role": "vendor", "policy_arn": arn });
    add(&mut plan, "aws_iam_role_policy_attachment", attachment, json!({}), json!({}));
    add(&mut plan, "aws_iam_policy", narrow.clone(), json!({}), json!({}));
    expect(&plan.to_string(), VENDOR, "tp", "");
    plan["prior_state"] = json!({ "format_version": "1.0", "values": { "root_module": { "resources": [
        { "address": "data.aws_iam_policy.x", "mode": "data", "type": "aws_iam_policy", "name": "x", "values": { "arn": arn, "policy": WIDE } }
    ] } } });
    expect(&plan.to_string(), VENDOR, "t", "the file has more than one document for it");
    // Exclusive for other roles.
    let mut plan = stack();
    let attachment = json!({ "role": "vendor", "policy_arn": arn });
    add(&mut plan, "aws_iam_role_policy_attachment", attachment, json!({}), json!({}));
    add(&mut plan, "aws_iam_policy", narrow, json!({}), json!({}));
    let exclusive = json!({ "roles": ["other"], "policy_arn": arn });
    add(&mut plan, "aws_iam_policy_attachment", exclusive, json!({}), json!({}));
    expect(&plan.to_string(), VENDOR, "t", "it takes its policy off every role that it does not name");
}

/// Roles of the same name in two accounts, in a state, which does not say who works where.
#[test]
fn two_accounts_in_a_state() {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"765628985471"}}}"#;
    let role = |name: &str, account: &str| {
        json!({ "address": format!("aws_iam_role.{name}"), "mode": "managed", "type": "aws_iam_role", "name": name, "values": {
            "name": "vendor", "arn": format!("arn:aws:iam::{account}:role/vendor"), "assume_role_policy": trust, "managed_policy_arns": [], "inline_policy": [] } })
    };
    let inline = json!({ "address": "aws_iam_role_policy.x", "mode": "managed", "type": "aws_iam_role_policy", "name": "x", "values": { "role": "vendor", "name": "n", "policy": WIDE } });
    let state = |resources: Value| {
        json!({ "format_version": "1.0", "terraform_version": "1.11.4", "values": { "root_module": { "resources": resources } } }).to_string()
    };
    let one = role("one", "111111111111");
    expect(&state(json!([one, inline])), "aws_iam_role.one", "tp", "");
    expect(
        &state(json!([one, role("two", "222222222222"), inline])),
        "aws_iam_role.one",
        "t",
        "perhaps in another account",
    );
    let stack = json!({ "address": "aws_cloudformation_stack.x", "mode": "managed", "type": "aws_cloudformation_stack", "name": "x", "values": { "template_body": "Resources: {A: {Type: 'AWS::IAM::RolePolicy'}}" } });
    expect(&state(json!([one, stack])), "aws_iam_role.one", "", "it deploys a template");
    let other = json!({ "address": "awscc_iam_role.x", "mode": "managed", "type": "awscc_iam_role", "name": "x", "values": { "role_name": "elsewhere" } });
    let text = state(json!([one, other]));
    expect(&text, "aws_iam_role.one", "tp", "");
    expect(&text, "awscc_iam_role.x", "", "rolecall does not read roles of the type `awscc_iam_role`");
}

/// Ten megabytes of anything are read in time.
#[test]
fn large_plans() {
    let mut plan = stack();
    for kind in ["aws_iam_role_policy_attachment", "acme_thing", "aws_iam_role", "aws_iam_policy_attachment"]
    {
        let resources = plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap();
        for index in 0..5000 {
            let name = format!("r{index}");
            resources.push(json!({ "address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name, "provider_name": "registry.terraform.io/hashicorp/aws",
                "values": { "name": name, "role": name, "roles": [name, "vendor"], "policy_arn": format!("arn:aws:iam::123456789012:policy/p{index}"), "assume_role_policy": WIDE } }));
        }
        let configured = plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap();
        for index in 0..5000 {
            configured.push(json!({ "address": format!("{kind}.r{index}"), "mode": "managed", "type": kind, "name": format!("r{index}"), "expressions": { "role": refers(&["var.x", "local.y"]) } }));
        }
    }
    let text = plan.to_string();
    assert!(text.len() > 5_000_000);
    let started = std::time::Instant::now();
    assert_eq!(roles(&text).len(), 5004);
    // Without optimisation, on a busy machine.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

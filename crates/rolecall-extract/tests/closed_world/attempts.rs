//! Further ways past the reader, tried on purpose.

use serde_json::{Value, json};

use crate::plans::remove;
use crate::terraform::{VENDOR, WIDE, add, change, refers, stack};
use crate::{known, role};

/// Further ways past the reader, tried on purpose.
#[test]
fn attempts_to_sneak_past() {
    type Edit = fn(&mut Value);
    let rows: Vec<(&str, Edit, &str, &str)> = vec![
        (
            "a deposed attachment that is deleted after the new one was made",
            |plan| {
                let before = json!({ "role": "vendor", "name": "invoke" });
                remove(plan, "aws_iam_role_policy", "invoke", json!(["delete"]), before);
                plan["resource_changes"].as_array_mut().unwrap().last_mut().unwrap()["deposed"] = json!("ab");
            },
            "t",
            "can take off what aws_iam_role_policy.invoke puts on the role",
        ),
        (
            "a second resource for the same role",
            |plan| {
                let role = json!({ "name": "vendor", "assume_role_policy": WIDE });
                add(plan, "aws_iam_role", role, json!({}), json!({}));
            },
            "",
            "aws_iam_role.added: it manages the same role",
        ),
        (
            "two inline policies of one name",
            |plan| {
                let values = json!({ "role": "vendor", "name": "invoke", "policy": WIDE });
                add(plan, "aws_iam_role_policy", values, json!({}), json!({}));
            },
            "t",
            "one overwrites the other",
        ),
        (
            "a provider that calls itself aws",
            |plan| {
                add(plan, "aws_s3_bucket", json!({ "bucket": "vendor" }), json!({}), json!({}));
                let resources = plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap();
                resources.last_mut().unwrap()["provider_name"] = json!("registry.terraform.io/acme/aws");
                resources.last_mut().unwrap()["values"]["bucket"] = json!("a policy");
            },
            "",
            "aws_s3_bucket.added: rolecall does not know this type",
        ),
        (
            "a program in a module with instances",
            |plan| {
                plan["configuration"]["root_module"]["module_calls"]["m"] = json!({ "module": { "resources": [
                    { "address": "terraform_data.x", "mode": "managed", "type": "terraform_data", "name": "x", "provisioners": [{ "type": "local-exec" }], "expressions": {} }
                ] } });
                plan["resource_changes"].as_array_mut().unwrap().push(json!({
                    "address": "module.m[\"a]\"].terraform_data.x[0]", "mode": "managed", "type": "terraform_data", "name": "x",
                    "provider_name": "terraform.io/builtin/terraform", "change": { "actions": ["delete", "create"], "after_unknown": {} } }));
            },
            "",
            "module.m.terraform_data.x: its provisioner `local-exec` runs a program",
        ),
        (
            "a policy whose text comes later",
            |plan| {
                let attachment = json!({ "role": "vendor", "policy_arn": "arn:aws:iam::1:policy/p" });
                add(plan, "aws_iam_role_policy_attachment", attachment, json!({}), json!({}));
                add(
                    plan,
                    "aws_iam_policy",
                    json!({ "arn": "arn:aws:iam::1:policy/p" }),
                    json!({ "policy": true }),
                    json!({}),
                );
            },
            "t",
            "`policy` is known only after apply",
        ),
        (
            "a boundary that comes later",
            |plan| {
                change(plan, VENDOR, |change| {
                    change["change"]["after_unknown"]["permissions_boundary"] = json!(true)
                })
            },
            "t",
            "`permissions_boundary` is known only after apply",
        ),
        (
            "one of several roles that comes later",
            |plan| {
                let values = json!({ "roles": ["other"], "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess" });
                add(plan, "aws_iam_policy_attachment", values, json!({ "roles": [false, true] }), json!({}));
            },
            "t",
            "which role it goes to is known only after apply",
        ),
        (
            "a variable of a module that has only its default",
            |plan| {
                add(
                    plan,
                    "aws_iam_role_policy_attachment",
                    json!({ "role": "vendor" }),
                    json!({ "policy_arn": true }),
                    json!({ "policy_arn": refers(&["var.arn"]) }),
                );
            },
            "t",
            "`policy_arn` is known only after apply, from `var.arn`",
        ),
        (
            "a role that is read as data",
            |plan| {
                plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap().push(json!({
                    "address": "data.aws_iam_role.x", "mode": "data", "type": "aws_iam_role", "name": "x",
                    "provider_name": "registry.terraform.io/hashicorp/aws", "values": { "name": "vendor", "assume_role_policy": WIDE } }));
            },
            "tp",
            "",
        ),
        (
            "a program that is read as data when the plan is applied",
            |plan| {
                plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap().push(json!({
                    "address": "data.external.x", "mode": "data", "type": "external", "name": "x",
                    "provider_name": "registry.terraform.io/hashicorp/external", "values": { "program": ["sh"] } }));
            },
            "",
            "data.external.x: it runs a program",
        ),
        (
            "an object of a state that waits to be destroyed",
            |plan| {
                let resources = plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap();
                let again = resources.iter().find(|resource| resource["address"] == VENDOR).unwrap().clone();
                resources.push(again);
            },
            "",
            "the file has it twice",
        ),
        (
            "a block of an inline policy without a name",
            |plan| {
                let resources = plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap();
                let role = resources.iter_mut().find(|resource| resource["address"] == VENDOR).unwrap();
                role["values"]["inline_policy"] = json!([{ "name": null, "policy": "{" }]);
                change(plan, VENDOR, |change| {
                    change["change"]["after_unknown"]["inline_policy"] = json!([{}])
                });
            },
            "t",
            "not a policy document",
        ),
        (
            "a plan without its configuration",
            |plan| _ = plan.as_object_mut().unwrap().remove("configuration"),
            "t",
            "aws_iam_role.vendor: `managed_policy_arns` is known only after apply",
        ),
        (
            "a list of policies that is not a list",
            |plan| {
                let resources = plan["planned_values"]["root_module"]["resources"].as_array_mut().unwrap();
                let role = resources.iter_mut().find(|resource| resource["address"] == VENDOR).unwrap();
                role["values"]["managed_policy_arns"] = json!("arn:aws:iam::aws:policy/AdministratorAccess");
                change(plan, VENDOR, |change| {
                    change["change"]["after_unknown"]["managed_policy_arns"] = json!(false)
                });
            },
            "t",
            "`managed_policy_arns` is not a list",
        ),
        (
            "a failure that is not said in the usual way",
            |plan| plan["complete"] = json!("false"),
            "",
            "/complete: the plan is not complete",
        ),
    ];
    for (name, edit, sides, words) in rows {
        let mut plan = stack();
        edit(&mut plan);
        let (found, reasons) = known(&role(&plan.to_string(), VENDOR));
        assert_eq!(found, sides, "{name}: {reasons}");
        assert!(reasons.contains(words), "{name}: {reasons}");
    }
}

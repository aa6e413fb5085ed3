//! Plans and states.

use serde_json::{Value, json};

use rolecall_extract::{Parameters, extract};

use crate::{expect, known, role, roles};

const STACK: &str = include_str!("../files/stack-plan.json");
const LINKS: &str = include_str!("../files/links-plan.json");
pub(crate) const VENDOR: &str = "aws_iam_role.vendor";
pub(crate) const WIDE: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// The usual stack, with roles whose configuration says that they have no inline policies.
pub(crate) fn stack() -> Value {
    let mut plan: Value = serde_json::from_str(STACK).unwrap();
    for change in plan["resource_changes"].as_array_mut().unwrap() {
        if change["type"] == "aws_iam_role" {
            change["change"]["after_unknown"]["inline_policy"] = json!([]);
        }
    }
    plan
}

/// Adds a resource that is made, as Terraform writes it: planned values, change and configuration.
pub(crate) fn add(plan: &mut Value, kind: &str, values: Value, unknown: Value, expressions: Value) {
    let provider = match kind.split('_').next().unwrap() {
        "aws" => "registry.terraform.io/hashicorp/aws",
        "awscc" => "registry.terraform.io/hashicorp/awscc",
        "terraform" => "terraform.io/builtin/terraform",
        "null" => "registry.terraform.io/hashicorp/null",
        "kubernetes" => "registry.terraform.io/hashicorp/kubernetes",
        "genesyscloud" => "registry.terraform.io/mypurecloud/genesyscloud",
        other => &format!("registry.terraform.io/acme/{other}"),
    };
    let address = format!("{kind}.added");
    let head = json!({ "address": address, "mode": "managed", "type": kind, "name": "added", "provider_name": provider });
    let with = |more: Value| {
        let mut all = head.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let push = |list: &mut Value, item: Value| list.as_array_mut().unwrap().push(item);
    push(&mut plan["planned_values"]["root_module"]["resources"], with(json!({ "values": values })));
    let change = json!({ "actions": ["create"], "before": null, "after": values, "after_unknown": unknown });
    push(&mut plan["resource_changes"], with(json!({ "change": change })));
    let configured =
        with(json!({ "provider_config_key": kind.split('_').next(), "expressions": expressions }));
    push(&mut plan["configuration"]["root_module"]["resources"], configured);
}

pub(crate) fn refers(references: &[&str]) -> Value {
    json!({ "references": references })
}

/// A plan leaves out `dynamic` blocks: what it creates without inline policies can have them.
#[test]
fn a_usual_stack_is_known_but_for_blocks_that_a_plan_leaves_out() {
    let read = extract(STACK, &Parameters::new()).unwrap();
    let plain = read.clone().with_plain_references().unwrap();
    let names: Vec<&str> = read.roles.iter().map(|role| role.name.as_str()).collect();
    let execution = |name: &str| format!("aws_iam_role.execution[\"{name}\"]");
    assert_eq!(names, [&execution("orders"), &execution("status"), &execution("trigger"), VENDOR]);
    for (role, plain) in read.roles.iter().zip(&plain.roles) {
        let (sides, reasons) = known(role);
        let words = "`inline_policy` is known only after apply; the plan does not show whether a `dynamic` block makes it";
        assert_eq!((sides.as_str(), reasons.contains(words)), ("t", true), "{}: {reasons}", role.name);
        assert_eq!(known(plain), ("tp".to_owned(), String::new()), "{}", role.name);
    }
    for role in roles(&stack().to_string()) {
        assert_eq!(known(&role), ("tp".to_owned(), String::new()), "{}", role.name);
    }
}

/// Whatever of a role is known only after apply is unknown, whole or in part.
#[test]
fn unknown_in_a_plan_means_unknown() {
    let rows = [
        ("assume_role_policy", json!(true), "p"),
        ("permissions_boundary", json!(true), "t"),
        ("inline_policy", json!(true), "t"),
        ("inline_policy", json!([{ "policy": true }]), "t"),
        ("inline_policy", json!([{ "name": true }]), "t"),
        ("inline_policy", json!([true]), "t"),
        ("inline_policy", json!([{}, { "policy": true }]), "t"),
        ("managed_policy_arns", json!([true]), "t"),
        ("managed_policy_arns", json!([false, true]), "t"),
    ];
    for (attribute, unknown, sides) in rows {
        let mut plan = stack();
        let changes = plan["resource_changes"].as_array_mut().unwrap();
        let change = changes.iter_mut().find(|change| change["address"] == VENDOR).unwrap();
        change["change"]["after_unknown"][attribute] = unknown.clone();
        let (found, reasons) = known(&role(&plan.to_string(), VENDOR));
        assert_eq!(found, sides, "{attribute} {unknown}: {reasons}");
        assert!(reasons.contains(attribute), "{attribute} {unknown}: {reasons}");
    }
}

/// Each role of a real plan has a policy by another way.
#[test]
fn ways_onto_a_role_in_a_real_plan() {
    let read = extract(LINKS, &Parameters::new()).unwrap();
    let plain = read.clone().with_plain_references().unwrap();
    for (name, sides, words) in [
        ("untouched", "tp", ""),
        ("plain", "tp", ""),
        (
            "chosen",
            "t",
            "aws_iam_role_policy_attachment.chosen: `policy_arn` is known only after apply, from `var.wide` and `aws_iam_policy.narrow.arn`",
        ),
        ("compared", "t", "from `aws_iam_policy.narrow.attachment_count` and `aws_iam_policy.narrow.arn`"),
        ("repeated", "t", "aws_iam_role_policy_attachment.repeated: `policy_arn` is known only after apply"),
        ("formatted", "t", "from `aws_iam_policy.narrow.name`"),
        ("counted", "t", "from `aws_iam_policy.counted`"),
        (
            "provider",
            "t",
            "aws_iam_role_policy.provider: it names this role, but another provider configuration makes it",
        ),
        ("blocks", "t", "aws_iam_role.blocks: `inline_policy` is known only after apply"),
        ("listed", "t", "aws_iam_role.listed: `managed_policy_arns` is known only after apply"),
        (
            "exclusive",
            "t",
            "aws_iam_role_policy_attachments_exclusive.exclusive: it attaches and detaches managed policies",
        ),
        ("inline", "t", "aws_iam_role_policies_exclusive.inline: it takes inline policies off the role"),
        ("budget", "t", "aws_budgets_budget_action.budget: it attaches a policy to the roles that it names"),
        ("invoked", "", "aws_lambda_invocation.invoked: it runs a program, which can change the role"),
    ] {
        let name = format!("aws_iam_role.{name}");
        let found = known(plain.roles.iter().find(|role| role.name == name).unwrap());
        assert_eq!(found.0, sides, "{name}: {}", found.1);
        assert!(found.1.contains(words), "{name}: {}", found.1);
        // What is not stated is not known; `input` of the function could name any role.
        expect(LINKS, &name, "", "aws_lambda_invocation.invoked: ");
    }
    let plain = role(LINKS, "aws_iam_role.plain");
    assert!(
        plain.permissions_assume.iter().any(|reason| reason.starts_with(
            "aws_iam_role_policy_attachment.plain: `policy_arn` is known only after apply, from `aws_iam_policy.narrow.arn`; \
             the plan does not show whether a function or a condition is around the reference: prove the state after the apply"
        )),
        "{:?}",
        plain.permissions_assume
    );
    assert!(
        plain.notes[0].contains("a plan does not show functions around a reference"),
        "{:?}",
        plain.notes
    );
}

/// One more resource in the usual stack, and what is then known of the vendor's role.
#[test]
fn one_more_resource() {
    let arn = &refers(&["aws_iam_role.vendor.arn", "aws_iam_role.vendor"]);
    let name = &refers(&["aws_iam_role.vendor.name", "aws_iam_role.vendor"]);
    let id = json!({ "id": true });
    let body =
        |kind: &str| format!("{{\"Resources\": {{\"A\": {{\"Type\": \"{kind}\", \"Properties\": {{}}}}}}}}");
    let rows: Vec<(&str, Value, Value, Value, &str, &str)> = vec![
        // What changes nothing of a role.
        ("aws_sns_topic", json!({ "name": "vendor" }), id.clone(), json!({}), "tp", ""),
        ("aws_lambda_alias", json!({ "description": "vendor" }), id.clone(), json!({}), "tp", ""),
        ("aws_iam_user_policy", json!({ "user": "vendor", "policy": WIDE }), id.clone(), json!({}), "tp", ""),
        (
            "awscc_lambda_function",
            json!({ "function_name": "f" }),
            json!({ "role": true }),
            json!({ "role": arn }),
            "tp",
            "",
        ),
        ("null_resource", json!({ "triggers": { "role": "vendor" } }), id.clone(), json!({}), "tp", ""),
        (
            "genesyscloud_integration_credential",
            json!({}),
            json!({ "fields": true }),
            json!({ "fields": arn }),
            "tp",
            "",
        ),
        ("acme_picture", json!({ "size": "12" }), id.clone(), json!({}), "tp", ""),
        ("aws_newservice_thing", json!({ "name": "x" }), id.clone(), json!({}), "tp", ""),
        (
            "aws_cloudformation_stack",
            json!({ "template_body": body("AWS::S3::Bucket") }),
            id.clone(),
            json!({}),
            "tp",
            "",
        ),
        (
            "aws_cloudcontrolapi_resource",
            json!({ "type_name": "AWS::S3::Bucket", "desired_state": "{}" }),
            id.clone(),
            json!({}),
            "tp",
            "",
        ),
        (
            "aws_lambda_invocation",
            json!({ "function_name": "migrate", "input": "{}" }),
            id.clone(),
            json!({}),
            "tp",
            "",
        ),
        (
            "aws_iam_role_policy_attachments_exclusive",
            json!({ "role_name": "other" }),
            id.clone(),
            json!({}),
            "tp",
            "",
        ),
        ("kubernetes_deployment", json!({ "restart_policy": "Always" }), id.clone(), json!({}), "tp", ""),
        (
            "shell_script",
            json!({ "lifecycle_commands": [{ "create": "./do.sh" }] }),
            id.clone(),
            json!({}),
            "",
            "shell_script.added: rolecall does not know this type",
        ),
        (
            "helm_release",
            json!({ "chart": "any" }),
            id.clone(),
            json!({}),
            "",
            "helm_release.added: rolecall does not know this type",
        ),
        (
            "kubernetes_manifest",
            json!({ "manifest": { "kind": "Role", "apiVersion": "iam.services.k8s.aws/v1alpha1" } }),
            id.clone(),
            json!({}),
            "",
            "kubernetes_manifest.added: rolecall does not know this type",
        ),
        (
            "kubernetes_job",
            json!({ "command": ["aws", "iam", "attach-role-policy"] }),
            id.clone(),
            json!({}),
            "",
            "kubernetes_job.added: a text in it calls IAM",
        ),
        // What adds or takes off policies.
        (
            "aws_iam_role_policy_attachments_exclusive",
            json!({ "role_name": "vendor", "policy_arns": ["arn:aws:iam::aws:policy/AdministratorAccess"] }),
            id.clone(),
            json!({}),
            "t",
            "it attaches and detaches",
        ),
        (
            "aws_iam_role_policy_attachments_exclusive",
            json!({}),
            json!({ "role_name": true }),
            json!({ "role_name": name }),
            "t",
            "it attaches and detaches",
        ),
        (
            "aws_iam_role_policy_attachments_exclusive",
            json!({}),
            json!({ "role_name": true }),
            json!({ "role_name": { "references": ["local.name"] } }),
            "t",
            "`role_name` is known only after apply, from `local.name`",
        ),
        (
            "aws_iam_role_policies_exclusive",
            json!({ "role_name": "VENDOR", "policy_names": [] }),
            id.clone(),
            json!({}),
            "t",
            "takes inline policies off",
        ),
        (
            "aws_iam_policy_attachment",
            json!({ "roles": ["other", "vendor"], "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess" }),
            id.clone(),
            json!({}),
            "t",
            "its document is not in the file",
        ),
        (
            "aws_iam_policy_attachment",
            json!({ "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess" }),
            json!({ "roles": [true] }),
            json!({}),
            "t",
            "which role it goes to is known only after apply",
        ),
        (
            "aws_iam_role_policy",
            json!({ "role": "Vendor", "name": "n", "policy": WIDE }),
            id.clone(),
            json!({}),
            "t",
            "aws_iam_role_policy.added: `Vendor` can mean this role",
        ),
        (
            "aws_iam_role_policy",
            json!({ "name": "n", "policy": WIDE }),
            id.clone(),
            json!({}),
            "t",
            "aws_iam_role_policy.added: `role` is missing",
        ),
        (
            "aws_iam_role_policy",
            json!({ "role": "arn:aws:iam::123456789012:role/vendor", "name": "n", "policy": WIDE }),
            id.clone(),
            json!({}),
            "t",
            "can mean this role",
        ),
        (
            "aws_iam_role_policy",
            json!({ "name": "n", "policy": WIDE }),
            json!({ "role": true }),
            json!({ "role": { "references": ["aws_iam_role.vendor.tags", "aws_iam_role.vendor"] } }),
            "t",
            "which role it goes to is known only after apply",
        ),
        (
            "awscc_iam_role_policy",
            json!({ "role_name": "vendor", "policy_name": "n", "policy_document": WIDE }),
            id.clone(),
            json!({}),
            "t",
            "awscc_iam_role_policy.added: it puts an inline policy on the role",
        ),
        (
            "awscc_iam_managed_policy",
            json!({ "roles": ["vendor"], "policy_document": WIDE }),
            id.clone(),
            json!({}),
            "t",
            "awscc_iam_managed_policy.added: it can attach and change managed policies",
        ),
        (
            "awscc_iam_managed_policy",
            json!({}),
            json!({ "roles": true }),
            json!({ "roles": name }),
            "t",
            "attach and change",
        ),
        (
            "aws_budgets_budget_action",
            json!({ "definition": [{ "iam_action_definition": [{ "roles": ["vendor"] }] }] }),
            id.clone(),
            json!({}),
            "t",
            "it attaches a policy to the roles that it names",
        ),
        (
            "aws_budgets_budget_action",
            json!({ "definition": [{ "iam_action_definition": [{}] }] }),
            json!({ "definition": [{ "iam_action_definition": [{ "roles": true }] }] }),
            json!({}),
            "t",
            "attaches a policy",
        ),
        // What can change everything.
        (
            "awscc_iam_role",
            json!({ "role_name": "vendor" }),
            id.clone(),
            json!({}),
            "",
            "awscc_iam_role.added: it manages the same role",
        ),
        (
            "awscc_iam_new",
            json!({}),
            id.clone(),
            json!({}),
            "",
            "awscc_iam_new.added: rolecall does not know this type of IAM resource",
        ),
        (
            "aws_iam_role_new",
            json!({}),
            id.clone(),
            json!({}),
            "",
            "aws_iam_role_new.added: rolecall does not know this type of IAM resource",
        ),
        (
            "aws_newservice_thing",
            json!({ "target": "arn:aws:iam::123456789012:role/vendor" }),
            id.clone(),
            json!({}),
            "",
            "aws_newservice_thing.added: rolecall does not know this type",
        ),
        (
            "aws_newservice_thing",
            json!({}),
            json!({ "target": true }),
            json!({ "target": arn }),
            "",
            "rolecall does not know this type",
        ),
        (
            "aws_newservice_thing",
            json!({}),
            json!({ "target": true }),
            json!({ "target": { "references": ["each.value"] } }),
            "",
            "`target` is known only after apply",
        ),
        (
            "acme_attacher",
            json!({ "selector": "all roles" }),
            id.clone(),
            json!({}),
            "",
            "acme_attacher.added: rolecall does not know this type",
        ),
        (
            "acme_permission",
            json!({}),
            id.clone(),
            json!({}),
            "",
            "acme_permission.added: rolecall does not know this type",
        ),
        (
            "acme_picture",
            json!({}),
            json!({ "target": true }),
            json!({ "target": { "references": ["local.x"] } }),
            "",
            "acme_picture.added: rolecall does not know this type",
        ),
        (
            "aws_cloudcontrolapi_resource",
            json!({ "type_name": "AWS::IAM::RolePolicy", "desired_state": "{\"RoleName\":\"vendor\"}" }),
            id.clone(),
            json!({}),
            "",
            "aws_cloudcontrolapi_resource.added: it can change the role",
        ),
        (
            "aws_cloudcontrolapi_resource",
            json!({ "type_name": "AWS::IAM::RolePolicy" }),
            json!({ "desired_state": true }),
            json!({ "desired_state": name }),
            "",
            "it can change the role",
        ),
        (
            "aws_cloudcontrolapi_resource",
            json!({ "desired_state": "{}" }),
            json!({ "type_name": true }),
            json!({}),
            "",
            "it can change the role",
        ),
        (
            "aws_cloudformation_stack",
            json!({ "template_body": body("AWS::IAM::RolePolicy") }),
            id.clone(),
            json!({}),
            "",
            "aws_cloudformation_stack.added: it deploys a template",
        ),
        (
            "aws_cloudformation_stack",
            json!({ "template_body": body("Custom::Any") }),
            id.clone(),
            json!({}),
            "",
            "it deploys a template",
        ),
        (
            "aws_cloudformation_stack",
            json!({ "template_url": "https://a/b" }),
            id.clone(),
            json!({}),
            "",
            "it deploys a template",
        ),
        (
            "aws_cloudformation_stack_set",
            json!({ "template_body": "Transform: Ours\nResources: {}" }),
            id.clone(),
            json!({}),
            "",
            "it deploys a template",
        ),
        (
            "aws_serverlessapplicationrepository_cloudformation_stack",
            json!({}),
            id.clone(),
            json!({}),
            "",
            "it deploys a template",
        ),
        (
            "aws_servicecatalog_provisioned_product",
            json!({}),
            id.clone(),
            json!({}),
            "",
            "it deploys a template",
        ),
        (
            "aws_lambda_invocation",
            json!({ "function_name": "f", "input": "{\"role\":\"vendor\"}" }),
            id.clone(),
            json!({}),
            "",
            "it runs a program",
        ),
        (
            "aws_lambda_invocation",
            json!({ "function_name": "f" }),
            json!({ "input": true }),
            json!({ "input": arn }),
            "",
            "it runs a program",
        ),
        (
            "aws_ssm_association",
            json!({ "parameters": { "RoleName": "vendor" } }),
            id.clone(),
            json!({}),
            "",
            "it runs a program",
        ),
        (
            "aws_scheduler_schedule",
            json!({ "target": [{ "arn": "arn:aws:scheduler:::aws-sdk:iam:attachRolePolicy" }] }),
            id.clone(),
            json!({}),
            "",
            "aws_scheduler_schedule.added: a text in it calls IAM",
        ),
        (
            "aws_instance",
            json!({ "user_data": "aws iam attach-role-policy --role-name x" }),
            id.clone(),
            json!({}),
            "",
            "aws_instance.added: a text in it calls IAM",
        ),
    ];
    for (kind, values, unknown, expressions, sides, words) in rows {
        let mut plan = stack();
        add(&mut plan, kind, values, unknown, expressions);
        expect(&plan.to_string(), VENDOR, sides, words);
    }
}

/// The function that is invoked knows the role, although the invocation does not mention it.
#[test]
fn a_function_that_knows_the_role() {
    let mut plan = stack();
    let environment = json!([{ "variables": { "ROLE": "vendor" } }]);
    let function = json!({ "function_name": "administration", "environment": environment });
    add(&mut plan, "aws_lambda_function", function, json!({}), json!({}));
    expect(&plan.to_string(), VENDOR, "tp", "");
    let invocation = json!({ "function_name": "administration", "input": "{}" });
    add(&mut plan, "aws_lambda_invocation", invocation, json!({}), json!({}));
    expect(&plan.to_string(), VENDOR, "", "aws_lambda_invocation.added: it runs a program");
}

pub(crate) fn change(plan: &mut Value, address: &str, edit: impl FnOnce(&mut Value)) {
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    edit(changes.iter_mut().find(|change| change["address"] == address).unwrap());
}

//! The desired state for teams that must go through another tool: Terraform's JSON syntax, or a CloudFormation template.
//! Pure. The documents are the same to the letter; the tag that marks what rolecall made is left out, for it did not.
//! The Genesys Cloud side goes with Terraform's resources. CloudFormation has no types for Genesys Cloud.

mod genesys;

use serde_json::{Map, Value, json};

use crate::desired::aws::{Desired, Home, OWNER_TAG};
use crate::desired::genesys as genesys_side;
use crate::desired::grant::is_grant_policy_name;
use crate::ports::{RoleSpecification, Tags};

/// The name of the role among Terraform's resources.
const ROLE: &str = "genesys_data_actions";

/// A configuration in Terraform's JSON syntax (`*.tf.json`), for the `hashicorp/aws` provider, and with a Genesys Cloud side for
/// `mypurecloud/genesyscloud` too. No `required_providers`: a module has one such block, and most have it already.
pub fn terraform(desired: &Desired, cloud: Option<&genesys_side::Desired>) -> Value {
    let RoleSpecification {
        name,
        path,
        description,
        max_session_duration,
        permissions_boundary,
        tags,
        trust,
    } = &desired.role;
    let mut role = json!({
        "name": literal(name.as_str()),
        "path": literal(path.as_str()),
        "description": literal(description),
        "max_session_duration": max_session_duration,
        "assume_role_policy": literal(trust.text()),
    });
    insert(
        &mut role,
        "permissions_boundary",
        permissions_boundary.as_ref().map(|arn| literal(&arn.to_string())),
    );
    insert(
        &mut role,
        "tags",
        own_tags(tags).map(|tags| {
            tags.iter().map(|(key, value)| (literal(key), literal(value).into())).collect::<Map<_, _>>()
        }),
    );
    let (mut policies, mut attachments) = (Map::new(), Map::new());
    for (index, (arn, policy)) in desired.policies.iter().enumerate() {
        let resource = format!("{ROLE}_{}", index + 1);
        // A plan shows the value of a literal ARN, but only that something refers to a policy that does not exist yet.
        attachments.insert(
            resource.clone(),
            json!({
                "role": format!("${{aws_iam_role.{ROLE}.name}}"),
                "policy_arn": literal(&arn.to_string()),
                "depends_on": [format!("aws_iam_policy.{resource}")],
            }),
        );
        policies.insert(
            resource,
            json!({"name": literal(policy.name.as_str()), "path": literal(policy.path.as_str()), "policy": literal(policy.document.text())}),
        );
    }
    let mut resources = Map::from_iter([
        ("aws_iam_role".to_owned(), json!({ROLE: role})),
        ("aws_iam_policy".to_owned(), policies.into()),
        ("aws_iam_role_policy_attachment".to_owned(), attachments.into()),
    ]);
    resources.extend(cloud.map(genesys::resources).unwrap_or_default());
    let data = cloud.map(genesys::data).unwrap_or_default();
    let mut configuration = json!({"resource": resources});
    insert(&mut configuration, "data", Some(data).filter(|data| !data.is_empty()));
    configuration
}

/// Terraform reads `${` and `%{` in any string as a template; doubled, they are themselves.
fn literal(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// A CloudFormation template. It needs the capability `CAPABILITY_NAMED_IAM`.
pub fn cloudformation(desired: &Desired) -> Value {
    let RoleSpecification {
        name,
        path,
        description,
        max_session_duration,
        permissions_boundary,
        tags,
        trust,
    } = &desired.role;
    let mut properties = json!({
        "RoleName": name,
        "Path": path,
        "Description": description,
        "MaxSessionDuration": max_session_duration,
        "AssumeRolePolicyDocument": document(trust.text()),
    });
    insert(&mut properties, "PermissionsBoundary", permissions_boundary.as_ref().map(ToString::to_string));
    insert(
        &mut properties,
        "Tags",
        own_tags(tags).map(|tags| {
            tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Vec<_>>()
        }),
    );
    let mut resources = Map::new();
    resources.insert("Role".to_owned(), json!({"Type": "AWS::IAM::Role", "Properties": properties}));
    for (index, (_, policy)) in desired.policies.iter().enumerate() {
        let properties = json!({
            "ManagedPolicyName": policy.name,
            "Path": policy.path,
            "Roles": [{"Ref": "Role"}],
            "PolicyDocument": document(policy.document.text()),
        });
        resources.insert(
            match is_grant_policy_name(&policy.name, &desired.role.name) {
                true => format!("Grant{}", index + 1),
                false => format!("Invoke{}", index + 1),
            },
            json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}),
        );
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": match desired.grants.is_empty() {
            true => format!("The role that {} assumes to invoke Lambda functions", desired.party()),
            false => format!("The role that {} assumes", desired.party()),
        },
        "Resources": resources,
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    })
}

/// The template for whichever account the stack is in: `desired` was made for the stand-in `account`, which stands nowhere in
/// the manifest or in the templates, so that every ARN with it is one of the stack's own account.
pub fn cloudformation_anywhere(desired: &Desired) -> Value {
    let Home { partition, account } = &desired.home;
    pseudo_parameters(cloudformation(desired), &format!("arn:{partition}:"), &format!(":{account}:"))
}

fn pseudo_parameters(node: Value, partition: &str, account: &str) -> Value {
    let inside = |node| pseudo_parameters(node, partition, account);
    match node {
        Value::String(text) if text.contains(account) => {
            // `${!` is how `Fn::Sub` writes a `${` that stays.
            let text = text.replace("${", "${!").replace(account, ":${AWS::AccountId}:");
            let text = match text.strip_prefix(partition) {
                Some(rest) => format!("arn:${{AWS::Partition}}:{rest}"),
                None => text,
            };
            json!({"Fn::Sub": text})
        }
        Value::Array(elements) => elements.into_iter().map(inside).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, value)| (key, inside(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => node,
    }
}

/// The rendered documents are JSON; text that is not would be shown as it is.
fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

fn own_tags(tags: &Tags) -> Option<Tags> {
    let own: Tags = tags
        .iter()
        .filter(|(key, _)| *key != OWNER_TAG)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (!own.is_empty()).then_some(own)
}

fn insert(object: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(key.to_owned(), value.into());
    }
}

//! Descriptions of an account, of which a filter took something out.

use serde_json::{Value, json};

use crate::expect;

#[test]
fn lists_that_are_missing() {
    let trust = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": "765628985471" } } });
    let role = json!({ "RoleName": "x", "Arn": "arn:aws:iam::123456789012:role/x", "AssumeRolePolicyDocument": trust, "RolePolicyList": [], "AttachedManagedPolicies": [] });
    let text = |role: &Value| json!({ "RoleDetailList": [role], "Policies": [] }).to_string();
    expect(&text(&role), "arn:aws:iam::123456789012:role/x", "tp", "");
    for list in ["RolePolicyList", "AttachedManagedPolicies"] {
        let mut role = role.clone();
        role.as_object_mut().unwrap().remove(list);
        let words = format!("`{list}` is not in the file");
        expect(&text(&role), "arn:aws:iam::123456789012:role/x", "t", &words);
    }
}

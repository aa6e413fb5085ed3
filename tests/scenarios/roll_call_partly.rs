//! `audit` against an earlier report of more accounts than are read now: what nobody looked for is not gone.

use serde_json::{Value, json};

use super::stage::Stage;

fn saved(accounts: &[&str]) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"},
    ]});
    let role = |account: &&str| {
        let arn = format!("arn:aws:iam::{account}:role/vendor");
        json!({"Arn": arn, "RoleName": "vendor", "Path": "/", "AssumeRolePolicyDocument": trust})
    };
    let roles: Vec<Value> = accounts.iter().map(role).collect();
    json!({"RoleDetailList": roles, "Policies": []}).to_string()
}

#[test]
fn the_roles_of_an_account_that_is_not_read_now_are_not_gone() {
    let stage = Stage::new();
    stage.write("both.json", &saved(&["111122223333", "444455556666"]));
    stage.write("one.json", &saved(&["111122223333"]));
    let both = stage.run(&["audit", "both.json", "--output", "json"]).expect(4).stdout;
    stage.write("baseline.json", &both);
    stage.run(&["audit", "both.json", "--baseline", "baseline.json"]).expect(0);
    let run = stage.run(&["audit", "one.json", "--baseline", "baseline.json", "--output", "json"]);
    insta::assert_json_snapshot!(run.expect(5).json()["changes"], @r#"
    {
      "new": [],
      "changed": [],
      "gone": [],
      "unreadable": [
        "arn:aws:iam::444455556666:role/vendor"
      ]
    }
    "#);
}

//! Roles with the same permissions are asked once, and each is shown its own requests.

use rolecall_audit::reach::{Power, Reaches};
use rolecall_iam::evaluate::Request;
use serde_json::{Value, json};

use super::{Account, allow, arn, now, vendor, when};

/// Two roles with one policy and a path, and all requests that are shown of each.
fn shown(statements: Value, names: [&str; 2]) -> [(Power, Vec<Request>); 2] {
    let account = Account::new().policy("same", statements).administrator_of("lambda");
    let account = names.iter().fold(account, |account, name| account.managed(name, vendor(), &["same"]));
    let snapshot = account.snapshot();
    let reaches = Reaches::of(&snapshot, now());
    names.map(|name| {
        let place = snapshot.roles.iter().position(|role| role.arn.to_string() == arn(name)).unwrap();
        let reach = reaches.at(place).unwrap();
        let steps = reach.steps.into_iter().flat_map(|step| step.requests);
        let data = reach.data.into_iter().map(|access| access.request);
        (reach.possible, reach.administers.into_iter().chain(steps).chain(data).collect())
    })
}

#[test]
fn each_role_is_shown_its_own_requests() {
    let with_mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    for (statements, power) in [
        (json!([allow(json!("*"), json!("*"))]), Power::Administrator),
        (json!([when(allow(json!("s3:*"), json!("arn:aws:s3:::reports/*")), with_mfa)]), Power::Data),
        (
            json!([allow(json!(["iam:PassRole", "lambda:*", "iam:CreateUser"]), json!("*"))]),
            Power::Administrator,
        ),
    ] {
        let [(one_power, one), (two_power, two)] = shown(statements.clone(), ["team/one", "team/two"]);
        assert_eq!((one_power, two_power), (power, power), "{statements}");
        assert!(!one.is_empty(), "{statements}");
        for (requests, own, other) in [(&one, "one", "two"), (&two, "two", "one")] {
            for request in requests {
                let told = format!("{request:?}");
                assert!(request.principal.to_string().contains(own), "{told}");
                assert!(
                    !told.contains(&format!("\"{other}\"")) && !told.contains(&format!("/{other}")),
                    "{told}"
                );
            }
        }
        let texts = |requests: &[Request]| -> Vec<String> {
            requests
                .iter()
                .map(|request| format!("{request:?}").replace("one", "NAME").replace("two", "NAME"))
                .collect()
        };
        assert_eq!(texts(&one), texts(&two), "{statements}");
    }
}

#[test]
fn what_depends_on_the_role_is_asked_of_each() {
    let only_one = when(
        allow(json!("s3:GetObject"), json!("*")),
        json!({"ArnLike": {"aws:PrincipalArn": arn("team/one")}}),
    );
    let [(one, _), (two, _)] = shown(json!([only_one]), ["team/one", "team/two"]);
    assert_eq!((one, two), (Power::Data, Power::Nothing));
}

#[test]
fn the_same_text_is_one_document() {
    let account = ["one", "two"].iter().fold(Account::new(), |account, name| {
        account.role(name, vendor(), json!([allow(json!("s3:GetObject"), json!("*"))]))
    });
    let snapshot = account.snapshot();
    let [one, two] = snapshot.roles.as_slice() else { panic!("two roles") };
    assert!(std::sync::Arc::ptr_eq(one.trust.as_ref().unwrap(), two.trust.as_ref().unwrap()));
    assert!(std::sync::Arc::ptr_eq(one.policies[0].1.as_ref().unwrap(), two.policies[0].1.as_ref().unwrap()));
}

//! Organization policies: read where the caller may, evaluated as layers, never passed over in silence.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::recorded::{Asked, Recorded};
use super::stage::{Run, Stage};

const ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const ALL_OF_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// An organization of a root and one unit, with these policies at the unit.
fn organization(
    scp: Option<&Value>,
    rcp: Option<&Value>,
) -> impl Fn(&Asked) -> Option<(u16, String)> + use<> {
    let mut documents = BTreeMap::from([("p-scp-all", ALL.to_owned()), ("p-rcp-all", ALL_OF_ALL.to_owned())]);
    documents.extend(scp.map(|document| ("p-scp-unit", document.to_string())));
    documents.extend(rcp.map(|document| ("p-rcp-unit", document.to_string())));
    move |asked| {
        let input: Value = serde_json::from_str(&asked.body).unwrap();
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        let answer = match asked.operation.as_str() {
            "DescribeOrganization" => {
                json!({"Organization": {"Id": "o-exampleorg", "MasterAccountId": "999999999999"}})
            }
            "ListParents" => match text("ChildId").as_str() {
                "123456789012" => {
                    json!({"Parents": [{"Id": "ou-abcd-11111111", "Type": "ORGANIZATIONAL_UNIT"}]})
                }
                "ou-abcd-11111111" => json!({"Parents": [{"Id": "r-abcd", "Type": "ROOT"}]}),
                other => panic!("parents of {other}"),
            },
            "ListPoliciesForTarget" => {
                let (all, unit) = match text("Filter").as_str() {
                    "SERVICE_CONTROL_POLICY" => ("p-scp-all", "p-scp-unit"),
                    "RESOURCE_CONTROL_POLICY" => ("p-rcp-all", "p-rcp-unit"),
                    other => panic!("{other}"),
                };
                let at_unit = text("TargetId") == "ou-abcd-11111111" && documents.contains_key(unit);
                let ids = std::iter::once(all).chain(at_unit.then_some(unit));
                json!({"Policies": ids.map(|id| json!({"Id": id})).collect::<Vec<_>>()})
            }
            "DescribePolicy" => json!({"Policy": {"Content": documents[text("PolicyId").as_str()]}}),
            other => panic!("{other}"),
        };
        Some((200, answer.to_string()))
    }
}

fn verify(answers: impl Fn(&Asked) -> Option<(u16, String)> + Send + Sync + 'static) -> Run {
    verify_and_list(answers).0
}

/// The run, and the operations that it asked for.
fn verify_and_list(
    answers: impl Fn(&Asked) -> Option<(u16, String)> + Send + Sync + 'static,
) -> (Run, BTreeSet<String>) {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let recorded = Recorded::new(&stage.sandbox.endpoint_url(), answers);
    let mut command = stage.command(&["verify", "--output", "json"]);
    let run = command.env("AWS_ENDPOINT_URL_ORGANIZATIONS", recorded.url()).output().unwrap().into();
    (run, recorded.asked().into_iter().collect())
}

/// The permissions of a rendered policy for Organizations are those that are used.
#[test]
fn the_verifier_and_the_twin_may_ask_for_all_of_it_and_no_more() {
    let (_, asked) = verify_and_list(organization(None, None));
    let asked: Vec<String> = asked.iter().map(|operation| format!("organizations:{operation}")).collect();
    for document in ["verifier", "twin"] {
        let run =
            Stage::new().run(&["render", document, "--account", "123456789012", "--region", "us-east-1"]);
        let policy = run.expect(0).json();
        let statements = policy["Statement"].as_array().unwrap();
        let statement = statements.iter().find(|it| it["Sid"] == "OrganizationPolicies").unwrap();
        assert_eq!(statement["Action"], json!(asked), "{document}");
    }
}

fn claim(run: &Run) -> Value {
    let report = run.json();
    let rows = report["verification"]["table"].as_array().unwrap();
    let place = rows.iter().position(|row| row["id"] == "organization");
    place.map_or(Value::Null, |place| report["verification"]["claims"][place].clone())
}

#[test]
fn policies_that_deny_nothing_of_it_are_part_of_the_proof() {
    let run = verify(organization(None, None)).expect(0);
    assert_eq!(claim(&run)["result"], "proved");
    assert_eq!(run.json()["verification"]["organization"], "included");
}

#[test]
fn a_service_control_policy_that_denies_a_target_refutes() {
    let scp = json!({"Version": "2012-10-17", "Statement": [{"Sid": "OnlyHome", "Effect": "Deny", "Action": "lambda:*",
        "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}}]});
    let run = verify(organization(Some(&scp), None)).expect(4);
    let claim = claim(&run);
    assert_eq!(claim["result"], "refuted");
    insta::assert_json_snapshot!(claim["reasons"], @r#"
    [
      "lambda:InvokeFunction on arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: denied by statement `OnlyHome` of the service control policies of level 2 (policy `p-scp-unit`)"
    ]
    "#);
}

#[test]
fn a_service_control_policy_without_an_allow_at_some_level_refutes() {
    let answers = organization(None, None);
    let run = verify(move |asked| {
        let at_root = asked.operation == "ListPoliciesForTarget" && asked.body.contains("r-abcd");
        let only_iam = asked.operation == "DescribePolicy" && asked.body.contains("p-only-iam");
        match (at_root && asked.body.contains("SERVICE"), only_iam) {
            (true, _) => Some((200, json!({"Policies": [{"Id": "p-only-iam"}]}).to_string())),
            (_, true) => {
                let content = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#;
                Some((200, json!({"Policy": {"Content": content}}).to_string()))
            }
            _ => answers(asked),
        }
    })
    .expect(4);
    assert_eq!(claim(&run)["result"], "refuted");
}

#[test]
fn what_depends_on_the_unknown_is_unknown_and_says_on_what() {
    let rcp = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
        "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorg"}}}]});
    let run = verify(organization(None, Some(&rcp))).expect(5);
    let claim = claim(&run);
    assert_eq!(claim["result"], "unknown");
    insta::assert_json_snapshot!(claim["reasons"], @r#"
    [
      "whether a policy denies sts:AssumeRole depends on `aws:PrincipalOrgID`, which rolecall does not know"
    ]
    "#);
}

#[test]
fn a_resource_control_policy_that_denies_the_vendor_refutes() {
    let rcp = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:*",
        "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}}]});
    let run = verify(organization(None, Some(&rcp))).expect(4);
    let claim = claim(&run);
    insta::assert_json_snapshot!(claim["reasons"], @r#"
    [
      "sts:AssumeRole on arn:aws:iam::123456789012:role/GenesysDataActionRole: denied by statement 1 of the resource control policies of level 2 (policy `p-rcp-unit`)"
    ]
    "#);
}

#[test]
fn a_member_account_hears_that_they_could_not_be_read() {
    let run = verify(|asked: &Asked| {
        let denied = json!({"__type": "AccessDeniedException", "Message": "You don't have permissions to access this resource."});
        Some(match asked.operation.as_str() {
            "DescribeOrganization" => {
                let organization = json!({"Id": "o-exampleorg", "MasterAccountId": "999999999999"});
                (200, json!({"Organization": organization}).to_string())
            }
            _ => (400, denied.to_string()),
        })
    })
    .expect(0);
    assert_eq!(run.json()["verification"]["organization"], "unreadable");
    insta::assert_json_snapshot!(run.json()["verification"]["notes"], @r#"
    [
      "organization policies could not be read (organizations:ListParents failed: You don't have permissions to access this resource. (AccessDeniedException, request recorded)) and may deny access; the management account and delegated administrators can read them",
      "no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer"
    ]
    "#);
    assert_eq!(claim(&run), Value::Null, "nothing is claimed that was not read");
}

#[test]
fn the_management_account_has_none() {
    let run = verify(|_: &Asked| {
        let organization = json!({"Id": "o-exampleorg", "MasterAccountId": "123456789012"});
        Some((200, json!({"Organization": organization}).to_string()))
    })
    .expect(0);
    assert_eq!(run.json()["verification"]["organization"], "none_apply");
}

//! A code has one meaning wherever it is printed, a summary of many plans tells what is pending, and what is advised can be run.

use std::collections::BTreeSet;

use rolecall_audit::finding::FindingId as RollFinding;
use rolecall::catalogue;
use rolecall::iam::lint::FindingId;
use rolecall::sandbox::{State, Tamper};
use rolecall::verify::finding::RunFinding;
use serde_json::Value;

use super::stage::{ONE_TARGET, Stage, manifest};

/// A folder with manifests of roles that do not exist yet.
fn many() -> Stage {
    let stage = Stage::with("", State::demo());
    for name in ["a", "b", "c"] {
        let text = manifest(ONE_TARGET).replace("GenesysDataActionRole", &format!("Role-{name}"));
        stage.write(&format!("many/{name}.toml"), &text);
    }
    stage
}

const ALL: [&str; 2] = ["--file", "many/*.toml"];

#[test]
fn the_summary_of_many_plans_tells_what_is_pending() {
    let stage = many();
    let run = |more: &[&str]| stage.run(&[&["plan"], ALL.as_slice(), more].concat()).expect(0);
    let summary = |text: &str| text[text.find("\n3 manifests").unwrap()..].to_owned();
    insta::assert_snapshot!(summary(&run(&[]).stdout), @"

    3 manifests:
      3 × pending: changes are planned and not made yet (exit code 0)

    Result: pending: 3 of 3 manifests
    ");
    let report = run(&["--output", "json"]).json();
    assert_eq!((&report["pending"], &report["exit_codes"]), (&3.into(), &serde_json::json!({"0": 3})));
    let page = run(&["--output", "markdown"]).stdout;
    insta::assert_snapshot!(page.lines().take(7).collect::<Vec<_>>().join("\n"), @"
    # rolecall plan: pending: 3 of 3 manifests

    | manifest | role | result |
    |---|---|---|
    | many/a.toml | `arn:aws:iam::123456789012:role/Role-a` | ⏳ pending: 3 to create, 0 to change, 0 to delete; after apply every claim about the role is proved; until then: the role does not exist |
    | many/b.toml | `arn:aws:iam::123456789012:role/Role-b` | ⏳ pending: 3 to create, 0 to change, 0 to delete; after apply every claim about the role is proved; until then: the role does not exist |
    | many/c.toml | `arn:aws:iam::123456789012:role/Role-c` | ⏳ pending: 3 to create, 0 to change, 0 to delete; after apply every claim about the role is proved; until then: the role does not exist |
    ");
    stage.run(&["apply", "--yes", "--level", "paper", "--file", "many/a.toml"]).expect(0);
    insta::assert_snapshot!(summary(&run(&[]).stdout), @"

    3 manifests:
      2 × pending: changes are planned and not made yet (exit code 0)
      1 × done; in sync; proved (exit code 0)

    Result: pending: 2 of 3 manifests
    ");
    stage.run(&[&["apply", "--yes", "--level", "paper"], ALL.as_slice()].concat()).expect(0);
    insta::assert_snapshot!(summary(&run(&[]).stdout), @"

    3 manifests:
      3 × done; in sync; proved (exit code 0)

    Result: done: all 3 manifests ended with exit code 0
    ");
    assert!(run(&["--output", "json"]).json().get("pending").is_none());
}

/// Every finding that can be printed, by the closed lists that they come from: its code leads to itself, and to nothing else.
#[test]
fn every_finding_has_a_code_of_its_own_in_the_catalogue() {
    let faults = FindingId::ALL.iter().map(|id| id.as_str());
    let of_runs = RunFinding::ALL.into_iter().map(RunFinding::code);
    let of_ways = RollFinding::ALL.into_iter().map(RollFinding::as_str);
    let codes: Vec<&str> = faults.chain(of_runs).chain(of_ways).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "{codes:?}");
    for code in codes {
        let entry = catalogue::find(code).unwrap_or_else(|| panic!("{code} is not explained"));
        let same = match entry.kind {
            catalogue::Kind::Finding(id) => id.as_str() == code,
            catalogue::Kind::Run(finding) => finding.code() == code,
            catalogue::Kind::RollCall(finding) => finding.as_str() == code,
            catalogue::Kind::Drift(_) | catalogue::Kind::Error(_) => false,
        };
        assert!(same, "{code}: {entry:?}");
    }
}

#[test]
fn contradictions_and_organizations_are_explained() {
    insta::assert_snapshot!(Stage::new().run(&["explain", "c1", "C2", "O1"]).expect(0).stdout, @"
    C1 (warning): AWS answered a request otherwise than the documents in AWS say

    Why it matters: either something that rolecall did not read decides this request, or rolecall evaluates it differently from AWS.
    What to do: look for an organization policy, a policy on the caller, a resource policy on the function, or a very recent change; if there is none, rolecall evaluates the request wrongly: please report it.

    More: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

    C2 (warning): an analyser of AWS and rolecall contradict each other

    Why it matters: one of the two does not see what the other sees.
    What to do: trust neither until `verify --level twin` has sent AWS real requests; please report it with both documents.
    Exit code: 5 (inconclusive: something could not be decided).

    More: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html

    O1 (error): the OAuth client belongs to another organization than the role

    Why it matters: Genesys Cloud sends the ID of its own organization as the external ID, so the organization of the OAuth client cannot assume the role.
    What to do: set `organization_id` in [genesys] to the ID of the organization that must invoke the functions, or use an OAuth client of the organization in the manifest.
    Exit code: 4 (refuted: a caller can, or after the plan could, do what the manifest does not allow; or Genesys Cloud cannot do what it must).

    More: https://help.mypurecloud.com/articles/create-iam-resources-for-aws-lambda/
    ");
}

/// The simulator is given no trust policy of the role that is asked for, so rolecall looks at none either.
#[test]
fn who_may_assume_any_role_is_no_contradiction() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::ExtraManagedPolicy);
    let verification = &stage.run(&["verify", "--output", "json"]).expect(4).json()["verification"];
    let ids = |list: &Value| {
        let list = list.as_array().unwrap().iter();
        list.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(!ids(&verification["findings"]).contains(&"C2".to_owned()), "{:#}", verification["findings"]);
    let analyses = verification["analyses"].as_array().unwrap();
    let asked = "sts:AssumeRole on *";
    let found: Vec<_> = analyses.iter().filter(|it| it["question"] == asked).collect();
    assert_eq!(found.len(), 1, "{analyses:#?}");
    assert_eq!(found[0]["shows"], "refutes", "{:#}", found[0]);
}

/// The commands that an output tells to run.
fn repairs(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("repair").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| repairs(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| repairs(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_output_completes_its_commands() {
    let stage = many();
    let options = ["--sandbox", "--file", "many/a.toml"];
    let run = |command: &[&str], more: &[&str]| stage.run(&[command, options.as_slice(), more].concat());
    const REPAIR: &str = "rolecall apply --file many/a.toml --sandbox";
    for command in ["plan", "drift"] {
        let mut found = Vec::new();
        repairs(&run(&[command], &["--output", "json"]).json(), &mut found);
        assert!(!found.is_empty() && found.iter().all(|repair| repair == REPAIR), "{command}: {found:?}");
    }
    // A plan whose exit code is about what is true until it is applied annotates that, too.
    let detailed = run(&["plan", "--detailed-exitcode"], &["--output", "github"]).expect(4).stdout;
    let told: Vec<&str> = detailed.lines().filter(|line| line.contains("Repair: rolecall apply")).collect();
    assert!(!told.is_empty(), "{detailed}");
    assert!(told.iter().all(|line| line.contains(&format!("Repair: {REPAIR}"))), "{told:#?}");
}

//! Drift: whatever somebody changes by hand is named, with what it leads to, and nothing else is; in every format.

use rolecall::sandbox::{CUSTOMER, State, Tamper};
use serde_json::Value;

use super::stage::{ROLE, Run, Stage, manifest};
use super::views::normalised;

/// A boundary and a tag beside what every manifest has, so that every kind of tampering finds something to change.
const TARGETS: &str = "[[target]]\nfunction = \"my-genesys-trigger-function\"\n\n[[target]]\nfunction = \"orders-status\"\nqualifier = \"live\"\n";
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/GenesysDataActionRole";
const POLICY_ARN: &str =
    "arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke";
const FORMATS: [&str; 7] = ["human", "json", "sarif", "junit", "github", "markdown", "html"];

fn stage() -> Stage {
    Stage::with(&manifest(TARGETS), State::demo())
}

fn repair(stage: &Stage) {
    let arguments = ["apply", "--yes", "--level", "paper", "--adopt", "--remove-foreign"];
    stage.run(&arguments).expect(0);
}

/// Resource, attribute, consequence, line of the manifest.
fn differences(run: &Run) -> Vec<(String, String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let difference = |it: &Value| {
        let line = it["position"]["line"].as_u64().unwrap();
        (text(&it["resource"]), text(&it["attribute"]), text(&it["consequence"]), line)
    };
    run.json()["drift"].as_array().unwrap().iter().map(difference).collect()
}

/// What each kind is to `drift`: the exit code, and the one difference that it makes.
fn expected(kind: Tamper) -> (i32, Option<(&'static str, &'static str, &'static str)>) {
    let role = |attribute, consequence| Some((ROLE_ARN, attribute, consequence));
    match kind {
        Tamper::TrustExternalId
        | Tamper::TrustNoCondition
        | Tamper::TrustExtraPrincipal
        | Tamper::TrustWildcardPrincipal
        | Tamper::TrustIfExists => (4, role("trust policy", "widens-trust")),
        Tamper::PolicyWidened | Tamper::PolicyVersionRolledBack => {
            (4, Some((POLICY_ARN, "policy document", "widens-permissions")))
        }
        Tamper::PolicyDetached => {
            let attribute = "attached policy `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke`";
            (4, role(attribute, "narrows-permissions"))
        }
        Tamper::ExtraManagedPolicy => {
            (4, role("attached policy `arn:aws:iam::123456789012:policy/Sneaky`", "widens-permissions"))
        }
        Tamper::ExtraInlinePolicy => (4, role("inline policy `sneaky`", "widens-permissions")),
        Tamper::MaxSession => (3, role("max_session_duration", "session")),
        Tamper::BoundaryChanged => (4, role("permissions boundary", "narrows-permissions")),
        Tamper::TagRemoved => (3, role("tag `rolecall:role`", "tag")),
        Tamper::RoleDeleted => (4, role("role", "narrows-trust")),
        Tamper::FunctionDeleted => (
            4,
            Some((
                "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function",
                "function",
                "target-missing",
            )),
        ),
        Tamper::EquivalentJson => (0, None),
        Tamper::BoundaryWidened
        | Tamper::FunctionPublic
        | Tamper::FunctionUrl
        | Tamper::GenesysActionEdited
        | Tamper::GenesysActionDeleted
        | Tamper::GenesysIntegrationDisabled
        | Tamper::GenesysCredentialRole
        | Tamper::GenesysOrganization => panic!("not done to the role"),
    }
}

#[test]
fn drift_names_what_was_changed_and_nothing_else() {
    let of_role = |kind: &Tamper| kind.is_of_role() || *kind == Tamper::FunctionDeleted;
    for kind in Tamper::ALL.into_iter().filter(of_role) {
        let stage = stage();
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
        if kind == Tamper::PolicyVersionRolledBack {
            stage.tamper(Tamper::PolicyWidened);
            repair(&stage);
        }
        stage.tamper(kind);
        stage.calls();
        let (exit, difference) = expected(kind);
        let run = stage.run(&["drift", "--output", "json"]).expect(exit);
        let named = differences(&run);
        let named: Vec<_> = named
            .iter()
            .map(|(resource, attribute, consequence, _)| (&**resource, &**attribute, &**consequence))
            .collect();
        assert_eq!(named, difference.into_iter().collect::<Vec<_>>(), "{}", kind.name());
        let drift = &run.json()["drift"];
        assert!(
            drift
                .as_array()
                .unwrap()
                .iter()
                .all(|it| it["expected"] != it["actual"] || it["attribute"] == "role"),
            "{drift}"
        );
        assert!(stage.calls().iter().all(|call| !call.write), "a look writes nothing");
        if kind == Tamper::FunctionDeleted {
            insta::assert_snapshot!(stage.run(&["plan"]).whole(), @"
            exit 4
            -- stdout
            account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
            Role arn:aws:iam::123456789012:role/GenesysDataActionRole
              trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
              may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
                          arn:aws:lambda:us-east-1:123456789012:function:orders-status:live

            No changes: everything but the missing functions matches the manifest.

            After apply
              proved     nobody but the trusted principals can assume the role
              proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
              proved     `arn:aws:iam::765628985471:root` can assume the role
              proved     `arn:aws:iam::123456789012:role/ci` can assume the role
              proved     a session can do nothing but invoke the target functions
              refuted    a session can invoke each of the 2 target functions
                         no function `my-genesys-trigger-function` in us-east-1; the nearest names there are `my-genesys-trigger-function-test`, `customer-lookup`, `orders-status`
              proved     nobody outside the account reaches a target function without the role
              Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
              note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

            Result: refuted: a target function is missing (everything but the missing functions matches the manifest) (exit code 4)
            ");
            insta::assert_snapshot!(stage.run(&["apply", "--yes"]).whole(), @"
            exit 4
            -- stdout
            account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
            Role arn:aws:iam::123456789012:role/GenesysDataActionRole
              trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
              may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
                          arn:aws:lambda:us-east-1:123456789012:function:orders-status:live

            No changes: everything but the missing functions matches the manifest.

            Verification
              proved     nobody but the trusted principals can assume the role
              proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
              proved     `arn:aws:iam::765628985471:root` can assume the role
              proved     `arn:aws:iam::123456789012:role/ci` can assume the role
              proved     a session can do nothing but invoke the target functions
              refuted    a session can invoke each of the 2 target functions
                         no function `my-genesys-trigger-function` in us-east-1; the nearest names there are `my-genesys-trigger-function-test`, `customer-lookup`, `orders-status`
              proved     nobody outside the account reaches a target function without the role
              Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
              confirmed  sts:AssumeRole with the correct external ID: allowed
                         AWS let the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role
              confirmed  sts:AssumeRole without an external ID: denied
                         AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
              confirmed  sts:AssumeRole with a wrong external ID: denied
                         AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
              confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                         AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
              confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:orders-status:live: allowed
              confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:orders-status-rolecall-sibling: denied
                         the session may not invoke a function other than the targets
              confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:orders-status: denied
                         the session may not invoke the target in a form that the manifest does not list
              note: not examined: the policies of aliases and versions that the manifest does not name

            Result: refuted: a target function is missing (no changes) (exit code 4)
            -- stderr
            hint: correct the [[target]] in the manifest, or deploy the function first
            ");
            stage
                .sandbox
                .change(|state| {
                    state.add_function("123456789012", "us-east-1", "my-genesys-trigger-function", &[]);
                })
                .unwrap();
        } else {
            repair(&stage);
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(stage.run(&["drift"]).headlines(), @"
            exit 0
            -- stdout
            account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
            Role arn:aws:iam::123456789012:role/GenesysDataActionRole
            No changes: AWS matches the manifest.
            As it is in AWS
            Result: AWS matches the manifest; every claim about the role is proved
            ");
        }
    }
}

/// All at once: what was changed is sorted by what it leads to, and every format names all of it.
#[test]
fn every_format_names_everything_and_nothing_once_it_is_repaired() {
    let stage = stage();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    for kind in [
        Tamper::FunctionDeleted,
        Tamper::TagRemoved,
        Tamper::MaxSession,
        Tamper::BoundaryChanged,
        Tamper::PolicyWidened,
        Tamper::ExtraManagedPolicy,
        Tamper::ExtraInlinePolicy,
        Tamper::TrustExtraPrincipal,
        Tamper::TrustIfExists,
    ] {
        stage.tamper(kind);
    }
    stage
        .sandbox
        .change(|state| {
            state.role_mut("123456789012", ROLE).unwrap().description = Some("by hand | <b>".to_owned())
        })
        .unwrap();
    let order = [
        ("trust policy", "widens-trust", 3),
        ("policy document", "widens-permissions", 10),
        ("attached policy `arn:aws:iam::123456789012:policy/Sneaky`", "widens-permissions", 10),
        ("inline policy `sneaky`", "widens-permissions", 10),
        ("permissions boundary", "narrows-permissions", 7),
        ("function", "target-missing", 11),
        ("max_session_duration", "session", 7),
        ("tag `rolecall:role`", "tag", 7),
        ("description", "description", 7),
    ];
    let run = stage.run(&["drift", "--output", "json"]).expect(4);
    let named = differences(&run);
    let named: Vec<_> =
        named.iter().map(|(_, attribute, consequence, line)| (&**attribute, &**consequence, *line)).collect();
    assert_eq!(named, order);
    for format in FORMATS {
        let run = stage.run(&["drift", "--output", format]).expect(4);
        assert_names(&run.stdout, format, order.len());
        insta::assert_snapshot!(format!("tampered_{format}"), without_version(&run.stdout));
    }
    stage
        .sandbox
        .change(|state| state.add_function("123456789012", "us-east-1", "my-genesys-trigger-function", &[]))
        .unwrap();
    repair(&stage);
    for format in FORMATS {
        let run = stage.run(&["drift", "--output", format]).expect(0);
        assert_names(&run.stdout, format, 0);
        insta::assert_snapshot!(format!("clean_{format}"), without_version(&run.stdout));
    }
}

fn without_version(text: &str) -> String {
    normalised(text).replace(env!("CARGO_PKG_VERSION"), "[version]")
}

/// The document is one of its format, and holds so many differences.
fn assert_names(text: &str, format: &str, differences: usize) {
    let found = match format {
        "human" => {
            let number = |line: &str| line.split_once(" difference")?.0.parse().ok();
            text.lines().find_map(number).unwrap_or_default()
        }
        "json" => serde_json::from_str::<Value>(text).unwrap()["drift"].as_array().unwrap().len(),
        "sarif" => {
            let log: Value = serde_json::from_str(text).unwrap();
            let results = log["runs"][0]["results"].as_array().unwrap();
            let fingerprints: std::collections::BTreeSet<_> = results
                .iter()
                .map(|result| result["partialFingerprints"]["rolecall/v1"].as_str().unwrap())
                .collect();
            assert_eq!(fingerprints.len(), results.len(), "every result has an identity of its own");
            let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
            for result in results {
                let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
                assert_eq!(rules[index]["id"], result["ruleId"]);
            }
            results.iter().filter(|result| result["ruleId"].as_str().unwrap().starts_with("drift-")).count()
        }
        "junit" => {
            let report = quick_junit::Report::deserialize_from_str(text).unwrap();
            assert_eq!(report.to_string().unwrap(), text, "what is read back is what was written");
            let suite = report
                .test_suites
                .iter()
                .find(|suite| suite.name.as_str() == "rolecall drift drift")
                .unwrap();
            suite.failures
        }
        "github" => text.lines().filter(|line| line.contains(" differs from the manifest")).count(),
        "markdown" => text.lines().filter(|line| line.starts_with("<details>")).count(),
        "html" => text.matches("<p class=\"quiet\">Manifest: ").count(),
        _ => panic!("no format {format}"),
    };
    assert_eq!(found, differences, "{format}:\n{text}");
    assert!(!text.contains("<b>by hand") && (format == "human" || !text.contains('\u{1b}')));
}

#[test]
fn every_command_with_a_report_has_every_format_and_the_others_say_so() {
    let stage = stage();
    for format in FORMATS {
        for command in
            [&["plan"] as &[&str], &["apply", "--yes", "--level", "paper"], &["verify"], &["drift"]]
        {
            let arguments = [command, &["--output", format]].concat();
            let run = stage.run(&arguments).expect(0);
            assert!(!run.stdout.is_empty(), "{arguments:?}");
        }
    }
    for format in ["sarif", "junit", "github", "markdown", "html"] {
        for command in ["render", "destroy"] {
            let run = stage.run(&[command, "--output", format]);
            let error = run.standard_error().replace(&format!("`{command}`"), "`[command]`");
            let error = error.replace(&format!("'{format}'"), "'[format]'");
            insta::allow_duplicates! {
                insta::assert_snapshot!(error, @"
                exit 2
                -- stderr
                error[E1]: invalid value '[format]' for '--output <FORMAT>'
                  [possible values: human, json]

                For more information, try '--help'.
                ");
            }
        }
        let run = stage.run(&["drift", "--file", "gone.toml", "--output", format]).expect(2);
        assert!(run.stdout.contains("gone.toml"), "{format}: {}", run.stdout);
    }
    stage.run(&["drift"]).expect(0);
}

/// A role that the manifest puts under another path cannot be moved; drift says where it is.
#[test]
fn a_role_under_another_path_is_drift() {
    let stage = stage();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.write("rolecall.toml", &manifest(TARGETS).replace("[role]\n", "[role]\npath = \"/genesys/\"\n"));
    let run = stage.run(&["drift", "--output", "json"]);
    let named = differences(&run);
    assert_eq!(named.len(), 1, "{named:?}");
    assert_eq!((named[0].1.as_str(), named[0].3), ("path", 8));
    assert!(matches!(run.status, 3 | 4));
}

/// Somebody made the role anew under another path: Genesys Cloud has an ARN that is no role's. No command is green.
#[test]
fn a_role_that_was_moved_is_refuted_by_every_command_that_proves_it() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage
        .sandbox
        .change(|state| state.role_mut(CUSTOMER, ROLE).unwrap().path = "/moved/".to_owned())
        .unwrap();
    for level in ["paper", "live", "twin"] {
        stage.run(&["verify", "--level", level]).expect(4);
    }
    stage.run(&["drift"]).expect(4);
    stage.run(&["plan"]).expect(4);
    stage.run(&["apply", "--yes"]).expect(4);
    insta::assert_snapshot!(stage.run(&["verify", "--level", "live"]).unproved(), @r#"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
    Verification
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 the ARN of the manifest, `arn:aws:iam::123456789012:role/GenesysDataActionRole`, is not the ARN of a role, so nobody can assume it: the role is `arn:aws:iam::123456789012:role/moved/GenesysDataActionRole`
      refuted    `arn:aws:iam::123456789012:role/ci` can assume the role
                 the ARN of the manifest, `arn:aws:iam::123456789012:role/GenesysDataActionRole`, is not the ARN of a role, so nobody can assume it: the role is `arn:aws:iam::123456789012:role/moved/GenesysDataActionRole`
      Proved on the role's side. No organization policy applies to it. Policies of other resources and of the caller are not part of it.
      note: AWS was not asked who can assume the role: the manifest's ARN is not the ARN of a role, and the role is `arn:aws:iam::123456789012:role/moved/GenesysDataActionRole`
      note: no second opinion from iam:SimulatePrincipalPolicy: The policy source ARN (arn:aws:iam::123456789012:role/GenesysDataActionRole) cannot be found.
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Do this now
      1. set `path = "/moved/"` in [role] of the manifest: IAM cannot move a role
      2. enter the role's new ARN in the credential of the integration in Genesys Cloud: arn:aws:iam::123456789012:role/moved/GenesysDataActionRole
    Result: refuted: the role has another ARN than the manifest's (exit code 4)
    "#);
}

/// The shipped policy for looking is enough, whatever is wrong.
#[test]
fn the_verifier_policy_is_enough_for_all_of_it() {
    let mut stage = stage();
    let rendered = stage
        .run(&["render", "verifier", "--account", "123456789012", "--region", "us-east-1"])
        .expect(0)
        .stdout;
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage
        .sandbox
        .change(|state| {
            let user = state.accounts.get_mut("123456789012").unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert("rolecall".to_owned(), rendered);
        })
        .unwrap();
    for kind in [
        Tamper::FunctionDeleted,
        Tamper::ExtraManagedPolicy,
        Tamper::ExtraInlinePolicy,
        Tamper::BoundaryChanged,
    ] {
        stage.tamper(kind);
    }
    stage.act_as(rolecall::sandbox::Principal::Verifier);
    let run = stage.run(&["drift", "--output", "json"]).expect(4);
    assert_eq!(differences(&run).len(), 4);
}

//! The credential that actions with a `url` read: made of a secret, rotated, lost, repaired and removed; and what is refused before
//! the first write.

use std::collections::BTreeMap;

use rolecall::sandbox::{CUSTOMER, Credential, Fault, FaultRule, Faults, Secret};

use super::super::stage::Run;
use super::*;

const PASSWORD: &str = "Canary-4Wm8Tz2Qk6";
const ROTATED: &str = "Canary-7Hs3Vb9Ln5";

const SECTION: &str = "credential = { type = \"basicAuth\", secret_name = \"stock\" }";

/// A manifest with an action of a function and one of an address.
fn manifest_with(section: &str) -> String {
    let section = match section {
        "" => "[role]".to_owned(),
        section => format!("[genesys.web_services]\n{section}\n\n[role]"),
    };
    with_action().replace("[role]", &section)
        + r#"
[[action]]
name = "Get stock"
category = "Orders"
url = "https://api.example.com/stock/${input.orderNumber}"
headers = { Authorization = "${credentials.basicAuth}" }
input_schema = "schemas/request.json"
output_schema = "schemas/response.json"
"#
}

/// Puts a text into the secret; an empty one removes it.
fn keep(stage: &Stage, text: &str) {
    change(stage, |state| {
        let secrets = &mut state.accounts.get_mut(CUSTOMER).unwrap().secrets;
        let secrets = secrets.entry("us-east-1".to_owned()).or_default();
        let secret = Secret {
            arn: format!("arn:aws:secretsmanager:us-east-1:{CUSTOMER}:secret:stock-AbCdEf"),
            version: "1".to_owned(),
            value: text.to_owned(),
            created: 0,
        };
        match text {
            "" => drop(secrets.remove("stock")),
            _ => drop(secrets.insert("stock".to_owned(), secret)),
        }
    });
}

fn values(password: &str) -> String {
    json!({"userName": "warehouse", "password": password}).to_string()
}

fn stage_of(section: &str) -> Stage {
    let stage = stage_with(&manifest_with(section), State::demo());
    keep(&stage, &values(PASSWORD));
    stage
}

/// Runs a command; no value of the secret is in what it prints.
#[track_caller]
fn run(stage: &Stage, arguments: &[&str]) -> Run {
    let run = stage.run_client(arguments);
    for value in [PASSWORD, ROTATED, "warehouse"] {
        assert!(!run.stdout.contains(value) && !run.stderr.contains(value), "{}", run.whole());
    }
    run
}

const APPLY: [&str; 4] = ["apply", "--yes", "--level", "paper"];
const REWRITE: [&str; 4] = ["genesys", "connect", "--rewrite-credential", "--yes"];

/// The credentials for addresses, by ID.
fn for_addresses(stage: &Stage) -> BTreeMap<String, Credential> {
    let state = stage.sandbox.state();
    let all = state.genesys.credentials.iter().filter(|(_, it)| it.kind != "amazonWebServicesARN");
    all.map(|(id, credential)| (id.clone(), credential.clone())).collect()
}

/// The ID of the only credential for addresses, and its password.
#[track_caller]
fn only(stage: &Stage) -> (String, String) {
    let all = for_addresses(stage);
    assert_eq!(all.len(), 1, "{all:?}");
    let (id, credential) = all.into_iter().next().unwrap();
    assert_eq!(credential.fields["userName"], "warehouse");
    (id, credential.fields["password"].clone())
}

/// Which credentials the integration for addresses names.
fn named(stage: &Stage) -> BTreeMap<String, String> {
    let state = stage.sandbox.state();
    let mut all = state.genesys.integrations.values().filter(|it| it.kind == "custom-rest-actions");
    let named = all.next().unwrap().configuration.credentials.clone();
    assert!(all.next().is_none());
    named
}

fn reads(stage: &Stage) -> usize {
    stage.calls().iter().filter(|call| call.action == "GetSecretValue").count()
}

/// All writes to both services since the log was last cleared.
fn all_writes(stage: &Stage) -> Vec<String> {
    stage.calls().into_iter().filter(|call| call.write).map(|call| call.action).collect()
}

#[test]
fn a_credential_lives_from_its_secret_to_nothing() {
    let stage = stage_of(SECTION);
    let plan = run(&stage, &["plan", "--output", "json"]).expect(0).json();
    let changes = plan["changes"].as_array().unwrap().iter().filter(|it| it["subject"] == "credential");
    let changes: Vec<String> = changes.map(|it| format!("{} {}", it["resource"], it["after"])).collect();
    insta::assert_snapshot!(changes.join("\n"), @r#"
    "GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)" "arn:aws:iam::123456789012:role/GenesysDataActionRole"
    "GenesysDataActionRole web services (rolecall 123456789012:GenesysDataActionRole)" {"type":"basicAuth","values_of":"stock"}
    "#);
    assert_eq!(reads(&stage), 0, "a plan needs no value");
    run(&stage, &APPLY).expect(0);
    assert_eq!(reads(&stage), 1);
    let (id, password) = only(&stage);
    assert_eq!(password, PASSWORD);
    assert_eq!(named(&stage), [("basicAuth".to_owned(), id.clone())].into());
    // Nothing differs, and nobody says that the values are right.
    insta::assert_snapshot!(run(&stage, &["drift"]).whole(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
      ? credential 3466e9a0-8391-4f64-0328-838413292df7: not verifiable, because Genesys Cloud does not show its values; rolecall wrote the values of the secret `stock`; if they were changed there since, `rolecall genesys connect --rewrite-credential` writes its present values
    No changes: AWS matches the manifest, and so does everything that Genesys Cloud shows.

    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: AWS matches the manifest, and so does everything that Genesys Cloud shows; every claim about the role is proved
    ");
    run(&stage, &APPLY).expect(0);
    run(&stage, &["plan", "--detailed-exitcode"]).expect(0);
    assert_eq!(all_writes(&stage).len(), 0);

    // The secret is rotated: no comparison shows it, and one command writes it under the same ID.
    keep(&stage, &values(ROTATED));
    run(&stage, &["drift"]).expect(0);
    run(&stage, &APPLY).expect(0);
    assert_eq!(only(&stage), (id.clone(), PASSWORD.to_owned()));
    assert_eq!(reads(&stage), 0);
    insta::assert_snapshot!(run(&stage, &REWRITE).whole(), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
      ~ update credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
          you asked for it
            "arn:aws:iam::123456789012:role/GenesysDataActionRole"
      ~ update integration configuration of GenesysDataActionRole
              },
              "name": "GenesysDataActionRole",
          -   "notes": "Managed by rolecall: role=arn:aws:iam::123456789012:role/GenesysDataActionRole credential=f3b8488c-368c-b0a6-72c4-7863a53f9962 written=[time]",
          -   "version": 2
          +   "notes": "Managed by rolecall: role=arn:aws:iam::123456789012:role/GenesysDataActionRole"
            }
      ~ update credential GenesysDataActionRole web services (rolecall 123456789012:GenesysDataActionRole)
          you asked for it
            {
              "type": "basicAuth",
              "values_of": "stock"
            }
      ~ update integration configuration of GenesysDataActionRole
              },
              "name": "GenesysDataActionRole",
          -   "notes": "Managed by rolecall: role=arn:aws:iam::123456789012:role/GenesysDataActionRole credential=3466e9a0-8391-4f64-0328-838413292df7 written=[time] secret=stock",
          -   "version": 2
          +   "notes": "Managed by rolecall: role=arn:aws:iam::123456789012:role/GenesysDataActionRole"
            }
    0 to create, 4 to change, 0 to delete.

    4 changes made.

    Result: 4 changes made
    -- stderr
      ✓ update credential GenesysDataActionRole (rolecall 123456789012:GenesysDataActionRole)
      ✓ update integration configuration of GenesysDataActionRole
      ✓ update credential GenesysDataActionRole web services (rolecall 123456789012:GenesysDataActionRole)
      ✓ update integration configuration of GenesysDataActionRole
    "#);
    assert_eq!(only(&stage), (id.clone(), ROTATED.to_owned()));
    run(&stage, &["drift"]).expect(0);

    // Somebody deletes it.
    change(&stage, |state| drop(state.genesys.credentials.remove(&id)));
    insta::assert_snapshot!(run(&stage, &["drift"]).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    2 differences; - expected by the manifest, + found.
    As it is in AWS
    Do this now
    Result: refuted: the credential of actions with a `url` differs (2 differences) (exit code 4)
    ");
    run(&stage, &APPLY).expect(0);
    let (again, password) = only(&stage);
    assert_eq!((again != id, password.as_str()), (true, ROTATED));
    assert_eq!(named(&stage), [("basicAuth".to_owned(), again)].into());
    run(&stage, &["drift"]).expect(0);

    run(&stage, &["destroy", "--yes"]).expect(0);
    assert!(stage.sandbox.state().genesys.credentials.is_empty());
    run(&stage, &["destroy", "--yes"]).expect(0);
}

#[test]
fn what_others_do_to_the_credential_is_drift_with_a_repair() {
    let by_others = |stage: &Stage, kind: &str| {
        let theirs = Credential {
            name: "Theirs".to_owned(),
            kind: kind.to_owned(),
            fields: [("userName".to_owned(), "them".to_owned())].into(),
            created: "2026-01-01T00:00:00.000Z".to_owned(),
            modified: "2026-01-01T00:00:00.000Z".to_owned(),
        };
        change(stage, |state| {
            let id = "7d1f6a52-0000-4000-8000-000000000001".to_owned();
            state.genesys.credentials.insert(id.clone(), theirs);
            let mut all = state.genesys.integrations.values_mut();
            let known = all.find(|it| it.kind == "custom-rest-actions").unwrap();
            known.configuration.credentials = [("basicAuth".to_owned(), id)].into();
        });
    };
    type Damage<'d> = &'d dyn Fn(&Stage);
    let cases: [(&str, Damage<'_>); 4] = [
        ("detached", &|stage| {
            change(stage, |state| {
                let mut all = state.genesys.integrations.values_mut();
                let known = all.find(|it| it.kind == "custom-rest-actions").unwrap();
                known.configuration.credentials.clear();
            });
        }),
        ("another one of the same type", &|stage| by_others(stage, "basicAuth")),
        ("one of another type", &|stage| by_others(stage, "userDefined")),
        ("changed", &|stage| {
            change(stage, |state| {
                for credential in state.genesys.credentials.values_mut().filter(|it| it.kind == "basicAuth") {
                    credential.fields.insert("password".to_owned(), "other".to_owned());
                    credential.modified = "2099-01-01T00:00:00.000Z".to_owned();
                }
            });
        }),
    ];
    let mut told = Vec::new();
    let stage = stage_of(SECTION);
    run(&stage, &APPLY).expect(0);
    let own = only(&stage);
    for (name, damage) in cases {
        damage(&stage);
        let drift = run(&stage, &["drift", "--output", "json"]).expect(4).json();
        for difference in drift["drift"].as_array().unwrap() {
            told.push(format!("{name}: {} {}", difference["consequence"], difference["effects"]));
        }
        run(&stage, &APPLY).expect(0);
        assert_eq!(named(&stage), [("basicAuth".to_owned(), own.0.clone())].into(), "{name}");
        change(&stage, |state| {
            state.genesys.credentials.retain(|_, it| it.name != "Theirs");
        });
        assert_eq!(only(&stage), own, "{name}");
        run(&stage, &["drift"]).expect(0);
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    detached: "credential-differs" ["the integration does not use the credential with the values that the manifest names"]
    another one of the same type: "credential-differs" ["the integration does not use the credential with the values that the manifest names"]
    one of another type: "credential-differs" ["the integration does not use the credential with the values that the manifest names"]
    changed: "credential-differs" ["its values may not be those that the manifest names"]
    changed: "notes" ["name or notes differ"]
    "#);
}

/// What another manifest says of the credential, and the writes that follow.
#[test]
fn another_secret_another_type_and_no_section_are_written_once() {
    let stage = stage_of(SECTION);
    run(&stage, &APPLY).expect(0);
    let (id, _) = only(&stage);
    all_writes(&stage);
    let arn = format!("arn:aws:secretsmanager:us-east-1:{CUSTOMER}:secret:stock-AbCdEf");
    let mut told = Vec::new();
    for section in [
        format!("credential = {{ type = \"basicAuth\", secret = \"{arn}\" }}"),
        format!("credential = {{ type = \"basicAuth\", secret = \"{arn}\", name = \"Stock\" }}"),
        format!("credential = {{ type = \"userDefined\", secret = \"{arn}\", name = \"Stock\" }}"),
        String::new(),
    ] {
        stage.write("rolecall.toml", &manifest_with(&section));
        let drift = run(&stage, &["drift"]);
        assert_ne!(drift.status, 0, "{section}");
        run(&stage, &APPLY).expect(0);
        told.push(format!("{section}: {:?}", all_writes(&stage)));
        run(&stage, &["drift"]).expect(0);
        run(&stage, &APPLY).expect(0);
        assert_eq!(all_writes(&stage), [] as [&str; 0]);
        match section.as_str() {
            "" => assert!(for_addresses(&stage).is_empty() && named(&stage).is_empty()),
            section => assert_eq!(only(&stage).0 == id, section.contains("basicAuth")),
        }
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    credential = { type = "basicAuth", secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:stock-AbCdEf" }: ["putIntegrationsCredential", "putIntegrationConfigCurrent"]
    credential = { type = "basicAuth", secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:stock-AbCdEf", name = "Stock" }: ["putIntegrationsCredential", "putIntegrationConfigCurrent"]
    credential = { type = "userDefined", secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:stock-AbCdEf", name = "Stock" }: ["postIntegrationsCredentials", "putIntegrationConfigCurrent", "deleteIntegrationsCredential"]
    : ["putIntegrationConfigCurrent", "deleteIntegrationsCredential"]
    "#);
}

/// Whatever is wrong with type or secret comes out before the first write, on both sides.
#[test]
fn what_cannot_become_a_credential_is_refused_before_the_first_write() {
    let of_type = |name: &str| format!("credential = {{ type = \"{name}\", secret_name = \"stock\" }}");
    let mut told = Vec::new();
    for (section, text) in [
        (of_type("amazonWebServicesARN"), values(PASSWORD)),
        (of_type("nonsense"), values(PASSWORD)),
        (of_type("basicAuth"), String::new()),
        (of_type("basicAuth"), PASSWORD.to_owned()),
        (of_type("basicAuth"), format!("{{\"password\": \"{PASSWORD}\", \"port\": 5432}}")),
        (of_type("basicAuth"), values("")),
        (of_type("basicAuth"), format!("{{\"username\": \"warehouse\", \"password\": \"{PASSWORD}\"}}")),
        (of_type("userDefined"), "{}".to_owned()),
    ] {
        let stage = stage_with(&manifest_with(&section), State::demo());
        keep(&stage, &text);
        let refused = run(&stage, &APPLY);
        told.push(refused.standard_error());
        assert_eq!(all_writes(&stage), [] as [&str; 0], "{section} {text}");
    }
    insta::assert_snapshot!(told.join("\n\n"), @"
    exit 2
    -- stderr
    error[E57]: nothing was changed: Genesys Cloud does not accept a credential of the type `amazonWebServicesARN` (`type` in [genesys.web_services.credential]) for an integration of the type `custom-rest-actions`; it accepts `basicAuth`, `userDefined`, `userDefinedOAuth`
    hint: choose one of these types; the fields of a credential are the texts of the secret's JSON object


    exit 2
    -- stderr
    error[E57]: nothing was changed: Genesys Cloud does not accept a credential of the type `nonsense` (`type` in [genesys.web_services.credential]) for an integration of the type `custom-rest-actions`; it accepts `basicAuth`, `userDefined`, `userDefinedOAuth`
    hint: choose one of these types; the fields of a credential are the texts of the secret's JSON object


    exit 1
    -- stderr
    error[E57]: nothing was changed in AWS or Genesys Cloud: cannot read the credential's values from the secret `stock`: secretsmanager:GetSecretValue failed: Secrets Manager can't find the specified secret. (ResourceNotFoundException, request [id])
    hint: create it, or correct its name in [genesys.web_services.credential]


    exit 1
    -- stderr
    error[E57]: nothing was changed in AWS or Genesys Cloud: the secret `stock` is not a JSON object with the fields of the credential
    hint: the secret must be a JSON object whose values are texts: each is the field of the credential that has its name


    exit 1
    -- stderr
    error[E57]: nothing was changed in AWS or Genesys Cloud: `port` in the secret `stock` is not a text; the fields of a credential are texts
    hint: the secret must be a JSON object whose values are texts: each is the field of the credential that has its name


    exit 1
    -- stderr
    error[E57]: nothing was changed in AWS or Genesys Cloud: `password` in the secret `stock` is empty
    hint: the secret must be a JSON object whose values are texts: each is the field of the credential that has its name


    exit 1
    -- stderr
    error[E57]: nothing was changed in AWS or Genesys Cloud: the secret `stock` has no `userName`, which a credential of the type `basicAuth` needs; it has `password`, `username`
    hint: the secret must be a JSON object whose values are texts: each is the field of the credential that has its name


    exit 1
    -- stderr
    error[E57]: nothing was changed in AWS or Genesys Cloud: the secret `stock` is a JSON object without fields
    hint: the secret must be a JSON object whose values are texts: each is the field of the credential that has its name
    ");
}

#[test]
fn a_secret_that_may_not_be_read_is_named_with_the_permission() {
    let stage = stage_of(SECTION);
    let rule = FaultRule {
        operation: "secretsmanager:GetSecretValue".to_owned(),
        skip: 0,
        times: None,
        fault: Fault::Deny,
    };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
    insta::assert_snapshot!(run(&stage, &APPLY).standard_error(), @"
    exit 1
    -- stderr
    error[E17]: nothing was changed in AWS or Genesys Cloud: cannot read the credential's values from the secret `stock`: secretsmanager:GetSecretValue failed: User: arn:aws:sts::123456789012:assumed-role/ci/rolecall is not authorized to perform: secretsmanager:GetSecretValue (AccessDeniedException, request [id])
    hint: allow the caller secretsmanager:GetSecretValue on it, and kms:Decrypt if it has a key of your own
    ");
    assert_eq!(all_writes(&stage), [] as [&str; 0]);
    // Whoever writes nothing needs no secret.
    run(&stage, &["plan"]).expect(0);
    stage.set(Faults::default());
    run(&stage, &APPLY).expect(0);
}

#[cfg(feature = "ssm")]
#[test]
fn a_secure_string_holds_the_values_too() {
    let stage = stage_of("credential = { type = \"basicAuth\", parameter = \"/rolecall/stock\" }");
    change(&stage, |state| {
        let account = state.accounts.get_mut(CUSTOMER).unwrap();
        let parameters = account.parameters.entry("us-east-1".to_owned()).or_default();
        let value = rolecall::sandbox::Parameter { value: values(ROTATED), is_secure: true, version: 1 };
        parameters.insert("/rolecall/stock".to_owned(), value);
    });
    run(&stage, &APPLY).expect(0);
    assert_eq!(only(&stage).1, ROTATED);
    run(&stage, &["drift"]).expect(0);
}

#[cfg(not(feature = "ssm"))]
#[test]
fn a_build_without_ssm_says_so_before_the_first_call() {
    let stage = stage_of("credential = { type = \"basicAuth\", parameter = \"/rolecall/stock\" }");
    let run = run(&stage, &APPLY).expect(2);
    let said = "[genesys.web_services.credential] names the parameter `/rolecall/stock`, and this rolecall was built without SSM";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert_eq!(stage.calls().len(), 0);
}

/// Both integrations in one run, whatever of it fails first: each has its own credential in the end, and no second one.
#[test]
fn two_integrations_of_one_run_keep_their_credentials_apart() {
    for skip in 0..8 {
        let stage = stage_of(SECTION);
        let rule =
            FaultRule { operation: "genesys:*".to_owned(), skip: 0, times: Some(1), fault: Fault::Deny };
        let rules = ["postIntegrationsCredentials", "putIntegrationConfigCurrent"].map(|name| FaultRule {
            operation: format!("genesys:{name}"),
            skip: skip % 4,
            ..rule.clone()
        });
        let rules = rules.into_iter().skip(usize::from(skip > 3)).take(1).collect();
        stage.set(Faults { rules, ..Faults::default() });
        let first = run(&stage, &APPLY);
        stage.set(Faults::default());
        run(&stage, &APPLY).expect(0);
        let state = stage.sandbox.state().genesys.clone();
        assert_eq!(state.credentials.len(), 2, "{skip} {}", first.stderr);
        let made = state.integrations.values().filter(|it| it.kind != "purecloud-data-actions");
        assert_eq!(made.clone().count(), 2, "{skip}");
        for integration in made {
            let named: Vec<_> = integration.configuration.credentials.iter().collect();
            let (key, kind) = match integration.kind.as_str() {
                "aws-lambda-data-actions" => ("AmazonWebServicesARN", "amazonWebServicesARN"),
                _ => ("basicAuth", "basicAuth"),
            };
            let [(found, id)] = named.as_slice() else { panic!("{named:?}") };
            assert_eq!((found.as_str(), state.credentials[*id].kind.as_str()), (key, kind), "{skip}");
        }
        run(&stage, &["drift"]).expect(0);
        run(&stage, &["destroy", "--yes"]).expect(0);
        assert!(stage.sandbox.state().genesys.credentials.is_empty());
    }
}

/// A reviewed plan names the secret; what is written is what the secret holds then.
#[test]
fn a_saved_plan_holds_no_value() {
    let stage = stage_of(SECTION);
    run(&stage, &["plan", "--out", "plan.json"]).expect(0);
    let saved = std::fs::read_to_string(stage.folder.path().join("plan.json")).unwrap();
    assert!(
        saved.contains("values_of") && !saved.contains(PASSWORD) && !saved.contains("warehouse"),
        "{saved}"
    );
    keep(&stage, &values(ROTATED));
    run(&stage, &["apply", "plan.json", "--yes", "--level", "paper"]).expect(0);
    assert_eq!(only(&stage).1, ROTATED);
}

/// What administrators gave the integration comes back when the section goes.
#[test]
fn the_credential_of_administrators_is_replaced_and_put_back() {
    let stage = stage_of("");
    run(&stage, &APPLY).expect(0);
    let theirs = "7d1f6a52-0000-4000-8000-000000000001".to_owned();
    change(&stage, |state| {
        let credential = Credential {
            name: "Theirs".to_owned(),
            kind: "userDefined".to_owned(),
            fields: BTreeMap::new(),
            created: "2026-01-01T00:00:00.000Z".to_owned(),
            modified: "2026-01-01T00:00:00.000Z".to_owned(),
        };
        state.genesys.credentials.insert(theirs.clone(), credential);
        let mut all = state.genesys.integrations.values_mut();
        let known = all.find(|it| it.kind == "custom-rest-actions").unwrap();
        known.configuration.credentials = [("basicAuth".to_owned(), theirs.clone())].into();
    });
    run(&stage, &["drift"]).expect(0);
    stage.write("rolecall.toml", &manifest_with(SECTION));
    run(&stage, &APPLY).expect(0);
    assert_eq!(for_addresses(&stage).len(), 2);
    assert_ne!(named(&stage)["basicAuth"], theirs);
    run(&stage, &["drift"]).expect(0);
    stage.write("rolecall.toml", &manifest_with(""));
    run(&stage, &APPLY).expect(0);
    assert_eq!(named(&stage)["basicAuth"], theirs);
    assert_eq!(for_addresses(&stage).into_keys().collect::<Vec<_>>(), [theirs]);
    run(&stage, &["drift"]).expect(0);
}

/// Another tool makes it: whether it is there and of which type is compared, and its values are nobody's business.
#[test]
fn the_credential_of_another_tool_is_compared_by_its_type() {
    let stage = stage_of(SECTION);
    run(&stage, &APPLY).expect(0);
    let elsewhere = |section: &str| {
        let text = manifest_with(section);
        text.replace("[genesys]\n", "[genesys]\nmanaged_by = \"terraform\"\n")
    };
    stage.write("rolecall.toml", &elsewhere(SECTION));
    stage.calls();
    insta::assert_snapshot!(run(&stage, &["drift"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Genesys Cloud is managed by Terraform; rolecall writes nothing there
    No changes: AWS matches the manifest, and Genesys Cloud shows nothing that contradicts it.
    As it is in AWS
    Result: AWS matches the manifest, and Genesys Cloud shows nothing that contradicts it; every claim about the role is proved
    ");
    assert_eq!(reads(&stage), 0);
    let differences = |stage: &Stage| {
        let drift = run(stage, &["drift", "--output", "json"]).expect(4).json();
        let of = |it: &Value| {
            let (effects, expected, actual) = (&it["effects"], &it["expected"], &it["actual"]);
            format!("{} of {}: {effects} {expected} {actual}", it["consequence"], it["resource"])
        };
        drift["drift"].as_array().unwrap().iter().map(of).collect::<Vec<_>>().join("\n")
    };
    stage.write("rolecall.toml", &elsewhere(&SECTION.replace("basicAuth", "userDefined")));
    insta::assert_snapshot!(differences(&stage), @r#""credential-differs" of "GenesysDataActionRole web services (rolecall 123456789012:GenesysDataActionRole)": ["the credential has a different type"] "userDefined" "basicAuth""#);
    change(&stage, |state| state.genesys.credentials.retain(|_, it| it.kind == "amazonWebServicesARN"));
    insta::assert_snapshot!(differences(&stage), @r#""credential-differs" of "GenesysDataActionRole": ["the integration names the credential 3466e9a0-8391-4f64-0328-838413292df7, which Genesys Cloud does not find"] "userDefined" null"#);
    change(&stage, |state| {
        for known in state.genesys.integrations.values_mut().filter(|it| it.kind == "custom-rest-actions") {
            known.configuration.credentials.clear();
        }
    });
    insta::assert_snapshot!(differences(&stage), @r#""credential-differs" of "GenesysDataActionRole": ["the integration names no credential"] "userDefined" null"#);
    assert_eq!(all_writes(&stage), [] as [&str; 0]);
}

/// What is described is compared with what is there; the credential is named, and not what is in it.
#[test]
fn init_describes_the_actions_and_names_the_credential() {
    let stage = stage_of(SECTION);
    // A probe principal is trusted only where the manifest says so.
    let text = manifest_with(SECTION);
    let (before, rest) = text.split_once("\n[verify]").unwrap();
    stage.write("rolecall.toml", &format!("{before}\n{}", &rest[rest.find("[[action]]").unwrap()..]));
    run(&stage, &APPLY).expect(0);
    stage.calls();
    let init = |folder: &str, options: &[&str]| {
        let file = format!("{folder}/rolecall.toml");
        let init = ["init", "--from-genesys", "--genesys-region", "us-east-1", "--from-role", ROLE];
        let run = run(&stage, &[&init as &[&str], &["--file", &file], options].concat()).expect(0);
        let text = std::fs::read_to_string(stage.folder.path().join(&file)).unwrap();
        let drift = self::run(&stage, &["drift", "--file", &file]);
        assert_eq!(drift.status, 0, "{}", drift.whole());
        (run.standard_error(), text)
    };
    let (said, text) = init("all", &[]);
    insta::assert_snapshot!(said, @"
    exit 0
    -- stderr
    the external ID is the ID of the organization Contact Centre (sandbox), read from Genesys Cloud: 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
    warning: rolecall made or took over integration GenesysDataActionRole for the role `arn:aws:iam::123456789012:role/GenesysDataActionRole`; while `managed_by` is in [genesys], rolecall does not write it
    warning: integration GenesysDataActionRole (db01602b-100b-9ed7-326e-1697770f33e8) uses the credential GenesysDataActionRole web services (rolecall 123456789012:GenesysDataActionRole) (3466e9a0-8391-4f64-0328-838413292df7) of the type `basicAuth`; its values cannot be read: if rolecall is to make it, keep them in a secret, and name the secret in [genesys.web_services.credential]
    hint: `rolecall drift --file all/rolecall.toml` compares the manifest with what is there
    ");
    insta::assert_snapshot!(text.split_once("Get stock").unwrap().1, @r#"
    "
    category = "Orders"
    url = "https://api.example.com/stock/${input.orderNumber}"
    method = "POST"
    headers = { Authorization = "${credentials.basicAuth}" }
    input_schema = "schemas/get-stock-request.json"
    output_schema = "schemas/get-stock-response.json"
    timeout_seconds = 60
    "#);
    let (_, text) = init("one", &["--integration", ROLE]);
    assert!(text.contains(ACTION) && !text.contains("Get stock"), "{text}");
    assert_eq!(all_writes(&stage), [] as [&str; 0]);
}

/// The values stand in Terraform's state, and not in what is rendered.
#[test]
fn terraform_reads_the_secret_itself() {
    let arn = format!("arn:aws:secretsmanager:us-east-1:{CUSTOMER}:secret:stock-AbCdEf");
    let mut told = String::new();
    for source in [format!("secret = \"{arn}\""), "parameter = \"/stock\"".to_owned()] {
        let stage = stage_of(&format!("credential = {{ type = \"userDefined\", {source} }}"));
        let render = ["render", "--format", "terraform", "--account", CUSTOMER, "--region", "us-east-1"];
        let run = run(&stage, &render).expect(0);
        let rendered = run.json();
        let of = |kind: &str| rendered["resource"][kind]["web_services_data_actions"].clone();
        told += &format!(
            "{}\n{}\n{}\n{}\n",
            rendered["data"],
            of("genesyscloud_integration_credential"),
            of("genesyscloud_integration")["config"],
            run.stderr.lines().find(|line| line.contains("state")).unwrap()
        );
    }
    insta::assert_snapshot!(told, @r#"
    {"aws_secretsmanager_secret_version":{"web_services_credential":{"secret_id":"arn:aws:secretsmanager:us-east-1:123456789012:secret:stock-AbCdEf"}}}
    {"name":"GenesysDataActionRole web services","credential_type_name":"userDefined","fields":"${jsondecode(data.aws_secretsmanager_secret_version.web_services_credential.secret_string)}"}
    [{"name":"GenesysDataActionRole","credentials":{"basicAuth":"${genesyscloud_integration_credential.web_services_data_actions.id}"}}]
    warning: the configuration makes a credential of the secret that [genesys.web_services.credential] names: Terraform reads the secret and keeps its values in the state, so protect the state as you protect the secret
    {"aws_ssm_parameter":{"web_services_credential":{"name":"/stock"}}}
    {"name":"GenesysDataActionRole web services","credential_type_name":"userDefined","fields":"${jsondecode(data.aws_ssm_parameter.web_services_credential.value)}"}
    [{"name":"GenesysDataActionRole","credentials":{"basicAuth":"${genesyscloud_integration_credential.web_services_data_actions.id}"}}]
    warning: the configuration makes a credential of the secret that [genesys.web_services.credential] names: Terraform reads the secret and keeps its values in the state, so protect the state as you protect the secret
    "#);
}

/// Whoever has no credentials for AWS cannot have the secret either; without one, AWS is not asked.
#[test]
fn connecting_with_the_role_named_reads_the_secret_only_to_write_it() {
    let stage = stage_of(SECTION);
    let role = format!("arn:aws:iam::{CUSTOMER}:role/{ROLE}");
    let connect = ["genesys", "connect", "--role-arn", &role, "--yes"];
    run(&stage, &connect).expect(0);
    assert_eq!(only(&stage).1, PASSWORD);
    assert_eq!(reads(&stage), 1);
    run(&stage, &connect).expect(0);
    assert_eq!(stage.calls().iter().filter(|call| call.service != "genesys").count(), 0);
    let again = ["genesys", "connect", "--role-arn", &role, "--rewrite-credential", "--yes"];
    keep(&stage, &values(ROTATED));
    run(&stage, &again).expect(0);
    assert_eq!(only(&stage).1, ROTATED);
}

//! A role for another vendor than Genesys: its whole life, in every format, without a word about Genesys Cloud.

use rolecall::sandbox::{State, Tamper};
use serde_json::Value;

use super::stage::{EXTERNAL_ID, Run, Stage};

const ROLE: &str = "DatadogInvokeRole";

/// A stage with the manifest that `init` writes; the sandbox's caller may knock.
fn stage() -> Stage {
    let stage = Stage::with("", State::demo());
    let run = quiet(stage.run(&[
        "init",
        "--force",
        "--vendor",
        "Datadog",
        "--vendor-account",
        "464622532012",
        "--external-id",
        EXTERNAL_ID,
        "--external-id-chosen-by",
        "vendor",
        "--role",
        ROLE,
        "--target",
        "my-genesys-trigger-function",
    ]));
    run.expect(0);
    let text = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    stage.write(
        "rolecall.toml",
        &format!("{text}\n[verify]\nprobe_principal = \"arn:aws:iam::123456789012:role/ci\"\n"),
    );
    stage
}

/// The run, once nothing that it printed names Genesys. The function of the sandbox has the word in its name, in lower case.
#[track_caller]
fn quiet(run: Run) -> Run {
    for word in ["Genesys", "genesys_", "data action", "organization's ID", "OAuth"] {
        assert!(!run.stdout.contains(word), "{word}:\n{}", run.stdout);
        assert!(!run.stderr.contains(word), "{word}:\n{}", run.stderr);
    }
    run
}

/// The command in every format; the exit code is the same in each.
#[track_caller]
fn in_every_format(stage: &Stage, command: &[&str], status: i32) {
    for format in ["human", "json", "markdown", "sarif", "html", "junit", "github"] {
        quiet(stage.run(&[command, &["--output", format]].concat())).expect(status);
    }
}

fn tamper(stage: &Stage, kind: Tamper) {
    stage.sandbox.change(|state| kind.apply(state, ROLE)).unwrap().unwrap();
}

/// The role's own account is no vendor, and a principal of another account that probes the role is one more that gets in.
#[test]
fn an_account_in_the_wrong_place_is_told() {
    let stage = stage();
    let path = stage.folder.path().join("rolecall.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let changed =
        text.replace("464622532012", "123456789012").replace("123456789012:role/ci", "464622532012:role/ci");
    std::fs::write(&path, changed).unwrap();
    let run = stage.run(&["plan"]).expect(0);
    let told = run.stdout.lines().filter(|line| line.contains("T24") || line.contains("probe_principal"));
    insta::assert_snapshot!(told.map(str::trim).collect::<Vec<_>>().join("\n"), @"
    warning    T24 (statement 1 of the trust policy): any principal of the role's own account 123456789012 can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
    note: `probe_principal` is in another account than the role (123456789012): whoever can act as `arn:aws:iam::464622532012:role/ci` can assume this role with the external ID, and who that is that account decides
    ");
}

#[test]
fn the_whole_life_of_the_role_is_about_the_vendor() {
    let stage = stage();
    in_every_format(&stage, &["plan"], 0);
    in_every_format(&stage, &["verify"], 4);
    in_every_format(&stage, &["drift"], 4);
    let applied = quiet(stage.run(&["apply", "--yes"])).expect(0);
    insta::assert_snapshot!(applied.stdout.split("\nVerification").next().unwrap().split("  + ").next().unwrap(), @"
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/DatadogInvokeRole (does not exist yet)
      trusted     arn:aws:iam::464622532012:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      vendor      Datadog, from account 464622532012
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
    ");
    in_every_format(&stage, &["apply", "--yes"], 0);
    in_every_format(&stage, &["verify", "--level", "live"], 0);
    in_every_format(&stage, &["verify", "--level", "twin"], 0);
    in_every_format(&stage, &["drift"], 0);
    for kind in [Tamper::TrustNoCondition, Tamper::PolicyWidened, Tamper::PolicyDetached, Tamper::MaxSession]
    {
        tamper(&stage, kind);
        let status = if kind == Tamper::MaxSession { 3 } else { 4 };
        in_every_format(&stage, &["drift"], status);
        in_every_format(&stage, &["plan"], 0);
        quiet(stage.run(&["verify"]));
        quiet(stage.run(&["apply", "--yes"])).expect(0);
        quiet(stage.run(&["drift"])).expect(0);
    }
    quiet(stage.run(&["destroy", "--yes"])).expect(0);
    quiet(stage.run(&["destroy", "--yes", "--output", "json"])).expect(0);
    assert!(!stage.sandbox.state().accounts["123456789012"].roles.contains_key(&ROLE.to_lowercase()));
}

#[test]
fn a_report_says_what_nobody_can_check_of_the_external_id() {
    let stage = stage();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let text = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    let line = "external_id_chosen_by = \"vendor\"\n";
    for (written, said) in [
        (line, "(Datadog chose the external ID)"),
        ("external_id_chosen_by = \"us\"\n", "(you chose the external ID)"),
        ("", "(the manifest does not say who chose the external ID)"),
    ] {
        stage.write("rolecall.toml", &text.replace(line, written));
        for format in ["human", "json", "markdown", "html"] {
            let run = quiet(stage.run(&["verify", "--level", "paper", "--output", format])).expect(0);
            let sentence =
                "rolecall cannot check whether another customer of Datadog can use the same external ID";
            assert!(run.stdout.contains(sentence) && run.stdout.contains(said), "{said}:\n{}", run.stdout);
        }
    }
}

#[test]
fn an_external_id_that_you_chose_and_that_is_easy_to_guess_is_a_warning() {
    let stage = stage();
    let text = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    let text = text.replace("\"vendor\"", "\"us\"").replace(EXTERNAL_ID, "acme-production");
    stage.write("rolecall.toml", &text);
    let run = quiet(stage.run(&["plan"]));
    insta::assert_snapshot!(run.stderr, @r#"
    warning: rolecall.toml:10:15: this external ID is easy to guess (it looks like a name), and you chose it: another customer of Datadog who states the same external ID may reach the role through Datadog; use a random UUID, or an external ID that Datadog generates for you alone
       |
    10 | external_id = "acme-production"
       |               ^^^^^^^^^^^^^^^^^
    "#);
    assert!(run.stdout.contains("T20"), "{}", run.stdout);
}

/// Each of these is about Genesys Cloud, and says so at once.
#[test]
fn commands_about_genesys_cloud_are_refused() {
    let stage = stage();
    let mut said = String::new();
    for command in [
        &["genesys", "whoami"][..],
        &["genesys", "action", "list"],
        &["genesys", "connect", "--yes"],
        &["genesys", "metrics"],
        &["genesys", "action", "check", "Get order"],
        &["genesys", "audit"],
        &["handover", "write", "--from", "aws"],
        &["verify", "--level", "genesys", "--yes"],
        &["verify", "--explain-error", "AccessDenied"],
    ] {
        let run = stage.run_client(command);
        said += &format!("=== {} (exit {})\n{}{}", command.join(" "), run.status, run.stdout, run.stderr);
    }
    insta::assert_snapshot!(said, @"
    === genesys whoami (exit 2)
    error[E1]: this is about Genesys Cloud, but the manifest is for Datadog
    hint: with this manifest, use `rolecall plan`, `apply`, `verify`, `drift` and `destroy`; for Genesys Cloud, name a manifest with [genesys] (--file)
    === genesys action list (exit 2)
    error[E1]: this is about Genesys Cloud, but the manifest is for Datadog
    hint: with this manifest, use `rolecall plan`, `apply`, `verify`, `drift` and `destroy`; for Genesys Cloud, name a manifest with [genesys] (--file)
    === genesys connect --yes (exit 2)
    error[E1]: this is about Genesys Cloud, but the manifest is for Datadog
    hint: with this manifest, use `rolecall plan`, `apply`, `verify`, `drift` and `destroy`; for Genesys Cloud, name a manifest with [genesys] (--file)
    === genesys metrics (exit 2)
    error[E1]: this is about Genesys Cloud, but the manifest is for Datadog
    hint: with this manifest, use `rolecall plan`, `apply`, `verify`, `drift` and `destroy`; for Genesys Cloud, name a manifest with [genesys] (--file)
    === genesys action check Get order (exit 2)
    error[E1]: this is about Genesys Cloud, but the manifest is for Datadog
    hint: with this manifest, use `rolecall plan`, `apply`, `verify`, `drift` and `destroy`; for Genesys Cloud, name a manifest with [genesys] (--file)
    === genesys audit (exit 2)
    error[E1]: this is about Genesys Cloud, but the manifest is for Datadog
    hint: with this manifest, use `rolecall plan`, `apply`, `verify`, `drift` and `destroy`; for Genesys Cloud, name a manifest with [genesys] (--file)
    === handover write --from aws (exit 2)
    error[E1]: this is about Genesys Cloud, but the manifest is for Datadog
    hint: with this manifest, use `rolecall plan`, `apply`, `verify`, `drift` and `destroy`; for Genesys Cloud, name a manifest with [genesys] (--file)
    === verify --level genesys --yes (exit 2)
    error[E1]: this is about Genesys Cloud, but the manifest is for Datadog
    hint: with this manifest, use `rolecall plan`, `apply`, `verify`, `drift` and `destroy`; for Genesys Cloud, name a manifest with [genesys] (--file)
    === verify --explain-error AccessDenied (exit 2)
    error[E1]: rolecall does not know the errors of Datadog, which the manifest is for
    hint: `rolecall verify --level twin` asks AWS whether a caller in the place of the vendor gets in, and what a session can do
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
}

/// What goes wrong is told about AWS alone.
#[test]
fn errors_and_checks_do_not_speak_of_genesys_cloud() {
    let stage = stage();
    let mut command = stage.command(&["plan"]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env_remove("AWS_SESSION_TOKEN");
    let run = quiet(Run::from(command.output().unwrap()));
    // Which of the reads fails first is not decided.
    let hint = run.stderr.lines().last().unwrap_or_default();
    insta::assert_snapshot!(hint, @"
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account
    ");
    quiet(stage.run_client(&["doctor"])).expect(0);
    quiet(stage.run(&["doctor", "--json"])).expect(0);
    quiet(stage.run(&["drift", "--with-metrics"]));
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    tamper(&stage, Tamper::ExtraInlinePolicy);
    tamper(&stage, Tamper::PolicyWidened);
    let unproved = quiet(stage.run(&["apply", "--yes"])).expect(4);
    insta::assert_snapshot!(unproved.stderr, @"
    error[E44]: nothing was changed in AWS: apply refuses this plan; these checks would not pass after it:
      only-targets (refuted): a session can do nothing but invoke the target functions: a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of inline policy `sneaky` allows it
    hint: remove the foreign policies from the role (--remove-foreign), or correct the template or the manifest; use `--allow-claim only-targets` to apply anyway
    ");
    quiet(stage.run(&["apply", "--yes", "--output", "json"])).expect(4);
    // A role of that name that somebody else made: the plan is refused.
    tamper(&stage, Tamper::TagRemoved);
    let refused = quiet(stage.run(&["apply", "--yes"]));
    insta::assert_snapshot!(refused.stderr, @"
    error[E35]: nothing was changed: role `arn:aws:iam::123456789012:role/DatadogInvokeRole` exists and was not made by rolecall
    hint: choose another role name, or use --adopt to take the role over (`rolecall plan --adopt` shows what would change); if another tool such as Terraform keeps managing the role, name it in `managed_by` in [role]
    ");
}

#[test]
fn what_other_tools_read_names_the_vendor() {
    let stage = stage();
    for format in ["policies", "terraform", "cloudformation"] {
        let format: &[&str] = if format == "policies" { &[] } else { &["--format", format] };
        let run =
            stage.run(&[&["render", "--account", "123456789012", "--region", "us-east-1"], format].concat());
        assert!(!run.stdout.contains("Genesys") && !run.stderr.contains("Genesys"), "{run:?}");
        assert_eq!(run.status, 0, "{run:?}");
    }
    let run = stage.run(&[
        "render",
        "--account",
        "123456789012",
        "--region",
        "us-east-1",
        "--format",
        "cloudformation",
    ]);
    let template = run.json();
    assert_eq!(template["Description"], "The role that Datadog assumes to invoke Lambda functions");
    assert_eq!(
        template["Resources"]["Role"]["Properties"]["Description"],
        "Assumed by Datadog to invoke Lambda functions."
    );
}

#[test]
fn a_fleet_of_vendors_does_not_speak_of_genesys_cloud() {
    let stage = stage();
    let text = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    stage.write("other.toml", &text.replace("Datadog", "Acme").replace("464622532012", "111122223333"));
    let both = ["--file", "rolecall.toml", "--file", "other.toml"];
    quiet(stage.run(&[&["apply", "--yes", "--level", "paper"], &both[..]].concat())).expect(0);
    tamper(&stage, Tamper::TrustNoCondition);
    for command in ["plan", "verify", "drift"] {
        for format in ["human", "json", "markdown", "sarif", "html"] {
            quiet(stage.run(&[&[command, "--output", format], &both[..]].concat()));
        }
    }
    let drift = stage.run(&[&["drift"], &both[..]].concat()).expect(4);
    let tally: String =
        drift.stdout.lines().filter(|line| line.contains('×')).map(|line| format!("{line}\n")).collect();
    insta::assert_snapshot!(tally, @"
    1 × done; in sync; proved (exit code 0)
    1 × refuted: a caller can, or after the plan could, do what the manifest does not allow; or whoever must be able to use the role cannot (exit code 4)
    ");
}

/// The roll call expects the vendor's account with the external ID of the manifest.
#[test]
fn the_roll_call_expects_the_vendor() {
    let stage = stage();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let run = stage.run(&["audit", "--file", "rolecall.toml", "--output", "json"]);
    let report = run.json();
    let is_role = |role: &&Value| role["arn"].as_str().is_some_and(|arn| arn.ends_with(ROLE));
    let role = report["roles"].as_array().unwrap().iter().find(is_role);
    insta::assert_snapshot!(serde_json::to_string_pretty(&role).unwrap(), @r#"
    {
      "arn": "arn:aws:iam::123456789012:role/DatadogInvokeRole",
      "standing": "closed",
      "ways": [
        {
          "outsider": "account 464622532012",
          "kind": "account",
          "id": "account 464622532012",
          "vendor": "Datadog",
          "vendor_source": "https://docs.datadoghq.com/integrations/guide/aws-manual-setup/",
          "principals": [
            "the whole account"
          ],
          "guard": "external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`",
          "standing": "closed",
          "statements": [
            {
              "number": 1,
              "conditions": [
                "sts:ExternalId StringEquals 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
              ]
            }
          ]
        }
      ],
      "reach": {
        "certain": "data",
        "possible": "data",
        "words": "data: lambda",
        "data": [
          {
            "action": "lambda:InvokeFunction",
            "resources": [
              "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
            ]
          }
        ]
      }
    }
    "#);
    // The manifest names an account that the list of known accounts does not have.
    let text = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    stage.write(
        "rolecall.toml",
        &text.replace("\"Datadog\"", "\"Acme\"").replace("464622532012", "111122223333"),
    );
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let report = stage.run(&["audit", "--file", "rolecall.toml", "--output", "json"]).json();
    let role = report["roles"].as_array().unwrap().iter().find(is_role).unwrap();
    assert_eq!(role["ways"][0]["vendor"], "Acme");
}

//! Names and messages of others steer nothing: neither a terminal, nor a log, nor a CI runner, nor Markdown.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rolecall::sandbox::State;
use rolecall_model::shown::steers;

use super::genesys::applied;
use super::hostile::{Answer, Hostile};
use super::stage::{ROLE, Run, Stage};
use crate::commands::rolecall_reading;

/// What stands at the start of a forged line.
const FORGED: &str = "FORGED";
const NAMES: [&str; 12] = [
    "Orders",
    "\nFORGED: proved",
    "\r\nFORGED",
    "\n::error title=FORGED::",
    "::error::x",
    " ##[error]x ##vso[task.complete]",
    "\u{9b}31m\u{85}",
    "\u{202e}gnp.exe\u{2066}\u{200b}\u{61c}",
    "</summary><script>",
    "`|[a](b)@all",
    "\u{7f}\u{feff}\u{2028}FORGED",
    "%0A::warning::x",
];

/// Everything that no output may have, whatever the names are.
#[track_caller]
fn check(run: &Run, arguments: &[&str], name: &str) {
    let is_github = arguments.contains(&"github");
    for (text, are_commands) in [(&run.stdout, is_github), (&run.stderr, false)] {
        let what = format!("{arguments:?} with {name:?}:\n{}", text.escape_debug());
        let steering = text.chars().find(|character| steers(*character) && !"\n\t".contains(*character));
        assert_eq!(steering, None, "{what}");
        assert!(!text.contains("##[") && !text.contains("##vso["), "{what}");
        for line in text.lines() {
            let line = line.trim_start();
            // A line end in the source of a page is white space to whoever reads it.
            assert!(!line.starts_with(FORGED) || arguments.contains(&"html"), "{line} in {what}");
            let is_own = ["::error ", "::warning ", "::notice "].iter().any(|own| line.starts_with(own))
                && !line.starts_with("::error title=FORGED");
            assert!(!line.starts_with("::") || (are_commands && is_own), "{line} in {what}");
        }
        if arguments.contains(&"markdown") {
            // What stands between fences is no markup.
            for line in text.lines().filter(|line| line.starts_with("<details>")) {
                assert!(line.ends_with("</summary>") && line.matches("</summary>").count() == 1, "{what}");
            }
        }
    }
    if arguments.contains(&"json") || arguments.contains(&"sarif") {
        run.json();
    }
}

/// A stage on which everything that others name has this name.
fn stage_of(name: &str) -> Stage {
    let stage = applied();
    // What XML carries of a name.
    let in_xml: String =
        name.chars().filter(|it| !it.is_control() || *it == '\n' || *it > '\u{7f}').collect();
    let change = |state: &mut State| {
        state.genesys.organization.name = name.to_owned();
        for client in state.genesys.clients.values_mut() {
            client.name = name.to_owned();
        }
        for action in state.genesys.actions.clone().into_values() {
            let mut foreign = action.clone();
            let revisions = [&mut foreign.published, &mut foreign.draft].into_iter().flatten();
            revisions.for_each(|revision| {
                revision.name = name.to_owned();
                revision.category = name.to_owned();
            });
            state.genesys.actions.insert("foreign".to_owned(), foreign);
        }
        for integration in state.genesys.integrations.values_mut() {
            integration.configuration.name = name.to_owned();
            integration.configuration.notes.insert_str(0, &format!("{name}\n"));
        }
        for entry in &mut state.genesys.audits {
            entry.entity_name = name.to_owned();
        }
        let account = state.accounts.get_mut("123456789012").unwrap();
        let role = account.roles.get_mut(&ROLE.to_lowercase()).unwrap();
        role.description = Some(in_xml.clone());
        role.tags.set(&in_xml, &in_xml);
        let document = serde_json::json!({"Version": "2012-10-17", "Statement": {
            "Sid": name, "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}});
        role.permissions.inline.insert(in_xml.clone(), document.to_string());
    };
    stage.sandbox.change(change).unwrap();
    stage
}

#[test]
fn no_name_steers_what_reads_an_output() {
    let names = prop::collection::vec(prop::sample::select(NAMES.to_vec()), 2..7).prop_map(|it| it.concat());
    let config = Config { cases: 3, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let all = NAMES.concat();
    look_at_everything(&all);
    TestRunner::new(config)
        .run(&names, |name| {
            look_at_everything(&name);
            Ok(())
        })
        .unwrap();
}

fn look_at_everything(name: &str) {
    let stage = stage_of(name);
    let reports = ["human", "json", "sarif", "junit", "github", "markdown", "html"];
    let plain: [(&[&str], &[&str]); 8] = [
        (&["plan"], &reports),
        (&["plan", "--remove-foreign", "--adopt"], &["human", "github"]),
        (&["drift"], &reports),
        (&["verify", "--level", "paper"], &reports),
        (&["genesys", "whoami"], &["human", "json", "markdown"]),
        (&["genesys", "action", "list"], &["human", "json"]),
        (&["genesys", "audit"], &["human", "json", "markdown", "csv"]),
        (&["destroy", "--yes"], &["human"]),
    ];
    for (command, outputs) in plain {
        for output in outputs {
            let arguments = [command, &["--output", output]].concat();
            check(&stage.run_client(&arguments), &arguments, name);
        }
    }
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": {
        "Sid": name, "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
        "Condition": {"StringLike": {"sts:ExternalId": format!("{name}*"), format!("aws:{name}"): name}}}});
    for output in ["human", "json"] {
        let arguments = ["prove", "-", "--output", output];
        check(&rolecall_reading(policy.to_string(), &arguments), &arguments, name);
    }
}

#[test]
fn no_message_of_a_service_steers_what_reads_an_output() {
    const MESSAGE: &str = "no\u{1b}[2J\n::error::FORGED\u{9b}31m\u{202e}";
    let stage = applied();
    let url = stage.sandbox.endpoint_url();
    let denied = Answer::Denied("text/xml", || {
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no&#10;::error::FORGED\u{9b}31m\u{202e}\
         </Message></Error><RequestId>r\u{202e}</RequestId></ErrorResponse>"
            .to_owned()
    });
    let garbled = Answer::Page("application/json", |_| MESSAGE.to_owned());
    let refused = Answer::Denied("application/json", || {
        serde_json::json!({"message": MESSAGE, "code": MESSAGE}).to_string()
    });
    for (texts, answer) in [
        (&["Action=GetRole&"][..], denied),
        (&["/api/v2/integrations"], garbled),
        (&["/api/v2/integrations"], refused),
    ] {
        let hostile = Hostile::before(&url, texts, answer);
        for output in ["human", "json", "github", "markdown", "junit"] {
            let arguments = ["plan", "--output", output];
            let mut command = stage.client_command(&arguments);
            command.env("AWS_ENDPOINT_URL", &hostile.url).env("GENESYSCLOUD_REGION", &hostile.url);
            let run: Run = command.output().unwrap().into();
            check(&run.expect(1), &arguments, MESSAGE);
        }
        assert!(hostile.hits() > 0);
    }
}

#[test]
fn a_hostile_name_is_shown_as_it_is_written() {
    let stage = stage_of("Orders\u{1b}[2J\n::error::\u{202e}x");
    let run = stage.run_client(&["genesys", "action", "list"]).expect(0);
    let line = run.stdout.lines().find(|line| line.contains("x  [")).unwrap();
    insta::assert_snapshot!(line, @r"  Orders\u001b[2J\n::error::\u202ex  [Orders\u001b[2J\n::error::\u202ex]  foreign  version 1");
    let run = stage.run_client(&["genesys", "whoami"]);
    insta::assert_snapshot!(run.stdout.lines().next().unwrap(), @r"Orders\u001b[2J\n::error::\u202ex (contact-centre)");
}

//! A run that is cut at a write, or answered by somebody who is not Genesys Cloud: whatever is left of rolecall's, the next run
//! finds; whatever is not rolecall's, it leaves alone; and nothing counts as gone that was not looked for.

use rolecall::sandbox::{Fault, FaultRule, Faults, State};
use serde_json::json;

use super::stage::{ONE_TARGET, ROLE, Run, Stage, manifest};

const DELETIONS: [&str; 3] =
    ["deleteIntegrationsAction", "deleteIntegration", "deleteIntegrationsCredential"];

fn stage() -> Stage {
    let action = "[[action]]\nname = \"Get order\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
         input_schema = \"request.json\"\noutput_schema = \"response.json\"\n";
    let stage = Stage::with(&format!("{}\n{action}", manifest(ONE_TARGET)), State::demo());
    for name in ["request.json", "response.json"] {
        let schema = json!({"type": "object", "properties": {"orderNumber": {"type": "string"}}});
        stage.write(name, &schema.to_string());
    }
    stage
}

fn applied() -> Stage {
    let stage = stage();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    stage
}

fn breaks(stage: &Stage, operation: &str, times: Option<u32>, fault: Fault) {
    let rule = FaultRule { operation: format!("genesys:{operation}"), skip: 0, times, fault };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
}

fn destroy(stage: &Stage) -> Run {
    stage.run_client(&["destroy", "--yes", "--deadline", "8"])
}

fn has_role(stage: &Stage) -> bool {
    stage.sandbox.state().accounts["123456789012"].roles.contains_key(&ROLE.to_lowercase())
}

#[track_caller]
fn nothing_is_left(stage: &Stage, when: &str) {
    let genesys = stage.sandbox.state().genesys.clone();
    let integrations =
        genesys.integrations.values().filter(|it| it.kind == "aws-lambda-data-actions").count();
    let left = (genesys.actions.len(), integrations, genesys.credentials.len(), has_role(stage));
    assert_eq!(left, (0, 0, 0, false), "{when}");
}

/// Runs the cases side by side: each mostly waits.
fn each<C: Sync>(cases: &[C], run: impl Fn(&C) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    run(case);
                }
            });
        }
    });
}

#[test]
fn a_destroy_that_is_cut_at_any_deletion_is_finished_by_the_next() {
    let faults = [
        Fault::Deny,
        Fault::DropReply,
        Fault::DropCall,
        Fault::Internal,
        Fault::Html,
        Fault::Empty,
        Fault::NotFound,
        Fault::Truncate,
    ];
    let cases: Vec<_> = DELETIONS.iter().flat_map(|it| faults.map(|fault| (*it, fault))).collect();
    each(&cases, |(operation, fault)| {
        let stage = applied();
        breaks(&stage, operation, None, *fault);
        let run = destroy(&stage);
        // A deletion without a described body cannot be cut in its middle.
        let is_whole = *fault == Fault::Truncate && run.status == 0;
        if !is_whole {
            let run = run.expect(1);
            assert!(has_role(&stage), "{operation} {fault:?}: the role goes last\n{}", run.stderr);
            let says = |text: &str| run.stderr.contains(text);
            match fault {
                Fault::Deny => assert!(says("could not delete") && !says("may have"), "{}", run.stderr),
                Fault::NotFound => assert!(says("to be gone"), "{}", run.stderr),
                _ => assert!(
                    says("this may have been carried out, but no answer confirms it")
                        || says("this was begun and is not finished"),
                    "{operation} {fault:?}: {}",
                    run.stderr
                ),
            }
        }
        stage.set(Faults::default());
        destroy(&stage).expect(0);
        nothing_is_left(&stage, &format!("{operation} {fault:?}"));
    });
}

/// A replica that lags behind says once that there is nothing: that is no deletion.
#[test]
fn a_stale_answer_to_a_deletion_is_looked_behind() {
    each(&DELETIONS, |operation| {
        let stage = applied();
        breaks(&stage, operation, Some(1), Fault::NotFound);
        destroy(&stage).expect(0);
        nothing_is_left(&stage, operation);
    });
}

/// Whatever the write at which `apply` was stopped, `destroy` finds what it made.
#[test]
fn what_a_stopped_apply_made_is_found_by_destroy() {
    let writes = [
        "postIntegrationsCredentials",
        "postIntegrations",
        "putIntegrationConfigCurrent",
        "patchIntegration",
        "postIntegrationsActionsDrafts",
        "postIntegrationsActionDraftPublish",
    ];
    let cases: Vec<_> = writes.iter().flat_map(|it| [(*it, Fault::DropReply), (*it, Fault::Deny)]).collect();
    each(&cases, |(operation, fault)| {
        let stage = stage();
        breaks(&stage, operation, None, *fault);
        stage.run_client(&["apply", "--yes", "--level", "paper", "--deadline", "8"]).expect(1);
        stage.set(Faults::default());
        destroy(&stage).expect(0);
        nothing_is_left(&stage, &format!("{operation} {fault:?}"));
    });
}

/// A name alone is nobody's proof: what somebody made under the names of the manifest stays as it is.
#[test]
fn what_somebody_made_under_the_same_names_is_neither_taken_nor_deleted() {
    let stage = applied();
    let mut theirs = stage.sandbox.state().genesys.credentials.values().next().unwrap().clone();
    assert_eq!(theirs.name, format!("{ROLE} (rolecall 123456789012:{ROLE})"));
    theirs.name = ROLE.to_owned();
    let mut other = theirs.clone();
    other.name = format!("{ROLE} (rolecall 210987654321:{ROLE})");
    let add = |state: &mut State| {
        state.genesys.credentials.insert("theirs".to_owned(), theirs.clone());
        state.genesys.credentials.insert("other".to_owned(), other.clone());
    };
    stage.sandbox.change(add).unwrap();
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes", "--level", "paper"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    No changes: AWS matches the manifest, and so does everything that Genesys Cloud shows.
    Verification
    Result: no changes; every claim about the role is proved
    ");
    destroy(&stage).expect(0);
    let left = stage.sandbox.state().genesys.credentials.clone();
    assert_eq!(
        left.into_iter().collect::<Vec<_>>(),
        [("other".to_owned(), other), ("theirs".to_owned(), theirs)]
    );
    // One that bears the sign and is in use is not left behind by anybody.
    let stage = applied();
    let used = |state: &mut State| {
        let copy = state.genesys.credentials.values().next().unwrap().clone();
        state.genesys.credentials.insert("used".to_owned(), copy);
        let integration =
            state.genesys.integrations.values().find(|it| it.kind == "aws-lambda-data-actions").unwrap();
        let mut integration = integration.clone();
        integration.configuration.name = "By hand".to_owned();
        integration.configuration.notes = String::new();
        integration.configuration.credentials =
            [("AmazonWebServicesARN".to_owned(), "used".to_owned())].into();
        state.genesys.integrations.insert("by-hand".to_owned(), integration);
    };
    stage.sandbox.change(used).unwrap();
    destroy(&stage).expect(0);
    let genesys = stage.sandbox.state().genesys.clone();
    assert!(genesys.credentials.keys().eq(["used"]) && genesys.integrations.contains_key("by-hand"));
}

/// A list that names an integration and a read that does not find it contradict each other: neither is believed.
#[test]
fn a_read_that_contradicts_a_list_is_no_absence() {
    let reads = ["getIntegrationConfigCurrent", "getIntegrationsAction"];
    each(&reads, |operation| {
        let stage = applied();
        breaks(&stage, operation, None, Fault::NotFound);
        for command in [&["destroy", "--yes"][..], &["apply", "--yes", "--level", "paper"], &["drift"]] {
            let run = stage.run_client(&[command, &["--deadline", "6"]].concat()).expect(1);
            // A slow machine gets to the deadline of the command before that of the wait.
            let ends = ["whether it is there is not known", "the command's deadline of 6 s has passed"];
            assert!(ends.iter().any(|end| run.stderr.contains(end)), "{command:?}: {}", run.stderr);
        }
        assert_eq!(stage.calls().iter().filter(|call| call.write).count(), 0);
        assert!(has_role(&stage));
        breaks(&stage, operation, Some(1), Fault::NotFound);
        destroy(&stage).expect(0);
        nothing_is_left(&stage, operation);
    });
}

/// The list of credentials lags behind: the mark knows the credential.
#[test]
fn a_credential_that_a_list_leaves_out_is_found_by_its_mark() {
    let stage = applied();
    breaks(&stage, "getIntegrationsCredentialsListing", Some(1), Fault::Empty);
    destroy(&stage);
    stage.set(Faults::default());
    destroy(&stage).expect(0);
    nothing_is_left(&stage, "listing");
}

/// What AWS does not find counts as gone only when reading shows that it is.
#[test]
fn aws_is_read_back_after_a_deletion_too() {
    for operation in ["iam:DeleteRole", "iam:DeletePolicy", "iam:DetachRolePolicy"] {
        let stage = applied();
        let rule =
            FaultRule { operation: operation.to_owned(), skip: 0, times: None, fault: Fault::NotFound };
        stage.set(Faults { rules: vec![rule], ..Faults::default() });
        let run = destroy(&stage);
        assert!(matches!(run.status, 1 | 5), "{operation}: {}\n{}", run.stdout, run.stderr);
        stage.set(Faults::default());
        destroy(&stage).expect(0);
        nothing_is_left(&stage, operation);
    }
}

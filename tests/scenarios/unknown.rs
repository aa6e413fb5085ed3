//! What is said of a write whose answer was lost, and of one that somebody else was faster with: what is known, and no more.

use std::collections::BTreeSet;

use rolecall::sandbox::{Fault, FaultRule, Faults, LogEntry, State, Tamper};

use super::stage::{ONE_TARGET, ROLE, Run, Stage, manifest};
use super::views::named;

const APPLY: [&str; 6] = ["apply", "--yes", "--level", "paper", "--deadline", "8"];

fn with_integration() -> Stage {
    Stage::with(&format!("{}\n[genesys.integration]\n", manifest(ONE_TARGET)), State::demo())
}

fn breaks(stage: &Stage, operation: &str, times: Option<u32>, fault: Fault) {
    let rule = FaultRule { operation: operation.to_owned(), skip: 0, times, fault };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
}

/// Every write that a first run makes.
const WRITES: [&str; 7] = [
    "iam:CreateRole",
    "iam:CreatePolicy",
    "iam:AttachRolePolicy",
    "genesys:postIntegrationsCredentials",
    "genesys:postIntegrations",
    "genesys:putIntegrationConfigCurrent",
    "genesys:patchIntegration",
];

#[test]
fn a_write_without_an_answer_may_have_been_carried_out() {
    for write in WRITES {
        let stage = with_integration();
        breaks(&stage, write, None, Fault::DropReply);
        let run = stage.run_client(&[APPLY.as_slice(), &["--output", "json"]].concat()).expect(1);
        let report = run.json();
        assert_eq!(report["applied"]["failed"]["outcome"], "unknown", "{write}: {report:#}");
        let error = report["error"]["message"].as_str().unwrap();
        assert!(
            error.contains("this may have been carried out, but no answer confirms it"),
            "{write}: {error}"
        );
        assert!(!error.contains("nothing was changed") && !error.contains("could not"), "{write}: {error}");
        let hint = report["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("reads what is there, and goes on from that"), "{write}: {hint}");
        stage.set(Faults::default());
        stage.run_client(&APPLY).expect(0);
        stage.run_client(&["drift"]).expect(0);
    }
}

#[test]
fn a_write_that_was_refused_was_not_carried_out() {
    for write in WRITES {
        let stage = with_integration();
        breaks(&stage, write, None, Fault::Deny);
        let report = stage.run_client(&[APPLY.as_slice(), &["--output", "json"]].concat()).expect(1).json();
        assert_eq!(report["applied"]["failed"]["outcome"], "refused", "{write}: {report:#}");
        let error = report["error"]["message"].as_str().unwrap();
        assert!(error.contains("could not ") && !error.contains("may have"), "{write}: {error}");
    }
    let stage = with_integration();
    stage.run_client(&APPLY).expect(0);
    stage.tamper(Tamper::MaxSession);
    breaks(&stage, "iam:UpdateRole", None, Fault::Deny);
    insta::assert_snapshot!(stage.run_client(&APPLY).standard_error(), @"
    exit 1
    -- stderr
    error[E17]: could not update settings of GenesysDataActionRole: iam:UpdateRole failed: User: arn:aws:sts::123456789012:assumed-role/ci/rolecall is not authorized to perform: iam:UpdateRole (AccessDenied, request [id])
      nothing was changed
    hint: the caller needs the permission iam:UpdateRole; `rolecall render provisioner` and `rolecall render verifier` print the minimal policies for rolecall; then repeat the command; it reads what is there, and goes on from that
    ");
}

/// The answer to the first attempt is lost, and the SDK's second one finds what the first one made: that is no failure.
#[test]
fn what_the_first_attempt_made_is_no_collision() {
    for write in ["iam:CreateRole", "iam:CreatePolicy"] {
        let stage = Stage::new();
        breaks(&stage, write, Some(1), Fault::DropReply);
        insta::allow_duplicates! {
            insta::assert_snapshot!(stage.run(&["apply", "--yes", "--level", "paper"]).headlines(), @"
            exit 0
            -- stdout
            account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
            Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
            3 to create, 0 to change, 0 to delete.
            3 changes made.
            Verification
            Result: 3 changes made; every claim about the role is proved
            ");
        }
        let attempts = stage.calls().iter().filter(|call| write.ends_with(&call.action)).count();
        assert_eq!(attempts, 2, "{write}");
        stage.run(&["drift"]).expect(0);
    }
}

/// Runs `apply` while somebody changes what is there, right after a call.
fn meanwhile(stage: &Stage, after: &'static str, change: impl FnOnce(&mut State) + Send + 'static) -> Run {
    stage.sandbox.once_after(move |call| call.action == after, |state, _| change(state));
    stage.run_client(&["apply", "--yes", "--level", "paper", "--deadline", "30"])
}

/// The same, as soon as everything was read about the role itself.
fn after_reading_the_role(stage: &Stage, change: impl FnOnce(&mut State) + Send + 'static) -> Run {
    let mut unread = BTreeSet::from(["GetRole", "ListAttachedRolePolicies", "ListRolePolicies"]);
    let is_after = move |call: &LogEntry| unread.remove(call.action.as_str()) && unread.is_empty();
    stage.sandbox.once_after(is_after, |state, _| change(state));
    stage.run_client(&["apply", "--yes", "--level", "paper", "--deadline", "30"])
}

#[test]
fn who_was_faster_with_a_new_role_is_said() {
    let other = Stage::new();
    other.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let made = other.sandbox.state().accounts["123456789012"].roles[&ROLE.to_lowercase()].clone();
    let mut said = String::new();
    for (is_own, who) in [(true, "another run of rolecall"), (false, "somebody by hand")] {
        let stage = Stage::new();
        let mut role = made.clone();
        role.permissions.attached.clear();
        let run = after_reading_the_role(&stage, move |state| {
            if !is_own {
                role.tags = Default::default();
            }
            state.accounts.get_mut("123456789012").unwrap().roles.insert(ROLE.to_lowercase(), role);
        });
        assert!(!run.stderr.contains("was not made by rolecall"), "{}", run.stderr);
        said += &named(who, &run.standard_error());
        said += &named(format!("{who}, then the same command"), &stage.run(&APPLY).headlines());
    }
    insta::assert_snapshot!(said, @"
    === another run of rolecall
    exit 1
    -- stderr
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
    error[E28]: could not create role GenesysDataActionRole: role `GenesysDataActionRole` was created after the plan was made, by another run of rolecall
      done:
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      not tried:
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    hint: make sure that nobody else works on this role, then run the same command again: it makes a new plan from what is there
    === another run of rolecall, then the same command
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 to create, 0 to change, 0 to delete.
    1 change made.
    Verification
    Result: 1 change made; every claim about the role is proved
    === somebody by hand
    exit 1
    -- stderr
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
    error[E36]: could not create role GenesysDataActionRole: role `GenesysDataActionRole` was created after the plan was made, and not by rolecall for this role
      done:
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      not tried:
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    hint: choose another name, or run `rolecall plan --adopt` to see what taking it over would change
    === somebody by hand, then the same command
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    As it is in AWS
    Do this now
    Result: refuted: a session cannot invoke every target; nothing was changed: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` exists and was not made by rolecall (exit code 4)
    -- stderr
    error[E35]: nothing was changed: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` exists and was not made by rolecall
    hint: choose another role name, or use --adopt to take the role over (`rolecall plan --adopt` shows what would change); if another tool such as Terraform keeps managing the role, name it in `managed_by` in [role]
    ");
}

#[test]
fn that_somebody_deleted_the_role_meanwhile_is_said() {
    let stage = Stage::new();
    stage.run(&APPLY).expect(0);
    stage.tamper(Tamper::MaxSession);
    stage.calls();
    let run = after_reading_the_role(&stage, |state| {
        Tamper::RoleDeleted.apply(state, ROLE).map(drop).unwrap();
    });
    // What the plan has beside it depends on whether the attachments were read before the deletion or after it.
    let run = Run { stdout: String::new(), ..run };
    insta::assert_snapshot!(run.headlines(), @"
    exit 1
    -- stderr
    error[E28]: could not update settings of GenesysDataActionRole: role `GenesysDataActionRole` was there when the plan was made; another caller has deleted it since (iam:UpdateRole failed: The role with name GenesysDataActionRole cannot be found. (NoSuchEntity, request [id]))
    hint: make sure that nobody else works on this role, then run the same command again: it makes a new plan from what is there
    ");
    stage.run(&APPLY).expect(0);
}

#[test]
fn that_somebody_deleted_the_integration_meanwhile_is_said() {
    let stage = with_integration();
    stage.run_client(&APPLY).expect(0);
    stage.tamper(Tamper::GenesysIntegrationDisabled);
    stage.calls();
    let run = meanwhile(&stage, "getIntegrationConfigCurrent", |state| {
        state.genesys.integrations.retain(|_, it| it.kind != "aws-lambda-data-actions");
    });
    let run = run.expect(1);
    assert!(
        run.stderr.contains("was there when the plan was made; another caller has deleted it since"),
        "{}",
        run.stderr
    );
    stage.run_client(&APPLY).expect(0);
    stage.run_client(&["drift"]).expect(0);
}

/// Two manifests for one role take turns: each says what differs from itself, and neither says who wrote it.
#[test]
fn two_manifests_for_one_role_tell_no_tales() {
    let stage = Stage::new();
    let one = manifest(ONE_TARGET);
    let other = one.replace("[role]\n", "[role]\ndescription = \"The other one\"\n");
    for (text, differs) in [(&one, false), (&other, true), (&one, true)] {
        stage.write("rolecall.toml", text);
        if differs {
            let run = stage.run(&["drift"]).expect(3);
            let differences = run.stdout.split("As it is in AWS").next().unwrap();
            for word in ["somebody", "by hand", "outside", "another caller"] {
                assert!(!differences.contains(word), "`{word}` is not known:\n{differences}");
            }
        }
        stage.run(&APPLY).expect(0);
        stage.run(&["drift"]).expect(0);
    }
}

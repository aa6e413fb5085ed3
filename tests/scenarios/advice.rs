//! Every command that is advised is run, in the state that advised it: it ends in sync, or says why not. And what `plan` says of
//! the role after `apply` is what `verify` then says.
//!
//! The manifest has a name of its own here, so that a command which does not name it goes astray.

use std::collections::BTreeSet;

use rolecall::sandbox::{State, Tamper};
use serde_json::Value;

use super::stage::{ROLE, Run, Stage, manifest};

const MANIFEST: &str = "live.toml";
const ACCOUNT: &str = "123456789012";
const TARGETS: &str = "[[target]]\nfunction = \"my-genesys-trigger-function\"\n\n[[target]]\nfunction = \"orders-status\"\nqualifier = \"live\"\n";
const POLICY: &str =
    "arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke";

const FLAGS: [&[&str]; 4] = [&[], &["--adopt"], &["--remove-foreign"], &["--adopt", "--remove-foreign"]];

fn stage() -> Stage {
    let stage = Stage::with(&manifest(TARGETS), State::demo());
    std::fs::rename(stage.folder.path().join("rolecall.toml"), stage.folder.path().join(MANIFEST)).unwrap();
    stage
}

fn run(stage: &Stage, arguments: &[&str]) -> Run {
    stage.run(&[arguments, &["--file", MANIFEST]].concat())
}

/// The commands in a run's output: a step of what to do now that is one, and what stands in backticks.
fn advised(run: &Run) -> BTreeSet<String> {
    let text = format!("{}\n{}", run.stdout, run.stderr);
    let step = |line: &'_ str| line.trim_start().split_once(". ").map(|(_, step)| step.to_owned());
    let repairs = text.lines().filter_map(step);
    let quoted = text.split('`').skip(1).step_by(2).map(str::to_owned);
    let commands = repairs.chain(quoted);
    commands.filter(|command| command.starts_with("rolecall ")).collect()
}

/// Runs an advised command as it stands, but for the question that nobody answers here.
fn obey(stage: &Stage, command: &str) -> Run {
    let mut words: Vec<&str> = command.split(' ').skip(1).collect();
    if let ["apply" | "destroy", ..] = words.as_slice() {
        words.push("--yes");
    }
    if words.first() == Some(&"apply") {
        words.extend(["--level", "paper"]);
    }
    stage.run(&words)
}

/// A state that somebody finds, by name.
type Found = (String, Box<dyn Fn(&mut State)>);

/// What Terraform makes of the rendered configuration: everything as `apply` makes it, without the owner tags.
fn without_tags(state: &mut State) {
    state.role_mut(ACCOUNT, ROLE).unwrap().tags.remove("rolecall:role");
    let policies = &mut state.accounts.get_mut(ACCOUNT).unwrap().policies;
    policies.get_mut(POLICY).unwrap().tags.remove("rolecall:role");
}

/// A policy of somebody else that allows what the targets need, in the place of rolecall's own.
fn with_their_policy(state: &mut State) {
    const THEIRS: &str = "arn:aws:iam::123456789012:policy/theirs";
    without_tags(state);
    let account = state.accounts.get_mut(ACCOUNT).unwrap();
    let mut policy = account.policies.remove(POLICY).unwrap();
    (policy.name, policy.path) = ("theirs".to_owned(), "/".to_owned());
    account.policies.insert(THEIRS.to_owned(), policy);
    state.role_mut(ACCOUNT, ROLE).unwrap().permissions.attached = vec![THEIRS.to_owned()];
}

fn found() -> Vec<Found> {
    let tampers =
        Tamper::ALL.into_iter().filter(|kind| kind.is_of_role() || *kind == Tamper::FunctionDeleted);
    // There is no earlier version yet.
    let tampers = tampers.filter(|kind| *kind != Tamper::PolicyVersionRolledBack);
    let mut found: Vec<Found> = Vec::new();
    for kind in tampers {
        found.push((kind.name().to_owned(), Box::new(move |state| drop(kind.apply(state, ROLE).unwrap()))));
    }
    found.push(("untouched".to_owned(), Box::new(|_| {})));
    found.push(("rendered".to_owned(), Box::new(without_tags)));
    found.push(("their policy".to_owned(), Box::new(with_their_policy)));
    for kind in
        [Tamper::PolicyWidened, Tamper::PolicyDetached, Tamper::ExtraManagedPolicy, Tamper::TrustNoCondition]
    {
        found.push((
            format!("rendered, {}", kind.name()),
            Box::new(move |state| {
                kind.apply(state, ROLE).unwrap();
                without_tags(state);
            }),
        ));
    }
    found.push((
        "policy without its tag".to_owned(),
        Box::new(|state| {
            let policies = &mut state.accounts.get_mut(ACCOUNT).unwrap().policies;
            policies.get_mut(POLICY).unwrap().tags.remove("rolecall:role");
        }),
    ));
    found
}

fn claims(report: &Value) -> Vec<(String, String)> {
    let claims = report["verification"]["claims"].as_array().into_iter().flatten();
    let text = |claim: &Value, key: &str| claim[key].as_str().unwrap().to_owned();
    claims.map(|claim| (text(claim, "claim"), text(claim, "result"))).collect()
}

/// A stage in each of these states, with the state to go back to.
fn for_each_found(look: impl Fn(&str, &Stage, &dyn Fn())) {
    let stage = stage();
    run(&stage, &["apply", "--yes", "--level", "paper"]).expect(0);
    let applied = State::clone(&stage.sandbox.state());
    for (name, find) in found() {
        let mut state = applied.clone();
        find(&mut state);
        let back = || stage.sandbox.change(|current| *current = state.clone()).unwrap();
        back();
        look(&name, &stage, &back);
    }
}

#[test]
fn each_advised_command_ends_in_sync_or_says_why_not() {
    for_each_found(|name, stage, back| {
        let mut commands = BTreeSet::new();
        let mut looks: Vec<Vec<&str>> = vec![vec!["drift"], vec!["verify"]];
        for flags in FLAGS {
            looks.push([&["plan"], flags].concat());
            looks.push([&["apply", "--yes", "--level", "paper"], flags].concat());
        }
        for look in looks {
            for command in advised(&run(stage, &look)) {
                // Most states advise the same command from several looks.
                if look.first() == Some(&"apply") || commands.insert(command.clone()) {
                    let it = format!("{name}: {look:?} advises `{command}`");
                    let told = obey(stage, &command);
                    assert_ne!(told.status, 2, "{it}\n{}", told.stderr);
                    let writes = command.starts_with("rolecall apply");
                    let refused = told.status != 0 && told.stderr.contains("error[E");
                    if writes && !refused {
                        let left = run(stage, &["drift", "--output", "json"]);
                        for difference in left.json()["drift"].as_array().unwrap() {
                            let what = difference["attribute"].as_str().unwrap();
                            let named = what.split('`').nth(1).unwrap_or(what);
                            assert!(told.stdout.contains(named), "{it}, and leaves {what}:\n{}", told.stdout);
                        }
                    }
                    back();
                }
            }
            back();
        }
    });
}

#[test]
fn what_a_plan_says_of_the_role_after_apply_is_what_verify_says_then() {
    let compared = std::cell::Cell::new(0);
    for_each_found(|name, stage, back| {
        for flags in FLAGS {
            let plan = run(stage, &[&["plan", "--output", "json"], flags].concat());
            let apply = run(stage, &[&["apply", "--yes", "--level", "paper"], flags].concat());
            // A plan that is refused leaves the role as it was.
            if apply.status == 0 {
                let verify = run(stage, &["verify", "--level", "paper", "--output", "json"]);
                assert_eq!(claims(&plan.json()), claims(&verify.json()), "{name} {flags:?}");
                assert_eq!(claims(&plan.json()).iter().filter(|(_, result)| result != "proved").count(), 0);
                compared.set(compared.get() + 1);
            }
            back();
        }
    });
    assert!(compared.get() > 60, "{compared:?}");
}

/// The finding that this file is about: both flags together detached the only policy.
#[test]
fn what_another_tool_rendered_is_taken_over_as_it_is() {
    let stage = stage();
    run(&stage, &["apply", "--yes", "--level", "paper"]).expect(0);
    stage.sandbox.change(without_tags).unwrap();
    insta::assert_snapshot!(run(&stage, &["drift"]).whole(), @r#"
    exit 3
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
                  arn:aws:lambda:us-east-1:123456789012:function:orders-status:live

      a tag differs
        tag `rolecall:role` of arn:aws:iam::123456789012:role/GenesysDataActionRole (live.toml:7)
        rolecall recognizes its own resources by this tag; without the tag it changes them only with --adopt
          - "GenesysDataActionRole"

      a tag differs
        tag `rolecall:role` of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke (live.toml:8)
        rolecall recognizes its own resources by this tag; without the tag it changes them only with --adopt
          - "GenesysDataActionRole"

    2 differences; - expected by the manifest, + found.

    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Do this now
      1. rolecall apply --adopt --file live.toml
         rolecall writes what the manifest says; --adopt takes over what lost its owner tag or what rolecall did not make

    Result: pending: 2 differences; every claim about the role is proved (exit code 3)
    "#);
    insta::assert_snapshot!(run(&stage, &["plan", "--adopt", "--remove-foreign"]).whole(), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
                  arn:aws:lambda:us-east-1:123456789012:function:orders-status:live

      ~ update tags of GenesysDataActionRole
          - {}
          + {
          +   "rolecall:role": "GenesysDataActionRole"
          + }
      ~ update policy tags of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
          - {}
          + {
          +   "rolecall:role": "GenesysDataActionRole"
          + }
    0 to create, 2 to change, 0 to delete.

    After apply
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: pending: 0 to create, 2 to change, 0 to delete; after apply every claim about the role is proved
    "#);
    run(&stage, &["apply", "--yes", "--level", "paper", "--adopt", "--remove-foreign"]).expect(0);
    run(&stage, &["drift"]).expect(0);
}

/// A role that does its work with a policy of somebody else: nothing says that it cannot.
#[test]
fn a_role_that_works_with_a_policy_of_others_is_not_said_to_fail() {
    let stage = stage();
    run(&stage, &["apply", "--yes", "--level", "paper"]).expect(0);
    stage.sandbox.change(with_their_policy).unwrap();
    insta::assert_snapshot!(run(&stage, &["drift"]).whole(), @r#"
    exit 3
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
                  arn:aws:lambda:us-east-1:123456789012:function:orders-status:live

      a policy differs, but breaks no claim
        policy of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke (live.toml:10)
        if this were the only difference: a session of the role cannot call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function`, because no statement allows it; it cannot invoke one more target either
          - {
          -   "description": "Lets a role invoke its Lambda functions. Managed by rolecall.",
          -   "document": {
          -     "Statement": [
          -       {
          -         "Action": "lambda:InvokeFunction",
          -         "Effect": "Allow",
          -         "Resource": [
          -           "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function",
          -           "arn:aws:lambda:us-east-1:123456789012:function:orders-status:live"
          -         ]
          -       }
          -     ],
          -     "Version": "2012-10-17"
          -   },
          -   "tags": {
          -     "rolecall:role": "GenesysDataActionRole"
          -   }
          - }

      a policy differs, but breaks no claim
        attached policy `arn:aws:iam::123456789012:policy/theirs` of arn:aws:iam::123456789012:role/GenesysDataActionRole (live.toml:10)
          + {
          +   "Statement": [
          +     {
          +       "Action": "lambda:InvokeFunction",
          +       "Effect": "Allow",
          +       "Resource": [
          +         "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function",
          +         "arn:aws:lambda:us-east-1:123456789012:function:orders-status:live"
          +       ]
          +     }
          +   ],
          +   "Version": "2012-10-17"
          + }

      a tag differs
        tag `rolecall:role` of arn:aws:iam::123456789012:role/GenesysDataActionRole (live.toml:7)
        rolecall recognizes its own resources by this tag; without the tag it changes them only with --adopt
          - "GenesysDataActionRole"

    3 differences; - expected by the manifest, + found.

    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      proved     nobody outside the account reaches a target function without the role
      error      P1: the policy `arn:aws:iam::123456789012:policy/theirs` does not belong to the role
                 why: a session of the role can do everything that it allows (https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
                 fix: detach the policy, once other policies of the role allow every target
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Do this now
      1. rolecall apply --adopt --remove-foreign --file live.toml
         rolecall writes what the manifest says; --adopt takes over what lost its owner tag or what rolecall did not make; --remove-foreign takes the policies of others off the role

    Result: pending: 3 differences; every claim about the role is proved (exit code 3)
    "#);
}

//! The provisioner policy is what its scenarios need, and nothing else: each scenario runs as a principal that has exactly the
//! rendered policy; without an action of the policy, a scenario ends otherwise and names the action, or does not say what it should.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rolecall::sandbox::{Principal, State, Tamper};
use serde_json::Value;

use super::stage::{ONE_TARGET, ROLE, Run, Stage, manifest};

const ACCOUNT: &str = "123456789012";
const APPLY: [&str; 4] = ["apply", "--yes", "--level", "paper"];
const REMOVE_FOREIGN: [&str; 5] = ["apply", "--yes", "--level", "paper", "--remove-foreign"];

/// Everything but the edits in Genesys Cloud, and the function that somebody must deploy again.
const REPAIRED: [Tamper; 15] = [
    Tamper::TrustExternalId,
    Tamper::TrustNoCondition,
    Tamper::TrustExtraPrincipal,
    Tamper::TrustWildcardPrincipal,
    Tamper::TrustIfExists,
    Tamper::PolicyWidened,
    Tamper::PolicyDetached,
    Tamper::PolicyVersionRolledBack,
    Tamper::ExtraManagedPolicy,
    Tamper::ExtraInlinePolicy,
    Tamper::MaxSession,
    Tamper::BoundaryChanged,
    Tamper::TagRemoved,
    Tamper::RoleDeleted,
    Tamper::EquivalentJson,
];

/// A stage on which the commands run as somebody who has this policy and no other.
struct Held {
    stage: Stage,
    is_bounded: bool,
    /// What was run as that principal, and how it should end.
    runs: Vec<(End, Run)>,
}

/// How a run should end: its exit code, and a text that its report should have.
#[derive(Clone, Copy)]
struct End {
    status: i32,
    says: &'static str,
}

impl End {
    fn is_met(self, run: &Run) -> bool {
        run.status == self.status && self.is_said(run)
    }

    fn is_said(self, run: &Run) -> bool {
        run.stdout.contains(self.says) || run.stderr.contains(self.says)
    }
}

impl Held {
    fn new(policy: &Value, is_bounded: bool) -> Self {
        let text = bounded(&manifest(ONE_TARGET), is_bounded);
        let mut stage = Stage::with(&text, State::demo());
        if is_bounded {
            stage.run(&["boundary", "apply", "--yes"]).expect(0);
        }
        let policy = policy.to_string();
        let give = |state: &mut State| {
            let user = state.accounts.get_mut(ACCOUNT).unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert("provisioner".to_owned(), policy);
        };
        stage.sandbox.change(give).unwrap();
        stage.calls();
        stage.act_as(Principal::Verifier);
        Self { stage, is_bounded, runs: Vec::new() }
    }

    fn write(&self, text: &str) {
        self.stage.write("rolecall.toml", &bounded(text, self.is_bounded));
    }

    /// Runs it as the provisioner.
    fn run(&mut self, arguments: &[&str]) {
        self.ends(0, "", arguments);
    }

    /// Runs it, unless an earlier run of the scenario did not end as it should.
    fn ends(&mut self, status: i32, says: &'static str, arguments: &[&str]) {
        if self.runs.iter().all(|(end, run)| end.is_met(run)) {
            let run = self.stage.run(arguments);
            self.runs.push((End { status, says }, run));
        }
    }

    fn tamper(&self, kind: Tamper) {
        // Without a permission there may be nothing to damage.
        let _ = self.stage.sandbox.change(|state| kind.apply(state, ROLE)).unwrap();
    }

    /// The actions that were called as the provisioner.
    fn called(&self) -> BTreeSet<String> {
        let calls = self.stage.sandbox.log();
        let own = calls.iter().filter(|call| call.principal == Principal::Verifier.arn());
        own.map(|call| format!("{}:{}", call.service, call.action)).collect()
    }
}

fn bounded(text: &str, is_bounded: bool) -> String {
    let name = format!("name = \"{ROLE}\"");
    match is_bounded {
        true => text.replace(&name, &format!("{name}\npermissions_boundary = \"targets\"")),
        false => text.to_owned(),
    }
}

/// Whatever a provisioner is for. Each begins with an account in which nothing is there, the boundary apart.
type Scenario = (&'static str, fn(&mut Held));

const SCENARIOS: [Scenario; 11] = [
    ("first apply, then destroy", |held| {
        held.ends(0, "every claim about the role is proved", &APPLY);
        held.run(&["destroy", "--yes"]);
    }),
    ("repair of every damage", |held| {
        held.run(&APPLY);
        for kind in REPAIRED {
            held.tamper(kind);
            held.run(match kind {
                Tamper::ExtraManagedPolicy | Tamper::ExtraInlinePolicy => &REMOVE_FOREIGN,
                // The owner tag can be the one that is gone.
                Tamper::TagRemoved => &["apply", "--yes", "--level", "paper", "--adopt"],
                _ => &APPLY,
            });
            held.run(&["drift"]);
        }
    }),
    ("adopt what somebody made by hand", |held| {
        let by_hand = |state: &mut State| {
            state.add_role(ACCOUNT, ROLE, r#"{"AWS":"arn:aws:iam::765628985471:root"}"#);
            let role = state.role_mut(ACCOUNT, ROLE).unwrap();
            role.permissions.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
        };
        held.stage.sandbox.change(by_hand).unwrap();
        held.run(&[&REMOVE_FOREIGN[..], &["--adopt"]].concat());
        held.run(&["drift"]);
    }),
    ("more changes of the policy than it keeps versions", |held| {
        held.run(&APPLY);
        for _ in 0..6 {
            held.tamper(Tamper::PolicyWidened);
            held.run(&APPLY);
        }
    }),
    ("tags", |held| {
        held.run(&APPLY);
        let name = format!("name = \"{ROLE}\"");
        let tagged = format!("{name}\ntags = {{ team = \"contact-centre\" }}");
        held.write(&manifest(ONE_TARGET).replace(&name, &tagged));
        held.run(&APPLY);
    }),
    ("settings", |held| {
        held.run(&APPLY);
        let name = format!("name = \"{ROLE}\"");
        let settings = format!("{name}\ndescription = \"Orders\"\nmax_session_duration = 7200");
        held.write(&manifest(ONE_TARGET).replace(&name, &settings));
        held.run(&APPLY);
    }),
    ("a boundary that is not the manifest's", |held| {
        held.run(&APPLY);
        held.tamper(Tamper::BoundaryChanged);
        held.run(&APPLY);
    }),
    ("a misspelt function", |held| {
        held.write(&manifest("[[target]]\nfunction = \"my-genesys-triger-function\"\n"));
        held.ends(4, "the nearest names there are `my-genesys-trigger-function`", &["plan"]);
    }),
    ("a function with a URL for everybody", |held| {
        held.run(&APPLY);
        held.tamper(Tamper::FunctionUrl);
        held.ends(4, "L3: ", &["plan"]);
    }),
    ("probes through a door that somebody opened", |held| {
        held.run(&["apply", "--yes"]);
        // Whom a role trusts through the account, its own policies must let assume it.
        let open = |state: &mut State| {
            // Without a permission there may be no role.
            let Some(role) = state.role_mut(ACCOUNT, ROLE) else { return };
            role.trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}"#.to_owned();
        };
        held.stage.sandbox.change(open).unwrap();
        held.ends(
            4,
            "AWS let arn:aws:iam::123456789012:user/verifier assume the role without an external ID",
            &["verify", "--level", "live"],
        );
    }),
    ("more policies than the default quota, in an account that has more", |held| {
        held.run(&APPLY);
        let fill = |state: &mut State| {
            state.accounts.get_mut(ACCOUNT).unwrap().quotas.policies_per_role = 20;
            for number in 0..10 {
                let name = format!("of-somebody-{number}");
                let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
                state.add_policy(ACCOUNT, "/", &name, document);
                let arn = format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
                if let Some(role) = state.role_mut(ACCOUNT, ROLE) {
                    role.permissions.attached.push(arn);
                }
            }
        };
        held.stage.sandbox.change(fill).unwrap();
        held.run(&["plan"]);
    }),
];

/// The policy that `render` prints, with the misspelt function among the targets: nobody may ask about any other.
fn rendered(is_bounded: bool) -> Value {
    let misspelt = format!("{ONE_TARGET}\n[[target]]\nfunction = \"my-genesys-triger-function\"\n");
    let stage = Stage::with(&bounded(&manifest(&misspelt), is_bounded), State::demo());
    stage.run(&["render", "provisioner", "--account", ACCOUNT, "--region", "us-east-1"]).expect(0).json()
}

fn actions(statement: &Value) -> Vec<String> {
    match &statement["Action"] {
        Value::Array(actions) => actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect(),
        action => vec![action.as_str().unwrap().to_owned()],
    }
}

fn without(policy: &Value, action: &str) -> Value {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut() {
        let left: Vec<String> = actions(statement).into_iter().filter(|it| it != action).collect();
        statement["Action"] = left.into();
    }
    statements.retain(|statement| !actions(statement).is_empty());
    policy
}

fn play((_, scenario): Scenario, policy: &Value, is_bounded: bool) -> Held {
    let mut held = Held::new(policy, is_bounded);
    scenario(&mut held);
    held
}

/// Runs them all with the whole policy, then each action's scenarios without the action. Answers what has no scenario that
/// fails for it.
fn not_needed(is_bounded: bool) -> Vec<String> {
    let policy = rendered(is_bounded);
    let held = side_by_side(&SCENARIOS, |scenario| (*scenario, play(*scenario, &policy, is_bounded)));
    // Action → the scenarios that call it, the shortest first.
    let mut users: BTreeMap<String, BTreeMap<(usize, &str), Scenario>> = BTreeMap::new();
    for (scenario, held) in held {
        for (end, run) in &held.runs {
            assert!(end.is_met(run), "{}: {}\n{}{}", scenario.0, run.status, run.stdout, run.stderr);
        }
        for action in held.called() {
            users.entry(action).or_default().insert((held.runs.len(), scenario.0), scenario);
        }
    }
    let all: BTreeSet<String> = policy["Statement"].as_array().unwrap().iter().flat_map(actions).collect();
    let all: Vec<_> = all.into_iter().collect();
    let judged = side_by_side(&all, |action| {
        let policy = without(&policy, action);
        // Tags that are sent along with what is made need a permission without a call of its own.
        let first = SCENARIOS[0];
        let mut scenarios = users.get(action).into_iter().flat_map(BTreeMap::values).chain([&first]);
        let is_needed = scenarios.any(|scenario| {
            let held = play(*scenario, &policy, is_bounded);
            let named = format!("is not authorized to perform: {action} ");
            held.runs.iter().any(|(end, run)| {
                (run.status != end.status && run.stderr.contains(&named)) || !end.is_said(run)
            })
        });
        (action.clone(), is_needed)
    });
    let unneeded = judged.into_iter().filter(|(_, is_needed)| !is_needed).map(|(action, _)| action);
    BTreeSet::from_iter(unneeded).into_iter().collect()
}

fn side_by_side<C: Sync, R: Send>(cases: &[C], run: impl Fn(&C) -> R + Sync) -> Vec<R> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = run(case);
                    results.lock().unwrap().push(result);
                }
            });
        }
    });
    results.into_inner().unwrap()
}

#[test]
fn every_action_of_the_provisioner_is_needed_by_a_scenario() {
    assert_eq!(not_needed(false), [""; 0]);
}

#[test]
fn every_action_of_the_provisioner_under_a_boundary_is_needed_by_a_scenario() {
    assert_eq!(not_needed(true), [""; 0]);
}

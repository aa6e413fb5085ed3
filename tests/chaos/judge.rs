//! What a run did, beside what it may do and what it says.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use rolecall::sandbox::{CUSTOMER, Principal, State};

use super::stage::{EXTERNAL_ID, ROLE, Run};

pub(crate) const OTHER_ID: &str = "00000000-8a4d-4c3b-9e7f-2d1a6b8c0e94";

/// Who × what, in numbers of the lists below.
type Pairs = BTreeSet<(usize, usize)>;

const WHO: [(Principal, Option<&str>); 8] = [
    (Principal::Vendor, Some(EXTERNAL_ID)),
    (Principal::Vendor, Some(OTHER_ID)),
    (Principal::Vendor, None),
    (Principal::Stranger, Some(EXTERNAL_ID)),
    (Principal::Stranger, None),
    (Principal::Ci, Some(EXTERNAL_ID)),
    (Principal::Ci, None),
    (Principal::Nobody, Some(EXTERNAL_ID)),
];

const WHAT: [(&str, &str); 6] = [
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"),
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:orders"),
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:anything-else"),
    ("lambda:UpdateFunctionCode", "arn:aws:lambda:us-east-1:123456789012:function:orders"),
    ("s3:GetObject", "arn:aws:s3:::bucket/object"),
    ("iam:CreateUser", "arn:aws:iam::123456789012:user/mallory"),
];

/// Decisions about states: most runs pass through the same ones.
#[derive(Default)]
pub(crate) struct Judge {
    known: Mutex<HashMap<String, Arc<Pairs>>>,
}

impl Judge {
    /// Who can do what through the role. Decided by the sandbox's evaluator, which shares no code with the prover.
    fn pairs(&self, state: &State) -> Arc<Pairs> {
        let account = &state.accounts[CUSTOMER];
        let key =
            serde_json::to_string(&(account.roles.get(&ROLE.to_lowercase()), &account.policies)).unwrap();
        if let Some(known) = self.known.lock().unwrap().get(&key) {
            return Arc::clone(known);
        }
        let who = (0..WHO.len()).filter(|index| state.lets_in(ROLE, WHO[*index].0, WHO[*index].1));
        let what: Vec<usize> = (0..WHAT.len())
            .filter(|index| state.lets_session(ROLE, WHAT[*index].0, WHAT[*index].1))
            .collect();
        let pairs: Pairs = who.flat_map(|who| what.iter().map(move |what| (who, *what))).collect();
        let pairs = Arc::new(pairs);
        self.known.lock().unwrap().insert(key, Arc::clone(&pairs));
        pairs
    }

    /// What somebody could do in one of the states that neither the first nor the last allows.
    pub(crate) fn widened(&self, states: &[Arc<State>]) -> Vec<String> {
        let (Some(first), Some(last)) = (states.first(), states.last()) else { return Vec::new() };
        self.beyond(states, &[first, last])
    }

    /// What somebody could do in one of the states that no state of the others allows.
    pub(crate) fn beyond(&self, states: &[Arc<State>], others: &[&State]) -> Vec<String> {
        let allowed: Pairs =
            others.iter().flat_map(|state| self.pairs(state).iter().copied().collect::<Pairs>()).collect();
        let mut found = BTreeSet::new();
        for state in states {
            let pairs = self.pairs(state);
            let wider = pairs.iter().filter(|pair| !allowed.contains(pair));
            found.extend(wider.map(|(who, what)| format!("{:?} could {:?}", WHO[*who], WHAT[*what])));
            // A twin is for its maker alone.
            let twins = state.accounts[CUSTOMER].roles.values().filter(|role| role.name.contains("-twin-"));
            for twin in twins {
                let strangers = [Principal::Vendor, Principal::Stranger, Principal::Nobody];
                let ids = [None, Some(EXTERNAL_ID), Some(OTHER_ID)];
                let let_in =
                    strangers.iter().any(|it| ids.iter().any(|id| state.lets_in(&twin.name, *it, *id)));
                if let_in {
                    found.insert(format!("somebody else could assume the twin {}", twin.name));
                }
            }
        }
        found.into_iter().collect()
    }
}

/// What there is that rolecall makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inventory(BTreeMap<&'static str, Vec<String>>);

impl Inventory {
    pub(crate) fn of(state: &State) -> Self {
        let account = &state.accounts[CUSTOMER];
        let genesys = &state.genesys;
        let mut actions: Vec<String> = genesys
            .actions
            .values()
            .map(|it| {
                format!(
                    "{} published {} draft {}",
                    it.integration,
                    it.published.is_some(),
                    it.draft.is_some()
                )
            })
            .map(|told| told.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or(told))
            .collect();
        actions.sort();
        let role = account.roles.get(&ROLE.to_lowercase());
        let held = role.map(|role| {
            let permissions = &role.permissions;
            format!(
                "{:?} {:?} {:?} {}",
                permissions.attached, permissions.inline, permissions.boundary, role.trust
            )
        });
        Self(BTreeMap::from([
            ("roles", account.roles.values().map(|role| role.name.clone()).collect()),
            ("held by the role", held.into_iter().collect()),
            (
                "policies",
                account.policies.iter().map(|(arn, policy)| format!("{arn} {}", policy.document())).collect(),
            ),
            ("credentials", genesys.credentials.values().map(|_| "credential".to_owned()).collect()),
            ("integrations", genesys.integrations.values().map(|_| "integration".to_owned()).collect()),
            ("actions", actions),
        ]))
    }

    /// Where it differs from another one.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let differing = self.0.iter().filter(|(kind, found)| other.0.get(*kind) != Some(*found));
        differing
            .map(|(kind, found)| format!("{kind}: {found:?} instead of {:?}", other.0.get(kind)))
            .collect()
    }
}

/// Sentences that are not true of what happened.
pub(crate) fn false_sentences(
    command: &str,
    run: &Run,
    states: &[Arc<State>],
    finished: &Inventory,
) -> Vec<String> {
    let (Some(first), Some(last)) = (states.first(), states.last()) else { return Vec::new() };
    let (first, last) = (Inventory::of(first), Inventory::of(last));
    let said = |text: &str| run.stdout.contains(text) || run.stderr.contains(text);
    let is_changed = first != last;
    let mut found = Vec::new();
    let mut check = |is_false: bool, sentence: &str| {
        if is_false {
            found.push(sentence.to_owned());
        }
    };
    check(said("panicked at"), "a panic");
    check(said("this is a bug"), "`this is a bug`");
    check(said("nothing was changed") && is_changed, "`nothing was changed` after a change");
    check(
        said("was not made by rolecall") && command != "adopt",
        "`was not made by rolecall` of what it made",
    );
    check(
        run.status == 0 && command != "verify" && last != *finished,
        "exit 0, and not everything is as it should be",
    );
    check(run.status == 0 && command == "verify" && is_changed, "exit 0, and the twin is still there");
    let has_message = run.stderr.contains("error[E") || run.stderr.contains("interrupted");
    check(run.status == 1 && !has_message, "exit 1 without a message");
    check(![-1, 0, 1, 4, 5].contains(&run.status), "an exit code that says something else");
    found
}

//! An earlier roll call, read back from its JSON report, and what is new since then.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::entry::Guard;
use crate::roll::{RollCall, Standing};

/// The ways in of an earlier report, by role and outsider.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    ways: BTreeMap<(String, String), KnownWay>,
    unreadable: Vec<String>,
}

/// A way in, as a report writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownWay {
    guard: String,
    standing: Standing,
    reach: String,
}

/// What is different from a baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Ways in that were not there.
    pub new: Vec<Change>,
    /// Ways in that were there and are wider, narrower, or lead further now.
    pub changed: Vec<Change>,
    /// Ways in that are there no more.
    pub gone: Vec<Change>,
    /// Roles that could be read then and cannot be read now.
    pub unreadable: Vec<String>,
}

/// A way in that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// The role's ARN.
    pub role: String,
    /// Who comes in.
    pub outsider: String,
    /// What changed: nothing for what is new or gone.
    pub what: Vec<String>,
}

/// A file that is no report of a roll call.
#[derive(Debug, thiserror::Error)]
#[error("not a report of `rolecall audit --output json`: {0}")]
pub struct BaselineError(#[from] serde_json::Error);

#[derive(Deserialize)]
struct File {
    roles: Vec<FileRole>,
    #[serde(default)]
    unreadable: Vec<FileUnreadable>,
}

#[derive(Deserialize)]
struct FileRole {
    arn: String,
    reach: FileReach,
    ways: Vec<FileWay>,
}

#[derive(Deserialize)]
struct FileReach {
    certain: String,
}

#[derive(Deserialize)]
struct FileWay {
    outsider: String,
    guard: String,
    standing: Standing,
}

#[derive(Deserialize)]
struct FileUnreadable {
    role: String,
}

impl Baseline {
    /// Reads a report.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let File { roles, unreadable } = serde_json::from_str(text)?;
        let mut ways = BTreeMap::new();
        for FileRole { arn: role, reach, ways: found } in roles {
            for FileWay { outsider, guard, standing } in found {
                let way = KnownWay { guard, standing, reach: reach.certain.clone() };
                ways.insert((role.clone(), outsider), way);
            }
        }
        Ok(Self { ways, unreadable: unreadable.into_iter().map(|role| role.role).collect() })
    }

    /// What is different now. Who does not get in has no way in.
    #[must_use]
    pub fn compare(&self, now: &RollCall) -> Changes {
        let mut changes = Changes::default();
        let mut before = self.ways.clone();
        for answer in &now.answers {
            let role = answer.role.to_string();
            for way in &answer.ways {
                let outsider = way.entry.outsider.to_string();
                let known = before.remove(&(role.clone(), outsider.clone()));
                let change = |what| Change { role: role.clone(), outsider: outsider.clone(), what };
                let is_in = way.entry.guard != Guard::Nobody;
                match known.filter(|known| known.guard != Guard::Nobody.to_string()) {
                    None if is_in => changes.new.push(change(Vec::new())),
                    None => {}
                    Some(_) if !is_in => changes.gone.push(change(Vec::new())),
                    Some(KnownWay { guard, standing, reach }) => {
                        let mut what = Vec::new();
                        let guard_now = way.entry.guard.to_string();
                        if guard != guard_now {
                            what.push(format!("guard: {guard} → {guard_now}"));
                        }
                        if standing != way.standing() {
                            what.push(format!("{} → {}", standing.as_str(), way.standing().as_str()));
                        }
                        let reach_now = answer.reach.certain.as_str();
                        if reach != reach_now {
                            what.push(format!("reach: {reach} → {reach_now}"));
                        }
                        if !what.is_empty() {
                            changes.changed.push(change(what));
                        }
                    }
                }
            }
        }
        let gone = before.into_iter().filter(|(_, way)| way.guard != Guard::Nobody.to_string());
        let gone = gone.map(|((role, outsider), _)| Change { role, outsider, what: Vec::new() });
        changes.gone.extend(gone);
        let roles = now.unreadable.iter().map(|role| &role.role);
        changes.unreadable = roles.filter(|role| !self.unreadable.contains(role)).cloned().collect();
        changes.gone.sort();
        changes
    }
}

impl Changes {
    /// Whether a way in is new, or is not what it was.
    #[must_use]
    pub fn has_new(&self) -> bool {
        !self.new.is_empty() || !self.changed.is_empty()
    }
}

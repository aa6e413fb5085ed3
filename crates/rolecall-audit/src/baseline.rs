//! An earlier roll call, read back from its JSON report, and what is new since then.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::entry::{Entry, Guard};
use crate::outsider::Outsider;
use crate::reach::{Extent, Power, Reach};
use crate::roll::{RollCall, Standing, Way};

/// The roles of an earlier report.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    roles: BTreeMap<String, FileRole>,
    unreadable: Vec<String>,
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

#[derive(Debug, Clone, Deserialize)]
struct FileRole {
    arn: String,
    reach: FileReach,
    ways: Vec<FileWay>,
    #[serde(default)]
    doubts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct FileReach {
    certain: String,
    possible: String,
    #[serde(default)]
    data: Vec<FileAccess>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct FileAccess {
    action: String,
    resources: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
}

/// Everything that says who comes in by this way: more of it, or less, is a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct FileWay {
    kind: String,
    id: String,
    outsider: String,
    guard: String,
    standing: Standing,
    #[serde(default)]
    principals: Vec<String>,
    #[serde(default)]
    statements: Vec<FileStatement>,
    #[serde(default)]
    findings: Vec<FileFinding>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct FileStatement {
    #[serde(default)]
    conditions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct FileFinding {
    id: String,
}

#[derive(Deserialize)]
struct FileUnreadable {
    role: String,
}

impl FileWay {
    fn of(way: &Way) -> Self {
        let Entry { outsider, named, statements, guard, verdict: _, guests: _ } = &way.entry;
        let conditions =
            statements.iter().map(|statement| FileStatement { conditions: statement.conditions.clone() });
        Self {
            kind: outsider.kind().to_owned(),
            id: outsider.id(),
            outsider: outsider.to_string(),
            guard: guard.to_string(),
            standing: way.standing(),
            principals: named.clone(),
            statements: conditions.collect(),
            findings: way.findings.iter().map(|finding| FileFinding { id: finding.id.to_string() }).collect(),
        }
    }

    fn is_same_outsider(&self, other: &Self) -> bool {
        (&self.kind, &self.id) == (&other.kind, &other.id)
    }

    /// Who does not get in has no way in.
    fn is_way(&self) -> bool {
        self.guard != Guard::Nobody.to_string()
    }

    /// What is different.
    fn differences(&self, now: &Self) -> Vec<String> {
        let mut what = Vec::new();
        let mut tell = |name: &str, before: &str, after: &str| {
            if before != after {
                what.push(format!("{name}: {before} → {after}"));
            }
        };
        tell("guard", &self.guard, &now.guard);
        tell("standing", self.standing.as_str(), now.standing.as_str());
        tell("principals", &listed(&self.principals), &listed(&now.principals));
        let conditions = |way: &Self| {
            let mut each: Vec<String> = way.statements.iter().map(|it| listed(&it.conditions)).collect();
            each.sort();
            each.join(" / ")
        };
        tell("conditions", &conditions(self), &conditions(now));
        let findings = |way: &Self| {
            let mut ids: Vec<String> = way.findings.iter().map(|finding| finding.id.clone()).collect();
            ids.sort();
            listed(&ids)
        };
        tell("findings", &findings(self), &findings(now));
        what
    }
}

fn listed(texts: &[String]) -> String {
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

impl FileReach {
    fn of(reach: &Reach) -> Self {
        let data = reach.data.iter().map(|access| {
            let (resources, except) = match &access.extent {
                Extent::All => (vec!["*".to_owned()], Vec::new()),
                Extent::Named { allowed, denied } => (allowed.clone(), denied.clone()),
            };
            FileAccess { action: access.telling.action.to_owned(), resources, except }
        });
        Self {
            certain: reach.certain.as_str().to_owned(),
            possible: reach.possible.as_str().to_owned(),
            data: data.collect(),
        }
    }

    fn differences(&self, now: &Self) -> Vec<String> {
        let mut what = Vec::new();
        if self.certain != now.certain {
            what.push(format!("reach: {} → {}", self.certain, now.certain));
        }
        if self.possible != now.possible {
            what.push(format!("possible reach: {} → {}", self.possible, now.possible));
        }
        // Of an administrator, no data is listed: that is all.
        let is_all =
            [&self.certain, &now.certain].into_iter().any(|power| power == Power::Administrator.as_str());
        if self.data != now.data && !is_all {
            let actions = |reach: &Self| {
                listed(&reach.data.iter().map(|access| access.action.clone()).collect::<Vec<_>>())
            };
            let (before, after) = (actions(self), actions(now));
            what.push(match before == after {
                true => format!("data: {after} on other resources"),
                false => format!("data: {before} → {after}"),
            });
        }
        what
    }
}

impl Baseline {
    /// Reads a report.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let File { roles, unreadable } = serde_json::from_str(text)?;
        Ok(Self {
            roles: roles.into_iter().map(|role| (role.arn.clone(), role)).collect(),
            unreadable: unreadable.into_iter().map(|role| role.role).collect(),
        })
    }

    /// What is different now.
    #[must_use]
    pub fn compare(&self, now: &RollCall) -> Changes {
        let mut changes = Changes::default();
        let mut before = self.roles.clone();
        for answer in &now.answers {
            let role = answer.role.to_string();
            let change =
                |way: &FileWay, what| Change { role: role.clone(), outsider: way.outsider.clone(), what };
            let known = before.remove(&role);
            let reach = known.as_ref().map(|known| known.reach.differences(&FileReach::of(&answer.reach)));
            let doubts = known.as_ref().is_some_and(|known| known.doubts != answer.doubts);
            let mut known_ways = known.map(|known| known.ways).unwrap_or_default();
            for way in answer.ways.iter().map(FileWay::of) {
                let place = known_ways.iter().position(|known| known.is_same_outsider(&way));
                let known = place.map(|place| known_ways.remove(place)).filter(FileWay::is_way);
                match known {
                    None if way.is_way() => changes.new.push(change(&way, Vec::new())),
                    None => {}
                    Some(_) if !way.is_way() => changes.gone.push(change(&way, Vec::new())),
                    Some(known) => {
                        let mut what = known.differences(&way);
                        what.extend(reach.iter().flatten().cloned());
                        if doubts {
                            what.push("what is left open".to_owned());
                        }
                        if !what.is_empty() {
                            changes.changed.push(change(&way, what));
                        }
                    }
                }
            }
            if doubts && answer.ways.is_empty() {
                let outsider = Outsider::Unnamed.to_string();
                let what = vec!["what is left open".to_owned()];
                changes.changed.push(Change { role: role.clone(), outsider, what });
            }
            changes
                .gone
                .extend(known_ways.iter().filter(|way| way.is_way()).map(|way| change(way, Vec::new())));
        }
        let unreadable: Vec<&String> = now.unreadable.iter().map(|role| &role.role).collect();
        // What cannot be read is not gone.
        for (role, known) in before.into_iter().filter(|(role, _)| !unreadable.contains(&role)) {
            let ways = known.ways.into_iter().filter(FileWay::is_way);
            changes.gone.extend(ways.map(|way| Change {
                role: role.clone(),
                outsider: way.outsider,
                what: Vec::new(),
            }));
        }
        changes.unreadable =
            unreadable.into_iter().filter(|role| !self.unreadable.contains(role)).cloned().collect();
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

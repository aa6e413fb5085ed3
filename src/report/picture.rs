//! The trust path as a picture: who assumes the role, with what, which policies it has and what these let it invoke.
//!
//! Only places and words; the template draws them. One column from top to bottom, so that a phone shows it at full size.

use super::human::count;
use super::{PolicyState, Report, RoleView};
use crate::drift::Consequence;
use crate::verify::claim::{ClaimKind, ClaimOutcome};

/// The width that everything is laid out in; the template scales it.
const WIDTH: usize = 360;
/// Room beside the boxes; the right one holds the way past them.
const LEFT: usize = 4;
const RIGHT: usize = 26;
const BOX_WIDTH: usize = WIDTH - LEFT - RIGHT;
const LINE: usize = 17;
const GAP: usize = 34;
/// Characters of the fixed-width font that fit into a box.
const CHARACTERS: usize = 42;
/// Policies and functions that are drawn; the rest is counted.
const SHOWN: usize = 6;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Good,
    Neutral,
    Unknown,
    Bad,
}

impl State {
    /// The style class.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Neutral => "neutral",
            Self::Unknown => "unknown",
            Self::Bad => "bad",
        }
    }
}

/// A box.
pub(super) struct Node {
    pub(super) y: usize,
    pub(super) height: usize,
    pub(super) title: &'static str,
    pub(super) badge: &'static str,
    pub(super) state: State,
    /// The texts and the lines that they stand on.
    pub(super) lines: Vec<(usize, String)>,
}

/// An arrow from one box down to the next.
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: String,
    pub(super) state: State,
}

/// The way of somebody who is not meant to get in: from the first box past all others to the role.
pub(super) struct Bypass {
    pub(super) from: usize,
    pub(super) to: usize,
}

pub(super) struct Picture {
    pub(super) height: usize,
    pub(super) nodes: Vec<Node>,
    pub(super) arrows: Vec<Arrow>,
    pub(super) bypass: Option<Bypass>,
    /// The same in words.
    pub(super) description: String,
}

impl Picture {
    pub(super) const WIDTH: usize = WIDTH;
    pub(super) const LEFT: usize = LEFT;
    pub(super) const BOX_WIDTH: usize = BOX_WIDTH;

    /// Draws a box, and answers where its middle is.
    fn node(&mut self, title: &'static str, badge: &'static str, state: State, texts: &[&str]) -> usize {
        let y = self.height;
        let mut lines = Vec::new();
        for line in texts.iter().flat_map(|text| wrapped(text)) {
            lines.push((y + 40 + lines.len() * LINE, line));
        }
        let height = 34 + lines.len() * LINE + 6;
        self.nodes.push(Node { y, height, title, badge, state, lines });
        self.height += height + 8;
        y + height / 2
    }

    fn arrow(&mut self, label: &str, state: State) {
        let from = self.height - 8;
        self.height = from + GAP;
        self.arrows.push(Arrow { from, to: self.height, label: label.to_owned(), state });
    }
}

impl Report {
    /// The picture, where there is a role.
    pub(super) fn picture(&self) -> Option<Picture> {
        let role = self.role.as_ref()?;
        let mut picture = Picture {
            height: 4,
            nodes: Vec::new(),
            arrows: Vec::new(),
            bypass: None,
            description: self.path_in_words(role),
        };
        let trusted = self.state_of(&[ClaimKind::MayAssume]);
        let intruder = self.state_of(&[ClaimKind::OnlyTrusted, ClaimKind::ExternalId]) == State::Bad;
        let mut way_in = 0;
        if intruder {
            let texts = ["can assume the role; see the proof"];
            way_in = picture.node("Unauthorized principal", "refuted", State::Bad, &texts);
        }
        let principals: Vec<&str> = role.trusted.iter().map(String::as_str).collect();
        picture.node("Trusted principals", "", State::Neutral, &principals);
        picture.arrow("sts:AssumeRole", trusted);
        let id = self.state_of(&[ClaimKind::ExternalId]);
        picture.node("External ID", if id == State::Bad { "refuted" } else { "" }, id, &[&role.external_id]);
        picture.arrow("", trusted);
        let (badge, state) = match (role.exists, self.role_is_gone()) {
            (true, false) => ("", State::Neutral),
            (_, true) => ("does not exist", State::Bad),
            (false, false) => ("does not exist yet", State::Unknown),
        };
        let role_at = picture.node("Role", badge, state, &[&role.arn]);
        picture.bypass = intruder.then_some(Bypass { from: way_in, to: role_at });
        picture.arrow("has", State::Neutral);
        for policy in role.policies.iter().take(SHOWN) {
            let (badge, state) = match policy.state {
                PolicyState::Attached => ("", State::Neutral),
                PolicyState::Detached => ("not attached", self.unless_planned(State::Bad)),
                PolicyState::Missing => ("missing", self.unless_planned(State::Bad)),
                PolicyState::Foreign => ("not managed by rolecall", State::Bad),
            };
            picture.node("Policy", badge, state, &[&policy.name.shown()]);
        }
        picture.rest(role.policies.len());
        if let Some(boundary) = &role.permissions_boundary {
            let state = self.state_of(&[ClaimKind::Boundary]);
            let badge = if state == State::Bad { "refuted" } else { "" };
            picture.node("Permissions boundary", badge, state, &[&boundary.shown()]);
        }
        let more = self.state_of(&[ClaimKind::OnlyTargets]) == State::Bad;
        let label = match (role.grants.is_empty(), more) {
            (true, false) => "lambda:InvokeFunction",
            (true, true) => "lambda:InvokeFunction and more",
            (false, false) => "what is stated",
            (false, true) => "what is stated, and more",
        };
        picture.arrow(label, self.state_of(&[ClaimKind::OnlyTargets, ClaimKind::EveryTarget]));
        for target in role.targets.iter().take(SHOWN) {
            let is_missing = self.drift.iter().flatten().any(|difference| {
                difference.consequence == Consequence::TargetMissing && *difference.resource == **target
            });
            let (badge, state) = if is_missing { ("missing", State::Bad) } else { ("", State::Neutral) };
            picture.node("Function", badge, state, &[target]);
        }
        picture.rest(role.targets.len());
        for grant in role.grants.iter().take(SHOWN) {
            picture.node("Grant", "", State::Neutral, &[grant]);
        }
        picture.rest(role.grants.len());
        Some(picture)
    }

    /// What became of claims of these kinds, the worst of it.
    fn state_of(&self, kinds: &[ClaimKind]) -> State {
        let claims = self.verification.iter().flat_map(|verification| &verification.claims);
        let states = claims.filter(|claim| kinds.contains(&claim.kind)).map(|claim| match claim.result {
            ClaimOutcome::Proved => State::Good,
            ClaimOutcome::Refuted => State::Bad,
            ClaimOutcome::Unknown => State::Unknown,
        });
        states.max().unwrap_or(State::Neutral)
    }

    /// Of `drift` and `verify` the role is gone; of `plan` and `apply` it is not there yet.
    fn role_is_gone(&self) -> bool {
        self.drift.is_some() && self.role.as_ref().is_some_and(|role| !role.exists)
    }

    fn unless_planned(&self, state: State) -> State {
        if self.drift.is_none() && self.changes.is_some() { State::Unknown } else { state }
    }

    fn path_in_words(&self, role: &RoleView) -> String {
        let verdicts: Vec<String> = self
            .verification
            .iter()
            .flat_map(|verification| &verification.claims)
            .filter(|claim| claim.result == ClaimOutcome::Refuted)
            .map(|claim| format!(" Refuted: {}.", claim.claim))
            .collect();
        let functions = (!role.targets.is_empty() || role.grants.is_empty())
            .then(|| format!("the invocation of {}", count(role.targets.len(), "function", "functions")));
        let bounded = role.permissions_boundary.as_ref();
        format!(
            "{} may assume the role {} with the external ID {}; its {} {} for {}{}.{}",
            role.trusted.join(" and "),
            role.arn,
            role.external_id,
            count(role.policies.len(), "policy", "policies"),
            if role.policies.len() == 1 { "is" } else { "are" },
            functions.into_iter().chain(role.grants.iter().cloned()).collect::<Vec<_>>().join(", "),
            bounded.map(|arn| format!("; the permissions boundary is {}", arn.shown())).unwrap_or_default(),
            verdicts.concat()
        )
    }
}

impl Picture {
    /// How many more there are than drawn.
    fn rest(&mut self, number: usize) {
        if let Some(more @ 1..) = number.checked_sub(SHOWN) {
            let text = format!("and {}", count(more, "other", "others"));
            self.node("", "", State::Neutral, &[&text]);
        }
    }
}

/// The text in lines that fit, broken behind a separator where one is near.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > CHARACTERS {
        let near = rest.iter().take(CHARACTERS).rposition(|character| ":/-_ ".contains(*character));
        let end = near.filter(|at| *at > CHARACTERS / 3).map_or(CHARACTERS, |at| at + 1);
        let tail = rest.split_off(end);
        lines.push(rest.into_iter().collect());
        rest = tail;
    }
    lines.push(rest.into_iter().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::{CHARACTERS, wrapped};

    #[test]
    fn long_names_are_broken_and_lose_nothing() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-with-a-long-name:live";
        for text in [arn.to_owned(), "x".repeat(130), "é:".repeat(60), String::new()] {
            let lines = wrapped(&text);
            assert_eq!(lines.concat(), text);
            assert!(lines.iter().all(|line| line.chars().count() <= CHARACTERS), "{lines:?}");
        }
    }
}

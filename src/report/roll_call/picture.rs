//! The roll call as a picture: outsiders on the left, the roles that they come into, and on the right how far these reach. A row for
//! each way in, so that five hundred roles are as readable as five.

use super::{RoleAnswerView, RollCallView, Standing, WayView};

/// The width that everything is laid out in; the template scales it.
pub(super) const WIDTH: usize = 960;
/// The height of a row.
const ROW: usize = 24;
/// Room between two outsiders.
const GAP: usize = 14;
/// Characters of the font that fit into a column.
const CHARACTERS: usize = 34;

/// An outsider with the ways that he has.
pub(super) struct Band {
    pub(super) y: usize,
    pub(super) height: usize,
    /// What the outsider is called, on one or two lines.
    pub(super) lines: Vec<(usize, String)>,
    pub(super) rows: Vec<Row>,
}

/// A way in.
pub(super) struct Row {
    pub(super) y: usize,
    /// The style class, by how it stands.
    pub(super) class: &'static str,
    pub(super) standing: &'static str,
    pub(super) role: String,
    pub(super) reach: &'static str,
    /// The style class, by how far it leads.
    pub(super) reach_class: &'static str,
}

pub(super) struct Picture {
    pub(super) height: usize,
    pub(super) bands: Vec<Band>,
    /// The same in words.
    pub(super) description: String,
}

impl Picture {
    pub(super) fn of(view: &RollCallView) -> Self {
        let mut y = GAP;
        let bands = view.by_outsider().into_iter().map(|(first, ways)| {
            let top = y;
            let rows: Vec<Row> = ways
                .iter()
                .enumerate()
                .map(|(index, (role, way))| Row {
                    y: top + index * ROW + ROW / 2,
                    class: class(way),
                    standing: way.counted().as_str(),
                    role: cut(role.name()),
                    reach: role.reach.certain,
                    reach_class: reach_class(role),
                })
                .collect();
            let names = [Some(cut(&first.outsider.shown())), first.vendor.as_ref().map(|vendor| cut(&vendor.shown()))];
            let lines = names.into_iter().flatten().enumerate();
            let lines: Vec<(usize, String)> = lines.map(|(line, name)| (top + 17 + line * 16, name)).collect();
            let height = (rows.len() * ROW).max(10 + lines.len() * 16);
            y += height + GAP;
            Band { y: top, height, lines, rows }
        });
        let bands: Vec<Band> = bands.collect();
        Self { height: y, bands, description: view.verdict() }
    }
}

fn class(way: &WayView) -> &'static str {
    match way.counted() {
        Standing::Closed => "good",
        Standing::Unknown => "unknown",
        Standing::Open => "bad",
    }
}

fn reach_class(role: &RoleAnswerView) -> &'static str {
    match role.reach.certain {
        "administrator" | "escalates" => "bad",
        "data" => "unknown",
        _ => "neutral",
    }
}

/// As much as fits into a column.
fn cut(text: &str) -> String {
    match text.chars().count() > CHARACTERS {
        true => text.chars().take(CHARACTERS - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

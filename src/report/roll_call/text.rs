//! The roll call as text for people: by outsider, most severe first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::human::{BOLD, DIMMED, GREEN, RED, YELLOW};
use super::super::last_line;
use super::{ChangedWayView, RoleAnswerView, RollCallView, Standing, WayView};
use crate::iam::lint::Severity;

impl RollCallView {
    /// A block for each outsider, then what could not be read, what changed, and the verdict. `everything` also shows the steps of
    /// escalations, the data by action, and each service.
    #[must_use]
    pub fn to_text(&self, everything: bool) -> String {
        let mut text = String::new();
        let groups = self.by_outsider();
        let (services, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(first, _)| first.kind == "service");
        for (first, ways) in others {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{BOLD}{}{BOLD:#}", first.who());
            for (role, way) in ways {
                text += &tell(role, way, everything);
            }
            text.push('\n');
        }
        if !services.is_empty() {
            let _ = writeln!(text, "{BOLD}AWS services{BOLD:#}");
            for (first, ways) in services {
                match everything {
                    true => {
                        for (role, way) in ways {
                            let _ = writeln!(text, "  {}: {} <- {}", first.outsider, role.name(), way.guard);
                        }
                    }
                    false => {
                        let roles = super::super::count(ways.len(), "role", "roles");
                        let _ = writeln!(text, "  {}: {roles}", first.outsider);
                    }
                }
            }
            text.push('\n');
        }
        let silent: Vec<_> = self.roles.iter().filter(|role| role.ways.is_empty()).collect();
        if !silent.is_empty() {
            let _ = writeln!(text, "{BOLD}left open{BOLD:#}");
            for role in silent {
                for doubt in &role.doubts {
                    let _ = writeln!(text, "  {}: {doubt}", role.name());
                }
            }
            text.push('\n');
        }
        for (title, unread) in
            [("cannot be read", &self.unreadable), ("accounts that cannot be read", &self.unread_accounts)]
        {
            if !unread.is_empty() {
                let _ = writeln!(text, "{BOLD}{title}{BOLD:#}");
                for one in unread {
                    let _ = writeln!(text, "  {YELLOW}{}{YELLOW:#}: {}", one.name, one.reason);
                }
                text.push('\n');
            }
        }
        let ways = self.roles.iter().flat_map(|role| &role.ways);
        let counted = ways.filter(|way| way.accepted.is_none() && (everything || way.kind != "service"));
        let fixes: BTreeMap<_, _> = counted
            .flat_map(|way| &way.findings)
            .map(|finding| ((finding.id.len(), &finding.id), finding.fix))
            .collect();
        if !fixes.is_empty() {
            let _ = writeln!(text, "{BOLD}What to do{BOLD:#}");
            for ((_, id), fix) in fixes {
                let _ = writeln!(text, "  {id}: {fix}");
            }
            text.push('\n');
        }
        for ended in &self.ended_suppressions {
            let _ = writeln!(
                text,
                "{YELLOW}no longer accepted{YELLOW:#}: {} ({}) until {}",
                ended.role, ended.reason, ended.until
            );
        }
        if let Some(changes) = &self.changes {
            for (title, ways) in
                [("new", &changes.new), ("changed", &changes.changed), ("gone", &changes.gone)]
            {
                for ChangedWayView { role, outsider, what } in ways {
                    let what = super::super::text::join(what, "; ");
                    let what = if what.is_empty() { what } else { format!(": {what}") };
                    let _ = writeln!(text, "{BOLD}{title}{BOLD:#}  {outsider} -> {role}{what}");
                }
            }
            for role in &changes.unreadable {
                let _ = writeln!(text, "{BOLD}no longer readable{BOLD:#}  {role}");
            }
        }
        text += &last_line(self.exit_code, false, &self.verdict());
        text
    }
}

fn tell(role: &RoleAnswerView, way: &WayView, everything: bool) -> String {
    let standing = match (way.standing, &way.accepted) {
        (_, Some(_)) => format!("{DIMMED}accepted{DIMMED:#}"),
        (Standing::Open, None) => format!("{RED}open{RED:#}    "),
        (Standing::Unknown, None) => format!("{YELLOW}unknown{YELLOW:#} "),
        (Standing::Closed, None) => format!("{GREEN}closed{GREEN:#}  "),
    };
    let mut text = format!("  {standing}  {BOLD}{}{BOLD:#}\n", role.name());
    // Writing to a String cannot fail.
    if way.standing == Standing::Closed {
        let _ = writeln!(text, "            held back by: {}", way.guard);
    }
    let _ = writeln!(text, "            reaches: {}", role.reach.words);
    if let Some(accepted) = &way.accepted {
        let _ = writeln!(text, "            accepted until {}: {}", accepted.until, accepted.reason);
    }
    for finding in &way.findings {
        let (id, message) = (&finding.id, &finding.message);
        let _ = match finding.severity {
            Severity::Error => writeln!(text, "            {RED}{id}{RED:#} {message}"),
            Severity::Warning => writeln!(text, "            {YELLOW}{id}{YELLOW:#} {message}"),
            Severity::Note => writeln!(text, "            {id} {message}"),
        };
    }
    for statement in &way.statements {
        if everything {
            let conditions = super::super::text::join(&statement.conditions, "; ");
            let conditions = if conditions.is_empty() { "no condition".to_owned() } else { conditions };
            let _ =
                writeln!(text, "            {DIMMED}statement {}: {conditions}{DIMMED:#}", statement.number);
        }
    }
    if everything {
        for step in role.reach.way.iter().chain(&role.reach.possible_way) {
            let _ = writeln!(text, "            {DIMMED}step: {} → {}{DIMMED:#}", step.name, step.leads_to);
            for request in &step.requests {
                let _ = writeln!(
                    text,
                    "              {DIMMED}{} on {}{DIMMED:#}",
                    request.action, request.resource
                );
            }
            for assumed in &step.assumes {
                let _ = writeln!(text, "              {DIMMED}{assumed}{DIMMED:#}");
            }
        }
        for access in &role.reach.data {
            let resources = super::super::text::join(&access.resources, ", ");
            let _ = writeln!(text, "            {DIMMED}{} on {resources}{DIMMED:#}", access.action);
        }
        for doubt in role.doubts.iter().chain(&role.reach.doubts) {
            let _ = writeln!(text, "            {DIMMED}left open: {doubt}{DIMMED:#}");
        }
    }
    text
}

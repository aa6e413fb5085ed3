//! The report as text for people. Styles are written as ANSI codes; the output door strips them where they do not belong.

mod verification;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::diff::{self, Sign};
use super::{
    ChangeView, DifferenceView, FurtherIdView, Level, NoticeView, Report, RoleView, Text, UnexaminedService,
    VendorView, Verb,
};
use crate::drift::Consequence;
use crate::manifest::Manager;
use crate::plan::Effect;

pub use self::verification::Evidence;
pub(super) use self::verification::label_of;

pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIMMED: Style = Style::new().dimmed();

/// What stands above the proof of what is there.
pub const AS_IT_IS: &str = "As it is in AWS";

/// Targets that are listed; `--output json` has all of them.
const TARGETS_SHOWN: usize = 10;

impl RoleView {
    /// Which role.
    pub fn to_text(&self) -> String {
        let Self {
            arn,
            exists,
            managed_by,
            caller: _,
            trusted,
            external_id,
            further_external_ids,
            vendor,
            policies: _,
            targets,
            grants,
            permissions_boundary: _,
        } = self;
        let state = if *exists { "" } else { " (does not exist yet)" };
        let mut text = format!("{BOLD}Role {arn}{BOLD:#}{state}\n");
        // Writing to a String cannot fail.
        if let Some(manager) = managed_by {
            let _ = writeln!(
                text,
                "  managed by  {}; rolecall writes nothing to AWS for this role",
                manager.name()
            );
        }
        let _ = writeln!(text, "  trusted     {} with external ID {external_id}", trusted.join(" and "));
        for FurtherIdView { id, until } in further_external_ids {
            let until = until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
            let _ = writeln!(text, "              or {id}{until}");
        }
        if let Some(VendorView { name, account, external_id_chosen_by: _ }) = vendor {
            let _ = writeln!(text, "  vendor      {name}, from account {account}");
        }
        for (index, target) in targets.iter().take(TARGETS_SHOWN).enumerate() {
            let _ = writeln!(text, "  {:<10}  {target}", if index == 0 { "may invoke" } else { "" });
        }
        if let Some(more) = targets.len().checked_sub(TARGETS_SHOWN).filter(|more| *more > 0) {
            let _ = writeln!(text, "              and {}", count(more, "other", "others"));
        }
        for (index, grant) in grants.iter().enumerate() {
            let _ = writeln!(text, "  {:<10}  {grant}", if index == 0 { "grants" } else { "" });
        }
        text
    }
}

impl Report {
    /// Which account, and who called it there; then which role.
    pub fn heading(&self) -> String {
        let account = self.account_text();
        let role = self.role.as_ref().map(|role| format!("{}\n", role.to_text())).unwrap_or_default();
        let manager = self.genesys.as_ref().and_then(|genesys| genesys.managed_by);
        let genesys = manager.map(|manager| {
            format!("Genesys Cloud is managed by {}; rolecall writes nothing there\n\n", manager.name())
        });
        account + &role + &genesys.unwrap_or_default()
    }

    /// The tools that make the role or what is in Genesys Cloud, and where rolecall therefore writes nothing.
    pub(super) fn managers(&self) -> Option<(String, &'static str)> {
        let of_role = self.role.as_ref().and_then(|role| role.managed_by).map(Manager::name);
        let of_genesys = self.genesys.as_ref().and_then(|genesys| genesys.managed_by).map(Manager::name);
        match (of_role, of_genesys) {
            (None, None) => None,
            (Some(one), None) => Some((one.to_owned(), "AWS")),
            (None, Some(one)) => Some((one.to_owned(), "Genesys Cloud")),
            (Some(one), Some(other)) if one == other => Some((one.to_owned(), "AWS or Genesys Cloud")),
            (Some(one), Some(other)) => Some((format!("{one} and {other}"), "AWS or Genesys Cloud")),
        }
    }

    /// Which account, and who called it there.
    pub fn account_text(&self) -> String {
        match (&self.account, &self.caller) {
            (Some(account), Some(caller)) => format!("account {account}, as {caller}\n"),
            (Some(_) | None, _) => String::new(),
        }
    }

    /// The changes, the foreign policies, and a closing line.
    pub fn plan_text(&self) -> String {
        let changes = self.changes.as_deref().unwrap_or_default();
        let mut text = changes.iter().map(ChangeView::to_text).collect::<String>();
        for foreign in &self.foreign {
            let _ = writeln!(
                text,
                "  {YELLOW}!{YELLOW:#} {} {} is not managed by rolecall; --remove-foreign removes it from the role",
                foreign.subject, foreign.resource
            );
        }
        let elsewhere = self.drift.as_deref().unwrap_or_default();
        text += &elsewhere.iter().map(|difference| difference.to_text(true)).collect::<String>();
        text += &self.notices_text();
        if let (Some((managers, services)), false) = (self.managers(), elsewhere.is_empty()) {
            let is_function = |it: &&DifferenceView| it.consequence == Consequence::TargetMissing;
            let functions = elsewhere.iter().filter(is_function).count();
            let _ = match elsewhere.len() - functions {
                0 => {
                    writeln!(text, "Nothing for {managers} to repair; rolecall writes nothing to {services}.")
                }
                number => writeln!(
                    text,
                    "{} for {managers} to repair; rolecall writes nothing to {services}.",
                    count(number, "difference", "differences")
                ),
            };
            if functions > 0 {
                let _ = writeln!(
                    text,
                    "{} missing; rolecall does not deploy functions.",
                    count(functions, "target function is", "target functions are")
                );
            }
            if !changes.is_empty() {
                let _ = writeln!(text, "{}.", by_verb(changes));
            }
            return text;
        }
        text += &match (changes.len(), self.foreign.len()) {
            (0, 0) if self.command == "destroy" => {
                "No changes: no resources managed by rolecall were found.\n".to_owned()
            }
            (0, 0) => format!("{GREEN}No changes:{GREEN:#} {}.\n", self.in_sync()),
            (0, foreign) => format!(
                "No changes, but {} on the role.\n",
                count(foreign, "foreign policy", "foreign policies")
            ),
            (_, 0) => format!("{}.\n", by_verb(changes)),
            (_, foreign) => format!(
                "{}; {} on the role.\n",
                by_verb(changes),
                count(foreign, "foreign policy", "foreign policies")
            ),
        };
        text
    }
}

impl Report {
    /// Why `apply` would refuse the plan; empty where it would not.
    pub fn refusals_text(&self) -> String {
        if self.refusals.is_empty() {
            return String::new();
        }
        let mut text =
            format!("\n{RED}Apply refuses this plan.{RED:#} These checks would not pass after it:\n");
        for refusal in &self.refusals {
            let _ = writeln!(
                text,
                "  {}\n             use {} to apply anyway",
                refusal.to_text(),
                refusal.option
            );
        }
        text
    }

    /// What the differences lead to: causes that what follows need not tell again.
    #[must_use]
    pub fn told(&self) -> Vec<Text> {
        self.drift.iter().flatten().flat_map(|difference| difference.effects.clone()).collect()
    }

    /// What was found beside an error.
    #[must_use]
    pub fn found_text(&self, evidence: Evidence) -> String {
        let drift = if self.drift.is_some() { self.drift_text() } else { String::new() };
        let verification = self.verification.as_ref().filter(|it| !it.claims.is_empty());
        let proof = verification.map(|it| it.to_text_after(&self.told(), AS_IT_IS, evidence));
        format!("{}{drift}\n{}{}", self.heading(), proof.unwrap_or_default(), self.do_now_text())
    }

    /// The differences, and a closing line.
    pub fn drift_text(&self) -> String {
        let drift = self.drift.as_deref().unwrap_or_default();
        if drift.is_empty() {
            return format!("{}{GREEN}No changes:{GREEN:#} {}.\n", self.notices_text(), self.in_sync());
        }
        // One block says what to do about all of them.
        let with_repair = self.do_now.is_empty();
        let text = |difference: &DifferenceView| difference.to_text(with_repair);
        let mut text = drift.iter().map(text).collect::<String>() + &self.notices_text();
        let number = count(drift.len(), "difference", "differences");
        let _ = writeln!(text, "{number}; - expected by the manifest, + found.");
        text
    }

    /// What was noticed in Genesys Cloud and is left alone.
    fn notices_text(&self) -> String {
        let notices = self.genesys.iter().flat_map(|genesys| &genesys.notices);
        // Drift has those that are differences in its list.
        let notices = notices.filter(|notice| !self.changes_are_repairs() || !notice.is_difference);
        let text = |notice: &NoticeView| {
            let sign = if notice.is_difference { '!' } else { '?' };
            format!("  {YELLOW}{sign}{YELLOW:#} {}\n", notice.message)
        };
        notices.map(text).collect()
    }

    /// What is said where nothing differs. What cannot be verified is no more than not known to differ, and of a side that nobody
    /// looked at nothing is said.
    pub(super) fn in_sync(&self) -> &'static str {
        let differs = self.genesys.iter().flat_map(|it| &it.notices).any(|notice| notice.is_difference);
        match self.unexamined.map(|it| it.service) {
            Some(UnexaminedService::Aws) if differs => {
                "nothing is to be written to Genesys Cloud, which has differences that rolecall leaves alone"
            }
            Some(UnexaminedService::Aws) => {
                "everything that was compared in Genesys Cloud matches the manifest"
            }
            Some(UnexaminedService::GenesysCloud) if self.is_target_missing() => {
                "everything in AWS but the missing functions matches the manifest"
            }
            Some(UnexaminedService::GenesysCloud) => "AWS matches the manifest",
            None => self.both_in_sync(differs),
        }
    }

    /// The same where everything was looked at.
    fn both_in_sync(&self, differs: bool) -> &'static str {
        if self.is_target_missing() {
            return "everything but the missing functions matches the manifest";
        }
        match &self.genesys {
            None => "AWS matches the manifest",
            Some(genesys) if genesys.managed_by.is_some() => {
                "AWS matches the manifest, and Genesys Cloud shows nothing that contradicts it"
            }
            Some(_) if differs => {
                "AWS matches the manifest, and Genesys Cloud has differences that rolecall leaves alone"
            }
            Some(genesys) if genesys.notices.is_empty() => "AWS and Genesys Cloud match the manifest",
            Some(_) => "AWS matches the manifest, and so does everything that Genesys Cloud shows",
        }
    }
}

impl DifferenceView {
    fn to_text(&self, with_repair: bool) -> String {
        let Self { resource, attribute, consequence, effects, expected, actual, repair, position, key: _ } =
            self;
        let style = match consequence.level() {
            Level::Error => RED,
            Level::Warning => YELLOW,
            Level::Note => DIMMED,
        };
        let place = position.as_ref().map(|at| format!(" ({}:{})", at.file, at.line)).unwrap_or_default();
        let mut text = format!(
            "  {style}{}{style:#}\n    {BOLD}{attribute}{BOLD:#} of {resource}{place}\n",
            consequence.title()
        );
        for effect in effects {
            let _ = writeln!(text, "    {effect}");
        }
        text += &difference(diff::signed_lines(expected.as_ref(), actual.as_ref()), Some(style));
        if with_repair {
            let _ = writeln!(text, "    repair: {repair}");
        }
        text.push('\n');
        text
    }
}

/// `1 change`, `2 changes`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `3 to create, 0 to change, 0 to delete`.
pub(super) fn by_verb(changes: &[ChangeView]) -> String {
    let number = |verb| changes.iter().filter(|change| change.verb == verb).count();
    format!(
        "{} to create, {} to change, {} to delete",
        number(Verb::Create),
        number(Verb::Update),
        number(Verb::Delete)
    )
}

impl ChangeView {
    /// One line, such as `create policy arn:…`.
    pub fn headline(&self) -> String {
        let verb = match (self.verb, self.subject) {
            (Verb::Create, "attachment") => {
                return format!("attach {} to {}", plain(self.after.as_ref()), self.resource);
            }
            (Verb::Delete, "attachment") => {
                return format!("detach {} from {}", plain(self.before.as_ref()), self.resource);
            }
            (Verb::Delete, "policy version") => {
                return format!("delete version {} of {}", plain(self.before.as_ref()), self.resource);
            }
            (Verb::Create, _) => "create",
            (Verb::Update, _) => "update",
            (Verb::Delete, _) => "delete",
        };
        match self.subject {
            "role" | "policy" | "credential" | "integration" | "action" => {
                format!("{verb} {} {}", self.subject, self.resource)
            }
            subject => format!("{verb} {subject} of {}", self.resource),
        }
    }

    /// The headline, and what is different.
    fn to_text(&self) -> String {
        let (by_verb, sign) = match self.verb {
            Verb::Create => (GREEN, '+'),
            Verb::Update => (YELLOW, '~'),
            Verb::Delete => (RED, '-'),
        };
        // What allows more is never green, whatever is added or removed.
        let effect = match self.effect {
            Some(Effect::Opens | Effect::Changes) => Some(YELLOW),
            Some(Effect::Closes) => Some(GREEN),
            Some(Effect::Same) | None => None,
        };
        let style = effect.unwrap_or(by_verb);
        let words = match self.verb {
            Verb::Update => self.effect_in_words().map(|words| format!(" ({words})")).unwrap_or_default(),
            Verb::Create | Verb::Delete => String::new(),
        };
        let mut text = format!("  {style}{sign}{style:#} {}{words}\n", self.headline());
        // Writing to a String cannot fail.
        if let Some(note) = &self.note {
            let _ = writeln!(text, "      {YELLOW}{note}{YELLOW:#}");
        }
        match (self.subject, &self.before, &self.after) {
            ("attachment" | "policy version", _, _) | (_, None, None) => {}
            (_, before, after) => text += &difference(diff::lines(before.as_ref(), after.as_ref()), effect),
        }
        text
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// The lines in the colour of what they lead to, where that is known.
fn difference(lines: Vec<(Sign, String)>, effect: Option<Style>) -> String {
    let mut text = String::new();
    for (sign, line) in lines {
        let style = match sign {
            Sign::Same => Style::new(),
            Sign::Removed => effect.unwrap_or(RED),
            Sign::Added => effect.unwrap_or(GREEN),
        };
        let _ = writeln!(text, "      {style}{} {line}{style:#}", sign.character());
    }
    text
}

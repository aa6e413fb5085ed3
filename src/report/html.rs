//! One HTML page with everything: nothing is loaded from anywhere, and no script runs.
//!
//! The template escapes every value. State is told by words and by colour, never by colour alone.

use askama::Template;

use super::Text;
use super::diff::{self, Sign};
use super::human::count;
use super::issue::{Level, capitalized};
use super::picture::Picture;
use super::verdict::Tone;
use super::{
    AnalysisView, CellView, ClaimView, DifferenceView, ErrorView, FindingView, FleetReport, ProbeView,
    Report, VerificationView,
};
use crate::exit::ExitCode;
use crate::plan::Effect;
use crate::verify::analysis::Opinion;
use crate::verify::claim::ClaimOutcome;

#[derive(Template)]
#[template(path = "page.html", config = "src/report/html/askama.toml")]
struct Page<'r> {
    title: String,
    verdict: String,
    /// Of the verdict.
    class: &'static str,
    exit: ExitCode,
    origin: String,
    section: Section<'r>,
    version: &'static str,
}

/// The page of many roles: an overview, and what there is to say about each.
#[derive(Template)]
#[template(path = "fleet.html", config = "src/report/html/askama.toml")]
struct FleetPage<'r> {
    fleet: &'r FleetReport,
    title: String,
    verdict: String,
    class: &'static str,
    roles: Vec<(&'r Report, &'static str, String, Option<Section<'r>>)>,
    version: &'static str,
}

/// All that there is to say about one role.
#[derive(Template)]
#[template(path = "section.html", config = "src/report/html/askama.toml")]
pub(super) struct Section<'r> {
    report: &'r Report,
    /// Before every name within the page, so that none is there twice.
    anchor: String,
    picture: Option<Picture>,
    differences: Vec<Difference<'r>>,
    changes: Vec<Change>,
    limits: &'static str,
}

struct Difference<'r> {
    view: &'r DifferenceView,
    class: &'static str,
    grade: &'static str,
    title: String,
    lines: Vec<Line>,
}

struct Change {
    state: &'static str,
    class: &'static str,
    effect: &'static str,
    headline: String,
    lines: Vec<Line>,
}

struct Line {
    class: &'static str,
    sign: char,
    text: String,
}

impl Report {
    pub(super) fn to_html(&self) -> String {
        let role = self.role.as_ref().map(|role| role.arn.rsplit('/').next().unwrap_or(&role.arn).to_owned());
        let page = Page {
            title: [Some(self.title()), role].into_iter().flatten().collect::<Vec<_>>().join(": "),
            verdict: capitalized(&self.verdict()),
            class: class_of_verdict(self.exit, self.is_pending()),
            exit: self.exit,
            origin: self.origin_in_words(),
            section: Section::new(self, String::new()),
            version: env!("CARGO_PKG_VERSION"),
        };
        // The only thing that fails is a writer, and a String does not.
        page.render().unwrap_or_default()
    }

    fn listed_changes(&self) -> Vec<Change> {
        let changes = self.changes.iter().flatten();
        changes
            .map(|change| Change {
                state: self.applied.as_ref().map_or("pending", |applied| applied.state_of(change)),
                class: match change.effect {
                    Some(Effect::Opens | Effect::Changes) => "unknown",
                    Some(Effect::Closes) => "good",
                    Some(Effect::Same) | None => "neutral",
                },
                effect: change.effect_in_words().unwrap_or_default(),
                headline: change.headline(),
                lines: lines(diff::signed_lines(change.before.as_ref(), change.after.as_ref())),
            })
            .collect()
    }
}

impl FleetReport {
    pub(super) fn to_html(&self) -> String {
        let of_role = |(role, section): (_, _)| {
            let role: &Report = role;
            (role, class_of_verdict(role.exit, role.is_pending()), capitalized(&role.verdict()), section)
        };
        let page = FleetPage {
            fleet: self,
            title: self.title(),
            verdict: capitalized(&self.verdict()),
            class: class_of_verdict(self.exit, self.pending > 0),
            roles: self.sections().map(of_role).collect(),
            version: env!("CARGO_PKG_VERSION"),
        };
        page.render().unwrap_or_default()
    }
}

/// The style of a verdict.
pub(super) fn class_of_verdict(exit: ExitCode, is_pending: bool) -> &'static str {
    match Tone::new(exit, is_pending) {
        Tone::Good => "good",
        Tone::Open => "unknown",
        Tone::Bad => "bad",
    }
}

impl<'r> Section<'r> {
    pub(super) fn new(report: &'r Report, anchor: String) -> Self {
        Self {
            report,
            anchor,
            picture: report.picture(),
            differences: report.drift.iter().flatten().map(difference).collect(),
            changes: if report.changes_are_repairs() { Vec::new() } else { report.listed_changes() },
            limits: report.verification.as_ref().map_or("", |it| it.organization.limits()),
        }
    }
}

impl Section<'_> {
    fn number(&self) -> String {
        count(self.differences.len(), "difference", "differences")
    }

    fn errors(&self) -> impl Iterator<Item = &ErrorView> {
        let troubles = self.report.verification.iter().flat_map(VerificationView::troubles);
        self.report.error.iter().chain(troubles)
    }

    fn claims(&self) -> impl Iterator<Item = (&ClaimView, &'static str, &'static str)> {
        let claims = self.report.verification.iter().flat_map(|verification| &verification.claims);
        claims.map(|claim| match claim.result {
            ClaimOutcome::Proved => (claim, "good", "proved"),
            ClaimOutcome::Refuted => (claim, "bad", "refuted"),
            ClaimOutcome::Unknown => (claim, "unknown", "unknown"),
        })
    }

    /// What AWS says about the claim at that place: by whom, and what.
    fn others(&self, place: &usize) -> Vec<(&'static str, &'static str, &'static str)> {
        let rows = self.report.verification.iter().flat_map(|verification| &verification.table);
        let row = rows.skip(*place).take(1);
        let cells = row.flat_map(|row| [("AWS's analysers", &row.analysers), ("live", &row.live)]);
        let said = |(who, cell): (&'static str, &Option<CellView>)| {
            let shows = cell.as_ref()?.shows;
            Some((who, class(shows), shows.word()))
        };
        cells.filter_map(said).collect()
    }

    fn analyses(&self) -> impl Iterator<Item = (&AnalysisView, &'static str, &'static str)> {
        let analyses = self.report.verification.iter().flat_map(|verification| &verification.analyses);
        analyses.map(|analysis| (analysis, class(analysis.shows), analysis.shows.word()))
    }

    fn notes(&self) -> &[Text] {
        self.report.verification.as_ref().map_or(&[], |verification| &verification.notes)
    }

    /// Each in the colour of its severity: an error is as red here as everywhere on the page.
    fn findings(&self) -> impl Iterator<Item = (&FindingView, &'static str)> {
        let findings = self.report.verification.iter().flat_map(|verification| &verification.findings);
        findings.map(|finding| (finding, grade(finding.level).0))
    }

    fn probes(&self) -> impl Iterator<Item = (&ProbeView, &'static str, &'static str)> {
        let probes = self.report.verification.iter().flat_map(VerificationView::all_probes);
        probes.map(|probe| {
            let shows = Opinion::from(probe.shows);
            (probe, class(shows), shows.word())
        })
    }
}

fn class(opinion: Opinion) -> &'static str {
    match opinion {
        Opinion::Confirms => "good",
        Opinion::Refutes => "bad",
        Opinion::Disagrees => "unknown",
        Opinion::NoInformation => "neutral",
    }
}

/// The colour of a level, and its word.
fn grade(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Error => ("bad", "error"),
        Level::Warning => ("unknown", "warning"),
        Level::Note => ("neutral", "note"),
    }
}

fn difference(view: &DifferenceView) -> Difference<'_> {
    let (class, grade) = grade(view.consequence.level());
    Difference {
        view,
        class,
        grade,
        title: capitalized(view.consequence.title()),
        lines: lines(diff::signed_lines(view.expected.as_ref(), view.actual.as_ref())),
    }
}

fn lines(lines: Vec<(Sign, String)>) -> Vec<Line> {
    let line = |(sign, text): (Sign, String)| Line {
        class: match sign {
            Sign::Same => "same",
            Sign::Removed => "removed",
            Sign::Added => "added",
        },
        sign: sign.character(),
        text,
    };
    lines.into_iter().map(line).collect()
}

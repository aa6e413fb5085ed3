//! The figures of actions as one table, for people and for step summaries. A figure that nobody measured is a dash, never a zero.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{ActionMetricsView, MetricsView, RequestsView, percent, time};
use crate::report::human::{BOLD, DIMMED, GREEN, RED, YELLOW};
use crate::report::markdown::{cell, code};
use crate::report::{FindingView, Text};
use rolecall_model::shown::Shown;

/// Where no figure is.
const NONE: &str = "–";

fn figure(number: Option<u64>) -> String {
    number.map_or_else(|| NONE.to_owned(), |number| number.to_string())
}

fn times(milliseconds: Option<f64>) -> String {
    milliseconds.map_or_else(|| NONE.to_owned(), time)
}

impl ActionMetricsView {
    /// The rows of the table: what it is, Genesys Cloud's figure, the function's, and what lies between.
    pub(in crate::report) fn rows(&self) -> Vec<[String; 4]> {
        let Self { action: _, function: _, genesys, lambda, between_ms, notes: _ } = self;
        let (genesys, lambda) = (genesys.as_ref(), lambda.as_ref());
        let failed = genesys.map(|it| it.errors.values().sum::<u64>());
        let none = || NONE.to_owned();
        let row = |name: &str, cells: [String; 3]| {
            let [genesys, function, between] = cells;
            [name.to_owned(), genesys, function, between]
        };
        vec![
            row(
                "requests, invocations",
                [figure(genesys.map(|it| it.requests)), figure(lambda.and_then(|it| it.invocations)), none()],
            ),
            row("failed", [figure(failed), figure(lambda.and_then(|it| it.errors)), none()]),
            row("throttled", [none(), figure(lambda.and_then(|it| it.throttles)), none()]),
            row(
                "average",
                [
                    times(genesys.and_then(|it| it.average_ms)),
                    times(lambda.and_then(|it| it.average_ms)),
                    times(*between_ms),
                ],
            ),
            row("p50", [none(), times(lambda.and_then(|it| it.p50_ms)), none()]),
            row(
                "p95",
                [times(genesys.and_then(|it| it.p95_ms)), times(lambda.and_then(|it| it.p95_ms)), none()],
            ),
            row(
                "p99",
                [times(genesys.and_then(|it| it.p99_ms)), times(lambda.and_then(|it| it.p99_ms)), none()],
            ),
            row("longest", [times(genesys.and_then(|it| it.max_ms)), none(), none()]),
        ]
    }

    /// The sentences below the table.
    pub(in crate::report) fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if let Some(RequestsView { requests, succeeded, success_rate, errors, unclear, .. }) = &self.genesys {
            let rate = success_rate.map(|rate| format!(" ({})", percent(rate))).unwrap_or_default();
            let listed = |by: &BTreeMap<String, u64>| {
                let by = by.iter().filter(|(_, number)| **number > 0);
                by.map(|(kind, number)| format!("{} {number}", Shown(kind))).collect::<Vec<_>>().join(", ")
            };
            let mut sentence = format!("{succeeded} of {requests} succeeded{rate}");
            if !errors.is_empty() {
                let _ = write!(sentence, "; errors: {}", listed(errors));
            }
            if !unclear.is_empty() {
                let _ = write!(sentence, "; rolecall cannot read how these ended: {}", listed(unclear));
            }
            sentences.push(sentence);
        }
        sentences.extend(self.notes.iter().map(Text::shown));
        sentences
    }
}

const COLUMNS: [&str; 3] = ["Genesys Cloud", "function", "between"];

impl MetricsView {
    /// The names of the table's columns.
    pub(in crate::report) fn columns(&self) -> [&'static str; 3] {
        COLUMNS
    }

    /// What `between` is, where there is one.
    pub(in crate::report) fn explanation(&self) -> Option<&'static str> {
        self.actions.iter().any(|action| action.between_ms.is_some()).then_some(BETWEEN)
    }

    /// The text for people.
    pub fn to_text(&self) -> String {
        let Self { from, to, actions, findings, undecided, met, unexamined: _ } = self;
        let mut text = format!("{BOLD}Actions{BOLD:#} from {from} to {to}\n");
        if actions.is_empty() {
            text += "  The manifest has no actions.\n";
        }
        for action in actions {
            let function =
                action.function.iter().map(|function| format!("  {DIMMED}calls {function}{DIMMED:#}"));
            let _ =
                writeln!(text, "\n{BOLD}{}{BOLD:#}{}", action.action.shown(), function.collect::<String>());
            let [whole, function, between] = COLUMNS;
            let _ = writeln!(text, "  {:<22}  {whole:>14}  {function:>12}  {between:>12}", "");
            for [name, whole, function, between] in action.rows() {
                let _ = writeln!(text, "  {name:<22}  {whole:>14}  {function:>12}  {between:>12}");
            }
            for sentence in action.sentences() {
                let _ = writeln!(text, "  {sentence}");
            }
        }
        if let Some(explanation) = self.explanation() {
            let _ = writeln!(text, "\n{explanation}");
        }
        for FindingView { id, message, fix, .. } in findings {
            let _ = writeln!(text, "\n  {RED}{id}{RED:#} {message}\n     fix: {fix}");
        }
        for sentence in undecided {
            let _ = writeln!(text, "\n  {YELLOW}?{YELLOW:#} {}", sentence.shown());
        }
        if let Some(met) = met {
            let _ = writeln!(text, "\n  {GREEN}✓{GREEN:#} {met}");
        }
        text
    }

    /// The table for step summaries.
    pub fn to_markdown(&self) -> String {
        let Self { from, to, actions, findings, undecided, met, unexamined: _ } = self;
        let mut text = format!("### Actions from {from} to {to}\n\n");
        let _ = writeln!(text, "| action | | {} |\n|---|---|---:|---:|---:|", COLUMNS.join(" | "));
        for action in actions {
            for (index, row) in action.rows().into_iter().enumerate() {
                let name = if index == 0 { cell(&action.action) } else { String::new() };
                let _ = writeln!(text, "| {name} | {} |", row.join(" | "));
            }
        }
        text.push('\n');
        for action in actions {
            let called = action.function.as_deref().map(|function| format!(" (calls {})", code(function)));
            let sentences = action.sentences().join(". ");
            let _ = writeln!(
                text,
                "- {}{}: {}",
                cell(&action.action),
                called.unwrap_or_default(),
                cell(&sentences)
            );
        }
        if let Some(explanation) = self.explanation() {
            let _ = writeln!(text, "\n{explanation}");
        }
        for FindingView { id, message, fix, .. } in findings {
            let _ = writeln!(text, "\n❌ **{id}** {}. Fix: {}", cell(message), cell(fix));
        }
        for sentence in undecided {
            let _ = writeln!(text, "\n⚠️ {}", cell(sentence));
        }
        if let Some(met) = met {
            let _ = writeln!(text, "\n✅ {}", cell(met));
        }
        text
    }
}

/// What `between` is, and is not.
const BETWEEN: &str = "between: the average in Genesys Cloud less the average in the function: network, Genesys Cloud itself, AssumeRole \
                       and cold starts. A difference of percentiles would be no percentile, so there is none.";

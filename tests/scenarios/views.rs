//! What a run said, for snapshots: the exit code, standard output and standard error.
//!
//! What differs from run to run is replaced here. A view of a long output keeps or drops whole lines, by their indentation
//! and their heading; it never searches in them.

use std::fmt::Display;
use std::sync::LazyLock;

use regex::Regex;

use super::stage::Run;

/// What differs from run to run, and what stands for it.
static VARYING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (
            r#"(\b(?:request|contextId|"request_id":) "?)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"#,
            "${1}[id]",
        ),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "[time]"),
        (r"\b\d{8}T\d{6}Z\b", "[time]"),
        (r"\b127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
        (r#"[^\s`"']*/\.tmp\w{6}"#, "[folder]"),
        (r"-twin-[a-z2-7]{8}\b", "-twin-[random]"),
        (r"\b(starts over in|waited) \d+ s\b", "${1} [time] s"),
        (r#"("(?:total|slowest)_ms": )\d+"#, "${1}[time]"),
        (r"\(os error \d+\)", "(os error [number])"),
        // These lines come after some time, and more of them on a slow machine.
        (r"(?m)^  … waiting.*\n", ""),
    ]
    .map(|(varying, instead)| (Regex::new(varying).unwrap(), instead))
    .into()
});

/// The text without what differs from run to run.
pub(crate) fn normalised(text: &str) -> String {
    let text = text.to_owned();
    VARYING.iter().fold(text, |text, (varying, instead)| varying.replace_all(&text, *instead).into_owned())
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

impl Run {
    pub(crate) fn whole(&self) -> String {
        self.view(str::to_owned)
    }

    /// The exit code and standard error, where standard output is for programs.
    pub(crate) fn standard_error(&self) -> String {
        Self { stdout: String::new(), stderr: self.stderr.clone(), ..*self }.whole()
    }

    /// Whether a line about waiting, which no view shows, names this.
    pub(crate) fn waited_for(&self, what: &str) -> bool {
        self.stderr.lines().any(|line| line.starts_with(&format!("  … waiting for {what} (")))
    }

    /// The lines at the margin: headings, sums, errors and hints.
    pub(crate) fn headlines(&self) -> String {
        self.down_to(0)
    }

    /// The headlines and what stands directly under them: steps without their documents, results without their reasons.
    pub(crate) fn outline(&self) -> String {
        self.down_to(2)
    }

    /// The lines that are indented by so many spaces at most.
    pub(crate) fn down_to(&self, spaces: usize) -> String {
        self.view(|text| lines(text, |line| indentation(line) <= spaces))
    }

    /// What `prove` did not prove: all but the claims whose result is `proved`. (A row of `verify` has several results, so
    /// this view is not for `verify`.)
    pub(crate) fn unproved(&self) -> String {
        self.view(|text| {
            let mut is_proved = false;
            lines(text, |line| {
                if indentation(line) <= 2 {
                    is_proved = line.starts_with("  proved  ");
                }
                !is_proved
            })
        })
    }

    /// The headlines, and everything under the first of them that starts with this.
    #[track_caller]
    pub(crate) fn section(&self, heading: &str) -> String {
        let is_heading = |line: &str| line.starts_with(heading);
        assert!(self.stdout.lines().any(is_heading), "no `{heading}` in\n{}", self.stdout);
        self.view(|text| {
            let mut is_inside = false;
            lines(text, |line| {
                let is_headline = indentation(line) == 0;
                if is_headline {
                    is_inside = is_heading(line);
                }
                is_headline || is_inside
            })
        })
    }

    fn view(&self, of: impl Fn(&str) -> String) -> String {
        let stream = |name: &str, text: &str| match of(&normalised(text)) {
            text if text.is_empty() => text,
            text => format!("-- {name}\n{text}"),
        };
        format!("exit {}\n{}{}", self.status, stream("stdout", &self.stdout), stream("stderr", &self.stderr))
    }
}

/// A view with a name above it: several runs make one snapshot.
pub(crate) fn named(name: impl Display, view: &str) -> String {
    format!("=== {name}\n{view}")
}

/// The lines that are kept, without the empty ones.
fn lines(text: &str, mut is_kept: impl FnMut(&str) -> bool) -> String {
    let kept = text.lines().filter(|line| !line.trim().is_empty() && is_kept(line));
    kept.map(|line| format!("{line}\n")).collect()
}
